"""W-01 to W-20 of the carrier's contract, over HTTP, against the product and both databases."""

import asyncio
import gc
import os
import shutil
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from calamity.domain.dispatch import MessageState
from calamity.store import inbox, outbox
from calamity.store.database import Database
from calamity.store.tables import MessageRow
from calamity.web.house import now
from calamity.worker.sweeps import recover_inbound
from tests.carrier.stage import (
    NEXT_TOKEN,
    TOKEN,
    QuarantineRow,
    ReceiptRow,
    ReplyRow,
    a_sid,
    causes,
    product_at,
    rows,
)
from tests.make import SENDER
from tests.stories.stage import until

INBOUND = "/hooks/twilio/inbound"


async def test_w01_a_valid_inbound_text_is_answered_with_an_empty_response(product, database):
    form = product.inbound()
    url, headers = product.url + INBOUND, product.signed(INBOUND, form)
    async with product.client.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert (await answer.text()).endswith("<Response/>")
    assert [row.sid for row in await rows(database, ReplyRow)] == [form["MessageSid"]]


async def test_w02_the_same_text_five_times_at_once_is_one_event(product, database):
    form = product.inbound()
    posts = (product.post(INBOUND, form) for _ in range(5))
    again = product.post("/hooks/twilio/inbound-fallback", {**form, "ErrorCode": "11200"})
    assert set(await asyncio.gather(*posts, again)) == {200}
    assert len(await rows(database, ReplyRow)) == 1
    assert await causes(database) == []


@pytest.mark.parametrize(
    "signature", ["", "x", "é" * 28, "A" * 100_000, "====", "DI+WhBW2AGYI79sOF8dqxpViaJI="]
)
async def test_w03_a_wrong_signature_is_refused_and_counted(product, database, signature):
    form = product.inbound()
    status = await product.post(INBOUND, form, headers={"X-Twilio-Signature": signature})
    # Headers of a hundred thousand characters do not even reach us.
    assert status == (400 if len(signature) > 10_000 else 403)
    assert await rows(database, ReplyRow) == []
    async with product.client.get(product.url + "/metrics") as answer:
        assert "calamity_webhooks_total{" in await answer.text()


async def test_w03_a_missing_signature_is_refused(product, database):
    async with product.client.post(product.url + INBOUND, data=product.inbound()) as answer:
        assert answer.status == 403
    assert await rows(database, ReplyRow) == []


async def test_w03_a_signature_that_comes_twice_is_refused(product, database):
    form = product.inbound()
    good = product.signed(INBOUND, form)
    headers = [*good.items(), ("X-Twilio-Signature", "x")]
    async with product.client.post(product.url + INBOUND, data=form, headers=headers) as answer:
        assert answer.status == 400
    assert await rows(database, ReplyRow) == []


@pytest.mark.parametrize(
    "extra", [{"ToZip": ""}, {"New": "é & +"}, {f"Extra{n}": "" for n in range(50)}]
)
async def test_w04_blank_unknown_and_many_parameters_are_taken(product, database, extra):
    assert await product.text(**extra) == 200
    assert len(await rows(database, ReplyRow)) == 1


@pytest.mark.parametrize(
    "content",
    ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/x-www"],
)
async def test_w05_content_that_is_no_form_proves_nothing(product, database, content):
    status = await product.post(
        INBOUND, {}, headers={"Content-Type": content}, body=b'{"Body": "JA 4821"}'
    )
    assert status == 415
    assert await rows(database, ReplyRow) == []


async def test_w05_a_charset_changes_nothing_of_what_was_signed(product, database):
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=ISO-8859-1"}
    assert await product.post(INBOUND, product.inbound(Body="één"), headers=headers) == 200
    (row,) = await rows(database, ReplyRow)
    assert database.vault.open_text(b"reply.body", row.body) == "één"


@pytest.mark.parametrize("body", [b"%ff%fe=1", b"\xff\xfe=1", b"=&&==&", b"a=1;b=2", b"%00=%00"])
async def test_w05_bytes_that_are_no_form_are_refused(product, database, body):
    assert await product.post(INBOUND, {}, body=body) in (400, 403)
    assert await rows(database, ReplyRow) == []


async def test_w06_too_much_is_refused_fast_and_not_kept(product):
    limit = 64 * 1024
    assert await product.post(INBOUND, {}, body=b"a" * (limit + 1)) == 413
    assert await product.post(INBOUND, {}, body=b"&".join([b"a="] * 10_000)) == 400
    begun = time.perf_counter()
    await product.post(INBOUND, {}, body=b"a" * (limit + 1))
    assert time.perf_counter() - begun < 1


async def test_w06_an_endless_chunked_body_is_cut_off(product):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(16_384):
            sent += 1 << 16
            yield b"a" * (1 << 16)

    try:
        status = await product.post(INBOUND, {}, body=endless())
    except aiohttp.ClientError:
        # We hung up while it was still sending.
        status = 413
    assert status == 413
    assert sent < 64 << 20, "a gigabyte was read to its end"


async def test_w06_forms_that_are_refused_leave_no_memory_behind(product):
    async def refused(form: dict[str, str]) -> int:
        try:
            return await product.post(INBOUND, form, token=NEXT_TOKEN)
        except aiohttp.ClientOSError:
            # On a busy machine a connection may have stood idle for too long.
            return await product.post(INBOUND, form, token=NEXT_TOKEN)

    async def post(count: int) -> None:
        for n in range(count):
            form = product.inbound(Body=f"{n:050000d}")
            assert await refused(form) == 403

    await post(5)
    gc.collect()
    tracemalloc.start()
    await post(60)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Three million bytes went by.
    assert kept < 1_000_000


async def test_w06_a_head_that_does_not_end_is_hung_up_on(product):
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port)
    writer.write(b"POST /hooks/twilio/inbound HTTP/1.1\r\nHost: x\r\nX-Long: ")
    received = b""
    try:
        for _ in range(400):
            writer.write(b"a" * 4096)
            await writer.drain()
        received = await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        pass
    finally:
        writer.close()
    assert received == b"" or b" 400 " in received.splitlines()[0]
    assert await product.text() == 200


async def test_w07_the_verdict_depends_on_the_configured_address_only(product, database):
    spoof = {
        "Host": "evil.example.com",
        "X-Forwarded-Host": "evil.example.com",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "8443",
        "Forwarded": "host=evil.example.com",
    }
    assert await product.post(INBOUND, product.inbound(), headers=spoof) == 200
    # Signed for what the caller claims to be, not for what we are.
    form = product.inbound()
    forged = RequestValidator(TOKEN).compute_signature(f"https://evil.example.com{INBOUND}", form)
    status = await product.post(INBOUND, form, headers={**spoof, "X-Twilio-Signature": forged})
    assert status == 403
    assert len(await rows(database, ReplyRow)) == 1


async def test_w08_while_tokens_rotate_both_are_believed_then_only_the_new(
    database_url: str, tmp_path: Path
):
    both = f"{TOKEN}, {NEXT_TOKEN}"
    async with product_at(database_url, tmp_path, CALAMITY_TWILIO_AUTH_TOKEN=both) as product:
        assert await product.post(INBOUND, product.inbound(), token=TOKEN) == 200
        assert await product.post(INBOUND, product.inbound(), token=NEXT_TOKEN) == 200
    async with product_at(database_url, tmp_path, CALAMITY_TWILIO_AUTH_TOKEN=NEXT_TOKEN) as product:
        assert await product.post(INBOUND, product.inbound(), token=TOKEN) == 403
        assert await product.post(INBOUND, product.inbound(), token=NEXT_TOKEN) == 200


async def test_w09_with_a_shared_key_nothing_else_is_believed(database_url: str, tmp_path: Path):
    secret = "a-secret-of-the-shared-key-012345"
    named = {"X-Twilio-Webhooks-Signature-Settings": "key=WK1,algorithm=HMAC_SHA256"}
    async with product_at(
        database_url, tmp_path, CALAMITY_TWILIO_SHARED_KEY=f"WK1={secret}"
    ) as product:

        async def post(headers: dict[str, str], **signing: str) -> int:
            return await product.post(INBOUND, product.inbound(), headers=headers, **signing)

        new = {"token": secret, "algorithm": "HMAC_SHA256"}
        assert await post(named, **new) == 200
        assert await post({}, token=TOKEN) == 403, "the old way"
        assert await post(named, token=TOKEN) == 403, "a downgrade under the new name"
        assert await post({}, **new) == 403, "which key?"
        for said in (
            "key=WK2,algorithm=HMAC_SHA256",
            "key=WK1,algorithm=HMAC_SHA1",
            "key=WK1",
            "algorithm=HMAC_SHA256",
            "",
        ):
            header = {"X-Twilio-Webhooks-Signature-Settings": said}
            assert await post(header, **new) == 403, said


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"AccountSid": "AC" + "9" * 32}, "foreign-account"),
        ({"To": "+3197010249999"}, "not-our-number"),
        ({"MessageSid": "SM1"}, "no-message-id"),
        ({"MessageSid": "CA" + "1" * 32}, "no-message-id"),
    ],
)
async def test_w10_what_is_signed_but_not_ours_is_refused_and_set_apart(
    product, database, change, cause
):
    assert await product.text(**change) == 403
    assert await rows(database, ReplyRow) == []
    assert await causes(database) == [cause]
    (row,) = await rows(database, QuarantineRow)
    assert "+31" not in f"{row.sid}{row.status}"


async def test_w10_a_parameter_that_occurs_twice_is_refused(product, database):
    form = [*product.inbound().items(), ("To", "+3197010240008")]
    assert await product.post(INBOUND, form) == 400
    form = [*product.inbound().items(), ("ToZip", "1"), ("ToZip", "2")]
    assert await product.post(INBOUND, form) == 200, "of what we do not act on it is harmless"


async def sent_one(desk, **changes) -> tuple[str, str]:
    """Send a message and return our id and the carrier's, before any receipt was read."""
    (id_,) = await desk.queue(**changes)
    await desk.sandbox.fault("callback-drop", count=100)
    await desk.run_lane()
    return id_, (await desk.message(id_)).sid


async def test_w11_receipts_in_any_order_never_move_a_message_back(desk):
    id_, sid = await sent_one(desk)
    for status in ("delivered", "sent", "queued"):
        assert await desk.product.says(sid, status, id_) == 204
        await desk.read_inbox()
    assert (await desk.message(id_)).carrier_status == "delivered"


async def test_w12_delivered_after_undelivered_counts_and_is_flagged(desk):
    id_, sid = await sent_one(desk)
    await desk.product.says(sid, "undelivered", id_, ErrorCode="30003")
    await desk.product.says(sid, "delivered", id_)
    await desk.read_inbox()
    row = await desk.message(id_)
    assert (row.carrier_status, row.error_code) == ("delivered", 30003)
    assert await causes(desk.database) == ["contradiction"]
    history = {(each.status, each.error_code) for each in await rows(desk.database, ReceiptRow)}
    assert ("undelivered", 30003) in history


@pytest.mark.parametrize("codes", [("30007", None), (None, "30007"), ("30007", "30008")])
async def test_w13_an_error_code_is_kept_and_filled_in(desk, codes):
    id_, sid = await sent_one(desk)
    for code in codes:
        await desk.product.says(sid, "failed", id_, **({"ErrorCode": code} if code else {}))
        await desk.read_inbox()
    assert (await desk.message(id_)).error_code == 30007


@pytest.mark.parametrize("status", ["shipped", "partially_delivered", "x" * 30, "busy"])
async def test_w14_an_unknown_status_is_stored_and_moves_nothing(desk, status):
    id_, sid = await sent_one(desk)
    await desk.product.says(sid, "sent", id_)
    assert await desk.product.says(sid, status, id_) == 204
    await desk.read_inbox()
    known = status == "partially_delivered"
    assert (await desk.message(id_)).carrier_status == (status if known else "sent")
    assert await causes(desk.database) == ([] if known else ["unknown-status"])
    assert status in {row.status for row in await rows(desk.database, ReceiptRow)}


async def test_w15_a_receipt_of_no_message_of_ours_is_set_apart(desk):
    nobody = "0192f0c4-0000-7000-8000-000000000000"
    assert await desk.product.says(a_sid(), "delivered", nobody) == 204
    await desk.read_inbox()
    assert await causes(desk.database) == ["unknown-message"]


async def test_w15_without_our_id_it_may_be_early_and_is_waited_for(desk):
    """The answer to the create may be slower than the receipt of another way in."""
    early = a_sid()
    assert await desk.product.says(early, "delivered") == 204
    await desk.read_inbox()
    assert await causes(desk.database) == []
    (id_,) = await desk.queue()
    async with desk.database.transaction() as session:
        epoch = await outbox.take_lane(session, SENDER, now())
        await outbox.take_turn(
            session, SENDER, epoch, results=[], at=now() + timedelta(seconds=1), most=1
        )
        result = outbox.Result(id_, MessageState.ACCEPTED, early)
        await outbox.settle(session, [result], now())
    await desk.read_inbox()
    assert (await desk.message(id_)).carrier_status == "delivered"
    assert await causes(desk.database) == []


async def test_w15_a_receipt_without_our_id_that_stays_unknown_is_set_apart(desk):
    sid = a_sid()
    await desk.product.says(sid, "delivered")
    async with desk.database.transaction() as session:
        row = await session.sql.get(ReceiptRow, (sid, "delivered"))
        row.received_at -= timedelta(minutes=2)
    await desk.read_inbox()
    assert await causes(desk.database) == ["unknown-message"]


async def test_w15_a_receipt_that_names_two_messages_changes_neither(desk):
    first, first_sid = await sent_one(desk)
    second, _ = await sent_one(desk, body="Iets anders.")
    await desk.product.says(first_sid, "delivered", second)
    await desk.read_inbox()
    assert await causes(desk.database) == ["other-message"]
    assert {(await desk.message(id_)).carrier_status for id_ in (first, second)} == {""}


async def test_w15_a_receipt_of_a_message_that_never_left_changes_nothing(desk):
    (id_,) = await desk.queue(due_at=now() + timedelta(hours=1))
    await desk.product.says(a_sid(), "delivered", id_)
    await desk.read_inbox()
    row = await desk.message(id_)
    assert (row.state, row.carrier_status, row.sid) == ("ready", "", None)
    assert await causes(desk.database) == ["never-left"]


async def test_w16_a_receipt_three_days_late_is_history_only(desk):
    id_, sid = await sent_one(desk)
    async with desk.database.transaction() as session:
        (await session.sql.get(MessageRow, id_)).created_at -= timedelta(days=3)
    await desk.product.says(sid, "undelivered", id_, ErrorCode="30003")
    async with desk.database.transaction() as session:
        assert await inbox.take_in_receipts(session, now(), limit=10) == []
    assert (await desk.message(id_)).carrier_status == "undelivered"


async def test_w17_with_the_database_away_posts_go_to_a_sealed_file_and_come_back(
    postgres, postgres_templates, tmp_path: Path
):
    name = postgres.create(str(postgres_templates[1]))
    url = postgres.url(name)
    async with product_at(url, tmp_path) as product:
        _close_door(postgres, name)
        form = product.inbound(Body="Wij zitten vast")
        assert await product.post(INBOUND, form) == 200
        assert await product.says(a_sid(), "delivered", "an-id-of-ours") == 204
        files = list((tmp_path / "spool").iterdir())
        assert files
        for file in files:
            assert file.stat().st_mode & 0o777 == 0o600
            assert b"vast" not in file.read_bytes()
            assert form["MessageSid"].encode() not in file.read_bytes()
        _open_door(postgres, name)
        # The carrier tries once more what we have already.
        database = Database(url, product.house.database.vault)
        await database.open()
        await until(lambda: _count(database, ReplyRow, 1))
        await until(lambda: _count(database, ReceiptRow, 1))
        assert await product.post(INBOUND, form) == 200
        assert len(await rows(database, ReplyRow)) == 1
        await until(lambda: _is_empty(product))
        await database.close()
    postgres.drop(name)


async def test_w17_only_when_the_spool_is_full_too_the_carrier_gets_503(
    sqlite_url: str, tmp_path: Path
):
    async with product_at(sqlite_url, tmp_path, CALAMITY_SPOOL_MB="1") as product:
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        _take_away(sqlite_url)
        assert await product.text() == 200
        filler = spool / "filler.damaged"
        filler.write_bytes(os.urandom(1 << 20))
        assert await product.text() == 503
        filler.unlink()
        assert await product.text() == 200


async def test_w17_what_is_damaged_is_set_aside_and_told(product, database, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "00000000000000000001-1-0.post").write_bytes(b"nonsense")
    await product.house.inbox.replay()
    assert await causes(database) == ["unreadable"]
    assert [path.suffix for path in spool.iterdir()] == [".damaged"]


async def test_w18_a_text_whose_webhook_was_lost_is_recovered_once(desk):
    await desk.sandbox.fault("inbound-drop", count=1)
    await desk.sandbox.texts("Wij zitten vast", number=desk.town["kf1"].phone, to=SENDER)
    await asyncio.sleep(0.2)
    assert await rows(desk.database, ReplyRow) == []
    await recover_inbound(desk.worker, [SENDER])
    (row,) = await rows(desk.database, ReplyRow)
    assert desk.database.vault.open_text(b"reply.body", row.body) == "Wij zitten vast"
    desk.worker.rests_until.clear()
    await recover_inbound(desk.worker, [SENDER])
    # The webhook comes after all.
    form = desk.product.inbound(
        MessageSid=row.sid, Body="Wij zitten vast", From=desk.town["kf1"].phone
    )
    assert await desk.product.post(INBOUND, form) == 200
    assert len(await rows(desk.database, ReplyRow)) == 1
    assert await causes(desk.database) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("hook", ["inbound", "inbound-fallback", "status", "voice"])
async def test_w19_other_methods_are_not_allowed(product, method, hook):
    path = f"/hooks/twilio/{hook}"
    async with product.client.request(method, product.url + path) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"


async def test_w20_many_duplicates_at_once_are_answered_in_time_and_kept_once(product, database):
    forms = [product.inbound() for _ in range(20)]
    late: list[float] = []

    async def post(form: dict[str, str]) -> int:
        begun = time.perf_counter()
        status = await product.post(INBOUND, form)
        late.append(time.perf_counter() - begun)
        return status

    for _ in range(20):
        assert set(await asyncio.gather(*(post(form) for form in forms))) == {200}
    assert len(await rows(database, ReplyRow)) == len(forms)
    assert sorted(late)[int(len(late) * 0.99)] < 1


async def test_the_same_id_with_other_words_keeps_the_first_and_tells(product, database):
    form = product.inbound()
    assert await product.post(INBOUND, form) == 200
    assert await product.post(INBOUND, {**form, "Body": "NEE 4821"}) == 200
    (row,) = await rows(database, ReplyRow)
    assert database.vault.open_text(b"reply.body", row.body) == "JA 4821"
    assert await causes(database) == ["other-words"]


def _close_door(postgres, name: str) -> None:
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    others = f"FROM pg_stat_activity WHERE datname = '{name}'"
    postgres.execute(f"SELECT pg_terminate_backend(pid) {others}")


def _open_door(postgres, name: str) -> None:
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def _take_away(sqlite_url: str) -> None:
    """Let the disk of the database hold something else."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    shutil.copy(path, path.with_suffix(".kept"))
    path.write_bytes(b"this is no database" * 1000)


async def _count(database: Database, table, many: int) -> bool:
    return len(await rows(database, table)) == many


async def _is_empty(product) -> bool:
    return not product.house.inbox._spool.waiting()
