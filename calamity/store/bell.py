"""The bell: says that a calamity has something new, never what.

In one process it rings by itself; on PostgreSQL it also rings for the commits of other nodes, over
one supervised LISTEN connection. It may ring late, twice or not at all: who listens reads rows.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress

import asyncpg
import structlog

CHANNEL = "calamity_bell"
_RETRY_SECONDS = 1.0
_CHECK_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Bell:
    """Wakes everyone who waits for a calamity."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, calamity_id: str) -> None:
        """Wake everyone who waits for this calamity."""
        for event in self._waiting.get(calamity_id, ()):
            event.set()

    def ring_all(self) -> None:
        """Wake everyone, for instance when rings may have been missed."""
        for calamity_id in tuple(self._waiting):
            self.ring(calamity_id)

    def subscribe(self, calamity_id: str) -> asyncio.Event:
        """Return an event that is set at each ring; give it back with `unsubscribe`."""
        event = asyncio.Event()
        self._waiting[calamity_id].add(event)
        return event

    def unsubscribe(self, calamity_id: str, event: asyncio.Event) -> None:
        """Stop waiting."""
        waiting = self._waiting[calamity_id]
        waiting.discard(event)
        if not waiting:
            del self._waiting[calamity_id]

    async def listen_to_postgres(self, dsn: str) -> None:
        """Ring for the commits of all nodes, reconnecting for as long as the process lives."""
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await asyncpg.connect(dsn)
                await connection.add_listener(CHANNEL, lambda *said: self.ring(said[3]))
                self.ring_all()
                while True:
                    await asyncio.sleep(_CHECK_SECONDS)
                    await connection.execute("SELECT 1", timeout=_CHECK_SECONDS)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("bell.lost", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                if connection is not None:
                    with suppress(Exception):
                        connection.terminate()
