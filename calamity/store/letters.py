"""Letters: inbound texts that wait for a person, opened for the one who may read them."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, literal, or_, update
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.domain.phone import masked
from calamity.store.database import Session
from calamity.store.inbox import BODY, SENDER
from calamity.store.municipalities import count_municipalities
from calamity.store.people import NAME, PHONE
from calamity.store.questions import unlock
from calamity.store.tables import (
    ContactPersonRow,
    KeyFigureRow,
    Moment,
    RecipientRow,
    ReplyRow,
)

_UNKNOWN = "unknown-number"
LOCKED = "locked"
"""Of a number that sent too many wrong codes, until somebody looked."""


class Letter(Struct, frozen=True):
    """An inbound text that waits for a person, opened for the one who may read it."""

    reply_id: str
    recipient_id: str | None
    name: str
    phone: str
    body: str
    meaning: str
    received_at: datetime
    handled_at: datetime | None
    media: int = 0
    """How many pictures or files came along; they stay with the carrier."""


def _letter(session: Session, row: ReplyRow, name: bytes | None, *, phone: bytes) -> Letter:
    return Letter(
        row.id,
        row.recipient_id,
        session.vault.open_text(NAME, name) if name is not None else "",
        session.vault.open_text(PHONE if row.recipient_id else SENDER, phone),
        session.vault.open_text(BODY, row.body),
        row.meaning,
        row.received_at,
        row.handled_at,
        row.media,
    )


async def letters_for_contact(
    session: Session, municipality_id: str, contact_recipient_id: str, *, limit: int = 100
) -> list[Letter]:
    """Return texts of the key figures of one contact person, the newest first."""
    rows = await session.sql.execute(
        select(ReplyRow, RecipientRow)
        .join(RecipientRow, col(RecipientRow.id) == ReplyRow.recipient_id)
        .join(KeyFigureRow, col(KeyFigureRow.recipient_id) == RecipientRow.id)
        .join(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
        .where(
            KeyFigureRow.municipality_id == municipality_id,
            ContactPersonRow.recipient_id == contact_recipient_id,
            col(ReplyRow.needs_person).is_(True),
        )
        .order_by(col(ReplyRow.received_at).desc())
        .limit(limit)
    )
    return [_letter(session, row, who.name, phone=who.phone) for row, who in rows]


async def letters_for_coordinators(
    session: Session, municipality_id: str, *, limit: int = 100
) -> list[Letter]:
    """Return texts that wait for a person and are not of a key figure, the newest first."""
    rows = await session.sql.execute(
        select(ReplyRow, RecipientRow)
        .join(RecipientRow, col(RecipientRow.id) == ReplyRow.recipient_id)
        .outerjoin(KeyFigureRow, col(KeyFigureRow.recipient_id) == RecipientRow.id)
        .where(
            ReplyRow.municipality_id == municipality_id,
            col(KeyFigureRow.id).is_(None),
            col(ReplyRow.needs_person).is_(True),
        )
        .order_by(col(ReplyRow.received_at).desc())
        .limit(limit)
    )
    return [_letter(session, row, who.name, phone=who.phone) for row, who in rows]


async def unknown_letters(
    session: Session, municipality_id: str, *, limit: int = 100
) -> list[Letter]:
    """Return texts from numbers that nobody knows, the newest first.

    Where several municipalities share our numbers, nobody can tell for whom a text is: each sees
    it, without the number, until one of them takes it.
    """
    rows = await session.sql.scalars(
        select(ReplyRow)
        .where(
            col(ReplyRow.recipient_id).is_(None),
            col(ReplyRow.meaning) == _UNKNOWN,
            or_(
                col(ReplyRow.municipality_id).is_(None),
                col(ReplyRow.municipality_id) == municipality_id,
            ),
        )
        .order_by(col(ReplyRow.received_at).desc())
        .limit(limit)
    )
    is_shared = await count_municipalities(session) > 1
    found = [(row, _letter(session, row, None, phone=row.phone)) for row in rows]
    return [
        replace(letter, phone=masked(letter.phone))
        if is_shared and row.municipality_id is None
        else letter
        for row, letter in found
    ]


async def take_unknown(session: Session, municipality_id: str, reply_id: str, at: datetime) -> None:
    """Let a text from an unknown number belong to a municipality, and count as handled.

    Raises NotFound for a text of somebody known, or that another municipality took.
    """
    taken = await session.sql.scalar(
        update(ReplyRow)
        .where(
            col(ReplyRow.id) == reply_id,
            col(ReplyRow.recipient_id).is_(None),
            col(ReplyRow.meaning) == _UNKNOWN,
            or_(
                col(ReplyRow.municipality_id).is_(None),
                col(ReplyRow.municipality_id) == municipality_id,
            ),
        )
        .values(
            municipality_id=municipality_id,
            handled_at=func.coalesce(col(ReplyRow.handled_at), literal(at, Moment())),
        )
        .returning(col(ReplyRow.id))
    )
    if taken is None:
        raise NotFound("This text does not exist, or another municipality took it.", field="reply")


async def erase_unknown(session: Session, before: datetime) -> int:
    """Erase words and numbers of unknown people from before a moment; return how many texts.

    The carrier's id stays, so that the same text does not come in anew.
    """
    vault = session.vault
    done = await session.sql.execute(
        update(ReplyRow)
        .where(
            col(ReplyRow.recipient_id).is_(None),
            col(ReplyRow.received_at) < before,
            col(ReplyRow.meaning) == _UNKNOWN,
        )
        .values(
            meaning="erased",
            needs_person=False,
            sender_index="",
            phone=vault.seal_text(SENDER, ""),
            body=vault.seal_text(BODY, ""),
        )
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


async def handle_letter(session: Session, reply_id: str, at: datetime) -> ReplyRow:
    """Mark a text as handled and return it. Raises NotFound."""
    row = await session.sql.get(ReplyRow, reply_id)
    if row is None:
        raise NotFound("This text does not exist.", field="reply")
    row.handled_at = row.handled_at or at
    if row.meaning == LOCKED:
        await unlock(session, row.sender_index)
    await session.sql.flush()
    return row


class LetterReader(Struct, frozen=True):
    """Who may read an inbound text: the contact person of a key figure, else coordinators."""

    municipality_id: str | None
    contact_recipient_id: str | None
    is_unknown: bool


async def reader_of(session: Session, reply_id: str) -> LetterReader:
    """Return who may read an inbound text. Raises NotFound."""
    found = (
        await session.sql.execute(
            select(ReplyRow.municipality_id, ReplyRow.recipient_id, ContactPersonRow.recipient_id)
            .outerjoin(KeyFigureRow, col(KeyFigureRow.recipient_id) == ReplyRow.recipient_id)
            .outerjoin(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
            .where(ReplyRow.id == reply_id, ReplyRow.meaning != "")
        )
    ).first()
    if found is None:
        raise NotFound("This text does not exist, or is not for you.", field="reply")
    return LetterReader(found[0], found[2], is_unknown=found[1] is None)
