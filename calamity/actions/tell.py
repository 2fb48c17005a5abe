"""Telling: a person's own words to an audience, by the ordinary dispatch path.

So a fact is sent out, its correction reaches exactly those who read it, and those who answered hear
what was done with their answers. The rules of every dispatch hold: agreement, STOP, budget, quiet
hours.
"""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from calamity.actions.compose import Composer, audience_of, circumstances, select_members
from calamity.actions.dispatch import queue
from calamity.actions.run import composer_of
from calamity.actions.terms import Terms
from calamity.actions.write import LookAgain
from calamity.domain.activation import Member
from calamity.domain.corrections import (
    CORRECTION,
    FACT,
    LOOP_BACK,
    draft_correction,
    to_correct,
)
from calamity.domain.errors import Conflict, Refused
from calamity.domain.matters import Matter
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Language, Message, MessageKind
from calamity.domain.privacy import scan_leaving
from calamity.domain.texts import segments
from calamity.store import calamities, matters, rounds
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.municipalities import neighbourhood_names
from calamity.store.outbox_lists import people_of_dispatches, queued_lately
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow, DispatchRow
from calamity.store.wakes import Wakes

LONGEST = 480
_TWICE = timedelta(minutes=2)
_LOOP_BACK = {
    "nl": "Dank voor je antwoorden. Dit hoorden we: ... Dit doen we ermee: ... Dit kan niet, "
    "want: ... Missen we iets? Bel {phone}. {sender}",
    "en": "Thank you for your answers. This is what we heard: ... This is what we do with it: ... "
    "This we cannot do, because: ... Did we miss something? Call {phone}. {sender}",
}
_FACT = {
    "nl": "{fact}. Vragen? Bel {phone}. {sender}",
    "en": "{fact}. Questions? Call {phone}. {sender}",
}


class Aim(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom words go: an audience that hears a fact, who read one before, or who answered."""

    audience: Annotated[str, Meta(max_length=40)] = ""
    fact: int | None = None
    """The first entry of a fact that the words tell."""
    corrects: int | None = None
    """The first entry of a fact of which the words take something back."""
    loop_back: bool = False


class NewTelling(Aim, frozen=True, kw_only=True):
    """Words to an audience, per language; who has no language of these gets Dutch."""

    texts: dict[Language, Annotated[str, Meta(min_length=1, max_length=LONGEST)]]
    confirmed: bool = False
    """A person looked at names, numbers and links in the words: they may leave."""


class Words(Struct, frozen=True):
    """How the words look for one person in one language, and to how many they go."""

    language: str
    people: int
    body: str
    parts: int


class Telling(Struct, frozen=True):
    """What would leave: the words as they stand, who gets them and who does not, by reason."""

    texts: dict[Language, str]
    people: int
    held: dict[str, int]
    words: list[Words]
    must_look: bool
    """There is a name, a number, an address or a short link in it."""


class _Ready(Struct, frozen=True):
    composer: Composer
    members: list[Member]
    code: str
    kind: MessageKind
    audience: str
    facts: tuple[int, ...] = ()
    corrects: tuple[int, ...] = ()


async def draft_telling(
    session: Session, actor: Actor, calamity_id: str, aim: Aim
) -> dict[str, str]:
    """Return words to begin with: those of the fact, of its correction, or of the loop-back.

    Raises Conflict for a correction that nobody needs, and while the calamity is on watch.
    """
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    calamities.must_reach_outside(calamity)
    if aim.corrects is not None:
        matter = await matters.get_matter(session, calamity_id, aim.corrects, actor.sees)
        stale = to_correct(matter, await matters.list_queued(session, calamity_id))
        if not stale.dispatches:
            raise Conflict("Nobody read this in a text, or they were told before.")
        return draft_correction(matter, stale)
    if aim.loop_back:
        return dict(_LOOP_BACK)
    matter = await matters.get_matter(session, calamity_id, _fact_of(aim), actor.sees)
    said = matter.now.text.rstrip(".")
    return {language: words.replace("{fact}", said) for language, words in _FACT.items()}


async def plan_telling(
    session: Session, terms: Terms, actor: Actor, calamity_id: str, *, new: NewTelling, at: datetime
) -> Telling:
    """Say what would leave, to how many, and to whom not; nothing happens."""
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    ready = await _ready(session, terms, actor, calamity, new)
    message = _message(ready, new)
    now = await circumstances(session, calamity, at)
    chosen = select_members(ready.composer, ready.members, message, now)
    first: dict[str, Member] = {}
    count: dict[str, int] = {}
    for member in chosen.members:
        language = next((each for each in message.texts if each == member.language), "nl")
        first.setdefault(language, member)
        count[language] = count.get(language, 0) + 1
    words = []
    for language, member in first.items():
        body = ready.composer.body(member, message, at=at)
        words.append(Words(language, count[language], body, segments(body).parts))
    return Telling(
        texts=dict(new.texts),
        people=len(chosen.members),
        held=chosen.held,
        words=words,
        must_look=await _must_look(session, actor, new),
    )


async def tell(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    *,
    new: NewTelling,
    at: datetime,
) -> DispatchRow:
    """Queue a person's own words for an audience; the worker sends them.

    Raises LookAgain for a name, a number or a short link that was not *confirmed*, Conflict for
    words that left a moment ago or a correction that was sent before, Refused where nobody is
    there to hear it.
    """
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(
        session, actor.municipality_id, calamity_id, lock=True
    )
    ready = await _ready(session, terms, actor, calamity, new)
    if not new.confirmed and await _must_look(session, actor, new):
        raise LookAgain([])
    texts = {str(language): words for language, words in new.texts.items()}
    if await queued_lately(session, calamity_id, ready.audience, texts, at - _TWICE):
        raise Conflict("You sent these very words a moment ago.", field="texts")
    row, _ = await queue(
        session, wakes, ready.composer, _message(ready, new),
        audience=ready.audience, members=ready.members, at=at, by_role=actor.role,
        facts=ready.facts, corrects=ready.corrects,
    )  # fmt: skip
    return row


def _message(ready: _Ready, new: NewTelling) -> Message:
    return Message(code=ready.code, kind=ready.kind, texts=dict(new.texts), valid_for="1d")


async def _must_look(session: Session, actor: Actor, new: NewTelling) -> bool:
    places = set((await neighbourhood_names(session, actor.municipality_id)).values())
    return any(scan_leaving(text, known_places=places) for text in new.texts.values())


async def _ready(
    session: Session, terms: Terms, actor: Actor, calamity: CalamityRow, new: NewTelling
) -> _Ready:
    """Find out who hears this, and under which code it leaves; nobody does during a watch."""
    calamities.must_reach_outside(calamity)
    if "nl" not in new.texts or not new.texts["nl"].strip():
        raise Refused("Write the words in Dutch at least.", field="nl")
    if "..." in " ".join(new.texts.values()):
        raise Refused("Fill in what stands as three dots.", field="nl")
    activations = list(reversed(await calamities.list_activations(session, calamity.id)))
    newest = activations[0]
    playbook = (await get_version(session, newest.version_id)).playbook
    composer = await composer_of(session, terms, newest, calamity, playbook)
    if new.corrects is not None:
        matter = await matters.get_matter(session, calamity.id, new.corrects, actor.sees)
        return await _correction(session, calamity, composer, activations, matter)
    if new.loop_back:
        answered = await rounds.people_who_answered(session, calamity.id)
        members = _members(activations, answered)
        return _Ready(composer, members, LOOP_BACK, MessageKind.CLOSE, LOOP_BACK)
    known = {each.code for each in playbook.audiences}
    if new.audience not in known:
        raise Refused("Choose to whom this goes.", field="audience")
    audience = playbook.audience(new.audience)
    members = audience_of(audience, newest.snapshot, newest.inputs.affected)
    matter = await matters.get_matter(session, calamity.id, _fact_of(new), actor.sees)
    if not matter.is_open:
        raise Conflict("This fact was withdrawn. Do not send it.", field="fact")
    facts = (matter.version,)
    return _Ready(composer, members, FACT, MessageKind.GIVE, new.audience, facts)


def _fact_of(aim: Aim) -> int:
    if aim.fact is None:
        raise Refused("Choose the fact that these words tell.", field="fact")
    return aim.fact


async def _correction(
    session: Session,
    calamity: CalamityRow,
    composer: Composer,
    activations: list[Activation],
    matter: Matter,
) -> _Ready:
    stale = to_correct(matter, await matters.list_queued(session, calamity.id))
    if not stale.dispatches:
        raise Conflict("Nobody read this in a text, or they were told before.")
    readers = await people_of_dispatches(session, stale.dispatches)
    facts = (matter.version,) if matter.is_open else ()
    return _Ready(
        composer, _members(activations, readers), CORRECTION, MessageKind.GIVE, CORRECTION,
        facts, stale.versions,
    )  # fmt: skip


def _members(activations: list[Activation], wanted: set[str]) -> list[Member]:
    """Return these people in the capacity in which the strictest rules hold for them."""
    found: dict[str, Member] = {}
    for activation in activations:
        for member in sorted(activation.snapshot.members, key=lambda each: not each.contact):
            if member.recipient_id in wanted:
                found.setdefault(member.recipient_id, member)
    return list(found.values())
