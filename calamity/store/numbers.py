"""Numbers to which texts come to nothing, until somebody corrects them or a text arrives."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import exists, update
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.people import NAME, PHONE
from calamity.store.tables import KeyFigureRow, MessageRow, RecipientRow


async def mark_wrong(session: Session, recipient_id: str, code: int, at: datetime) -> None:
    """Remember that texts to this number come to nothing since *at*; the first code is kept."""
    await session.sql.execute(
        update(RecipientRow)
        .where(col(RecipientRow.id) == recipient_id, col(RecipientRow.number_failed_at).is_(None))
        .values(number_failed_at=at, number_error=code)
    )


async def clear_wrong(session: Session, message_ids: Iterable[str]) -> None:
    """Forget what was wrong with numbers where one of these texts arrived that left since."""
    marked = await session.sql.scalar(
        select(RecipientRow.id).where(col(RecipientRow.number_failed_at).is_not(None)).limit(1)
    )
    if marked is None:
        return
    await session.sql.execute(
        update(RecipientRow)
        .where(
            col(RecipientRow.number_failed_at).is_not(None),
            exists().where(
                col(MessageRow.recipient_id) == RecipientRow.id,
                col(MessageRow.id).in_(list(message_ids)),
                col(MessageRow.claimed_at) >= RecipientRow.number_failed_at,
            ),
        )
        .values(number_failed_at=None, number_error=None)
    )


class WrongNumber(Struct, frozen=True):
    """A person whose number does not work, for who corrects it."""

    recipient_id: str
    name: str
    phone: str
    since: datetime
    code: int | None
    is_key_figure: bool
    """Whose name only their contact person sees."""


async def wrong_numbers(session: Session, municipality_id: str) -> list[WrongNumber]:
    """Return everybody here to whom texts come to nothing, the first one first."""
    rows = await session.sql.execute(
        select(RecipientRow, KeyFigureRow.id)
        .outerjoin(KeyFigureRow, col(KeyFigureRow.recipient_id) == RecipientRow.id)
        .where(
            RecipientRow.municipality_id == municipality_id,
            col(RecipientRow.number_failed_at).is_not(None),
        )
        .order_by(col(RecipientRow.number_failed_at), col(RecipientRow.id))
    )
    opened = session.vault.open_text
    return [
        WrongNumber(
            row.id,
            opened(NAME, row.name),
            opened(PHONE, row.phone),
            row.number_failed_at or row.created_at,
            row.number_error,
            figure is not None,
        )
        for row, figure in rows
    ]
