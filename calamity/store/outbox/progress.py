"""How far the outbox is: what is in doubt, what is finished, what waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import exists, func, update
from sqlmodel import col, select

from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import NotFound
from calamity.store.database import Session
from calamity.store.outbox.messages import BODY, IN_DOUBT, READY, SENDING, address_on
from calamity.store.people import NAME, PHONE
from calamity.store.tables import (
    DispatchRow,
    MessageRow,
    ReceiptRow,
    RecipientRow,
    ReplyRow,
)

_VALID_AGAIN = timedelta(minutes=30)


class Doubtful(Struct, frozen=True):
    """A message of which we do not know whether the carrier took it."""

    id: str
    sender: str
    to: str
    body: str
    claimed_at: datetime
    looked_at: datetime | None
    looks: int
    is_repeat: bool
    is_alarm: bool
    purpose: str
    attempts: int
    calamity_id: str | None


async def doubtful(session: Session, at: datetime, *, patience: timedelta) -> list[Doubtful]:
    """Return messages in doubt since *patience* or longer that were not yet given up on."""
    rows = await session.sql.execute(
        select(MessageRow, RecipientRow.phone, RecipientRow.email)
        .join(RecipientRow, col(RecipientRow.id) == MessageRow.recipient_id)
        .where(
            MessageRow.state == IN_DOUBT,
            col(MessageRow.held_at).is_(None),
            col(MessageRow.claimed_at) <= at - patience,
        )
        .order_by(col(MessageRow.claimed_at))
        .limit(100)
    )
    return [
        Doubtful(
            row.id,
            row.sender,
            address_on(session, row.sender, phone, email),
            session.vault.open_text(BODY, row.body),
            row.claimed_at or at,
            row.settled_at,
            row.looks,
            row.is_repeat,
            row.is_alarm,
            row.purpose,
            row.attempts,
            row.calamity_id,
        )
        for row, phone, email in rows
    ]


async def looked(session: Session, message: Doubtful, at: datetime) -> None:
    """Remember that the carrier was asked about a message and did not know it."""
    await session.sql.execute(
        update(MessageRow)
        # Of two nodes that looked at the same moment, one counts.
        .where(col(MessageRow.id) == message.id, col(MessageRow.looks) == message.looks)
        .values(looks=MessageRow.looks + 1, settled_at=at)
    )


async def hold(session: Session, message: Doubtful, at: datetime) -> None:
    """Let a message rest in doubt until a person says whether it leaves again."""
    await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.id) == message.id, col(MessageRow.state) == IN_DOUBT)
        .values(held_at=at)
    )
    if message.calamity_id is not None:
        session.ring(message.calamity_id)


async def decide_held(
    session: Session, calamity_id: str, message_id: str, at: datetime, *, again: bool
) -> MessageRow:
    """Send a held message again, marked as repeated, or let it be; return it.

    Raises NotFound for a message that is not held in this calamity.
    """
    row = await session.sql.scalar(
        select(MessageRow)
        .where(MessageRow.id == message_id, MessageRow.calamity_id == calamity_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None or row.state != IN_DOUBT or row.held_at is None:
        raise NotFound("This message is not held, or not any more.", field="message")
    row.held_at = None
    row.settled_at = at
    if again:
        row.state, row.due_at, row.looks, row.is_repeat = READY, at, 0, True
        row.valid_until = max(row.valid_until, at + _VALID_AGAIN)
    else:
        row.state = MessageState.CANCELLED
    await session.sql.flush()
    session.ring(calamity_id)
    return row


class HeldMessage(Struct, frozen=True):
    """A message that rests in doubt, for the one who decides."""

    id: str
    purpose: str
    recipient_id: str
    name: str
    held_at: datetime


async def held_messages(session: Session, calamity_id: str) -> list[HeldMessage]:
    """Return the messages of a calamity that wait for a person's decision."""
    rows = await session.sql.execute(
        select(MessageRow, RecipientRow.name)
        .join(RecipientRow, col(RecipientRow.id) == MessageRow.recipient_id)
        .where(
            MessageRow.calamity_id == calamity_id,
            MessageRow.state == IN_DOUBT,
            col(MessageRow.held_at).is_not(None),
        )
        .order_by(col(MessageRow.held_at), col(MessageRow.id))
        .limit(200)
    )
    return [
        HeldMessage(
            row.id,
            row.purpose,
            row.recipient_id,
            session.vault.open_text(NAME, name),
            row.held_at or row.created_at,
        )
        for row, name in rows
    ]


async def any_in_doubt(session: Session) -> bool:
    """Say whether a text may be at the carrier under an id that we do not know yet."""
    found = await session.sql.scalar(
        select(MessageRow.id)
        .where(
            col(MessageRow.state).in_((SENDING, IN_DOUBT)),
            col(MessageRow.held_at).is_(None),
            MessageRow.channel == Channel.SMS,
        )
        .limit(1)
    )
    return found is not None


async def texts_of_repeats(session: Session, since: datetime) -> set[tuple[str, str]]:
    """Return number and words of texts that left more than once, and may be there twice."""
    rows = await session.sql.execute(
        select(RecipientRow.phone, MessageRow.body)
        .join(RecipientRow, col(RecipientRow.id) == MessageRow.recipient_id)
        .where(
            col(MessageRow.attempts) > 1,
            col(MessageRow.claimed_at) >= since,
            MessageRow.channel == Channel.SMS,
        )
        .limit(1000)
    )
    vault = session.vault
    return {(vault.open_text(PHONE, phone), vault.open_text(BODY, body)) for phone, body in rows}


async def send_again(session: Session, message: Doubtful, at: datetime) -> None:
    """Let a message leave again that the carrier does not have.

    An alarm was not waited for long enough to be sure, so from now on its text says that it is
    repeated.
    """
    await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.id) == message.id, col(MessageRow.state) == IN_DOUBT)
        .values(state=READY, due_at=at, looks=0, is_repeat=message.is_repeat or message.is_alarm)
    )


async def known_sids(session: Session, sids: Sequence[str]) -> set[str]:
    """Return which of these carrier ids belong to messages already."""
    if not sids:
        return set()
    found = await session.sql.scalars(select(MessageRow.sid).where(col(MessageRow.sid).in_(sids)))
    return {sid for sid in found if sid}


async def unfinished_dispatches(session: Session) -> list[str]:
    """Return dispatches of which every message has come to rest, but that are not finished."""
    open_states = (READY, SENDING, IN_DOUBT)
    rows = await session.sql.scalars(
        select(DispatchRow.id)
        .where(
            col(DispatchRow.finished_at).is_(None),
            ~exists().where(
                col(MessageRow.dispatch_id) == DispatchRow.id,
                col(MessageRow.state).in_(open_states),
                # What is held rests, until somebody decides.
                col(MessageRow.held_at).is_(None),
            ),
        )
        .limit(100)
    )
    return list(rows)


async def outcome_of(session: Session, dispatch_id: str) -> dict[str, int]:
    """Return how many messages of a dispatch are in each state."""
    rows = await session.sql.execute(
        select(MessageRow.state, func.count())
        .where(MessageRow.dispatch_id == dispatch_id)
        .group_by(MessageRow.state)
    )
    return {row[0]: row[1] for row in rows}


async def finish_dispatch(session: Session, dispatch_id: str, at: datetime) -> DispatchRow | None:
    """Mark a dispatch as finished; return it, or None when another worker was first."""
    done: DispatchRow | None = await session.sql.scalar(
        update(DispatchRow)
        .where(col(DispatchRow.id) == dispatch_id, col(DispatchRow.finished_at).is_(None))
        .values(finished_at=at)
        .returning(DispatchRow)
    )
    return done


async def inbox_waits(session: Session) -> bool:
    """Say whether a receipt or an inbound text waits to be read."""
    receipt = await session.sql.scalar(
        select(ReceiptRow.sid).where(col(ReceiptRow.processed_at).is_(None)).limit(1)
    )
    reply = await session.sql.scalar(select(ReplyRow.id).where(ReplyRow.meaning == "").limit(1))
    return receipt is not None or reply is not None


async def backlog(session: Session) -> dict[str, int]:
    """Return how many messages wait, are under way or are in doubt, and texts to be read."""
    counts = {state.value: 0 for state in (READY, SENDING, IN_DOUBT)}
    rows = await session.sql.execute(
        select(MessageRow.state, func.count())
        .where(col(MessageRow.state).in_(tuple(counts)))
        .group_by(MessageRow.state)
    )
    counts.update({row[0]: row[1] for row in rows})
    unread = select(func.count()).select_from(ReplyRow).where(ReplyRow.meaning == "")
    counts["unread"] = await session.sql.scalar(unread) or 0
    return counts
