"""`calamity doctor` on a live account: the sandbox over HTTP, and a carrier that misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from calamity.cli.check_carrier import check_carrier
from calamity.cli.check_mail import check_mail
from calamity.sandbox.mails import MailBox
from calamity.settings import Settings, read_settings
from calamity.store.readiness import Network
from tests.carrier.stage import ACCOUNT, NEXT_TOKEN, TOKEN, environment, product_at
from tests.gateways.bad_carrier import free_port
from tests.make import SENDER
from tests.sandbox.sandbox_stage import running

SMALL = Network(62, ["NL"])


async def findings(settings: Settings, network: Network = SMALL) -> dict[str, Any]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
        return {each.what: each async for each in check_carrier(settings, client, network)}


class Account:
    """The parts of an account at Twilio that the doctor reads."""

    def __init__(self) -> None:
        self.numbers: list[dict[str, Any]] = []
        self.balance: dict[str, str] | None = {"balance": "7.50", "currency": "EUR"}
        self.countries: dict[str, bool] | None = {"NL": True}
        self.origin = ""

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path
        if path.endswith("/Messages.json"):
            return web.json_response({"messages": [], "next_page_uri": None})
        if path.endswith("/IncomingPhoneNumbers.json"):
            page = {"incoming_phone_numbers": self.numbers, "next_page_uri": None}
            return web.json_response(page)
        if path.endswith("/Balance.json") and self.balance is not None:
            return web.json_response(self.balance)
        if path == "/v1/Messaging/GeoPermissions" and self.countries is not None:
            asked = request.query["CountryCode"]
            said = [
                {"country_code": code, "type": "country", "enabled": is_on}
                for code, is_on in self.countries.items()
                if code == asked
            ]
            return web.json_response({"permissions": said})
        return web.json_response({"code": 20404, "status": 404}, status=404)


def number(public: str, **changes: Any) -> dict[str, Any]:
    return {
        "phone_number": SENDER,
        "capabilities": {"sms": True, "voice": False, "mms": False},
        "sms_url": f"{public}/hooks/twilio/inbound#rc=3",
        "sms_fallback_url": f"{public}/hooks/twilio/inbound-fallback",
        **changes,
    }


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    made = Account()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    made.origin = f"http://127.0.0.1:{port}"
    yield made
    await runner.cleanup()


PUBLIC = "https://crisis.example.nl"


def settings_for(origin: str, tmp_path, **changes: str) -> Settings:
    return read_settings(
        environment("sqlite:///none", tmp_path, CALAMITY_TWILIO_ORIGIN=origin, **changes)
    )


async def test_an_account_in_order_has_no_faults(account, tmp_path):
    account.numbers = [number(PUBLIC)]
    found = await findings(settings_for(account.origin, tmp_path))
    assert found["carrier"].state == "ok"
    assert found[f"carrier: {SENDER}"].state == "ok"
    assert found["carrier: balance"].found == "7.50 EUR"
    assert found["carrier: countries"].found == "texts may go to NL"
    assert "62 people" in found["queue for everybody"].found


@pytest.mark.parametrize(
    ("change", "state", "word"),
    [
        ({"phone_number": "+3197010259999"}, "fault", "does not have"),
        ({"capabilities": {"sms": False}}, "fault", "cannot text"),
        ({"capabilities": None}, "fault", "cannot text"),
        ({"sms_url": "https://demo.twilio.com/welcome"}, "fault", "do not come to us"),
        ({"sms_url": None}, "fault", "do not come to us"),
        ({"sms_fallback_url": ""}, "warning", "no second way"),
    ],
)
async def test_a_number_that_is_not_in_order_is_told_with_the_cure(
    account, tmp_path, change, state, word
):
    account.numbers = [number(PUBLIC, **change)]
    found = (await findings(settings_for(account.origin, tmp_path)))[f"carrier: {SENDER}"]
    assert (found.state, word in found.found) == (state, True)
    assert found.cure


CALLER = "+3197010250002"


@pytest.mark.parametrize(
    ("caller", "state", "word"),
    [
        ({"phone_number": CALLER, "capabilities": {"voice": True}}, "ok", "can call"),
        ({"phone_number": CALLER}, "fault", "cannot call"),
        ({"phone_number": "+3197010259999"}, "fault", "does not have"),
    ],
)
async def test_the_number_that_phones_is_looked_at_by_itself(
    account, tmp_path, caller, state, word
):
    account.numbers = [number(PUBLIC), number(PUBLIC, **caller)]
    settings = settings_for(account.origin, tmp_path, CALAMITY_TWILIO_VOICE_FROM=f"{CALLER}=1")
    found = (await findings(settings))[f"carrier: calls from {CALLER}"]
    assert (found.state, word in found.found) == (state, True)
    assert bool(found.cure) is (state == "fault")


async def test_without_a_number_that_phones_it_says_that_nobody_is_phoned(account, tmp_path):
    found = (await findings(settings_for(account.origin, tmp_path)))["carrier: calls"]
    assert (found.state, "nobody is phoned" in found.found) == ("warning", True)


@asynccontextmanager
async def mail_server(box: MailBox) -> AsyncIterator[int]:
    """Serve SMTP on a free port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mail_settings(port: int, tmp_path, **changes: str) -> Settings:
    given = {
        "CALAMITY_SMTP_HOST": "127.0.0.1",
        "CALAMITY_SMTP_PORT": str(port),
        "CALAMITY_SMTP_SECURITY": "none",
        "CALAMITY_SMTP_FROM": "crisis@oeverlanden.example",
    }
    return settings_for("http://127.0.0.1:9", tmp_path, **(given | changes))


async def test_the_mail_server_is_tried_without_an_email(tmp_path):
    box = MailBox()
    async with mail_server(box) as port:
        found = await check_mail(mail_settings(port, tmp_path))
        assert found.state == "ok"
        locked = {"CALAMITY_SMTP_USER": "calamity", "CALAMITY_SMTP_PASSWORD": "a secret"}
        for changes in (locked, {"CALAMITY_SMTP_SECURITY": "starttls"}):
            found = await check_mail(mail_settings(port, tmp_path, **changes))
            assert found.state == "fault"
            assert "CALAMITY_SMTP_HOST" in found.cure
            assert "a secret" not in str(found)
    assert box.newest == []
    found = await check_mail(mail_settings(free_port(), tmp_path))
    assert (found.state, "could not be reached" in found.found) == ("fault", True)


async def test_without_a_mail_server_it_says_that_nobody_is_mailed(tmp_path):
    found = await check_mail(settings_for("http://127.0.0.1:9", tmp_path))
    assert (found.state, "nobody is e-mailed" in found.found) == ("warning", True)


async def test_countries_that_are_off_are_a_fault_before_the_crisis(account, tmp_path):
    account.countries = {"NL": True, "BE": False}
    found = await findings(settings_for(account.origin, tmp_path), Network(2, ["BE", "NL"]))
    assert found["carrier: countries"].state == "fault"
    assert "BE" in found["carrier: countries"].found


async def test_what_the_carrier_does_not_say_is_said_plainly(account, tmp_path):
    account.countries, account.balance = None, None
    found = await findings(settings_for(account.origin, tmp_path))
    for what in ("carrier: countries", "carrier: balance"):
        assert "does not say" in found[what].found
        assert "console" in found[what].cure


@pytest.mark.parametrize(
    ("people", "rate", "state"),
    [(62, "10", "ok"), (1000, "1", "warning"), (40_000, "1", "fault")],
)
async def test_the_queue_of_the_whole_network_is_counted(account, tmp_path, people, rate, state):
    settings = settings_for(account.origin, tmp_path, CALAMITY_TWILIO_FROM=f"{SENDER}={rate}")
    found = (await findings(settings, Network(people, ["NL"])))["queue for everybody"]
    assert found.state == state


async def test_wrong_credentials_are_a_fault(tmp_path):
    async with running(account_sid=ACCOUNT, auth_token=TOKEN, senders={SENDER: 10.0}) as sandbox:
        wrong = settings_for(sandbox.origin, tmp_path, CALAMITY_TWILIO_AUTH_TOKEN=NEXT_TOKEN)
        found = await findings(wrong)
        assert found["carrier"].state == "fault"
        assert "401" in found["carrier"].found
        assert NEXT_TOKEN not in str(found)
        right = await findings(settings_for(sandbox.origin, tmp_path))
        assert right["carrier"].state == "ok"
        assert right["carrier: balance"].state == "ok"


async def test_a_carrier_out_of_reach_is_a_fault(tmp_path):
    found = await findings(settings_for(f"http://127.0.0.1:{free_port()}", tmp_path))
    assert found["carrier"].state == "fault"
    assert found["web hooks"].state == "fault"


@pytest.mark.parametrize(("token", "state"), [(TOKEN, "ok"), (NEXT_TOKEN, "fault")])
async def test_the_way_back_is_tried_with_a_signed_post(sqlite_url, tmp_path, token, state):
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    async with product_at(sqlite_url, tmp_path, port=port, CALAMITY_PUBLIC_URL=public):
        settings = settings_for(
            "http://127.0.0.1:9", tmp_path, CALAMITY_PUBLIC_URL=public,
            CALAMITY_TWILIO_AUTH_TOKEN=token,
        )  # fmt: skip
        found = await findings(settings)
    assert found["web hooks"].state == "ok"
    assert found["signed web hooks"].state == state
