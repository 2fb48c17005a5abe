"""Who said STOP: they get no texts, and only they undo it."""

from datetime import datetime

from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.tables import DoNotAddRow, RecipientRow


async def may_be_added(session: Session, municipality_id: str, phone: str) -> bool:
    """Say whether the owner of this number has not said STOP."""
    return await session.sql.get(DoNotAddRow, (municipality_id, session.vault.index(phone))) is None


async def stop(session: Session, recipient_id: str, at: datetime) -> None:
    """Send this person nothing any more and refuse to add the number again."""
    row = await session.sql.get(RecipientRow, recipient_id)
    if row is None or row.stopped_at is not None:
        return
    row.stopped_at = at
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
    row.stopped_at = row.paused_until = None
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
