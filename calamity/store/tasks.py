"""Tasks: the steps of playbooks at work, each time of a step that repeats a row of its own."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select

from calamity.domain.activation import TaskState
from calamity.domain.errors import NotFound
from calamity.store.database import Session
from calamity.store.tables import ActivationRow, CalamityRow, TaskRow

_COUNTS = (TaskRow.state == TaskState.WAITING, col(TaskRow.waits_for).is_(None))
"""Waiting tasks whose time counts: of what waits for something else, the time is a guess."""


async def add_tasks(session: Session, tasks: list[TaskRow]) -> None:
    """Store the tasks of an activation."""
    session.sql.add_all(tasks)
    await session.sql.flush()


async def due_tasks(session: Session, activation_id: str, at: datetime) -> list[TaskRow]:
    """Return the waiting tasks of an activation whose start has come."""
    return list(
        await session.sql.scalars(
            select(TaskRow)
            .where(TaskRow.activation_id == activation_id, *_COUNTS, col(TaskRow.start_at) <= at)
            .order_by(col(TaskRow.start_at), col(TaskRow.id))
        )
    )


async def next_task_start(session: Session, activation_id: str) -> datetime | None:
    """Return when the next waiting task of an activation starts."""
    found: datetime | None = await session.sql.scalar(
        select(TaskRow.start_at)
        .where(TaskRow.activation_id == activation_id, *_COUNTS)
        .order_by(col(TaskRow.start_at))
        .limit(1)
    )
    return found


async def due_activations(session: Session, at: datetime) -> list[str]:
    """Return activations under way that have a task to start or to settle, for the sweep."""
    found: set[str] = set()
    for which in ((*_COUNTS, col(TaskRow.start_at) <= at), (col(TaskRow.news_at).is_not(None),)):
        rows = await session.sql.scalars(
            select(TaskRow.activation_id)
            .join(ActivationRow, col(ActivationRow.id) == TaskRow.activation_id)
            .where(*which, col(ActivationRow.ended_at).is_(None))
            .distinct()
            .limit(500)
        )
        found.update(rows)
    return sorted(found)


async def tasks_of(session: Session, activation_id: str) -> list[TaskRow]:
    """Return the tasks of an activation as they stand now, by their occurrence."""
    return list(
        await session.sql.scalars(
            select(TaskRow)
            .where(TaskRow.activation_id == activation_id)
            .order_by(col(TaskRow.occurrence), col(TaskRow.id))
            .execution_options(populate_existing=True)
        )
    )


async def drop_tasks(session: Session, task_ids: list[str]) -> None:
    """Take waiting tasks away that will not come: the repeat to which they belong is over."""
    await session.sql.execute(
        delete(TaskRow).where(
            col(TaskRow.id).in_(task_ids), col(TaskRow.state) == TaskState.WAITING
        )
    )


async def find_task(
    session: Session, municipality_id: str, task_id: str, *, lock: bool = False
) -> tuple[TaskRow, CalamityRow]:
    """Return a task with its calamity, to look at them, or both locked. Raises NotFound."""
    query = (
        select(TaskRow, CalamityRow)
        .join(CalamityRow, col(CalamityRow.id) == TaskRow.calamity_id)
        .where(TaskRow.id == task_id, CalamityRow.municipality_id == municipality_id)
    )
    if lock:
        query = query.with_for_update(of=[TaskRow, CalamityRow], key_share=True)
        query = query.execution_options(populate_existing=True)
    found = (await session.sql.execute(query)).first()
    if found is None:
        raise NotFound("This task does not exist.", field="task")
    return found[0], found[1]


async def get_task_row(session: Session, task_id: str) -> TaskRow:
    """Return a task by its id alone, for the system itself. Raises NotFound."""
    row = await session.sql.get(TaskRow, task_id)
    if row is None:
        raise NotFound("This task does not exist.", field="task")
    return row


async def list_tasks(session: Session, calamity_id: str) -> list[TaskRow]:
    """Return the tasks of a calamity by due time."""
    return list(
        await session.sql.scalars(
            select(TaskRow)
            .where(TaskRow.calamity_id == calamity_id)
            .order_by(col(TaskRow.due_at), col(TaskRow.id))
        )
    )


async def finish_act(session: Session, task_id: str, at: datetime) -> str | None:
    """Mark a task as done whose call-out or round is over; return the activation, if it was.

    Who does this holds other locks than that of the activation, so what rests on this task is
    settled by the worker: it finds the news in the row.
    """
    done = await session.sql.execute(
        update(TaskRow)
        .where(col(TaskRow.id) == task_id, col(TaskRow.state) == TaskState.RUNNING)
        .values(state=TaskState.DONE, ended_at=at, news_at=at)
        .execution_options(synchronize_session="fetch")
        .returning(col(TaskRow.activation_id))
    )
    found: str | None = done.scalar()
    return found


async def take_news(session: Session, activation_id: str) -> bool:
    """Tell whether a task ended of which nothing was settled yet, and count it as settled."""
    done = await session.sql.execute(
        update(TaskRow)
        .where(col(TaskRow.activation_id) == activation_id, col(TaskRow.news_at).is_not(None))
        .values(news_at=None)
        .execution_options(synchronize_session=False)
        .returning(col(TaskRow.id))
    )
    return done.first() is not None
