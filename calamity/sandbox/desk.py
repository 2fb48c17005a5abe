"""The parts of one sandbox together: they open and close with the application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from calamity.sandbox.account import Account
from calamity.sandbox.agenda import Agenda
from calamity.sandbox.api import Api
from calamity.sandbox.book import Book
from calamity.sandbox.calling import Calling
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.clock import Clock
from calamity.sandbox.faults import FaultBox
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.mails import MailBox
from calamity.sandbox.poster import Poster
from calamity.sandbox.script import Prompter, read_script
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.texting import Texting
from calamity.sandbox.transcript import Transcript
from calamity.sandbox.voice import Voice


class Desk:
    """Hold book, carrier, clock, webhooks, faults, transcript and API of one sandbox."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.clock = Clock(settings.speed)
        self.agenda = Agenda(self.clock)
        self.transcript = Transcript(settings.transcript)
        ledger = Ledger(settings.database, self.clock.now)
        self.faults = FaultBox(self.transcript, self.agenda, ledger, settings.seed)
        self.book = book = Book(settings, ledger)
        poster = Poster(self.transcript, settings)
        self.hooks = Hooks(book, self.agenda, self.faults, poster, self.transcript)
        self.carrier = Carrier(book, self.agenda, self.hooks, self.faults)
        self.voice = Voice(book, self.agenda, self.hooks, self.faults)
        self.prompter = Prompter(self.agenda, self.faults, self.carrier, self.transcript, ledger)
        self.mails = MailBox()
        self.api = Api(
            Texting(book, self.carrier, self.faults),
            Calling(book, self.voice),
            Account(book),
            self.faults,
            self.transcript,
        )

    @asynccontextmanager
    async def open(self, _: object = None) -> AsyncIterator[None]:
        """Take up where an earlier run stopped; close tidily."""
        self.clock.jump(self.book.load())
        self.faults.resume()
        self.carrier.resume()
        await self.hooks.start()
        self.voice.resume()
        # A script that was under way goes on where it was, and does not begin anew.
        if not self.prompter.resume() and self.settings.script is not None:
            self.prompter.start(read_script(self.settings.script))
        running = asyncio.create_task(self.agenda.run())
        try:
            async with self.mails.door(self.settings.mail_port):
                yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await self.voice.stop()
            await self.hooks.stop()
            self.book.ledger.close()
            self.transcript.close()
