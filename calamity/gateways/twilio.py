"""Twilio as our carrier: its own client, hardened; every outcome told apart.

Nothing of twilio or aiohttp is imported before it is needed: the first second after `start` is
for the rest of the house, then a thread brings them in, or the first message does.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from msgspec import Struct

from calamity.domain.errors import Refused, Unavailable
from calamity.gateways.carrier import (
    AccountReport,
    Found,
    NotSent,
    OutboundText,
    Outcome,
    Received,
    Rejected,
    Sent,
)
from calamity.gateways.twilio_records import accepted, found, is_alike, received, sent
from calamity.settings import SANDBOX_PREFIX, Settings

if TYPE_CHECKING:
    from calamity.gateways.twilio_client import Line

EDGES = {"": "", "us1": "", "ie1": "dublin", "au1": "sydney"}
"""The edge that belongs to each region: `api.dublin.ie1.twilio.com` for Ireland."""

STATUS_PATH = "/hooks/twilio/status"

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_SHORTEST_TOKEN = 16
_CLOCKS_APART = timedelta(seconds=120)
_WARM_AFTER_SECONDS = 1.0
_AFTER_CLOSED_SECONDS = 5.0
_AFTER_TURN_SECONDS = 1.0
_NO_ENTRY = (401, 20003)
_PAGE = 200
_MOST_RECEIVED = 1000
_MOST_SENT = 2000


class TwilioAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach an account at Twilio; with *api_key*, the token never leaves the house."""

    account_sid: str
    public_url: str
    auth_token: str = ""
    next_token: str = ""
    """The token that takes over while they are being rotated."""
    api_key: str = ""
    api_secret: str = ""
    origin: str = ""
    """Another origin for the same API: the sandbox, or a test double."""
    region: str = ""
    messaging_service_sid: str = ""

    def __repr__(self) -> str:
        """Show which account it is, and no secret."""
        return f"TwilioAccount({self.account_sid})"


class Patience(Struct, frozen=True, forbid_unknown_fields=True):
    """How long we wait for Twilio, and over how many connections at once."""

    connect_seconds: float = 3.0
    read_seconds: float = 8.0
    total_seconds: float = 12.0
    connections: int = 20


def account_of(settings: Settings) -> TwilioAccount:
    """Return the account that the settings name.

    Raises Refused, with the cure, for one that would send nothing or would send it elsewhere.
    """
    tokens = settings.auth_tokens
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid,
        public_url=settings.public_url,
        auth_token=tokens[0] if tokens else "",
        next_token=tokens[1] if len(tokens) > 1 else "",
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret,
        origin=settings.twilio_origin,
        region=settings.twilio_region,
        messaging_service_sid=settings.twilio_messaging_service_sid,
    )
    refuse_account(account)
    return account


def _is_usable_origin(origin: str, *, may_be_plain: bool) -> bool:
    parts = urlsplit(origin)
    if parts.username or parts.path.strip("/") or parts.query or not parts.hostname:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and (may_be_plain or _is_loopback(parts.hostname))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_usable_public_url(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("https", "http")
        and bool(parts.hostname)
        and "_" not in (parts.hostname or "")
        and not (parts.username or parts.query or parts.fragment)
    )


def refuse_account(account: TwilioAccount) -> None:
    """Refuse, with the cure, an account that would send nothing or would send it elsewhere."""
    is_sandbox = account.account_sid.startswith(SANDBOX_PREFIX)
    service = account.messaging_service_sid
    for name, is_wrong, cure in (
        (
            "account_sid",
            not _ACCOUNT.fullmatch(account.account_sid),
            "is not an account: give AC and 32 hexadecimal digits",
        ),
        (
            "auth_token",
            not account.api_key and len(account.auth_token) < _SHORTEST_TOKEN,
            "is missing or too short: copy it from the Twilio console, or give an API key",
        ),
        (
            "api_key",
            bool(account.api_key) and not _KEY.fullmatch(account.api_key),
            "is not an API key: give SK and 32 hexadecimal digits",
        ),
        (
            "api_secret",
            bool(account.api_key) and len(account.api_secret) < _SHORTEST_TOKEN,
            "is missing or too short: it is shown once, when the API key is made",
        ),
        (
            "messaging_service_sid",
            bool(service) and not _SERVICE.fullmatch(service),
            "is not a Messaging Service: give MG and 32 hexadecimal digits",
        ),
        ("region", account.region not in EDGES, "is not known: give us1, ie1 or au1"),
        (
            "origin",
            bool(account.origin) and not _is_usable_origin(account.origin, may_be_plain=is_sandbox),
            "cannot be trusted with the account: give https://host, or http:// on this machine",
        ),
        (
            "origin",
            is_sandbox and not account.origin,
            "is missing, and the account is one of the sandbox: give the sandbox's address, or "
            "the credentials of a real account",
        ),
        (
            "public_url",
            not _is_usable_public_url(account.public_url),
            "cannot be called back: give https://host without underscores, query or fragment",
        ),
    ):
        if is_wrong:
            raise Refused(f"CALAMITY_{_setting(name)} {cure}.", field=name)


def _setting(name: str) -> str:
    return "PUBLIC_URL" if name == "public_url" else f"TWILIO_{name.upper()}"


class TwilioCarrier:
    """Sends texts through one account at Twilio, each with one request and no retry.

    Refuses, with the cure, an account that would send nothing or would send it elsewhere.
    """

    def __init__(self, account: TwilioAccount, patience: Patience | None = None) -> None:
        refuse_account(account)
        self._account = account
        self._patience = patience or Patience()
        self.public_url = account.public_url.rstrip("/")
        self._callback = f"{self.public_url}{STATUS_PATH}?m="
        self._line: Line | None = None
        self._opening = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None
        self._is_closed = False

    async def start(self) -> None:
        """Have twilio's client ready soon, without keeping the start-up waiting for it."""
        self._is_closed = False
        self._warming = asyncio.create_task(self._warm())

    async def ready(self) -> None:
        """Return once twilio's client is there, which takes a second the first time."""
        with suppress(Exception):
            # What keeps it away is the outcome of the next send.
            await self._open()

    async def close(self) -> None:
        """Let go of connections; requests under way end in doubt."""
        self._is_closed = True
        if self._warming:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        async with self._opening:
            if self._line:
                await self._line.close()
                self._line = None

    async def probe(self) -> None:
        """Read one line of the account's list; raises Unavailable, as `find` does.

        The account itself would say more, but no API key may read it.
        """
        async with self.asking() as line:
            await line.account.messages.list_async(limit=1, page_size=1)

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to send a text. Never raises, except when it is itself cancelled.

        The text goes out from `text.sender`: a number, a name, or a Messaging Service (MG...);
        when that is empty, from the account's own Messaging Service.
        """
        sender = text.sender or self._account.messaging_service_sid
        chosen = "messaging_service_sid" if _SERVICE.fullmatch(sender) else "from_"

        async def create(line: "Line") -> Outcome:
            made = await line.account.messages.create_async(
                to=text.to,
                body=text.body,
                status_callback=self._callback + quote(text.message_id, safe=""),
                validity_period=text.valid_seconds,
                **{chosen: sender},
            )
            return accepted(made, self._account.account_sid)

        return await self.attempt(create)

    async def attempt(self, create: Callable[["Line"], Awaitable[Outcome]]) -> Outcome:
        """Try once to let something leave over the line, and tell what became of it."""
        try:
            line = self._line or await self._open()
        except Exception:
            # Nothing has left yet, whatever went wrong.
            return NotSent("the carrier's line is not open", _AFTER_CLOSED_SECONDS)
        try:
            return await create(line)
        except Exception as error:
            outcome = line.outcome_of(error)
        if isinstance(outcome, Rejected) and outcome.code in _NO_ENTRY and line.turn_key():
            return NotSent("the carrier wants our other token", _AFTER_TURN_SECONDS, outcome.code)
        return outcome

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """List our messages with the same receiver, words and sender, made since *since*.

        Two minutes are allowed for clocks that differ. Raises Unavailable when Twilio could not be
        asked: that is not the same as finding nothing.
        """
        since = since.astimezone(UTC) - _CLOCKS_APART
        async with self.asking() as line:
            listed = await line.account.messages.list_async(to=text.to, limit=50, page_size=50)
            return [found(made) for made in listed if is_alike(made, text, since)]

    async def received_since(self, receiver: str, since: datetime) -> list[Received]:
        """List texts to one of our numbers or services; raises Unavailable, as `find` does."""
        since = since.astimezone(UTC) - _CLOCKS_APART
        number = {"to": receiver} if receiver.startswith("+") else {}
        async with self.asking() as line:
            listed = await line.account.messages.list_async(
                **number, date_sent_after=since, limit=_MOST_RECEIVED, page_size=_PAGE
            )
            every = [received(made, receiver, since) for made in listed]
            return [one for one in every if one]

    async def sent_since(self, since: datetime) -> list[Sent]:
        """List what left the account, the newest first; raises Unavailable, as `find` does."""
        since = since.astimezone(UTC) - _CLOCKS_APART
        async with self.asking() as line:
            listed = await line.account.messages.list_async(
                date_sent_after=since, limit=_MOST_SENT, page_size=_PAGE
            )
            every = [sent(made, since) for made in listed]
            return [one for one in every if one]

    async def look(self, countries: Iterable[str]) -> AccountReport:
        """Return what the account says of itself; raises Unavailable, as `find` does."""
        async with self.asking() as line:
            return await line.look(countries)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator["Line"]:
        """Ask something over the line; raises Unavailable when there is no answer."""
        try:
            yield self._line or await self._open()
        except Exception as error:
            # The error itself may hold a phone number, and must not reach a log.
            raise Unavailable(
                f"The carrier could not be asked ({_shown(error)}); ask again in a minute."
            ) from None

    async def _open(self) -> "Line":
        async with self._opening:
            if self._is_closed:
                raise Unavailable("The carrier's line is closed; it opens with the next start.")
            if self._line is None:
                module = await asyncio.to_thread(import_module, "calamity.gateways.twilio_client")
                opened = cast("Line", module.Line(self._account, self._patience))
                opened.open()
                self._line = opened
            return self._line

    async def _warm(self) -> None:
        await asyncio.sleep(_WARM_AFTER_SECONDS)
        await self._open()


def _shown(error: Exception) -> str:
    """Return what may be said of an error: its kind, and what the carrier answered."""
    # Of a list that was refused, twilio hands on the answer itself, and only that.
    answers = [getattr(each, "status_code", None) for each in error.args]
    for status in (getattr(error, "status", None), *answers):
        if isinstance(status, int):
            return f"it answered {status}"
    return type(error).__name__
