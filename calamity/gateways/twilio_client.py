"""twilio's own async client on an HTTP layer that never retries, waits for ever, or logs.

Only `twilio.py` imports this, and late: it brings in twilio.rest and aiohttp.
"""

import logging
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from msgspec import DecodeError, Struct, json
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from calamity.domain.errors import Unavailable
from calamity.gateways.carrier import (
    AccountNumber,
    AccountReport,
    InDoubt,
    NotSent,
    Outcome,
    Rejected,
    meaning_of,
)
from calamity.gateways.twilio import EDGES
from calamity.gateways.twilio_records import usable_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from calamity.gateways.twilio import Patience, TwilioAccount

HOSTS = frozenset(
    {
        "api.twilio.com",
        "api.dublin.ie1.twilio.com",
        "api.sydney.au1.twilio.com",
        # Which countries may be texted; `calamity doctor` asks.
        "accounts.twilio.com",
    }
)

# twilio's client writes addresses and phone numbers to its logger; ours is given nothing to say.
_silent = logging.Logger("calamity.gateways.twilio_client")  # noqa: LOG001 - hangs in no tree
_silent.disabled = True

_THROTTLED, _TOO_SLOW, _FAULT, _REFUSED = 429, 408, 500, 400
_LONGEST_WAIT_SECONDS = 600.0
_AFTER_THROTTLE_SECONDS = 1.0
_AFTER_NO_CONNECTION_SECONDS = 5.0
_AFTER_MISCONFIGURATION_SECONDS = 300.0
_MOST_ADDRESSES = 32
_LONGEST_ANSWER = 8 << 20
_TURN_APART_SECONDS = 60.0


class HostRefused(TwilioException):
    """twilio's client wanted to call a host that is not the carrier's."""


class AnswerTooLong(TwilioException):
    """The carrier answered more than an answer can be."""


class Answered(TwilioException):
    """The carrier answered with a status that decides by itself whether the text may have left."""

    def __init__(self, status: int, code: int | None, retry_after_seconds: float) -> None:
        super().__init__(f"the carrier answered {status}")
        self.status = status
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class _ErrorBody(Struct):
    code: int | None = None


class HardenedHttp(AsyncHttpClient):
    """Carries out the requests of twilio's client: one attempt, real time-outs, known hosts."""

    def __init__(self, origin: str, patience: "Patience") -> None:
        super().__init__(_silent, True, patience.total_seconds)
        self._origin = URL(origin).origin() if origin else None
        self._patience = patience
        self._addresses: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Open the session; needs a running loop."""
        patience = self._patience
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(
                total=patience.total_seconds,
                connect=patience.connect_seconds,
                sock_connect=patience.connect_seconds,
                sock_read=patience.read_seconds,
            ),
            connector=aiohttp.TCPConnector(
                # A connection that the carrier has closed meanwhile puts a text in doubt for
                # nothing, so an idle one is not kept for long.
                limit=patience.connections,
                keepalive_timeout=5,
                ttl_dns_cache=300,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the session with its connections."""
        if self._session:
            await self._session.close()

    # The signature is twilio's; its abstract method is not async, its own clients are.
    async def request(  # type: ignore[override]  # noqa: PLR0917
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - ours are set on the session
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request; raises `Answered` where the status alone decides."""
        if self._session is None:
            raise Unavailable("The carrier's line is not open.")
        address = self._addresses.get(url) or self._address(url)
        headers = headers or {}
        if auth:
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        query: Any = params or None
        form = encode_form(data) if data else None
        async with self._session.request(
            method, address, params=query, data=form, headers=headers, allow_redirects=False
        ) as answer:
            body = await _bounded(answer)
        status = answer.status
        if status in (_THROTTLED, _TOO_SLOW) or status >= _FAULT:
            raise Answered(status, _code(body), _retry_after(answer.headers))
        # twilio's client only looks at the headers to copy them.
        return Response(status, body.decode("utf-8", "replace"), None)

    def _address(self, url: str) -> URL:
        parts = urlsplit(url)
        if self._origin is not None:
            target = self._origin.join(URL(url).relative())
        elif parts.scheme == "https" and parts.netloc in HOSTS:
            target = URL(url)
        else:
            raise HostRefused("a host that is not the carrier's")
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._addresses.clear()
        self._addresses[url] = target
        return target


def _can(capabilities: object, what: str) -> bool:
    return isinstance(capabilities, dict) and bool(capabilities.get(what))


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """Read an answer, but never more of it than the longest list can be."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > _LONGEST_ANSWER:
            raise AnswerTooLong("the carrier's answer does not end")
        parts.append(part)
    return b"".join(parts)


def encode_form(data: dict[str, Any]) -> bytes:
    """Write a form as a request's body; raises UnicodeEncodeError for half a surrogate pair."""
    # yarl is four times as fast as urllib, but leaves out half a pair without a word.
    "".join([value for value in data.values() if isinstance(value, str)]).encode()
    return URL.build(query=data).raw_query_string.encode("ascii")


class Line:
    """An open way to one account: what twilio's client has of it, and what its errors mean."""

    def __init__(self, account: "TwilioAccount", patience: "Patience") -> None:
        self._http = HardenedHttp(account.origin, patience)
        self._about = account
        self._turned_at = -_TURN_APART_SECONDS
        self._sign_in(account.auth_token)
        # Handed along, so that `twilio.py` can tell errors apart without importing their classes.
        self.outcome_of = outcome_of

    def _sign_in(self, token: str) -> None:
        about = self._about
        edge = EDGES[about.region]
        self.client = Client(  # type: ignore[no-untyped-call]  # twilio has no types
            username=about.api_key or about.account_sid,
            password=about.api_secret if about.api_key else token,
            account_sid=about.account_sid,
            region=about.region if edge else None,
            edge=edge or None,
            http_client=self._http,
            # Empty would mean os.environ, whose TWILIO_ variables change hosts and credentials.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )
        self.account = self.client.api.v2010.account
        self._token = token

    def turn_key(self) -> bool:
        """Sign in with the other token from now on; False when there is none to try.

        While the tokens of the account rotate, the carrier refuses the old one from the moment at
        which the new one is promoted.
        """
        about = self._about
        is_alone = about.api_key or not about.next_token
        if is_alone or time.monotonic() - self._turned_at < _TURN_APART_SECONDS:
            return False
        self._turned_at = time.monotonic()
        was_first = self._token == about.auth_token
        self._sign_in(about.next_token if was_first else about.auth_token)
        return True

    async def look(self, countries: "Iterable[str]") -> AccountReport:
        """Return what the account says of itself, in a few requests."""
        numbers = await self.account.incoming_phone_numbers.list_async(limit=100, page_size=100)
        return AccountReport(
            [
                AccountNumber(
                    str(each.phone_number),
                    _can(each.capabilities, "sms"),
                    _can(each.capabilities, "voice"),
                    str(each.sms_url or ""),
                    str(each.sms_fallback_url or ""),
                )
                for each in numbers
            ],
            await self._balance(),
            await self._countries(countries),
        )

    async def _balance(self) -> str | None:
        try:
            found = await self.account.balance.fetch_async()
        except (TwilioException, DecodeError, ValueError):
            return None
        return f"{found.balance} {found.currency}" if found.balance else None

    async def _countries(self, countries: "Iterable[str]") -> dict[str, bool] | None:
        said: dict[str, bool] = {}
        for country in countries:
            try:
                answer = await self.client.accounts.v1.messaging_geopermissions.fetch_async(
                    country_code=country
                )
            except (TwilioException, DecodeError, ValueError):
                return None
            permissions: Any = answer.permissions
            for each in permissions if isinstance(permissions, list) else []:
                if isinstance(each, dict) and each.get("country_code") == country:
                    said[country] = bool(each.get("enabled"))
        return said

    def open(self) -> None:
        """Open the session; needs a running loop."""
        self._http.open()

    async def close(self) -> None:
        """Close the session with its connections."""
        await self._http.close()


def outcome_of(error: Exception) -> Outcome:
    """Tell what a failed send means for the text: refused, not sent, or in doubt.

    Whatever is not known for certain is in doubt.
    """
    match error:
        case TwilioRestException() | TwilioServiceException():
            return _refusal(error.status, error.code)
        case UnicodeEncodeError():
            return Rejected(0, meaning_of(0).en)
        case _:
            return _not_sent(error) or _in_doubt(error)


def _refusal(status: object, code: object) -> Outcome:
    if not isinstance(status, int):
        return InDoubt("the carrier's answer cannot be understood")
    if status < _REFUSED:
        return NotSent(f"the carrier sent us elsewhere ({status})", _AFTER_MISCONFIGURATION_SECONDS)
    code = usable_code(code) or status
    return Rejected(code, meaning_of(code).en)


def _not_sent(error: Exception) -> NotSent | None:
    match error:
        case Answered(status=429):
            return NotSent("the carrier is busy", error.retry_after_seconds, error.code or 429)
        case HostRefused() | aiohttp.InvalidURL():
            return NotSent("the address is not the carrier's", _AFTER_MISCONFIGURATION_SECONDS)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | Unavailable():
            return NotSent("the carrier could not be reached", _AFTER_NO_CONNECTION_SECONDS)
        case _:
            return None


def _in_doubt(error: Exception) -> InDoubt:
    if isinstance(error, Answered):
        return InDoubt(f"the carrier answered {error.status}")
    return InDoubt(f"the carrier's answer was lost ({type(error).__name__})")


def _code(body: bytes) -> int | None:
    try:
        return usable_code(json.decode(body, type=_ErrorBody).code)
    except (DecodeError, UnicodeDecodeError):
        return None


def _retry_after(headers: "Mapping[str, str]") -> float:
    value = headers.get("Retry-After", "").strip()
    seconds = _AFTER_THROTTLE_SECONDS
    if value.isascii() and value.isdigit():
        seconds = float(value)
    elif value:
        try:
            moment = parsedate_to_datetime(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            seconds = (moment - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            # Not a moment that anyone can wait for.
            pass
    return min(max(seconds, _AFTER_THROTTLE_SECONDS), _LONGEST_WAIT_SECONDS)
