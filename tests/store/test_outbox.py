"""The outbox: claimed once, settled once, never faster than the rate, and fenced."""

import asyncio
import itertools
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from calamity.actions.compose import message_row
from calamity.domain.dispatch import MessageState, Urgency
from calamity.domain.receipts import OF_CALLS_ALONE, RANK, StatusReceipt
from calamity.store import inbox, outbox
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.outbox import Result
from calamity.store.tables import LaneRow, MessageRow, to_micros
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import SECRET, SENDER, T0, later

ACCEPTED, IN_DOUBT = MessageState.ACCEPTED, MessageState.IN_DOUBT


async def queue(database, town, many=1, *, body="Hallo", rate=10.0, **changes) -> list[str]:
    """Put texts for key figures into the outbox and return their ids."""
    people = itertools.cycle(town.named("kf"))
    async with database.transaction() as session:
        await outbox.ensure_lane(session, SENDER, rate)
        rows = [
            message_row(
                session,
                body=body,
                at=T0,
                **{
                    "municipality_id": town.id,
                    "recipient_id": next(people).id,
                    "sender": SENDER,
                    "purpose": "give",
                    "urgency": Urgency.ORDINARY,
                    "is_alarm": False,
                    "due_at": T0,
                    "valid_until": later(hours=2),
                    **changes,
                },
            )
            for _ in range(many)
        ]
        await outbox.add_messages(session, rows)
    return [row["id"] for row in rows]


async def take_lane(database, at=T0):
    async with database.transaction() as session:
        return await outbox.take_lane(session, SENDER, at)


async def turn(database, epoch, *, at=T0, results=(), most=50):
    async with database.transaction() as session:
        return await outbox.take_turn(
            session, SENDER, epoch, results=list(results), at=at, most=most
        )


async def messages(database) -> dict[str, MessageRow]:
    async with database.reading() as session:
        return {row.id: row for row in await session.sql.scalars(select(MessageRow))}


async def states(database) -> list[str]:
    return sorted(row.state for row in (await messages(database)).values())


async def test_a_claimed_text_is_claimed_by_nobody_else(database, town):
    ids = await queue(database, town, 3)
    epoch = await take_lane(database)
    first = await turn(database, epoch)
    assert sorted(each.id for each in first.claimed) == sorted(ids)
    assert {each.to for each in first.claimed} == {town[f"kf{n}"].phone for n in (1, 2, 3)}
    assert first.claimed[0].body == "Hallo"
    assert (await turn(database, epoch)).claimed == []
    assert await states(database) == ["sending"] * 3


async def test_the_result_of_a_text_is_final_and_a_second_one_changes_nothing(database, town):
    first, second, third = await queue(database, town, 3)
    epoch = await take_lane(database)
    await turn(database, epoch)
    results = [
        Result(first, ACCEPTED, "SM1"),
        Result(second, MessageState.REJECTED, error_code=21211),
        Result(third, IN_DOUBT),
    ]
    await turn(database, epoch, results=results, at=later(seconds=1))
    kept = await messages(database)
    again = [Result(first, MessageState.REJECTED), Result(second, ACCEPTED, "SM9")]
    await turn(database, epoch, results=[*results[:2], *again], at=later(seconds=2))
    assert await messages(database) == kept
    assert (kept[first].state, kept[first].sid) == ("accepted", "SM1")
    assert (kept[second].state, kept[second].error_code) == ("rejected", 21211)
    assert kept[third].state == "in_doubt"


async def test_a_text_that_was_not_sent_leaves_again_at_its_time(database, town):
    (id_,) = await queue(database, town)
    epoch = await take_lane(database)
    await turn(database, epoch)
    again = Result(id_, MessageState.READY, error_code=429, retry_at=later(seconds=30))
    waiting = await turn(database, epoch, results=[again], at=later(seconds=1))
    assert (waiting.claimed, waiting.wait_seconds) == ([], 29)
    (claimed,) = (await turn(database, epoch, at=later(seconds=30))).claimed
    assert (claimed.id, claimed.is_repeat) == (id_, False)
    assert (await messages(database))[id_].attempts == 2


async def test_a_text_that_is_too_late_expires(database, town):
    await queue(database, town, valid_until=later(minutes=1))
    epoch = await take_lane(database)
    assert (await turn(database, epoch, at=later(minutes=2))).claimed == []
    assert await states(database) == ["expired"]


async def test_a_text_does_not_leave_before_its_time(database, town):
    await queue(database, town, due_at=later(minutes=5))
    epoch = await take_lane(database)
    early = await turn(database, epoch)
    assert (early.claimed, early.wait_seconds) == ([], 300)
    assert len((await turn(database, epoch, at=later(minutes=5))).claimed) == 1


async def test_an_empty_lane_has_nothing_to_wait_for(database, town):
    await queue(database, town, 0)
    epoch = await take_lane(database)
    assert (await turn(database, epoch)).wait_seconds is None


async def test_a_lane_has_one_runner(database, town):
    await queue(database, town)
    assert await take_lane(database) == 1
    assert await take_lane(database, later(seconds=5)) is None
    runners = await asyncio.gather(*(take_lane(database, later(seconds=20)) for _ in range(5)))
    assert sorted(runners, key=str) == [2, None, None, None, None]


async def test_a_runner_that_left_is_followed_at_once(database, town):
    await queue(database, town)
    epoch = await take_lane(database)
    async with database.transaction() as session:
        await outbox.leave_lane(session, SENDER, epoch)
    assert await take_lane(database) == epoch + 1


async def test_a_silent_runner_is_replaced_and_what_it_had_claimed_is_in_doubt(database, town):
    first, second = sorted(await queue(database, town, 2))
    old = await take_lane(database)
    await turn(database, old, most=1)
    new = await take_lane(database, later(seconds=7))
    rows = await messages(database)
    assert (rows[first].state, rows[second].state) == ("in_doubt", "ready")
    late = await turn(database, old, results=[Result(first, ACCEPTED, "SM1")], at=later(seconds=8))
    assert late.lost
    assert late.claimed == []
    assert (await messages(database))[first].state == "accepted", "what it knows still counts"
    (claimed,) = (await turn(database, new, at=later(seconds=8))).claimed
    assert claimed.id == second


async def test_a_runner_that_works_is_not_replaced(database, town):
    await queue(database, town)
    epoch = await take_lane(database)
    for second in range(0, 30, 5):
        await turn(database, epoch, at=later(seconds=second))
        assert await take_lane(database, later(seconds=second + 5)) is None


async def test_two_runners_at_once_claim_each_text_once(database, town):
    ids = await queue(database, town, 40, rate=1000.0)
    epoch = await take_lane(database)
    turns = await asyncio.gather(*(turn(database, epoch, most=10) for _ in range(6)))
    claimed = [each.id for one in turns for each in one.claimed]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == set(ids)


def busiest_second(slots: list[tuple[int, int]]) -> int:
    """Return how many parts fall into the fullest second; slots are (moment, parts)."""
    slots = sorted(slots)
    return max(
        sum(parts for moment, parts in slots if start <= moment < start + 1_000_000)
        for start, _ in slots
    )


@pytest.mark.parametrize("rate", [1.0, 3.0, 10.0])
async def test_the_rate_is_never_exceeded_in_any_second(database, town, rate):
    await queue(database, town, 45, rate=rate)
    epoch = await take_lane(database)
    slots: list[tuple[int, int]] = []
    for step in range(400):
        at = later(seconds=step * 0.13)
        result = await turn(database, epoch, at=at, most=7)
        slots += [(each.slot, 1) for each in result.claimed]
        assert all(each.slot >= to_micros(at) for each in result.claimed)
        if len(slots) >= min(45, 20 * rate):
            break
    assert busiest_second(slots) <= rate
    gaps = [b[0] - a[0] for a, b in itertools.pairwise(sorted(slots))]
    assert max(gaps) < 1.2e6 / rate, "and it is used"


async def test_a_text_of_several_parts_takes_several_slots(database, town):
    await queue(database, town, 12, body="a" * 400, rate=9.0)
    epoch = await take_lane(database)
    slots = []
    for step in range(60):
        result = await turn(database, epoch, at=later(seconds=step * 0.2))
        slots += [each.slot for each in result.claimed]
    gaps = [b - a for a, b in itertools.pairwise(slots)]
    assert len(slots) == 12
    assert all(gap >= 3e6 / 9 for gap in gaps)


async def test_a_new_runner_keeps_the_slots_of_the_one_before(database, town):
    await queue(database, town, 8, rate=2.0)
    old = await take_lane(database)
    first = await turn(database, old)
    async with database.transaction() as session:
        await outbox.leave_lane(session, SENDER, old)
    new = await take_lane(database)
    second = await turn(database, new, at=later(seconds=1))
    assert second.claimed[0].slot - first.claimed[-1].slot >= 500_000


async def test_due_lanes_are_those_without_a_runner(database, town):
    await queue(database, town)

    async def due(at):
        async with database.reading() as session:
            return await outbox.due_lanes(session, at)

    assert await due(T0) == [SENDER]
    epoch = await take_lane(database)
    assert await due(later(seconds=1)) == []
    await turn(database, epoch, at=later(seconds=1))
    assert await due(later(seconds=10)) == [SENDER], "a dead runner was sending"


async def test_a_change_of_rate_is_taken_over(database, town):
    await queue(database, town, rate=5.0)
    await queue(database, town, rate=7.0)
    async with database.reading() as session:
        lane = await session.sql.get(LaneRow, SENDER)
        assert lane is not None
        assert lane.rate == 7.0
        assert (await session.sql.get(LaneRow, SENDER)).epoch == 0


async def post(database, *events, at=T0):
    box = Inbox(database, Wakes(database))
    await asyncio.gather(*(box.keep(event, at) for event in events))


async def read_receipts(database, at=T0):
    async with database.transaction() as session:
        return await inbox.take_in_receipts(session, at, limit=500)


async def test_a_receipt_with_our_id_settles_a_doubt(database, town):
    (id_,) = await queue(database, town)
    epoch = await take_lane(database)
    await turn(database, epoch)
    await turn(database, epoch, results=[Result(id_, IN_DOUBT)])
    await post(database, StatusReceipt("SM1", id_, "sent", None))
    (moved,) = await read_receipts(database)
    assert (moved.message_id, moved.status) == (id_, "sent")
    row = (await messages(database))[id_]
    assert (row.state, row.sid, row.carrier_status) == ("accepted", "SM1", "sent")


async def test_a_receipt_that_is_faster_than_the_answer_settles_the_text_too(database, town):
    (id_,) = await queue(database, town)
    epoch = await take_lane(database)
    await turn(database, epoch)
    await post(database, StatusReceipt("SM1", id_, "delivered", None))
    await read_receipts(database)
    await turn(database, epoch, results=[Result(id_, IN_DOUBT)])
    row = (await messages(database))[id_]
    assert (row.state, row.sid) == ("accepted", "SM1")


async def test_a_receipt_without_our_id_is_found_by_that_of_the_carrier(database, town):
    (id_,) = await queue(database, town)
    epoch = await take_lane(database)
    await turn(database, epoch)
    await turn(database, epoch, results=[Result(id_, ACCEPTED, "SM1")])
    await post(database, StatusReceipt("SM1", None, "delivered", None), at=later(seconds=3))
    await read_receipts(database, later(seconds=4))
    row = (await messages(database))[id_]
    assert (row.carrier_status, row.delivered_at) == ("delivered", later(seconds=3))


async def test_a_receipt_of_no_message_of_ours_is_kept_and_harmless(database, town):
    await post(database, StatusReceipt("SM404", "no-such-id", "delivered", None))
    assert await read_receipts(database) == []
    assert await read_receipts(database) is None


async def test_the_same_post_many_times_is_kept_once(database, town):
    (id_,) = await queue(database, town)
    receipt = StatusReceipt("SM1", id_, "sent", None)
    await post(database, *[receipt] * 5)
    await post(database, receipt)
    assert len(await read_receipts(database)) <= 1
    assert await read_receipts(database) is None


OF_TEXTS = {status: rank for status, rank in RANK.items() if status not in OF_CALLS_ALONE}
STATUSES = st.lists(st.sampled_from([*RANK, "unheard-of"]), min_size=1, max_size=6)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory, sqlite_templates):
    """One SQLite file, with the town, for all examples of a property."""
    path = tmp_path_factory.mktemp("property") / "calamity.sqlite"
    return f"sqlite:///{shutil.copy(sqlite_templates[1], path)}", sqlite_templates[2]


@given(statuses=STATUSES, chunks=st.integers(1, 6))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_receipts_in_any_order_move_a_message_forward_alone(embedded, statuses, chunks):
    asyncio.run(_receipts_in_any_order(*embedded, statuses, chunks))


async def _receipts_in_any_order(url, town, statuses, chunks):
    database = Database(url, Vault(SECRET))
    await database.open()
    try:
        (id_,) = await queue(database, town, rate=1000.0)
        epoch = await take_lane(database)
        await turn(database, epoch)
        async with database.transaction() as session:
            await outbox.leave_lane(session, SENDER, epoch)
        best = 0
        for start in range(0, len(statuses), chunks):
            for status in statuses[start : start + chunks]:
                code = 30005 if status in ("failed", "undelivered") else None
                await post(database, StatusReceipt(f"SM{id_}"[:40], id_, status, code))
            await read_receipts(database)
            row = (await messages(database))[id_]
            seen = statuses[: start + chunks]
            assert OF_TEXTS.get(row.carrier_status, 0) >= best, "never back"
            best = OF_TEXTS.get(row.carrier_status, 0)
            assert best == max(OF_TEXTS.get(status, 0) for status in seen)
            assert (row.delivered_at is not None) == bool({"delivered", "read"} & set(seen))
            assert row.state == ("accepted" if set(seen) - OF_CALLS_ALONE else "sending")
    finally:
        await database.close()
