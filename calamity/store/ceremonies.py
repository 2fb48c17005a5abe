"""Sign-ins and proofs that were begun: each ends once, soon, and in the same browser."""

import secrets
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from calamity.store.accounts import hashed
from calamity.store.database import Session
from calamity.store.tables import CeremonyRow

LASTS = timedelta(minutes=10)
_BODY = b"ceremony.body"
_T = TypeVar("_T", bound=msgspec.Struct)


async def begin_ceremony(session: Session, purpose: str, body: msgspec.Struct, at: datetime) -> str:
    """Remember what was begun, and return the value for the browser's cookie."""
    await session.sql.execute(delete(CeremonyRow).where(col(CeremonyRow.ends_at) < at))
    value = secrets.token_urlsafe(32)
    session.sql.add(
        CeremonyRow(
            id=hashed(value),
            purpose=purpose,
            body=session.vault.seal(_BODY, msgspec.json.encode(body)),
            ends_at=at + LASTS,
        )
    )
    await session.sql.flush()
    return value


async def look_at_ceremony(
    session: Session, value: str, purpose: str, kind: type[_T], at: datetime
) -> _T | None:
    """Return what was begun for this purpose under a cookie, or None."""
    row = await session.sql.scalar(
        select(CeremonyRow).where(
            CeremonyRow.id == hashed(value), CeremonyRow.purpose == purpose,
            CeremonyRow.ends_at >= at,
        )
    )  # fmt: skip
    return None if row is None else _opened(session, row.body, kind)


async def end_ceremony(
    session: Session, value: str, purpose: str, kind: type[_T], at: datetime
) -> _T | None:
    """Return what was begun and forget it: None when it was ended before, or took too long."""
    body = await session.sql.scalar(
        delete(CeremonyRow)
        .where(
            col(CeremonyRow.id) == hashed(value), col(CeremonyRow.purpose) == purpose,
            col(CeremonyRow.ends_at) >= at,
        )
        .returning(col(CeremonyRow.body))
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return None if body is None else _opened(session, body, kind)


async def counts_once(
    session: Session, purpose: str, name: str, at: datetime, *, until: datetime
) -> bool:
    """Take in what others tell us under a name of theirs: False when it was told before.

    It is remembered *until* it would be too old anyway.
    """
    await session.sql.execute(delete(CeremonyRow).where(col(CeremonyRow.ends_at) < at))
    insert = postgresql.insert if session.is_postgres else sqlite.insert
    told = await session.sql.execute(
        insert(CeremonyRow)
        .values(
            id=hashed(f"{purpose}|{name}"), purpose=purpose, body=session.vault.seal(_BODY, b""),
            ends_at=until,
        )
        .on_conflict_do_nothing()
        .returning(col(CeremonyRow.id))
    )  # fmt: skip
    return told.scalar() is not None


def _opened(session: Session, body: bytes, kind: type[_T]) -> _T:
    return msgspec.json.decode(session.vault.open(_BODY, body), type=kind)
