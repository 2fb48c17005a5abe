"""Running a lane: texts leave in their slots, results come back together.

No transaction is open while the carrier is called.
"""

import asyncio
import secrets
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec import Struct

from calamity.actions.receive import take_in_refusals
from calamity.domain.dispatch import MessageState
from calamity.gateways.carrier import (
    Accepted,
    InDoubt,
    NotSent,
    OutboundText,
    Outcome,
    Rejected,
    meaning_of,
)
from calamity.store import outbox
from calamity.store.outbox import Claimed, Result
from calamity.store.tables import to_micros
from calamity.web.house import now
from calamity.worker.doubts import repeated
from calamity.worker.pace import Pace
from calamity.worker.routes import Watch

if TYPE_CHECKING:
    from calamity.worker import Worker

_IN_FLIGHT = 40
_CHUNK = 50
_BACKOFF_SECONDS = 2.0
_LONGEST_BACKOFF_SECONDS = 60.0
_LONGEST_BRAKE_SECONDS = 15.0
_STAY_SECONDS = 0.25
_LINGER_SECONDS = 1.0
"""A runner waits for what may leave so soon; for the rest a wake brings the next one."""
_FORGIVEN = 4
"""How many texts in a row may be put off before the lane waits too."""
_SURE_SECONDS = 2.0
"""So long after a turn nobody else has the lane, also where clocks differ by seconds."""
_UNSURE_SECONDS = 0.05
_CONFIG_SECONDS = 30.0
_DATABASE_AWAY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class _Turn(Struct, frozen=True):
    """What a turn brought a runner."""

    claimed: list[Claimed]
    lost: bool
    is_over: bool
    wait_seconds: float | None


class Lane:
    """One run of a lane: turns with the database, texts in between, until nothing is due."""

    def __init__(self, worker: "Worker", sender: str) -> None:
        self._worker = worker
        self._sender = sender
        self._results: list[Result] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._watch = Watch(worker, sender)
        self._news = asyncio.Event()
        self._refused_in_a_row = 0
        self._braked_until = 0.0
        self._pace = Pace()
        self._door = asyncio.Lock()
        self._waiting = 0
        self._sure_until = 0.0
        self._has_ended = False

    async def run(self) -> None:
        """Send what is due; whoever replaced this runner goes on where it stopped."""
        # Slots that lapse while the carrier gets ready would all be used at once.
        await self._worker.sender_for(self._sender).ready()
        async with self._worker.database.transaction() as session:
            epoch = await outbox.take_lane(session, self._sender, now())
        if epoch is None:
            return
        try:
            await self._turns(epoch)
        finally:
            self._has_ended = True

    async def _turns(self, epoch: int) -> None:
        while True:
            turn = await self._turn(epoch)
            if turn is None:
                # The database is away: what was sent stays in memory until it is back.
                await asyncio.sleep(_DATABASE_AWAY_SECONDS)
                continue
            if turn.lost:
                await self._hand_over(epoch)
                return
            for claimed in turn.claimed:
                self._waiting += claimed.parts
                task = asyncio.create_task(self._send(claimed))
                self._flying.add(task)
                task.add_done_callback(self._landed)
            if turn.is_over:
                return
            await self._breathe(turn.wait_seconds)

    async def _turn(self, epoch: int) -> "_Turn | None":
        """Store results and claim more, in one transaction; None when that failed."""
        results, self._results = self._results, []
        at, begun = now(), time.monotonic()
        braked = self._brake_seconds() > 0
        room = min(_CHUNK, _IN_FLIGHT + _CHUNK // 2 - len(self._flying))
        if braked or self._waiting > self._pace.most:
            room = 0
        try:
            async with self._worker.database.transaction() as session:
                room = await self._watch.room(session, max(room, 0), len(self._flying), at)
                turn = await outbox.take_turn(
                    session, self._sender, epoch, results=results, at=at, most=room
                )
                refused = [r.message_id for r in results if r.state is MessageState.REJECTED]
                if refused:
                    await take_in_refusals(session, self._worker.wakes, refused, at=at)
                is_over = not (turn.claimed or turn.lost or self._flying or self._results)
                wait = turn.wait_seconds
                is_over = is_over and not braked and (wait is None or wait > _LINGER_SECONDS)
                if is_over:
                    rest = timedelta(seconds=self._pace.rest(time.monotonic()))
                    free_at = to_micros(now() + rest)
                    await outbox.leave_lane(session, self._sender, epoch, free_at=free_at)
                    if wait is not None:
                        await self._worker.wakes.wake(session, "lane", self._sender, wait)
        except Exception:
            log.exception("lane.turn_failed", epoch=epoch)
            self._results = results + self._results
            return None
        if not turn.lost:
            self._pace.keep_to(turn.rate)
            self._sure_until = begun + _SURE_SECONDS
        return _Turn(turn.claimed, turn.lost, is_over, turn.wait_seconds)

    async def _hand_over(self, epoch: int) -> None:
        """Another runner has the lane: finish what flies and store what became of it."""
        log.warning("lane.replaced", epoch=epoch)
        self._has_ended = True
        if self._flying:
            await asyncio.wait(self._flying)
        async with self._worker.database.transaction() as session:
            await outbox.hold_lane(session, self._sender)
            await outbox.settle(session, self._results, now())

    async def _breathe(self, wait: float | None) -> None:
        """Let texts fly; come back soon when there may be more to claim."""
        if self._flying:
            # Many results share one commit: come back when half of the room is free again.
            self._news.clear()
            if len(self._flying) > _IN_FLIGHT // 2:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _STAY_SECONDS)
            else:
                await asyncio.wait(self._flying, timeout=_STAY_SECONDS)
        elif wait or self._brake_seconds() > 0:
            await asyncio.sleep(min(wait or self._brake_seconds(), 1.0))
        else:
            await asyncio.sleep(0)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if len(self._flying) <= _IN_FLIGHT // 2:
            self._news.set()

    async def _may_leave(self, claimed: Claimed) -> bool:
        """Wait for the slot, and for room in the pace; False when another runner has the lane."""
        early = (claimed.slot - to_micros(now())) / 1e6
        if early > 0:
            await asyncio.sleep(early)
        async with self._door:
            while not self._has_ended:
                at = time.monotonic()
                # A runner that was held up asks the database first whether it still is one.
                is_sure = at < self._sure_until
                wait = self._pace.wait(claimed.parts, at) if is_sure else _UNSURE_SECONDS
                if wait <= 0:
                    self._pace.leave(claimed.parts, at)
                    return True
                await asyncio.sleep(wait)
        return False

    async def _send(self, claimed: Claimed) -> None:
        may_leave = await self._may_leave(claimed)
        self._waiting -= claimed.parts
        if not may_leave:
            self._results.append(Result(claimed.id, MessageState.READY, retry_at=now()))
            return
        valid = int((claimed.valid_until - now()).total_seconds())
        body = repeated(claimed.body) if claimed.is_repeat else claimed.body
        outcome = await self._worker.sender_for(self._sender).send(
            OutboundText(claimed.id, self._sender, claimed.to, body, max(min(valid, 36000), 60))
        )
        self._watch.heard(outcome)
        self._results.append(self._result(claimed, outcome))

    def _result(self, claimed: Claimed, outcome: Outcome) -> Result:
        id_ = claimed.id
        match outcome:
            case Accepted(sid=sid):
                self._refused_in_a_row = 0
                return Result(id_, MessageState.ACCEPTED, sid)
            case Rejected(code=code) if meaning_of(code).stops_everyone:
                # Our own fault, for every message alike: hold the lane until someone mends it.
                log.error("carrier.misconfigured", error_code=code)
                return self._again(id_, _CONFIG_SECONDS, code, forgiven=0)
            case Rejected(code=code):
                self._refused_in_a_row = 0
                return Result(id_, MessageState.REJECTED, error_code=code)
            case NotSent(retry_after_seconds=seconds, code=code):
                return self._again(id_, max(seconds, _backoff(claimed.attempts)), code)
            case InDoubt():
                return Result(id_, MessageState.IN_DOUBT)

    def _again(
        self, id_: str, seconds: float, code: int | None, *, forgiven: int = _FORGIVEN
    ) -> Result:
        """Let a text leave later, and after some in a row the others of this lane too."""
        self._refused_in_a_row += 1
        if (times := self._refused_in_a_row - forgiven) > 0:
            brake = min(_backoff(times), seconds, _LONGEST_BRAKE_SECONDS)
            self._braked_until = max(self._braked_until, time.monotonic() + brake)
        again = now() + timedelta(seconds=seconds)
        return Result(id_, MessageState.READY, error_code=code, retry_at=again)

    def _brake_seconds(self) -> float:
        return self._braked_until - time.monotonic()


def _backoff(times: int) -> float:
    """Return how long to wait after so many refusals: twice as long each time, never the same."""
    usual = _BACKOFF_SECONDS * (1 << min(max(times - 1, 0), 10))
    return min(usual, _LONGEST_BACKOFF_SECONDS) * (1 + secrets.randbelow(250) / 1000)
