"""Wake-ups: tells a worker that rows may have become due.

pgqueuer carries them, in memory beside SQLite and in the same transaction on PostgreSQL. A wake
may be late, lost or repeated without harm, for the rows say what is due and a sweep reads them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from sqlalchemy import text

from calamity.store.database import Database, Session

Handler = Callable[[str], Awaitable[None]]
_HEARTBEAT = timedelta(seconds=6)
_POLL = timedelta(seconds=2)
_RESTART_SECONDS = 1.0
_AT_ONCE = 10
_SAME_MOMENT_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Wakes:
    """The engine's port: `wake` in a transaction, `handle` a kind, `run` until cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._handlers: dict[str, Handler] = {}
        self._memory: PgQueuer | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._planned: dict[tuple[str, str], float] = {}

    def handle(self, kind: str, handler: Handler) -> None:
        """Let *handler* run, with the key, for each wake of this kind."""
        self._handlers[kind] = handler

    async def wake(self, session: Session, kind: str, key: str, delay: float = 0) -> None:
        """Wake a worker for *key* once this transaction is committed, *delay* seconds later."""
        if delay > 0 and not self._is_news(kind, key, delay):
            return
        after = timedelta(seconds=max(delay, 0))
        if not session.is_postgres:
            session.after_commit(lambda: self.wake_here(kind, key, delay))
            return
        # asyncpg's transaction begins at SQLAlchemy's first statement; without one, the insert
        # would be committed by itself and survive a rollback.
        await session.sql.execute(text("SELECT 1"))
        raw = await (await session.sql.connection()).get_raw_connection()
        queries = Queries(AsyncpgDriver(raw.driver_connection))
        await queries.enqueue(kind, key.encode(), execute_after=after)

    def _is_news(self, kind: str, key: str, delay: float) -> bool:
        """Say whether no wake for this moment is under way from here.

        Each run of an activation plans the next one; without this, every wake would have several
        children, and those again.
        """
        now = time.monotonic()
        self._planned = {place: due for place, due in self._planned.items() if due > now}
        planned = self._planned.get((kind, key))
        due = now + delay
        if planned is not None and planned <= due + _SAME_MOMENT_SECONDS:
            return False
        self._planned[kind, key] = due
        return True

    def wake_here(self, kind: str, key: str, delay: float = 0) -> None:
        """Wake this process without a transaction; does nothing where no worker runs."""
        if self._memory is None:
            return
        task = asyncio.get_running_loop().create_task(
            self._memory.qm.queries.enqueue(
                kind, key.encode(), execute_after=timedelta(seconds=max(delay, 0))
            )
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Serve wakes until cancelled; rebuild the engine when its connection is lost."""
        while True:
            connection: asyncpg.Connection | None = None
            try:
                if self._database.is_postgres:
                    connection = await asyncpg.connect(self._database.dsn)
                    engine = PgQueuer.from_asyncpg_connection(connection)
                else:
                    engine = self._memory = PgQueuer.in_memory()
                self._register(engine)
                await engine.run(
                    dequeue_timeout=_POLL,
                    batch_size=_AT_ONCE,
                    heartbeat_timeout=_HEARTBEAT,
                    shutdown_on_listener_failure=True,
                )
                log.warning("wakes.stopped")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("wakes.lost", error=type(error).__name__)
            finally:
                if connection is not None:
                    with suppress(Exception):
                        connection.terminate()
            await asyncio.sleep(_RESTART_SECONDS)

    def _register(self, engine: PgQueuer) -> None:
        for kind, handler in self._handlers.items():
            engine.entrypoint(kind)(_entrypoint(kind, handler))


def _entrypoint(kind: str, handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        try:
            await handler((job.payload or b"").decode())
        except Exception:
            # The rows still say what is due; the sweep wakes again within two seconds.
            log.exception("wake.failed", kind=kind)

    return run
