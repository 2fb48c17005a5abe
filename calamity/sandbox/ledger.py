"""What survives a restart: records as documents in SQLite.

Changes are gathered and committed together. `kept` returns after the commit, so an answer that
waits for it outlives a kill of the process.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

KINDS = ("texts", "phones", "posts", "calls", "optouts", "faults", "scripts", "meta")
_CREATE = {
    kind: f"CREATE TABLE IF NOT EXISTS {kind} "
    "(key TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID"
    for kind in KINDS
}
# Only names from KINDS come into these statements.
_READ = {kind: f"SELECT key, document FROM {kind}" for kind in KINDS}  # noqa: S608
_WRITE = {kind: f"INSERT OR REPLACE INTO {kind} VALUES (?, ?)" for kind in KINDS}  # noqa: S608
_REMOVE = {kind: f"DELETE FROM {kind} WHERE key = ?" for kind in KINDS}  # noqa: S608
_LAZY_SECONDS = 0.02
_Record = TypeVar("_Record")


class Ledger:
    """Hold the open database. *stamp* gives the carrier's time, stored with every commit."""

    def __init__(self, path: str, stamp: Callable[[], float]) -> None:
        self._stamp = stamp
        self._changed: dict[tuple[str, str], Any] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._timer: asyncio.Handle | None = None
        self._hurried = False
        self._encode = msgspec.json.Encoder().encode
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        for statement in _CREATE.values():
            self._database.execute(statement)

    def read(self, kind: str, shape: type[_Record]) -> Iterator[tuple[str, _Record]]:
        """Give every stored record of one kind."""
        decode = msgspec.json.Decoder(shape).decode
        for key, document in self._database.execute(_READ[kind]):
            yield key, decode(document)

    def put(self, kind: str, key: str, record: object) -> None:
        """Store *record* with the next commit, as it is then; None removes it."""
        self._changed[kind, key] = record
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_LAZY_SECONDS, self.flush)

    async def kept(self) -> None:
        """Wait until every change so far is committed."""
        if not self._changed:
            return
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append(waiter)
        if not self._hurried:
            # The requests that this turn of the loop has read go into one commit.
            self._hurried = True
            loop.call_soon(self.flush)
        await waiter

    def flush(self) -> None:
        """Commit what has changed."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._hurried = None, False
        changed, self._changed = self._changed, {}
        waiters, self._waiters = self._waiters, []
        if not changed:
            return
        error: Exception | None = None
        try:
            self._write(changed)
        except sqlite3.Error as problem:
            error = problem
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
        if error is not None and not waiters:
            raise error

    def _write(self, changed: dict[tuple[str, str], Any]) -> None:
        rows: dict[str, list[tuple[str, bytes]]] = {
            "meta": [("clock", self._encode(self._stamp()))]
        }
        gone: dict[str, list[tuple[str]]] = {}
        for (kind, key), record in changed.items():
            if record is None:
                gone.setdefault(kind, []).append((key,))
            else:
                rows.setdefault(kind, []).append((key, self._encode(record)))
        execute = self._database.execute
        execute("BEGIN")
        try:
            for kind, kept in rows.items():
                self._database.executemany(_WRITE[kind], kept)
            for kind, keys in gone.items():
                self._database.executemany(_REMOVE[kind], keys)
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")

    def close(self) -> None:
        """Commit the last changes with the time, and close the database."""
        self.flush()
        self._write({})
        self._database.close()
