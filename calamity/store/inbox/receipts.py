"""What receipts change: they move a message forward, settle a doubt, or do not fit.

Whatever does not fit is set apart with its cause, and moves nothing that it should not.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.receipts import (
    OF_CALLS_ALONE,
    RANK,
    Cause,
    Quarantined,
    Standing,
    StatusReceipt,
    after_receipt,
)
from calamity.store.database import Session
from calamity.store.outbox.copies import call_off_copies, tell_originals
from calamity.store.quarantine import set_apart
from calamity.store.tables import MessageRow, ReceiptRow, to_micros

_LONGEST_STATUS = 30
_GRACE = timedelta(seconds=60)
"""A receipt without our id may overtake the answer from which we learn the carrier's."""
_LATE = timedelta(days=1)
"""A receipt that comes later than this is history: nobody is called for it any more."""
_UNSETTLED = (MessageState.SENDING, MessageState.IN_DOUBT, MessageState.READY)
_LEFT = (*_UNSETTLED, MessageState.ACCEPTED)


class Moved(Struct, frozen=True):
    """A message that a receipt moved."""

    message_id: str
    calamity_id: str | None
    ladder_id: str | None
    recipient_id: str
    status: str
    error_code: int | None
    channel: Channel
    left_at: datetime


async def take_in_receipts(session: Session, at: datetime, *, limit: int) -> list[Moved] | None:
    """Move messages forward by what the carrier said; None when there was nothing to read.

    A receipt that carries our own id also settles a message of which we were in doubt.
    """
    receipts = list(
        await session.sql.scalars(
            select(ReceiptRow)
            .where(col(ReceiptRow.processed_at).is_(None))
            .order_by(col(ReceiptRow.message_id).is_(None), col(ReceiptRow.received_at))
            .limit(limit)
        )
    )
    if not receipts:
        return None
    by_id = await _messages(session, MessageRow.id, [r.message_id for r in receipts])
    by_sid = await _messages(session, MessageRow.sid, [r.sid for r in receipts])
    moved: dict[str, Moved] = {}
    heard: dict[str, MessageRow] = {}
    apart: list[tuple[Quarantined, datetime]] = []
    for receipt in receipts:
        named, known = by_id.get(receipt.message_id or ""), by_sid.get(receipt.sid)
        message = named or known
        if message is None and receipt.message_id is None and at - receipt.received_at < _GRACE:
            continue
        receipt.processed_at = at
        cause = _misfit(receipt, named, known)
        if cause is not None:
            apart.append((_quarantined(cause, receipt), receipt.received_at))
        if message is None or not message.attempts or cause is Cause.OTHER_MESSAGE:
            continue
        heard[message.id] = message
        if _is_of_another_kind(message, receipt.status):
            continue
        is_late = receipt.received_at - message.created_at > _LATE
        if _moved(message, receipt, apart) and not is_late:
            moved[message.id] = Moved(
                message.id,
                message.calamity_id,
                message.ladder_id,
                message.recipient_id,
                message.carrier_status,
                message.error_code,
                Channel(message.channel),
                message.claimed_at or receipt.received_at,
            )
    await session.sql.flush()
    await _mind_copies(session, heard)
    if apart:
        await set_apart(await session.direct(), apart)
    return list(moved.values())


async def _mind_copies(session: Session, heard: dict[str, MessageRow]) -> None:
    """Call off copies of alarms of which something was heard; a copy that arrived counts."""
    alarms = [id_ for id_, message in heard.items() if message.is_alarm]
    if alarms:
        await call_off_copies(session, alarms)
    arrived = [
        (message.copy_of, message.delivered_at)
        for message in heard.values()
        if message.copy_of and message.delivered_at
    ]
    if arrived:
        await tell_originals(session, arrived)


def _misfit(
    receipt: ReceiptRow, named: MessageRow | None, known: MessageRow | None
) -> Cause | None:
    """Return why a receipt does not fit the message that it is about, or None when it does."""
    message = named or known
    if message is None:
        return Cause.UNKNOWN_MESSAGE
    if named and known and named is not known:
        return Cause.OTHER_MESSAGE
    if message.state not in _LEFT or not message.attempts:
        return Cause.NEVER_LEFT
    if message.sid not in (None, receipt.sid) and message.attempts == 1:
        return Cause.SECOND_COPY
    if receipt.status not in RANK or _is_of_another_kind(message, receipt.status):
        return Cause.UNKNOWN_STATUS
    return None


def _is_of_another_kind(message: MessageRow, status: str) -> bool:
    """Say whether a carrier says this of calls alone: a text is never busy."""
    return message.channel != Channel.VOICE and status in OF_CALLS_ALONE


def _quarantined(cause: Cause, receipt: ReceiptRow) -> Quarantined:
    return Quarantined(cause, receipt.sid, receipt.status, receipt.message_id, receipt.error_code)


def _moved(
    message: MessageRow, receipt: ReceiptRow, apart: list[tuple[Quarantined, datetime]]
) -> bool:
    before = (message.carrier_status, message.error_code, message.state)
    after = after_receipt(
        Standing(message.carrier_status, message.error_code),
        status=receipt.status,
        error_code=receipt.error_code,
    )
    if after.is_contradicted:
        apart.append((_quarantined(Cause.CONTRADICTION, receipt), receipt.received_at))
    message.carrier_status = after.status
    message.error_code = after.error_code
    if message.state in _UNSETTLED and message.attempts:
        message.state, message.sid = MessageState.ACCEPTED, receipt.sid
        message.settled_at = receipt.received_at
    if receipt.status in ("delivered", "read") and message.delivered_at is None:
        message.delivered_at = receipt.received_at
    return before != (message.carrier_status, message.error_code, message.state)


async def _messages(
    session: Session, column: Any, values: list[str | None]
) -> dict[str, MessageRow]:
    wanted = [value for value in dict.fromkeys(values) if value]
    if not wanted:
        return {}
    rows = await session.sql.scalars(
        select(MessageRow)
        .where(column.in_(wanted))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {getattr(row, column.key): row for row in rows}


async def keep_receipts(
    session: Session, receipts: Sequence[tuple[StatusReceipt, datetime]]
) -> None:
    """Keep what the carrier said of messages: each status once.

    A second one may say more than the first: our id, or why it failed. Then it is read again.
    """
    # In one order for everybody, so that two who hear the same wait, not deadlock.
    rows = sorted(
        (
            (each.sid, each.status[:_LONGEST_STATUS], each.message_id, each.error_code, at)
            for each, at in receipts
        ),
        key=itemgetter(0, 1),
    )
    direct = await session.direct()
    await direct.many(_KEEP, [(*row[:-1], to_micros(row[-1])) for row in rows])


_KEEP = """
INSERT INTO receipt (sid, status, message_id, error_code, received_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sid, status) DO UPDATE SET
  message_id = COALESCE(receipt.message_id, excluded.message_id),
  error_code = COALESCE(receipt.error_code, excluded.error_code),
  processed_at = NULL
WHERE (receipt.message_id IS NULL AND excluded.message_id IS NOT NULL)
   OR (receipt.error_code IS NULL AND excluded.error_code IS NOT NULL)
"""


async def receipted(session: Session, sids: Sequence[str]) -> set[str]:
    """Return which of these carrier ids came with receipts that carried an id of ours."""
    if not sids:
        return set()
    found = await session.sql.scalars(
        select(ReceiptRow.sid).where(
            col(ReceiptRow.sid).in_(sids), col(ReceiptRow.message_id).is_not(None)
        )
    )
    return set(found)
