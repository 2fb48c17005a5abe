"""Further ways in which posts and lists go wrong, beyond the contract's own cases."""

import asyncio

import pytest

from calamity.domain.receipts import InboundText, StatusReceipt
from calamity.store.inbox import Posted, Spool
from calamity.store.tables import ReceiptRow, ReplyRow
from calamity.store.vault import Vault
from calamity.web.house import now
from tests.carrier.stage import a_sid, causes, rows
from tests.make import SECRET


async def test_a_body_that_never_ends_is_given_up_on(product, monkeypatch):
    monkeypatch.setattr("calamity.web.hooks._PATIENCE_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port)
    writer.write(
        b"POST /hooks/twilio/inbound HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nBody="
    )
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert b" 408 " in answer.splitlines()[0]
    assert b"connection: close" in answer.lower()


async def test_a_call_is_declined_and_one_of_another_account_is_told(product, database):
    form = {"AccountSid": product.inbound()["AccountSid"], "CallSid": "CA" + "1" * 32}
    assert await product.post("/hooks/twilio/voice", form) == 200
    assert await causes(database) == []
    assert await product.post("/hooks/twilio/voice", {**form, "AccountSid": "AC"}) == 403
    assert await causes(database) == ["foreign-account"]


@pytest.mark.parametrize(
    "change",
    [
        {"Body": "a\0b"},
        {"Body": "\U0001f600" * 500, "NumSegments": "20"},
        {"From": "Bank"},
        {"From": ""},
        {"MessageSid": "MM" + "a" * 32, "NumMedia": "1", "Body": "SGVsbG8="},
        {"NumMedia": "-1"},
    ],
)
async def test_odd_texts_are_kept_for_a_person(product, database, change):
    assert await product.text(**change) == 200
    (row,) = await rows(database, ReplyRow)
    expected = change.get("Body", "JA 4821").replace("\0", "")
    assert database.vault.open_text(b"reply.body", row.body) == expected


async def test_our_id_comes_later_in_a_second_post_of_the_same_receipt(product, database):
    sid = a_sid()
    assert await product.says(sid, "delivered") == 204
    assert await product.says(sid, "delivered", "0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11") == 204
    (row,) = await rows(database, ReceiptRow)
    assert row.message_id == "0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11"


async def test_a_spool_is_opened_by_its_own_key_only_and_in_order(tmp_path):
    spool = Spool(tmp_path / "spool", Vault(SECRET), 1 << 20)
    posts = [
        Posted(InboundText(a_sid(), "+3197010242001", "+3197010250001", "één"), now()),
        Posted(StatusReceipt(a_sid(), "m", "sent", 30003), now()),
    ]
    await spool.put(posts[:1])
    await spool.put(posts[1:])
    first, second = spool.waiting()
    found = [*(await spool.read(first) or ()), *(await spool.read(second) or ())]
    assert [each.at for each in found] == [each.at for each in posts]
    assert found[0].event == posts[0].event
    assert found[1].event == posts[1].event

    stranger = Spool(tmp_path / "spool", Vault("another-secret-key-0123456789abcdef"), 1 << 20)
    assert await stranger.read(first) is None
    assert len(stranger.waiting()) == 1, "set aside, not lost"


async def test_a_spool_of_two_processes_is_taken_in_once(product, database, tmp_path):
    spool = Spool(tmp_path / "spool", product.house.database.vault, 1 << 20)
    text = InboundText(a_sid(), "+3197010242001", "+3197010250001", "Ja")
    for _ in range(3):
        await spool.put([Posted(text, now())])
    await asyncio.gather(*(product.house.inbox.replay() for _ in range(4)))
    await product.house.inbox.replay()
    assert spool.waiting() == []
    assert len(await rows(database, ReplyRow)) == 1
    assert await causes(database) == []
