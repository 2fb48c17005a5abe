"""The driver's own connection inside a transaction of ours, for the few statements that are hot.

SQLAlchemy costs half a millisecond per statement; a lane takes a turn of five statements for every
forty texts. The same SQL runs on both databases, with `$1`, `$2` ... for its values.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import asyncpg


@lru_cache(256)
def _numbered(sql: str) -> str:
    """Return a statement as SQLite numbers its values: `?1`; its `$1` is a name."""
    return sql.replace("$", "?")


class Direct(Protocol):
    """Runs statements without anything in between. Moments are microseconds here."""

    async def rows(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement and return its rows."""

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> int | None:
        """Run a statement once per row; return how many it changed, where the driver knows."""

    async def add(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Add many rows to a table; names are our own words."""


class DirectSqlite:
    """Statements on SQLite, which are over before anyone could wait for them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement and return its rows."""
        return self._connection.execute(_numbered(sql), values).fetchall()

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> int | None:
        """Run a statement once per row; return how many it changed."""
        return self._connection.executemany(_numbered(sql), rows).rowcount

    async def add(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Add many rows to a table; names are our own words."""
        places = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - our own names


class DirectPostgres:
    """Statements on PostgreSQL; asyncpg prepares each once per connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement and return its rows."""
        found: Sequence[Sequence[Any]] = await self._connection.fetch(sql, *values)
        return found

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> int | None:
        """Run a statement once per row, all of them on one journey."""
        await self._connection.executemany(sql, rows)
        return None

    async def add(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Add many rows to a table, by COPY; names are our own words."""
        await self._connection.copy_records_to_table(table, records=rows, columns=list(columns))
