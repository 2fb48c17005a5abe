"""The lanes of the outbox: one runner per sender takes turns.

A turn is one transaction: it stores the results of the texts that came back and claims the next
ones, with the time slots in which they may leave. A runner that was replaced finds another epoch on
the lane and stops; what it had claimed is in doubt until the carrier says.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, json, structs
from sqlalchemy import case, exists, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from calamity.domain.channels import Channel, channel_of
from calamity.domain.dispatch import MessageState, pace_of
from calamity.store.database import Session
from calamity.store.direct import Direct
from calamity.store.outbox.messages import BODY, IN_DOUBT, READY, SENDING, address_on
from calamity.store.tables import (
    LaneRow,
    MessageRow,
    from_micros,
    to_micros,
)

_RUNNER_GONE_MICROS = 6_000_000
_AHEAD_MICROS = 400_000
_BEHIND_MICROS = 400_000
"""Slots that a late turn missed and may still use; the runner keeps the rate where texts leave."""
# A hair below the configured rate: what a runner's pace holds up must be able to catch up.
_SHARE_OF_RATE = 0.99


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


class Claimed(Struct, frozen=True):
    """A message that this runner alone may send, not before *slot* (microseconds since 1970)."""

    id: str
    to: str
    body: str
    valid_until: datetime
    slot: int
    is_repeat: bool
    attempts: int = 1
    """How often it leaves, this time counted in."""
    parts: int = 1


class Refusal(Struct, frozen=True):
    """A message that the carrier refused for good."""

    ladder_id: str | None
    recipient_id: str
    error_code: int | None
    channel: Channel


async def refusals(session: Session, message_ids: Sequence[str]) -> list[Refusal]:
    """Return which of these messages were refused, with whom that concerns."""
    rows = await session.sql.execute(
        select(
            MessageRow.ladder_id, MessageRow.recipient_id, MessageRow.error_code, MessageRow.channel
        ).where(col(MessageRow.id).in_(message_ids), MessageRow.state == MessageState.REJECTED)
    )
    return [Refusal(row[0], row[1], row[2], Channel(row[3])) for row in rows]


class Turn(Struct, frozen=True):
    """What a turn brought: messages to send, or how long to wait; *lost* after a replacement."""

    claimed: list[Claimed]
    lost: bool = False
    wait_seconds: float | None = None
    """None when nothing waits."""
    rate: float = 0.0
    """Parts per second, as configured now."""


class Result(Struct, frozen=True):
    """What became of one text; *retry_at* is set when it was not sent and should be."""

    message_id: str
    state: MessageState
    sid: str | None = None
    error_code: int | None = None
    retry_at: datetime | None = None


async def hold_lane(session: Session, sender: str) -> LaneRow | None:
    """Keep other runners from a lane until the transaction ends.

    Who changes several of its messages holds the lane first, so that no two wait for each other.
    """
    lane: LaneRow | None = await session.sql.scalar(
        select(LaneRow)
        .where(LaneRow.sender == sender)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return lane


async def take_lane(session: Session, sender: str, at: datetime) -> int | None:
    """Become the runner of a lane and return the epoch, or None while another one runs it."""
    lane = await hold_lane(session, sender)
    now = to_micros(at)
    if lane is None or now - lane.runner_seen_at < _RUNNER_GONE_MICROS:
        return None
    lane.epoch += 1
    # Nobody knows what a runner that fell silent let out last; its second has to pass.
    silent = lane.runner_seen_at > 0
    lane.taken_until = max(lane.taken_until, now + silent * int(1e6 * pace_of(lane.rate)[1]))
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
    await _settle(session, await session.direct(), results, at)


async def _settle(
    session: Session, direct: Direct, results: Sequence[Result], at: datetime
) -> None:
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
    if final and session.is_postgres:
        await direct.rows(_SETTLE_POSTGRES, *map(list, zip(*final, strict=True)))
    elif final:
        await direct.many(_SETTLE, final)
    if again:
        await direct.many(_AGAIN, again)


_SETTLE = """
UPDATE message SET state = $2, sid = $3, error_code = $4, settled_at = $5
WHERE id = $1 AND (state = 'sending' OR state = 'in_doubt')
"""
# One statement for all of them, which saves PostgreSQL most of the work.
_SETTLE_POSTGRES = """
UPDATE message SET state = r.state, sid = r.sid, error_code = r.code, settled_at = r.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[])
  AS r(id, state, sid, code, at)
WHERE message.id = r.id AND (message.state = 'sending' OR message.state = 'in_doubt')
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
SELECT m.id, m.body, m.parts, m.valid_until, m.purpose, m.is_repeat, m.attempts, r.phone,
  r.email, r.stopped_at, r.paused_until
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
    lanes = await direct.rows(_SEEN, to_micros(at), sender, epoch)
    await _settle(session, direct, results, at)
    if not lanes:
        return Turn([], lost=True)
    rate, taken_until = lanes[0]
    if most <= 0:
        return Turn([], rate=rate)
    parts, seconds = pace_of(rate)
    slots = (taken_until, 1e6 * seconds / parts)
    turn = await _claim(session, sender, epoch, at=at, most=most, slots=slots)
    return structs.replace(turn, rate=rate)


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
    slot, step = max(now - _BEHIND_MICROS, slots[0]), slots[1] / _SHARE_OF_RATE
    if slot > now + _AHEAD_MICROS:
        return Turn([], wait_seconds=(slot - now - _AHEAD_MICROS / 2) / 1e6)
    direct = await session.direct()
    rows = await direct.rows(_WAITING, sender, now, most)
    calls = channel_of(sender) is Channel.VOICE
    chosen: list[Claimed] = []
    dropped: list[tuple[str, str, int]] = []
    for (
        id_, body, parts, valid_until, purpose, is_repeat, attempts, phone, email, stopped_at,
        paused_until,
    ) in rows:  # fmt: skip
        if valid_until < now:
            dropped.append((id_, MessageState.EXPIRED.value, now))
            continue
        wants_none = stopped_at is not None or (paused_until or 0) > now
        # Who said STOP gets no texts; the team may still be phoned when it is called out.
        if wants_none and purpose != "answer" and not calls:
            dropped.append((id_, MessageState.CANCELLED.value, now))
            continue
        if slot > now + _AHEAD_MICROS:
            break
        to = address_on(session, sender, phone, email)
        if not to:
            # The e-mail address was taken away since.
            dropped.append((id_, MessageState.CANCELLED.value, now))
            continue
        words = session.vault.open_text(BODY, body)
        valid = from_micros(valid_until)
        many, again = max(parts, 1), bool(is_repeat)
        chosen.append(Claimed(id_, to, words, valid, int(slot), again, attempts + 1, many))
        slot += step * many
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


async def leave_lane(session: Session, sender: str, epoch: int, *, free_at: int = 0) -> None:
    """Stop being the runner, so that the next wake may take the lane at once.

    The slots of the next runner begin at *free_at* (microseconds since 1970), if not later.
    """
    taken = col(LaneRow.taken_until)
    await session.sql.execute(
        update(LaneRow)
        .where(col(LaneRow.sender) == sender, col(LaneRow.epoch) == epoch)
        .values(runner_seen_at=0, taken_until=case((taken < free_at, free_at), else_=taken))
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
