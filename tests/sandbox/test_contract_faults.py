"""What can be broken: when, for whom, how often; the same each time from the same seed."""

import asyncio
import base64

import aiohttp
import pytest
from sandbox_stage import PERSON, SENDER, eventually, running

OTHER = "+3197010240009"
FORM = {"To": PERSON, "From": SENDER, "Body": "Kunt u komen?"}


async def test_s80_a_fault_concerns_numbers_that_begin_so(sandbox):
    await sandbox.fault("error-before", to="+319701024000*")
    assert (await sandbox.create(**FORM))[0] == 500
    assert (await sandbox.create(**{**FORM, "To": "+3197010240012"}))[0] == 201


async def test_s80_a_refused_connection_is_refused_by_the_machine_and_mended_by_itself():
    async with running() as sandbox:
        await sandbox.fault("refused", seconds=0.6)
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as fresh:
            with pytest.raises(aiohttp.ClientConnectorError):
                await fresh.get(sandbox.origin + "/sandbox/health")

        async def look() -> bool:
            try:
                return (await sandbox.create(**FORM))[0] == 201
            except aiohttp.ClientError:
                return False

        await eventually(look)
        assert await sandbox.control("GET", "/faults") == []


async def test_s80_one_fault_of_several_is_mended(sandbox):
    await sandbox.fault("error-before")
    await sandbox.fault("html")
    first, second = await sandbox.control("GET", "/faults")
    await sandbox.control("DELETE", f"/faults/{first['id']}")
    left = await sandbox.control("GET", "/faults")
    assert [one["kind"] for one in left] == ["html"]
    url = f"{sandbox.origin}/sandbox/faults/{first['id']}"
    assert (await sandbox.session.delete(url)).status == 404
    assert left[0]["id"] == second["id"]


async def test_s80_every_fault_is_recorded(sandbox):
    await sandbox.fault("error-before", count=1)
    await sandbox.create(**FORM)
    (struck,) = await sandbox.control("GET", "/transcript?kind=fault")
    assert (struck["fault"], struck["to"]) == ("error-before", PERSON)
    (refused,) = await sandbox.control("GET", "/transcript?kind=request")
    assert refused["status"] == 500
    await sandbox.fault("error-after")
    await sandbox.create(**FORM)
    (standing,) = await sandbox.control("GET", "/faults")
    assert (standing["state"], standing["struck"]) == ("on", 1)


async def test_s80_what_happens_to_one_phone_does_not_hang_on_another():
    numbers = [f"+31970102400{n:02}" for n in range(10)]

    async def struck(order: list[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        async with running(seed=11) as sandbox:
            await sandbox.fault("error-before", probability=0.4)
            for _ in range(4):
                for number in order:
                    status = (await sandbox.create(**{**FORM, "To": number}))[0]
                    found.setdefault(number, []).append(status)
        return found

    first = await struck(numbers)
    assert first == await struck(numbers[::-1])
    assert {status for row in first.values() for status in row} == {201, 500}


async def test_s81_callbacks_come_in_a_bunch(sandbox, product):
    await sandbox.fault("callback-batch", seconds=3600)
    sids = [
        (await sandbox.send(f"{n}", StatusCallback=product.origin + "/s"))["sid"] for n in range(3)
    ]
    for sid in sids:
        await sandbox.until(sid, "delivered")
    await asyncio.sleep(0.2)
    assert product.hooks == []
    await sandbox.clock(step=3600)
    await product.got(9, "/s")
    assert all(sorted(product.statuses(s)) == ["delivered", "sending", "sent"] for s in sids)


async def test_s81_a_forged_callback_comes_beside_the_true_one(sandbox, product):
    await sandbox.fault("callback-forged")
    await sandbox.send(StatusCallback=product.origin + "/s")
    hooks = await product.got(6, "/s")
    token = sandbox.settings.auth_token
    true = [h.form["MessageStatus"] for h in hooks if h.is_signed(product.origin, token)]
    false = [h.form["MessageStatus"] for h in hooks if not h.is_signed(product.origin, token)]
    assert true == ["sending", "sent", "delivered"]
    assert false == ["delivered", "delivered", "failed"]


async def test_s81_an_error_code_can_be_missing(sandbox, product):
    await sandbox.turn("unknown")
    await sandbox.fault("callback-no-error-code")
    await sandbox.send(StatusCallback=product.origin + "/s")
    hooks = await product.got(3, "/s")
    assert hooks[-1].form["MessageStatus"] == "undelivered"
    assert "ErrorCode" not in hooks[-1].form


async def test_s81_a_callback_is_there_before_the_answer(sandbox, product):
    await sandbox.fault("slow", seconds=0.8)
    creating = asyncio.create_task(sandbox.send(StatusCallback=product.origin + "/s"))
    await product.got(1, "/s")
    assert not creating.done()
    await creating


async def test_s82_a_long_reply_comes_as_two_texts(sandbox, product):
    await sandbox.fault("inbound-split", count=1)
    await sandbox.texts("Wij zitten vast. Er zijn vier mensen bij mij.")
    hooks = await product.got(2, "/hooks")
    first, second = sorted(hooks, key=lambda hook: "vast" not in hook.form["Body"])
    assert first.form["MessageSid"] != second.form["MessageSid"]
    whole = first.form["Body"] + second.form["Body"]
    assert whole == "Wij zitten vast. Er zijn vier mensen bij mij."


async def test_s82_a_reply_comes_as_base64_in_an_mms(sandbox, product):
    await sandbox.fault("inbound-base64", count=1)
    await sandbox.fault("inbound-mm", count=1)
    await sandbox.texts("JA 4821")
    await sandbox.texts("JA 4821")
    coded, plain = await product.got(2, "/hooks")
    assert base64.b64decode(coded.form["Body"]).decode() == "JA 4821"
    assert plain.form["Body"] == "JA 4821"
    assert all(hook.form["MessageSid"].startswith("MM") for hook in (coded, plain))


async def test_s82_a_reply_pretends_to_be_of_someone_else(sandbox, product):
    await sandbox.fault("inbound-spoofed", number=OTHER, to=PERSON)
    await sandbox.texts("NEE 4821")
    hook = (await product.got(1, "/hooks"))[0]
    assert hook.form["From"] == OTHER
    assert hook.is_signed(product.origin, sandbox.settings.auth_token)


async def test_s82_a_reply_comes_hours_late_by_the_carriers_clock(sandbox, product):
    await sandbox.fault("inbound-delay", seconds=6 * 3600, count=1)
    await sandbox.texts("JA 4821")
    await asyncio.sleep(0.2)
    assert product.hooks == []
    await sandbox.clock(step=6 * 3600)
    assert (await product.got(1, "/hooks"))[0].form["Body"] == "JA 4821"


async def test_s82_a_late_reply_survives_a_restart(tmp_path, product):
    settings = {"database": str(tmp_path / "s.db"), "webhook_url": product.origin + "/inbound"}
    async with running(**settings) as sandbox:
        await sandbox.fault("inbound-delay", seconds=3600)
        await sandbox.texts("JA 4821")
    async with running(**settings) as sandbox:
        await asyncio.sleep(0.2)
        assert product.hooks == []
        await sandbox.clock(step=3600)
        await product.got(1, "/inbound")


async def test_s83_the_api_is_down_for_a_while_and_comes_up(sandbox):
    await sandbox.fault("api-down", starts=100, lasts=300)
    assert (await sandbox.create(**FORM))[0] == 201
    (waiting,) = await sandbox.control("GET", "/faults")
    assert waiting["state"] == "waiting"
    await sandbox.clock(step=150)
    for method, path in (("POST", "/Messages"), ("GET", "/Messages"), ("GET", "/Calls")):
        answer = await sandbox.raw(method, f"{sandbox.base}{path}.json", data=FORM)
        assert (answer.status, (await answer.json())["code"]) == (503, 20503)
    await sandbox.clock(step=300)
    assert (await sandbox.create(**FORM))[0] == 201
    assert await sandbox.control("GET", "/faults") == []


async def test_s83_webhooks_are_down_and_come_afterwards_in_order(sandbox, product):
    await sandbox.fault("webhooks-down", lasts=600)
    sid = (await sandbox.send(StatusCallback=product.origin + "/s"))["sid"]
    await sandbox.texts("JA")
    await sandbox.until(sid, "delivered")
    await asyncio.sleep(0.2)
    assert product.hooks == []
    await sandbox.clock(step=700)
    await product.got(4)
    assert product.statuses(sid)[:3] == ["sending", "sent", "delivered"]


async def test_s83_a_network_is_down_for_its_numbers_only(sandbox):
    await sandbox.fault("carrier-down", to="+3197010240000*", lasts=600)
    held = (await sandbox.send())["sid"]
    free = (await sandbox.send(To=OTHER))["sid"]
    brief = (await sandbox.send(ValidityPeriod="60"))["sid"]
    await sandbox.until(free, "delivered")
    assert await sandbox.status_of(held) == "sending"
    await sandbox.clock(step=100)
    assert (await sandbox.until(brief, "failed"))["error_code"] == 30008
    assert await sandbox.status_of(held) == "sending"
    await sandbox.clock(step=600)
    await sandbox.until(held, "delivered")


async def test_s83_a_mended_network_goes_on_at_once(sandbox):
    await sandbox.fault("carrier-down")
    held = (await sandbox.send())["sid"]
    await sandbox.until(held, "sending")
    await sandbox.control("DELETE", "/faults")
    await sandbox.until(held, "delivered")


async def test_s25_a_suspended_account_sends_nothing_more():
    async with running(senders={SENDER: 0.5}) as sandbox:
        await sandbox.send("eerst")
        queued = (await sandbox.send("in de rij"))["sid"]
        await sandbox.fault("suspended")
        status, payload = await sandbox.create(**FORM)
        assert (status, payload["code"]) == (403, 20005)
        await sandbox.clock(step=10)
        assert (await sandbox.until(queued, "failed"))["error_code"] == 30002


SCRIPT = {
    "seed": 5,
    "steps": [
        {"fault": {"kind": "error-before", "probability": 0.5}},
        {"at": 60, "mend": True, "numbers": PERSON, "state": "off"},
        {"at": 120, "fault": {"kind": "too-many"}},
        {"at": 180, "mend": True, "state": "on"},
    ],
}


async def test_a_script_gives_the_same_exercise_each_time(sandbox):
    async def play() -> list[int]:
        await sandbox.control("POST", "/script", SCRIPT)
        return [(await sandbox.create(**FORM))[0] for _ in range(20)]

    first = await play()
    assert first == await play()
    assert {*first} == {201, 500}


async def test_a_script_goes_on_with_the_carriers_clock(sandbox):
    await sandbox.control("POST", "/script", SCRIPT)
    await sandbox.clock(step=61)

    async def state() -> str:
        return (await sandbox.control("GET", f"/phones/{PERSON}"))["state"]

    async def is_off() -> bool:
        return await state() == "off"

    await sandbox.send()
    await eventually(is_off)
    await sandbox.clock(step=60)
    await asyncio.sleep(0.1)
    assert (await sandbox.create(**FORM))[0] == 429
    await sandbox.clock(step=60)
    await asyncio.sleep(0.1)
    assert await state() == "on"
    assert (await sandbox.create(**FORM))[0] == 201


async def test_a_script_is_read_from_a_file_and_a_wrong_one_says_where(tmp_path):
    path = tmp_path / "storm.json"
    path.write_text('{"seed": 1, "steps": [{"fault": {"kind": "api-down", "lasts": 60}}]}')
    async with running(script=str(path)) as sandbox:
        assert (await sandbox.create(**FORM))[0] == 503
        wrong = {"steps": [{"fault": {"kind": "gremlin"}}]}
        answer = await sandbox.session.post(sandbox.origin + "/sandbox/script", json=wrong)
        assert answer.status == 400
        assert "gremlin" in await answer.text()
