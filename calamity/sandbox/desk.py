"""The parts of one sandbox together: they open and close with the application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from calamity.sandbox.api import Api
from calamity.sandbox.book import Book
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.clock import Clock
from calamity.sandbox.faults import FaultBox
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.transcript import Transcript

_TRANSCRIPT_SECONDS = 0.2


class Desk:
    """Hold book, carrier, clock, webhooks, faults, transcript and API of one sandbox."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.clock = Clock(settings.speed)
        self.transcript = Transcript(settings.transcript)
        self.faults = FaultBox(self.transcript, settings.seed)
        self.book = Book(settings, Ledger(settings.database, self.clock.now))
        self.hooks = Hooks(self.book, self.faults, self.transcript, settings)
        self.carrier = Carrier(self.book, self.clock, self.hooks)
        self.api = Api(self.book, self.carrier, self.faults, self.transcript)

    @asynccontextmanager
    async def open(self, _: object = None) -> AsyncIterator[None]:
        """Take up where an earlier run stopped; close tidily."""
        self.clock.jump(self.book.load())
        self.carrier.resume()
        await self.hooks.start()
        tasks = [asyncio.create_task(self.carrier.run()), asyncio.create_task(self._write_down())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            await self.hooks.stop()
            self.book.ledger.close()
            self.transcript.close()

    async def _write_down(self) -> None:
        while True:
            await asyncio.sleep(_TRANSCRIPT_SECONDS)
            self.transcript.flush()
