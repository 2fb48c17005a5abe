"""Rounds, who was asked, check-ins, and pictures."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import func, insert, update
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.domain.picture import Answer, Picture
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import (
    AskedRow,
    CalamityRow,
    CheckInRow,
    NeighbourhoodRow,
    OpenQuestionRow,
    PictureRow,
    RoundRow,
)

FORM = b"check-in.form"


class Asked(Struct, frozen=True):
    """One person to ask: about which neighbourhood, in which capacity."""

    recipient_id: str
    neighbourhood_id: str
    capacity: str
    form_token: str | None = None


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


async def next_round_number(session: Session, calamity_id: str) -> int:
    """Return the number of the next round in a calamity, from 1."""
    last = await session.sql.scalar(
        select(func.max(RoundRow.number)).where(RoundRow.calamity_id == calamity_id)
    )
    return (last or 0) + 1


async def add_round(session: Session, row: RoundRow) -> None:
    """Open a round."""
    session.sql.add(row)
    await session.sql.flush()


async def add_asked(session: Session, row: RoundRow, asked: Sequence[Asked]) -> None:
    """Remember who was asked in a round."""
    values = [
        {
            "round_id": row.id,
            "recipient_id": each.recipient_id,
            "neighbourhood_id": each.neighbourhood_id,
            "capacity": each.capacity,
            "form_token": each.form_token and token_hash(each.form_token),
        }
        for each in asked
    ]
    if values:
        await session.sql.execute(insert(AskedRow), values)
    row.asked = len(values)
    await session.sql.flush()


async def get_round(session: Session, municipality_id: str, round_id: str) -> RoundRow:
    """Return a round, locked: check-ins and the closing take turns. Raises NotFound."""
    row = await session.sql.scalar(
        select(RoundRow)
        .where(RoundRow.id == round_id, RoundRow.municipality_id == municipality_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("This round does not exist.", field="round")
    return row


async def list_rounds(session: Session, calamity_id: str) -> list[RoundRow]:
    """Return the rounds of a calamity, the newest first."""
    return list(
        await session.sql.scalars(
            select(RoundRow)
            .where(RoundRow.calamity_id == calamity_id)
            .order_by(col(RoundRow.number).desc())
        )
    )


async def due_rounds(session: Session, at: datetime) -> list[tuple[str, str]]:
    """Return (round id, municipality id) of open rounds whose closing time has come."""
    rows = await session.sql.execute(
        select(RoundRow.id, RoundRow.municipality_id)
        .where(col(RoundRow.closed_at).is_(None), col(RoundRow.closes_at) <= at)
        .limit(500)
    )
    return [(row[0], row[1]) for row in rows]


async def find_asked(session: Session, round_id: str, recipient_id: str) -> AskedRow | None:
    """Return how this person was asked in this round, or None."""
    return await session.sql.get(AskedRow, (round_id, recipient_id))


class Form(Struct, frozen=True):
    """A professional's place in an open or closed round, found by the link or by the account."""

    round_id: str
    municipality_id: str
    calamity_id: str
    calamity_title: str
    is_exercise: bool
    recipient_id: str
    neighbourhood_code: str
    neighbourhood: str
    number: int
    closes_at: datetime
    is_closed: bool


_FORMS = (
    select(AskedRow, RoundRow, CalamityRow, NeighbourhoodRow)
    .join(RoundRow, col(RoundRow.id) == AskedRow.round_id)
    .join(CalamityRow, col(CalamityRow.id) == RoundRow.calamity_id)
    .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == AskedRow.neighbourhood_id)
)


def _form(asked: AskedRow, row: RoundRow, calamity: CalamityRow, place: NeighbourhoodRow) -> Form:
    return Form(
        row.id,
        row.municipality_id,
        calamity.id,
        calamity.title,
        calamity.is_exercise,
        asked.recipient_id,
        place.code,
        place.name,
        row.number,
        row.closes_at,
        row.closed_at is not None,
    )


async def find_form(session: Session, token: str) -> Form | None:
    """Return the place in a round to which a link leads, or None."""
    found = (
        await session.sql.execute(_FORMS.where(AskedRow.form_token == token_hash(token)))
    ).first()
    return _form(*found) if found else None


async def open_forms(session: Session, recipient_id: str) -> list[Form]:
    """Return the open rounds in which this professional was asked, the newest first."""
    rows = await session.sql.execute(
        _FORMS.where(
            AskedRow.recipient_id == recipient_id,
            AskedRow.capacity == "professionals",
            col(RoundRow.closed_at).is_(None),
        ).order_by(col(RoundRow.id).desc())
    )
    return [_form(*found) for found in rows]


async def add_check_in(
    session: Session,
    asked: AskedRow,
    *,
    mood: int,
    form: bytes | None,
    reply_id: str | None,
    at: datetime,
) -> bool:
    """Store an answer; an earlier one stays but counts no more. Return whether there was one."""
    changed = await session.sql.execute(
        update(CheckInRow)
        .where(
            col(CheckInRow.round_id) == asked.round_id,
            col(CheckInRow.recipient_id) == asked.recipient_id,
            col(CheckInRow.superseded_at).is_(None),
        )
        .values(superseded_at=at)
    )
    session.sql.add(
        CheckInRow(
            id=new_id(),
            round_id=asked.round_id,
            recipient_id=asked.recipient_id,
            neighbourhood_id=asked.neighbourhood_id,
            mood=mood,
            form=session.vault.seal(FORM, form) if form is not None else None,
            reply_id=reply_id,
            received_at=at,
        )
    )
    await session.sql.flush()
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


async def answers_of(session: Session, round_id: str) -> list[Answer]:
    """Return the answers of a round that count, one per person, without the person."""
    rows = await session.sql.execute(
        select(NeighbourhoodRow.code, CheckInRow.mood)
        .select_from(CheckInRow)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == CheckInRow.neighbourhood_id)
        .where(CheckInRow.round_id == round_id, col(CheckInRow.superseded_at).is_(None))
    )
    return [Answer(code, mood) for code, mood in rows]


async def asked_by_place(session: Session, round_id: str) -> dict[str, int]:
    """Return how many people were asked about each neighbourhood, by its code."""
    rows = await session.sql.execute(
        select(NeighbourhoodRow.code, func.count())
        .select_from(AskedRow)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == AskedRow.neighbourhood_id)
        .where(AskedRow.round_id == round_id)
        .group_by(NeighbourhoodRow.code)
    )
    return {row[0]: row[1] for row in rows}


async def count_answered(session: Session, round_id: str) -> int:
    """Return how many people answered an open round: coverage, for the coordinator."""
    found = await session.sql.scalar(
        select(func.count())
        .select_from(CheckInRow)
        .where(CheckInRow.round_id == round_id, col(CheckInRow.superseded_at).is_(None))
    )
    return found or 0


async def close_questions(session: Session, round_id: str, at: datetime) -> None:
    """Stop counting digits as answers to this round."""
    await session.sql.execute(
        update(OpenQuestionRow)
        .where(col(OpenQuestionRow.round_id) == round_id, col(OpenQuestionRow.closed_at).is_(None))
        .values(closed_at=at)
    )


class PublishedPicture(Struct, frozen=True):
    """A frozen picture of one closed round for one audience."""

    round_id: str
    number: int
    audience: str
    picture: Picture
    published_at: datetime


async def add_picture(
    session: Session,
    *,
    calamity_id: str,
    round_id: str,
    audience: str,
    picture: Picture,
    at: datetime,
) -> None:
    """Store a picture; it never changes."""
    session.sql.add(
        PictureRow(
            id=new_id(),
            calamity_id=calamity_id,
            round_id=round_id,
            audience=audience,
            document=msgspec.json.encode(picture).decode(),
            published_at=at,
        )
    )
    await session.sql.flush()


async def list_pictures(
    session: Session,
    calamity_id: str,
    audience: str,
    *,
    limit: int = 20,
    until: datetime | None = None,
) -> list[PublishedPicture]:
    """Return the pictures of a calamity for one audience, the newest first; before *until*."""
    query = (
        select(PictureRow, RoundRow.number)
        .join(RoundRow, col(RoundRow.id) == PictureRow.round_id)
        .where(PictureRow.calamity_id == calamity_id, PictureRow.audience == audience)
        .order_by(col(RoundRow.number).desc())
        .limit(limit)
    )
    if until is not None:
        query = query.where(col(PictureRow.published_at) < until)
    rows = await session.sql.execute(query)
    return [
        PublishedPicture(
            row.round_id,
            number,
            row.audience,
            msgspec.json.decode(row.document, type=Picture),
            row.published_at,
        )
        for row, number in rows
    ]


async def pictures_until(
    session: Session, calamity_id: str, round_id: str, audience: str, *, limit: int
) -> list[PublishedPicture]:
    """Return the picture of a round and those before it, the newest first; none while open."""
    number = await session.sql.scalar(
        select(RoundRow.number)
        .join(PictureRow, col(PictureRow.round_id) == RoundRow.id)
        .where(
            RoundRow.id == round_id,
            RoundRow.calamity_id == calamity_id,
            PictureRow.audience == audience,
        )
    )
    if number is None:
        return []
    rows = await session.sql.execute(
        select(PictureRow, RoundRow.number)
        .join(RoundRow, col(RoundRow.id) == PictureRow.round_id)
        .where(
            PictureRow.calamity_id == calamity_id,
            PictureRow.audience == audience,
            col(RoundRow.number) <= number,
        )
        .order_by(col(RoundRow.number).desc())
        .limit(limit)
    )
    return [
        PublishedPicture(
            row.round_id,
            number,
            row.audience,
            msgspec.json.decode(row.document, type=Picture),
            row.published_at,
        )
        for row, number in rows
    ]


async def find_form_of(session: Session, round_id: str, recipient_id: str) -> Form | None:
    """Return a professional's place in a round, open or closed, or None."""
    found = (
        await session.sql.execute(
            _FORMS.where(
                AskedRow.round_id == round_id,
                AskedRow.recipient_id == recipient_id,
                AskedRow.capacity == "professionals",
            )
        )
    ).first()
    return _form(*found) if found else None


async def answered_at(session: Session, round_id: str, recipient_id: str) -> datetime | None:
    """Return when this person's answer that counts came in, or None."""
    found: datetime | None = await session.sql.scalar(
        select(CheckInRow.received_at).where(
            CheckInRow.round_id == round_id,
            CheckInRow.recipient_id == recipient_id,
            col(CheckInRow.superseded_at).is_(None),
        )
    )
    return found


async def people_who_answered(session: Session, calamity_id: str) -> set[str]:
    """Return who answered a round of this calamity, to thank them; never what."""
    found = await session.sql.scalars(
        select(CheckInRow.recipient_id)
        .join(RoundRow, col(RoundRow.id) == CheckInRow.round_id)
        .where(RoundRow.calamity_id == calamity_id, col(CheckInRow.superseded_at).is_(None))
        .distinct()
    )
    return set(found)


async def last_answer_at(session: Session, calamity_id: str) -> datetime | None:
    """Return when the last answer to a round of this calamity came in."""
    found: datetime | None = await session.sql.scalar(
        select(CheckInRow.received_at)
        .join(RoundRow, col(RoundRow.id) == CheckInRow.round_id)
        .where(RoundRow.calamity_id == calamity_id, col(CheckInRow.superseded_at).is_(None))
        .order_by(col(CheckInRow.received_at).desc())
        .limit(1)
    )
    return found


async def who_answered(
    session: Session, round_id: str, recipient_ids: Sequence[str]
) -> dict[str, datetime | None]:
    """Return, of these people, who were asked in a round and when they answered; never what."""
    rows = await session.sql.execute(
        select(AskedRow.recipient_id, CheckInRow.received_at)
        .outerjoin(
            CheckInRow,
            (col(CheckInRow.round_id) == AskedRow.round_id)
            & (col(CheckInRow.recipient_id) == AskedRow.recipient_id)
            & col(CheckInRow.superseded_at).is_(None),
        )
        .where(AskedRow.round_id == round_id, col(AskedRow.recipient_id).in_(recipient_ids))
    )
    return {row[0]: row[1] for row in rows}
