"""When the carrier was last asked for what we may have missed, so that one node asks at a time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from calamity.store.database import Session
from calamity.store.tables import SweepRow

_OVERLAP = timedelta(minutes=10)
_FARTHEST = timedelta(hours=24)


async def begin_sweep(
    session: Session, name: str, at: datetime, *, apart: timedelta
) -> datetime | None:
    """Return from when on this sweep has to look; None when it was begun less than *apart* ago.

    It looks back over what it saw last, for a list may lag, but never farther than a day.
    """
    dialect: Any = postgresql if session.is_postgres else sqlite
    first = dialect.insert(SweepRow).values(name=name, begun_at=at - _FARTHEST, swept_until=None)
    await session.sql.execute(first.on_conflict_do_nothing())
    begun = (
        await session.sql.execute(
            update(SweepRow)
            .where(col(SweepRow.name) == name, col(SweepRow.begun_at) <= at - apart)
            .values(begun_at=at)
            .returning(col(SweepRow.swept_until))
        )
    ).first()
    if begun is None:
        return None
    until: datetime | None = begun[0]
    farthest = at - _FARTHEST
    return max(until - _OVERLAP, farthest) if until else farthest


async def end_sweep(session: Session, name: str, until: datetime) -> None:
    """Remember up to when was looked."""
    await session.sql.execute(
        update(SweepRow).where(col(SweepRow.name) == name).values(swept_until=until)
    )


async def put_off_sweep(session: Session, name: str, begun_at: datetime) -> None:
    """Let a sweep that got no answer count as begun at another moment."""
    await session.sql.execute(
        update(SweepRow).where(col(SweepRow.name) == name).values(begun_at=begun_at)
    )
