"""Breaking the glass: who took the rights of a coordinator, why, until when, and who looked."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.domain.errors import NotFound
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import BreakGlassRow, GlassWarningRow, MessageRow, UserRow

_REASON = b"break_glass.reason"
_NEVER_CAME = (MessageState.REJECTED, MessageState.CANCELLED, MessageState.EXPIRED)


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
    texted: tuple[str, ...] = ()
    """The names of who was warned by text."""
    not_texted: tuple[str, ...] = ()
    """And of who could not be."""


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


class ToWarn(Struct, frozen=True):
    """An account that is warned of it."""

    user_id: str
    name: str
    recipient_id: str | None


async def whom_to_warn(
    session: Session, municipality_id: str, roles: Collection[str], *, but: str
) -> list[ToWarn]:
    """Return the open accounts with these roles, *but* that of who did it, by name."""
    rows = await session.sql.scalars(
        select(UserRow)
        .where(
            UserRow.municipality_id == municipality_id, col(UserRow.role).in_(roles),
            col(UserRow.disabled_at).is_(None), UserRow.id != but,
        )
        .order_by(UserRow.name, UserRow.id)
    )  # fmt: skip
    return [ToWarn(row.id, row.name, row.recipient_id) for row in rows]


async def add_warnings(session: Session, glass_id: str, texts: Mapping[str, str | None]) -> None:
    """Remember who was warned by which text, by account; None where that could not be."""
    session.sql.add_all(
        GlassWarningRow(glass_id=glass_id, user_id=user_id, message_id=message_id)
        for user_id, message_id in texts.items()
    )
    await session.sql.flush()


async def hold_account(session: Session, user_id: str, at: datetime) -> bool:
    """Hold an account until the commit; say whether the glass is broken for it at this moment."""
    await session.sql.execute(
        select(UserRow.id).where(UserRow.id == user_id).with_for_update(key_share=True)
    )
    found = await session.sql.scalar(
        select(BreakGlassRow.id).where(
            BreakGlassRow.user_id == user_id, BreakGlassRow.ends_at > at
        )
    )  # fmt: skip
    return found is not None


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
    """Return every time: those that nobody looked into, then the newest first."""
    return await _glasses(session, most, BreakGlassRow.municipality_id == municipality_id)


async def get_glass(session: Session, municipality_id: str, glass_id: str) -> Glass:
    """Return one time. Raises NotFound."""
    found = await _glasses(
        session, 1, BreakGlassRow.municipality_id == municipality_id, BreakGlassRow.id == glass_id
    )
    if not found:
        raise NotFound("This does not exist.")
    return found[0]


async def _glasses(session: Session, most: int, *which: Any) -> list[Glass]:
    judge = aliased(UserRow)
    rows = (
        await session.sql.execute(
            select(BreakGlassRow, UserRow, judge)
            .join(UserRow, col(UserRow.id) == BreakGlassRow.user_id)
            .join(judge, col(judge.id) == BreakGlassRow.judged_by, isouter=True)
            .where(*which)
            .order_by(col(BreakGlassRow.judged_at).is_not(None), col(BreakGlassRow.id).desc())
            .limit(most)
        )
    ).all()
    warned = await _warned(session, [row.id for row, _, _ in rows])
    return [
        Glass(
            row.id, row.user_id, user.name, user.login, user.role,
            session.vault.open_text(_REASON, row.reason), row.started_at, row.ends_at,
            row.judged_at, by.name if by else None,
            texted=tuple(name for name, is_texted in warned[row.id] if is_texted),
            not_texted=tuple(name for name, is_texted in warned[row.id] if not is_texted),
        )
        for row, user, by in rows
    ]  # fmt: skip


async def _warned(session: Session, glass_ids: list[str]) -> dict[str, list[tuple[str, bool]]]:
    """Return who was to be warned, and whether a text left or still will."""
    rows = await session.sql.execute(
        select(GlassWarningRow.glass_id, UserRow.name, MessageRow.state)
        .join(UserRow, col(UserRow.id) == GlassWarningRow.user_id)
        .join(MessageRow, col(MessageRow.id) == GlassWarningRow.message_id, isouter=True)
        .where(col(GlassWarningRow.glass_id).in_(glass_ids))
        .order_by(UserRow.name, UserRow.id)
    )
    found: dict[str, list[tuple[str, bool]]] = {each: [] for each in glass_ids}
    for glass_id, name, state in rows:
        found[glass_id].append((name, state is not None and state not in _NEVER_CAME))
    return found
