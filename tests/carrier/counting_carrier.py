"""A carrier in a process of its own that notes when each request arrives.

python -m tests.carrier.counting_carrier EVERY - one of so many answers is 429; 0 for none
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from aiohttp import web

from tests.gateways.bad_carrier import resource


class Counting:
    """What the process outside knows of its carrier."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def arrivals(self) -> list[float]:
        """Return when requests came, in seconds of the clock that all processes share."""
        with urlopen(f"{self.origin}/arrivals") as answer:  # noqa: S310 - our own address
            found: list[float] = json.load(answer)
        return found


@contextmanager
def counting(*, busy_every: int = 0) -> Iterator[Counting]:
    """Run the carrier until the block ends."""
    command = [sys.executable, "-m", "tests.carrier.counting_carrier", str(busy_every)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield Counting(running.stdout.readline().strip())
        finally:
            running.kill()


async def _serve(busy_every: int) -> None:
    arrivals: list[float] = []

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response(arrivals)
        arrivals.append(time.monotonic())
        await request.read()
        if busy_every and len(arrivals) % busy_every == 0:
            busy: dict[str, Any] = {"code": 20429, "message": "Too Many Requests", "status": 429}
            return web.json_response(busy, status=429, headers={"Retry-After": "1"})
        made = resource(sid=f"SM{len(arrivals):032x}", account_sid=request.path.split("/")[3])
        return web.json_response(made, status=201)

    runner = web.ServerRunner(web.Server(take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
