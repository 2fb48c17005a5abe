"""Texts move along one queue per sender, at its rate, to phones that behave as told."""

import asyncio

import pytest
from sandbox_stage import PERSON, SENDER, eventually, running

OTHER = "+3197010250001"
SERVICE = "MG" + "1" * 32


async def arrivals(sandbox, number: str = PERSON) -> list[str]:
    phone = await sandbox.control("GET", f"/phones/{number}")
    return [text["body"] for text in phone["texts"] if text["direction"] != "inbound"]


async def test_a_sender_keeps_to_its_rate_in_segments_and_its_order():
    """S-50."""
    async with running(senders={SENDER: 20.0}, delivery_seconds=0.01) as sandbox:
        began = asyncio.get_running_loop().time()
        sids = []
        for number in range(8):
            long = "x" * 161 if number % 2 else "x"
            sids.append((await sandbox.send(f"{number}{long}"))["sid"])
        await sandbox.until(sids[-1], "delivered")
        took = asyncio.get_running_loop().time() - began
        # Ten segments leave before the last text, at twenty segments per second.
        assert 0.5 <= took < 2
        assert [body[0] for body in await arrivals(sandbox)] == list("01234567")


async def test_senders_do_not_wait_for_each_other():
    """S-50."""
    async with running(senders={SENDER: 0.01, OTHER: 100.0}) as sandbox:
        await sandbox.send("eerst")
        slow = (await sandbox.send("wacht"))["sid"]
        quick = (await sandbox.send("meteen", From=OTHER))["sid"]
        await sandbox.until(quick, "delivered")
        assert await sandbox.status_of(slow) == "queued"


async def test_time_runs_faster_stands_still_and_leaps():
    """S-54."""
    async with running(senders={SENDER: 1.0}, speed=200.0) as sandbox:
        for _ in range(60):
            last = (await sandbox.send("een minuut werk"))["sid"]
        await sandbox.until(last, "delivered")
        await sandbox.control("POST", "/clock", {"paused": True})
        held = (await sandbox.send("straks"))["sid"]
        await asyncio.sleep(0.1)
        assert await sandbox.status_of(held) == "queued"
        await sandbox.control("POST", "/clock", {"step": 300})
        await sandbox.until(held, "delivered")


async def test_a_text_that_waits_too_long_expires_and_takes_no_turn():
    """S-51."""
    async with running(senders={SENDER: 0.1}, speed=50.0) as sandbox:
        await sandbox.send("eerst")
        expired = (await sandbox.send("te laat", ValidityPeriod="5"))["sid"]
        behind = (await sandbox.send("daarna"))["sid"]
        failed = await sandbox.until(expired, "failed")
        assert failed["error_code"] == 30036
        assert await sandbox.until(behind, "delivered")


async def test_a_full_queue_refuses_a_number_and_fails_a_service():
    """S-24."""
    async with running(
        senders={SENDER: 0.0001, OTHER: 0.0001}, services={SERVICE: [OTHER]}
    ) as sandbox:
        for sender in (SENDER, OTHER):
            for _ in range(5):
                await sandbox.create(To=PERSON, From=sender, Body="x" * 161)
        status, payload = await sandbox.create(To=PERSON, From=SENDER, Body="x")
        assert (status, payload["code"]) == (400, 21611)
        form = {"To": PERSON, "MessagingServiceSid": SERVICE, "Body": "x"}
        status, payload = await sandbox.create(**form)
        assert (status, payload["status"]) == (201, "accepted")
        assert (await sandbox.until(payload["sid"], "failed"))["error_code"] == 30001


@pytest.mark.parametrize(
    ("state", "status", "error"),
    [
        ("off", "undelivered", 30003),
        ("unknown", "undelivered", 30005),
        ("blocked", "undelivered", 30004),
        ("filtered", "undelivered", 30007),
        ("congested", "undelivered", 30017),
        ("full", "undelivered", 30008),
        ("roaming", "delivered", None),
        ("on", "delivered", None),
    ],
)
async def test_a_phone_decides_how_its_texts_end(state, status, error):
    """S-52."""
    async with running(speed=500.0) as sandbox:
        await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": state})
        sid = (await sandbox.send())["sid"]
        ended = await sandbox.until(sid, "delivered", "undelivered", "failed")
        assert (ended["status"], ended["error_code"]) == (status, error)
        assert len(await arrivals(sandbox)) == (status == "delivered")


async def test_a_silent_phone_gets_the_text_and_gives_no_receipt(sandbox):
    """S-52."""
    await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": "silent"})
    sid = (await sandbox.send())["sid"]

    async def look() -> list[str]:
        return await arrivals(sandbox)

    assert await eventually(look) == ["Kunt u komen?"]
    assert await sandbox.status_of(sid) == "sent"


async def test_a_phone_that_comes_on_gets_what_waited(sandbox):
    """S-52."""
    await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": "off"})
    sid = (await sandbox.send())["sid"]
    await sandbox.until(sid, "sent")
    await asyncio.sleep(0.2)
    assert await arrivals(sandbox) == []
    await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": "on"})
    await sandbox.until(sid, "delivered")
    assert await arrivals(sandbox) == ["Kunt u komen?"]


async def test_a_landline_is_refused_and_a_generic_name_fails(sandbox):
    """S-14, S-16."""
    await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": "landline"})
    assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[1]["code"] == 21614
    sid = (await sandbox.send(To="+3197010240001", From="INFO"))["sid"]
    assert (await sandbox.until(sid, "failed"))["error_code"] == 30042


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe", "OPTOUT"])
async def test_stop_closes_the_way_and_start_opens_it(sandbox, word):
    """S-22, S-70."""
    path = f"/phones/{PERSON}/texts"
    await sandbox.send()
    await sandbox.control("POST", path, {"body": word})
    assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[1]["code"] == 21610
    assert (await sandbox.create(To="+3197010240001", From=SENDER, Body="x"))[0] == 201
    await sandbox.control("POST", path, {"body": "START", "to": SENDER})
    assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[0] == 201

    async def look() -> bool:
        return sum("aangemeld" in b or "afgemeld" in b for b in await arrivals(sandbox)) == 2

    await eventually(look)


async def test_a_sentence_with_stop_in_it_changes_nothing(sandbox):
    """S-70."""
    await sandbox.control("POST", f"/phones/{PERSON}/texts", {"body": "STOP ER MEE", "to": SENDER})
    assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[0] == 201


async def test_stop_also_holds_what_is_queued():
    """S-70."""
    async with running(senders={SENDER: 1.0}) as sandbox:
        await sandbox.send("eerst")
        queued = (await sandbox.send("straks"))["sid"]
        await sandbox.control("POST", f"/phones/{PERSON}/texts", {"body": "STOP", "to": SENDER})
        assert (await sandbox.until(queued, "failed"))["error_code"] == 21610


async def test_who_heard_only_a_name_cannot_answer(sandbox):
    """S-70."""
    sid = (await sandbox.send(From="Gemeente"))["sid"]
    await sandbox.until(sid, "delivered")
    url = f"{sandbox.origin}/sandbox/phones/{PERSON}/texts"
    answer = await sandbox.session.post(url, json={"body": "JA"})
    assert answer.status == 400
