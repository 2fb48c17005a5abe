"""Breaking the glass: who took the rights of a coordinator, why, until when, and who looked."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import BreakGlassRow, UserRow

_REASON = b"break_glass.reason"


class Glass(Struct, frozen=True):
    """One time that somebody broke the glass."""

    id: str
    user_id: str
    name: str
    login: str
    role: str
    """This person's own role."""
    reason: str
    started_at: datetime
    ends_at: datetime
    judged_at: datetime | None
    judged_by: str | None
    """The name of who looked into it."""


async def add_glass(
    session: Session,
    municipality_id: str,
    user_id: str,
    *,
    reason: str,
    at: datetime,
    until: datetime,
) -> str:
    """Remember that somebody broke the glass."""
    row = BreakGlassRow(
        id=new_id(),
        municipality_id=municipality_id,
        user_id=user_id,
        reason=session.vault.seal_text(_REASON, reason),
        started_at=at,
        ends_at=until,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row.id


async def end_glass(session: Session, user_id: str, at: datetime) -> str | None:
    """End it now for this account; return its id, or None when nothing was broken."""
    found: str | None = await session.sql.scalar(
        update(BreakGlassRow)
        .where(col(BreakGlassRow.user_id) == user_id, col(BreakGlassRow.ends_at) > at)
        .values(ends_at=at)
        .returning(col(BreakGlassRow.id))
        .execution_options(synchronize_session=False)
    )
    return found


async def judge_glass(
    session: Session, municipality_id: str, glass_id: str, by: str, at: datetime
) -> bool:
    """Note that somebody else looked into it; False where that is done, or may not be by them."""
    judged = await session.sql.scalar(
        update(BreakGlassRow)
        .where(
            col(BreakGlassRow.id) == glass_id,
            col(BreakGlassRow.municipality_id) == municipality_id,
            col(BreakGlassRow.user_id) != by,
            col(BreakGlassRow.judged_at).is_(None),
        )
        .values(judged_at=at, judged_by=by)
        .returning(col(BreakGlassRow.id))
        .execution_options(synchronize_session=False)
    )
    return judged is not None


async def list_glasses(session: Session, municipality_id: str, most: int = 100) -> list[Glass]:
    """Return every time, the newest first."""
    judge = aliased(UserRow)
    rows = await session.sql.execute(
        select(BreakGlassRow, UserRow, judge)
        .join(UserRow, col(UserRow.id) == BreakGlassRow.user_id)
        .join(judge, col(judge.id) == BreakGlassRow.judged_by, isouter=True)
        .where(BreakGlassRow.municipality_id == municipality_id)
        .order_by(col(BreakGlassRow.id).desc())
        .limit(most)
    )
    return [
        Glass(
            row.id, row.user_id, user.name, user.login, user.role,
            session.vault.open_text(_REASON, row.reason), row.started_at, row.ends_at,
            row.judged_at, by.name if by else None,
        )
        for row, user, by in rows
    ]  # fmt: skip
