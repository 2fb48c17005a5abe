"""Forms that were taken in: one that a browser sends again, unsure whether it arrived, is known."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from calamity.store.accounts import hashed
from calamity.store.database import Session
from calamity.store.tables import SentFormRow

KEPT = timedelta(days=2)
"""Longer than a device keeps a form that it could not send (`frontend/kept.js`)."""


async def is_first(session: Session, *, by: str, key: str, at: datetime) -> bool:
    """Remember that somebody's form is taken in; return False if it was before.

    *key* is the browser's own for this form. It is remembered together with what the form does, so
    that a form which is refused may come again. Without a key every form is the first.
    """
    if not key:
        return True
    await session.sql.execute(delete(SentFormRow).where(col(SentFormRow.at) < at - KEPT))
    dialect: Any = postgresql if session.is_postgres else sqlite
    made = dialect.insert(SentFormRow).values(id=hashed(f"{by} {key}"), at=at)
    done = await session.sql.execute(made.on_conflict_do_nothing())
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an INSERT has a row count
