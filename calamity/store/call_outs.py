"""Call-outs and ladders."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, update
from sqlmodel import col, select

from calamity.domain.call_out import Answer, CallOutState, Rung
from calamity.domain.errors import NotFound
from calamity.store.database import Session
from calamity.store.people import NAME
from calamity.store.tables import (
    ActivationRow,
    CallOutRow,
    LadderRow,
    MessageRow,
    RecipientRow,
    TaskRow,
)


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
    """Return when the next reminder or deputy of an activation is due."""
    found: datetime | None = await session.sql.scalar(
        select(func.min(LadderRow.next_due_at))
        .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
        .join(TaskRow, col(TaskRow.id) == CallOutRow.task_id)
        .where(
            TaskRow.activation_id == activation_id,
            CallOutRow.state == CallOutState.RUNNING,
            col(LadderRow.next_due_at).is_not(None),
        )
    )
    return found


async def due_ladders(session: Session, at: datetime) -> list[str]:
    """Return activations with a rung that is due, for the sweep."""
    rows = await session.sql.scalars(
        select(TaskRow.activation_id)
        .join(CallOutRow, col(CallOutRow.task_id) == TaskRow.id)
        .join(LadderRow, col(LadderRow.call_out_id) == CallOutRow.id)
        .join(ActivationRow, col(ActivationRow.id) == TaskRow.activation_id)
        .where(
            col(LadderRow.next_due_at) <= at,
            CallOutRow.state == CallOutState.RUNNING,
            col(ActivationRow.ended_at).is_(None),
        )
        .distinct()
        .limit(500)
    )
    return list(rows)


async def end_call_outs(session: Session, calamity_id: str, at: datetime) -> None:
    """End every call-out of a calamity that still runs."""
    ids = select(CallOutRow.id).where(
        CallOutRow.calamity_id == calamity_id, CallOutRow.state == CallOutState.RUNNING
    )
    await session.sql.execute(
        update(LadderRow).where(col(LadderRow.call_out_id).in_(ids)).values(next_due_at=None)
    )
    await session.sql.execute(
        update(CallOutRow)
        .where(col(CallOutRow.id).in_(ids))
        .values(state=CallOutState.ENDED, ended_at=at)
    )


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
        select(LadderRow, RecipientRow.name, MessageRow)
        .join(RecipientRow, col(RecipientRow.id) == LadderRow.recipient_id)
        .outerjoin(
            MessageRow,
            (col(MessageRow.ladder_id) == LadderRow.id)
            & col(MessageRow.purpose).in_(("call-out", "deputy")),
        )
        .where(LadderRow.call_out_id == row.id)
        .order_by(col(LadderRow.role), col(LadderRow.rank), col(LadderRow.id))
    )
    lines = [
        RosterLine(
            ladder_id=ladder.id,
            recipient_id=ladder.recipient_id,
            name=session.vault.open_text(NAME, name),
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
        )
        for ladder, name, message in found
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


async def mark_unreachable(session: Session, ladder_id: str, at: datetime) -> str | None:
    """Make the deputy of someone whom the carrier cannot reach due; return the activation."""
    changed = await session.sql.scalar(
        update(LadderRow)
        .where(
            col(LadderRow.id) == ladder_id,
            col(LadderRow.state).in_((Rung.CALLED, Rung.REMINDED)),
        )
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
