"""The outbox: messages wait here as committed rows before they are texts.

One runner per lane takes turns. A turn is one transaction: it stores the results of the texts that
came back and claims the next ones, with the time slots in which they may leave. A runner that was
replaced finds another epoch on the lane and stops; what it had claimed is in doubt until the
carrier says.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, case, exists, func, insert, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.people import PHONE
from calamity.store.tables import (
    CalamityRow,
    CallOutRow,
    DispatchRow,
    LadderRow,
    LaneRow,
    MessageRow,
    OpenQuestionRow,
    ReceiptRow,
    RecipientRow,
    ReplyRow,
    to_micros,
)

BODY = b"message.body"
_RUNNER_GONE_MICROS = 6_000_000
_AHEAD_MICROS = 1_000_000
# A hair below the configured rate: the carrier counts arrivals, and networks bunch them.
_SHARE_OF_RATE = 0.99

READY, SENDING, IN_DOUBT = MessageState.READY, MessageState.SENDING, MessageState.IN_DOUBT


async def add_dispatch(session: Session, row: DispatchRow) -> None:
    """Store one sending act."""
    session.sql.add(row)
    await session.sql.flush()


async def add_messages(session: Session, values: Sequence[dict[str, Any]]) -> None:
    """Store messages; they may leave once the transaction is committed."""
    if values:
        await session.sql.execute(insert(MessageRow), values)


async def ensure_lane(session: Session, sender: str, rate: float) -> None:
    """Make sure that a sender has a lane at this rate (parts per second)."""
    row = await session.sql.get(LaneRow, sender)
    if row is None:
        session.sql.add(LaneRow(sender=sender, rate=rate))
    elif row.rate != rate:
        row.rate = rate
    await session.sql.flush()


async def lane_rate(session: Session, sender: str) -> float:
    """Return the parts per second of a sender."""
    row = await session.sql.get(LaneRow, sender)
    return row.rate if row else 1.0


async def ask(
    session: Session,
    *,
    receiver: str,
    calamity_id: str,
    at: datetime,
    recipients: Iterable[tuple[str, str | None]],
    round_id: str | None = None,
) -> None:
    """Remember what these people are asked on this number; earlier questions there are over.

    *recipients* are pairs of recipient id and, for a call-out, ladder id.
    """
    pairs = list(recipients)
    ids = [recipient for recipient, _ in pairs]
    for start in range(0, len(ids), 500):
        await session.sql.execute(
            update(OpenQuestionRow)
            .where(
                col(OpenQuestionRow.recipient_id).in_(ids[start : start + 500]),
                col(OpenQuestionRow.receiver) == receiver,
                col(OpenQuestionRow.closed_at).is_(None),
            )
            .values(closed_at=at)
        )
    values = [
        {
            "id": new_id(),
            "recipient_id": recipient,
            "receiver": receiver,
            "kind": "round" if round_id else "call-out",
            "calamity_id": calamity_id,
            "ladder_id": ladder,
            "round_id": round_id,
            "asked_at": at,
            "closed_at": None,
        }
        for recipient, ladder in pairs
    ]
    if values:
        await session.sql.execute(insert(OpenQuestionRow), values)


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
    """Cancel everything that waits for one person, answers aside; return how many."""
    done = await session.sql.execute(
        update(MessageRow)
        .where(
            col(MessageRow.recipient_id) == recipient_id,
            col(MessageRow.state) == READY,
            col(MessageRow.purpose) != "answer",
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
    done = await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.ladder_id).in_(ladder_ids), col(MessageRow.state) == READY)
        .values(state=MessageState.CANCELLED)
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


class Claimed(Struct, frozen=True):
    """A message that this runner alone may send, not before *slot* (microseconds since 1970)."""

    id: str
    to: str
    body: str
    valid_until: datetime
    slot: int
    is_repeat: bool


class Refusal(Struct, frozen=True):
    """A message that the carrier refused for good."""

    ladder_id: str | None
    recipient_id: str
    error_code: int | None


async def refusals(session: Session, message_ids: Sequence[str]) -> list[Refusal]:
    """Return which of these messages were refused, with whom that concerns."""
    rows = await session.sql.execute(
        select(MessageRow.ladder_id, MessageRow.recipient_id, MessageRow.error_code).where(
            col(MessageRow.id).in_(message_ids), MessageRow.state == MessageState.REJECTED
        )
    )
    return [Refusal(*row) for row in rows]


class Turn(Struct, frozen=True):
    """What a turn brought: messages to send, or how long to wait; *lost* after a replacement."""

    claimed: list[Claimed]
    lost: bool = False
    wait_seconds: float | None = None
    """None when nothing waits."""


class Result(Struct, frozen=True):
    """What became of one text; *retry_at* is set when it was not sent and should be."""

    message_id: str
    state: MessageState
    sid: str | None = None
    error_code: int | None = None
    retry_at: datetime | None = None


async def take_lane(session: Session, sender: str, at: datetime) -> int | None:
    """Become the runner of a lane and return the epoch, or None while another one runs it."""
    lane = await session.sql.scalar(
        select(LaneRow)
        .where(LaneRow.sender == sender)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    now = to_micros(at)
    if lane is None or now - lane.runner_seen_at < _RUNNER_GONE_MICROS:
        return None
    lane.epoch += 1
    lane.runner_seen_at = now
    await session.sql.flush()
    await session.sql.execute(
        update(MessageRow)
        .where(
            col(MessageRow.sender) == sender,
            col(MessageRow.state) == SENDING,
            col(MessageRow.epoch) < lane.epoch,
        )
        .values(state=IN_DOUBT)
    )
    return lane.epoch


async def release_lanes(session: Session, senders: Sequence[str]) -> None:
    """Forget runners that a dead process left behind; only the one node of SQLite may say so."""
    await session.sql.execute(
        update(LaneRow).where(col(LaneRow.sender).in_(senders)).values(runner_seen_at=0)
    )


# Two comparisons: a list would be expanded, which many rows in one statement do not allow.
_UNSETTLED = or_(
    MessageRow.__table__.c.state == SENDING.value,  # type: ignore[attr-defined]
    MessageRow.__table__.c.state == IN_DOUBT.value,  # type: ignore[attr-defined]
)
_SETTLE = (
    update(MessageRow.__table__)  # type: ignore[attr-defined]  # the table of a SQLModel class
    .where(
        MessageRow.__table__.c.id == bindparam("b_id"),  # type: ignore[attr-defined]
        _UNSETTLED,
    )
    .values(
        state=bindparam("b_state"),
        sid=bindparam("b_sid"),
        error_code=bindparam("b_error"),
        settled_at=bindparam("b_at"),
    )
)
_AGAIN = (
    update(MessageRow.__table__)  # type: ignore[attr-defined]  # the table of a SQLModel class
    .where(
        MessageRow.__table__.c.id == bindparam("b_id"),  # type: ignore[attr-defined]
        _UNSETTLED,
    )
    .values(state=READY, due_at=bindparam("b_due"), error_code=bindparam("b_error"))
)


async def settle(session: Session, results: Sequence[Result], at: datetime) -> None:
    """Store what became of texts; a result that arrives twice changes nothing."""
    final = [
        {
            "b_id": r.message_id,
            "b_state": r.state,
            "b_sid": r.sid,
            "b_error": r.error_code,
            "b_at": at,
        }
        for r in results
        if r.retry_at is None
    ]
    again = [
        {"b_id": r.message_id, "b_due": r.retry_at, "b_error": r.error_code}
        for r in results
        if r.retry_at is not None
    ]
    connection = await session.sql.connection()
    if final:
        await connection.execute(_SETTLE, final)
    if again:
        await connection.execute(_AGAIN, again)


_message, _recipient = MessageRow.__table__, RecipientRow.__table__  # type: ignore[attr-defined]
_given = aliased(MessageRow)
_WAITING = (
    # SQLModel's own select has types for four columns at most.
    select_columns(
        _message.c.id,
        _message.c.body,
        _message.c.parts,
        _message.c.valid_until,
        _message.c.purpose,
        _message.c.looks,
        _recipient.c.phone,
        _recipient.c.stopped_at,
    )
    .join(_recipient, _recipient.c.id == _message.c.recipient_id)
    .where(
        _message.c.sender == bindparam("sender"),
        _message.c.state == READY.value,
        _message.c.due_at <= bindparam("now"),
        # Give before ask holds at the last moment too: an ASK waits until words have left, or
        # until it expires.
        or_(
            _message.c.purpose != "ask",
            _message.c.valid_until < bindparam("now"),
            exists().where(
                col(_given.recipient_id) == _message.c.recipient_id,
                col(_given.calamity_id) == _message.c.calamity_id,
                col(_given.purpose) == "give",
                col(_given.state).in_((MessageState.ACCEPTED.value, IN_DOUBT.value)),
            ),
        ),
    )
    .order_by(_message.c.urgency, _message.c.due_at, _message.c.id)
    .limit(bindparam("most"))
)


async def take_turn(
    session: Session, sender: str, epoch: int, *, results: Sequence[Result], at: datetime, most: int
) -> Turn:
    """Store *results* and claim up to *most* messages of a lane, with their slots."""
    await settle(session, results, at)
    lane = await session.sql.scalar(
        select(LaneRow)
        .where(LaneRow.sender == sender)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if lane is None or lane.epoch != epoch:
        return Turn([], lost=True)
    now = to_micros(at)
    lane.runner_seen_at = now
    claimed: list[Claimed] = []
    wait: float | None = None
    if most > 0:
        claimed, wait = await _claim(session, lane, at, most)
    await session.sql.flush()
    return Turn(claimed, wait_seconds=wait)


async def _claim(
    session: Session, lane: LaneRow, at: datetime, most: int
) -> tuple[list[Claimed], float | None]:
    now = to_micros(at)
    slot = max(now, lane.taken_until)
    if slot > now + _AHEAD_MICROS:
        return [], (slot - now - _AHEAD_MICROS / 2) / 1e6
    rows = (
        await session.sql.execute(_WAITING, {"sender": lane.sender, "now": at, "most": most})
    ).all()
    step = 1e6 / (lane.rate * _SHARE_OF_RATE)
    chosen: list[Claimed] = []
    refused: dict[MessageState, list[str]] = {MessageState.EXPIRED: [], MessageState.CANCELLED: []}
    for row in rows:
        if row.valid_until < at:
            refused[MessageState.EXPIRED].append(row.id)
            continue
        if row.stopped_at is not None and row.purpose != "answer":
            refused[MessageState.CANCELLED].append(row.id)
            continue
        if slot > now + _AHEAD_MICROS:
            break
        chosen.append(
            Claimed(
                row.id,
                session.vault.open_text(PHONE, row.phone),
                session.vault.open_text(BODY, row.body),
                row.valid_until,
                int(slot),
                row.looks > 0,
            )
        )
        slot += step * max(row.parts, 1)
    for state, ids in refused.items():
        if ids:
            await session.sql.execute(
                update(MessageRow)
                .where(col(MessageRow.id).in_(ids), col(MessageRow.state) == READY)
                .values(state=state, settled_at=at)
            )
    if chosen:
        taken = set(
            await session.sql.scalars(
                update(MessageRow)
                .where(
                    col(MessageRow.id).in_([each.id for each in chosen]),
                    col(MessageRow.state) == READY,
                )
                .values(
                    state=SENDING,
                    epoch=lane.epoch,
                    attempts=MessageRow.attempts + 1,
                    claimed_at=at,
                )
                .returning(col(MessageRow.id))
                .execution_options(synchronize_session=False)
            )
        )
        lane.taken_until = int(slot)
        return [each for each in chosen if each.id in taken], 0.0
    return [], 0.0 if rows else await _next_due(session, lane.sender, at)


async def _next_due(session: Session, sender: str, at: datetime) -> float | None:
    due = await session.sql.scalar(
        select(func.min(MessageRow.due_at)).where(
            MessageRow.sender == sender, MessageRow.state == READY
        )
    )
    return None if due is None else max((due - at).total_seconds(), 0.5)


async def leave_lane(session: Session, sender: str, epoch: int) -> None:
    """Stop being the runner, so that the next wake may take the lane at once."""
    await session.sql.execute(
        update(LaneRow)
        .where(col(LaneRow.sender) == sender, col(LaneRow.epoch) == epoch)
        .values(runner_seen_at=0)
    )


async def due_lanes(session: Session, at: datetime) -> list[str]:
    """Return senders with messages that may leave and nobody who runs the lane, for the sweep."""
    gone = to_micros(at) - _RUNNER_GONE_MICROS
    rows = await session.sql.scalars(
        select(LaneRow.sender).where(
            col(LaneRow.runner_seen_at) < gone,
            exists().where(
                col(MessageRow.sender) == LaneRow.sender,
                or_(
                    (col(MessageRow.state) == READY) & (col(MessageRow.due_at) <= at),
                    col(MessageRow.state) == SENDING,
                ),
            ),
        )
    )
    return list(rows)


class Doubtful(Struct, frozen=True):
    """A message of which we do not know whether the carrier took it."""

    id: str
    sender: str
    to: str
    body: str
    claimed_at: datetime
    looks: int
    is_alarm: bool


async def doubtful(session: Session, at: datetime, *, patience: timedelta) -> list[Doubtful]:
    """Return messages in doubt since *patience* or longer that were not yet given up on."""
    rows = await session.sql.execute(
        select(MessageRow, RecipientRow.phone)
        .join(RecipientRow, col(RecipientRow.id) == MessageRow.recipient_id)
        .where(
            MessageRow.state == IN_DOUBT,
            col(MessageRow.claimed_at) <= at - patience,
        )
        .order_by(col(MessageRow.claimed_at))
        .limit(100)
    )
    return [
        Doubtful(
            row.id,
            row.sender,
            session.vault.open_text(PHONE, phone),
            session.vault.open_text(BODY, row.body),
            row.claimed_at or at,
            row.looks,
            row.is_alarm,
        )
        for row, phone in rows
    ]


async def looked(session: Session, message_id: str) -> None:
    """Remember that the carrier was asked about a message and did not know it."""
    await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.id) == message_id)
        .values(looks=MessageRow.looks + 1)
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


async def call_out_of_ladder(session: Session, ladder_id: str) -> CallOutRow | None:
    """Return the call-out to which a ladder belongs."""
    found: CallOutRow | None = await session.sql.scalar(
        select(CallOutRow)
        .join(LadderRow, col(LadderRow.call_out_id) == CallOutRow.id)
        .where(LadderRow.id == ladder_id)
    )
    return found


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
