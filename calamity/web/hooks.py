"""What the carrier posts to us: believed only when signed, kept before it is answered.

These are the busiest doors of the house, so they are plain ASGI: read a bounded body, check it,
keep it, answer. What a text means is found out later, by a worker.
"""

import asyncio
from contextlib import suppress
from http import HTTPStatus

import structlog
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from prometheus_client import Counter

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import InboundText, StatusReceipt
from calamity.gateways.carrier import CallTurn, WebhookRefused
from calamity.gateways.twilio_webhooks import MAX_BODY_BYTES
from calamity.web.calls import speak
from calamity.web.house import House, now

_NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_NO_ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>'
_PATIENCE_SECONDS = 15.0
"""The carrier itself gives up after this."""
_MOST_HEADER_BYTES = 16 * 1024
_ONCE = (
    b"content-type",
    b"x-twilio-signature",
    b"x-twilio-webhooks-signature-settings",
)
_UNREAD = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

TAKEN = Counter(
    "calamity_webhooks",
    "Posts of the carrier by hook and answer",
    ["hook", "status"],
    registry=None,
)
"""What this process answered; `/metrics` shows it."""

_Read = InboundText | StatusReceipt | CallTurn | WebhookRefused
_XML = [(b"content-type", b"text/xml; charset=utf-8")]

log = structlog.get_logger(__name__)


async def _body(receive: Receive) -> bytes | WebhookRefused:
    """Return the body, or why not as soon as it is larger or slower than a webhook can be."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return WebhookRefused("the caller hung up", 400)
                part = message.get("body", b"")
                size += len(part)
                if size > MAX_BODY_BYTES:
                    return WebhookRefused("the form is too large", 413)
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        return WebhookRefused("the form does not end", 408)


async def _answer(send: Send, status: int, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    headers = [*_XML, length] if body else [length]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    if status in _UNREAD:
        # What is left of the body is not worth reading.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _path(scope: Scope) -> str:
    """Return path and query exactly as they came: the signature covers every character."""
    raw = scope["raw_path"].decode("ascii", "replace")
    query = scope["query_string"].decode("ascii", "replace")
    return f"{raw}?{query}" if query else raw


def _headers(scope: Scope) -> dict[str, str] | WebhookRefused:
    """Return the headers, unless there is more of them than the carrier ever sends.

    One that decides what is believed may come once: who stands before us may have read the other.
    """
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    names = [name for name, _ in scope["headers"]]
    if len(found) < len(names) and any(names.count(name) > 1 for name in _ONCE):
        return WebhookRefused("a header occurs twice", 400)
    if sum(map(len, found.values())) > _MOST_HEADER_BYTES:
        return WebhookRefused("the headers are too large", 400)
    return found


async def _read(house: House, scope: Scope, receive: Receive, hook: str) -> _Read:
    headers = _headers(scope)
    if isinstance(headers, WebhookRefused):
        return headers
    body = await _body(receive)
    if isinstance(body, WebhookRefused):
        return body
    match hook:
        case "status":
            return house.webhooks.read_status(_path(scope), headers, body)
        case "voice":
            return house.webhooks.read_call(_path(scope), headers, body)
        case _:
            return house.webhooks.read_inbound(_path(scope), headers, body)


async def _take(scope: Scope, receive: Receive, send: Send, hook: str) -> None:
    if scope["method"] != "POST":  # type: ignore[typeddict-item]  # an HTTP scope has a method
        await _answer(send, HTTPStatus.METHOD_NOT_ALLOWED)
        return
    house: House = scope["litestar_app"].state.house
    said = await _read(house, scope, receive, hook)
    status, body = await _kept(house, said, hook)
    TAKEN.labels(hook, f"{int(status)}").inc()
    await _answer(send, status, body)


async def _kept(house: House, said: _Read, hook: str) -> tuple[int, bytes]:
    """Keep what the carrier said, and return what it gets for an answer."""
    if isinstance(said, WebhookRefused):
        log.warning("webhook.refused", hook=hook, reason=said.reason)
        if said.quarantined is not None:
            with suppress(Unavailable):
                await house.inbox.keep(said.quarantined, now())
        return said.status, b""
    if isinstance(said, CallTurn):
        if said.message_id is None:
            return HTTPStatus.OK, _NO_ANSWER
        return HTTPStatus.OK, await speak(house, said, said.message_id)
    try:
        await house.inbox.keep(said, now())
    except Unavailable:
        return HTTPStatus.SERVICE_UNAVAILABLE, b""
    if isinstance(said, StatusReceipt):
        return HTTPStatus.NO_CONTENT, b""
    return HTTPStatus.OK, _NOTHING_TO_SAY


@asgi("/hooks/twilio/inbound", copy_scope=False)
async def inbound(scope: Scope, receive: Receive, send: Send) -> None:
    """Take in a text that somebody sent to one of our numbers."""
    await _take(scope, receive, send, "inbound")


@asgi("/hooks/twilio/inbound-fallback", copy_scope=False)
async def inbound_fallback(scope: Scope, receive: Receive, send: Send) -> None:
    """Take in a text whose first delivery failed; the same text twice is kept once."""
    await _take(scope, receive, send, "inbound-fallback")


@asgi("/hooks/twilio/status", copy_scope=False)
async def status(scope: Scope, receive: Receive, send: Send) -> None:
    """Take in what became of a message."""
    await _take(scope, receive, send, "status")


@asgi("/hooks/twilio/voice", copy_scope=False)
async def voice(scope: Scope, receive: Receive, send: Send) -> None:
    """Say the words of a call of ours, and take in its key.

    A call to a number that is only for texts is declined, without cost to the caller.
    """
    await _take(scope, receive, send, "voice")


HOOKS: list[ASGIRouteHandler] = [inbound, inbound_fallback, status, voice]
