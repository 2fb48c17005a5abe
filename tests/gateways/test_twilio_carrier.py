import asyncio
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import parse_qsl

import pytest
from bad_carrier import SID, free_port, resource
from gateway_samples import SHORT, make_account, make_text
from hypothesis import example, given
from hypothesis import strategies as st

from calamity.domain.errors import Refused, Unavailable
from calamity.gateways.carrier import Accepted, Carrier, Found, InDoubt, NotSent, Rejected
from calamity.gateways.twilio import Patience, TwilioCarrier
from calamity.gateways.twilio_client import Line, encode_form, outcome_of

SERVICE = "MG" + "a" * 32
SINCE = datetime(2023, 8, 24, 5, 0, tzinfo=UTC)


async def test_an_accepted_text_was_one_request_that_names_our_own_id(server, carrier):
    outcome = await carrier.send(make_text())

    assert outcome == Accepted(SID, "queued", 1)
    assert server.forms == [
        {
            "To": "+3197010240001",
            "From": "+3197010250001",
            "Body": "Bent u er? JA 4821",
            "StatusCallback": "https://crisis.example.nl/hooks/twilio/status"
            "?m=0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11",
            "ValidityPeriod": "900",
        }
    ]
    request = server.requests[0]
    assert request.path == f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
    assert request.headers["Authorization"].startswith("Basic ")
    assert "twilio-python" in request.headers["User-Agent"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("refuse", Rejected),
        ("unauthorised", Rejected),
        ("not-found", Rejected),
        ("problem", Rejected),
        ("forbidden-html", Rejected),
        ("busy", NotSent),
        ("redirect", NotSent),
        ("fault", InDoubt),
        ("fault-html", InDoubt),
        ("hang", InDoubt),
        ("trickle", InDoubt),
        ("reset", InDoubt),
        ("disconnect", InDoubt),
        ("truncated", InDoubt),
        ("html", InDoubt),
        ("garbled", InDoubt),
        ("empty", InDoubt),
    ],
)
async def test_each_fault_has_its_outcome_after_one_attempt(server, carrier, mode, expected):
    server.mode = mode
    begun = time.monotonic()

    outcome = await carrier.send(make_text())

    assert type(outcome) is expected, outcome
    assert len(server.requests) == 1
    assert time.monotonic() - begun < 3


async def test_a_refused_connection_is_not_sent():
    carrier = TwilioCarrier(make_account(origin=f"http://127.0.0.1:{free_port()}"), SHORT)

    outcome = await carrier.send(make_text())
    await carrier.close()

    assert isinstance(outcome, NotSent)
    assert outcome.retry_after_seconds > 0


async def test_an_answer_that_does_not_end_is_in_doubt_and_not_kept(server, carrier):
    server.mode = "huge"
    begun = time.monotonic()

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, InDoubt)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("status", [200, 202])
async def test_any_success_with_a_message_is_accepted(server, carrier, status):
    server.mode, server.code = "success", status

    assert isinstance(await carrier.send(make_text()), Accepted)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, InDoubt), (300, NotSent), (303, NotSent), (307, NotSent), (308, NotSent),
        (304, NotSent), (402, Rejected), (405, Rejected), (408, InDoubt), (409, Rejected),
        (413, Rejected), (418, Rejected), (429, NotSent), (501, InDoubt), (502, InDoubt),
        (504, InDoubt), (529, InDoubt), (599, InDoubt),
    ],
)  # fmt: skip
async def test_each_bare_status_has_its_outcome(server, carrier, status, expected):
    server.mode, server.code = "bare", status

    assert type(await carrier.send(make_text())) is expected
    assert len(server.requests) == 1


async def test_a_text_that_never_got_a_connection_is_not_sent(server):
    one = Patience(connect_seconds=0.2, read_seconds=0.6, total_seconds=1.0, connections=1)
    carrier = TwilioCarrier(make_account(origin=server.origin), one)
    server.mode = "hang"

    outcomes = await asyncio.gather(carrier.send(make_text()), carrier.send(make_text()))
    await carrier.close()

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InDoubt", "NotSent"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        "queued",
        {"sid": None},
        {"sid": "SM1"},
        {"sid": 5},
        {"sid": "CA" + "1" * 32},
        {"sid": SID, "date_created": 7},
        {"sid": SID + "\n"},
        resource(account_sid="AC" + "9" * 32),
        resource(num_segments="9" * 5000),
    ],
)
async def test_an_accepting_answer_without_a_message_is_in_doubt(server, carrier, answer):
    server.answer = answer

    assert isinstance(await carrier.send(make_text()), InDoubt)


async def test_a_refusal_carries_the_code_and_no_number(server, carrier):
    server.mode = "refuse"
    server.code = 21610

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, Rejected)
    assert outcome.code == 21610
    assert "STOP" in outcome.reason
    assert "31970" not in outcome.reason


@pytest.mark.parametrize("code", [10**30, 2**40, -1, 0, True, "21211"])
async def test_a_code_that_cannot_be_kept_is_left_out(server, carrier, code):
    server.code = code
    for mode, without in (("refuse", 400), ("problem", 400), ("busy", 429)):
        server.mode = mode
        outcome = await carrier.send(make_text())
        assert isinstance(outcome, Rejected | NotSent)
        assert outcome.code == without, mode


async def test_a_refusal_without_a_code_has_the_http_status(server, carrier):
    server.mode = "forbidden-html"

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, Rejected)
    assert outcome.code == 403


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1.0),
        ("7", 7.0),
        ("0", 1.0),
        ("999999", 600.0),
        ("soon", 1.0),
        ("²", 1.0),
        ("", 1.0),
        ("-5", 1.0),
        ("2.5", 1.0),
        ("9" * 400, 600.0),
        ("Wed, 99 Oct 9999 99:99:99 GMT", 1.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
    ],
)
async def test_a_busy_carrier_says_when_to_try_again(server, carrier, header, seconds):
    server.mode = "busy"
    server.retry_after = header

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, NotSent)
    assert outcome.code == 20429
    assert outcome.retry_after_seconds == seconds


async def test_a_busy_carrier_may_name_a_moment(server, carrier):
    server.mode = "busy"
    later = datetime.now(UTC) + timedelta(seconds=120)
    server.retry_after = format_datetime(later, usegmt=True)

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, NotSent)
    assert 30 < outcome.retry_after_seconds <= 120


async def test_nothing_is_followed_elsewhere(server, carrier):
    server.mode = "redirect"

    await carrier.send(make_text())

    assert [request.path for request in server.requests if "elsewhere" in request.path] == []


async def test_text_that_cannot_be_written_down_is_refused_before_it_leaves(server, carrier):
    outcome = await carrier.send(make_text(body="half an emoji \ud83d"))

    assert isinstance(outcome, Rejected)
    assert outcome.code == 0
    assert server.requests == []


@pytest.mark.parametrize(
    "body", ["", "a&b=c+d %26 é 👍", "regel\nregel\r\n ", "السلام عليكم", "a" * 1600]
)
async def test_words_arrive_as_they_were_written(server, carrier, body):
    await carrier.send(make_text(body=body))

    assert server.forms[0]["Body"] == body


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=40)))
@example({"Body": "a;b&c=d+e%20#f?/:@\x00\r\n\t \u0085'\"<>{}|\\^`~!*()$,[]"})
def test_any_words_can_be_read_back_from_a_form(form):
    written = encode_form(form).decode("ascii")

    assert dict(parse_qsl(written, keep_blank_values=True)) == form


@pytest.mark.parametrize(
    ("account_service", "sender", "field", "value"),
    [
        (SERVICE, "", "MessagingServiceSid", SERVICE),
        ("", SERVICE, "MessagingServiceSid", SERVICE),
        (SERVICE, "+3197010250002", "From", "+3197010250002"),
        ("", "Gemeente", "From", "Gemeente"),
    ],
)
async def test_a_service_chooses_the_sender_only_when_asked(
    server, account_service, sender, field, value
):
    account = make_account(origin=server.origin, messaging_service_sid=account_service)
    carrier = TwilioCarrier(account, SHORT)

    await carrier.send(make_text(sender=sender))
    await carrier.close()

    assert server.forms[0][field] == value
    assert len({"From", "MessagingServiceSid"} & set(server.forms[0])) == 1


async def test_an_api_key_signs_in_and_the_token_stays_home(server):
    key = {"api_key": "SK" + "b" * 32, "api_secret": "c" * 32, "auth_token": ""}
    carrier = TwilioCarrier(make_account(origin=server.origin, **key), SHORT)

    await carrier.send(make_text())
    await carrier.close()

    request = server.requests[0]
    assert request.path.startswith("/2010-04-01/Accounts/AC0000")
    # "SKbb..." in base64.
    assert request.headers["Authorization"].startswith("Basic U0tiYmJi")


async def test_a_cancelled_send_is_cancelled(server, carrier):
    server.mode = "hang"
    sending = asyncio.create_task(carrier.send(make_text()))
    await asyncio.sleep(0.1)

    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_closed_line_sends_nothing_until_it_starts_again(server, carrier):
    await carrier.close()
    assert isinstance(await carrier.send(make_text()), NotSent)
    with pytest.raises(Unavailable):
        await carrier.find(make_text(), SINCE)

    await carrier.start()

    assert isinstance(await carrier.send(make_text()), Accepted)


async def test_many_texts_at_once_are_each_sent_once(server):
    texts = [make_text(message_id=f"m-{n}") for n in range(200)]
    # With the patience of the product: how fast this machine is says nothing about what is sent.
    carrier = TwilioCarrier(make_account(origin=server.origin))

    outcomes = await asyncio.gather(*map(carrier.send, texts))
    await carrier.close()

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    callbacks = {form["StatusCallback"].partition("?m=")[2] for form in server.forms}
    assert callbacks == {text.message_id for text in texts}
    assert len(server.forms) == 200


async def test_a_message_in_doubt_is_found_by_receiver_words_and_sender(server, carrier):
    server.mode = "list"
    other = "SM" + "2" * 32
    server.answer = {
        "messages": [
            resource(status="delivered"),
            resource(sid=other, body="Iets anders"),
            resource(sid=other, direction="inbound"),
            resource(sid=other, **{"from": "+3197010250009"}),
            resource(sid=other, date_created="Thu, 24 Aug 2023 04:57:00 +0000"),
            resource(sid=other, date_created=None),
        ],
        "next_page_uri": None,
    }

    found = await carrier.find(make_text(), SINCE)

    assert found == [Found(SID, "delivered", None)]
    assert server.requests[0].query == {"To": "+3197010240001", "PageSize": "50"}


async def test_a_message_of_a_service_is_found_before_its_sender_is_chosen(server, carrier):
    server.mode = "list"
    server.answer = {"messages": [resource(**{"from": None, "error_code": 30003})]}

    found = await carrier.find(make_text(sender=SERVICE), SINCE)

    assert found == [Found(SID, "queued", 30003)]


async def test_since_may_be_in_any_time_zone_and_allows_for_clocks_apart(server, carrier):
    server.mode = "list"
    server.answer = {"messages": [resource()]}
    amsterdam = timezone(timedelta(hours=2))

    just = datetime(2023, 8, 24, 7, 3, 44, tzinfo=amsterdam)

    assert len(await carrier.find(make_text(), just)) == 1
    assert await carrier.find(make_text(), just + timedelta(seconds=5)) == []


@pytest.mark.parametrize("mode", ["fault", "busy", "hang", "reset", "html", "empty", "redirect"])
async def test_a_carrier_that_cannot_be_asked_is_not_an_empty_answer(server, carrier, mode):
    server.mode = mode

    with pytest.raises(Unavailable) as refused:
        await carrier.find(make_text(), SINCE)

    assert "31970" not in refused.value.message
    assert refused.value.__cause__ is None


async def test_logs_hold_no_number_words_or_token(server, carrier, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("twilio").setLevel(logging.DEBUG)
    for mode in ("accept", "refuse", "fault", "reset", "html", "busy"):
        server.mode = mode
        await carrier.send(make_text(body="Vertrouwelijk"))
    server.mode = "list"
    server.answer = {"messages": [resource()]}
    await carrier.find(make_text(), SINCE)
    server.mode = "refuse"
    with pytest.raises(Unavailable):
        await carrier.find(make_text(), SINCE)

    written = caplog.text + "".join(capfd.readouterr())

    for secret in ("97010240001", "Vertrouwelijk", "0123456789abcdef", "Basic "):
        assert secret not in written


def test_nothing_shows_the_secrets_of_an_account():
    account = make_account(api_key="SK" + "b" * 32, api_secret="c" * 32)

    assert "c" * 32 not in repr(account)
    assert "0123456789abcdef" not in f"{account}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account_sid": ""}, "account_sid"),
        ({"account_sid": "AC123"}, "account_sid"),
        ({"auth_token": ""}, "auth_token"),
        ({"auth_token": "short"}, "auth_token"),
        ({"api_key": "AC" + "0" * 32, "api_secret": "c" * 32}, "api_key"),
        ({"api_key": "SK" + "0" * 32}, "api_secret"),
        ({"messaging_service_sid": "+3197010250001"}, "messaging_service_sid"),
        ({"region": "mars"}, "region"),
        ({"origin": "http://carrier.example.nl"}, "origin"),
        ({"origin": "https://user:pass@carrier.example.nl"}, "origin"),
        ({"origin": "https://carrier.example.nl/elsewhere"}, "origin"),
        ({"origin": "ftp://127.0.0.1"}, "origin"),
        ({"account_sid": "AC5a4d0000" + "0" * 24}, "origin"),
        ({"public_url": ""}, "public_url"),
        ({"public_url": "crisis.example.nl"}, "public_url"),
        ({"public_url": "https://crisis_room.example.nl"}, "public_url"),
        ({"public_url": "https://crisis.example.nl/#rc=3"}, "public_url"),
        ({"public_url": "https://crisis.example.nl/?a=b"}, "public_url"),
    ],
)
def test_a_dangerous_account_is_refused_with_the_cure(changes, field):
    with pytest.raises(Refused) as refused:
        TwilioCarrier(make_account(**changes))

    assert refused.value.field == field
    assert "CALAMITY_" in refused.value.message
    assert ":" in refused.value.message


async def test_variables_of_twilio_change_nothing(server, monkeypatch):
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "9" * 32)
    carrier = TwilioCarrier(make_account(origin=server.origin), SHORT)

    outcome = await carrier.send(make_text())
    await carrier.close()

    assert isinstance(outcome, Accepted)
    assert server.requests[0].host == server.origin.removeprefix("http://")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("", "api.twilio.com"),
        ("us1", "api.twilio.com"),
        ("ie1", "api.dublin.ie1.twilio.com"),
        ("au1", "api.sydney.au1.twilio.com"),
    ],
)
def test_a_region_has_one_known_host_whatever_the_environment_says(monkeypatch, region, host):
    monkeypatch.setenv("TWILIO_REGION", "jp1")
    monkeypatch.setenv("TWILIO_EDGE", "tokyo")
    line = Line(make_account(region=region), SHORT)
    client = line.account.messages._version.domain.twilio

    address = client.http_client._address(client.get_hostname("https://api.twilio.com/x.json"))

    assert address.host == host


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com.example.nl/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://lookups.twilio.com/x",
    ],
)
async def test_an_unknown_host_gets_nothing_and_nothing_was_sent(url):
    line = Line(make_account(), SHORT)
    line.open()

    with pytest.raises(Exception, match="carrier") as refused:
        await line.account.messages._version.domain.twilio.request_async(
            "POST", url, data={"To": "x"}
        )
    await line.close()

    assert isinstance(outcome_of(refused.value), NotSent)


def test_start_up_does_not_wait_for_twilio():
    script = (
        "import sys, calamity.gateways.twilio, calamity.gateways.carrier\n"
        "sys.exit(any(name in sys.modules for name in ('twilio', 'aiohttp', 'requests')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_twilio_is_a_carrier():
    carrier: Carrier = TwilioCarrier(make_account())

    assert isinstance(carrier, TwilioCarrier)


async def test_texts_that_came_in_are_read_from_the_list(server, carrier):
    server.mode = "list"
    ours = {"direction": "inbound", "from": "+3197010240001", "to": "+3197010250001"}
    at = {"date_sent": "Thu, 24 Aug 2023 05:01:45 +0000"}
    server.answer = {
        "messages": [
            resource(**ours, **at, sid="SM" + "a" * 32, body="JA\x00 4821", num_media="1"),
            resource(**at, sid="SM" + "b" * 32),
            resource(**{**ours, "to": "+3197010250009"}, **at, sid="SM" + "c" * 32),
            resource(**ours, sid="SM" + "d" * 32, date_sent="Thu, 24 Aug 2023 04:50:00 +0000"),
            resource(**ours, **at, sid="nonsense"),
        ],
        "next_page_uri": None,
    }

    (found,) = await carrier.received_since("+3197010250001", SINCE)

    assert (found.text.sid, found.text.body, found.text.media) == ("SM" + "a" * 32, "JA 4821", 1)
    assert found.at == datetime(2023, 8, 24, 5, 1, 45, tzinfo=UTC)
    assert server.requests[0].query["DateSent>"] == "2023-08-24T04:58:00Z"


async def test_texts_that_left_the_account_are_read_from_the_list(server, carrier):
    server.mode = "list"
    server.answer = {"messages": [resource(status="sent"), resource(direction="inbound")]}

    (found,) = await carrier.sent_since(SINCE)

    assert (found.sid, found.status, found.to) == (SID, "sent", "+3197010240001")


@pytest.mark.parametrize("mode", ["fault", "busy", "hang", "html", "empty"])
async def test_lists_that_cannot_be_had_are_not_empty(server, carrier, mode):
    server.mode = mode

    for asking in (carrier.received_since("+3197010250001", SINCE), carrier.sent_since(SINCE)):
        with pytest.raises(Unavailable):
            await asking
