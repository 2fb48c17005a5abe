"""An SMSC as a process of its own, and what happened there."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from calamity.gateways.carrier import CarrierEvent, OutboundText
from calamity.gateways.smpp import SmppAccount, SmppPatience
from tests.machine import lacks

NODE_MODULES = Path(__file__).parents[2] / "node_modules"
SENDER, PERSON = "+3197010250001", "+3197010240001"
QUICK = SmppPatience(
    connect_seconds=2.0,
    bind_seconds=2.0,
    answer_seconds=0.5,
    enquire_seconds=20.0,
    again_seconds=0.1,
    parts_seconds=0.5,
)
_PATIENCE = 10.0


class Smsc:
    """The SMSC of `smsc.mjs`; `log` is everything that it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.log: list[dict[str, Any]] = []
        self.port = 0
        self._orders = 0

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._news:
                self.log.append(json.loads(line))
                self._news.notify_all()

    async def tell(self, what: str, **order: Any) -> None:
        """Give an order, and wait until it has been followed."""
        assert self._process.stdin is not None
        self._orders += 1
        self._process.stdin.write(json.dumps({"do": what, **order}).encode() + b"\n")
        await self._process.stdin.drain()
        await self.saw("done", self._orders)

    def said(self, event: str, **like: Any) -> list[dict[str, Any]]:
        """Return what happened of a kind so far."""
        return [
            each
            for each in self.log
            if each["event"] == event and all(each.get(k) == v for k, v in like.items())
        ]

    async def saw(self, event: str, many: int = 1, **like: Any) -> list[dict[str, Any]]:
        """Wait until something happened so many times."""
        async with asyncio.timeout(_PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.said(event, **like)) >= many)
        return self.said(event, **like)

    async def close(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def smsc_running(**given: Any) -> AsyncIterator[Smsc]:
    """Run an SMSC on a port of its own."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "smpp").is_dir():
        lacks("node or the npm package smpp is missing: run npm ci")
    process = await asyncio.create_subprocess_exec(
        node,
        str(Path(__file__).with_name("smsc.mjs")),
        json.dumps({"system": "calamity", "password": "secret", **given}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    smsc = Smsc(process)
    try:
        (listening,) = await smsc.saw("listening")
        smsc.port = listening["port"]
        yield smsc
    finally:
        await smsc.close()


class Door:
    """Keeps what comes in, as the inbox does, or fails as it does while the disk is full."""

    def __init__(self) -> None:
        self.kept: list[CarrierEvent] = []
        self.problem: Exception | None = None

    async def keep(self, event: CarrierEvent, at: object) -> None:
        """Keep something, or not."""
        if self.problem is not None:
            raise self.problem
        self.kept.append(event)

    async def has(self, many: int) -> list[CarrierEvent]:
        """Wait until so many things were kept."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                if len(self.kept) >= many:
                    return self.kept
                await asyncio.sleep(0.01)


def account(smsc: Smsc, **changes: Any) -> SmppAccount:
    """Return our account at this SMSC."""
    given = {
        "host": "127.0.0.1", "port": smsc.port, "system_id": "calamity", "password": "secret",
        "is_tls": False, "senders": frozenset({SENDER}),
    }  # fmt: skip
    return SmppAccount(**{**given, **changes})


def make_text(body: str = "Bent u er? JA 4821", **changes: Any) -> OutboundText:
    """Return a text to one person."""
    given = {"message_id": "0192f0c4-7d1e", "sender": SENDER, "to": PERSON, "valid_seconds": 900}
    return OutboundText(body=body, **{**given, **changes})


async def bound(carrier: Any) -> None:
    """Wait until the SMSC has let a carrier in."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            if carrier.is_bound:
                return
            await asyncio.sleep(0.01)
