"""Who asked for a pause, and until when."""

from datetime import datetime

from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.tables import RecipientRow


async def pause(session: Session, recipient_id: str, until: datetime) -> None:
    """Send this person nothing until a moment; then again."""
    row = await session.sql.get(RecipientRow, recipient_id)
    if row is not None:
        row.paused_until = until
        await session.sql.flush()


async def paused_among(session: Session, municipality_id: str, at: datetime) -> set[str]:
    """Return the ids of everyone here who wants no messages for now."""
    rows = await session.sql.scalars(
        select(RecipientRow.id).where(
            RecipientRow.municipality_id == municipality_id,
            col(RecipientRow.paused_until) > at,
        )
    )
    return set(rows)


async def is_paused(session: Session, recipient_id: str, at: datetime) -> bool:
    """Say whether this person wants no messages for now."""
    row = await session.sql.get(RecipientRow, recipient_id)
    return row is not None and row.paused_until is not None and row.paused_until > at
