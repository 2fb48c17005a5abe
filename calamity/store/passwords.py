"""Password hashes, failed sign-ins and locks."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import case, literal, update
from sqlmodel import col

from calamity.domain.permissions import UserRole
from calamity.store.accounts import find_user
from calamity.store.database import Session
from calamity.store.tables import UserRow
from calamity.store.tables.columns import Moment

MOST_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)


class Credentials(Struct, frozen=True):
    """What is known of a login before its password was looked at."""

    user_id: str
    password_hash: str | None
    """None for who signs in at the provider of the municipality only."""
    is_open: bool
    """Neither disabled nor locked."""
    role: UserRole


async def find_credentials(session: Session, login: str, at: datetime) -> Credentials | None:
    """Return what a password for this login must answer to, or None for an unknown login."""
    row = await find_user(session, login)
    if row is None:
        return None
    is_locked = row.locked_until is not None and row.locked_until > at
    is_open = row.disabled_at is None and not is_locked
    return Credentials(row.id, row.password_hash, is_open, UserRole(row.role))


async def note_failure(session: Session, user_id: str, at: datetime) -> None:
    """Count a wrong password; the tenth in a row locks the account, and the count starts anew."""
    failures, account = col(UserRow.failures), col(UserRow.id) == user_id
    # Counted by the database, so that guesses made at the same moment count one by one.
    is_last = failures + 1 >= MOST_FAILURES
    until = literal(at + LOCKED_FOR, Moment())
    await session.sql.execute(
        update(UserRow)
        .where(account)
        .values(
            locked_until=case((is_last, until), else_=col(UserRow.locked_until)),
            failures=case((is_last, 0), else_=failures + 1),
        )
        .execution_options(synchronize_session=False)
    )


async def note_success(session: Session, user_id: str) -> None:
    """Forget earlier wrong passwords."""
    await session.sql.execute(
        update(UserRow)
        .where(col(UserRow.id) == user_id, col(UserRow.failures) > 0)
        .values(failures=0)
        .execution_options(synchronize_session=False)
    )


async def set_password(session: Session, user_id: str, password_hash: str) -> None:
    """Store another hash."""
    await session.sql.execute(
        update(UserRow)
        .where(col(UserRow.id) == user_id)
        .values(password_hash=password_hash, failures=0, locked_until=None)
        .execution_options(synchronize_session=False)
    )
