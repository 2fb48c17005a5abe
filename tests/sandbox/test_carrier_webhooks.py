"""What the product gets: signed forms, in order, tried again as its address asks."""

import asyncio

import pytest
from sandbox_stage import PERSON, SENDER, eventually, running
from twilio.request_validator import HMAC_SHA256, RequestValidator

INBOUND = {
    "ToCountry", "ToState", "SmsMessageSid", "NumMedia", "ToCity", "FromZip", "SmsSid",
    "FromState", "SmsStatus", "FromCity", "Body", "FromCountry", "To", "ToZip", "NumSegments",
    "MessageSid", "AccountSid", "From", "ApiVersion",
}  # fmt: skip


def is_signed(sandbox, hook, origin: str) -> bool:
    validator = RequestValidator(sandbox.settings.auth_token)
    return validator.validate(origin + hook.path, hook.form, hook.headers["X-Twilio-Signature"])


async def say(sandbox, body: str) -> str:
    sent = await sandbox.control("POST", f"/phones/{PERSON}/texts", {"body": body, "to": SENDER})
    return sent["sid"]


async def alerts(sandbox) -> list[dict]:
    return await sandbox.control("GET", "/alerts")


async def test_status_callbacks_come_signed_and_in_order(sandbox, product):
    """S-53, S-60, S-61."""
    callback = product.origin + "/hooks/twilio/status?m=0192f0c4-7d1e"
    sid = (await sandbox.send(StatusCallback=callback))["sid"]
    hooks = await product.got(3, "/hooks/twilio/status")
    assert product.statuses(sid) == ["sending", "sent", "delivered"]
    first = hooks[0]
    assert first.path.endswith("?m=0192f0c4-7d1e")
    assert first.headers["User-Agent"] == "TwilioProxy/1.1"
    assert first.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert first.form["SmsSid"] == sid
    assert first.form["SmsStatus"] == "sending"
    assert (first.form["From"], first.form["To"]) == (SENDER, PERSON)
    assert all(is_signed(sandbox, hook, product.origin) for hook in hooks)
    spoiled = {**first.form, "To": "+3197010240009"}
    signature = first.headers["X-Twilio-Signature"]
    validator = RequestValidator(sandbox.settings.auth_token)
    assert not validator.validate(callback, spoiled, signature)


async def test_an_error_code_comes_with_a_text_that_was_not_delivered(sandbox, product):
    """S-53."""
    await sandbox.control("POST", f"/phones/{PERSON}/state", {"state": "unknown"})
    sid = (await sandbox.send(StatusCallback=product.origin + "/status"))["sid"]
    hooks = await product.got(3, "/status")
    assert product.statuses(sid)[-1] == "undelivered"
    assert hooks[-1].form["ErrorCode"] == "30005"


async def test_a_text_from_a_phone_comes_with_every_field_of_twilio(sandbox, product):
    """S-60, S-67."""
    sid = await say(sandbox, "JA 4821 + één")
    hook = (await product.got(1, "/hooks/twilio/inbound"))[0]
    assert set(hook.form) == INBOUND
    assert hook.form["Body"] == "JA 4821 + één"
    assert hook.form["MessageSid"] == sid
    assert hook.form["SmsStatus"] == "received"
    assert (hook.form["FromCountry"], hook.form["FromCity"]) == ("NL", "")
    assert b"Body=JA+4821+%2B+%C3%A9%C3%A9n" in hook.raw
    assert b"From=%2B3197010240000" in hook.raw
    assert b"FromCity=&" in hook.raw
    assert is_signed(sandbox, hook, product.origin)


async def test_s99_every_callback_is_in_the_transcript_with_its_answer(sandbox, product):
    product.says["/status"] = ["<Response/>"]
    sid = (await sandbox.send(StatusCallback=product.origin + "/status"))["sid"]
    await product.got(3, "/status")

    async def look() -> list[dict]:
        found = await sandbox.control("GET", f"/transcript?kind=status-webhook&sid={sid}")
        return found if len(found) == 3 else []

    found = await eventually(look)
    assert [one["form"]["MessageStatus"] for one in found] == ["sending", "sent", "delivered"]
    assert {(one["outcome"], one["answer"]) for one in found} == {(200, "<Response/>")}


async def test_stop_still_reaches_the_product(sandbox, product):
    """S-70."""
    await say(sandbox, "STOP")
    assert (await product.got(1, "/hooks"))[0].form["Body"] == "STOP"


async def test_the_fallback_gets_what_the_webhook_did_not_take(sandbox, product):
    """S-64."""
    product.answers["/hooks/twilio/inbound"] = [503]
    await say(sandbox, "JA")
    hooks = await product.got(2, "/hooks")
    assert [hook.path for hook in hooks] == [
        "/hooks/twilio/inbound", "/hooks/twilio/inbound-fallback",
    ]  # fmt: skip
    assert hooks[1].form["ErrorCode"] == "11200"
    assert hooks[1].form["ErrorUrl"].endswith("/hooks/twilio/inbound")
    assert is_signed(sandbox, hooks[1], product.origin)


async def test_a_failure_without_a_way_out_is_an_alert(product):
    """S-64."""
    async with running(webhook_url=product.origin + "/inbound") as sandbox:
        product.answers["/inbound"] = [500]
        sid = await say(sandbox, "JA")

        async def look() -> list[dict]:
            return await alerts(sandbox)

        found = await eventually(look)
        assert (found[0]["code"], found[0]["sid"]) == (11200, sid)
        assert len(product.hooks) == 1, "a 500 is not tried again unless the address asks for it"


async def test_the_fragment_says_when_to_try_again_and_is_not_signed(product):
    """S-61, S-63."""
    url = product.origin + "/inbound#rc=3&rp=5xx,ct&ct=2000"
    async with running(webhook_url=url) as sandbox:
        product.answers["/inbound"] = [500, 502, 204]
        await say(sandbox, "JA")
        hooks = await product.got(3)
        await asyncio.sleep(0.2)
        assert len(product.hooks) == 3
        assert len({hook.headers["I-Twilio-Idempotency-Token"] for hook in hooks}) == 1
        assert all(is_signed(sandbox, hook, product.origin) for hook in hooks)


async def test_a_slow_answer_is_given_up(product):
    """S-63."""
    async with running(webhook_url=product.origin + "/inbound#rt=100&tt=200&rc=0") as sandbox:
        product.delay = 1
        await say(sandbox, "JA")

        async def look() -> list[dict]:
            return await alerts(sandbox)

        assert (await eventually(look))[0]["reason"] == "rt"


async def test_a_redirect_is_followed_without_the_form(product):
    """S-65."""
    async with running(webhook_url=product.origin + "/inbound") as sandbox:
        product.answers["/inbound"] = [302]
        product.location = "/elsewhere"
        await say(sandbox, "JA")
        hooks = await product.got(2)
        assert (hooks[1].method, hooks[1].path, hooks[1].form) == ("GET", "/elsewhere", {})


async def test_webhooks_are_signed_for_the_public_address(product):
    """S-61."""
    public = "https://crisis.example.nl"
    async with running(webhook_url=product.origin + "/inbound?a=b", sign_as=public) as sandbox:
        await say(sandbox, "JA")
        await sandbox.send(StatusCallback=public + "/status?m=1")
        inbound = (await product.got(1, "/inbound"))[0]
        status = (await product.got(1, "/status"))[0]
        assert is_signed(sandbox, inbound, public)
        assert is_signed(sandbox, status, public)
        assert not is_signed(sandbox, inbound, product.origin)


async def test_a_shared_key_signs_with_sha256(product):
    """S-62."""
    async with running(
        webhook_url=product.origin + "/inbound", signing_key="key1", signing_secret="s" * 32
    ) as sandbox:
        await say(sandbox, "JA")
        hook = (await product.got(1))[0]
        named = hook.headers["X-Twilio-Webhooks-Signature-Settings"]
        assert named == "key=key1,algorithm=HMAC_SHA256"
        validator = RequestValidator("s" * 32)
        signature = hook.headers["X-Twilio-Signature"]
        url = product.origin + hook.path
        assert validator.validate(url, hook.form, signature, algorithm=HMAC_SHA256)


@pytest.mark.parametrize("url", ["http://192.0.2.1/status", "https://crisis.example.nl/status"])
async def test_nothing_leaves_the_machine(sandbox, product, url):
    await sandbox.send(StatusCallback=url)

    async def look() -> list[dict]:
        return await alerts(sandbox)

    found = await eventually(look)
    assert found[0]["reason"] == "not on this machine"


async def test_a_redirect_does_not_lead_off_the_machine(product):
    async with running(webhook_url=product.origin + "/inbound") as sandbox:
        product.answers["/inbound"] = [302]
        product.location = "http://192.0.2.1/inbound"
        await say(sandbox, "JA")

        async def look() -> list[dict]:
            return await alerts(sandbox)

        assert (await eventually(look))[0]["reason"] == "not on this machine"


async def test_callbacks_are_posted_side_by_side_but_not_without_limit(product):
    async with running(webhooks_at_once=4, delivery_seconds=0.01) as sandbox:
        product.delay = 0.05
        sids = [
            (await sandbox.send(f"{n}", StatusCallback=product.origin + "/s"))["sid"]
            for n in range(20)
        ]
        await product.got(60, "/s", seconds=20)
        assert 2 <= product.most_at_once <= 4
        assert all(product.statuses(sid) == ["sending", "sent", "delivered"] for sid in sids)
