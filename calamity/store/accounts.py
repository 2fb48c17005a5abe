"""Accounts, and tokens for programs."""

import hashlib
import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.permissions import Actor, UserRole
from calamity.store.database import Database, Session
from calamity.store.ids import new_id
from calamity.store.tables import ApiTokenRow, SessionRow, UserRow


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
    is_of_provider: bool = False
    """Whether this person signs in at the provider of the municipality, not with a password."""


async def add_user(
    session: Session,
    municipality_id: str,
    *,
    login: str,
    name: str,
    role: UserRole,
    password_hash: str | None,
    recipient_id: str | None,
    at: datetime,
) -> str:
    """Add an account; without a hash for who signs in at the provider of the municipality.

    Raises Conflict when the login is taken.
    """
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


async def find_subject(session: Session, issuer: str, subject: str) -> UserRow | None:
    """Return the account of somebody whom the provider knows by this subject, or None."""
    row: UserRow | None = await session.sql.scalar(
        select(UserRow).where(UserRow.issuer == issuer, UserRow.subject == subject)
    )
    return row


async def find_actor(session: Session, user_id: str) -> Actor:
    """Return who acts with this account. Raises NotFound."""
    row = await session.sql.get(UserRow, user_id)
    if row is None:
        raise NotFound("This account does not exist.", field="user")
    return Actor(row.municipality_id, row.login, UserRole(row.role), row.id, row.recipient_id)


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
            row.created_at, row.password_hash is None,
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


# Asked at every request, so without the ORM.
_BY_HASH = """
SELECT t.municipality_id, t.name, t.role,
       u.id, u.login, u.role, u.recipient_id, u.disabled_at
FROM api_token t LEFT JOIN user_account u ON u.id = t.user_id
WHERE t.token_hash = $1 AND t.revoked_at IS NULL
"""


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


async def whose_token(database: Database, token: str) -> Actor | None:
    """Return the actor of a bearer token that was not revoked, or None."""
    rows = await database.rows(_BY_HASH, [hashed(token)])
    if not rows:
        return None
    municipality_id, name, role, *user = rows[0]
    if user[0] is None:
        return Actor(municipality_id, f"token:{name}", UserRole(role))
    user_id, login, user_role, recipient_id, disabled_at = user
    if disabled_at is not None:
        return None
    return Actor(municipality_id, login, UserRole(user_role), user_id, recipient_id)


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
