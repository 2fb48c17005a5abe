"""Which questions are open to people, the codes that their answers carry, and wrong codes."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.tables import CodeLockRow, OpenQuestionRow, RecipientRow, ReplyCodeRow

_NOT_AGAIN = timedelta(days=30)
_CODES = 10_000
_MANY = 500
MOST_WRONG = 5
_COUNTED = timedelta(hours=1)
_LOCKED = timedelta(hours=1)


class Question(Struct, frozen=True):
    """A question to one person, open or closed; an answer to any number of ours counts."""

    id: str
    recipient_id: str
    calamity_id: str
    ladder_id: str | None
    round_id: str | None
    code: str | None
    asked_at: datetime


def _question(row: OpenQuestionRow) -> Question:
    return Question(
        row.id, row.recipient_id, row.calamity_id, row.ladder_id, row.round_id, row.code,
        row.asked_at,
    )  # fmt: skip


async def open_questions(session: Session, recipient_ids: Iterable[str]) -> list[Question]:
    """Return what these people are being asked, the newest question first."""
    rows = await session.sql.scalars(
        select(OpenQuestionRow)
        .where(
            col(OpenQuestionRow.recipient_id).in_(list(recipient_ids)),
            col(OpenQuestionRow.closed_at).is_(None),
        )
        .order_by(col(OpenQuestionRow.asked_at).desc(), col(OpenQuestionRow.id))
    )
    return [_question(row) for row in rows]


async def last_closed(
    session: Session, recipient_ids: Iterable[str], since: datetime
) -> Question | None:
    """Return the question to these people that closed last, since a moment."""
    row = await session.sql.scalar(
        select(OpenQuestionRow)
        .where(
            col(OpenQuestionRow.recipient_id).in_(list(recipient_ids)),
            col(OpenQuestionRow.closed_at) >= since,
        )
        .order_by(col(OpenQuestionRow.closed_at).desc())
        .limit(1)
    )
    return _question(row) if row else None


async def sharing_a_phone(session: Session, among: Collection[str] | None = None) -> set[str]:
    """Return the recipients whose number is also that of somebody else, in any municipality."""
    other = aliased(RecipientRow)
    query = select(RecipientRow.id).where(
        select(other.id)
        .where(other.phone_index == RecipientRow.phone_index, other.id != RecipientRow.id)
        .exists()
    )
    if among is not None and len(among) <= _MANY:
        query = query.where(col(RecipientRow.id).in_(among))
    return set(await session.sql.scalars(query))


async def ambiguous(
    session: Session,
    among: Collection[str] | None = None,
    *,
    ladder_id: str | None = None,
    round_id: str | None = None,
) -> set[str]:
    """Return the people whose bare answer to this question could be meant for another.

    They share a phone, or are still being asked something else, which a quick thumb may answer.
    *among* spares looking at everybody; more may be returned.
    """
    query = select(
        OpenQuestionRow.recipient_id,
        OpenQuestionRow.ladder_id,
        OpenQuestionRow.round_id,
        OpenQuestionRow.code,
    ).where(col(OpenQuestionRow.closed_at).is_(None))
    if among is not None and len(among) <= _MANY:
        query = query.where(col(OpenQuestionRow.recipient_id).in_(among))
    busy = {
        who
        for who, ladder, round_, code in await session.sql.execute(query)
        # A reminder is no second question: it carries a code only if the first text did.
        if code is not None or (ladder, round_) != (ladder_id, round_id)
    }
    return busy | await sharing_a_phone(session, among)


async def draw_codes(
    session: Session,
    recipient_ids: Collection[str],
    *,
    ladder_id: str | None = None,
    round_id: str | None = None,
    at: datetime,
) -> dict[str, str]:
    """Return a code for each of these people that their number did not get lately.

    Who is being asked the same already keeps the code of that question.
    """
    kept = {
        question.recipient_id: question.code
        for question in await open_questions(session, recipient_ids)
        if question.code and (question.ladder_id, question.round_id) == (ladder_id, round_id)
    }
    new = sorted(set(recipient_ids) - kept.keys())
    indexes = await _indexes(session, new)
    given = await _given(session, set(indexes.values()), at)
    drawn: dict[str, str] = {}
    for recipient_id in new:
        index = indexes[recipient_id]
        drawn[recipient_id] = _draw(given.setdefault(index, set()))
        given[index].add(drawn[recipient_id])
    await _remember(session, [(indexes[who], code) for who, code in drawn.items()], at)
    return kept | drawn


def _draw(given: set[str]) -> str:
    if len(given) >= _CODES:
        # Ten thousand questions in a month: better an old code than no question.
        given.clear()
    while (code := f"{secrets.randbelow(_CODES):04}") in given:
        pass
    return code


async def _indexes(session: Session, recipient_ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(recipient_ids), _MANY):
        rows = await session.sql.execute(
            select(RecipientRow.id, RecipientRow.phone_index).where(
                col(RecipientRow.id).in_(recipient_ids[start : start + _MANY])
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found


async def _given(session: Session, indexes: set[str], at: datetime) -> dict[str, set[str]]:
    """Return the codes that each number got too lately to get again."""
    found: dict[str, set[str]] = {}
    listed = sorted(indexes)
    for start in range(0, len(listed), _MANY):
        rows = await session.sql.execute(
            select(ReplyCodeRow.phone_index, ReplyCodeRow.code).where(
                col(ReplyCodeRow.phone_index).in_(listed[start : start + _MANY]),
                col(ReplyCodeRow.drawn_at) > at - _NOT_AGAIN,
            )
        )
        for index, code in rows:
            found.setdefault(index, set()).add(code)
    return found


async def _remember(session: Session, drawn: list[tuple[str, str]], at: datetime) -> None:
    if not drawn:
        return
    connection = await session.sql.connection()
    values = [{"phone_index": index, "code": code, "drawn_at": at} for index, code in drawn]
    written = _dialect(session).insert(ReplyCodeRow)
    await connection.execute(
        written.on_conflict_do_update(
            index_elements=["phone_index", "code"], set_={"drawn_at": written.excluded.drawn_at}
        ),
        values,
    )


def _dialect(session: Session) -> Any:
    return postgresql if session.is_postgres else sqlite


async def got_codes(session: Session, phone_index: str, at: datetime) -> bool:
    """Say whether this number got a code lately, so that four digits may be meant for one."""
    found = await session.sql.scalar(
        select(ReplyCodeRow.code)
        .where(
            ReplyCodeRow.phone_index == phone_index,
            col(ReplyCodeRow.drawn_at) > at - _NOT_AGAIN,
        )
        .limit(1)
    )
    return found is not None


async def is_locked(session: Session, phone_index: str, at: datetime) -> bool:
    """Say whether no code from this number counts for now."""
    row = await session.sql.get(CodeLockRow, phone_index)
    return row is not None and row.locked_until is not None and row.locked_until > at


async def count_wrong_code(session: Session, phone_index: str, at: datetime) -> datetime | None:
    """Count a wrong code; return until when the number is locked, if this one locked it."""
    row = await session.sql.get(CodeLockRow, phone_index)
    if row is None:
        row = CodeLockRow(phone_index=phone_index, wrong=0, since=at)
        session.sql.add(row)
    if at - row.since > _COUNTED or row.locked_until is not None:
        row.wrong, row.since, row.locked_until = 0, at, None
    row.wrong += 1
    if row.wrong >= MOST_WRONG:
        row.locked_until = at + _LOCKED
    await session.sql.flush()
    return row.locked_until


async def unlock(session: Session, phone_index: str) -> None:
    """Let codes from this number count again, now that a person has looked."""
    row = await session.sql.get(CodeLockRow, phone_index)
    if row is not None:
        await session.sql.delete(row)
        await session.sql.flush()
