"""The checks of `calamity doctor` on the live account at the carrier, and on the way back."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

import aiohttp

from calamity.cli.check_smpp import check_smpp
from calamity.cli.finding import Finding
from calamity.cli.operator import now
from calamity.domain.errors import CalamityError
from calamity.gateways.carrier import AccountReport, OutboundText
from calamity.gateways.signatures import Signatures
from calamity.gateways.twilio import TwilioCarrier, account_of
from calamity.settings import Settings
from calamity.store.readiness import Network

_INBOUND, _FALLBACK = "/hooks/twilio/inbound", "/hooks/twilio/inbound-fallback"
_PROBE = "/hooks/twilio/voice"
_LONG_QUEUE_SECONDS = 600
_LONGEST_QUEUE_SECONDS = 36_000
_PARTS = 2
"""A text of usual length in a language with its own signs."""

State = Literal["ok", "warning", "fault"]


async def check_carrier(
    settings: Settings, client: aiohttp.ClientSession, network: Network
) -> AsyncIterator[Finding]:
    """Check credentials, numbers, countries, queue and the way back, each with its cure."""
    for name in settings.carriers:
        if name == "smpp":
            yield await check_smpp(settings)
            yield _queue(name, settings.smpp_senders(), network)
            continue
        async for finding in _check_twilio(settings, client, network):
            yield finding
        yield _queue(name, settings.twilio_senders(), network)


async def _check_twilio(
    settings: Settings, client: aiohttp.ClientSession, network: Network
) -> AsyncIterator[Finding]:
    carrier = TwilioCarrier(account_of(settings))
    await carrier.start()
    try:
        entry = await _entry(settings, carrier)
        yield entry
        if entry.state == "ok":
            async for finding in _account(settings, carrier, network):
                yield finding
    finally:
        await carrier.close()
    async for finding in _way_back(settings, client):
        yield finding


async def _entry(settings: Settings, carrier: TwilioCarrier) -> Finding:
    """Look for a text that was never sent: it tells whether the account lets us in."""
    sender = next(iter(settings.twilio_senders()))
    try:
        await carrier.find(OutboundText("doctor", sender, sender, "-", 60), now())
    except CalamityError as error:
        if settings.has_sandbox:
            cure = "Start it: calamity run, or calamity sandbox."
            return Finding("carrier", "warning", "the sandbox does not answer", cure)
        cure = "Check the account's SID, token and key, and the way out to the carrier."
        return Finding("carrier", "fault", error.message, cure)
    return Finding("carrier", "ok", "the account answers")


async def _account(
    settings: Settings, carrier: TwilioCarrier, network: Network
) -> AsyncIterator[Finding]:
    try:
        report = await carrier.look(network.countries)
    except CalamityError as error:
        cure = "Let the API key read numbers, or look in the console: Phone Numbers > Active."
        yield Finding("carrier: numbers", "warning", error.message, cure)
        return
    for finding in _numbers(settings, report):
        yield finding
    yield _caller(settings, report)
    if report.balance is None:
        cure = "Look in the console whether there is credit: without it nothing leaves."
        yield Finding("carrier: balance", "warning", "the carrier does not say it", cure)
    else:
        yield Finding("carrier: balance", "ok", report.balance)
    yield _countries(settings, network, report)


def _numbers(settings: Settings, report: AccountReport) -> Iterator[Finding]:
    owned = {each.number: each for each in report.numbers}
    for sender in settings.twilio_senders():
        what = f"carrier: {sender}"
        if not sender.startswith("+"):
            cure = "Check in the console that it has a number that can be answered."
            yield Finding(what, "warning", "a service; its numbers are not checked here", cure)
        elif sender not in owned:
            cure = "Buy the number, or correct CALAMITY_TWILIO_FROM."
            yield Finding(what, "fault", "the account does not have this number", cure)
        elif not owned[sender].can_text:
            cure = "Take a number that can text: replies cannot come in on this one."
            yield Finding(what, "fault", "this number cannot text", cure)
        else:
            yield _inbound(settings, what, owned[sender].inbound_url, owned[sender].fallback_url)


def _caller(settings: Settings, report: AccountReport) -> Finding:
    """Check the number that phones: its own capabilities, for it need not be one that texts."""
    number = next(iter(settings.callers), "")
    if not number:
        cure = "Set CALAMITY_TWILIO_VOICE_FROM, so that who answers no text is phoned."
        return Finding("carrier: calls", "warning", "there is no number: nobody is phoned", cure)
    what = f"carrier: calls from {number}"
    owned = next((each for each in report.numbers if each.number == number), None)
    if owned is None:
        cure = "Buy the number, or correct CALAMITY_TWILIO_VOICE_FROM."
        return Finding(what, "fault", "the account does not have this number", cure)
    if not owned.can_call:
        cure = "Take a number with voice for CALAMITY_TWILIO_VOICE_FROM."
        return Finding(what, "fault", "this number cannot call", cure)
    return Finding(what, "ok", "can call")


def _inbound(settings: Settings, what: str, inbound: str, fallback: str) -> Finding:
    public = settings.public_url.rstrip("/")
    state: State = "warning" if settings.has_sandbox else "fault"
    # What follows # is about retries, and is no part of the address.
    if inbound.partition("#")[0] != public + _INBOUND:
        cure = f"Set 'A message comes in' of this number to POST {public}{_INBOUND}"
        return Finding(what, state, "replies do not come to us", cure)
    if fallback.partition("#")[0] != public + _FALLBACK:
        cure = f"Set 'Primary handler fails' of this number to POST {public}{_FALLBACK}"
        return Finding(what, "warning", "replies have no second way to us", cure)
    return Finding(what, "ok", "can text, and replies come to us")


def _countries(settings: Settings, network: Network, report: AccountReport) -> Finding:
    what = "carrier: countries"
    listed = ", ".join(network.countries) or "none"
    if not network.countries:
        return Finding(what, "ok", "there is nobody to text yet")
    said = report.countries or {}
    closed = [country for country in network.countries if said.get(country) is False]
    if closed:
        cure = "Switch them on in the console: Messaging > Settings > Geo permissions."
        return Finding(what, "fault", f"texts may not go to {', '.join(closed)}", cure)
    if any(country not in said for country in network.countries):
        state: State = "ok" if settings.has_sandbox else "warning"
        cure = f"Check in the console that these are on: {listed} (Messaging > Geo permissions)."
        return Finding(
            what, state, "the carrier does not say to us which may be texted",
            "" if state == "ok" else cure,
        )  # fmt: skip
    return Finding(what, "ok", f"texts may go to {listed}")


def _queue(route: str, senders: Mapping[str, float], network: Network) -> Finding:
    """Say how long the whole network takes by one route, at the rate of its sender."""
    sender, rate = next(iter(senders.items()))
    seconds = network.people * _PARTS / rate
    found = (
        f"{network.people} people, {_PARTS} parts each, {rate:g} parts/s from {sender} ({route}): "
        f"{_duration(seconds)}"
    )
    if seconds > _LONGEST_QUEUE_SECONDS:
        cure = "The carrier drops what waits longer than 10 hours: ask for a higher rate."
        return Finding("queue for everybody", "fault", found, cure)
    if seconds > _LONG_QUEUE_SECONDS:
        cure = "Ask the carrier for a higher rate, or call the first people by phone."
        return Finding("queue for everybody", "warning", found, cure)
    return Finding("queue for everybody", "ok", found)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


async def _way_back(settings: Settings, client: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    host = urlsplit(settings.public_url).hostname or ""
    is_local = host in {"localhost", "::1"} or host.startswith("127.")
    is_real = "twilio" in settings.carriers
    if is_local and is_real and not settings.twilio_origin:
        cure = "Set CALAMITY_PUBLIC_URL to the address at which the carrier can call us."
        yield Finding("web hooks", "fault", "the address is of this machine only", cure)
        return
    try:
        async with client.get(f"{settings.public_url}/health/live") as answer:
            answer.raise_for_status()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        cure = "Start it (calamity run), or correct CALAMITY_PUBLIC_URL and what stands before it."
        state: State = "fault" if is_real else "warning"
        yield Finding("web hooks", state, f"{settings.public_url} does not answer", cure)
        return
    yield Finding("web hooks", "ok", f"{settings.public_url} answers")
    yield await _signed(settings, client)


async def _signed(settings: Settings, client: aiohttp.ClientSession) -> Finding:
    """Post as the carrier would: a call, which is declined and leaves no trace."""
    signatures = Signatures(settings.public_url, settings.auth_tokens, settings.shared_keys)
    form = {
        "AccountSid": settings.twilio_account_sid,
        "CallSid": "CA" + "0" * 32,
        "CallStatus": "ringing",
    }
    headers = signatures.headers_for(f"{_PROBE}?doctor=1", list(form.items()))
    url = f"{settings.public_url.rstrip('/')}{_PROBE}?doctor=1"
    try:
        async with client.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    what = "signed web hooks"
    if status == 200:  # noqa: PLR2004 - its own name
        return Finding(what, "ok", "a post signed with our key is believed")
    cure = (
        "What stands before us must pass path, query, form and headers on as they come, and the "
        "running process must have these same settings."
    )
    return Finding(what, "fault", f"a post signed with our key is answered with {status}", cure)
