"""What the carrier posts to us, kept under its own ids before it gets a 2xx.

All posts of one moment share one commit: a commit costs a sync to disk, a row almost nothing.
"""

import asyncio
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import func, text, update
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.domain.errors import Unavailable
from calamity.domain.receipts import InboundText, Standing, StatusReceipt, after_receipt
from calamity.store.database import Database, Session
from calamity.store.ids import new_id
from calamity.store.tables import (
    MessageRow,
    OpenQuestionRow,
    ReceiptRow,
    ReplyRow,
    to_micros,
)
from calamity.store.wakes import Wakes

SENDER, BODY = b"reply.phone", b"reply.body"
_LOCK = 4_217_001

log = structlog.get_logger(__name__)


class Inbox:
    """Keeps inbound texts and receipts; each `keep` returns once they are on disk."""

    def __init__(self, database: Database, wakes: Wakes) -> None:
        self._database = database
        self._wakes = wakes
        self._waiting: list[tuple[InboundText | StatusReceipt, datetime, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def keep(self, event: InboundText | StatusReceipt, at: datetime) -> None:
        """Keep what the carrier said, once however often it says so.

        Raises Unavailable when it could not be written; the carrier will then try again.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, at, kept))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await kept

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with self._database.transaction() as session:
                    await self._write(session, batch)
                    await self._wakes.wake(session, "inbox", "")
            except Exception as error:
                # Whatever went wrong: nobody may wait for ever for the answer.
                log.error("inbox.not_written", error=type(error).__name__, posts=len(batch))
                for *_, kept in batch:
                    kept.set_exception(Unavailable("The post could not be kept. Try again."))
            else:
                for *_, kept in batch:
                    kept.set_result(None)

    async def _write(
        self,
        session: Session,
        batch: list[tuple[InboundText | StatusReceipt, datetime, asyncio.Future[None]]],
    ) -> None:
        replies: list[tuple[object, ...]] = []
        receipts: list[tuple[object, ...]] = []
        vault = session.vault
        for event, moment, _ in batch:
            at = to_micros(moment)
            if isinstance(event, InboundText):
                replies.append(
                    (
                        new_id(),
                        event.sid,
                        vault.index(event.sender),
                        vault.seal_text(SENDER, event.sender),
                        event.receiver,
                        vault.seal_text(BODY, event.body),
                        at,
                    )
                )
            else:
                receipts.append(
                    (event.sid, event.status[:30], event.message_id, event.error_code, at)
                )
        direct = await session.direct()
        for sql, values in ((_KEEP_REPLY, replies), (_KEEP_RECEIPT, receipts)):
            if values:
                await direct.many(sql, values)


_KEEP_REPLY = """
INSERT INTO reply
  (id, sid, sender_index, phone, receiver, body, received_at, meaning, needs_person)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', FALSE) ON CONFLICT DO NOTHING
"""
_KEEP_RECEIPT = """
INSERT INTO receipt (sid, status, message_id, error_code, received_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


class Unread(Struct, frozen=True):
    """An inbound text that was not read yet."""

    id: str
    sender_index: str
    receiver: str
    body: str
    received_at: datetime


async def one_reader(session: Session) -> None:
    """Let one worker at a time read the inbox, so that a person's texts are read in order."""
    if session.is_postgres:
        await session.sql.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def unread_replies(session: Session, *, limit: int) -> list[Unread]:
    """Return inbound texts that nobody has read, in the order in which they came."""
    rows = await session.sql.scalars(
        select(ReplyRow)
        .where(ReplyRow.meaning == "")
        .order_by(col(ReplyRow.received_at), col(ReplyRow.id))
        .limit(limit)
    )
    return [
        Unread(
            row.id,
            row.sender_index,
            row.receiver,
            session.vault.open_text(BODY, row.body),
            row.received_at,
        )
        for row in rows
    ]


async def mark_read(
    session: Session,
    reply_id: str,
    *,
    meaning: str,
    municipality_id: str | None,
    recipient_id: str | None,
    calamity_id: str | None,
    needs_person: bool,
) -> None:
    """Store what a text was taken to mean."""
    await session.sql.execute(
        update(ReplyRow)
        .where(col(ReplyRow.id) == reply_id)
        .values(
            meaning=meaning,
            municipality_id=municipality_id,
            recipient_id=recipient_id,
            calamity_id=calamity_id,
            needs_person=needs_person,
        )
    )


class Question(Struct, frozen=True):
    """The one open question of a person on a number."""

    id: str
    kind: str
    calamity_id: str
    ladder_id: str | None
    round_id: str | None


async def open_question(session: Session, recipient_id: str, receiver: str) -> Question | None:
    """Return what this person is being asked on this number, or None."""
    row = await session.sql.scalar(
        select(OpenQuestionRow).where(
            OpenQuestionRow.recipient_id == recipient_id,
            OpenQuestionRow.receiver == receiver,
            col(OpenQuestionRow.closed_at).is_(None),
        )
    )
    if row is None:
        return None
    return Question(row.id, row.kind, row.calamity_id, row.ladder_id, row.round_id)


async def last_touch(session: Session, recipient_id: str) -> str | None:
    """Return the calamity in which this person was texted last, or None."""
    found: str | None = await session.sql.scalar(
        select(MessageRow.calamity_id)
        .where(
            MessageRow.recipient_id == recipient_id,
            col(MessageRow.calamity_id).is_not(None),
        )
        .order_by(col(MessageRow.created_at).desc())
        .limit(1)
    )
    return found


async def answers_since(session: Session, recipient_id: str, since: datetime) -> int:
    """Return how many answers we wrote to this person since a moment: the brake on loops."""
    found = await session.sql.scalar(
        select(func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.recipient_id == recipient_id,
            MessageRow.purpose == "answer",
            col(MessageRow.created_at) >= since,
        )
    )
    return found or 0


class Moved(Struct, frozen=True):
    """A message that a receipt moved."""

    message_id: str
    calamity_id: str | None
    ladder_id: str | None
    recipient_id: str
    status: str
    error_code: int | None


async def take_in_receipts(session: Session, at: datetime, *, limit: int) -> list[Moved] | None:
    """Move messages forward by what the carrier said; None when there was nothing to read.

    A receipt that carries our own id also settles a message of which we were in doubt.
    """
    receipts = list(
        await session.sql.scalars(
            select(ReceiptRow)
            .where(col(ReceiptRow.processed_at).is_(None))
            .order_by(col(ReceiptRow.received_at))
            .limit(limit)
        )
    )
    if not receipts:
        return None
    by_id = await _messages(session, MessageRow.id, [r.message_id for r in receipts])
    by_sid = await _messages(session, MessageRow.sid, [r.sid for r in receipts])
    moved: dict[str, Moved] = {}
    for receipt in receipts:
        receipt.processed_at = at
        message = by_id.get(receipt.message_id or "") or by_sid.get(receipt.sid)
        if message is None:
            log.warning("receipt.of_no_message", status=receipt.status)
            continue
        if _moved(message, receipt):
            moved[message.id] = Moved(
                message.id,
                message.calamity_id,
                message.ladder_id,
                message.recipient_id,
                message.carrier_status,
                message.error_code,
            )
    await session.sql.flush()
    return list(moved.values())


def _moved(message: MessageRow, receipt: ReceiptRow) -> bool:
    before = (message.carrier_status, message.error_code, message.state)
    after = after_receipt(
        Standing(message.carrier_status, message.error_code),
        status=receipt.status,
        error_code=receipt.error_code,
    )
    message.carrier_status = after.status
    message.error_code = after.error_code
    unsettled = (MessageState.SENDING, MessageState.IN_DOUBT, MessageState.READY)
    if message.state in unsettled and message.attempts:
        message.state, message.sid = MessageState.ACCEPTED, receipt.sid
        message.settled_at = receipt.received_at
    if after.status in ("delivered", "read") and message.delivered_at is None:
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
