"""Phones as people have them, the region in Ireland, services, and what Lookup knows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sandbox_stage import PERSON, SENDER, running

SERVICE = "MG" + "1" * 32
SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()
FORM = {"To": PERSON, "From": SENDER, "Body": "x"}


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"MediaUrl": "https://crisis.example.nl/kaart.png"}, 21670),
        ({"ShortenUrls": "true"}, 30700),
        ({"SendAt": SOON, "MessagingServiceSid": SERVICE}, 30700),
        ({"From": "+3197010250009"}, 21663),
    ],
)
async def test_s26_the_region_in_ireland_can_do_less(extra, code):
    away = frozenset({"+3197010250009"})
    services = {SERVICE: [SENDER]}
    async with running(region="ie1", elsewhere=away, services=services) as sandbox:
        status, payload = await sandbox.create(**{**FORM, **extra})
        assert (status, payload["code"]) == (400, code)
        assert await sandbox.control("GET", "/messages") == []
        assert (await sandbox.create(**FORM))[0] == 201


async def test_s27_unknown_parameters_are_ignored(sandbox):
    assert (await sandbox.create(**FORM, MessageIntent="alert", Nonsense="1"))[0] == 201


async def test_s52_who_opted_out_is_refused_until_they_start_again(sandbox):
    await sandbox.turn("opted-out")
    assert (await sandbox.create(**FORM))[1]["code"] == 21610
    await sandbox.texts("START")
    assert (await sandbox.create(**FORM))[0] == 201
    assert (await sandbox.control("GET", f"/phones/{PERSON}"))["state"] == "on"


async def test_s52_a_recycled_number_reaches_a_stranger_who_answers_once(sandbox, product):
    first = (await sandbox.send("geheim"))["sid"]
    await sandbox.until(first, "delivered")
    await sandbox.turn("recycled")
    for body in ("een", "twee"):
        await sandbox.until((await sandbox.send(body))["sid"], "delivered")
    (hook,) = await product.got(1, "/hooks")
    assert "Wie is dit?" in hook.form["Body"]
    await asyncio.sleep(0.2)
    assert len(product.hooks) == 1
    phone = await sandbox.control("GET", f"/phones/{PERSON}")
    assert "geheim" not in [text["body"] for text in phone["texts"]]
    looked = await sandbox.twilio.lookups.v2.phone_numbers(PERSON).fetch_async(
        fields="reassigned_number"
    )
    assert looked.reassigned_number["is_number_reassigned"] == "yes"


async def test_s52_a_driver_answers_by_itself(sandbox, product):
    await sandbox.turn("driving")
    await sandbox.send()
    (hook,) = await product.got(1, "/hooks")
    assert "Automatisch bericht" in hook.form["Body"]


async def test_s52_a_swapped_sim_is_known_to_lookup_and_holds_nothing_of_before(sandbox):
    await sandbox.until((await sandbox.send("eerder"))["sid"], "delivered")
    await sandbox.turn("sim-swapped")
    await sandbox.until((await sandbox.send("later"))["sid"], "delivered")
    phone = await sandbox.control("GET", f"/phones/{PERSON}")
    assert [text["body"] for text in phone["texts"]] == ["later"]
    fields = "sim_swap,line_type_intelligence"
    looked = await sandbox.twilio.lookups.v2.phone_numbers(PERSON).fetch_async(fields=fields)
    assert looked.sim_swap["last_sim_swap"]["swapped_in_period"] is True
    assert looked.line_type_intelligence["type"] == "mobile"


async def test_s53_a_service_has_a_callback_of_its_own(product):
    settings = {
        "services": {SERVICE: [SENDER]},
        "service_callbacks": {SERVICE: product.origin + "/service"},
    }
    async with running(**settings) as sandbox:
        form = {"To": PERSON, "MessagingServiceSid": SERVICE, "Body": "x"}
        _, by_service = await sandbox.create(**form)
        hooks = await product.got(4, "/service")
        assert product.statuses(by_service["sid"]) == ["queued", "sending", "sent", "delivered"]
        assert {hook.form["MessagingServiceSid"] for hook in hooks} == {SERVICE}
        _, by_itself = await sandbox.create(**form, StatusCallback=product.origin + "/own")
        await product.got(4, "/own")
        assert len([hook for hook in product.hooks if hook.path == "/service"]) == 4
        await sandbox.until(by_itself["sid"], "delivered")
        await sandbox.send()
        await asyncio.sleep(0.3)
        assert len(product.hooks) == 8, "without a service or an address nothing is told"


async def test_s67_a_number_of_a_service_names_its_service(product):
    settings = {"services": {SERVICE: [SENDER]}, "webhook_url": product.origin + "/inbound"}
    async with running(**settings) as sandbox:
        await sandbox.texts("JA")
        (hook,) = await product.got(1, "/inbound")
        assert hook.form["MessagingServiceSid"] == SERVICE


async def test_s54_while_time_stands_still_nothing_moves_and_a_step_moves_it():
    async with running(senders={SENDER: 1.0}) as sandbox:
        await sandbox.clock(paused=True)
        sids = [(await sandbox.send(f"{n}"))["sid"] for n in range(3)]
        await asyncio.sleep(0.2)
        assert [await sandbox.status_of(sid) for sid in sids] == ["queued"] * 3
        await sandbox.clock(step=1.5)
        await sandbox.until(sids[1], "delivered")
        assert await sandbox.status_of(sids[2]) == "queued"
        await sandbox.clock(paused=False, speed=100)
        await sandbox.until(sids[2], "delivered")


async def test_s50_the_queue_of_each_sender_can_be_seen():
    async with running(senders={SENDER: 0.5}) as sandbox:
        for _ in range(4):
            await sandbox.send("x" * 161)
        waits = await sandbox.control("GET", "/queues")
        assert 14 <= waits[SENDER] <= 16


async def test_s62_an_older_token_still_signs_and_still_opens(product):
    second = "5a4d" * 7 + "0123"
    async with running(webhook_url=product.origin + "/inbound", second_token=second) as sandbox:
        await sandbox.fault("inbound-bad-signature", count=1)
        await sandbox.fault("callback-stale-token", count=1)
        await sandbox.texts("JA")
        assert not (await product.got(1))[0].is_signed(product.origin, second)
        await sandbox.send(StatusCallback=product.origin + "/s")
        assert (await product.got(1, "/s"))[0].is_signed(product.origin, second)
        key = (sandbox.settings.account_sid, second)
        assert (await sandbox.raw("GET", sandbox.base + "/Balance.json", key=key)).status == 200


async def test_s05_texts_are_utf8_on_the_wire(sandbox):
    answer = await sandbox.raw(
        "POST", sandbox.base + "/Messages.json", data={**FORM, "Body": "één 👍"}
    )
    assert "één 👍".encode() in await answer.read()


async def test_s10_the_checks_come_in_twilios_order(sandbox):
    """S-10 to S-23: each fault hides those behind it."""
    await sandbox.texts("STOP", number="+3197010240005")
    form: dict[str, str] = {
        "Body": "", "ValidityPeriod": "0", "StatusCallback": "nowhere", "SendAt": SOON,
    }  # fmt: skip
    cures = [
        (21604, {"To": "+319701"}),
        (21603, {"From": "+3197010259999"}),
        (21602, {"Body": "x" * 1601}),
        (21211, {"To": "+31201234567"}),
        (21614, {"To": "+3197010240005"}),
        (21606, {"From": SENDER}),
        (21617, {"Body": "x"}),
        (21624, {"ValidityPeriod": "60"}),
        (21609, {"StatusCallback": "https://crisis.example.nl/s"}),
        (21610, {"To": PERSON}),
        (35118, {"SendAt": ""}),
    ]
    for code, cure in cures:
        assert (await sandbox.create(**form))[1]["code"] == code
        form |= cure
    assert (await sandbox.create(**form))[0] == 201
