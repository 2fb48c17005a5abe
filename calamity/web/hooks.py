"""What the carrier posts to us: believed only when signed, kept before it is answered.

These are the busiest doors of the house, so they are plain ASGI: read a bounded body, check it,
keep it, answer. What a text means is found out later, by a worker.
"""

from http import HTTPStatus

import structlog
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import InboundText, StatusReceipt
from calamity.gateways.carrier import WebhookRefused
from calamity.gateways.twilio_webhooks import MAX_BODY_BYTES
from calamity.web.house import House, now

_NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_NO_ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>'
_XML = [(b"content-type", b"text/xml; charset=utf-8")]

log = structlog.get_logger(__name__)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or None as soon as it is larger than a webhook can be."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    headers = [*_XML, length] if body else [length]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _path(scope: Scope) -> str:
    """Return path and query exactly as they came: the signature covers every character."""
    raw = scope["raw_path"].decode("ascii", "replace")
    query = scope["query_string"].decode("ascii", "replace")
    return f"{raw}?{query}" if query else raw


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _take(scope: Scope, receive: Receive, send: Send, kind: str) -> None:
    if scope["method"] != "POST":  # type: ignore[typeddict-item]  # an HTTP scope has a method
        await _answer(send, HTTPStatus.METHOD_NOT_ALLOWED)
        return
    house: House = scope["litestar_app"].state.house
    body = await _body(receive)
    if body is None:
        await _answer(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return
    event: InboundText | StatusReceipt | WebhookRefused
    if kind == "status":
        event = house.webhooks.read_status(_path(scope), _headers(scope), body)
    else:
        event = house.webhooks.read_inbound(_path(scope), _headers(scope), body)
    if isinstance(event, WebhookRefused):
        log.warning("webhook.refused", hook=kind, reason=event.reason)
        await _answer(send, event.status)
        return
    try:
        await house.inbox.keep(event, now())
    except Unavailable:
        await _answer(send, HTTPStatus.SERVICE_UNAVAILABLE)
        return
    if kind == "status":
        await _answer(send, HTTPStatus.NO_CONTENT)
    else:
        await _answer(send, HTTPStatus.OK, _NOTHING_TO_SAY)


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
    """Decline a call to a number that is only for texts, without cost to the caller."""
    if scope["method"] != "POST":  # type: ignore[typeddict-item]  # an HTTP scope has a method
        await _answer(send, HTTPStatus.METHOD_NOT_ALLOWED)
        return
    house: House = scope["litestar_app"].state.house
    body = await _body(receive)
    if body is None:
        await _answer(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return
    refused = house.webhooks.refuses_call(_path(scope), _headers(scope), body)
    if refused is not None:
        await _answer(send, refused.status)
        return
    await _answer(send, HTTPStatus.OK, _NO_ANSWER)


HOOKS: list[ASGIRouteHandler] = [inbound, inbound_fallback, status, voice]
