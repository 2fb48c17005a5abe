"""Reads one text: a control word, the answer to an open question, or something for a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from calamity.actions.check_in import take_in_mood
from calamity.actions.receive.acknowledge import acknowledge, digit_for_call_out
from calamity.actions.receive.answering import answer
from calamity.actions.receive.controls import as_carrier_took_it, take_in_control
from calamity.actions.receive.read import Read
from calamity.actions.terms import Terms
from calamity.domain.answers import AnswerText
from calamity.domain.call_out import ANSWER_BY_DIGIT
from calamity.domain.picture import UNSAFE
from calamity.domain.replies import (
    AutoReply,
    Coded,
    Digit,
    Echo,
    InWords,
    No,
    Reading,
    Tapback,
    Unclear,
    Yes,
    read_reply,
)
from calamity.domain.timeline import CodesLocked, Visibility
from calamity.store import calamities, conversations, inbox, people, questions
from calamity.store.database import Session
from calamity.store.inbox import Unread
from calamity.store.letters import LOCKED
from calamity.store.questions import MOST_WRONG, Question
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_CLOCKS_APART = timedelta(minutes=2)
_SYSTEM = "system"
_ASK_AGAIN = (AnswerText.CALL_OUT_UNCLEAR, AnswerText.MOOD_UNCLEAR)
_LATE_FOR = timedelta(days=3)
_ECHO_WITHIN = timedelta(days=2)


class Reader:
    """Reads texts, one after the other, in the order in which they came."""

    def __init__(self, session: Session, wakes: Wakes, terms: Terms, at: datetime) -> None:
        self._session = session
        self._wakes = wakes
        self._terms = terms
        self._at = at
        self.answered_on: set[str] = set()
        """Our numbers on which an answer waits."""

    async def read(self, reply: Unread) -> None:
        """Say what the text means, act on it, and queue the answer."""
        session = self._session
        owners = dict(await people.recipients_by_index(session, reply.sender_index))
        if not owners:
            await inbox.mark_read(
                session, reply.id, meaning="unknown-number", municipality_id=None,
                recipient_id=None, calamity_id=None, needs_person=True,
            )  # fmt: skip
            return
        asked = [
            question
            for question in await questions.open_questions(session, owners)
            # A text that was recovered late answers nothing that was asked after it.
            if question.asked_at <= reply.received_at + _CLOCKS_APART
        ]
        read = await self._understand(reply, owners, asked)
        recipient_id = read.recipient_id or await self._writer(owners, asked)
        calamity_id = read.calamity_id or await inbox.last_touch(session, recipient_id)
        await inbox.mark_read(
            session,
            reply.id,
            meaning=read.meaning,
            municipality_id=owners[recipient_id],
            recipient_id=recipient_id,
            calamity_id=calamity_id,
            needs_person=read.needs_person,
        )
        if calamity_id is not None:
            session.ring(calamity_id)
        number = await answer(
            session, self._terms, read, reply_id=reply.id, receiver=reply.receiver,
            recipient_id=recipient_id, municipality_id=owners[recipient_id],
            calamity_id=calamity_id, at=self._at,
        )  # fmt: skip
        if number is not None:
            self.answered_on.add(number)

    async def _writer(self, owners: Mapping[str, str], asked: Sequence[Question]) -> str:
        """Return who of the owners of a number most likely wrote: whom we asked or texted last."""
        if asked:
            return asked[0].recipient_id
        if len(owners) == 1:
            return next(iter(owners))
        return await conversations.last_texted(self._session, owners) or next(iter(owners))

    async def _understand(
        self, reply: Unread, owners: Mapping[str, str], asked: Sequence[Question]
    ) -> Read:
        reading = read_reply(reply.body)
        if isinstance(reading, Unclear):
            since = self._at - _ECHO_WITHIN
            ours = await conversations.texts_sent_to(self._session, owners, since)
            reading = read_reply(reply.body, ours=ours)
        reading = as_carrier_took_it(reading, reply.opt_out, is_asked=bool(asked))
        control = await take_in_control(
            self._session, reading, owners, is_asked=bool(asked), at=self._at
        )
        if control is not None:
            return control
        if isinstance(reading, Tapback | AutoReply | Echo):
            return Read("no-answer", None)
        if isinstance(reading, Coded):
            return await self._coded(reading, reply, owners, asked)
        if isinstance(reading, Yes | No | Digit | InWords):
            return await self._bare(reading, reply, owners, asked)
        return await self._to_question(reading, reply, owners, asked)

    async def _bare(
        self,
        reading: Reading,
        reply: Unread,
        owners: Mapping[str, str],
        asked: Sequence[Question],
    ) -> Read:
        """Take an answer without a code: it counts for the only question, if that has no code."""
        if any(question.code for question in asked):
            needs_person = any(question.ladder_id for question in asked)
            return Read("no-code", AnswerText.CODE_MISSING, needs_person, asked[0].calamity_id)
        if len(asked) > 1:
            return Read("unclear", AnswerText.KEPT, True, asked[0].calamity_id)
        if not asked:
            closed = await self._just_closed(reply, owners)
            if closed is not None:
                return _late(closed)
        return await self._to_question(reading, reply, owners, asked)

    async def _coded(
        self,
        reading: Coded,
        reply: Unread,
        owners: Mapping[str, str],
        asked: Sequence[Question],
    ) -> Read:
        """Take an answer with four digits, where this number was given any to send."""
        session, index = self._session, reply.sender_index
        if not await questions.got_codes(session, index, self._at):
            # "Ja, 1930" is about the time, not about a code.
            return await self._to_question(Unclear(), reply, owners, asked)
        if await questions.is_locked(session, index, self._at):
            return Read(LOCKED, None, needs_person=True)
        for question in asked:
            if question.code == reading.code:
                return await self._act(reading.answer, question, reply, owners)
        locked_until = await questions.count_wrong_code(session, index, self._at)
        if locked_until is not None:
            who = await self._writer(owners, asked)
            await self._note_lock(owners[who], who, locked_until)
            return Read(LOCKED, AnswerText.CODES_LOCKED, needs_person=True)
        closed = await self._just_closed(reply, owners)
        if closed is not None and closed.code == reading.code:
            return _late(closed)
        return Read("wrong-code", AnswerText.CODE_WRONG)

    async def _just_closed(self, reply: Unread, owners: Mapping[str, str]) -> Question | None:
        """Return the question that this comes too late for, if nothing was said since."""
        closed = await questions.last_closed(self._session, owners, self._at - _LATE_FOR)
        if closed is None or await conversations.heard_since(
            self._session, closed.recipient_id, closed.asked_at
        ):
            return None
        return closed

    async def _note_lock(self, municipality_id: str, recipient_id: str, until: datetime) -> None:
        """Tell those who steer the calamity that a number sent too many wrong codes."""
        calamity_id = await inbox.last_touch(self._session, recipient_id)
        if calamity_id is None:
            return
        calamity = await calamities.get_calamity(self._session, municipality_id, calamity_id)
        if calamity.closed_at is None:
            await append(
                self._session,
                calamity_id,
                CodesLocked(wrong=MOST_WRONG, until=until),
                by_role=_SYSTEM,
                at=self._at,
                visibility=Visibility.COORDINATORS,
            )

    async def _to_question(
        self,
        reading: Reading,
        reply: Unread,
        owners: Mapping[str, str],
        asked: Sequence[Question],
    ) -> Read:
        if asked:
            read = await self._act(reading, asked[0], reply, owners)
            is_plain = len(asked) == 1 and read.answer in _ASK_AGAIN
            return replace(read, code=asked[0].code) if is_plain else read
        return Read("for-person", AnswerText.KEPT, needs_person=True)

    async def _act(
        self, reading: Reading, question: Question, reply: Unread, owners: Mapping[str, str]
    ) -> Read:
        municipality_id = owners[question.recipient_id]
        if question.ladder_id is not None:
            return await self._call_out(
                reading, reply, question, question.ladder_id, municipality_id
            )
        if question.round_id is not None:
            return await self._round(reading, reply, question, question.round_id, municipality_id)
        return Read("for-person", AnswerText.KEPT, needs_person=True)

    async def _call_out(
        self,
        reading: Reading,
        reply: Unread,
        question: Question,
        ladder_id: str,
        municipality_id: str,
    ) -> Read:
        calamity_id, recipient_id = question.calamity_id, question.recipient_id
        digit = digit_for_call_out(reading)
        if digit not in ANSWER_BY_DIGIT:
            return Read("unclear", AnswerText.CALL_OUT_UNCLEAR, True, calamity_id, recipient_id)
        if calamity_id is not None and await inbox.answered_after(
            self._session, recipient_id, calamity_id, reply.received_at
        ):
            # Its web hook was lost: what this person said later counts already.
            return Read("for-person", AnswerText.KEPT, True, calamity_id, recipient_id)
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
        return Read("acknowledgement", words, False, calamity_id, recipient_id)

    async def _round(
        self,
        reading: Reading,
        reply: Unread,
        question: Question,
        round_id: str,
        municipality_id: str,
    ) -> Read:
        calamity_id, recipient_id = question.calamity_id, question.recipient_id
        if not isinstance(reading, Digit) or reading.value > UNSAFE:
            return Read("for-person", AnswerText.MOOD_UNCLEAR, True, calamity_id, recipient_id)
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
            return _late(question)
        words = AnswerText.MOOD_CHANGED if replaced else AnswerText.MOOD
        return Read("check-in", words, False, calamity_id, recipient_id)


def _late(question: Question) -> Read:
    """Take an answer that counts no more: thanked, kept with the calamity, and shown."""
    return Read("late", AnswerText.LATE_ANSWER, True, question.calamity_id, question.recipient_id)
