"""Calls: a phone rings, hears what the product says, and presses keys."""

import json

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from sandbox_stage import PERSON, SENDER, eventually, running, shared_file
from twilio.base.exceptions import TwilioRestException
from twilio.twiml.voice_response import Gather, VoiceResponse

ALL = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
async def town(product):
    async with running(speed=20.0) as sandbox:
        yield sandbox


def menu() -> str:
    answer = VoiceResponse()
    gather = Gather(num_digits=1, timeout=5, action="/voice/menu", language="nl-NL")
    gather.say("Er is brand. Toets 1 als u kunt komen.", language="nl-NL")
    answer.append(gather)
    answer.say("Wij hebben niets gehoord.", language="nl-NL")
    return str(answer)


def words(text: str) -> str:
    answer = VoiceResponse()
    answer.say(text)
    answer.hangup()
    return str(answer)


async def call(sandbox, product, **rest):
    usual = {
        "to": PERSON,
        "from_": SENDER,
        "url": product.origin + "/voice?m=1",
        "status_callback": product.origin + "/status",
        "status_callback_event": ALL,
    }
    return await sandbox.twilio.calls.create_async(**{**usual, **rest})


async def heard(sandbox, sid: str) -> dict:
    calls = await sandbox.control("GET", "/calls")
    return next(one for one in calls if one["sid"] == sid)


async def until(sandbox, sid: str, *statuses: str) -> dict:
    async def look() -> dict | None:
        found = await heard(sandbox, sid)
        return found if found["status"] in statuses else None

    return await eventually(look)


async def until_keypad(sandbox, sid: str) -> dict:
    async def look() -> dict | None:
        found = await heard(sandbox, sid)
        return found if found["keypad"] else None

    return await eventually(look)


async def do(sandbox, sid: str, deed: str, said: str = "") -> None:
    await sandbox.control("POST", f"/calls/{sid}", {"deed": deed, "words": said})


async def statuses(product, count: int) -> list[str]:
    hooks = await product.got(count, "/status")
    ordered = sorted(hooks, key=lambda hook: int(hook.form["SequenceNumber"]))
    return [hook.form["CallStatus"] for hook in ordered]


async def test_s90_a_person_answers_hears_and_presses_a_key(town, product):
    product.says["/voice"] = [menu()]
    product.says["/voice/menu"] = [words("Dank u. Tot zo.")]
    placed = await call(town, product)
    assert (placed.status, placed.direction) == ("queued", "outbound-api")
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    await until_keypad(town, placed.sid)
    await do(town, placed.sid, "press", "1")
    ended = await until(town, placed.sid, "completed")
    said = [one["words"] for one in ended["said"]]
    assert said == ["answered", "Er is brand. Toets 1 als u kunt komen.", "1", "Dank u. Tot zo."]
    first = (await product.got(1, "/voice?m=1"))[0]
    assert first.form["CallStatus"] == "in-progress"
    assert (first.form["From"], first.form["To"]) == (SENDER, PERSON)
    pressed = (await product.got(1, "/voice/menu"))[0]
    assert pressed.form["Digits"] == "1"
    assert pressed.form["CallSid"] == placed.sid
    expected = ["initiated", "ringing", "in-progress", "completed"]
    assert await statuses(product, 4) == expected
    last = (await product.got(4, "/status"))[-1]
    assert int(last.form["CallDuration"]) >= 1
    token = town.settings.auth_token
    assert all(hook.is_signed(product.origin, token) for hook in product.hooks)
    fetched = await town.twilio.calls(placed.sid).fetch_async()
    assert fetched.status == "completed"
    assert fetched.duration == last.form["CallDuration"]


async def test_s90_twiml_is_given_inline_and_only_the_end_is_told(town, product):
    inline = words("Dit is een oefening.")
    placed = await call(town, product, url=None, twiml=inline, status_callback_event=None)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    assert ended["said"][-1]["words"] == "Dit is een oefening."
    assert await statuses(product, 1) == ["completed"]
    assert len(product.hooks) == 1


async def test_s90_who_presses_nothing_hears_what_comes_after(town, product):
    product.says["/voice"] = [menu()]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    assert ended["said"][-1]["words"] == "Wij hebben niets gehoord."


async def test_s90_an_empty_answer_is_told_where_that_is_asked(town, product):
    answer = VoiceResponse()
    answer.gather(action="/voice/menu", timeout=2, action_on_empty_result=True)
    product.says["/voice"], product.says["/voice/menu"] = [str(answer)], [words("Dag.")]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    await until(town, placed.sid, "completed")
    assert (await product.got(1, "/voice/menu"))[0].form["Digits"] == ""


async def test_s90_several_digits_end_with_the_finish_key(town, product):
    answer = VoiceResponse()
    answer.gather(action="/voice/menu", method="GET", timeout=20, finish_on_key="*")
    product.says["/voice"], product.says["/voice/menu"] = [str(answer)], [words("Dag.")]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    await until_keypad(town, placed.sid)
    await do(town, placed.sid, "press", "4821*")
    await until(town, placed.sid, "completed")
    hook = (await product.got(1, "/voice/menu"))[0]
    assert hook.method == "GET"
    assert "Digits=4821" in hook.path
    assert hook.is_signed(product.origin, town.settings.auth_token)


async def test_s90_pause_play_redirect_and_hangup(town, product):
    first = VoiceResponse()
    first.pause(length=2)
    first.play("https://crisis.example.nl/sirene.mp3")
    first.redirect("/voice/next")
    product.says["/voice"], product.says["/voice/next"] = [str(first)], [words("Tot ziens.")]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    said = [one["words"] for one in ended["said"]]
    assert said[1:] == ["♪ https://crisis.example.nl/sirene.mp3", "Tot ziens."]


@pytest.mark.parametrize(
    ("state", "status"), [("congested", "busy"), ("unknown", "failed"), ("on", "no-answer")]
)
async def test_s90_a_call_that_nobody_takes_ends_as_the_phone_is(town, product, state, status):
    await town.turn(state)
    placed = await call(town, product, timeout=5)
    await until(town, placed.sid, status)
    assert (await statuses(product, 2))[-1] == status


async def test_s90_a_call_is_declined_or_called_off(town, product):
    declined = await call(town, product, timeout=600)
    await until(town, declined.sid, "ringing")
    await do(town, declined.sid, "hang-up")
    await until(town, declined.sid, "busy")
    called_off = await call(town, product, timeout=600)
    await until(town, called_off.sid, "ringing")
    await town.twilio.calls(called_off.sid).update_async(status="canceled")
    await until(town, called_off.sid, "canceled")
    with pytest.raises(TwilioRestException) as late:
        await town.twilio.calls(called_off.sid).update_async(status="completed")
    assert late.value.code == 21220


async def test_s90_a_phone_in_a_call_is_busy_for_the_next(town, product):
    first = await call(town, product, timeout=600)
    await until(town, first.sid, "ringing")
    second = await call(town, product)
    await until(town, second.sid, "busy")
    assert (await heard(town, first.sid))["status"] == "ringing"


@pytest.mark.parametrize(
    ("detection", "by", "found"),
    [
        ("Enable", "answer", "human"),
        ("Enable", "voicemail", "machine_start"),
        ("DetectMessageEnd", "voicemail", "machine_end_beep"),
    ],
)
async def test_s90_a_machine_is_told_from_a_person(town, product, detection, by, found):
    product.says["/voice"] = [words("Bel ons terug.")]
    placed = await call(town, product, machine_detection=detection)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, by)
    ended = await until(town, placed.sid, "completed")
    assert ended["answered_by"] == found
    assert (await product.got(1, "/voice"))[0].form["AnsweredBy"] == found


async def test_s90_detection_can_come_beside_the_call(town, product):
    answer = VoiceResponse()
    answer.pause(length=10)
    product.says["/voice"] = [str(answer)]
    placed = await call(
        town, product, machine_detection="Enable", async_amd=True,
        async_amd_status_callback=product.origin + "/amd",
    )  # fmt: skip
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    assert "AnsweredBy" not in (await product.got(1, "/voice"))[0].form
    hook = (await product.got(1, "/amd"))[0]
    assert (hook.form["CallSid"], hook.form["AnsweredBy"]) == (placed.sid, "human")


async def test_s90_the_voicemail_of_a_phone_that_is_off_answers_by_itself(town, product):
    product.says["/voice"] = [words("Bel ons terug.")]
    await town.turn("off")
    placed = await call(town, product, machine_detection="Enable")
    assert (await until(town, placed.sid, "completed"))["answered_by"] == "machine_start"


async def test_s90_a_call_goes_on_elsewhere_or_ends_when_the_product_says_so(town, product):
    answer = VoiceResponse()
    answer.pause(length=600)
    product.says["/voice"] = [str(answer)]
    product.says["/voice/next"] = [str(answer)]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    await product.got(1, "/voice?m=1")
    one = town.twilio.calls(placed.sid)
    await one.update_async(url=product.origin + "/voice/next")
    await product.got(1, "/voice/next")
    await one.update_async(status="completed")
    assert (await until(town, placed.sid, "completed"))["duration"] is not None


async def test_s90_a_document_that_fails_is_asked_at_the_fallback(town, product):
    product.answers["/voice"] = [500]
    product.says["/voice/fallback"] = [words("Er is brand.")]
    placed = await call(town, product, fallback_url=product.origin + "/voice/fallback")
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    assert ended["said"][-1]["words"] == "Er is brand."
    assert (await product.got(1, "/voice/fallback"))[0].form["ErrorCode"] == "11200"


async def test_s90_without_a_document_the_carrier_apologises(town, product):
    product.answers["/voice"] = [500]
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    assert "application error" in ended["said"][-1]["words"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"Url": ""}, 21205),
        ({"Url": "voice"}, 21205),
        ({"To": "+319701"}, 21211),
        ({"From": "+3197010259999"}, 21210),
        ({"To": "+14155550100"}, 21215),
        ({"StatusCallback": "http://a_b.nl"}, 21609),
    ],
)
async def test_s90_what_cannot_be_called_is_refused_with_its_code(change, code):
    async with running(countries=("NL",)) as sandbox:
        form = {"To": PERSON, "From": SENDER, "Url": "http://127.0.0.1:9/voice", **change}
        answer = await sandbox.raw("POST", sandbox.base + "/Calls.json", data=form)
        assert (answer.status, (await answer.json())["code"]) == (400, code)
        assert await sandbox.control("GET", "/calls") == []


async def test_s90_callbacks_of_calls_can_be_spoiled_as_those_of_texts(town, product):
    await town.turn("congested")
    await town.fault("callback-duplicate", count=1)
    await call(town, product)
    assert await statuses(product, 3) == ["initiated", "initiated", "busy"]


async def test_s90_calls_begin_one_after_the_other(product):
    async with running(calls_per_second=1.0, speed=5.0) as sandbox:
        sids = [(await call(sandbox, product, to=f"+319701024000{n}")).sid for n in range(3)]
        await until(sandbox, sids[0], "ringing")
        assert (await heard(sandbox, sids[2]))["status"] == "queued"
        await until(sandbox, sids[2], "ringing")


async def test_s83_calls_fail_while_the_voice_network_is_down(town, product):
    await town.fault("calls-down", lasts=600)
    placed = await call(town, product)
    await until(town, placed.sid, "failed")


async def test_s83_a_call_gets_no_document_while_webhooks_are_down(town, product):
    product.says["/voice"] = [words("Er is brand.")]
    await town.fault("webhooks-down", lasts=3600)
    placed = await call(town, product)
    await until(town, placed.sid, "ringing")
    await do(town, placed.sid, "answer")
    ended = await until(town, placed.sid, "completed")
    assert "application error" in ended["said"][-1]["words"]
    assert product.hooks == []
    await town.control("DELETE", "/faults")
    assert await statuses(product, 4) == ["initiated", "ringing", "in-progress", "completed"]


async def test_s90_a_call_that_a_restart_broke_off_has_ended(tmp_path, product):
    settings = {"database": str(tmp_path / "s.db"), "speed": 20.0}
    async with running(**settings) as sandbox:
        placed = await call(sandbox, product, timeout=600)
        await until(sandbox, placed.sid, "ringing")
    async with running(**settings) as sandbox:
        await until(sandbox, placed.sid, "failed")
        assert "failed" in await statuses(product, 3)


async def test_s90_calls_are_listed_filtered_and_removed(town, product):
    await town.turn("congested")
    first = await call(town, product)
    second = await call(town, product)
    await until(town, first.sid, "busy")
    await until(town, second.sid, "busy")
    listed = await town.twilio.calls.list_async(to=PERSON, status="busy")
    assert [one.sid for one in listed] == [second.sid, first.sid]
    assert await town.twilio.calls(first.sid).delete_async()
    assert [one.sid for one in await town.twilio.calls.list_async()] == [second.sid]


async def test_s90_call_answers_conform_to_twilios_own_description(town, product):
    found = shared_file("twilio_api_v2010.slim.json")
    if found is None:
        pytest.skip("twilio_api_v2010.slim.json is not here: set CALAMITY_SHARED to its folder")
    openapi = OpenAPI.from_dict(json.loads(found.read_text()))
    await town.turn("congested")
    sid = (await call(town, product)).sid
    await until(town, sid, "busy")
    form = {"To": PERSON, "From": SENDER, "Twiml": "<Response/>"}
    for method, path, data in (
        ("POST", "/Calls.json", form),
        ("GET", "/Calls.json", None),
        ("GET", f"/Calls/{sid}.json", None),
        ("DELETE", f"/Calls/{sid}.json", None),
    ):
        answer = await town.raw(method, town.base + path, data=data)
        request = MockRequest("https://api.twilio.com", method.lower(), town.base + path)
        response = MockResponse(
            await answer.read(), status_code=answer.status, content_type="application/json"
        )
        openapi.validate_response(request, response)
