"""The other side of a bench: many connections that ask, or watch, in a process of their own."""

import asyncio
import hashlib
import hmac
import json
import resource
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvloop

from tests.bench.names import (
    ACCOUNT,
    PUBLIC,
    SENDER,
    STATUSES,
    TOKEN,
    TOLD,
    a_message,
    a_sid,
)  # fmt: skip

_FILES = 8192


class Pace:
    """When each request is due, at so many per second; all connections share it."""

    def __init__(self, rate: float) -> None:
        self._begun, self._step, self._number = time.perf_counter(), 1 / rate, 0

    def next(self) -> float:
        """Return the moment at which the next request is due."""
        self._number += 1
        return self._begun + self._number * self._step


class Asker(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer, or when it is time.

    With a *pace* the time runs from when a request was due: who asks late makes nobody look quick.
    """

    def __init__(
        self, requests: Iterator[bytes], times: list[float], done: Any, pace: Pace | None = None
    ) -> None:
        self._requests, self._times, self._done = requests, times, done
        self._pace = pace
        self._read = bytearray()
        self._begun = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._begun = time.perf_counter()
        if self._pace is None:
            self._transport.write(request)
            return
        now, self._begun = self._begun, self._pace.next()
        loop = asyncio.get_running_loop()
        loop.call_later(max(0.0, self._begun - now), self._transport.write, request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._read[:end]).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._read) < end + 4 + length:
            return
        if not head.startswith(b"http/1.1 2"):
            self._fail(f"refused: {bytes(self._read[:200])!r}")
            return
        self._times.append(time.perf_counter() - self._begun)
        del self._read[: end + 4 + length]
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("the connection was lost")

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(why))


def _post(path: str, form: str) -> bytes:
    """Return a request of the carrier, signed."""
    signed = PUBLIC + path + "".join(name + value for name, value in sorted(parse_qsl(form)))
    signature = b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha1")).decode()
    return (
        f"POST {path} HTTP/1.1\r\nHost: crisis.example.nl\r\nUser-Agent: TwilioProxy/1.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nAccept: */*\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    ).encode()


def _receipt(number: int) -> bytes:
    """Return a signed receipt; each message gets all four, far apart."""
    place = number % TOLD
    sid, status = a_sid(place), STATUSES[number // TOLD % len(STATUSES)]
    form = urlencode({
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": SENDER, "MessageSid": sid,
        "MessageStatus": status, "SmsSid": sid, "SmsStatus": status, "To": "+3197010240001",
    })  # fmt: skip
    return _post(f"/hooks/twilio/status?m={a_message(place)}", form)


def _inbound(number: int, run: str) -> bytes:
    """Return a signed reply with a message id of its own."""
    sid = "SM" + hashlib.sha256(f"{run}|{number}".encode()).hexdigest()[:32]
    form = urlencode({
        "ToCountry": "NL", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid,
        "SmsStatus": "received", "Body": str(number % 6), "To": SENDER, "NumSegments": "1",
        "MessageSid": sid, "AccountSid": ACCOUNT, "From": f"+319701024{number % 10_000:04d}",
        "ApiVersion": "2010-04-01",
    })  # fmt: skip
    return _post("/hooks/twilio/inbound", form)


def _requests(given: dict[str, Any]) -> list[bytes]:
    if given["what"] == "inbound":
        return [_inbound(number, given["run"]) for number in range(given["requests"])]
    if given["what"] == "receipts":
        return [_receipt(number) for number in range(given["requests"])]
    if given["what"] == "storm":
        once = [_inbound(number, given["run"]) for number in range(given["replies"])]
        # Two copies at the same moment, and the others seconds later.
        return [once[number // 2 % len(once)] for number in range(given["requests"])]
    headers = "".join(f"{name}: {value}\r\n" for name, value in given["headers"].items())
    # No two of the requests ask for the same place of a timeline, where the path leaves it open.
    places = (1_000 + number * 7_919 % given["among"] for number in range(given["requests"]))
    rest = f" HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
    return [f"GET {given['path'].format(place=place)}{rest}".encode() for place in places]


async def ask(given: dict[str, Any]) -> dict[str, float]:
    """Ask over some connections at once; return the rate, and p50 and p99 in milliseconds."""
    loop = asyncio.get_running_loop()
    requests, times, ends = iter(_requests(given)), [], []
    begun = time.perf_counter()
    pace = Pace(given["rate"]) if "rate" in given else None
    for _ in range(given["connections"]):
        done = loop.create_future()
        ends.append(done)
        make: Callable[[], Asker] = lambda done=done: Asker(requests, times, done, pace)  # noqa: E731
        await loop.create_connection(make, "127.0.0.1", given["port"])
    async with asyncio.timeout(120):
        await asyncio.gather(*ends)
    took = time.perf_counter() - begun
    times.sort()
    return {
        "rate": len(times) / took,
        "p50": statistics.median(times) * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
    }


class Watcher(asyncio.Protocol):
    """One viewer; *news* is told the id of each frame that came, *over* of a refusal."""

    def __init__(self, request: bytes, news: Callable[[int], None], over: Any) -> None:
        self._request, self._news, self._over = request, news, over
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/") and b" 200 " not in data[:16] and not self._over.done():
            self._over.set_exception(RuntimeError(f"refused: {data[:200]!r}"))
        if b"event: beat" in data:
            self._news(0)
        self._rest += data
        while (at := self._rest.find(b"id: ")) >= 0 and b"\n" in self._rest[at:]:
            end = self._rest.index(b"\n", at)
            self._news(int(self._rest[at + 4 : end]))
            self._rest = self._rest[end:]
        self._rest = self._rest[-64:]


async def watch(given: dict[str, Any]) -> None:
    """Open many streams; for each entry print when the last viewer had it."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in given["headers"].items())
    request = f"GET {given['path']} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
    counts: dict[int, int] = {}

    def news(number: int) -> None:
        counts[number] = counts.get(number, 0) + 1
        if counts[number] == given["viewers"]:
            print(json.dumps({"seq": number, "at": time.monotonic_ns()}), flush=True)

    loop = asyncio.get_running_loop()
    over = loop.create_future()
    for _ in range(given["viewers"]):
        await loop.create_connection(
            lambda: Watcher(request, news, over), "127.0.0.1", given["port"]
        )
    await over


def main() -> None:
    given = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
    if given["what"] == "watch":
        uvloop.run(watch(given))
    else:
        print(json.dumps(uvloop.run(ask(given))), flush=True)


if __name__ == "__main__":
    main()
