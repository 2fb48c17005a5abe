"""The composition root of the worker: takes wakes, sweeps rows, runs lanes and settles doubts.

Everything it does starts from rows, so a worker that dies at any instruction is taken over by the
next one. No transaction is open while the carrier is called.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog

from calamity.actions.check_in import close_round
from calamity.actions.copies import copy_unheard_alarms
from calamity.actions.dispatch import finish_dispatches
from calamity.actions.receive import read_inbox
from calamity.actions.run import run_activation
from calamity.actions.terms import Terms
from calamity.actions.unknown import erase_unknown
from calamity.domain.channels import Channel, channel_of
from calamity.domain.dispatch import COPY_AFTER, COPY_UNTIL
from calamity.domain.errors import CalamityError
from calamity.gateways.carrier import Carrier, Sender
from calamity.gateways.mail import MailCarrier, mail_server_of
from calamity.gateways.twilio import TwilioCarrier, account_of
from calamity.gateways.twilio_calls import TwilioCalls
from calamity.settings import Settings
from calamity.store import call_outs, outbox, rounds, tasks
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.wakes import Wakes
from calamity.web.house import House, now
from calamity.worker.calls import call_off_calls
from calamity.worker.doubts import settle_doubts
from calamity.worker.lanes import Lane
from calamity.worker.routes import ask_open_routes, carriers_by_route, mind_routes
from calamity.worker.sweeps import notice_foreign, recover_inbound

__all__ = ["Worker", "carriers_of", "now", "work"]

_SWEEP_SECONDS = 2.0
_CARRIER_SECONDS = 3.0
"""The first seconds after the start are for the rest of the house."""
_ENOUGH_FOR_COPIES = 2
_UNKNOWN, _UNKNOWN_EVERY = "unknown", timedelta(hours=1)
_Step = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


def carriers_of(settings: Settings, inbox: Inbox) -> dict[str, Carrier]:
    """Return the carriers that the settings name, in the order in which texts take them.

    What an SMSC brings over our own line goes into *inbox*; Twilio posts it to the web process.
    """
    return {name: _carrier(name, settings, inbox) for name in settings.carriers}


def _carrier(name: str, settings: Settings, inbox: Inbox) -> Carrier:
    if name != "smpp":
        return TwilioCarrier(account_of(settings))
    # Only who takes this route waits for its library.
    from calamity.gateways.smpp import SmppCarrier, smpp_account_of

    return SmppCarrier(smpp_account_of(settings), inbox.keep)


async def work(house: House) -> None:
    """Work in this house until cancelled."""
    carriers = carriers_of(house.settings, house.inbox)
    others: dict[Channel, Sender] = {Channel.EMAIL: MailCarrier(mail_server_of(house.settings))}
    for carrier in carriers.values():
        if isinstance(carrier, TwilioCarrier):
            others[Channel.VOICE] = TwilioCalls(carrier)
    await Worker(
        house.database,
        house.wakes,
        carriers[house.settings.carriers[0]],
        house.terms,
        inbox=house.inbox,
        others=others,
        by_route=carriers,
    ).run()


class Worker:
    """One node's worker. `run` it as a task; cancel it to stop."""

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        carrier: Carrier,
        terms: Terms,
        *,
        inbox: Inbox | None = None,
        receivers: Sequence[str] = (),
        others: Mapping[Channel, Sender] = MappingProxyType({}),
        by_route: Mapping[str, Carrier] = MappingProxyType({}),
    ) -> None:
        """Take *carrier* for every route that *by_route* does not name."""
        self.inbox = inbox or Inbox(database, wakes)
        self.rests_until: dict[str, datetime] = {}
        """Sweeps for which it is not yet time, as far as this node knows."""
        self.called_off: set[str] = set()
        """Calls that the carrier was told to end."""
        self.others = others
        """What carries messages that are no texts."""
        ours = (number for route in terms.routes for number in route.senders)
        self._receivers = list(receivers) or list(ours)
        self._database = database
        self._wakes = wakes
        self.carriers = carriers_by_route(terms.routes, carrier, by_route)
        """The carriers of this node, by the name of their route."""
        self.terms = terms
        self._lanes: dict[str, asyncio.Task[None]] = {}
        wakes.handle("activation", self._activation)
        wakes.handle("lane", self._lane)
        wakes.handle("round", self._round)
        wakes.handle("inbox", self._inbox)

    async def run(self) -> None:
        """Work until cancelled."""
        async with self._database.transaction() as session:
            if not self._database.is_postgres:
                await outbox.release_lanes(session, list(self.terms.senders))
            # A route may be new in the middle of a calamity.
            for sender, rate in self.terms.senders.items():
                await outbox.ensure_lane(session, sender, rate)
        for carrier in self.carriers.values():
            await carrier.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._wakes.run())
                group.create_task(self._sweep(self._due_in_rows()))
                # The carrier may be slow to answer, and what is due here does not wait for that.
                group.create_task(self._sweep(self._due_at_carrier(), after=_CARRIER_SECONDS))
        finally:
            for task in self._lanes.values():
                task.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            for carrier in self.carriers.values():
                await carrier.close()

    def _due_in_rows(self) -> list[_Step]:
        return [
            self._sweep_activations,
            self._sweep_rounds,
            self._sweep_spool,
            self._sweep_inbox,
            self._sweep_routes,
            self._sweep_lanes,
            self._sweep_dispatches,
            self._sweep_copies,
            self._sweep_unknown,
        ]

    def _due_at_carrier(self) -> list[_Step]:
        return [
            self._ask_open_routes,
            self._sweep_calls,
            self._sweep_doubts,
            self._sweep_inbound,
            self._sweep_foreign,
        ]

    async def _sweep(self, steps: list[_Step], *, after: float = 0) -> None:
        """Find what is due in the rows themselves: wakes may be lost, rows are not."""
        await asyncio.sleep(after)
        while True:
            for step in steps:
                await _survive(step)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _sweep_spool(self) -> None:
        await self.inbox.replay()

    async def _sweep_routes(self) -> None:
        await mind_routes(self)

    async def _ask_open_routes(self) -> None:
        await ask_open_routes(self)

    async def _sweep_calls(self) -> None:
        await call_off_calls(self)

    async def _sweep_doubts(self) -> None:
        await settle_doubts(self)

    async def _sweep_inbound(self) -> None:
        await recover_inbound(self, self._receivers)

    async def _sweep_foreign(self) -> None:
        await notice_foreign(self)

    async def _sweep_activations(self) -> None:
        async with self._database.reading() as session:
            due = set(await tasks.due_activations(session, now()))
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

    async def _sweep_copies(self) -> None:
        at = now()
        if len(self.carriers) < _ENOUGH_FOR_COPIES:
            return
        async with self._database.reading() as session:
            waits = await outbox.any_unheard(session, after=at - COPY_UNTIL, before=at - COPY_AFTER)
        if waits:
            async with self._database.transaction() as session:
                await copy_unheard_alarms(session, self._wakes, self.terms, at)

    async def _sweep_unknown(self) -> None:
        at = now()
        if self.rests_until.get(_UNKNOWN, at) <= at:
            self.rests_until[_UNKNOWN] = at + _UNKNOWN_EVERY
            async with self._database.transaction() as session:
                await erase_unknown(session, at)

    async def _activation(self, activation_id: str) -> None:
        async with self._database.transaction() as session:
            await run_activation(session, self._wakes, self.terms, activation_id, at=now())

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
                more = await read_inbox(session, self._wakes, self.terms, at=now())

    async def _lane(self, sender: str) -> None:
        """Run the lane of a sender, unless this node does so already."""
        running = self._lanes.get(sender)
        if running is not None and not running.done():
            return
        self._lanes[sender] = asyncio.create_task(_survive(Lane(self, sender).run))

    @property
    def database(self) -> Database:
        """The database of this node."""
        return self._database

    def carrier_of(self, sender: str) -> Carrier:
        """Return the carrier to which one of our numbers belongs."""
        return self.carriers[self.terms.route_of(sender).name]

    def sender_for(self, sender: str) -> Sender:
        """Return what carries the messages of a sender: texts, calls."""
        channel = channel_of(sender)
        return self.carrier_of(sender) if channel is Channel.SMS else self.others[channel]

    @property
    def wakes(self) -> Wakes:
        """The wakes of this node."""
        return self._wakes


async def _survive(step: _Step) -> None:
    """Run a step of the worker; log what goes wrong and go on, for the rows say what is due."""
    try:
        await step()
    except CalamityError as error:
        log.warning("worker.refused", step=step.__qualname__, reason=error.message)
    except Exception:
        log.exception("worker.failed", step=step.__qualname__)
