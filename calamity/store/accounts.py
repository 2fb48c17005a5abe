"""Accounts, sessions and tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, update
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.permissions import Actor, UserRole
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ApiTokenRow, SessionRow, UserRow

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


def hashed(token: str) -> str:
    """Return what is kept of a cookie or token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


class Account(Struct, frozen=True):
    """An account as the administrator sees it."""

    id: str
    login: str
    name: str
    role: UserRole
    is_disabled: bool
    created_at: datetime


async def add_user(
    session: Session,
    municipality_id: str,
    *,
    login: str,
    name: str,
    role: UserRole,
    password_hash: str,
    recipient_id: str | None,
    at: datetime,
) -> str:
    """Add an account. Raises Conflict when the login is taken."""
    if await find_user(session, login) is not None:
        raise Conflict("This login is taken. Choose another one.", field="login")
    row = UserRow(
        id=new_id(),
        municipality_id=municipality_id,
        login=login,
        name=name,
        role=role,
        password_hash=password_hash,
        recipient_id=recipient_id,
        created_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row.id


async def find_user(session: Session, login: str) -> UserRow | None:
    """Return the account with this login, or None."""
    row: UserRow | None = await session.sql.scalar(select(UserRow).where(UserRow.login == login))
    return row


async def list_users(session: Session, municipality_id: str) -> list[Account]:
    """Return the accounts of a municipality by login."""
    rows = await session.sql.scalars(
        select(UserRow)
        .where(UserRow.municipality_id == municipality_id)
        .order_by(col(UserRow.login))
    )
    return [
        Account(
            row.id, row.login, row.name, UserRole(row.role), row.disabled_at is not None,
            row.created_at,
        )
        for row in rows
    ]  # fmt: skip


async def disable_user(session: Session, municipality_id: str, user_id: str, at: datetime) -> None:
    """Disable an account and end its sessions. Raises NotFound."""
    row = await session.sql.get(UserRow, user_id)
    if row is None or row.municipality_id != municipality_id:
        raise NotFound("This account does not exist.", field="user")
    row.disabled_at = at
    await session.sql.execute(delete(SessionRow).where(col(SessionRow.user_id) == user_id))


async def start_session(session: Session, user_id: str, at: datetime) -> str:
    """Start a session and return the value for the cookie, which is not kept."""
    value = secrets.token_urlsafe(32)
    session.sql.add(SessionRow(id=hashed(value), user_id=user_id, created_at=at, seen_at=at))
    await session.sql.flush()
    return value


async def end_session(session: Session, value: str) -> None:
    """End a session; ending it twice is no error."""
    await session.sql.execute(delete(SessionRow).where(col(SessionRow.id) == hashed(value)))


async def who_is(session: Session, cookie: str, at: datetime) -> tuple[Actor, str, bool] | None:
    """Return (actor, name, whether to remember that it was seen) of a live session, or None."""
    found = (
        await session.sql.execute(
            select(SessionRow, UserRow)
            .join(UserRow, col(UserRow.id) == SessionRow.user_id)
            .where(SessionRow.id == hashed(cookie))
        )
    ).first()
    if found is None:
        return None
    live, user = found
    over = at - live.seen_at > IDLE or at - live.created_at > ABSOLUTE
    if over or user.disabled_at is not None:
        return None
    return _actor(user), user.name, at - live.seen_at > _SEEN_EVERY


def _actor(user: UserRow) -> Actor:
    return Actor(user.municipality_id, user.login, UserRole(user.role), user.id, user.recipient_id)


async def seen(session: Session, cookie: str, at: datetime) -> None:
    """Remember that a session is in use."""
    await session.sql.execute(
        update(SessionRow).where(col(SessionRow.id) == hashed(cookie)).values(seen_at=at)
    )


async def add_token(
    session: Session,
    municipality_id: str,
    *,
    name: str,
    role: UserRole,
    at: datetime,
    user_id: str | None = None,
) -> str:
    """Make a bearer token for a program and return it; only its hash is kept.

    With *user_id* the program acts in the name of that account, and in its role.
    """
    token = "cal_" + secrets.token_urlsafe(32)
    session.sql.add(
        ApiTokenRow(
            id=new_id(),
            municipality_id=municipality_id,
            token_hash=hashed(token),
            name=name,
            role=role,
            user_id=user_id,
            created_at=at,
        )
    )
    await session.sql.flush()
    return token


async def whose_token(session: Session, token: str) -> Actor | None:
    """Return the actor of a bearer token that was not revoked, or None."""
    found = (
        await session.sql.execute(
            select(ApiTokenRow, UserRow)
            .outerjoin(UserRow, col(UserRow.id) == ApiTokenRow.user_id)
            .where(ApiTokenRow.token_hash == hashed(token), col(ApiTokenRow.revoked_at).is_(None))
        )
    ).first()
    if found is None:
        return None
    row, user = found
    if user is not None:
        return None if user.disabled_at is not None else _actor(user)
    return Actor(row.municipality_id, f"token:{row.name}", UserRole(row.role))


class Token(Struct, frozen=True):
    """A token as the administrator sees it; its value is shown once, when it is made."""

    id: str
    name: str
    role: UserRole
    user_id: str | None
    created_at: datetime
    revoked_at: datetime | None


async def list_tokens(session: Session, municipality_id: str) -> list[Token]:
    """Return the tokens of a municipality, the newest first, revoked ones too."""
    rows = await session.sql.scalars(
        select(ApiTokenRow)
        .where(ApiTokenRow.municipality_id == municipality_id)
        .order_by(col(ApiTokenRow.id).desc())
    )
    return [
        Token(row.id, row.name, UserRole(row.role), row.user_id, row.created_at, row.revoked_at)
        for row in rows
    ]


async def revoke_token(session: Session, municipality_id: str, token_id: str, at: datetime) -> None:
    """Let a token open nothing any more; revoking it twice is no error. Raises NotFound."""
    row = await session.sql.get(ApiTokenRow, token_id)
    if row is None or row.municipality_id != municipality_id:
        raise NotFound("This token does not exist.", field="token")
    row.revoked_at = row.revoked_at or at
    await session.sql.flush()


async def get_user(session: Session, municipality_id: str, user_id: str) -> UserRow:
    """Return an account of this municipality. Raises NotFound."""
    row = await session.sql.get(UserRow, user_id)
    if row is None or row.municipality_id != municipality_id:
        raise NotFound("This account does not exist.", field="user")
    return row
