"""Writing back: a contact person answers a key figure, and tells the team in their own words.

A second official writes to a key figure in the same way, with a reason: the answer, and what was
written before, stay with the contact person.
"""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from calamity.actions.compose import message_row
from calamity.actions.matters import NewStatement, state
from calamity.actions.routes import routed
from calamity.actions.terms import Terms
from calamity.domain.audit import AuditLine, Deed, ground_of
from calamity.domain.dispatch import Urgency, after_quiet
from calamity.domain.errors import Conflict, Forbidden, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Budget, QuietHours
from calamity.domain.privacy import Finding, must_hold_nobody, scan_leaving
from calamity.domain.texts import as_exercise
from calamity.store import audit, calamities, conversations, outbox
from calamity.store.accounts import get_user
from calamity.store.conversations import Acquaintance
from calamity.store.database import Session
from calamity.store.inbox import last_touch
from calamity.store.letters import handle_letter
from calamity.store.municipalities import neighbourhood_names
from calamity.store.pauses import is_paused
from calamity.store.people import list_recipients
from calamity.store.playbooks import versions_at_work
from calamity.store.tables import CalamityRow
from calamity.store.wakes import Wakes

LONGEST_TEXT = 300
LONGEST_REASON = 200
_VALID = timedelta(hours=12)
_DAY = timedelta(hours=24)
_TWICE = timedelta(minutes=2)


class Written(Struct, frozen=True):
    """A text that will leave, when, and what in it the writer may want to look at again."""

    message_id: str
    leaves_at: datetime
    findings: list[Finding]


class LookAgain(Refused):
    """A text holds what its writer should look at again before it leaves; *findings* say where."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "There is a name, a number, an address or a short link in this text. Look again, and "
            "confirm that it may leave.",
            field="confirmed",
        )
        self.findings = findings


class Draft(Struct, frozen=True):
    """A text as it would leave, and where in its *words* the writer should look again."""

    words: str
    body: str
    findings: list[Finding]
    known: Acquaintance
    name: str
    """Of who writes it."""


class Summary(Struct, frozen=True, forbid_unknown_fields=True):
    """What a contact person tells the team: own words about a neighbourhood, never a person."""

    calamity_id: str
    text: Annotated[str, Meta(min_length=1, max_length=500)]


def _contact(actor: Actor) -> str:
    actor.must(Permission.READ_REPLIES)
    if actor.recipient_id is None:
        raise Forbidden(
            "Your account is not tied to a contact person. Ask the administrator to do that."
        )
    return actor.recipient_id


async def acquaintance(session: Session, actor: Actor, recipient_id: str) -> Acquaintance:
    """Return a key figure to whom this actor may write: one's own, or any for a second official.

    Raises NotFound for anyone else, Forbidden for who writes to nobody.
    """
    contact = None if actor.may(Permission.WRITE_AS_SECOND) else _contact(actor)
    return await conversations.get_acquaintance(
        session, actor.municipality_id, contact, recipient_id
    )


async def write_to_key_figure(  # noqa: PLR0917 - what every sending act takes, in one order
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    recipient_id: str,
    text: str,
    *,
    reason: str = "",
    confirmed: bool = False,
    at: datetime,
) -> Written:
    """Write one SMS to a key figure, with one's name below it.

    It counts in the budget of the day and waits for the end of quiet hours, unless the contact
    person answers what this person wrote. Whoever is not the contact person gives a *reason*, which
    the contact person reads. Raises Refused after STOP, without an agreement, above the budget and
    first during a watch, and LookAgain for a name, a number or a short link that was not
    *confirmed*.
    """
    draft = await draft_to_key_figure(session, actor, recipient_id, text)
    is_second = actor.may(Permission.WRITE_AS_SECOND)
    because = _reason(reason) if is_second else ""
    if draft.findings and not confirmed:
        raise LookAgain(draft.findings)
    calamity = await calamity_at_hand(session, actor.municipality_id, recipient_id)
    # A second official does not read what this person wrote, and so answers nothing.
    is_answer = not is_second and await conversations.wrote_last(session, recipient_id, at - _DAY)
    await _may_get(session, terms, draft.known, calamity, is_answer=is_answer, at=at)
    if await conversations.written_lately(session, recipient_id, draft.body, at - _TWICE):
        raise Conflict("You sent these very words a moment ago.", field="text")
    written = await _put_out(
        session, wakes, terms, draft, calamity=calamity, is_answer=is_answer, at=at
    )
    if is_second:
        await conversations.note_second_writer(
            session, written.message_id, name=draft.name, reason=because
        )
        line = AuditLine(
            Deed.WROTE_AS_SECOND, ground_of(actor), (recipient_id,),
            calamity_id=calamity.id if calamity else None,
        )  # fmt: skip
        await audit.note(session, actor, line, at)
    else:
        await conversations.handle_letters_of(session, recipient_id, at)
    return written


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise Refused("Say why you write yourself. The contact person reads it.", field="reason")
    if len(words) > LONGEST_REASON:
        raise Refused(f"Use at most {LONGEST_REASON} characters.", field="reason")
    must_hold_nobody(words, field="reason")
    return words


async def _put_out(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    draft: Draft,
    *,
    calamity: CalamityRow | None,
    is_answer: bool,
    at: datetime,
) -> Written:
    """Put the text in the outbox, and say when it leaves."""
    known = draft.known
    plays = calamity is not None and calamity.is_exercise and terms.is_sandbox
    due = at if is_answer or plays else after_quiet(at, _quiet(known), terms.zone)
    terms = await routed(session, terms)
    row = message_row(
        session,
        body=draft.body,
        at=at,
        municipality_id=known.municipality_id,
        calamity_id=calamity.id if calamity else None,
        recipient_id=known.recipient_id,
        sender=terms.sender,
        purpose="give",
        urgency=Urgency.ORDINARY,
        is_alarm=False,
        due_at=due,
        valid_until=due + _VALID,
    )
    await outbox.ensure_lane(session, terms.sender, terms.rate)
    await outbox.add_messages(session, [row])
    await wakes.wake(session, "lane", terms.sender, (due - at).total_seconds())
    if calamity is not None:
        session.ring(calamity.id)
    return Written(row["id"], due, draft.findings)


async def draft_to_key_figure(
    session: Session, actor: Actor, recipient_id: str, text: str
) -> Draft:
    """Return the text as it would leave, with one's name below it.

    Raises Refused for no words, NotFound for whom this actor may not write to.
    """
    known = await acquaintance(session, actor, recipient_id)
    words = " ".join(text.split())
    if not words:
        raise Refused("Write what you want to say.", field="text")
    if len(words) > LONGEST_TEXT:
        raise Refused(f"Use at most {LONGEST_TEXT} characters.", field="text")
    name = await _name(session, actor)
    body = f"{words}\n{name}"
    calamity = await calamity_at_hand(session, actor.municipality_id, recipient_id)
    if calamity is not None and calamity.is_exercise:
        body = as_exercise(body)
    places = await neighbourhood_names(session, actor.municipality_id)
    return Draft(words, body, scan_leaving(words, known_places=set(places.values())), known, name)


async def _name(session: Session, actor: Actor) -> str:
    """Return the name below a text: that of the person, else that of their account."""
    if actor.may(Permission.READ_REPLIES):
        _contact(actor)
    if actor.recipient_id is not None:
        return (await list_recipients(session, [actor.recipient_id]))[actor.recipient_id].name
    if actor.user_id is None:
        raise Forbidden(
            "A program writes in nobody's name. Ask an administrator to make a token in the name "
            "of your account."
        )
    return (await get_user(session, actor.municipality_id, actor.user_id)).name


async def calamity_at_hand(
    session: Session, municipality_id: str, recipient_id: str | None = None
) -> CalamityRow | None:
    """Return the open calamity of the last text to this person, else the newest.

    A real one comes before an exercise.
    """
    open_ones = [
        row
        for row in await calamities.list_calamities(session, municipality_id)
        if row.closed_at is None
    ]
    if recipient_id is not None:
        touched = await last_touch(session, recipient_id)
        for row in open_ones:
            if row.id == touched:
                return row
    return min(open_ones, key=lambda row: row.is_exercise, default=None)


async def _may_get(
    session: Session,
    terms: Terms,
    known: Acquaintance,
    calamity: CalamityRow | None,
    *,
    is_answer: bool,
    at: datetime,
) -> None:
    if await conversations.is_stopped(session, known.recipient_id):
        raise Refused("This person asked us to stop. You cannot write.", field="text")
    if await is_paused(session, known.recipient_id, at):
        raise Refused("This person asked for a pause. You cannot write now.", field="text")
    if not known.agreed:
        raise Refused(
            "There is no agreement with this person yet. Call, and make one.", field="text"
        )
    if calamity is None:
        return
    person = (await list_recipients(session, [known.recipient_id]))[known.recipient_id]
    allowed = terms.allowed_in_exercise
    if calamity.is_exercise and allowed is not None and person.phone not in allowed:
        raise Refused("This number may not be texted in an exercise.", field="text")
    if is_answer:
        # Also on watch: who writes to us first may hear a human voice. Silence would tell them more
        # than a kind word does, and the answer rests on nothing that the watch keeps inside.
        return
    if calamities.is_on_watch(calamity):
        raise Refused(
            "This calamity is on watch: we write to nobody first. You can answer when this person "
            "writes to you.",
            field="text",
        )
    budgets = [
        version.playbook.budget
        for version in (await versions_at_work(session, calamity.id)).values()
    ] or [Budget()]
    spent = await outbox.sent_since(
        session,
        calamity.municipality_id,
        at - _DAY / calamity.tempo,
        is_exercise=calamity.is_exercise,
    )
    most = min(budget.messages_per_day for budget in budgets)
    if spent.get(known.recipient_id, (0, 0))[0] >= most:
        raise Refused("This person had enough messages today. Call instead.", field="text")


def _quiet(known: Acquaintance) -> QuietHours:
    if known.quiet_from and known.quiet_until:
        return QuietHours(known.quiet_from, known.quiet_until)
    return QuietHours()


async def summarise_replies(
    session: Session, actor: Actor, summary: Summary, *, at: datetime
) -> int:
    """Put on the timeline what lives in a neighbourhood, in the contact person's own words.

    Raises Refused, without repeating them, for words that hold personal data.
    """
    _contact(actor)
    must_hold_nobody(summary.text, field="text")
    statement = NewStatement(kind="interpretation", text=summary.text.strip())
    return await state(session, actor, summary.calamity_id, statement, at=at)


async def handle_replies(session: Session, actor: Actor, recipient_id: str, *, at: datetime) -> int:
    """Say that what one's own key figure wrote was handled, by phone or in person."""
    contact = _contact(actor)
    await conversations.get_acquaintance(session, actor.municipality_id, contact, recipient_id)
    return await conversations.handle_letters_of(session, recipient_id, at)


async def handle_reply_of_team(
    session: Session, actor: Actor, reply_id: str, *, at: datetime
) -> None:
    """Say that a text of a team member, which no rule understood, was handled."""
    actor.must(Permission.STEER)
    letter = await conversations.get_letter(session, actor.municipality_id, reply_id)
    if await conversations.is_key_figure(session, letter.recipient_id or ""):
        raise Forbidden("Only the contact person handles texts of a key figure.")
    await handle_letter(session, reply_id, at)
    if letter.calamity_id is not None:
        session.ring(letter.calamity_id)
