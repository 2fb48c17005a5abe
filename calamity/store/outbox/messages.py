"""The outbox's rows: add, ask, count and cancel.

A question is kept once per person; a new one takes the place of the old.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import case, func, insert, or_, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from calamity.domain.channels import Channel, channel_of
from calamity.domain.dispatch import MessageState
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.people import EMAIL, PHONE
from calamity.store.tables import (
    CalamityRow,
    DispatchRow,
    MessageRow,
    Moment,
    OpenQuestionRow,
    to_micros,
)

BODY = b"message.body"
_MANY = 100
READY, SENDING, IN_DOUBT = MessageState.READY, MessageState.SENDING, MessageState.IN_DOUBT


def address_on(session: Session, sender: str, phone: bytes, email: bytes | None) -> str:
    """Return where a sender reaches somebody: the number, or the e-mail address if any."""
    if channel_of(sender) is not Channel.EMAIL:
        return session.vault.open_text(PHONE, phone)
    return "" if email is None else session.vault.open_text(EMAIL, email)


async def add_dispatch(session: Session, row: DispatchRow) -> None:
    """Store one sending act."""
    session.sql.add(row)
    await session.sql.flush()


async def add_messages(session: Session, values: Sequence[dict[str, Any]]) -> None:
    """Store messages; they may leave once the transaction is committed."""
    if len(values) < _MANY:
        if values:
            await session.sql.execute(insert(MessageRow), values)
        return
    await session.sql.flush()
    columns = list(values[0])
    moments = [
        place
        for place, name in enumerate(columns)
        if isinstance(MessageRow.__table__.c[name].type, Moment)  # type: ignore[attr-defined]  # the table of a SQLModel class
    ]
    rows = [list(row.values()) for row in values]
    for row in rows:
        for place in moments:
            row[place] = to_micros(row[place])
    await (await session.direct()).add("message", columns, rows)


async def ask(
    session: Session,
    *,
    calamity_id: str,
    at: datetime,
    recipients: Iterable[tuple[str, str | None]],
    round_id: str | None = None,
    codes: Mapping[str, str],
) -> None:
    """Remember what these people are asked; earlier questions to them are over.

    *recipients* are pairs of recipient id and, for a call-out, ladder id; *codes* are those that
    stand in the texts, by recipient id.
    """
    values = [
        {
            "id": new_id(),
            "recipient_id": recipient,
            "kind": "round" if round_id else "call-out",
            "calamity_id": calamity_id,
            "ladder_id": ladder,
            "round_id": round_id,
            "code": codes.get(recipient),
            "asked_at": at,
            "closed_at": None,
        }
        # In one order for everybody, so that two who ask the same people wait, not deadlock.
        for recipient, ladder in sorted(recipients, key=itemgetter(0))
    ]
    if not values:
        return
    dialect: Any = postgresql if session.is_postgres else sqlite
    asked = dialect.insert(OpenQuestionRow)
    # One open question per person: a new one takes the place of the old, also when two are asked
    # at the same moment.
    replaced = asked.on_conflict_do_update(
        index_elements=["recipient_id"],
        index_where=text("closed_at IS NULL"),
        set_={
            name: asked.excluded[name]
            for name in ("id", "kind", "calamity_id", "ladder_id", "round_id", "code", "asked_at")
        },
    )
    connection = await session.sql.connection()
    await connection.execute(replaced, values)


async def people_with_questions(session: Session) -> set[str]:
    """Return the recipients who have a question open."""
    return set(
        await session.sql.scalars(
            select(OpenQuestionRow.recipient_id).where(col(OpenQuestionRow.closed_at).is_(None))
        )
    )


async def given_in(session: Session, calamity_id: str) -> set[str]:
    """Return the recipients who were sent words (GIVE) in this calamity, or will be."""
    return set(
        await session.sql.scalars(
            select(MessageRow.recipient_id).where(
                MessageRow.calamity_id == calamity_id,
                MessageRow.purpose == "give",
                col(MessageRow.state).in_((READY, SENDING, MessageState.ACCEPTED, IN_DOUBT)),
            )
        )
    )


async def sent_since(
    session: Session, municipality_id: str, since: datetime, *, is_exercise: bool
) -> dict[str, tuple[int, int]]:
    """Return per recipient how many messages and asks they got or will get since a moment.

    Exercises and the real thing are counted apart: one must not use up the budget of the other.
    """
    rows = await session.sql.execute(
        select(
            MessageRow.recipient_id,
            func.count(),
            func.sum(case((col(MessageRow.purpose) == "ask", 1), else_=0)),
        )
        .join(CalamityRow, col(CalamityRow.id) == MessageRow.calamity_id)
        .where(
            MessageRow.municipality_id == municipality_id,
            col(CalamityRow.is_exercise).is_(is_exercise),
            col(MessageRow.created_at) >= since,
            col(MessageRow.purpose).in_(("give", "ask", "close")),
            col(MessageRow.state).in_((READY, SENDING, MessageState.ACCEPTED, IN_DOUBT)),
        )
        .group_by(MessageRow.recipient_id)
    )
    return {row[0]: (row[1], row[2] or 0) for row in rows}


async def cancel_for_recipient(session: Session, recipient_id: str, at: datetime) -> int:
    """Cancel every text that waits for one person, answers aside; return how many."""
    done = await session.sql.execute(
        update(MessageRow)
        .where(
            col(MessageRow.recipient_id) == recipient_id,
            col(MessageRow.state) == READY,
            col(MessageRow.purpose) != "answer",
            col(MessageRow.channel) != Channel.VOICE,
        )
        .values(state=MessageState.CANCELLED)
    )
    await session.sql.execute(
        update(OpenQuestionRow)
        .where(
            col(OpenQuestionRow.recipient_id) == recipient_id,
            col(OpenQuestionRow.closed_at).is_(None),
        )
        .values(closed_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


async def cancel_ladders(
    session: Session, ladder_ids: Sequence[str], at: datetime, *, may_answer: bool = False
) -> int:
    """Cancel what waits for these ladders; return how many texts.

    Their questions are closed too, unless these people *may_answer* still.
    """
    if not ladder_ids:
        return 0
    originals = select(col(MessageRow.id)).where(col(MessageRow.ladder_id).in_(ladder_ids))
    done = await session.sql.execute(
        update(MessageRow)
        .where(
            or_(
                col(MessageRow.ladder_id).in_(ladder_ids),
                col(MessageRow.copy_of).in_(originals.scalar_subquery()),
            ),
            col(MessageRow.state) == READY,
        )
        .values(state=MessageState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    if may_answer:
        return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
    await session.sql.execute(
        update(OpenQuestionRow)
        .where(
            col(OpenQuestionRow.ladder_id).in_(ladder_ids),
            col(OpenQuestionRow.closed_at).is_(None),
        )
        .values(closed_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


async def cancel_round(session: Session, round_id: str, at: datetime) -> None:
    """Cancel questions of a closed round that have not left yet."""
    await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.round_id) == round_id, col(MessageRow.state) == READY)
        .values(state=MessageState.CANCELLED, settled_at=at)
    )


async def cancel_calamity(session: Session, calamity_id: str, at: datetime) -> int:
    """Cancel everything that waits in a calamity, closing words aside; return how many."""
    done = await session.sql.execute(
        update(MessageRow)
        .where(
            col(MessageRow.calamity_id) == calamity_id,
            col(MessageRow.state) == READY,
            col(MessageRow.purpose).not_in(("close", "answer")),
        )
        .values(state=MessageState.CANCELLED)
    )
    await session.sql.execute(
        update(OpenQuestionRow)
        .where(
            col(OpenQuestionRow.calamity_id) == calamity_id,
            col(OpenQuestionRow.closed_at).is_(None),
        )
        .values(closed_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
