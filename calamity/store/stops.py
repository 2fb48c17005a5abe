"""Who said STOP: they get no texts, and only they undo it.

A sender can be forged, so somebody phones to hear whether it was they who said it.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import update
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.people import NAME, PHONE
from calamity.store.tables import DoNotAddRow, KeyFigureRow, RecipientRow


async def may_be_added(session: Session, municipality_id: str, phone: str) -> bool:
    """Say whether the owner of this number has not said STOP."""
    return await session.sql.get(DoNotAddRow, (municipality_id, session.vault.index(phone))) is None


async def stop(session: Session, recipient_id: str, at: datetime) -> None:
    """Send this person nothing any more and refuse to add the number again."""
    row = await session.sql.get(RecipientRow, recipient_id)
    if row is None or row.stopped_at is not None:
        return
    row.stopped_at, row.stop_checked_at = at, None
    if await session.sql.get(DoNotAddRow, (row.municipality_id, row.phone_index)) is None:
        session.sql.add(
            DoNotAddRow(municipality_id=row.municipality_id, phone_index=row.phone_index, since=at)
        )
    await session.sql.flush()


async def start_again(session: Session, recipient_id: str) -> bool:
    """Undo STOP or a pause, on the owner's own word; return whether there was one."""
    row = await session.sql.get(RecipientRow, recipient_id)
    if row is None or (row.stopped_at is None and row.paused_until is None):
        return False
    row.stopped_at = row.stop_checked_at = row.paused_until = None
    listed = await session.sql.get(DoNotAddRow, (row.municipality_id, row.phone_index))
    if listed is not None:
        await session.sql.delete(listed)
    await session.sql.flush()
    return True


async def stopped_among(session: Session, municipality_id: str) -> set[str]:
    """Return the ids of everyone here who said STOP."""
    rows = await session.sql.scalars(
        select(RecipientRow.id).where(
            RecipientRow.municipality_id == municipality_id,
            col(RecipientRow.stopped_at).is_not(None),
        )
    )
    return set(rows)


async def mark_checked(session: Session, recipient_id: str, at: datetime) -> None:
    """Remember that somebody phoned about a STOP; the first time is kept."""
    await session.sql.execute(
        update(RecipientRow)
        .where(
            col(RecipientRow.id) == recipient_id,
            col(RecipientRow.stopped_at).is_not(None),
            col(RecipientRow.stop_checked_at).is_(None),
        )
        .values(stop_checked_at=at)
    )


class Unchecked(Struct, frozen=True):
    """Somebody whose number said STOP, and whom nobody has phoned yet."""

    recipient_id: str
    name: str
    phone: str
    since: datetime


async def unchecked_of_others(session: Session, municipality_id: str) -> list[Unchecked]:
    """Return everybody here with an unchecked STOP, key figures aside, the first one first."""
    rows = await session.sql.scalars(
        select(RecipientRow)
        .outerjoin(KeyFigureRow, col(KeyFigureRow.recipient_id) == RecipientRow.id)
        .where(
            RecipientRow.municipality_id == municipality_id,
            col(KeyFigureRow.id).is_(None),
            col(RecipientRow.stopped_at).is_not(None),
            col(RecipientRow.stop_checked_at).is_(None),
        )
        .order_by(col(RecipientRow.stopped_at), col(RecipientRow.id))
    )
    opened = session.vault.open_text
    return [
        Unchecked(
            row.id,
            opened(NAME, row.name),
            opened(PHONE, row.phone),
            row.stopped_at or row.created_at,
        )
        for row in rows
    ]
