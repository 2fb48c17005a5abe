"""The API takes what Twilio takes, refuses what Twilio refuses, and looks the same on the wire."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from sandbox_stage import PERSON, SENDER, eventually, running, shared_file
from twilio.base.exceptions import TwilioRestException

RFC_2822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} \+0000")
KEYS = {
    "sid", "account_sid", "messaging_service_sid", "from", "to", "body", "status", "direction",
    "num_segments", "num_media", "date_created", "date_sent", "date_updated", "price",
    "price_unit", "error_code", "error_message", "api_version", "uri", "subresource_uris",
}  # fmt: skip
SERVICE = "MG" + "1" * 32
EMPTY_SERVICE = "MG" + "2" * 32


async def test_twilios_own_client_sends_fetches_and_lists(sandbox):
    """S-30, S-32: a text as Twilio's client sees it."""
    sent = await sandbox.twilio.messages.create_async(
        to=PERSON, from_=SENDER, body="Kunt u komen? Antwoord JA 4821."
    )
    assert sent.status == "queued"
    assert sent.direction == "outbound-api"
    assert sent.num_segments == "1"
    assert sent.date_sent is None
    await sandbox.until(sent.sid, "delivered")
    fetched = await sandbox.twilio.messages(sent.sid).fetch_async()
    assert fetched.body == "Kunt u komen? Antwoord JA 4821."
    assert fetched.price == "-0.07500"
    assert fetched.date_sent is not None
    listed = await sandbox.twilio.messages.list_async(to=PERSON)
    assert [one.sid for one in listed] == [sent.sid]


async def test_a_message_has_twenty_keys_and_twilios_dates(sandbox):
    """S-04, S-30, S-31, S-33."""
    answer = await sandbox.raw(
        "POST", sandbox.base + "/Messages.json", data={"To": PERSON, "From": SENDER, "Body": "é"}
    )
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch("RQ[0-9a-f]{32}", answer.headers["Twilio-Request-Id"])
    assert answer.headers["Twilio-Concurrent-Requests"] == "1"
    payload = await answer.json()
    assert set(payload) == KEYS
    assert re.fullmatch("SM[0-9a-f]{32}", payload["sid"])
    assert RFC_2822.fullmatch(payload["date_created"])
    assert payload["price"] is None
    assert payload["num_media"] == "0"
    with_media = await sandbox.send(MediaUrl="https://crisis.example.nl/kaart.png")
    assert with_media["sid"].startswith("MM")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": SENDER, "Body": "x"}, 21604),
        ({"To": PERSON, "Body": "x"}, 21603),
        ({"To": PERSON, "From": SENDER}, 21602),
        ({"To": "+319701", "From": SENDER, "Body": "x"}, 21211),
        ({"To": "0612345678", "From": SENDER, "Body": "x"}, 21211),
        ({"To": "+31201234567", "From": SENDER, "Body": "x"}, 21614),
        ({"To": "+14155550100", "From": SENDER, "Body": "x"}, 21408),
        ({"To": PERSON, "From": "+3197010259999", "Body": "x"}, 21606),
        ({"To": PERSON, "From": "Gemeente!", "Body": "x"}, 21212),
        ({"To": PERSON, "MessagingServiceSid": "MG" + "9" * 32, "Body": "x"}, 21701),
        ({"To": PERSON, "MessagingServiceSid": EMPTY_SERVICE, "Body": "x"}, 21704),
        ({"To": PERSON, "From": SENDER, "Body": "x" * 1601}, 21617),
        ({"To": PERSON, "From": SENDER, "Body": "x", "ValidityPeriod": "0"}, 21624),
        ({"To": PERSON, "From": SENDER, "Body": "x", "ValidityPeriod": "36001"}, 21624),
        ({"To": PERSON, "From": SENDER, "Body": "x", "ValidityPeriod": "soon"}, 21624),
        ({"To": PERSON, "From": SENDER, "Body": "x", "StatusCallback": "status"}, 21609),
        ({"To": PERSON, "From": SENDER, "Body": "x", "StatusCallback": "http://a_b.nl/s"}, 21609),
        ({"To": SENDER, "From": SENDER, "Body": "x"}, 21266),
        ({"To": PERSON, "From": SENDER, "Body": "x", "SendAt": "2099-01-01T10:00:00Z"}, 35118),
    ],
)
async def test_what_twilio_refuses_is_refused_with_its_code(form, code):
    """S-10 to S-23, one by one."""
    services = {SERVICE: [SENDER], EMPTY_SERVICE: []}
    async with running(countries=("NL",), services=services) as sandbox:
        status, payload = await sandbox.create(**form)
        assert status == 400
        assert payload["code"] == code
        assert payload["status"] == 400
        assert payload["more_info"].endswith(str(code))
        listed = await sandbox.control("GET", "/messages")
        assert listed == []


async def test_a_refusal_masks_the_number(sandbox):
    """S-13: no more of a wrong number than its begin."""
    _, payload = await sandbox.create(To="+31970102400001234", From=SENDER, Body="x")
    assert payload["code"] == 21211
    assert "970102400001234" not in payload["message"]


async def test_loopback_callbacks_can_be_refused_as_twilio_does():
    """S-20."""
    async with running(allow_loopback_callbacks=False) as sandbox:
        form = {"To": PERSON, "From": SENDER, "Body": "x"}
        refused = await sandbox.create(**form, StatusCallback="http://127.0.0.1:9/status")
        taken = await sandbox.create(**form, StatusCallback="https://crisis.example.nl/status")
    assert refused[1]["code"] == 21609
    assert taken[0] == 201


async def test_only_the_right_key_opens_the_account():
    """S-02."""
    async with running(api_key="SK" + "0" * 32, api_secret="s" * 32) as sandbox:
        path = sandbox.base + "/Messages.json"
        account = sandbox.settings.account_sid
        wrong = await sandbox.raw("GET", path, key=(account, "x"))
        other = await sandbox.raw("GET", "/2010-04-01/Accounts/AC" + "1" * 32 + "/Messages.json")
        by_key = await sandbox.raw("GET", path, key=("SK" + "0" * 32, "s" * 32))
        assert (wrong.status, (await wrong.json())["code"]) == (401, 20003)
        assert (other.status, (await other.json())["code"]) == (404, 20404)
        assert by_key.status == 200


async def test_unknown_paths_wrong_methods_and_other_bodies_are_refused(sandbox):
    """S-03, S-04."""

    async def code(method: str, path: str, **rest) -> tuple[int, int]:
        answer = await sandbox.raw(method, path, **rest)
        return answer.status, (await answer.json())["code"]

    base = sandbox.base
    assert await code("GET", base + "/Faxes.json") == (404, 20404)
    assert await code("GET", base + "/Messages/SM" + "0" * 32 + ".json") == (404, 20404)
    assert await code("PUT", base + "/Messages.json") == (405, 20004)
    assert await code("POST", base + "/Messages.json", json={"To": PERSON}) == (415, 20001)
    assert await code("POST", base + "/Messages.json", data={"Body": "x" * 70_000}) == (413, 20413)


async def test_the_rest_of_the_account_answers(sandbox):
    """S-03."""
    sid = (await sandbox.send())["sid"]
    for path in ("Calls", "IncomingPhoneNumbers", "Balance", f"Messages/{sid}/Media"):
        answer = await sandbox.raw("GET", f"{sandbox.base}/{path}.json")
        assert answer.status == 200, path
    feedback = await sandbox.twilio.messages(sid).feedback.create_async(outcome="confirmed")
    assert feedback.message_sid == sid
    numbers = await sandbox.twilio.incoming_phone_numbers.list_async()
    assert [one.phone_number for one in numbers] == [SENDER]
    lookup = await sandbox.twilio.lookups.v2.phone_numbers(PERSON).fetch_async()
    assert (lookup.valid, lookup.country_code) == (True, "NL")


async def test_lists_filter_and_page_newest_first(sandbox):
    """S-40."""
    sids = [(await sandbox.send(f"nummer {number}"))["sid"] for number in range(7)]
    await sandbox.send("elders", To="+3197010240001")
    for sid in sids:
        await sandbox.until(sid, "delivered")
    paged = await sandbox.twilio.messages.list_async(to=PERSON, page_size=3)
    assert [one.sid for one in paged] == sids[::-1]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await sandbox.twilio.messages.list_async(date_sent_after=tomorrow) == []
    assert len(await sandbox.twilio.messages.list_async(date_sent_before=tomorrow)) == 8
    today = await sandbox.twilio.messages.list_async(date_sent=datetime.now(UTC).date())
    assert len(today) == 8
    first = await sandbox.raw("GET", sandbox.base + "/Messages.json?PageSize=3")
    page = await first.json()
    assert (page["start"], page["end"], page["page_size"]) == (0, 2, 3)
    assert page["previous_page_uri"] is None
    second = await (await sandbox.raw("GET", page["next_page_uri"])).json()
    await sandbox.send("nieuw")
    again = await (await sandbox.raw("GET", page["next_page_uri"])).json()
    assert [m["sid"] for m in again["messages"]] == [m["sid"] for m in second["messages"]]


async def test_unsent_texts_are_not_found_by_date_sent(sandbox):
    """S-41."""
    await sandbox.control("POST", "/clock", {"paused": True})
    sid = (await sandbox.send())["sid"]
    today = datetime.now(UTC).date()
    assert await sandbox.twilio.messages.list_async(date_sent=today) == []
    assert [one.sid for one in await sandbox.twilio.messages.list_async(to=PERSON)] == [sid]


async def test_a_body_is_redacted_and_a_text_removed_only_when_it_has_ended(sandbox):
    """S-43, S-44."""
    await sandbox.control("POST", "/clock", {"paused": True})
    sid = (await sandbox.send())["sid"]
    with pytest.raises(TwilioRestException) as early:
        await sandbox.twilio.messages(sid).update_async(body="")
    assert early.value.code == 20009
    await sandbox.control("POST", "/clock", {"paused": False})
    await sandbox.until(sid, "delivered")
    assert (await sandbox.twilio.messages(sid).update_async(body="")).body == ""
    assert await sandbox.twilio.messages(sid).delete_async()
    with pytest.raises(TwilioRestException) as gone:
        await sandbox.twilio.messages(sid).fetch_async()
    assert (gone.value.status, gone.value.code) == (404, 20404)


async def test_a_service_chooses_its_sender_later_and_only_scheduled_texts_are_called_off():
    """S-32, S-43."""
    async with running(services={SERVICE: [SENDER]}) as sandbox:
        create = sandbox.twilio.messages.create_async
        sent = await create(to=PERSON, messaging_service_sid=SERVICE, body="x")
        assert (sent.status, sent.from_, sent.num_segments) == ("accepted", None, "0")
        done = await sandbox.until(sent.sid, "delivered")
        assert (done["from"], done["num_segments"]) == (SENDER, "1")
        with pytest.raises(TwilioRestException) as late:
            await sandbox.twilio.messages(sent.sid).update_async(status="canceled")
        assert late.value.code == 30409
        planned = await create(
            to=PERSON, messaging_service_sid=SERVICE, body="x", schedule_type="fixed",
            send_at=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
        assert planned.status == "scheduled"
        canceled = await sandbox.twilio.messages(planned.sid).update_async(status="canceled")
        assert canceled.status == "canceled"


async def test_answers_conform_to_twilios_own_description(sandbox):
    found = shared_file("twilio_api_v2010.slim.json")
    if found is None:
        pytest.skip("twilio_api_v2010.slim.json is not here: set CALAMITY_SHARED to its folder")
    openapi = OpenAPI.from_dict(json.loads(found.read_text()))
    sid = (await sandbox.send())["sid"]
    await sandbox.until(sid, "delivered")
    await sandbox.control("POST", f"/phones/{PERSON}/texts", {"body": "JA", "to": SENDER})
    base = sandbox.base
    calls = [
        ("POST", base + "/Messages.json", {"To": PERSON, "From": SENDER, "Body": "é 👍"}),
        ("GET", base + "/Messages.json", None),
        ("GET", f"{base}/Messages/{sid}.json", None),
        ("POST", f"{base}/Messages/{sid}.json", {"Body": ""}),
        ("POST", f"{base}/Messages/{sid}/Feedback.json", {"Outcome": "confirmed"}),
        ("GET", base + "/Balance.json", None),
        ("GET", base + "/Calls.json", None),
        ("GET", base + "/IncomingPhoneNumbers.json", None),
        ("DELETE", f"{base}/Messages/{sid}.json", None),
    ]
    for method, path, form in calls:
        answer = await sandbox.raw(method, path, data=form)
        request = MockRequest("https://api.twilio.com", method.lower(), path)
        response = MockResponse(
            await answer.read(), status_code=answer.status, content_type="application/json"
        )
        openapi.validate_response(request, response)


async def test_everything_that_passed_is_in_the_transcript_without_secrets(tmp_path):
    """S-98, S-99."""
    path = tmp_path / "passed.jsonl"
    async with running(transcript=str(path)) as sandbox:
        sid = (await sandbox.send())["sid"]
        await sandbox.create(To=PERSON)
        found = await sandbox.control("GET", f"/transcript?sid={sid}&kind=request")
        assert [(one["method"], one["status"]) for one in found] == [("POST", 201)]
        assert found[0]["form"]["To"] == PERSON
        assert found[0]["answer"]["status"] == "queued"
        later = await sandbox.control("GET", f"/transcript?since={found[0]['seq']}&kind=request")
        assert [one["code"] for one in later] == [21603]
        token = sandbox.settings.auth_token
    written = path.read_text()
    assert sid in written
    assert token not in written
    assert all(json.loads(line)["sandbox"] is True for line in written.splitlines())


async def test_a_text_is_listed_late_when_the_list_lags(sandbox):
    """S-42."""
    await sandbox.fault("list-lag", seconds=0.5)
    sid = (await sandbox.send())["sid"]
    assert await sandbox.twilio.messages.list_async(to=PERSON) == []

    async def look() -> bool:
        return bool(await sandbox.twilio.messages.list_async(to=PERSON))

    await eventually(look)
    assert (await sandbox.twilio.messages(sid).fetch_async()).sid == sid


async def test_many_at_once_get_a_sid_of_their_own(sandbox):
    """S-31."""
    sent = await asyncio.gather(*(sandbox.send(f"{number}") for number in range(200)))
    assert len({one["sid"] for one in sent}) == 200
