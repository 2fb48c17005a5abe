"""The product as processes, as an operator starts them, with the sandbox as its carrier."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

SECRET = "a-secret-key-for-stories-0123456789abcdef"
ACCOUNT = "AC5a4d0000" + "0" * 24
TOKEN = "5a4d0000c0ffee00c0ffee00c0ffee00"
SENDER = "+3197010250001"
_PATIENCE = 40.0


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class Stage:
    """Processes over one database and one sandbox."""

    def __init__(
        self,
        database_url: str,
        folder: Path,
        *,
        rate: float,
        numbers: list[str],
        carrier: str,
    ) -> None:
        self.folder = folder
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.phones = f"http://127.0.0.1:{self.sandbox_port}"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "CALAMITY_VAR": str(folder),
            "CALAMITY_DATABASE_URL": database_url,
            "CALAMITY_SECRET_KEY": SECRET,
            "CALAMITY_PUBLIC_URL": self.url,
            "CALAMITY_PORT": str(self.port),
            "CALAMITY_SANDBOX_PORT": str(self.sandbox_port),
            # `twilio` is a real carrier as far as the product knows; its origin is the sandbox.
            "CALAMITY_CARRIER": carrier,
            "CALAMITY_TWILIO_ORIGIN": self.phones,
            "CALAMITY_TWILIO_ACCOUNT_SID": ACCOUNT,
            "CALAMITY_TWILIO_AUTH_TOKEN": TOKEN,
            "CALAMITY_TWILIO_FROM": f"{SENDER}={rate}",
            "CALAMITY_EXERCISE_NUMBERS": ",".join(numbers),
            "CALAMITY_LOG": "json",
        }

    def start(self, name: str, *command: str, port: int | None = None) -> None:
        """Start `calamity COMMAND` under a name of our own; its log is NAME.log."""
        environment = dict(self._environment)
        if port is not None:
            environment["CALAMITY_PORT"] = str(port)
        if command[0] == "sandbox":
            environment["CALAMITY_CARRIER"] = "sandbox"
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "calamity", *command],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cli(self, *command: str) -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "calamity", *command],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + self.logs()
        return done.stdout

    def kill(self, name: str) -> None:
        """End a process at once, as a power cut does."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything."""
        for name in tuple(self._running):
            self.kill(name)

    def logs(self) -> str:
        """Return the tail of every log, for a failing test."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    async def is_ready(self, port: int | None = None) -> None:
        """Wait until the product answers."""
        await self._answers(f"http://127.0.0.1:{port or self.port}/health/ready")

    async def sandbox_is_ready(self) -> None:
        """Wait until the sandbox answers."""
        await self._answers(f"{self.phones}/sandbox/health")

    async def _answers(self, url: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        async with aiohttp.ClientSession() as client:
            while time.monotonic() < deadline:
                try:
                    async with client.get(url) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"{url} did not answer\n{self.logs()}")

    async def texts(self, client: aiohttp.ClientSession) -> list[dict[str, Any]]:
        """Return every text that the sandbox took from us."""
        async with client.get(f"{self.phones}/sandbox/messages") as answer:
            found: Any = await answer.json()
        texts = found["messages"] if isinstance(found, dict) else found
        return [text for text in texts if text["direction"] != "inbound"]

    async def reply(self, client: aiohttp.ClientSession, number: str, body: str) -> None:
        """Let somebody send a text to our number."""
        url = f"{self.phones}/sandbox/phones/{number.replace('+', '%2B')}/texts"
        async with client.post(url, json={"body": body, "to": SENDER}) as answer:
            assert answer.status == 201, await answer.text()


@asynccontextmanager
async def staged(
    database_url: str,
    folder: Path,
    *,
    numbers: list[str],
    rate: float = 100.0,
    carrier: str = "twilio",
    kind: Callable[..., Stage] = Stage,
) -> AsyncIterator[Stage]:
    """Start the sandbox apart, unless `calamity run` brings it; end everything afterwards."""
    stage = kind(database_url, folder, rate=rate, numbers=numbers, carrier=carrier)
    try:
        if carrier == "twilio" or not database_url.startswith("sqlite"):
            stage.start("sandbox", "sandbox")
            await stage.sandbox_is_ready()
        yield stage
    finally:
        stage.stop()


async def until(
    condition: Callable[[], Any], *, seconds: float = 30.0, every: float = 0.1, what: str = ""
) -> Any:
    """Wait until an async condition is true, and return what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"never: {what or condition}"
        await asyncio.sleep(every)
