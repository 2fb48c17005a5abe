"""What the carrier has yet to do, in the order of its own time."""

import asyncio
import heapq
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from calamity.sandbox.clock import Clock

_log = logging.getLogger(__name__)

_STEPS_PER_TURN = 100
_Result = TypeVar("_Result")
_Deed = Callable[[Any, float], None]


class Agenda:
    """Do each thing when its time has come, in that order, however fast the clock runs."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._entries: list[tuple[float, int, _Deed, Any]] = []
        self._added = 0
        self._wake = asyncio.Event()

    def at(self, due: float, deed: _Deed, what: Any) -> None:
        """Do *deed* with *what* and the moment *due*, once that moment has come."""
        if not self._entries or due < self._entries[0][0]:
            self._wake.set()
        self._added += 1
        heapq.heappush(self._entries, (due, self._added, deed, what))

    def rouse(self) -> None:
        """Look at the agenda again: the clock was changed."""
        self._wake.set()

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        entries = self._entries
        while True:
            self._wake.clear()
            done = 0
            while entries and self.clock.has_come(entries[0][0]):
                due, _, deed, what = heapq.heappop(entries)
                try:
                    deed(what, due)
                except Exception:
                    _log.exception("Something on the agenda could not be done; the rest goes on.")
                done += 1
                if done % _STEPS_PER_TURN == 0:
                    await asyncio.sleep(0)
            try:
                async with asyncio.timeout(self._rest()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _rest(self) -> float | None:
        return self.clock.wait(self._entries[0][0]) if self._entries else None

    def alarm(self, seconds: float) -> asyncio.Future[None]:
        """Return a future that is done when *seconds* of the carrier's time have passed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.at(self.clock.now() + seconds, _ring, future)
        return future

    async def within(self, seconds: float, work: Coroutine[Any, Any, _Result]) -> _Result | None:
        """Wait for *work*, but no longer than *seconds*; None if it did not end in time."""
        task = asyncio.ensure_future(work)
        alarm = self.alarm(seconds)
        alarm.add_done_callback(lambda _: task.cancel())
        try:
            return await task
        except asyncio.CancelledError:
            here = asyncio.current_task()
            if alarm.cancelled() or not alarm.done() or (here is not None and here.cancelling()):
                raise
            return None
        finally:
            alarm.cancel()


def _ring(future: "asyncio.Future[None]", _: float) -> None:
    if not future.done():
        future.set_result(None)
