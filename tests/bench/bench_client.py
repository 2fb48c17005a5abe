"""How fast texts go out through TwilioCarrier, next to a bare aiohttp loop that posts the same.

Both post to a gateway in another process that reads the form and answers with a full message. The
bare loop encodes the form, posts, reads and decodes the answer, and does nothing else. Rounds
alternate, so that a busy machine slows down both.

    python tests/bench/bench_client.py --messages 4000 --rounds 7
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import uvloop

from calamity.gateways.carrier import Accepted, OutboundText
from calamity.gateways.twilio import Patience, TwilioAccount, TwilioCarrier

T = TypeVar("T")
ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"  # of nobody
SENDER = "+3197010250001"
BODY = "Gemeente: er is een oproep voor het snelteam. Kunt u komen? Antwoord JA 4821 of NEE 4821"
PUBLIC = "https://crisis.example.nl"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
ANSWER = json.dumps(
    {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": BODY,
        "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "date_sent": None,
        "date_updated": "Thu, 24 Aug 2023 05:01:45 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": SENDER,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": "SM" + "1" * 32,
        "status": "queued",
        "subresource_uris": {"media": "/2010-04-01/x/Media.json"},
        "to": "+3197010240001",
        "uri": "/2010-04-01/x.json",
    }
).encode()


class DoNothing(asyncio.Protocol):
    """Reads a request, answers with one message, keeps the connection, decides nothing."""

    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json; charset=utf-8\r\n"
    answer = head + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.read = b""

    def data_received(self, data: bytes) -> None:
        self.read += data
        while (end := self.read.find(b"\r\n\r\n")) >= 0:
            head = self.read[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.read) < end + 4 + length:
                return
            self.read = self.read[end + 4 + length :]
            self.transport.write(self.answer)  # type: ignore[attr-defined]  # a stream transport


def serve(listening: socket.socket, core: int | None) -> None:
    pin(core)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(DoNothing, sock=listening)
        await server.serve_forever()

    run(forever(), with_uvloop=True)


@contextmanager
def gateway(core: int | None) -> Iterator[str]:
    """Run the do-nothing gateway in a process of its own; yields its origin."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    process = multiprocessing.get_context("fork").Process(
        target=serve, args=(listening, core), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()
        listening.close()


def pin(core: int | None) -> None:
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


async def timed(send: Callable[[int], Awaitable[None]], messages: int, concurrency: int) -> float:
    """Return the texts per second when *concurrency* loops share *messages*."""
    numbers = iter(range(messages))

    async def lane() -> None:
        for number in numbers:
            await send(number)

    gc.collect()
    begun = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(concurrency)))
    return messages / (time.perf_counter() - begun)


def through_the_carrier(carrier: TwilioCarrier) -> Callable[[int], Awaitable[None]]:
    async def send(number: int) -> None:
        to = f"+319701024{number % 10000:04d}"
        outcome = await carrier.send(OutboundText(f"m-{number}", SENDER, to, BODY, 900))
        if not isinstance(outcome, Accepted):
            raise TypeError(f"the gateway took no text: {outcome}")

    return send


def bare(session: aiohttp.ClientSession, url: str) -> Callable[[int], Awaitable[None]]:
    headers = {
        "Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }

    async def send(number: int) -> None:
        form = {
            "To": f"+319701024{number % 10000:04d}",
            "From": SENDER,
            "Body": BODY,
            "StatusCallback": f"{PUBLIC}/hooks/twilio/status?m=m-{number}",
            "ValidityPeriod": 900,
        }
        body = urlencode(form).encode()
        async with session.post(url, data=body, headers=headers) as answer:
            if "sid" not in json.loads(await answer.read()):
                raise TypeError("the gateway took no text")

    return send


async def compare(options: argparse.Namespace, origin: str) -> dict[str, list[float]]:
    patience = Patience(connections=options.concurrency)
    account = TwilioAccount(ACCOUNT, PUBLIC, auth_token=TOKEN, origin=origin)
    carrier = TwilioCarrier(account, patience)
    connector = aiohttp.TCPConnector(limit=options.concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        ways = {
            "TwilioCarrier": through_the_carrier(carrier),
            "bare aiohttp": bare(session, origin + PATH),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for send in ways.values():
            await timed(send, max(options.messages // 10, 1), options.concurrency)
        for turn in range(options.rounds):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                rate = await timed(ways[name], options.messages, options.concurrency)
                rates[name].append(rate)
            if sys.stderr.isatty():
                print(f"\rround {turn + 1}/{options.rounds}", end="", file=sys.stderr, flush=True)
    await carrier.close()
    return rates


def show(name: str, values: list[float], form: str) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{name:<24}{middle:{form}} ({low:{form}}-{high:{form}})"


def run(main: Coroutine[Any, Any, T], *, with_uvloop: bool) -> T:
    if with_uvloop:
        return uvloop.run(main)
    return asyncio.run(main)


def main() -> int:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--messages", type=int, default=4000, help="texts per round and way")
    reader.add_argument("--concurrency", type=int, default=32, help="texts under way at once")
    reader.add_argument("--rounds", type=int, default=7, help="rounds of each way")
    reader.add_argument("--no-uvloop", action="store_true", help="use asyncio's own loop")
    reader.add_argument("--pin", action="store_true", help="gateway on core 0, texts on core 1")
    reader.add_argument("--aim", type=float, default=0.6, help="the least ratio for exit code 0")
    reader.add_argument("--json", action="store_true", help="print the rates as JSON")
    options = reader.parse_args()
    with gateway(0 if options.pin else None) as origin:
        pin(1 if options.pin else None)
        rates = run(compare(options, origin), with_uvloop=not options.no_uvloop)
    ours, theirs = rates["TwilioCarrier"], rates["bare aiohttp"]
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    if options.json:
        print(json.dumps({"rates": rates, "ratio": statistics.median(ratios)}))
    else:
        print(show("TwilioCarrier, texts/s", ours, ",.0f"))
        print(show("bare aiohttp, texts/s", theirs, ",.0f"))
        print(show("ratio", ratios, ".2f"))
    return 0 if statistics.median(ratios) >= options.aim else 1


if __name__ == "__main__":
    sys.exit(main())
