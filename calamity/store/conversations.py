"""What went to and fro between the municipality and one key figure, for their contact person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.domain.errors import NotFound
from calamity.domain.replies import is_digit, read_reply
from calamity.store.database import Session
from calamity.store.inbox import BODY as REPLY_BODY
from calamity.store.letters import LOCKED
from calamity.store.outbox import BODY
from calamity.store.questions import unlock
from calamity.store.tables import (
    ContactPersonRow,
    KeyFigureRow,
    MessageRow,
    NeighbourhoodRow,
    RecipientRow,
    ReplyRow,
    SecondWriterRow,
)

_KEPT_BACK = ("check-in", "")
_WRITER, _REASON = b"second_writer.name", b"second_writer.reason"


class Acquaintance(Struct, frozen=True):
    """A key figure of one contact person, without the number."""

    recipient_id: str
    municipality_id: str
    neighbourhood_code: str
    neighbourhood: str
    quiet_from: str
    quiet_until: str
    agreed: bool
    number_failed_at: datetime | None = None
    """Since when texts to this number come to nothing."""
    number_error: int | None = None
    stop_unchecked_since: datetime | None = None
    """Since when a STOP waits for a call, to hear whether it was meant."""


async def get_acquaintance(
    session: Session, municipality_id: str, contact_recipient_id: str | None, recipient_id: str
) -> Acquaintance:
    """Return a key figure whom this contact person knows; without one, any of the municipality.

    Raises NotFound for anyone else.
    """
    query = (
        select(KeyFigureRow, NeighbourhoodRow, RecipientRow)
        .join(RecipientRow, col(RecipientRow.id) == KeyFigureRow.recipient_id)
        .join(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == KeyFigureRow.neighbourhood_id)
        .where(
            KeyFigureRow.municipality_id == municipality_id,
            KeyFigureRow.recipient_id == recipient_id,
        )
    )
    if contact_recipient_id is not None:
        query = query.where(ContactPersonRow.recipient_id == contact_recipient_id)
    found = (await session.sql.execute(query)).first()
    if found is None:
        raise NotFound("You do not know this key figure.", field="key-figure")
    figure, place, person = found
    return Acquaintance(
        figure.recipient_id, figure.municipality_id, place.code, place.name,
        figure.quiet_from, figure.quiet_until, bool(figure.agreed_on),
        person.number_failed_at, person.number_error,
        None if person.stop_checked_at else person.stopped_at,
    )  # fmt: skip


class Text(Struct, frozen=True):
    """One text of a conversation. *state* is empty for what came in.

    A digit that came too late to count is not shown either: *is_digit* says that it was one.
    """

    at: datetime
    is_ours: bool
    body: str
    state: str = ""
    is_digit: bool = False


async def texts_with(session: Session, recipient_id: str, *, limit: int = 40) -> list[Text]:
    """Return the texts to and from one person, the oldest first; answers to rounds stay out."""
    sent = await session.sql.scalars(
        select(MessageRow)
        .where(MessageRow.recipient_id == recipient_id)
        .order_by(col(MessageRow.created_at).desc())
        .limit(limit)
    )
    came = await session.sql.scalars(
        select(ReplyRow)
        .where(ReplyRow.recipient_id == recipient_id, col(ReplyRow.meaning).not_in(_KEPT_BACK))
        .order_by(col(ReplyRow.received_at).desc())
        .limit(limit)
    )
    texts = [
        Text(row.created_at, True, session.vault.open_text(BODY, row.body), _state(row))
        for row in sent
    ]
    for row in came:
        body = session.vault.open_text(REPLY_BODY, row.body)
        hidden = is_digit(read_reply(body))
        texts.append(Text(row.received_at, False, "" if hidden else body, is_digit=hidden))
    return sorted(texts, key=lambda text: (text.at, text.is_ours))[-limit:]


def _state(row: MessageRow) -> str:
    if row.delivered_at is not None:
        return "delivered"
    return {
        MessageState.ACCEPTED.value: "sent",
        MessageState.REJECTED.value: "failed",
        MessageState.EXPIRED.value: "failed",
        MessageState.CANCELLED.value: "cancelled",
    }.get(row.state, "planned")


async def wrote_last(session: Session, recipient_id: str, since: datetime) -> bool:
    """Say whether this person wrote to us after the last words of their contact person."""
    came: datetime | None = await session.sql.scalar(
        select(ReplyRow.received_at)
        .where(
            ReplyRow.recipient_id == recipient_id,
            col(ReplyRow.needs_person).is_(True),
            col(ReplyRow.received_at) >= since,
        )
        .order_by(col(ReplyRow.received_at).desc())
        .limit(1)
    )
    if came is None:
        return False
    ours = await contact_wrote(session, recipient_id, came)
    return ours is None or ours <= came


async def contact_wrote(session: Session, recipient_id: str, since: datetime) -> datetime | None:
    """Return when the contact person last wrote to their key figure, if since a moment."""
    found: datetime | None = await session.sql.scalar(
        select(MessageRow.created_at)
        .outerjoin(SecondWriterRow, col(SecondWriterRow.message_id) == MessageRow.id)
        .where(*_written(recipient_id, since), col(SecondWriterRow.message_id).is_(None))
        .order_by(col(MessageRow.created_at).desc())
        .limit(1)
    )
    return found


async def written_lately(
    session: Session, recipient_id: str, body: str, since: datetime
) -> datetime | None:
    """Return when these very words leave, if they were put in the outbox since a moment."""
    rows = await session.sql.execute(
        select(MessageRow.body, MessageRow.due_at)
        .where(*_written(recipient_id, since))
        .order_by(col(MessageRow.created_at).desc())
    )
    return next((due for said, due in rows if session.vault.open_text(BODY, said) == body), None)


def _written(recipient_id: str, since: datetime) -> tuple[Any, ...]:
    """Return what holds for words that a person here wrote to one key figure."""
    return (
        MessageRow.recipient_id == recipient_id,
        MessageRow.purpose == "give",
        col(MessageRow.dispatch_id).is_(None),
        col(MessageRow.created_at) >= since,
    )


class OtherWrote(Struct, frozen=True, forbid_unknown_fields=True):
    """That somebody else than the contact person wrote to a key figure: when, who and why."""

    at: datetime
    name: str
    reason: str


async def note_second_writer(session: Session, message_id: str, *, name: str, reason: str) -> None:
    """Remember that somebody else than the contact person wrote a text, and why."""
    session.sql.add(
        SecondWriterRow(
            message_id=message_id,
            name=session.vault.seal_text(_WRITER, name),
            reason=session.vault.seal_text(_REASON, reason),
        )
    )
    await session.sql.flush()


async def others_wrote(
    session: Session, recipient_ids: Iterable[str], since: datetime
) -> dict[str, OtherWrote]:
    """Return, by key figure, the last text since a moment that a second official wrote."""
    rows = await session.sql.execute(
        select(MessageRow.recipient_id, MessageRow.created_at, SecondWriterRow)
        .join(SecondWriterRow, col(SecondWriterRow.message_id) == MessageRow.id)
        .where(
            col(MessageRow.recipient_id).in_(list(recipient_ids)),
            col(MessageRow.created_at) >= since,
        )
        .order_by(col(MessageRow.created_at))
    )
    opened = session.vault.open_text
    return {
        who: OtherWrote(at, opened(_WRITER, row.name), opened(_REASON, row.reason))
        for who, at, row in rows
    }


async def get_letter(session: Session, municipality_id: str, reply_id: str) -> ReplyRow:
    """Return a text of someone whom this municipality knows. Raises NotFound."""
    row = await session.sql.get(ReplyRow, reply_id)
    if row is None or row.municipality_id != municipality_id or row.recipient_id is None:
        raise NotFound("This text does not exist.", field="reply")
    return row


async def is_key_figure(session: Session, recipient_id: str) -> bool:
    """Say whether this person is a key figure, whose texts only the contact person reads."""
    found = await session.sql.scalar(
        select(KeyFigureRow.id).where(KeyFigureRow.recipient_id == recipient_id)
    )
    return found is not None


async def handle_letters_of(session: Session, recipient_id: str, at: datetime) -> int:
    """Mark everything that this person wrote and nobody had handled; return how many texts."""
    rows = list(
        await session.sql.scalars(
            select(ReplyRow).where(
                ReplyRow.recipient_id == recipient_id,
                col(ReplyRow.needs_person).is_(True),
                col(ReplyRow.handled_at).is_(None),
            )
        )
    )
    for row in rows:
        row.handled_at = at
        if row.meaning == LOCKED:
            await unlock(session, row.sender_index)
    await session.sql.flush()
    return len(rows)


async def is_stopped(session: Session, recipient_id: str) -> bool:
    """Say whether this person said STOP."""
    row = await session.sql.get(RecipientRow, recipient_id)
    return row is None or row.stopped_at is not None


async def waits_for_person(session: Session, recipient_id: str) -> bool:
    """Say whether this person wrote something that nobody has handled."""
    found = await session.sql.scalar(
        select(ReplyRow.id)
        .where(
            ReplyRow.recipient_id == recipient_id,
            col(ReplyRow.needs_person).is_(True),
            col(ReplyRow.handled_at).is_(None),
        )
        .limit(1)
    )
    return found is not None


async def last_texted(session: Session, recipient_ids: Iterable[str]) -> str | None:
    """Return who of these people was texted last, or None."""
    found: str | None = await session.sql.scalar(
        select(MessageRow.recipient_id)
        .where(col(MessageRow.recipient_id).in_(list(recipient_ids)))
        .order_by(col(MessageRow.created_at).desc())
        .limit(1)
    )
    return found


async def texts_sent_to(
    session: Session, recipient_ids: Iterable[str], since: datetime, *, limit: int = 6
) -> list[str]:
    """Return the last texts to these people, the newest first: a device may send one back."""
    rows = await session.sql.scalars(
        select(MessageRow.body)
        .where(
            col(MessageRow.recipient_id).in_(list(recipient_ids)),
            col(MessageRow.created_at) >= since,
        )
        .order_by(col(MessageRow.created_at).desc())
        .limit(limit)
    )
    return [session.vault.open_text(BODY, row) for row in rows]


async def heard_since(session: Session, recipient_id: str, since: datetime) -> bool:
    """Say whether this person was given words or asked something after a moment."""
    found = await session.sql.scalar(
        select(MessageRow.id)
        .where(
            MessageRow.recipient_id == recipient_id,
            col(MessageRow.created_at) > since,
            col(MessageRow.purpose).in_(("give", "ask", "action")),
        )
        .limit(1)
    )
    return found is not None
