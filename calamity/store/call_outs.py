"""Call-outs and ladders."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, or_, update
from sqlmodel import col, select

from calamity.domain.call_out import OPEN_RUNGS, Answer, CallOutState, Rung
from calamity.domain.channels import Channel, read_ways
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import NotFound
from calamity.domain.receipts import NEGATIVE
from calamity.store.database import Session
from calamity.store.people import NAME
from calamity.store.tables import (
    ActivationRow,
    CalamityRow,
    CallOutRow,
    LadderRow,
    MessageRow,
    RecipientRow,
    TaskRow,
)

_CALLS = ("call-out", "deputy")
_UNDER_WAY = (
    MessageState.READY, MessageState.SENDING, MessageState.ACCEPTED, MessageState.IN_DOUBT,
)  # fmt: skip
_WAITS = or_(col(LadderRow.next_due_at).is_not(None), col(LadderRow.way_due_at).is_not(None))


async def add_call_out(session: Session, row: CallOutRow, ladders: list[LadderRow]) -> None:
    """Store a call-out with everyone's ladder."""
    session.sql.add(row)
    await session.sql.flush()
    session.sql.add_all(ladders)
    await session.sql.flush()


async def get_call_out(session: Session, call_out_id: str) -> CallOutRow:
    """Return a call-out, locked: answers and reminders take turns. Raises NotFound."""
    row = await session.sql.scalar(
        select(CallOutRow)
        .where(CallOutRow.id == call_out_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("This call-out does not exist.", field="call-out")
    return row


async def ladders_of(session: Session, call_out_id: str) -> list[LadderRow]:
    """Return the ladders of a call-out, by role and rank."""
    return list(
        await session.sql.scalars(
            select(LadderRow)
            .where(LadderRow.call_out_id == call_out_id)
            .order_by(col(LadderRow.role), col(LadderRow.rank), col(LadderRow.id))
            .execution_options(populate_existing=True)
        )
    )


async def find_ladder(
    session: Session, municipality_id: str, ladder_id: str
) -> tuple[LadderRow, CallOutRow]:
    """Return one person's ladder and its call-out. Raises NotFound."""
    found = (
        await session.sql.execute(
            select(LadderRow, CallOutRow)
            .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
            .where(LadderRow.id == ladder_id, CallOutRow.municipality_id == municipality_id)
        )
    ).first()
    if found is None:
        raise NotFound("This person is not in the call-out.", field="ladder")
    return found[0], found[1]


class LinkedLadder(Struct, frozen=True):
    """Whose ladder a link in an e-mail leads to."""

    ladder_id: str
    municipality_id: str
    calamity_title: str
    is_exercise: bool
    is_open: bool
    """Whether an answer still counts."""
    answer: Answer | None


async def find_by_link(session: Session, link_hash: str) -> LinkedLadder | None:
    """Return the ladder to which a link leads, or None."""
    found = (
        await session.sql.execute(
            select(LadderRow, CallOutRow.municipality_id, CalamityRow)
            .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
            .join(CalamityRow, col(CalamityRow.id) == CallOutRow.calamity_id)
            .where(LadderRow.link_hash == link_hash)
        )
    ).first()
    if found is None:
        return None
    ladder, municipality_id, calamity = found
    return LinkedLadder(
        ladder.id,
        municipality_id,
        calamity.title,
        calamity.is_exercise,
        calamity.closed_at is None,
        Answer(ladder.answer) if ladder.answer else None,
    )


async def running_call_outs(session: Session, activation_id: str) -> list[str]:
    """Return the ids of call-outs of an activation that still look for people."""
    return list(
        await session.sql.scalars(
            select(CallOutRow.id)
            .join(TaskRow, col(TaskRow.id) == CallOutRow.task_id)
            .where(TaskRow.activation_id == activation_id, CallOutRow.state == CallOutState.RUNNING)
            .order_by(col(CallOutRow.id))
        )
    )


async def next_rung(session: Session, activation_id: str) -> datetime | None:
    """Return when the next reminder, other way or deputy of an activation is due."""
    found = (
        await session.sql.execute(
            select(func.min(LadderRow.next_due_at), func.min(LadderRow.way_due_at))
            .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
            .join(TaskRow, col(TaskRow.id) == CallOutRow.task_id)
            .where(
                TaskRow.activation_id == activation_id,
                CallOutRow.state == CallOutState.RUNNING,
                _WAITS,
            )
        )
    ).one()
    return min((moment for moment in found if moment is not None), default=None)


async def due_ladders(session: Session, at: datetime) -> list[str]:
    """Return activations with a rung that is due, for the sweep."""
    rows = await session.sql.scalars(
        select(TaskRow.activation_id)
        .join(CallOutRow, col(CallOutRow.task_id) == TaskRow.id)
        .join(LadderRow, col(LadderRow.call_out_id) == CallOutRow.id)
        .join(ActivationRow, col(ActivationRow.id) == TaskRow.activation_id)
        .where(
            or_(col(LadderRow.next_due_at) <= at, col(LadderRow.way_due_at) <= at),
            CallOutRow.state == CallOutState.RUNNING,
            col(ActivationRow.ended_at).is_(None),
        )
        .distinct()
        .limit(500)
    )
    return list(rows)


async def people_called(session: Session, activation_id: str) -> set[str]:
    """Return who was called in an activation and comes, or may still come."""
    rows = await session.sql.scalars(
        select(LadderRow.recipient_id)
        .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
        .join(TaskRow, col(TaskRow.id) == CallOutRow.task_id)
        .where(
            TaskRow.activation_id == activation_id,
            or_(
                col(LadderRow.state).in_(OPEN_RUNGS),
                col(LadderRow.answer).in_([each for each in Answer if each.comes]),
            ),
        )
    )
    return set(rows)


async def end_call_outs(session: Session, calamity_id: str, at: datetime) -> None:
    """End every call-out of a calamity that still runs."""
    ids = select(CallOutRow.id).where(
        CallOutRow.calamity_id == calamity_id, CallOutRow.state == CallOutState.RUNNING
    )
    await session.sql.execute(
        update(LadderRow)
        .where(col(LadderRow.call_out_id).in_(ids))
        .values(next_due_at=None, way_due_at=None)
    )
    await session.sql.execute(
        update(CallOutRow)
        .where(col(CallOutRow.id).in_(ids))
        .values(state=CallOutState.ENDED, ended_at=at)
    )


class WayLine(Struct, frozen=True):
    """A way besides SMS on someone's ladder: planned for a moment, or what became of it."""

    channel: Channel
    planned_at: datetime | None = None
    tried_at: datetime | None = None
    state: str = ""
    status: str = ""
    """What the carrier said last."""
    error_code: int | None = None


class RosterLine(Struct, frozen=True):
    """One person's ladder with what became of the first text to them."""

    ladder_id: str
    recipient_id: str
    name: str
    role: str
    rank: int
    state: Rung
    answer: Answer | None
    reason: str
    called_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    reminded_at: datetime | None
    answered_at: datetime | None
    next_due_at: datetime | None
    message_state: str
    error_code: int | None
    ways: list[WayLine] = []
    number_failed_at: datetime | None = None
    """Since when texts to this person's number come to nothing."""
    number_error: int | None = None
    stop_unchecked_since: datetime | None = None


class Roster(Struct, frozen=True):
    """A call-out as a coordinator sees it: quota above, one line per person below."""

    id: str
    state: CallOutState
    quota: int
    coming: int
    started_at: datetime
    next_due_at: datetime | None
    lines: list[RosterLine]


async def rosters(session: Session, calamity_id: str) -> list[Roster]:
    """Return the call-outs of a calamity, the newest first."""
    calls = await session.sql.scalars(
        select(CallOutRow)
        .where(CallOutRow.calamity_id == calamity_id)
        .order_by(col(CallOutRow.id).desc())
    )
    return [await _roster(session, row) for row in calls]


async def _roster(session: Session, row: CallOutRow) -> Roster:
    found = await session.sql.execute(
        select(LadderRow, RecipientRow, MessageRow)
        .join(RecipientRow, col(RecipientRow.id) == LadderRow.recipient_id)
        .outerjoin(
            MessageRow,
            (col(MessageRow.ladder_id) == LadderRow.id)
            & col(MessageRow.purpose).in_(_CALLS)
            & (col(MessageRow.channel) == Channel.SMS),
        )
        .where(LadderRow.call_out_id == row.id)
        .order_by(col(LadderRow.role), col(LadderRow.rank), col(LadderRow.id))
    )
    tried = await _tried(session, row.id)
    lines = [
        RosterLine(
            ladder_id=ladder.id,
            recipient_id=ladder.recipient_id,
            name=session.vault.open_text(NAME, person.name),
            role=ladder.role,
            rank=ladder.rank,
            state=Rung(ladder.state),
            answer=Answer(ladder.answer) if ladder.answer else None,
            reason=ladder.reason,
            called_at=ladder.called_at,
            sent_at=message.settled_at if message and message.state == "accepted" else None,
            delivered_at=message.delivered_at if message else None,
            reminded_at=ladder.reminded_at,
            answered_at=ladder.answered_at,
            next_due_at=ladder.next_due_at,
            message_state=message.state if message else "",
            error_code=message.error_code if message else None,
            ways=[*tried.get(ladder.id, ()), *_planned(ladder)],
            number_failed_at=person.number_failed_at,
            number_error=person.number_error,
            stop_unchecked_since=None if person.stop_checked_at else person.stopped_at,
        )
        for ladder, person, message in found
    ]
    due = [line.next_due_at for line in lines if line.next_due_at]
    return Roster(
        row.id,
        CallOutState(row.state),
        row.quota,
        sum(1 for line in lines if line.answer is not None and line.answer.comes),
        row.started_at,
        min(due) if due else None,
        lines,
    )


async def _tried(session: Session, call_out_id: str) -> dict[str, list[WayLine]]:
    """Return the other ways on which people of a call-out were tried, by ladder."""
    rows = await session.sql.scalars(
        select(MessageRow)
        .join(LadderRow, col(LadderRow.id) == MessageRow.ladder_id)
        .where(LadderRow.call_out_id == call_out_id, MessageRow.channel != Channel.SMS)
        .order_by(col(MessageRow.id))
    )
    tried: dict[str, list[WayLine]] = {}
    for row in rows:
        line = WayLine(
            Channel(row.channel), None, row.claimed_at, row.state, row.carrier_status,
            row.error_code,
        )  # fmt: skip
        tried.setdefault(row.ladder_id or "", []).append(line)
    return tried


def _planned(ladder: LadderRow) -> list[WayLine]:
    """Return the ways that are still to come; only of the first it is known when."""
    if ladder.way_due_at is None:
        return []
    moments = (ladder.way_due_at, *(None for _ in ladder.ways))
    return [
        WayLine(way, planned_at)
        for way, planned_at in zip(read_ways(ladder.ways), moments, strict=False)
    ]


async def first_purpose(session: Session, ladder_id: str) -> str:
    """Return as what somebody was called: call-out or deputy."""
    found = await session.sql.scalar(
        select(MessageRow.purpose).where(
            MessageRow.ladder_id == ladder_id,
            MessageRow.channel == Channel.SMS,
            col(MessageRow.purpose).in_(_CALLS),
        )
    )
    return found or "call-out"


async def give_up_way(
    session: Session, ladder_id: str, channel: Channel, at: datetime, *, failed: bool
) -> str | None:
    """Let the next way to reach somebody be due, since this one has come to nothing.

    Once every way has *failed* the person is unreachable and the deputy is due. Return the
    activation where something is due.
    """
    open_ladder = (
        col(LadderRow.id) == ladder_id,
        col(LadderRow.state).in_((Rung.CALLED, Rung.REMINDED)),
    )
    changed = await session.sql.scalar(
        update(LadderRow)
        .where(*open_ladder, col(LadderRow.ways) != "")
        .values(way_due_at=at)
        .returning(col(LadderRow.call_out_id))
    )
    if changed is None and failed and not await _may_arrive(session, ladder_id, besides=channel):
        changed = await session.sql.scalar(
            update(LadderRow)
            .where(*open_ladder)
            .values(state=Rung.UNREACHABLE, reason="carrier", next_due_at=at)
            .returning(col(LadderRow.call_out_id))
        )
    if changed is None:
        return None
    found: str | None = await session.sql.scalar(
        select(TaskRow.activation_id)
        .join(CallOutRow, col(CallOutRow.task_id) == TaskRow.id)
        .where(CallOutRow.id == changed)
    )
    return found


class CallOutStep(Struct, frozen=True):
    """The step of a playbook from which a call-out came, and when it ended."""

    activation_id: str
    step: str
    ended_at: datetime | None


async def call_out_steps(session: Session, calamity_id: str) -> dict[str, CallOutStep]:
    """Return the step behind each call-out of a calamity, by call-out id."""
    rows = await session.sql.execute(
        select(CallOutRow.id, TaskRow.activation_id, TaskRow.step, CallOutRow.ended_at)
        .join(TaskRow, col(TaskRow.id) == CallOutRow.task_id)
        .where(CallOutRow.calamity_id == calamity_id)
    )
    return {row[0]: CallOutStep(row[1], row[2], row[3]) for row in rows}


async def _may_arrive(session: Session, ladder_id: str, *, besides: Channel) -> bool:
    """Say whether somebody was tried on another channel, and that did not fail."""
    found = await session.sql.scalar(
        select(MessageRow.id)
        .where(
            MessageRow.ladder_id == ladder_id,
            MessageRow.channel != besides,
            col(MessageRow.state).in_(_UNDER_WAY),
            col(MessageRow.carrier_status).not_in(tuple(NEGATIVE)),
        )
        .limit(1)
    )
    return found is not None
