"""The call-out: call the team, remind, take deputies, take in answers, and stop at enough."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calamity.actions.compose import Composer, circumstances, codes_for, select_members
from calamity.actions.settle import end_act
from calamity.actions.terms import Way
from calamity.actions.ways import queue_on, ways_to
from calamity.domain.activation import Member, span
from calamity.domain.answers import AnswerText
from calamity.domain.call_out import OPEN_RUNGS, Answer, CallOutState, Rung
from calamity.domain.channels import Channel, read_ways, written
from calamity.domain.dispatch import Urgency
from calamity.domain.playbook import CallOut, Group
from calamity.domain.timeline import (
    Acknowledged,
    CallOutEnded,
    CallOutFilled,
    CallOutReminded,
    CallOutStarted,
    DeputyCalled,
    OtherWayTried,
)
from calamity.store import call_outs
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.outbox import add_messages, ask, cancel_ladders
from calamity.store.tables import CallOutRow, LadderRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

SYSTEM = "system"
_OTHER_ROLE = "other-role"


class CallOutRunner:
    """Climbs the ladders of one call-out; made anew for each transaction."""

    def __init__(
        self, session: Session, wakes: Wakes, composer: Composer, act: CallOut, at: datetime
    ) -> None:
        self._session = session
        self._wakes = wakes
        self._composer = composer
        self._act = act
        self._at = at
        self._calamity = composer.calamity

    async def start(self, task: TaskRow, members: Iterable[Member]) -> CallOutRow:
        """Call the primary of each role."""
        wanted = [member for member in members if member.role in self._act.roles]
        row = CallOutRow(
            id=new_id(),
            municipality_id=self._calamity.municipality_id,
            calamity_id=self._calamity.id,
            task_id=task.id,
            quota=self._act.quota,
            state=CallOutState.RUNNING,
            started_at=self._at,
        )
        now = await circumstances(self._session, self._calamity, self._at)
        message = self._composer.playbook.message(self._act.message)
        reached = {
            member.recipient_id
            for member in select_members(self._composer, wanted, message, now).members
        }
        ladders = [self._ladder(row.id, member, reached) for member in wanted]
        await call_outs.add_call_out(self._session, row, ladders)
        await append(
            self._session,
            self._calamity.id,
            CallOutStarted(call_out_id=row.id, roles=list(self._act.roles), quota=row.quota),
            by_role=SYSTEM,
            at=self._at,
        )
        called: set[str] = set()
        for role in self._act.roles:
            await self._call_next(row, ladders, role, called, reason="primary")
        await self._end_if_over(row, ladders)
        return row

    def _ladder(self, call_out_id: str, member: Member, reached: set[str]) -> LadderRow:
        is_reached = member.recipient_id in reached
        return LadderRow(
            id=new_id(),
            call_out_id=call_out_id,
            recipient_id=member.recipient_id,
            role=member.role,
            rank=member.rank,
            state=Rung.WAITING if is_reached else Rung.UNREACHABLE,
            reason="" if is_reached else "stopped-or-not-in-exercise",
        )

    async def _call_next(
        self,
        row: CallOutRow,
        ladders: list[LadderRow],
        role: str,
        called: set[str],
        *,
        reason: str,
    ) -> None:
        """Call the lowest rank of a role that was not called yet; someone called is not again."""
        waiting = sorted(
            (each for each in ladders if each.role == role and each.state == Rung.WAITING),
            key=lambda each: each.rank,
        )
        busy = called | {each.recipient_id for each in ladders if each.state != Rung.WAITING}
        while waiting and waiting[0].recipient_id in busy:
            # Called in another role already: one call for one person, the answer holds for both.
            twin = waiting.pop(0)
            twin.state, twin.reason = Rung.SPARED, _OTHER_ROLE
            if reason == "primary":
                return
        free = [each for each in waiting if each.recipient_id not in busy]
        if not free:
            if reason != "primary":
                await self._note_nobody(row, role)
            return
        rank = min(ladder.rank for ladder in free)
        is_deputy = reason != "primary" or rank > 1
        code = self._act.deputy if is_deputy else self._act.message
        for ladder in (each for each in free if each.rank == rank):
            called.add(ladder.recipient_id)
            ladder.state, ladder.called_at = Rung.CALLED, self._at
            ladder.next_due_at = self._at + self._after(self._act.reminder_after)
            self._plan_ways(ladder, ways_to(self._composer, ladder.recipient_id))
            await self._text(ladder, code, "deputy" if is_deputy else "call-out")
        if is_deputy:
            await append(
                self._session,
                self._calamity.id,
                DeputyCalled(role=role, reason=reason, call_out_id=row.id),
                by_role=SYSTEM,
                at=self._at,
            )

    async def _replace(
        self, row: CallOutRow, ladders: list[LadderRow], ladder: LadderRow, *, reason: str
    ) -> None:
        """Call the deputy for each role that this person was to fill."""
        roles = [ladder.role] + [
            each.role
            for each in ladders
            if each.recipient_id == ladder.recipient_id and each.reason == _OTHER_ROLE
        ]
        for role in roles:
            await self._call_next(row, ladders, role, set(), reason=reason)

    async def _note_nobody(self, row: CallOutRow, role: str) -> None:
        await append(
            self._session,
            self._calamity.id,
            DeputyCalled(role=role, reason="nobody-left", call_out_id=row.id),
            by_role=SYSTEM,
            at=self._at,
        )

    def _after(self, duration: str) -> timedelta:
        return span(duration, self._calamity.tempo)

    def _plan_ways(self, ladder: LadderRow, ways: Iterable[Way]) -> None:
        """Write down on which other ways this person is tried, the first of them after a while."""
        ladder.ways = written(way.channel for way in ways)
        wait = self._after(self._act.next_way_after)
        ladder.way_due_at = self._at + wait if ladder.ways else None

    async def _try_next_way(self, row: CallOutRow, ladder: LadderRow) -> None:
        """Try the next way to reach somebody that this installation still has."""
        planned = read_ways(ladder.ways)
        ways = [way for way in self._composer.terms.ways if way.channel in planned]
        self._plan_ways(ladder, ways[1:])
        if not ways:
            return
        way = ways[0]
        purpose = await call_outs.first_purpose(self._session, ladder.id)
        code = self._act.deputy if purpose == "deputy" else self._act.message
        message = self._composer.playbook.message(code)
        await queue_on(
            self._session, self._composer, way, ladder, member=self._member(ladder),
            message=message, purpose=purpose, at=self._at,
        )  # fmt: skip
        await self._wakes.wake(self._session, "lane", way.sender)
        await append(
            self._session,
            self._calamity.id,
            OtherWayTried(role=ladder.role, way=way.channel, call_out_id=row.id),
            by_role=SYSTEM,
            at=self._at,
        )

    def _member(self, ladder: LadderRow) -> Member:
        person = self._composer.people.get(ladder.recipient_id)
        return Member(
            Group.RAPID_TEAM,
            ladder.recipient_id,
            person.language if person else "nl",
            role=ladder.role,
            rank=ladder.rank,
        )

    async def _text(self, ladder: LadderRow, code: str, purpose: str) -> None:
        message, member = self._composer.playbook.message(code), self._member(ladder)
        codes: dict[str, str] = {}
        if purpose != "enough":
            codes = await codes_for(
                self._session,
                self._composer.terms,
                [ladder.recipient_id],
                ladder_id=ladder.id,
                at=self._at,
            )
        code = codes.get(ladder.recipient_id, "")
        body = self._composer.body(member, message, at=self._at, code=code)
        row = self._composer.row(
            self._session,
            member,
            message,
            body,
            at=self._at,
            purpose=purpose,
            urgency=Urgency.CALL_OUT,
            ladder_id=ladder.id,
        )
        await self._session.sql.flush()
        await add_messages(self._session, [row])
        if purpose != "enough":
            await ask(
                self._session,
                calamity_id=self._calamity.id,
                at=self._at,
                recipients=[(ladder.recipient_id, ladder.id)],
                codes=codes,
            )
        await self._wakes.wake(self._session, "lane", self._composer.terms.sender)

    async def climb(self, row: CallOutRow) -> None:
        """Take the rungs that are due: other ways, reminders, then deputies."""
        ladders = await call_outs.ladders_of(self._session, row.id)
        for ladder in ladders:
            if ladder.way_due_at is not None and ladder.way_due_at <= self._at:
                await self._try_next_way(row, ladder)
            if ladder.next_due_at is None or ladder.next_due_at > self._at:
                continue
            if ladder.state == Rung.CALLED:
                await self._remind(row, ladder)
            else:
                if ladder.state == Rung.REMINDED:
                    ladder.state = Rung.SILENT
                ladder.next_due_at = None
                why = "silent" if ladder.state == Rung.SILENT else "unreachable"
                await self._replace(row, ladders, ladder, reason=why)
        await self._end_if_over(row, ladders)
        await self._session.sql.flush()

    async def _remind(self, row: CallOutRow, ladder: LadderRow) -> None:
        called_at = ladder.called_at or self._at
        ladder.state, ladder.reminded_at = Rung.REMINDED, self._at
        ladder.next_due_at = max(
            called_at + self._after(self._act.deputy_after),
            self._at + self._after(self._act.deputy_after) - self._after(self._act.reminder_after),
        )
        await self._text(ladder, self._act.reminder, "reminder")
        await append(
            self._session,
            self._calamity.id,
            CallOutReminded(role=ladder.role, call_out_id=row.id),
            by_role=SYSTEM,
            at=self._at,
        )

    async def answer(
        self,
        row: CallOutRow,
        ladder_id: str,
        answer: Answer,
        *,
        reason: str = "",
        by_hand: bool,
        way: Channel = Channel.SMS,
    ) -> AnswerText:
        """Take in an answer and return the words for it; a changed answer counts anew.

        Whatever else was to reach this person is called off.
        """
        ladders = await call_outs.ladders_of(self._session, row.id)
        ladder = next(each for each in ladders if each.id == ladder_id)
        if row.state != CallOutState.RUNNING and ladder.state == Rung.SPARED and answer.comes:
            return AnswerText.ENOUGH
        before = Answer(ladder.answer) if ladder.answer else answer
        ladder.state, ladder.answer, ladder.reason = Rung.ANSWERED, answer, reason
        ladder.answered_at, ladder.next_due_at, ladder.way_due_at = self._at, None, None
        await self._session.sql.flush()
        cancelled = await cancel_ladders(
            self._session, [ladder.id], self._at, may_answer=not by_hand
        )
        coming = sum(1 for each in ladders if each.answer and Answer(each.answer).comes)
        await append(
            self._session,
            self._calamity.id,
            Acknowledged(
                role=ladder.role,
                answer=answer.value,
                by_deputy=ladder.rank > 1,
                coming=coming,
                quota=row.quota,
                by_hand=by_hand,
                call_out_id=row.id,
                reason=reason or None,
                previous=before.value if before is not answer else None,
                way=None if way is Channel.SMS else way,
            ),
            by_role=ladder.role,
            at=self._at,
        )
        if row.state != CallOutState.FILLED and coming >= row.quota:
            await self._fill(row, ladders, coming, cancelled)
        elif not answer.comes and (row.state != CallOutState.FILLED or before.comes):
            self._reopen(row, ladders)
            await self._replace(row, ladders, ladder, reason="cannot")
            await self._end_if_over(row, ladders)
        await self._session.sql.flush()
        return AnswerText(answer.value)

    def _reopen(self, row: CallOutRow, ladders: list[LadderRow]) -> None:
        """Someone cannot come, perhaps after all: those who were never called may be called."""
        row.state, row.ended_at = CallOutState.RUNNING, None
        for ladder in ladders:
            if ladder.state == Rung.SPARED and ladder.called_at is None:
                ladder.state = Rung.WAITING if ladder.reason != _OTHER_ROLE else ladder.state

    async def _fill(
        self,
        row: CallOutRow,
        ladders: list[LadderRow],
        coming: int,
        cancelled: int,
        *,
        by_role: str = SYSTEM,
    ) -> None:
        """Enough people come: cancel what waits and thank those who were called in vain."""
        row.state, row.ended_at = CallOutState.FILLED, self._at
        await end_act(self._session, self._wakes, row.task_id, self._at)
        spared = [each for each in ladders if each.state in (*OPEN_RUNGS, Rung.WAITING)]
        thanked = [each for each in spared if each.state in OPEN_RUNGS]
        for ladder in spared:
            ladder.state, ladder.next_due_at, ladder.way_due_at = Rung.SPARED, None, None
        await self._session.sql.flush()
        # A late "1" is answered with "enough", not kept for a person: the question stays open.
        cancelled += await cancel_ladders(
            self._session, [each.id for each in spared], self._at, may_answer=True
        )
        answered = {each.recipient_id for each in ladders if each.state == Rung.ANSWERED}
        for ladder in thanked:
            if ladder.recipient_id not in answered:
                await self._text(ladder, self._act.enough, "enough")
        await append(
            self._session,
            self._calamity.id,
            CallOutFilled(coming=coming, quota=row.quota, cancelled=cancelled, call_out_id=row.id),
            by_role=by_role,
            at=self._at,
        )

    async def stop(self, row: CallOutRow, *, by_role: str) -> None:
        """End the call-out on a person's word: enough people, thank the rest."""
        ladders = await call_outs.ladders_of(self._session, row.id)
        coming = sum(1 for each in ladders if each.answer and Answer(each.answer).comes)
        await self._fill(row, ladders, coming, 0, by_role=by_role)
        await self._session.sql.flush()

    async def _end_if_over(self, row: CallOutRow, ladders: list[LadderRow]) -> None:
        """End a call-out in which nobody is left to call; a late answer counts all the same."""
        if row.state != CallOutState.RUNNING or any(map(_is_awaited, ladders)):
            return
        row.state, row.ended_at = CallOutState.ENDED, self._at
        await end_act(self._session, self._wakes, row.task_id, self._at)
        coming = sum(1 for each in ladders if each.answer and Answer(each.answer).comes)
        await append(
            self._session,
            self._calamity.id,
            CallOutEnded(
                coming=coming,
                quota=row.quota,
                call_out_id=row.id,
                roles=self._roles_with_nobody(ladders),
            ),
            by_role=SYSTEM,
            at=self._at,
        )

    def _roles_with_nobody(self, ladders: list[LadderRow]) -> list[str]:
        """Return the roles for which nobody said that they come."""
        coming = {
            each.recipient_id for each in ladders if each.answer and Answer(each.answer).comes
        }
        filled = {each.role for each in ladders if each.recipient_id in coming and _is_called(each)}
        return [role for role in self._act.roles if role not in filled]


def _is_called(ladder: LadderRow) -> bool:
    """Say whether somebody was called for this role, if with another one."""
    return ladder.called_at is not None or ladder.reason == _OTHER_ROLE


def _is_awaited(ladder: LadderRow) -> bool:
    """Say whether something is still to come for this person: an answer, a reminder, a way."""
    is_due = ladder.next_due_at is not None or ladder.way_due_at is not None
    return is_due or ladder.state in (Rung.CALLED, Rung.REMINDED)
