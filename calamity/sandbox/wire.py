"""Requests and answers of the carrier's API, close to the wire."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from calamity.sandbox.errors import Refusal

LARGEST_BODY = 65_536
_FORM = b"application/x-www-form-urlencoded"


class Call(Struct, frozen=True):
    """One request to the API. *form* and *query* hold the last value of each name."""

    method: str
    path: str
    raw_path: str
    query: dict[str, str]
    form: dict[str, str]
    pairs: list[tuple[str, str]]

    def all_of(self, name: str) -> list[str]:
        """Return every value of a field that may be there more than once."""
        return [value for named, value in self.pairs if named == name]

    @property
    def media(self) -> int:
        """How many media the request names."""
        return sum(name.startswith("MediaUrl") for name, _ in self.pairs)


class Answer(Struct, frozen=True):
    """What the API answers, before a fault spoils it."""

    status: int
    payload: Any = None
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def body(self) -> bytes:
        """Write the payload as JSON."""
        return b"" if self.payload is None else msgspec.json.encode(self.payload)


Handler = Callable[[Call, str], Awaitable[Answer]]
Routes = list[tuple[re.Pattern[str], dict[str, Handler]]]


class Hangup(Exception):
    """The caller has gone."""


def header(scope: Scope, name: bytes) -> bytes:
    """Return one header of the request."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def read_body(receive: Receive) -> bytes:
    """Read the body; refuse one that is too large for a text."""
    body = b""
    while True:
        event: Any = await receive()
        if event["type"] == "http.disconnect":
            raise Hangup
        body += bytes(event.get("body", b""))
        if len(body) > LARGEST_BODY:
            raise Refusal(20413, 413)
        if not event.get("more_body"):
            return body


async def read_call(scope: Any, receive: Receive) -> Call:
    """Read a request; only form bodies are accepted."""
    body = await read_body(receive) if scope["method"] == "POST" else b""
    if body and not header(scope, b"content-type").startswith(_FORM):
        raise Refusal(20001, 415)
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    query_string = scope["query_string"].decode("latin-1")
    raw_path = scope["raw_path"].decode("latin-1")
    return Call(
        method=scope["method"],
        path=raw_path,
        raw_path=raw_path + ("?" + query_string if query_string else ""),
        query=dict(parse_qsl(query_string, keep_blank_values=True)),
        form=dict(pairs),
        pairs=pairs,
    )


def standard_headers(length: int, *, at_once: int, seconds: float) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer carries."""
    return [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % length),
        (b"twilio-request-id", b"RQ" + secrets.token_hex(16).encode()),
        (b"twilio-concurrent-requests", b"%d" % at_once),
        (b"twilio-request-duration", b"%.3f" % seconds),
    ]


async def send_answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Send an answer in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_spoiled(
    kind: str,
    seconds: float | None,
    scope: Any,
    send: Send,
    answer: Answer,
) -> None:
    """Answer a request whose text was accepted in the way in which the fault wants it."""
    body, status = answer.body(), answer.status
    if kind == "error-after":
        refused = Answer(500, Refusal(20500, 500).payload()).body()
        await send_answer(send, 500, standard_headers(len(refused), at_once=1, seconds=0), refused)
    elif kind == "hang-after":
        await asyncio.sleep(60.0 if seconds is None else seconds)
        await hang_up(scope)
    elif kind == "reset-after":
        await hang_up(scope)
    elif kind == "html":
        headers = [(b"content-type", b"text/html"), (b"content-length", b"22")]
        await send_answer(send, status, headers, b"<html>try later</html>")
    elif kind == "empty":
        await send_answer(send, status, [(b"content-length", b"0")], b"")
    else:
        headers = standard_headers(len(body), at_once=1, seconds=0)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        half = len(body) // 2
        await send({"type": "http.response.body", "body": body[:half], "more_body": True})
        if kind == "trickle":
            await _trickle(send, body[half:], 30.0 if seconds is None else seconds)
        else:
            await hang_up(scope, gently=True)


async def _trickle(send: Send, body: bytes, seconds: float) -> None:
    for place in range(len(body)):
        await asyncio.sleep(seconds / len(body))
        piece = body[place : place + 1]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def hang_up(scope: Any, *, gently: bool = False) -> None:
    """Cut the connection: without a word, or after what was sent."""
    transport = scope.get("extensions", {}).get("sandbox.transport")
    if transport is None:
        raise Hangup
    if gently:
        transport.close()
    else:
        transport.abort()
    # The server has to notice before this request ends, or it would answer after all.
    await asyncio.sleep(0.05)


def page_of(path: str, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a list that fits on one page."""
    first = f"{path}?PageSize=50&Page=0"
    return {
        name: entries,
        "first_page_uri": first,
        "next_page_uri": None,
        "previous_page_uri": None,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(0, len(entries) - 1),
        "uri": path,
    }
