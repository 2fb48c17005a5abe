"""Copies of alarms: one of which nothing is heard leaves once more, by another route."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import exists, or_, select, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from calamity.domain.call_out import Rung
from calamity.domain.dispatch import MessageState
from calamity.store.database import Session
from calamity.store.outbox.messages import BODY, READY
from calamity.store.tables import CalamityRow, LadderRow, MessageRow

_MOST = 500
# As the index has it, word for word.
_UNHEARD = text("message.is_alarm AND message.state = 'accepted' AND message.carrier_status = ''")


class Unheard(Struct, frozen=True):
    """An alarm that its carrier took, and of which it said nothing since."""

    id: str
    municipality_id: str
    calamity_id: str | None
    recipient_id: str
    body: str
    parts: int
    urgency: int
    valid_until: datetime


async def unheard_alarms(
    session: Session, senders: Sequence[str], at: datetime, *, after: datetime, before: datetime
) -> list[Unheard]:
    """Return alarms that left by these senders *after* and *before* moments, and have no copy.

    Who answered already needs none. The messages are held until the commit; what another node
    holds is left to that one.
    """
    copy = aliased(MessageRow)
    rows = await session.sql.scalars(
        select(MessageRow)
        .outerjoin(CalamityRow, col(CalamityRow.id) == col(MessageRow.calamity_id))
        .outerjoin(LadderRow, col(LadderRow.id) == col(MessageRow.ladder_id))
        .where(
            _UNHEARD,
            col(MessageRow.settled_at) >= after,
            col(MessageRow.settled_at) <= before,
            col(MessageRow.sender).in_(senders),
            col(MessageRow.valid_until) > at,
            col(CalamityRow.closed_at).is_(None),
            or_(
                col(MessageRow.ladder_id).is_(None),
                col(LadderRow.state).in_((Rung.CALLED, Rung.REMINDED)),
            ),
            ~exists().where(col(copy.copy_of) == col(MessageRow.id)),
        )
        .order_by(col(MessageRow.settled_at), col(MessageRow.id))
        .limit(_MOST)
        .with_for_update(of=MessageRow, skip_locked=True, key_share=True)
    )
    return [
        Unheard(
            row.id, row.municipality_id, row.calamity_id, row.recipient_id,
            session.vault.open_text(BODY, row.body), row.parts, row.urgency, row.valid_until,
        )
        for row in rows
    ]  # fmt: skip


async def any_unheard(session: Session, *, after: datetime, before: datetime) -> bool:
    """Say whether an alarm left between two moments of which nothing was heard, if copied."""
    found = await session.sql.scalar(
        select(col(MessageRow.id))
        .where(_UNHEARD, col(MessageRow.settled_at) >= after, col(MessageRow.settled_at) <= before)
        .limit(1)
    )
    return found is not None


async def call_off_copies(session: Session, message_ids: Sequence[str]) -> None:
    """Cancel copies that have not left, since something was heard of these messages."""
    await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.copy_of).in_(message_ids), col(MessageRow.state) == READY)
        .values(state=MessageState.CANCELLED)
    )


async def tell_originals(session: Session, arrived: Iterable[tuple[str, datetime]]) -> None:
    """Let messages count as delivered of which a copy was."""
    for id_, at in arrived:
        await session.sql.execute(
            update(MessageRow)
            .where(col(MessageRow.id) == id_, col(MessageRow.delivered_at).is_(None))
            .values(delivered_at=at)
        )
