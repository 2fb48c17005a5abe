"""Many receipts at once, while messages leave: nothing is lost, and each message stands right."""

import asyncio
import random
from collections import Counter

from sqlalchemy import update

from calamity.store.tables import LaneRow, MessageRow, ReceiptRow
from calamity.worker.lanes import Lane
from tests.carrier.stage import causes, rows
from tests.make import SENDER

_SAID = ("queued", "sending", "sent", "delivered", "delivered")
_REFUSED = ("queued", "sending", "sent", "undelivered", "undelivered")
_AT_ONCE = 16


async def test_receipts_by_the_thousand_while_messages_leave_are_all_kept(desk):
    await desk.sandbox.fault("callback-drop", count=100_000)
    told = await desk.queue(300)
    await desk.run_lane()
    sids = {row.id: row.sid for row in await rows(desk.database, MessageRow)}
    last = {id_: _REFUSED if place % 10 == 0 else _SAID for place, id_ in enumerate(told)}
    said = [(id_, status) for id_, each in last.items() for status in each]
    random.Random(8).shuffle(said)

    leaving = await desk.queue(150)
    async with desk.database.transaction() as session:
        await session.sql.execute(update(LaneRow).values(rate=50.0))
    lane = asyncio.create_task(Lane(desk.worker, SENDER).run())
    reading = asyncio.create_task(_read(desk))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def post(id_: str, status: str) -> int:
        async with gate:
            code = {"ErrorCode": "30005"} if status == "undelivered" else {}
            return await desk.product.says(sids[id_], status, id_, **code)

    answers = await asyncio.gather(*(post(*each) for each in said))
    await asyncio.wait_for(lane, 20)
    reading.cancel()
    await desk.read_inbox()

    assert len(answers) == 1500
    assert set(answers) <= {200, 204}
    kept = Counter((row.sid, row.status) for row in await rows(desk.database, ReceiptRow))
    assert set(kept) == {(sids[id_], status) for id_, status in said}
    found = {row.id: row for row in await rows(desk.database, MessageRow)}
    assert {id_: found[id_].carrier_status for id_ in told} == {
        id_: each[-1] for id_, each in last.items()
    }
    assert {found[id_].state for id_ in (*told, *leaving)} == {"accepted"}
    assert await desk.creates() == len(told) + len(leaving), "each left once"
    assert await causes(desk.database) == []


async def _read(desk) -> None:
    while True:
        await desk.read_inbox()
        await asyncio.sleep(0.1)
