"""Receiving: what an inbound text means, and what a receipt changes.

Control words come first, then the one open question of that person on that number; anything else
waits for the person's contact person. Every text of a known person gets one short answer, until
the brake on loops holds.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from calamity.actions.call_out import CallOutRunner, mark_unreachable
from calamity.actions.check_in import take_in_mood
from calamity.actions.compose import composer_for, message_row
from calamity.actions.tasks import act_of_call_out
from calamity.actions.terms import Terms
from calamity.domain.activation import Snapshot
from calamity.domain.answers import AnswerText, answer_in
from calamity.domain.call_out import ANSWER_BY_DIGIT
from calamity.domain.dispatch import Urgency
from calamity.domain.phone import read_any_phone
from calamity.domain.picture import UNSAFE
from calamity.domain.playbook import Group
from calamity.domain.receipts import NEGATIVE
from calamity.domain.replies import (
    AutoReply,
    CallMe,
    Digit,
    Help,
    InWords,
    No,
    Reading,
    Start,
    Stop,
    Tapback,
    Yes,
    read_reply,
)
from calamity.domain.texts import as_exercise
from calamity.store import calamities, call_outs, inbox, people
from calamity.store.database import Session
from calamity.store.inbox import Question, Unread
from calamity.store.municipalities import get_municipality
from calamity.store.outbox import (
    add_messages,
    cancel_for_recipient,
    ensure_lane,
    refusals,
)
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow
from calamity.store.wakes import Wakes

_VALID = timedelta(hours=2)
_BRAKE_WINDOW = timedelta(minutes=10)
_MOST_ANSWERS = 8
_BATCH = 100
_OPTED_OUT = 21610


class Read(Struct, frozen=True):
    """What a text was taken to mean, and the words that answer it, if any."""

    meaning: str
    answer: AnswerText | None
    needs_person: bool = False
    calamity_id: str | None = None


async def read_inbox(session: Session, wakes: Wakes, terms: Terms, *, at: datetime) -> bool:
    """Read receipts and texts that wait; return whether there may be more."""
    await inbox.one_reader(session)
    moved = await inbox.take_in_receipts(session, at, limit=500)
    for each in moved or ():
        if each.status in NEGATIVE and each.ladder_id is not None:
            await mark_unreachable(session, wakes, each.ladder_id, at)
        if each.calamity_id is not None:
            session.ring(each.calamity_id)
    unread = await inbox.unread_replies(session, limit=_BATCH)
    for reply in unread:
        await _Reader(session, wakes, terms, at).read(reply)
    if unread:
        await wakes.wake(session, "lane", terms.sender)
    return bool(moved) or len(unread) == _BATCH


async def take_in_refusals(
    session: Session, wakes: Wakes, message_ids: list[str], *, at: datetime
) -> None:
    """Act on texts that the carrier refused: the deputy's turn, or a STOP that it knows of."""
    for refusal in await refusals(session, message_ids):
        if refusal.error_code == _OPTED_OUT:
            await people.stop(session, refusal.recipient_id, at)
            await cancel_for_recipient(session, refusal.recipient_id, at)
        if refusal.ladder_id is not None:
            await mark_unreachable(session, wakes, refusal.ladder_id, at)


class _Reader:
    """Reads one text."""

    def __init__(self, session: Session, wakes: Wakes, terms: Terms, at: datetime) -> None:
        self._session = session
        self._wakes = wakes
        self._terms = terms
        self._at = at

    async def read(self, reply: Unread) -> None:
        """Say what the text means, act on it, and queue the answer."""
        session = self._session
        who = await self._who(reply)
        if who is None:
            await inbox.mark_read(
                session,
                reply.id,
                meaning="unknown-number",
                municipality_id=None,
                recipient_id=None,
                calamity_id=None,
                needs_person=True,
            )
            return
        recipient_id, municipality_id = who
        read = await self._understand(reply, recipient_id, municipality_id)
        calamity_id = read.calamity_id or await inbox.last_touch(session, recipient_id)
        await inbox.mark_read(
            session,
            reply.id,
            meaning=read.meaning,
            municipality_id=municipality_id,
            recipient_id=recipient_id,
            calamity_id=calamity_id,
            needs_person=read.needs_person,
        )
        if calamity_id is not None:
            session.ring(calamity_id)
        if read.answer is not None:
            await self._answer(reply, recipient_id, municipality_id, calamity_id, read.answer)

    async def _who(self, reply: Unread) -> tuple[str, str] | None:
        """Return the owner of the number; of several tenants, the one that texted last."""
        known = await people.recipients_by_index(self._session, reply.sender_index)
        if len(known) <= 1:
            return known[0] if known else None
        asked = [
            each
            for each in known
            if await inbox.open_question(self._session, each[0], reply.receiver)
        ]
        return (asked or known)[0]

    async def _understand(self, reply: Unread, recipient_id: str, municipality_id: str) -> Read:
        reading = read_reply(reply.body)
        control = await self._control(reading, reply.sender_index)
        if control is not None:
            return control
        if isinstance(reading, Tapback | AutoReply):
            return Read("no-answer", None)
        question = await inbox.open_question(self._session, recipient_id, reply.receiver)
        if question is not None and question.ladder_id is not None:
            return await self._call_out(reading, question, question.ladder_id, municipality_id)
        if question is not None and question.round_id is not None:
            return await self._round(
                reading,
                reply,
                question,
                round_id=question.round_id,
                recipient_id=recipient_id,
                municipality_id=municipality_id,
            )
        return Read("for-person", AnswerText.KEPT, needs_person=True)

    async def _control(self, reading: Reading, sender_index: str) -> Read | None:
        """Act on a control word; STOP and START hold for the number, whoever knows it."""
        match reading:
            case Stop():
                for each, _ in await people.recipients_by_index(self._session, sender_index):
                    await people.stop(self._session, each, self._at)
                    await cancel_for_recipient(self._session, each, self._at)
                return Read("stop", AnswerText.STOPPED)
            case Start():
                for each, _ in await people.recipients_by_index(self._session, sender_index):
                    await people.start_again(self._session, each)
                return Read("start", AnswerText.STARTED)
            case Help():
                return Read("help", AnswerText.HELP, needs_person=True)
            case CallMe():
                return Read("call-me", AnswerText.KEPT, needs_person=True)
        return None

    async def _call_out(
        self, reading: Reading, question: Question, ladder_id: str, municipality_id: str
    ) -> Read:
        digit = _digit_for_call_out(reading)
        if digit not in ANSWER_BY_DIGIT:
            return Read(
                "unclear", AnswerText.CALL_OUT_UNCLEAR, needs_person=True,
                calamity_id=question.calamity_id,
            )  # fmt: skip
        words = await acknowledge(
            self._session,
            self._wakes,
            self._terms,
            municipality_id,
            ladder_id,
            digit=digit,
            at=self._at,
            by_hand=False,
        )
        return Read("acknowledgement", words, calamity_id=question.calamity_id)

    async def _round(
        self,
        reading: Reading,
        reply: Unread,
        question: Question,
        *,
        round_id: str,
        recipient_id: str,
        municipality_id: str,
    ) -> Read:
        if not isinstance(reading, Digit) or reading.value > UNSAFE:
            return Read(
                "for-person", AnswerText.MOOD_UNCLEAR, needs_person=True,
                calamity_id=question.calamity_id,
            )  # fmt: skip
        replaced = await take_in_mood(
            self._session,
            round_id,
            municipality_id,
            recipient_id,
            mood=reading.value,
            reply_id=reply.id,
            # What counts is when the text came in, not when we got round to reading it.
            at=reply.received_at,
        )
        if replaced is None:
            return Read("late", AnswerText.KEPT, True, question.calamity_id)
        words = AnswerText.MOOD_CHANGED if replaced else AnswerText.MOOD
        return Read("check-in", words, calamity_id=question.calamity_id)

    async def _answer(
        self,
        reply: Unread,
        recipient_id: str,
        municipality_id: str,
        calamity_id: str | None,
        which: AnswerText,
    ) -> None:
        """Queue the answer, unless this person got many lately: machines could talk for ever."""
        session = self._session
        lately = await inbox.answers_since(session, recipient_id, self._at - _BRAKE_WINDOW)
        if lately >= _MOST_ANSWERS and which is not AnswerText.STOPPED:
            return
        calamity = await self._calamity(municipality_id, calamity_id)
        everyone = await people.list_recipients(session, [recipient_id])
        sender, phone = await self._contact(recipient_id, municipality_id)
        words = answer_in(which, everyone[recipient_id].language)
        body = words.replace("{sender}", sender).replace("{phone}", phone)
        if calamity is not None and calamity.is_exercise and calamity.closed_at is None:
            body = as_exercise(body)
        await ensure_lane(session, self._terms.sender, self._terms.rate)
        await add_messages(
            session,
            [
                message_row(
                    session,
                    body=body,
                    at=self._at,
                    municipality_id=municipality_id,
                    calamity_id=calamity_id,
                    recipient_id=recipient_id,
                    reply_id=reply.id,
                    sender=self._terms.sender,
                    purpose="answer",
                    urgency=Urgency.ANSWER,
                    is_alarm=False,
                    due_at=self._at,
                    valid_until=self._at + _VALID,
                )
            ],
        )

    async def _calamity(self, municipality_id: str, calamity_id: str | None) -> CalamityRow | None:
        if calamity_id is None:
            return None
        return await calamities.get_calamity(self._session, municipality_id, calamity_id)

    async def _contact(self, recipient_id: str, municipality_id: str) -> tuple[str, str]:
        """Return the name and number of the human being behind the answer."""
        municipality = await get_municipality(self._session, municipality_id)
        contact = await people.contact_of_key_figure(self._session, recipient_id)
        if contact is None:
            return municipality.name, read_any_phone(municipality.crisis_phone).shown
        return contact.name, read_any_phone(contact.phone).shown


def _digit_for_call_out(reading: Reading) -> int:
    """Return the digit that an answer to a call-out stands for; 0 when it is none."""
    match reading:
        case Digit(value) | InWords(value):
            return value
        case Yes():
            return 1
        case No():
            return 2
    return 0


async def acknowledge(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    municipality_id: str,
    ladder_id: str,
    *,
    digit: int,
    reason: str = "",
    at: datetime,
    by_hand: bool,
) -> AnswerText:
    """Take in someone's answer to a call-out, by text or written down *by_hand* after a call."""
    ladder, call_out = await call_outs.find_ladder(session, municipality_id, ladder_id)
    row = await call_outs.get_call_out(session, call_out.id)
    task = await calamities.get_task_row(session, row.task_id)
    activation = await calamities.get_activation(session, task.activation_id)
    calamity = await calamities.get_calamity(session, municipality_id, row.calamity_id)
    playbook = (await get_version(session, activation.version_id)).playbook
    team = Snapshot(activation.snapshot.of(Group.RAPID_TEAM))
    composer = await composer_for(
        session, terms, calamity, playbook, inputs=activation.inputs, members=team.members
    )
    act = await act_of_call_out(session, playbook, row.task_id)
    runner = CallOutRunner(session, wakes, composer, act, at)
    words = await runner.answer(
        row, ladder.id, ANSWER_BY_DIGIT[digit], reason=reason, by_hand=by_hand
    )
    due = await call_outs.next_rung(session, activation.id)
    if due is not None:
        await wakes.wake(session, "activation", activation.id, (due - at).total_seconds())
    return words
