"""The database: opens transactions, reads the hot paths, and rings when something was committed.

One class for SQLite (one node, WAL, synchronous=FULL) and PostgreSQL (any number of nodes). The
edges open and close transactions; nobody else commits.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import asyncpg
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from calamity.domain.errors import Conflict, Refused
from calamity.store.bell import CHANNEL, Bell
from calamity.store.direct import Direct, DirectPostgres, DirectSqlite
from calamity.store.sqlite_loop import LoopConnection
from calamity.store.vault import Vault

_BUSY_SECONDS = 15
_TIDY_SECONDS = 1.0
_MOST_LOGGED_PAGES = 20_000
_CACHE = "cache_size=-32000"

log = structlog.get_logger(__name__)


class Session:
    """One transaction, and what must happen once it is committed."""

    def __init__(self, sql: AsyncSession, vault: Vault, *, is_postgres: bool) -> None:
        self.sql = sql
        self.vault = vault
        self.is_postgres = is_postgres
        self.rung: set[str] = set()
        self.locked: set[str] = set()
        """Calamities whose timeline this transaction is writing."""
        self._then: list[Callable[[], None]] = []
        self._direct: Direct | None = None

    async def direct(self) -> Direct:
        """Return the driver's own connection, in this transaction, for hot statements.

        It sees what was flushed, and the rows that SQLAlchemy holds do not see what it does.
        """
        if self._direct is None:
            connection = await self.sql.connection()
            if self.is_postgres:
                # asyncpg's transaction begins at SQLAlchemy's first statement.
                await connection.exec_driver_sql("SELECT 1")
            driver: Any = (await connection.get_raw_connection()).driver_connection
            self._direct = (
                DirectPostgres(driver) if self.is_postgres else DirectSqlite(driver.sqlite)
            )
        return self._direct

    def ring(self, calamity_id: str) -> None:
        """Tell viewers of this calamity, after the commit, that there is something new."""
        self.rung.add(calamity_id)

    def after_commit(self, then: Callable[[], None]) -> None:
        """Call *then* once the transaction is committed; never when it is rolled back."""
        self._then.append(then)

    def settled(self) -> None:
        """Run what waited for the commit."""
        for then in self._then:
            then()


class Database:
    """Where rows live. Make one per process, `open` it, and `close` it at the end."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.vault = vault
        self.bell = Bell()
        self.is_postgres = url.startswith("postgresql")
        self._url = url
        self._lock = asyncio.Lock()
        self._writer: AsyncEngine
        self._reader: AsyncEngine
        self._pool: asyncpg.Pool | None = None
        self._hot: sqlite3.Connection | None = None
        self._node_file: TextIO | None = None
        self._beside: asyncio.Task[None] | None = None

    @property
    def dsn(self) -> str:
        """The address in the form that asyncpg reads."""
        return self._url.replace("postgresql+asyncpg://", "postgresql://")

    @property
    def path(self) -> Path:
        """The file of an embedded database."""
        database = make_url(self._url).database
        if database is None:
            raise Refused(
                "CALAMITY_DATABASE_URL names no file; write sqlite:///path/to/calamity.sqlite.",
                field="CALAMITY_DATABASE_URL",
            )
        return Path(database)

    async def open(self, *, as_node: bool = False) -> None:
        """Connect. A node of the product also takes the file lock and listens to the bell.

        Raises Conflict when another process already runs the product on this SQLite file.
        """
        if self.is_postgres:
            url = self.dsn.replace("postgresql://", "postgresql+asyncpg://")
            self._writer = self._reader = create_async_engine(
                url, pool_size=8, max_overflow=8, hide_parameters=True
            )
            self._pool = await asyncpg.create_pool(
                self.dsn, min_size=1, max_size=6, reset=_leave_as_it_is
            )
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if as_node:
                self._take_file()
            self._writer = _sqlite_engine(self.path, "BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(self.path, "BEGIN", pool_size=4)
        if as_node:
            beside = self.bell.listen_to_postgres(self.dsn) if self.is_postgres else self._tidy()
            self._beside = asyncio.create_task(beside)

    async def close(self) -> None:
        """Let go of every connection and of the file lock."""
        if self._beside:
            self._beside.cancel()
            with suppress(asyncio.CancelledError):
                await self._beside
        await self._writer.dispose()
        await self._reader.dispose()
        if self._pool:
            await self._pool.close()
        if self._hot:
            self._hot.close()
        if self._node_file:
            self._node_file.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Open a transaction that is committed when the block ends well, else rolled back."""
        if self.is_postgres:
            async with self._open(self._writer) as session:
                yield session
        else:
            # One writer: waiting here is cheaper than in SQLite's busy loop.
            async with self._lock, self._open(self._writer) as session:
                yield session

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncIterator[Session]:
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as sql:
            session = Session(sql, self.vault, is_postgres=self.is_postgres)
            yield session
            if session.rung and self.is_postgres:
                await sql.execute(
                    text("SELECT pg_notify(:channel, :id)"),
                    [{"channel": CHANNEL, "id": each} for each in session.rung],
                )
            await sql.commit()
        if not self.is_postgres:
            for calamity_id in session.rung:
                self.bell.ring(calamity_id)
        session.settled()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """Open a transaction that only reads."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as sql:
            yield Session(sql, self.vault, is_postgres=self.is_postgres)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Open a plain connection for migrations."""
        async with self._writer.connect() as connection:
            yield connection

    async def rows(self, sql: str, values: Sequence[object]) -> list[Sequence[Any]]:
        """Read quickly: *sql* has `$1`, `$2` ... on both databases.

        An ORM read of fifty rows costs ten times the query itself; the timeline cannot afford it.
        """
        if self._pool is not None:
            found: list[Sequence[Any]] = await self._pool.fetch(sql, *values)
            return found
        if self._hot is None:
            self._hot = sqlite3.connect(
                f"file:{self.path}?mode=ro", uri=True, cached_statements=256, isolation_level=None
            )
            self._hot.execute(f"PRAGMA {_CACHE}")
        named = {str(place): value for place, value in enumerate(values, 1)}
        return self._hot.execute(sql, named).fetchall()

    async def _tidy(self) -> None:
        """Bring what was committed from the log into the file, while nobody waits for it.

        Else SQLite does so inside a commit, and whoever waits for that one waits for all of it.
        """
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            try:
                await asyncio.to_thread(_bring_over, self.path)
            except sqlite3.Error as error:
                log.warning("database.not_tidied", error=error.sqlite_errorname)

    def _take_file(self) -> None:
        self._node_file = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._node_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._node_file.close()
            self._node_file = None
            raise Conflict(
                "Another process already runs Calamity on this SQLite database. Stop it first, or "
                "use PostgreSQL for several nodes (infra/README.md).",
                field="CALAMITY_DATABASE_URL",
            ) from error


async def _leave_as_it_is(_: object) -> None:
    """Spare a round trip after each read: one SELECT leaves nothing behind to clear away."""


def _bring_over(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


async def _connect(path: Path) -> LoopConnection:
    return LoopConnection(str(path), busy_seconds=_BUSY_SECONDS)


def _sqlite_engine(path: Path, begin: str, *, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        async_creator=partial(_connect, path),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={_MOST_LOGGED_PAGES}",
            _CACHE,
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def is_clash(error: BaseException) -> bool:
    """Tell whether two transactions wrote the same at the same moment, and this one lost."""
    return isinstance(error, IntegrityError)
