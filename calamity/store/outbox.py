"""The outbox: messages wait here as committed rows before they are texts.

One runner per lane takes turns. A turn is one transaction: it stores the results of the texts that
came back and claims the next ones, with the time slots in which they may leave. A runner that was
replaced finds another epoch on the lane and stops; what it had claimed is in doubt until the
carrier says.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from msgspec import Struct, json
from sqlalchemy import case, exists, func, insert, or_, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.store.database import Session
from calamity.store.direct import Direct
from calamity.store.ids import new_id
from calamity.store.people import PHONE
from calamity.store.tables import (
    CalamityRow,
    CallOutRow,
    DispatchRow,
    LadderRow,
    LaneRow,
    MessageRow,
    Moment,
    OpenQuestionRow,
    ReceiptRow,
    RecipientRow,
    ReplyRow,
    from_micros,
    to_micros,
)

BODY = b"message.body"
_MANY = 100
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


async def ensure_lane(session: Session, sender: str, rate: float) -> None:
    """Make sure that a sender has a lane at this rate (parts per second)."""
    dialect: Any = postgresql if session.is_postgres else sqlite
    made = dialect.insert(LaneRow).values(
        sender=sender, rate=rate, taken_until=0, epoch=0, runner_seen_at=0
    )
    await session.sql.execute(made.on_conflict_do_nothing())
    await session.sql.execute(
        update(LaneRow)
        .where(col(LaneRow.sender) == sender, col(LaneRow.rate) != rate)
        .values(rate=rate)
    )


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
        # In one order for everybody, so that two who ask the same people wait, not deadlock.
        for recipient, ladder in sorted(recipients, key=itemgetter(0))
    ]
    if not values:
        return
    dialect: Any = postgresql if session.is_postgres else sqlite
    asked = dialect.insert(OpenQuestionRow)
    # One open question per person and number: a new one takes the place of the old, also when two
    # are asked at the same moment.
    replaced = asked.on_conflict_do_update(
        index_elements=["recipient_id", "receiver"],
        index_where=text("closed_at IS NULL"),
        set_={
            name: asked.excluded[name]
            for name in ("id", "kind", "calamity_id", "ladder_id", "round_id", "asked_at")
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


async def settle(session: Session, results: Sequence[Result], at: datetime) -> None:
    """Store what became of texts; a result that arrives twice changes nothing."""
    await session.sql.flush()
    await _settle(await session.direct(), results, at)


async def _settle(direct: Direct, results: Sequence[Result], at: datetime) -> None:
    settled_at = to_micros(at)
    final = [
        (r.message_id, r.state.value, r.sid, r.error_code, settled_at)
        for r in results
        if r.retry_at is None
    ]
    again = [
        (r.message_id, to_micros(r.retry_at), r.error_code)
        for r in results
        if r.retry_at is not None
    ]
    if final:
        await direct.many(_SETTLE, final)
    if again:
        await direct.many(_AGAIN, again)


_SETTLE = """
UPDATE message SET state = $2, sid = $3, error_code = $4, settled_at = $5
WHERE id = $1 AND (state = 'sending' OR state = 'in_doubt')
"""
_AGAIN = """
UPDATE message SET state = 'ready', due_at = $2, error_code = $3
WHERE id = $1 AND (state = 'sending' OR state = 'in_doubt')
"""
_SEEN = """
UPDATE lane SET runner_seen_at = $1 WHERE sender = $2 AND epoch = $3 RETURNING rate, taken_until
"""
# Give before ask holds at the last moment too: an ASK waits until words have left, or it expires.
_WAITING = """
SELECT m.id, m.body, m.parts, m.valid_until, m.purpose, m.looks, r.phone, r.stopped_at
FROM message m JOIN recipient r ON r.id = m.recipient_id
WHERE m.sender = $1 AND m.state = 'ready' AND m.due_at <= $2
  AND (m.purpose <> 'ask' OR m.valid_until < $2 OR EXISTS (
    SELECT 1 FROM message g
    WHERE g.recipient_id = m.recipient_id AND g.calamity_id = m.calamity_id
      AND g.purpose = 'give' AND (g.state = 'accepted' OR g.state = 'in_doubt')
  ))
ORDER BY m.urgency, m.due_at, m.id
LIMIT $3
"""
_CLAIM = """
UPDATE message SET state = 'sending', epoch = $1, attempts = attempts + 1, claimed_at = $2
WHERE state = 'ready' AND id IN ({}) RETURNING id
"""
# One value with all ids, whatever their number: each database prepares one statement.
_CLAIM_SQLITE = _CLAIM.format("SELECT value FROM json_each($3)")
_CLAIM_POSTGRES = _CLAIM.format("SELECT unnest($3::text[])")
_DROP = "UPDATE message SET state = $2, settled_at = $3 WHERE id = $1 AND state = 'ready'"
_TAKEN = "UPDATE lane SET taken_until = $1 WHERE sender = $2"


async def take_turn(
    session: Session, sender: str, epoch: int, *, results: Sequence[Result], at: datetime, most: int
) -> Turn:
    """Store *results* and claim up to *most* messages of a lane, with their slots."""
    await session.sql.flush()
    direct = await session.direct()
    await _settle(direct, results, at)
    lanes = await direct.rows(_SEEN, to_micros(at), sender, epoch)
    if not lanes:
        return Turn([], lost=True)
    if most <= 0:
        return Turn([])
    rate, taken_until = lanes[0]
    return await _claim(session, sender, epoch, at=at, most=most, slots=(taken_until, 1e6 / rate))


async def _claim(
    session: Session,
    sender: str,
    epoch: int,
    *,
    at: datetime,
    most: int,
    slots: tuple[float, float],
) -> Turn:
    """Claim messages; *slots* say until when the lane is taken, and how long one part takes."""
    now = to_micros(at)
    slot, step = max(now, slots[0]), slots[1] / _SHARE_OF_RATE
    if slot > now + _AHEAD_MICROS:
        return Turn([], wait_seconds=(slot - now - _AHEAD_MICROS / 2) / 1e6)
    direct = await session.direct()
    rows = await direct.rows(_WAITING, sender, now, most)
    chosen: list[Claimed] = []
    dropped: list[tuple[str, str, int]] = []
    for id_, body, parts, valid_until, purpose, looks, phone, stopped_at in rows:
        if valid_until < now:
            dropped.append((id_, MessageState.EXPIRED.value, now))
            continue
        if stopped_at is not None and purpose != "answer":
            dropped.append((id_, MessageState.CANCELLED.value, now))
            continue
        if slot > now + _AHEAD_MICROS:
            break
        to, words = session.vault.open_text(PHONE, phone), session.vault.open_text(BODY, body)
        chosen.append(Claimed(id_, to, words, from_micros(valid_until), int(slot), looks > 0))
        slot += step * max(parts, 1)
    if dropped:
        await direct.many(_DROP, dropped)
    if not chosen:
        wait = 0.0 if rows else await _next_due(session, sender, at)
        return Turn([], wait_seconds=wait)
    ids = [each.id for each in chosen]
    taken = {
        row[0]
        for row in (
            await direct.rows(_CLAIM_POSTGRES, epoch, now, ids)
            if session.is_postgres
            else await direct.rows(_CLAIM_SQLITE, epoch, now, json.encode(ids).decode())
        )
    }
    await direct.rows(_TAKEN, int(slot), sender)
    return Turn([each for each in chosen if each.id in taken], wait_seconds=0.0)


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
