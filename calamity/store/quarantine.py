"""The quarantine: what the carrier told us that does not fit, with its cause, for a person."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from msgspec import Struct
from sqlalchemy import func
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.domain.receipts import Cause, Quarantined
from calamity.store.database import Session
from calamity.store.direct import Direct
from calamity.store.ids import new_id
from calamity.store.tables import QuarantineRow, to_micros

_APART = """
INSERT INTO quarantine (id, cause, sid, status, message_id, error_code, first_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""

log = structlog.get_logger(__name__)


async def set_apart(direct: Direct, items: Sequence[tuple[Quarantined, datetime]]) -> None:
    """Keep what does not fit: each cause once per message and status."""
    rows = sorted(
        (item.cause.value, item.sid[:40], item.status[:30], item.message_id, item.error_code, at)
        for item, at in items
    )
    for cause, sid, *_ in rows:
        log.warning("carrier.does_not_fit", cause=cause, sid=sid)
    await direct.many(_APART, [(new_id(), *row[:-1], to_micros(row[-1])) for row in rows])


class QuarantineLine(Struct, frozen=True):
    """Something that does not fit: ids and the cause, no words and no numbers."""

    id: str
    cause: Cause
    sid: str
    status: str
    message_id: str | None
    error_code: int | None
    first_at: datetime
    handled_at: datetime | None


async def list_quarantine(session: Session, *, limit: int = 200) -> list[QuarantineLine]:
    """Return what does not fit, what nobody has looked at first, then the newest first."""
    rows = await session.sql.scalars(
        select(QuarantineRow)
        .order_by(
            col(QuarantineRow.handled_at).is_not(None),
            col(QuarantineRow.first_at).desc(),
            col(QuarantineRow.id).desc(),
        )
        .limit(limit)
    )
    return [
        QuarantineLine(
            row.id,
            Cause(row.cause),
            row.sid,
            row.status,
            row.message_id,
            row.error_code,
            row.first_at,
            row.handled_at,
        )
        for row in rows
    ]


async def waiting_in_quarantine(session: Session) -> int:
    """Return how many things nobody has looked at."""
    found = await session.sql.scalar(
        select(func.count())
        .select_from(QuarantineRow)
        .where(col(QuarantineRow.handled_at).is_(None))
    )
    return found or 0


async def handle(session: Session, line_id: str, at: datetime) -> None:
    """Remember that someone looked. Raises NotFound."""
    row = await session.sql.get(QuarantineRow, line_id)
    if row is None:
        raise NotFound("This post was not set apart, or is gone.", field="quarantine")
    row.handled_at = row.handled_at or at
    await session.sql.flush()
