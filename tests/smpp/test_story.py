"""The whole product with SMPP as its carrier: a call-out, its receipts and its answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import select

from calamity.app import house_of_settings
from calamity.settings import read_settings
from calamity.store import call_outs
from calamity.store.tables import MessageRow, ReplyRow
from calamity.web.house import House, now
from calamity.worker import work
from tests.make import SECRET, SENDER, make_activation
from tests.smpp.stage import Smsc, smsc_running

_PATIENCE = 30.0


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until something is so, and return it."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with smsc_running(receipts="DELIVRD") as running:
        yield running


@pytest.fixture
async def house(smsc, database_url, database, town, tmp_path) -> AsyncIterator[House]:
    """The product at work, as an operator sets it up."""
    made = house_of_settings(
        read_settings(
            {
                "CALAMITY_VAR": str(tmp_path),
                "CALAMITY_DATABASE_URL": database_url,
                "CALAMITY_SECRET_KEY": SECRET,
                "CALAMITY_CARRIER": "smpp",
                "CALAMITY_SMPP_HOST": "127.0.0.1",
                "CALAMITY_SMPP_PORT": str(smsc.port),
                "CALAMITY_SMPP_TLS": "off",
                "CALAMITY_SMPP_SYSTEM_ID": "calamity",
                "CALAMITY_SMPP_PASSWORD": "secret",
                "CALAMITY_SMPP_FROM": f"{SENDER}=100",
            }
        )
    )
    await made.database.open(as_node=True)
    working = asyncio.create_task(work(made))
    yield made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await made.database.close()


async def messages(house: House) -> list[MessageRow]:
    async with house.database.reading() as session:
        return list(await session.sql.scalars(select(MessageRow)))


async def replies(house: House) -> list[ReplyRow]:
    async with house.database.reading() as session:
        return list(await session.sql.scalars(select(ReplyRow)))


async def answers(house: House, calamity_id: str) -> dict[str, str]:
    async with house.database.reading() as session:
        (roster,) = await call_outs.rosters(session, calamity_id)
    return {line.recipient_id: line.answer for line in roster.lines if line.answer}


async def test_a_call_out_leaves_arrives_and_is_answered(smsc, house, town):
    activation = await make_activation(
        house.database, house.wakes, town, terms=house.terms, at=now()
    )
    taken = await smsc.saw("submit", 3)
    assert {each["from"] for each in taken} == {SENDER[1:]}
    called = {f"+{each['to']}" for each in taken}
    assert called == {town[name].phone for name in ("lei1", "com1", "net1")}

    async def all_arrived() -> bool:
        rows = await messages(house)
        return len(rows) == 3 and all(row.carrier_status == "delivered" for row in rows)

    await until(all_arrived)
    assert all(row.sid.startswith("smpp:") for row in await messages(house))

    await smsc.tell(
        "deliver", tag="lei1", source_addr=town["lei1"].phone[1:], destination_addr=SENDER[1:],
        data_coding=0, short_message="1",
    )  # fmt: skip
    await smsc.saw("delivered", 1, tag="lei1", status=0)
    assert len(await replies(house)) == 1, "kept before the SMSC was told"
    found = await until(lambda: answers(house, activation.calamity_id))
    assert list(found) == [town["lei1"].id]


async def test_a_text_whose_answer_was_lost_is_settled_by_its_receipt(smsc, house, town):
    await make_activation(house.database, house.wakes, town, terms=house.terms, at=now())
    await smsc.saw("submit", 3)
    await smsc.saw("delivered", 3, status=0)
    await smsc.tell("fault", drop="after")
    await smsc.tell(
        "deliver", tag="h", source_addr=town["com1"].phone[1:], destination_addr=SENDER[1:],
        data_coding=0, short_message="wat bedoel je",
    )  # fmt: skip
    taken = (await smsc.saw("submit", 4))[3]
    await smsc.saw("bind", 2)
    await smsc.tell("receipt", id=taken["id"], number=taken["to"], stat="DELIVRD")

    async def settled() -> list[MessageRow]:
        return [row for row in await messages(house) if row.sid == f"smpp:{int(taken['id'])}"]

    (row,) = await until(settled)

    async def arrived() -> bool:
        (row,) = await settled()
        return row.carrier_status == "delivered"

    await until(arrived)
    assert row.attempts == 1
    assert len(smsc.said("submit", to=taken["to"], text=taken["text"])) == 1
