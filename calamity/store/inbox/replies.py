"""Inbound texts as they wait, are read, and are answered."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, text, update
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.inbox.keep import BODY
from calamity.store.tables import MessageRow, ReplyRow

_LOCK = 4_217_001


class Unread(Struct, frozen=True):
    """An inbound text that was not read yet."""

    id: str
    sender_index: str
    receiver: str
    body: str
    opt_out: str
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
            row.opt_out,
            row.received_at,
        )
        for row in rows
    ]


async def answered_after(
    session: Session, recipient_id: str, calamity_id: str, moment: datetime
) -> bool:
    """Return whether a call-out was answered by a text that came in after this moment."""
    found = await session.sql.scalar(
        select(ReplyRow.id)
        .where(
            ReplyRow.recipient_id == recipient_id,
            ReplyRow.calamity_id == calamity_id,
            ReplyRow.meaning == "acknowledgement",
            col(ReplyRow.received_at) > moment,
        )
        .limit(1)
    )
    return found is not None


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
