"""A private PostgreSQL cluster for the tests: made in a temporary folder, gone at the end."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

_TRIES = 3
_ROOM = 4 << 30
# Nothing that these tests do outlives the machine; tests of durability set these back.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def binaries() -> Path | None:
    """Return the folder with initdb and pg_ctl of the newest version, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def fast_folder() -> str | None:
    """Return a folder in memory for what a test run writes, where there is room for it."""
    memory = Path("/dev/shm")  # noqa: S108 - folders in it are made by tempfile, for us alone
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < _ROOM:
        return None
    return str(memory)


def run_apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run async work from sync code, also where the caller's thread has a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Cluster:
    """A running cluster."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._made = 0

    def url(self, name: str) -> str:
        """Return the address of a database in this cluster."""
        return f"postgresql://calamity@127.0.0.1:{self.port}/{name}"

    def execute(self, sql: str) -> None:
        """Run a statement of administration."""
        run_apart(self._execute(sql))

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def create(self, template: str | None = None) -> str:
        """Make a database, as a copy of *template* where one is named, and return its name."""
        self._made += 1
        name = f"t{self._made}"
        self.execute(
            f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY FILE_COPY"
        )
        return name

    def drop(self, name: str) -> None:
        """Remove a database, also while something is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def cluster(bin_folder: Path, *, durable: bool = False) -> Iterator[Cluster]:
    """Start a cluster and stop it at the end; *durable* leaves its syncs to disk on."""
    folder = Path(tempfile.mkdtemp(prefix="calamity-pg-", dir=None if durable else fast_folder()))
    as_user = _other_user(folder)
    try:
        _run([
            *as_user, bin_folder / "initdb", "-D", folder / "data", "-U", "calamity",
            "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
        ])  # fmt: skip
        port = _start(folder, [*as_user, bin_folder / "pg_ctl"], {} if durable else _FAST)
        try:
            yield Cluster(port)
        finally:
            _run(
                [*as_user, bin_folder / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"]
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, pg_ctl: list[str | Path], options: dict[str, str]) -> int:
    for attempt in range(1, _TRIES + 1):
        port = _free_port()
        given = {**options, "port": str(port), "listen_addresses": "127.0.0.1",
                 "unix_socket_directories": str(folder), "max_connections": "300"}  # fmt: skip
        words = " ".join(f"-c {name}={value}" for name, value in given.items())
        try:
            _run([*pg_ctl, "-D", folder / "data", "-l", folder / "log", "-w", "-o", words, "start"])
        except subprocess.CalledProcessError:
            # Another process may have taken the port in between.
            if attempt == _TRIES:
                raise
        else:
            return port
    raise AssertionError("unreachable")


def _other_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: give the folder, and the commands, to someone else."""
    if os.geteuid() != 0:
        return []
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _run(command: list[str | Path]) -> None:
    subprocess.run(
        command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )  # fmt: skip
