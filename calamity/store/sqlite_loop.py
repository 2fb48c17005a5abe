"""SQLite on the event loop itself, in the shape in which SQLAlchemy expects aiosqlite.

aiosqlite hands every step of a statement to a thread and back. A statement of ours takes some tens
of microseconds; each hand-over waits for the interpreter's lock, milliseconds long while the loop
is busy. So we stay on the loop, and let it breathe after a few milliseconds of statements.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

_BREATH_SECONDS = 0.005
_AGAIN_SECONDS = 0.005


class LoopCursor:
    """A cursor whose methods are awaited, but hardly ever wait."""

    def __init__(self, connection: "LoopConnection", cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns of the result, or None for a statement without one."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The row id of the last row inserted."""
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        """How many rows `fetchmany` returns by default."""
        return self._cursor.arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._cursor.arraysize = value

    async def execute(self, sql: str, values: Sequence[Any] = ()) -> Self:
        """Run a statement."""
        await self._connection.run(lambda: self._cursor.execute(sql, values))
        return self

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Self:
        """Run a statement once per row."""
        await self._connection.run(lambda: self._cursor.executemany(sql, rows))
        return self

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return self._cursor.fetchmany(size or self._cursor.arraysize)

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Let go of the statement."""
        self._cursor.close()


class LoopConnection:
    """A connection on the loop; where another process writes, it waits without blocking."""

    def __init__(self, path: str, *, busy_seconds: float) -> None:
        # The driver's own transaction handling starts transactions late; ours start where we say.
        self._sqlite: sqlite3.Connection | None = sqlite3.connect(
            path, isolation_level=None, timeout=0, cached_statements=512
        )
        self._busy_seconds = busy_seconds
        self._breathed_at = 0.0

    @property
    def _connection(self) -> sqlite3.Connection | None:
        """SQLAlchemy looks here whether the connection is open."""
        return self._sqlite

    @property
    def sqlite(self) -> sqlite3.Connection:
        """The connection itself."""
        if self._sqlite is None:
            raise sqlite3.ProgrammingError("Connection closed")
        return self._sqlite

    @property
    def isolation_level(self) -> None:
        """Transactions begin and end where we say."""
        return None

    def cursor(self) -> LoopCursor:
        """Return a new cursor."""
        return LoopCursor(self, self.sqlite.cursor())

    async def run(self, step: Callable[[], object]) -> None:
        """Run a step of a statement; between two of a long transaction others get their turn."""
        if not self.sqlite.in_transaction:
            self._breathed_at = time.monotonic()
        await self._patiently(step)
        if time.monotonic() - self._breathed_at > _BREATH_SECONDS:
            await asyncio.sleep(0)
            self._breathed_at = time.monotonic()

    async def _patiently(self, step: Callable[[], object]) -> None:
        """Run a step; while another process holds the lock, try again a little later."""
        until = time.monotonic() + self._busy_seconds
        while True:
            try:
                step()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            else:
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def create_function(self, *given: Any, **named: Any) -> None:
        """Add a function to SQL."""
        self.sqlite.create_function(*given, **named)

    async def commit(self) -> None:
        """Commit the transaction, if there is one."""
        await self._patiently(self.sqlite.commit)

    async def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        self.sqlite.rollback()

    async def close(self) -> None:
        """Close the connection; closing it twice is no error."""
        self.stop()

    def stop(self) -> None:
        """Close the connection at once."""
        if self._sqlite is not None:
            self._sqlite.close()
            self._sqlite = None
