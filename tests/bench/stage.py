"""Where a bench plays: fresh databases of both kinds, syncing to disk, and processes that end."""

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ctypes import c_int64
from pathlib import Path
from typing import Any

import uvloop

from calamity.store.database import Database
from calamity.store.migrate import migrate
from calamity.store.vault import Vault
from tests.bench.bench_client import DoNothing
from tests.make import SECRET
from tests.postgres import Cluster, binaries, cluster

DATABASES = ("sqlite", "postgres")
ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_LOOK_SECONDS = 0.01


class Stage:
    """A folder, a PostgreSQL cluster on first use, and everything that must end with them."""

    def __init__(self, exits: ExitStack, *, quick: bool) -> None:
        self.exits = exits
        self.quick = quick
        self.rounds = 3
        self.folder = Path(tempfile.mkdtemp(prefix="calamity-bench-"))
        exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._cluster: Cluster | None = None
        self._made = 0

    @property
    def cluster(self) -> Cluster:
        """The cluster, with its syncs to disk on."""
        if self._cluster is None:
            found = binaries()
            if found is None:
                raise SystemExit("PostgreSQL is not installed; see infra/test-machine.sh")
            self._cluster = self.exits.enter_context(cluster(found, durable=True))
        return self._cluster

    def path(self, ending: str) -> Path:
        """Return the path of a new file."""
        self._made += 1
        return self.folder / f"{self._made}{ending}"

    def empty_url(self, kind: str) -> str:
        """Return the address of an empty database."""
        if kind == "sqlite":
            return f"sqlite:///{self.path('.sqlite')}"
        return self.cluster.url(self.cluster.create())

    def url(self, kind: str) -> str:
        """Return the address of a migrated database."""
        url = self.empty_url(kind)
        asyncio.run(_migrate(url))
        return url


async def _migrate(url: str) -> None:
    database = Database(url, Vault(SECRET))
    await database.open()
    try:
        await migrate(database)
    finally:
        await database.close()


@contextmanager
def stage(*, quick: bool) -> Iterator[Stage]:
    """Set the stage, and clear it whatever happens."""
    with ExitStack() as exits:
        yield Stage(exits, quick=quick)


def say(words: str) -> None:
    """Tell a waiting person what is going on."""
    print(f"  {words}", file=sys.stderr, flush=True)


@contextmanager
def process(module: str, **given: Any) -> Iterator[dict[str, Any]]:
    """Run `python -m tests.bench.MODULE JSON`; yields the first line that it prints, as JSON."""
    command = [sys.executable, "-m", f"tests.bench.{module}", json.dumps(given)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = running.stdout.readline() if running.stdout else ""
        if not line:
            raise RuntimeError(f"tests.bench.{module} ended before it was ready")
        yield json.loads(line)
    finally:
        end(running)


def end(running: subprocess.Popen[Any]) -> None:
    """End a process that we started, kindly first."""
    if running.poll() is None:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    if running.stdout:
        running.stdout.close()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Gateway:
    """A carrier that does nothing, in a process of its own; *origin* is its address."""

    def __init__(self, port: int, told: list[Any]) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._first, self._last, self._count, self._holds = told

    def forget(self) -> None:
        """Begin a new round."""
        self._first.value = self._last.value = self._count.value = 0

    def hold(self, *, until_released: bool) -> None:
        """Answer nobody from now on, or answer everyone who waits."""
        self._holds.value = until_released

    @property
    def first_at(self) -> float:
        """When the first text of this round came (seconds of the monotonic clock); 0 before."""
        return float(self._first.value) / 1e9

    @property
    def last_at(self) -> float:
        """When the newest text of this round came; 0 before."""
        return float(self._last.value) / 1e9

    @property
    def count(self) -> int:
        """How many texts came in this round."""
        return int(self._count.value)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Run the gateway."""
    context = multiprocessing.get_context("fork")
    told = [context.Value(c_int64, 0, lock=False) for _ in ("first", "last", "count", "holds")]
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    child = context.Process(target=_serve, args=(listening, told), daemon=True)
    child.start()
    port = listening.getsockname()[1]
    try:
        yield Gateway(port, told)
    finally:
        child.terminate()
        child.join()
        listening.close()


def _serve(listening: socket.socket, told: list[Any]) -> None:
    first, last, count, holds = told
    waiting: list[tuple[Any, bytes]] = []

    class Counting(DoNothing):
        def data_received(self, data: bytes) -> None:
            last.value = time.monotonic_ns()
            if first.value == 0:
                first.value = last.value
            if data.startswith((b"POST", b"GET /kannel/")):
                count.value += 1
            if holds.value:
                waiting.append((super(), data))
            else:
                super().data_received(data)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Counting, sock=listening)
        await server.start_serving()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            while waiting and not holds.value:
                held, data = waiting.pop()
                held.data_received(data)

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    uvloop.run(forever())


def interleaved(
    rounds: int, ours: Callable[[], float], reference: Callable[[], float]
) -> Iterator[tuple[float, float]]:
    """Measure both in turn, the order swapped each round, so that a busy machine slows both."""
    for number in range(rounds):
        if number % 2:
            their = reference()
            yield ours(), their
        else:
            our = ours()
            yield our, reference()
