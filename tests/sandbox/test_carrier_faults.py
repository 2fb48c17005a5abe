"""Every fault happens as often as told, to whom told, and does what it says."""

import aiohttp
import pytest
from sandbox_stage import PERSON, SENDER, running
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

FORM = {"To": PERSON, "From": SENDER, "Body": "Kunt u komen?"}


async def accepted(sandbox) -> int:
    return len(await sandbox.control("GET", f"/messages?to={PERSON.replace('+', '%2B')}"))


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("unauthorised", 401, 20003),
        ("suspended", 403, 20005),
        ("too-many", 429, 20429),
        ("error-before", 500, 20500),
        ("unavailable-before", 503, 20503),
    ],
)
async def test_a_fault_before_acceptance_leaves_no_text(sandbox, kind, status, code):
    """S-80."""
    await sandbox.fault(kind, count=1, seconds=7)
    with pytest.raises(TwilioRestException) as refused:
        await sandbox.twilio.messages.create_async(to=PERSON, from_=SENDER, body="x")
    assert (refused.value.status, refused.value.code) == (status, code)
    assert await accepted(sandbox) == 0
    await sandbox.send()
    assert await accepted(sandbox) == 1


async def test_too_many_says_when_to_try_again(sandbox):
    """S-80."""
    await sandbox.fault("too-many", seconds=7)
    answer = await sandbox.raw("POST", sandbox.base + "/Messages.json", data=FORM)
    assert answer.headers["Retry-After"] == "7"


async def test_an_error_after_acceptance_still_delivers(sandbox, product):
    """S-80."""
    await sandbox.fault("error-after", count=1)
    status, _ = await sandbox.create(**FORM, StatusCallback=product.origin + "/status")
    assert status == 500
    await product.got(3, "/status")
    assert await accepted(sandbox) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("hang-after", aiohttp.ServerDisconnectedError),
        ("reset-after", aiohttp.ClientError),
        ("truncated", aiohttp.ClientPayloadError),
    ],
)
async def test_a_cut_connection_still_accepted_the_text(sandbox, kind, error):
    """S-80."""
    await sandbox.fault(kind, count=1, seconds=0.3)
    with pytest.raises((error, ConnectionResetError)):
        await sandbox.raw("POST", sandbox.base + "/Messages.json", data=FORM)
    assert await accepted(sandbox) == 1
    await sandbox.send()


async def test_a_hang_outlasts_the_patience_of_the_caller(sandbox):
    """S-80."""
    await sandbox.fault("hang-after", count=1)
    timeout = aiohttp.ClientTimeout(total=0.3)
    with pytest.raises(TimeoutError):
        await sandbox.raw("POST", sandbox.base + "/Messages.json", data=FORM, timeout=timeout)
    assert await accepted(sandbox) == 1


async def test_success_without_an_answer_to_read(sandbox):
    """S-80."""
    await sandbox.fault("html", count=1)
    await sandbox.fault("empty", count=1)
    html = await sandbox.raw("POST", sandbox.base + "/Messages.json", data=FORM)
    empty = await sandbox.raw("POST", sandbox.base + "/Messages.json", data=FORM)
    assert (html.status, html.content_type) == (201, "text/html")
    assert (empty.status, await empty.read()) == (201, b"")
    assert await accepted(sandbox) == 2


async def test_a_trickle_arrives_whole_but_late(sandbox):
    """S-80."""
    await sandbox.fault("trickle", count=1, seconds=0.5)
    status, payload = await sandbox.create(**FORM)
    assert (status, payload["status"]) == (201, "queued")


async def test_a_slow_answer_comes_after_the_first_callbacks(sandbox, product):
    """S-81."""
    await sandbox.fault("slow", count=1, seconds=0.5)
    sent = await sandbox.send(StatusCallback=product.origin + "/status")
    assert product.statuses(sent["sid"]) == ["sending", "sent", "delivered"]


async def test_a_fault_strikes_only_whom_it_should_and_is_cleared(sandbox):
    await sandbox.fault("error-before", to="+3197010240009")
    await sandbox.send()
    assert (await sandbox.create(**{**FORM, "To": "+3197010240009"}))[0] == 500
    assert len(await sandbox.control("GET", "/faults")) == 1
    await sandbox.control("DELETE", "/faults")
    assert (await sandbox.create(**{**FORM, "To": "+3197010240009"}))[0] == 201


async def test_chance_is_seeded_and_near_what_was_asked():
    """S-80."""

    async def struck() -> list[int]:
        async with running(seed=7) as sandbox:
            await sandbox.fault("error-before", probability=0.3)
            return [(await sandbox.create(**FORM))[0] for _ in range(100)]

    first, second = await struck(), await struck()
    assert first == second
    assert 15 <= first.count(500) <= 45


async def test_a_wrong_fault_is_refused_with_a_reason(sandbox):
    for body in ({"kind": "gremlin"}, {"kind": "html", "probability": 2}, {"kind": "html", "x": 1}):
        answer = await sandbox.session.post(sandbox.origin + "/sandbox/faults", json=body)
        assert answer.status == 400
    assert await sandbox.control("GET", "/faults") == []


async def test_callbacks_can_be_lost(sandbox, product):
    """S-81."""
    await sandbox.fault("callback-drop", count=2)
    sid = (await sandbox.send(StatusCallback=product.origin + "/s"))["sid"]
    await product.got(1, "/s")
    assert product.statuses(sid) == ["delivered"]


async def test_callbacks_can_come_twice(sandbox, product):
    """S-81."""
    await sandbox.fault("callback-duplicate", times=2, count=1)
    sid = (await sandbox.send(StatusCallback=product.origin + "/s"))["sid"]
    hooks = await product.got(5, "/s")
    assert product.statuses(sid) == ["sending"] * 3 + ["sent", "delivered"]
    assert hooks[0].raw == hooks[1].raw


async def test_callbacks_can_change_places(sandbox, product):
    """S-81."""
    await sandbox.fault("callback-reorder", count=1)
    sid = (await sandbox.send(StatusCallback=product.origin + "/s"))["sid"]
    await product.got(3, "/s")
    assert product.statuses(sid) == ["sent", "sending", "delivered"]


async def test_a_delayed_callback_is_overtaken(sandbox, product):
    """S-81."""
    await sandbox.fault("callback-delay", count=1, seconds=0.6)
    sid = (await sandbox.send(StatusCallback=product.origin + "/s"))["sid"]
    await product.got(3, "/s")
    assert product.statuses(sid) == ["sent", "delivered", "sending"]


@pytest.mark.parametrize("kind", ["callback-bad-signature", "callback-stale-token"])
async def test_a_signature_can_be_wrong(sandbox, product, kind):
    """S-81."""
    await sandbox.fault(kind)
    await sandbox.send(StatusCallback=product.origin + "/s")
    hook = (await product.got(1, "/s"))[0]
    validator = RequestValidator(sandbox.settings.auth_token)
    signature = hook.headers["X-Twilio-Signature"]
    assert not validator.validate(product.origin + hook.path, hook.form, signature)


async def test_strange_callbacks_are_signed_as_they_are(sandbox, product):
    """S-81."""
    await sandbox.fault("callback-extra-field", count=1)
    await sandbox.fault("callback-unknown-status", count=1)
    await sandbox.send(StatusCallback=product.origin + "/s")
    hooks = await product.got(3, "/s")
    assert "RawDlrDoneDate" in hooks[0].form
    assert hooks[1].form["MessageStatus"] == "shipped"
    validator = RequestValidator(sandbox.settings.auth_token)
    for hook in hooks:
        signature = hook.headers["X-Twilio-Signature"]
        assert validator.validate(product.origin + hook.path, hook.form, signature)


async def test_replies_can_be_lost_and_come_twice(sandbox, product):
    """S-82."""
    path = f"/phones/{PERSON}/texts"
    await sandbox.fault("inbound-drop", count=1)
    await sandbox.fault("inbound-duplicate", count=1)
    await sandbox.control("POST", path, {"body": "weg", "to": SENDER})
    await sandbox.control("POST", path, {"body": "dubbel", "to": SENDER})
    hooks = await product.got(2, "/hooks")
    assert [hook.form["Body"] for hook in hooks] == ["dubbel", "dubbel"]
    listed = await sandbox.twilio.messages.list_async(to=SENDER)
    assert sorted(one.body for one in listed) == ["dubbel", "weg"]
