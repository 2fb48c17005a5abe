"""Sign-ins that last: who is in, since when, with which browser, and ending them."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import and_, delete, or_, update
from sqlmodel import col, select

from calamity.domain.permissions import Actor, UserRole
from calamity.store.accounts import hashed
from calamity.store.database import Database, Session
from calamity.store.tables import SessionRow, UserRow, from_micros, to_micros

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_TOKEN = b"session.token"

Way = Literal["password", "totp", "passkey", "recovery", "provider"]
"""How somebody showed who they are."""


class Known(Struct, frozen=True):
    """Who is behind a live session."""

    actor: Actor
    name: str
    proved_at: datetime
    """When this person last showed who they are."""
    ends_at: datetime
    """When the session ends, however much it is used."""
    is_news: bool
    """Whether to remember that the session was seen."""
    glass_until: datetime | None = None
    """Until when this person has the rights of a coordinator by breaking the glass."""
    alarms: int = 0
    """How many times a colleague did so that nobody has judged yet."""
    alarm: str | None = None
    """The last of these."""


class There(Struct, frozen=True):
    """The session at the provider from which one of ours came."""

    issuer: str
    token: str
    """What the provider gave as a proof of it (the ID token)."""
    sid: str = ""
    """How the provider names it, where it does."""

    def __repr__(self) -> str:
        """Show no token: tracebacks may hold this."""
        return f"There({self.issuer})"


async def start_session(
    session: Session,
    user_id: str,
    at: datetime,
    *,
    way: Way = "password",
    device: str = "",
    there: There | None = None,
) -> str:
    """Start a session and return the value for the cookie, which is not kept.

    What is left of sessions that ended by themselves is taken away.
    """
    await session.sql.execute(
        delete(SessionRow)
        .where(or_(col(SessionRow.seen_at) < at - IDLE, col(SessionRow.created_at) < at - ABSOLUTE))
        .execution_options(synchronize_session=False)
    )
    value = secrets.token_urlsafe(32)
    session.sql.add(
        SessionRow(
            id=hashed(value), user_id=user_id, created_at=at, seen_at=at, proved_at=at, way=way,
            device=device, **_kept(session, there),
        )
    )  # fmt: skip
    await session.sql.flush()
    return value


def _kept(session: Session, there: There | None) -> dict[str, Any]:
    if there is None:
        return {}
    return {
        "there": _named(there.issuer, there.sid) if there.sid else None,
        "token": session.vault.seal_text(_TOKEN, there.token),
    }


def _named(issuer: str, sid: str) -> str:
    return hashed(f"{issuer}|{sid}")


async def end_session(session: Session, value: str) -> str | None:
    """End a session, and return what the provider gave for it, if anything.

    Ending it twice is no error.
    """
    rows = await session.sql.execute(
        delete(SessionRow)
        .where(col(SessionRow.id) == hashed(value))
        .returning(col(SessionRow.token))
        .execution_options(synchronize_session=False)
    )
    sealed = rows.scalar()
    return None if sealed is None else session.vault.open_text(_TOKEN, sealed)


async def end_sessions_there(
    session: Session, issuer: str, *, subject: str = "", sid: str = ""
) -> int:
    """End what came from the provider, and return how many: of one session there, or of a person.

    Where both are named, also what this person began without a named session.
    """
    mine = col(SessionRow.user_id).in_(
        select(UserRow.id).where(UserRow.issuer == issuer, UserRow.subject == subject)
    )
    named = col(SessionRow.there) == _named(issuer, sid)
    if subject and sid:
        meant = and_(mine, or_(named, col(SessionRow.there).is_(None)))
    else:
        meant = named if sid else mine
    ended = await session.sql.scalars(
        delete(SessionRow)
        .where(col(SessionRow.way) == "provider", meant)
        .returning(col(SessionRow.id))
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


# Asked at every request, so without the ORM: it would take longer than most pages.
_SESSION = """
SELECT s.created_at, s.seen_at, s.proved_at, u.disabled_at, u.municipality_id, u.login, u.role,
       u.id, u.recipient_id, u.name,
       (SELECT max(b.ends_at) FROM break_glass b
        WHERE b.user_id = u.id AND b.started_at <= $2 AND b.ends_at > $2),
       (SELECT count(*) FROM break_glass b
        WHERE b.municipality_id = u.municipality_id AND b.judged_at IS NULL AND b.user_id <> u.id
          AND b.started_at <= $2),
       (SELECT max(b.id) FROM break_glass b
        WHERE b.municipality_id = u.municipality_id AND b.judged_at IS NULL AND b.user_id <> u.id
          AND b.started_at <= $2)
FROM session s JOIN user_account u ON u.id = s.user_id
WHERE s.id = $1
"""


async def who_is(database: Database, cookie: str, at: datetime) -> Known | None:
    """Return who is behind the cookie of a live session, or None."""
    rows = await database.rows(_SESSION, [hashed(cookie), to_micros(at)])
    if not rows:
        return None
    created, seen_at, proved, disabled_at, *account, glass, alarms, alarm = rows[0]
    idle, age = at - from_micros(seen_at), at - from_micros(created)
    if idle > IDLE or age > ABSOLUTE or disabled_at is not None:
        return None
    municipality_id, login, role, user_id, recipient_id, name = account
    actor = Actor(
        municipality_id, login, UserRole.COORDINATOR if glass else UserRole(role), user_id,
        recipient_id, is_break_glass=bool(glass),
    )  # fmt: skip
    return Known(
        actor, name, from_micros(proved), from_micros(created) + ABSOLUTE, idle > _SEEN_EVERY,
        from_micros(glass) if glass else None, alarms, alarm,
    )  # fmt: skip


async def seen(session: Session, cookie: str, at: datetime) -> None:
    """Remember that a session is in use."""
    await session.sql.execute(
        update(SessionRow).where(col(SessionRow.id) == hashed(cookie)).values(seen_at=at)
    )


async def renew_session(
    session: Session, cookie: str, at: datetime, *, user_id: str, there: There | None = None
) -> str | None:
    """Give a session of this account another value: this person showed again who they are.

    Return the value for the cookie, or None when the session was ended meanwhile, or is of another.
    """
    value = secrets.token_urlsafe(32)
    found = await session.sql.scalar(
        update(SessionRow)
        .where(col(SessionRow.id) == hashed(cookie), col(SessionRow.user_id) == user_id)
        .values(id=hashed(value), proved_at=at, seen_at=at, **_kept(session, there))
        .returning(col(SessionRow.id))
        .execution_options(synchronize_session=False)
    )
    return value if found else None


class LiveSession(Struct, frozen=True):
    """A session as its owner or an administrator sees it; *id* does not open it."""

    id: str
    created_at: datetime
    seen_at: datetime
    way: str
    device: str


async def list_sessions(session: Session, user_id: str, at: datetime) -> list[LiveSession]:
    """Return the sessions of an account that are still good, the last used first."""
    rows = await session.sql.scalars(
        select(SessionRow)
        .where(
            SessionRow.user_id == user_id,
            SessionRow.seen_at >= at - IDLE,
            SessionRow.created_at >= at - ABSOLUTE,
        )
        .order_by(col(SessionRow.seen_at).desc())
    )
    return [LiveSession(row.id, row.created_at, row.seen_at, row.way, row.device) for row in rows]


async def end_sessions(
    session: Session, user_id: str, *, keep: str | None = None, only: str | None = None
) -> int:
    """End the sessions of an account, and return how many: all, or one by its id (*only*).

    The one with the cookie value *keep* stays.
    """
    query = delete(SessionRow).where(col(SessionRow.user_id) == user_id)
    if keep is not None:
        query = query.where(col(SessionRow.id) != hashed(keep))
    if only is not None:
        query = query.where(col(SessionRow.id) == only)
    ended = await session.sql.scalars(
        query.returning(col(SessionRow.id)).execution_options(synchronize_session=False)
    )
    return len(ended.all())
