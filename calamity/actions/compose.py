"""Composing: who hears something, who is held back and why, and the words for each person."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from calamity.actions.routes import routed
from calamity.actions.terms import Terms
from calamity.domain.activation import Inputs, Member, Snapshot, span
from calamity.domain.answers import code_words
from calamity.domain.channels import Channel
from calamity.domain.dispatch import Held, MessageState, Urgency, after_quiet, give_comes_first
from calamity.domain.phone import read_any_phone
from calamity.domain.playbook import (
    Audience,
    Group,
    Language,
    Message,
    MessageKind,
    Playbook,
    QuietHours,
)
from calamity.domain.texts import as_exercise, fill, segments, without_sentence_of
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.municipalities import get_municipality, list_neighbourhoods
from calamity.store.outbox import BODY, given_in, people_with_questions, sent_since
from calamity.store.pauses import paused_among
from calamity.store.people import Recipient, list_recipients
from calamity.store.questions import ambiguous, draw_codes
from calamity.store.stops import stopped_among
from calamity.store.tables import CalamityRow

_GUARDED = (Group.KEY_FIGURES, Group.PROFESSIONALS)
_DAY = timedelta(hours=24)
# They stand for what differs per person until it is known; no text can hold these characters.
_FIRST_NAME, _CHECK_WORD = "\0", "\1"
_PLACE_FOLLOWS = {"nl": "plek volgt", "en": "place follows"}


def audience_of(audience: Audience, snapshot: Snapshot, affected: Iterable[str]) -> list[Member]:
    """Return the members of an audience, each person once."""
    places = set(affected)
    found: dict[str, Member] = {}
    for member in snapshot.of(audience.of):
        everywhere = audience.where == "everywhere" or not places or not member.neighbourhood
        if everywhere or member.neighbourhood in places:
            found.setdefault(member.recipient_id, member)
    return list(found.values())


class Circumstances(Struct, frozen=True):
    """What decides at this moment whether a person may get a message."""

    stopped: set[str]
    paused: set[str]
    given: set[str]
    spent: dict[str, tuple[int, int]]
    asked: set[str]


async def circumstances(session: Session, calamity: CalamityRow, at: datetime) -> Circumstances:
    """Look up who stopped, who was given words, what was spent today and who is being asked."""
    day = _DAY / calamity.tempo
    return Circumstances(
        await stopped_among(session, calamity.municipality_id),
        await paused_among(session, calamity.municipality_id, at),
        await given_in(session, calamity.id),
        await sent_since(
            session, calamity.municipality_id, at - day, is_exercise=calamity.is_exercise
        ),
        await people_with_questions(session),
    )


def why_held(  # noqa: PLR0911 - one rule, one return
    member: Member, message: Message, playbook: Playbook, now: Circumstances
) -> Held | None:
    """Return the first rule that holds this message back from this person, or None."""
    if member.recipient_id in now.stopped:
        return Held.STOPPED
    if member.recipient_id in now.paused:
        return Held.PAUSED
    if member.group not in _GUARDED:
        return None
    if not member.agreed:
        return Held.NO_AGREEMENT
    is_ask = message.kind is MessageKind.ASK
    if is_ask and not member.asks:
        return Held.NO_ASKS
    if not give_comes_first(message.kind, was_given=member.recipient_id in now.given):
        return Held.NOT_GIVEN_YET
    if is_ask and member.recipient_id in now.asked:
        return Held.OPEN_QUESTION
    if member.group is Group.KEY_FIGURES and message.kind is not MessageKind.CLOSE:
        messages, asks = now.spent.get(member.recipient_id, (0, 0))
        budget = playbook.budget
        if messages >= budget.messages_per_day or (is_ask and asks >= budget.asks_per_day):
            return Held.BUDGET
    return None


class Composer:
    """Writes the words of one playbook for each person in one calamity."""

    def __init__(
        self,
        *,
        terms: Terms,
        calamity: CalamityRow,
        playbook: Playbook,
        inputs: Inputs,
        municipality: tuple[str, str],
        places: Mapping[str, str],
        people: Mapping[str, Recipient],
    ) -> None:
        self.terms = terms
        self.calamity = calamity
        self.playbook = playbook
        self._inputs = inputs
        self.municipality, self._crisis_phone = municipality[0], _shown(municipality[1])
        self._places = places
        self.people = people
        self._contacts: dict[str, tuple[str, str]] = {}
        self._parts: dict[str, int] = {}
        self._filled: dict[tuple[object, ...], str] = {}
        self._leaving: dict[tuple[object, ...], tuple[datetime, datetime]] = {}

    def reaches(self, recipient_id: str) -> bool:
        """Say whether an exercise may text this person."""
        allowed = self.terms.allowed_in_exercise
        if not self.calamity.is_exercise or allowed is None:
            return True
        person = self.people.get(recipient_id)
        return person is not None and person.phone in allowed

    def body(
        self,
        member: Member,
        message: Message,
        *,
        link: str = "",
        at: datetime,
        role: str = "",
        until: datetime | None = None,
        code: str = "",
    ) -> str:
        """Return the words of a message for one person, in their language where it has them.

        {time} is the closing of a round where *until* names it, else the meeting of the team.
        *code* is the one that an answer must carry.
        """
        language = member.language if member.language in message.texts else "nl"
        template = message.texts[language]
        role = role or member.role
        person = self.people.get(member.recipient_id)
        word = person.check_word if person else ""
        key = (
            template, language, role, member.contact, member.neighbourhood, link, at, until,
            bool(word),
        )  # fmt: skip
        if key not in self._filled:
            if link:
                # A link of one's own makes words that nobody else gets.
                self._filled.clear()
            moment = until or self._inputs.meeting_at or at
            self._filled[key] = self._fill(
                member,
                template if word else without_sentence_of(template, "check_word"),
                language,
                moment=moment,
                link=link,
                role=role,
            )
        first_name = person.name.split(" ")[0] if person else ""
        words = self._filled[key].replace(_FIRST_NAME, first_name).replace(_CHECK_WORD, word)
        return f"{words}\n{code_words(language, code)}" if code else words

    def _fill(
        self,
        member: Member,
        template: str,
        language: Language,
        *,
        moment: datetime,
        link: str,
        role: str,
    ) -> str:
        """Return the words for everyone who differs in nothing but name and check word."""
        sender, phone = self._contact(member)
        local = moment.astimezone(self.terms.zone)
        text = fill(
            template,
            {
                "municipality": self.municipality,
                "incident": self._inputs.incident_in(language),
                "time": f"{local:%H.%M}",
                "date": f"{local.day}-{local.month}",
                "place": self._inputs.place or _PLACE_FOLLOWS.get(language, self.municipality),
                "role": self._role(role, language),
                "link": link or f"{self.terms.public_url}/c/{self.calamity.id[-12:]}",
                "first_name": _FIRST_NAME,
                "check_word": _CHECK_WORD,
                "phone": phone,
                "sender": sender,
                "neighbourhood": self._places.get(member.neighbourhood, self.municipality),
            },
        )
        return as_exercise(text) if self.calamity.is_exercise else text

    def _role(self, code: str, language: str) -> str:
        for role in self.playbook.roles:
            if role.code == code:
                return role.title.in_language(language)
        return code

    def _contact(self, member: Member) -> tuple[str, str]:
        """Return the name and number that a person is given to talk to a human being."""
        if not member.contact:
            return self.municipality, self._crisis_phone
        if member.contact not in self._contacts:
            person = self.people.get(member.contact)
            self._contacts[member.contact] = (
                (person.name, _shown(person.phone))
                if person
                else (self.municipality, self._crisis_phone)
            )
        return self._contacts[member.contact]

    def leaves_at(self, member: Member, message: Message, at: datetime) -> datetime:
        """Return when a message may leave: at once, or after the quiet hours of this person."""
        plays = self.calamity.is_exercise and self.terms.is_sandbox
        if message.alarm or plays or member.group is not Group.KEY_FIGURES:
            return at
        quiet = self.playbook.quiet_hours
        if member.quiet_from and member.quiet_until:
            quiet = QuietHours(member.quiet_from, member.quiet_until)
        return after_quiet(at, quiet, self.terms.zone)

    def row(
        self,
        session: Session,
        member: Member,
        message: Message,
        body: str,
        *,
        at: datetime,
        purpose: str,
        urgency: int = Urgency.ORDINARY,
        dispatch_id: str | None = None,
        ladder_id: str | None = None,
        round_id: str | None = None,
    ) -> dict[str, Any]:
        """Return the outbox row of a message, ready to leave."""
        times = (message.code, member.group, member.quiet_from, member.quiet_until, at)
        if times not in self._leaving:
            due = self.leaves_at(member, message, at)
            self._leaving[times] = (due, due + span(message.valid_for, 1))
        due, valid_until = self._leaving[times]
        parts = self._parts.get(body)
        if parts is None:
            parts = self._parts[body] = segments(body).parts
        return message_row(
            session,
            municipality_id=self.calamity.municipality_id,
            calamity_id=self.calamity.id,
            recipient_id=member.recipient_id,
            sender=self.terms.sender,
            body=body,
            purpose=purpose,
            urgency=urgency,
            is_alarm=message.alarm,
            due_at=due,
            valid_until=valid_until,
            parts=parts,
            at=at,
            dispatch_id=dispatch_id,
            ladder_id=ladder_id,
            round_id=round_id,
        )


def message_row(
    session: Session, *, body: str, at: datetime, parts: int | None = None, **values: Any
) -> dict[str, Any]:
    """Return an outbox row with its body sealed and its parts counted, unless they were before."""
    return {
        "id": new_id(),
        "body": session.vault.seal_text(BODY, body),
        "parts": segments(body).parts if parts is None else parts,
        "state": MessageState.READY,
        "created_at": at,
        "attempts": 0,
        "epoch": 0,
        "looks": 0,
        "is_repeat": False,
        "carrier_status": "",
        "channel": Channel.SMS,
        "language": "",
        **values,
    }


def _shown(phone: str) -> str:
    return read_any_phone(phone).shown if phone else ""


async def composer_for(
    session: Session,
    terms: Terms,
    calamity: CalamityRow,
    playbook: Playbook,
    *,
    inputs: Inputs,
    members: Iterable[Member],
) -> Composer:
    """Return a composer that knows the people among *members* and their contact persons."""
    municipality = await get_municipality(session, calamity.municipality_id)
    places = await list_neighbourhoods(session, calamity.municipality_id)
    ids = [each for member in members for each in (member.recipient_id, member.contact) if each]
    return Composer(
        terms=await routed(session, terms),
        calamity=calamity,
        playbook=playbook,
        inputs=inputs,
        municipality=(municipality.name, municipality.crisis_phone),
        places={place.code: place.name for place in places},
        people=await list_recipients(session, ids),
    )


async def who_needs_codes(
    session: Session,
    terms: Terms,
    among: Collection[str] | None = None,
    *,
    ladder_id: str | None = None,
    round_id: str | None = None,
) -> Collection[str] | None:
    """Return whose answer to this question must carry a code; None for everybody's."""
    if terms.reply_codes == "always":
        return None
    if terms.reply_codes == "never":
        return ()
    return await ambiguous(session, among, ladder_id=ladder_id, round_id=round_id)


async def codes_for(
    session: Session,
    terms: Terms,
    recipient_ids: Collection[str],
    *,
    ladder_id: str | None = None,
    round_id: str | None = None,
    at: datetime,
) -> dict[str, str]:
    """Draw the codes that answers to a question must carry, by recipient id."""
    needed = await who_needs_codes(
        session, terms, recipient_ids, ladder_id=ladder_id, round_id=round_id
    )
    coded = {each for each in recipient_ids if needed is None or each in needed}
    if not coded:
        return {}
    return await draw_codes(session, coded, ladder_id=ladder_id, round_id=round_id, at=at)


class Selection(Struct, frozen=True):
    """Who gets a message, and how many do not, by reason."""

    members: list[Member]
    held: dict[str, int]


def select_members(
    composer: Composer, members: Iterable[Member], message: Message, now: Circumstances
) -> Selection:
    """Apply the rules of give and ask, agreement, STOP, budgets and exercises."""
    chosen: list[Member] = []
    held: Counter[str] = Counter()
    for member in members:
        reason = why_held(member, message, composer.playbook, now)
        if reason is None and not composer.reaches(member.recipient_id):
            reason = Held.NOT_IN_EXERCISE
        if reason is None:
            chosen.append(member)
        else:
            held[reason.value] += 1
    return Selection(chosen, dict(held))
