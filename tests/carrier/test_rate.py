"""The rate of a sender, counted where texts leave and where they arrive."""

import asyncio
import itertools
import os
import time
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from calamity.domain.dispatch import MessageState
from calamity.gateways.carrier import OutboundText, Outcome
from calamity.gateways.twilio import TwilioAccount, TwilioCarrier
from calamity.store import outbox
from calamity.store.database import Database
from calamity.store.tables import LaneRow, MessageRow, to_micros
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from calamity.web.house import now
from calamity.worker import Worker
from calamity.worker.lanes import Lane
from calamity.worker.pace import Pace
from tests.carrier.counting_carrier import counting
from tests.carrier.stage import ACCOUNT, PUBLIC, TOKEN, rows
from tests.make import SECRET, SENDER, make_terms
from tests.stories.stage import until

RATE = 40
_GOES = 20
# Alone a lane uses its whole rate. Beside two more processes of tests on two processors a third of
# a second of each go was lost (0.93, twice the same, on PostgreSQL); why is not known yet.
_USED = 0.9 if "PYTEST_XDIST_WORKER" in os.environ else 0.98
_BUNCHED = 8
"""How many texts may be noted late over there, on a machine that is busy with other things."""


def busiest(moments: list[tuple[float, int]], span: float = 1.0) -> int:
    """Return how many parts fall into the fullest span; moments are (seconds, parts)."""
    moments = sorted(moments)
    return max(
        sum(parts for moment, parts in moments if start <= moment < start + span)
        for start, _ in moments
    )


class Departures:
    """When the paces counted a text, and when it then left, in seconds; in the same order."""

    def __init__(self, monkeypatch) -> None:
        self._counted: list[float] = []
        self._left: list[float] = []
        leave = Pace.leave

        def noted(pace: Pace, parts: int, at: float) -> None:
            self._counted.append(at)
            leave(pace, parts, at)

        monkeypatch.setattr(Pace, "leave", noted)

    def leave(self) -> None:
        self._left.append(time.monotonic())

    def keep_to(self, rate: int) -> None:
        """No second holds more than the rate, less what the machine held the process up for."""
        assert len(self._counted) == len(self._left)
        held_up = max(
            left - counted for counted, left in zip(self._counted, self._left, strict=True)
        )
        assert busiest([(moment, 1) for moment in self._counted], 1.004) <= rate
        assert busiest([(moment, 1) for moment in self._left], min(1, 1.004 - held_up)) <= rate


class NotingCarrier(TwilioCarrier):
    """Our carrier; it notes when each text leaves."""

    def __init__(self, account: TwilioAccount, departures: Departures) -> None:
        super().__init__(account)
        self._departures = departures

    async def send(self, text: OutboundText) -> Outcome:
        self._departures.leave()
        return await super().send(text)


@pytest.fixture
def departures(monkeypatch) -> Departures:
    return Departures(monkeypatch)


@asynccontextmanager
async def node(url: str, origin: str, departures: Departures, shared: Database):
    """Stand for a node with a worker; the one node of SQLite has the test's own database."""
    database = Database(url, Vault(SECRET)) if shared.is_postgres else shared
    if database is not shared:
        await database.open()
    account = TwilioAccount(account_sid=ACCOUNT, public_url=PUBLIC, auth_token=TOKEN, origin=origin)
    carrier = NotingCarrier(account, departures)
    await carrier.ready()
    try:
        yield Worker(database, Wakes(database), carrier, make_terms())
    finally:
        await carrier.close()
        if database is not shared:
            await database.close()


async def queue(desk, many: int, *, rate: float = RATE, **changes) -> list[str]:
    ids = await desk.queue(many, **changes)
    async with desk.database.transaction() as session:
        await session.sql.execute(update(LaneRow).values(rate=rate))
    return ids


async def forever(worker: Worker) -> None:
    """Run the lane whenever it may be run, as wakes and sweeps do."""
    while True:
        await Lane(worker, SENDER).run()
        await asyncio.sleep(0.05)


async def stop(*tasks: asyncio.Task) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_rate_is_used_and_never_exceeded_though_one_of_ten_is_put_off(
    desk, database_url, departures
):
    used, goes = 0.0, 0
    # The rate is never exceeded; that it is used can only be seen while the machine lets us, and
    # beside the other tests of the suite that may be one go of many.
    while used < _USED and goes < _GOES:
        goes += 1
        await queue(desk, RATE * 6)
        nodes = 2 if desk.database.is_postgres else 1
        with counting(busy_every=10) as there:
            async with (
                node(database_url, there.origin, departures, desk.database) as first,
                node(database_url, there.origin, departures, desk.database) as second,
            ):
                running = [asyncio.create_task(forever(each)) for each in (first, second)[:nodes]]
                await asyncio.sleep(5.2)
                arrived = there.arrivals()
                await stop(*running)
        departures.keep_to(RATE)
        # The first texts wait until their connections are open, and arrive closer to the next ones.
        steady = [(moment, 1) for moment in arrived if moment > arrived[0] + 1]
        if busiest(steady) <= RATE + _BUNCHED:
            used = sum(moment < arrived[0] + 4.5 for moment in arrived) / (4.5 * RATE)
        async with desk.database.transaction() as session:
            await session.sql.execute(update(MessageRow).values(state=MessageState.CANCELLED))
        await replaced(desk)
    assert used >= _USED, "and nothing arrives in a bunch"


async def test_the_rate_holds_while_runners_replace_each_other(desk, database_url, departures):
    ids = await queue(desk, RATE * 3)
    with counting() as there:
        async with (
            node(database_url, there.origin, departures, desk.database) as first,
            node(database_url, there.origin, departures, desk.database) as second,
        ):
            running = []
            for each in (first, second, first):
                await replaced(desk)
                running.append(asyncio.create_task(Lane(each, SENDER).run()))
                await asyncio.sleep(1.6)
            await asyncio.wait_for(asyncio.gather(*running), 15)
            async with asyncio.timeout(10):
                while Counter(await states(desk, ids)) != {"accepted": len(ids)}:
                    await Lane(second, SENDER).run()
            arrived = there.arrivals()
    departures.keep_to(RATE)
    assert len(arrived) == len(ids), "each left once"


async def replaced(desk) -> None:
    """Have the runner of the lane be silent for long, as far as others can see."""
    async with desk.database.transaction() as session:
        await session.sql.execute(
            update(LaneRow)
            .where(LaneRow.runner_seen_at > 0)
            .values(runner_seen_at=to_micros(now() - timedelta(seconds=10)))
        )


async def states(desk, ids: list[str]) -> list[str]:
    found = {row.id: row.state for row in await rows(desk.database, MessageRow)}
    return [found[id_] for id_ in ids]


async def test_a_runner_that_was_held_up_and_replaced_lets_nothing_out_late(desk):
    ids = await queue(desk, 12, rate=5.0)
    lane = Lane(desk.worker, SENDER)
    running = asyncio.create_task(lane.run())
    await until(desk.at_carrier, every=0.02)
    await replaced(desk)
    async with desk.database.transaction() as session:
        assert await outbox.take_lane(session, SENDER, now()) is not None
    before = await desk.creates()
    time.sleep(2.2)  # noqa: ASYNC251 - nothing here runs meanwhile, which is the point
    await running
    assert await desk.creates() - before <= 1, "what was leaving at that moment"
    found = Counter(await states(desk, ids))
    assert found["ready"] >= 9
    assert set(found) <= {"accepted", "ready", "in_doubt"}
    assert found["in_doubt"] <= 1, "the one that was leaving"


async def test_one_text_that_is_put_off_does_not_hold_up_the_others(desk):
    ids = await queue(desk, 30, rate=1000.0)
    await desk.sandbox.fault("too-many", count=4, seconds=1)
    lane = Lane(desk.worker, SENDER)
    await lane.run()
    assert lane._braked_until == 0
    # On a machine that is very busy the four may be due before the others are done.
    found = Counter(await states(desk, ids))
    assert found["accepted"] >= 26
    assert found["accepted"] + found["ready"] == 30


async def test_a_carrier_that_puts_off_everything_is_left_in_peace(desk):
    await queue(desk, 300, rate=1000.0)
    await desk.sandbox.fault("too-many", count=1000, seconds=1)
    running = asyncio.create_task(Lane(desk.worker, SENDER).run())
    async with asyncio.timeout(10):
        before = 0
        while before < 50:
            await asyncio.sleep(0.3)
            before = await desk.creates()
    await asyncio.sleep(0.4)
    before = await desk.creates()
    await asyncio.sleep(0.4)
    assert await desk.creates() == before <= 100, "what was in flight, and no more"
    await stop(running)


@given(
    rate=st.sampled_from([0.2, 0.5, 1.0, 1.5, 3.0, 10.0, 50.0]),
    texts=st.lists(
        st.tuples(st.integers(1, 4), st.floats(0, 2, allow_nan=False)), min_size=1, max_size=120
    ),
)
def test_no_second_holds_more_parts_than_the_rate_whoever_is_late(rate, texts):
    pace, at, left = Pace(), 100.0, []
    pace.keep_to(rate)
    for parts, late in texts:
        # Most come at once, some after having been held up.
        at += late if late > 1 else 0.0
        while (wait := pace.wait(parts, at)) > 0:
            at += wait
        pace.leave(parts, at)
        left.append((at, parts))
    for (start, parts), (then, _) in itertools.pairwise(left):
        if parts > max(rate, 1):
            assert then - start >= parts / rate, "alone, and a rest after it"
    small = [(moment, parts) for moment, parts in left if parts <= max(rate, 1)]
    if small:
        assert busiest(small, max(1.0, 1 / rate)) <= max(rate, 1)


def test_a_pace_makes_up_for_what_was_held_up():
    pace, at, left = Pace(), 100.0, []
    pace.keep_to(10)
    for number in range(100):
        # The loop stands still for 0.3 s of every second.
        at = max(at, 100 + number / 9.9)
        at = at if at % 1 > 0.3 else at // 1 + 0.3
        while (wait := pace.wait(1, at)) > 0:
            at += wait
            at = at if at % 1 > 0.3 else at // 1 + 0.3
        pace.leave(1, at)
        left.append(at)
    assert (len(left) - 1) / (left[-1] - left[0]) >= 9.6


def test_who_comes_after_begins_where_an_even_pace_would_be():
    pace = Pace()
    pace.keep_to(10)
    for _ in range(4):
        pace.leave(1, 100.0)
    assert 0.4 <= pace.rest(100.0) <= 0.41
    assert pace.rest(101.0) == 0
