"""The worker: serves wakes, sweeps every two seconds, runs lanes and settles doubts.

Everything it does starts from rows, so a worker that dies at any instruction is taken over by the
next one. No transaction is open while the carrier is called.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from msgspec import Struct

from calamity.actions.check_in import close_round
from calamity.actions.dispatch import finish_dispatches
from calamity.actions.receive import read_inbox, take_in_refusals
from calamity.actions.tasks import run_activation
from calamity.actions.terms import Terms
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import CalamityError, Unavailable
from calamity.gateways.carrier import (
    Accepted,
    Carrier,
    Found,
    InDoubt,
    NotSent,
    OutboundText,
    Outcome,
    Rejected,
    Trouble,
    meaning_of,
)
from calamity.gateways.twilio import TwilioAccount, TwilioCarrier
from calamity.settings import Settings
from calamity.store import calamities, call_outs, outbox, rounds
from calamity.store.database import Database
from calamity.store.outbox import Claimed, Result
from calamity.store.tables import to_micros
from calamity.store.wakes import Wakes
from calamity.web.house import House

_SWEEP_SECONDS = 2.0
_IN_FLIGHT = 40
_CHUNK = 50
_FIRST_LOOK = timedelta(seconds=5)
_LOOKS_APART = timedelta(seconds=61)
_ALARM_APART = timedelta(seconds=35)
_BACKOFF_SECONDS = 2.0
_STAY_SECONDS = 0.25
_CONFIG_SECONDS = 30.0
_DATABASE_AWAY_SECONDS = 1.0

log = structlog.get_logger(__name__)


def repeated(body: str) -> str:
    """Return the text of an alarm that may have left before."""
    return f"{body} (herhaald)"


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def carrier_of(settings: Settings) -> Carrier:
    """Return the carrier that the settings name."""
    return TwilioCarrier(
        TwilioAccount(
            account_sid=settings.twilio_account_sid,
            public_url=settings.public_url,
            auth_token=settings.auth_tokens[0],
            api_key=settings.twilio_api_key,
            api_secret=settings.twilio_api_secret,
            origin=settings.twilio_origin,
            region=settings.twilio_region,
            messaging_service_sid=settings.twilio_messaging_service_sid,
        )
    )


async def work(house: House) -> None:
    """Work in this house until cancelled."""
    carrier = carrier_of(house.settings)
    await Worker(house.database, house.wakes, carrier, house.terms).run()


class Worker:
    """One node's worker. `run` it as a task; cancel it to stop."""

    def __init__(self, database: Database, wakes: Wakes, carrier: Carrier, terms: Terms) -> None:
        self._database = database
        self._wakes = wakes
        self._carrier = carrier
        self._terms = terms
        self._lanes: dict[str, asyncio.Task[None]] = {}
        wakes.handle("activation", self._activation)
        wakes.handle("lane", self._lane)
        wakes.handle("round", self._round)
        wakes.handle("inbox", self._inbox)

    async def run(self) -> None:
        """Work until cancelled."""
        if not self._database.is_postgres:
            async with self._database.transaction() as session:
                await outbox.release_lanes(session, [self._terms.sender])
        await self._carrier.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._wakes.run())
                group.create_task(self._sweep())
        finally:
            for task in self._lanes.values():
                task.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            await self._carrier.close()

    async def _sweep(self) -> None:
        """Find what is due in the rows themselves: wakes may be lost, rows are not."""
        while True:
            for step in (
                self._sweep_activations,
                self._sweep_rounds,
                self._sweep_inbox,
                self._sweep_lanes,
                self._sweep_doubts,
                self._sweep_dispatches,
            ):
                await _survive(step)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _sweep_activations(self) -> None:
        async with self._database.reading() as session:
            due = set(await calamities.due_activations(session, now()))
            due |= set(await call_outs.due_ladders(session, now()))
        for activation_id in due:
            await self._activation(activation_id)

    async def _sweep_rounds(self) -> None:
        async with self._database.reading() as session:
            due = await rounds.due_rounds(session, now())
        for round_id, municipality_id in due:
            await self._round(f"{municipality_id} {round_id}")

    async def _sweep_inbox(self) -> None:
        async with self._database.reading() as session:
            waits = await outbox.inbox_waits(session)
        if waits:
            await self._inbox("")

    async def _sweep_lanes(self) -> None:
        async with self._database.reading() as session:
            due = await outbox.due_lanes(session, now())
        for sender in due:
            await self._lane(sender)

    async def _sweep_dispatches(self) -> None:
        async with self._database.reading() as session:
            waits = await outbox.unfinished_dispatches(session)
        if waits:
            async with self._database.transaction() as session:
                await finish_dispatches(session, now())

    async def _activation(self, activation_id: str) -> None:
        async with self._database.transaction() as session:
            await run_activation(session, self._wakes, self._terms, activation_id, at=now())

    async def _round(self, key: str) -> None:
        municipality_id, round_id = key.split(" ")
        # Texts that came in before the closing still count.
        await self._inbox("")
        async with self._database.transaction() as session:
            await close_round(session, self._wakes, municipality_id, round_id, at=now())

    async def _inbox(self, _: str) -> None:
        more = True
        while more:
            async with self._database.transaction() as session:
                more = await read_inbox(session, self._wakes, self._terms, at=now())

    async def _lane(self, sender: str) -> None:
        """Run the lane of a sender, unless this node does so already."""
        running = self._lanes.get(sender)
        if running is not None and not running.done():
            return
        self._lanes[sender] = asyncio.create_task(_survive(_Lane(self, sender).run))

    async def _sweep_doubts(self) -> None:
        """Ask the carrier about messages of which we do not know whether it took them."""
        async with self._database.reading() as session:
            waiting = await outbox.doubtful(session, now(), patience=_FIRST_LOOK)
        for message in waiting:
            if message.looks and message.looked_at is not None:
                apart = _ALARM_APART if message.is_alarm else _LOOKS_APART
                if now() - message.looked_at < apart:
                    continue
            await self._look(message)

    async def _look(self, message: outbox.Doubtful) -> None:
        bodies = [message.body, *([repeated(message.body)] if message.is_repeat else [])]
        found: list[Found] = []
        try:
            for body in bodies:
                text = OutboundText(message.id, message.sender, message.to, body, 0)
                found += await self._carrier.find(text, message.claimed_at)
        except Unavailable:
            return
        at = now()
        async with self._database.transaction() as session:
            known = await outbox.known_sids(session, [each.sid for each in found])
            fresh = [each for each in found if each.sid not in known]
            if fresh:
                result = Result(message.id, MessageState.ACCEPTED, fresh[0].sid)
                await outbox.settle(session, [result], at)
            elif message.looks:
                # Looked twice, a minute apart (an alarm: 40 s): the carrier does not have it.
                await outbox.send_again(session, message, at)
                await self._wakes.wake(session, "lane", message.sender)
            else:
                await outbox.looked(session, message.id, at)
        log.info("message.looked_up", message_id=message.id, found=bool(fresh))

    @property
    def database(self) -> Database:
        """The database of this node."""
        return self._database

    @property
    def carrier(self) -> Carrier:
        """The carrier of this node."""
        return self._carrier

    @property
    def wakes(self) -> Wakes:
        """The wakes of this node."""
        return self._wakes


class _Turn(Struct, frozen=True):
    """What a turn brought a runner."""

    claimed: list[Claimed]
    lost: bool
    is_over: bool
    wait_seconds: float | None


class _Lane:
    """One run of a lane: turns with the database, texts in between, until nothing is due."""

    def __init__(self, worker: Worker, sender: str) -> None:
        self._worker = worker
        self._sender = sender
        self._results: list[Result] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Send what is due; whoever replaced this runner goes on where it stopped."""
        async with self._worker.database.transaction() as session:
            epoch = await outbox.take_lane(session, self._sender, now())
        if epoch is None:
            return
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
                task = asyncio.create_task(self._send(claimed))
                self._flying.add(task)
                task.add_done_callback(self._landed)
            if turn.is_over:
                return
            await self._breathe(turn.wait_seconds)

    async def _turn(self, epoch: int) -> "_Turn | None":
        """Store results and claim more, in one transaction; None when that failed."""
        results, self._results = self._results, []
        at = now()
        room = min(_CHUNK, _IN_FLIGHT + _CHUNK // 2 - len(self._flying))
        try:
            async with self._worker.database.transaction() as session:
                turn = await outbox.take_turn(
                    session, self._sender, epoch, results=results, at=at, most=max(room, 0)
                )
                refused = [r.message_id for r in results if r.state is MessageState.REJECTED]
                if refused:
                    await take_in_refusals(session, self._worker.wakes, refused, at=at)
                is_over = not (turn.claimed or turn.lost or self._flying or self._results)
                is_over = is_over and turn.wait_seconds != 0
                if is_over:
                    await outbox.leave_lane(session, self._sender, epoch)
                    if turn.wait_seconds is not None:
                        await self._worker.wakes.wake(
                            session, "lane", self._sender, turn.wait_seconds
                        )
        except Exception:
            log.exception("lane.turn_failed", epoch=epoch)
            self._results = results + self._results
            return None
        return _Turn(turn.claimed, turn.lost, is_over, turn.wait_seconds)

    async def _hand_over(self, epoch: int) -> None:
        """Another runner has the lane: finish what flies and store what became of it."""
        log.warning("lane.replaced", epoch=epoch)
        if self._flying:
            await asyncio.wait(self._flying)
        async with self._worker.database.transaction() as session:
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
        elif wait:
            await asyncio.sleep(min(wait, 1.0))
        else:
            await asyncio.sleep(0)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if len(self._flying) <= _IN_FLIGHT // 2:
            self._news.set()

    async def _send(self, claimed: Claimed) -> None:
        wait = (claimed.slot - to_micros(now())) / 1e6
        if wait > 0:
            await asyncio.sleep(wait)
        valid = int((claimed.valid_until - now()).total_seconds())
        body = repeated(claimed.body) if claimed.is_repeat else claimed.body
        outcome = await self._worker.carrier.send(
            OutboundText(claimed.id, self._sender, claimed.to, body, max(min(valid, 36000), 60))
        )
        self._results.append(_result(claimed.id, outcome))


def _result(message_id: str, outcome: Outcome) -> Result:
    match outcome:
        case Accepted(sid=sid):
            return Result(message_id, MessageState.ACCEPTED, sid)
        case Rejected(code=code) if meaning_of(code).kind is Trouble.CONFIG:
            # Our own fault, for every message alike: hold the lane until someone mends it.
            log.error("carrier.misconfigured", error_code=code)
            again = now() + timedelta(seconds=_CONFIG_SECONDS)
            return Result(message_id, MessageState.READY, error_code=code, retry_at=again)
        case Rejected(code=code):
            return Result(message_id, MessageState.REJECTED, error_code=code)
        case NotSent(retry_after_seconds=seconds, code=code):
            again = now() + timedelta(seconds=max(seconds, _BACKOFF_SECONDS))
            return Result(message_id, MessageState.READY, error_code=code, retry_at=again)
        case InDoubt():
            return Result(message_id, MessageState.IN_DOUBT)


async def _survive(step: Callable[[], Awaitable[None]]) -> None:
    """Run a step of the worker; log what goes wrong and go on, for the rows say what is due."""
    try:
        await step()
    except CalamityError as error:
        log.warning("worker.refused", step=step.__qualname__, reason=error.message)
    except Exception:
        log.exception("worker.failed", step=step.__qualname__)
