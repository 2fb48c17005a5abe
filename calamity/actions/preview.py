"""Previews of a playbook: its texts as the people of today would get them, and who is in the team.

Nothing is stored and nothing leaves.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from calamity.actions.compose import Composer, audience_of, composer_for
from calamity.actions.terms import Terms
from calamity.domain.activation import Inputs, Member, Snapshot
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import read_any_phone
from calamity.domain.playbook import (
    CallOut,
    Dispatch,
    Group,
    Message,
    MessageKind,
    Playbook,
    Round,
)
from calamity.domain.playbook_check.words import worst_case
from calamity.domain.texts import segments
from calamity.domain.timeline import GENESIS
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.people import list_recipients, take_snapshot
from calamity.store.tables import CalamityRow

_INCIDENT = Inputs(incident={"nl": "een aanslag in de stad", "en": "an attack in the city"})
TEAM = Group.RAPID_TEAM.value


class PreviewText(Struct, frozen=True, rename="camel"):
    """The longest text in one language that a kind of recipient gets."""

    language: str
    recipients: int
    example: str
    encoding: str
    parts: int
    is_real: bool
    """Whether somebody of today would get it; else every gap is filled as long as it may be."""


class PreviewMessage(Struct, frozen=True, rename="camel"):
    """A message to one audience, or to the rapid team in a call-out."""

    message: str
    kind: MessageKind
    audience: str
    steps: list[str]
    texts: list[PreviewText]


class TeamMember(Struct, frozen=True):
    """Somebody of the rapid team, with the number to call."""

    role: str
    rank: int
    name: str
    phone: str


async def preview_texts(
    session: Session, terms: Terms, actor: Actor, playbook: Playbook, *, at: datetime
) -> list[PreviewMessage]:
    """Return the texts of a playbook per message and audience.

    Whoever may activate sees those of the longest real recipient, as on the page before an
    activation; others see the longest that could be.
    """
    actor.must(Permission.SEE_PLAYBOOKS)
    snapshot = Snapshot([])
    if actor.may(Permission.ACTIVATE):
        snapshot = await take_snapshot(session, actor.municipality_id)
    calamity = CalamityRow(
        id=new_id(), municipality_id=actor.municipality_id, title="", is_exercise=False, tempo=1,
        phase=playbook.phases[0].code, opened_at=at, phase_since=at, level_since=at,
        head_hash=GENESIS,
    )  # fmt: skip
    composer = await composer_for(
        session, terms, calamity, playbook, inputs=_INCIDENT, members=snapshot.members
    )
    return list(_messages(composer, snapshot, at))


def _messages(composer: Composer, snapshot: Snapshot, at: datetime) -> Iterator[PreviewMessage]:
    playbook = composer.playbook
    steps: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for step in playbook.steps:
        for of in _uses(playbook, step.act):
            if step.code not in steps[of]:
                steps[of].append(step.code)
    for (code, audience), used in steps.items():
        message = playbook.message(code)
        members = snapshot.of(Group.RAPID_TEAM)
        if audience != TEAM:
            message = message.said_to(audience)
            members = audience_of(playbook.audience(audience), snapshot, ())
        texts = list(_texts(composer, message, members, at))
        yield PreviewMessage(code, message.kind, audience, used, texts)


def _uses(playbook: Playbook, act: object) -> Iterator[tuple[str, str]]:
    match act:
        case CallOut():
            for code in (act.message, act.reminder, act.deputy, act.enough):
                yield code, TEAM
        case Dispatch():
            yield act.message, act.audience
        case Round():
            for audience in act.audiences:
                is_form = playbook.audience(audience).of is Group.PROFESSIONALS and act.form
                yield (act.form if is_form and act.form else act.message), audience


def _texts(
    composer: Composer, message: Message, members: list[Member], at: datetime
) -> Iterator[PreviewText]:
    link = f"{composer.terms.public_url}/f/{'x' * 22}" if message.kind is MessageKind.ASK else ""
    for language, template in message.texts.items():
        spoken = [m for m in members if _language(m, message) == language]
        bodies = [composer.body(member, message, at=at, link=link) for member in spoken]
        longest = max(bodies, key=lambda body: segments(body).units, default=worst_case(template))
        cost = segments(longest)
        yield PreviewText(
            language, len(bodies), longest, cost.encoding, cost.parts, is_real=bool(bodies)
        )


def _language(member: Member, message: Message) -> str:
    return member.language if member.language in message.texts else "nl"


async def team_of_today(session: Session, actor: Actor) -> list[TeamMember]:
    """Return the rapid team with names and numbers. Raises Forbidden for who may not see people."""
    actor.must(Permission.SEE_PEOPLE)
    team = (await take_snapshot(session, actor.municipality_id)).of(Group.RAPID_TEAM)
    people = await list_recipients(session, (member.recipient_id for member in team))
    return [
        TeamMember(
            member.role, member.rank, people[member.recipient_id].name,
            read_any_phone(people[member.recipient_id].phone).shown,
        )
        for member in team
        if people[member.recipient_id].stopped_at is None
    ]  # fmt: skip
