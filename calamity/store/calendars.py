"""Calendar links: one per account, found by the hash of what stands in it."""

import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete
from sqlmodel import col, select

from calamity.domain.permissions import Actor, UserRole
from calamity.store.accounts import hashed
from calamity.store.database import Session
from calamity.store.tables import CalendarLinkRow, ResponderRow, UserRow


class CalendarReader(Struct, frozen=True):
    """Whose calendar a link opens, and in which language."""

    actor: Actor
    language: str


async def make_link(
    session: Session, municipality_id: str, user_id: str, language: str, at: datetime
) -> str:
    """Make the link of an account, in the place of an earlier one; only a hash is kept."""
    await drop_link(session, user_id)
    token = secrets.token_urlsafe(32)
    row = CalendarLinkRow(
        user_id=user_id,
        municipality_id=municipality_id,
        token_hash=hashed(token),
        language=language,
        created_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return token


async def drop_link(session: Session, user_id: str) -> None:
    """Let the link of an account open nothing any more."""
    await session.sql.execute(
        delete(CalendarLinkRow).where(col(CalendarLinkRow.user_id) == user_id)
    )


async def link_made_at(session: Session, user_id: str | None) -> datetime | None:
    """Return when the link of an account was made, or None."""
    row = await session.sql.get(CalendarLinkRow, user_id) if user_id else None
    return row.created_at if row else None


async def reader_of(session: Session, token: str) -> CalendarReader | None:
    """Return whom a link is for, or None: unknown, withdrawn, or of a disabled account."""
    found = (
        await session.sql.execute(
            select(CalendarLinkRow, UserRow)
            .join(UserRow, col(UserRow.id) == CalendarLinkRow.user_id)
            .where(CalendarLinkRow.token_hash == hashed(token), col(UserRow.disabled_at).is_(None))
        )
    ).first()
    if found is None:
        return None
    link, user = found
    actor = Actor(user.municipality_id, user.login, UserRole(user.role), user.id, user.recipient_id)
    return CalendarReader(actor, link.language)


async def roles_of(session: Session, recipient_id: str | None) -> set[str]:
    """Return the roles of the rapid team that somebody fills."""
    if recipient_id is None:
        return set()
    rows = await session.sql.scalars(
        select(ResponderRow.role).where(ResponderRow.recipient_id == recipient_id)
    )
    return set(rows)
