"""Calamities, activations and tasks."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import func, text, update
from sqlalchemy.orm import defer
from sqlmodel import col, select

from calamity.domain.activation import Inputs, Snapshot, TaskState
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.timeline import GENESIS
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ActivationRow, CalamityRow, TaskRow

_LOCK = 4_217_002


async def add_calamity(
    session: Session,
    municipality_id: str,
    *,
    title: str,
    is_exercise: bool,
    tempo: int,
    phase: str,
    at: datetime,
) -> CalamityRow:
    """Open a calamity with an empty timeline."""
    row = CalamityRow(
        id=new_id(),
        municipality_id=municipality_id,
        title=title,
        is_exercise=is_exercise,
        tempo=tempo if is_exercise else 1,
        phase=phase,
        opened_at=at,
        phase_since=at,
        level_since=at,
        head_hash=GENESIS,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row


async def get_calamity(
    session: Session, municipality_id: str, calamity_id: str, *, lock: bool = False
) -> CalamityRow:
    """Return a calamity of this municipality. Raises NotFound."""
    query = select(CalamityRow).where(
        CalamityRow.id == calamity_id, CalamityRow.municipality_id == municipality_id
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = await session.sql.scalar(query)
    if row is None:
        raise NotFound("This calamity does not exist.", field="calamity")
    return row


async def any_is_open(session: Session) -> bool:
    """Say whether anything is going on, in any municipality."""
    found = await session.sql.scalar(
        select(CalamityRow.id).where(col(CalamityRow.closed_at).is_(None)).limit(1)
    )
    return found is not None


async def open_calamities(session: Session) -> list[str]:
    """Return the ids of everything that goes on, in all municipalities, in a fixed order."""
    found = select(CalamityRow.id).where(col(CalamityRow.closed_at).is_(None))
    return list(await session.sql.scalars(found.order_by(col(CalamityRow.id))))


async def open_calamity(
    session: Session, municipality_id: str, calamity_id: str, *, lock: bool = False
) -> CalamityRow:
    """Return a calamity that is not closed. Raises NotFound or Conflict."""
    row = await get_calamity(session, municipality_id, calamity_id, lock=lock)
    if row.closed_at is not None:
        raise Conflict("This calamity is closed; its timeline can be read and exported.")
    return row


async def list_calamities(
    session: Session, municipality_id: str, *, limit: int = 50, before: str | None = None
) -> list[CalamityRow]:
    """Return calamities, the newest first; *before* is the id of the last one already seen."""
    query = select(CalamityRow).where(CalamityRow.municipality_id == municipality_id)
    if before is not None:
        query = query.where(col(CalamityRow.id) < before)
    return list(await session.sql.scalars(query.order_by(col(CalamityRow.id).desc()).limit(limit)))


class Activation(Struct, frozen=True):
    """An activation with its pinned inputs and snapshot."""

    id: str
    municipality_id: str
    calamity_id: str
    version_id: str
    t0: datetime
    inputs: Inputs
    snapshot: Snapshot
    activated_by: str
    ended_at: datetime | None


def _said(row: ActivationRow) -> Activation:
    return Activation(
        row.id,
        row.municipality_id,
        row.calamity_id,
        row.version_id,
        row.t0,
        msgspec.json.decode(row.inputs, type=Inputs),
        msgspec.json.decode(row.snapshot, type=Snapshot),
        row.activated_by,
        row.ended_at,
    )


async def find_activation_by_key(
    session: Session, municipality_id: str, request_key: str
) -> Activation | None:
    """Return what this request key activated before, or None; the same request waits its turn."""
    if session.is_postgres:
        await session.sql.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :lock))"),
            {"key": f"{municipality_id} {request_key}", "lock": _LOCK},
        )
    row = await session.sql.scalar(
        select(ActivationRow).where(
            ActivationRow.municipality_id == municipality_id,
            ActivationRow.request_key == request_key,
        )
    )
    return _said(row) if row else None


async def add_activation(
    session: Session,
    *,
    municipality_id: str,
    calamity_id: str,
    version_id: str,
    request_key: str,
    t0: datetime,
    inputs: Inputs,
    snapshot: Snapshot,
    by: str,
) -> Activation:
    """Pin a version, the inputs and who was there."""
    row = ActivationRow(
        id=new_id(),
        municipality_id=municipality_id,
        calamity_id=calamity_id,
        version_id=version_id,
        request_key=request_key,
        t0=t0,
        inputs=msgspec.json.encode(inputs).decode(),
        snapshot=msgspec.json.encode(snapshot).decode(),
        activated_by=by,
    )
    session.sql.add(row)
    await session.sql.flush()
    return Activation(
        row.id, municipality_id, calamity_id, version_id, t0, inputs, snapshot, by, None
    )


async def get_activation(session: Session, activation_id: str) -> Activation:
    """Return an activation. Raises NotFound."""
    row = await session.sql.get(ActivationRow, activation_id)
    if row is None:
        raise NotFound("This activation does not exist.", field="activation")
    return _said(row)


async def list_activations(session: Session, calamity_id: str) -> list[Activation]:
    """Return the activations of a calamity, the first one first."""
    rows = await session.sql.scalars(
        select(ActivationRow)
        .where(ActivationRow.calamity_id == calamity_id)
        .order_by(col(ActivationRow.id))
    )
    return [_said(row) for row in rows]


async def lock_activation(session: Session, activation_id: str) -> Activation | None:
    """Lock an activation that is under way, so that one worker climbs its ladders; else None."""
    row = await session.sql.scalar(
        select(ActivationRow)
        .where(ActivationRow.id == activation_id, col(ActivationRow.ended_at).is_(None))
        .with_for_update(key_share=True)
    )
    return _said(row) if row else None


async def end_activations(session: Session, calamity_id: str, at: datetime) -> None:
    """End all activations of a calamity; steps that still wait will not start."""
    await session.sql.execute(
        update(ActivationRow)
        .where(col(ActivationRow.calamity_id) == calamity_id)
        .values(ended_at=at)
    )


async def add_tasks(session: Session, tasks: list[TaskRow]) -> None:
    """Store the tasks of an activation."""
    session.sql.add_all(tasks)
    await session.sql.flush()


async def due_tasks(session: Session, activation_id: str, at: datetime) -> list[TaskRow]:
    """Return the waiting tasks of an activation whose start has come."""
    return list(
        await session.sql.scalars(
            select(TaskRow)
            .where(
                TaskRow.activation_id == activation_id,
                TaskRow.state == TaskState.WAITING,
                col(TaskRow.start_at) <= at,
            )
            .order_by(col(TaskRow.start_at), col(TaskRow.id))
        )
    )


async def next_task_start(session: Session, activation_id: str) -> datetime | None:
    """Return when the next waiting task of an activation starts."""
    found: datetime | None = await session.sql.scalar(
        select(TaskRow.start_at)
        .where(TaskRow.activation_id == activation_id, TaskRow.state == TaskState.WAITING)
        .order_by(col(TaskRow.start_at))
        .limit(1)
    )
    return found


async def get_task(
    session: Session, municipality_id: str, task_id: str
) -> tuple[TaskRow, CalamityRow]:
    """Return a task with its calamity, both locked. Raises NotFound."""
    found = (
        await session.sql.execute(
            select(TaskRow, CalamityRow)
            .join(CalamityRow, col(CalamityRow.id) == TaskRow.calamity_id)
            .where(TaskRow.id == task_id, CalamityRow.municipality_id == municipality_id)
            .with_for_update(of=[TaskRow, CalamityRow], key_share=True)
            .execution_options(populate_existing=True)
        )
    ).first()
    if found is None:
        raise NotFound("This task does not exist.", field="task")
    return found[0], found[1]


async def list_tasks(session: Session, calamity_id: str) -> list[TaskRow]:
    """Return the tasks of a calamity by due time."""
    return list(
        await session.sql.scalars(
            select(TaskRow)
            .where(TaskRow.calamity_id == calamity_id)
            .order_by(col(TaskRow.due_at), col(TaskRow.id))
        )
    )


async def due_activations(session: Session, at: datetime) -> list[str]:
    """Return activations under way that have a task to start, for the sweep."""
    rows = await session.sql.scalars(
        select(TaskRow.activation_id)
        .join(ActivationRow, col(ActivationRow.id) == TaskRow.activation_id)
        .where(
            TaskRow.state == TaskState.WAITING,
            col(TaskRow.start_at) <= at,
            col(ActivationRow.ended_at).is_(None),
        )
        .distinct()
        .limit(500)
    )
    return list(rows)


async def get_task_row(session: Session, task_id: str) -> TaskRow:
    """Return a task by its id alone, for the system itself. Raises NotFound."""
    row = await session.sql.get(TaskRow, task_id)
    if row is None:
        raise NotFound("This task does not exist.", field="task")
    return row


class Pinned(Struct, frozen=True):
    """An activation without its snapshot, which may hold thousands of people."""

    id: str
    version_id: str
    t0: datetime
    inputs: Inputs
    activated_by: str
    ended_at: datetime | None


async def list_pinned(session: Session, calamity_id: str) -> list[Pinned]:
    """Return the activations of a calamity without their snapshots, the first one first."""
    rows = await session.sql.scalars(
        select(ActivationRow)
        .options(defer(ActivationRow.snapshot))  # type: ignore[arg-type]  # a column
        .where(ActivationRow.calamity_id == calamity_id)
        .order_by(col(ActivationRow.id))
    )
    return [
        Pinned(
            row.id,
            row.version_id,
            row.t0,
            msgspec.json.decode(row.inputs, type=Inputs),
            row.activated_by,
            row.ended_at,
        )
        for row in rows
    ]


async def find_task(
    session: Session, municipality_id: str, task_id: str
) -> tuple[TaskRow, CalamityRow]:
    """Return a task with its calamity, to look at it: nothing is locked. Raises NotFound."""
    found = (
        await session.sql.execute(
            select(TaskRow, CalamityRow)
            .join(CalamityRow, col(CalamityRow.id) == TaskRow.calamity_id)
            .where(TaskRow.id == task_id, CalamityRow.municipality_id == municipality_id)
        )
    ).first()
    if found is None:
        raise NotFound("This task does not exist.", field="task")
    return found[0], found[1]


async def finish_act(session: Session, task_id: str, at: datetime) -> None:
    """Mark a task as done whose call-out or round has come to its end."""
    await session.sql.execute(
        update(TaskRow)
        .where(col(TaskRow.id) == task_id, col(TaskRow.state) == TaskState.RUNNING)
        .values(state=TaskState.DONE, ended_at=at)
        .execution_options(synchronize_session="fetch")
    )


async def find_by_code(session: Session, code: str) -> CalamityRow | None:
    """Return the calamity whose id ends in this short code of 12 digits, in any municipality."""
    row: CalamityRow | None = await session.sql.scalar(
        select(CalamityRow).where(func.substr(col(CalamityRow.id), 25) == code)
    )
    return row
