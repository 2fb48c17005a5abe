"""One bound session with an SMSC at a time, kept alive and bound anew; answers find their question.

Nothing here knows what a text means: it writes requests, waits for their answers within the window,
and hands on what the SMSC brings.
"""

import asyncio
import secrets
import ssl
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from msgspec import Struct

from calamity.domain.errors import Unavailable
from calamity.gateways.smpp import pdus
from calamity.gateways.smpp.account import SmppAccount, SmppPatience
from calamity.gateways.smpp.pdus import Delivery, Heard, Numbers

_LONGEST_WAIT_SECONDS = 30.0
_REFUSED_WAIT_SECONDS = 30.0
_FORGOTTEN_SECONDS = 600.0
_FAREWELL_SECONDS = 1.0
_MOST_TAKING = 64
_BROKEN_LENGTH, _QUEUE_FULL = 0x02, 0x14

log = structlog.get_logger(__name__)


class NotWritten(Exception):
    """The request never left: it may be made again."""


class NoRoom(NotWritten):
    """The window stayed full: the SMSC answers slower than we ask."""


class BindRefused(NotWritten):
    """The SMSC does not let us in."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the bind was refused ({status:#x})")
        self.status = status


class NotAnswered(Exception):
    """The request may have left, and nobody says what became of it."""


class _Asked(Struct):
    answer: "asyncio.Future[Heard]"
    about: str
    until: float
    is_given_up: bool = False


class Line:
    """Keeps us bound. *take* is given each delivery and the number of its session.

    What it returns is the command_status of our answer. *late* is told of an answer that came after
    whoever asked had given up.
    """

    def __init__(
        self,
        account: SmppAccount,
        patience: SmppPatience,
        take: Callable[[Delivery, int], Awaitable[int]],
        late: Callable[[str, Heard], Awaitable[None]],
    ) -> None:
        self.numbers = Numbers()
        self._account, self._patience = account, patience
        self._take, self._late = take, late
        self._bound = asyncio.Event()
        self._refused: int | None = None
        self._room = asyncio.Semaphore(account.window)
        self._asked: dict[int, _Asked] = {}
        self._taking: set[asyncio.Task[None]] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._heard_at = 0.0
        self._session = 0
        self._keeper: asyncio.Task[None] | None = None
        self._is_closed = False

    def open(self) -> None:
        """Begin to bind, and go on for as long as the line is open; needs a running loop.

        Opened again, it goes on as it was: two keepers would break off each other's sessions.
        """
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Say farewell; what the SMSC brought is answered first, if that does not take long."""
        self._is_closed = True
        if self._taking:
            await asyncio.wait(self._taking, timeout=_FAREWELL_SECONDS)
        if self._writer is not None and self._bound.is_set():
            with suppress(NotWritten, NotAnswered):
                await self._asking(pdus.request("unbind", self.numbers), "", _FAREWELL_SECONDS)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for task in self._taking:
            task.cancel()

    @property
    def is_bound(self) -> bool:
        """Whether the SMSC takes requests now."""
        return self._bound.is_set()

    async def ask(self, pdu: Any, about: str = "") -> Heard:
        """Write a request and wait for its answer.

        Raises NotWritten when it did not leave, and NotAnswered when it may have.
        """
        if self._is_closed:
            raise NotWritten("the line is closed")
        patience = self._patience.bind_seconds
        if self._refused is not None and not self._bound.is_set():
            raise BindRefused(self._refused)
        try:
            async with asyncio.timeout(patience):
                await self._bound.wait()
                await self._room.acquire()
        except TimeoutError:
            if self._refused is not None:
                raise BindRefused(self._refused) from None
            if self._bound.is_set():
                raise NoRoom("the SMSC takes no more") from None
            raise NotWritten("the SMSC cannot be reached") from None
        try:
            return await self._asking(pdu, about, self._patience.answer_seconds)
        finally:
            self._room.release()

    async def _asking(self, pdu: Any, about: str, patience: float) -> Heard:
        writer = self._writer
        if writer is None or writer.is_closing() or not self._bound.is_set():
            raise NotWritten("the SMSC cannot be reached")
        octets = pdu.generate()
        self._forget()
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        asked = _Asked(future, about, time.monotonic() + _FORGOTTEN_SECONDS)
        self._asked[pdu.sequence] = asked
        try:
            async with asyncio.timeout(patience):
                writer.write(octets)
                await writer.drain()
                return await future
        except TimeoutError:
            raise NotAnswered("the SMSC did not answer in time") from None
        except OSError as error:
            raise NotAnswered(f"the line was lost ({type(error).__name__})") from None
        finally:
            asked.is_given_up = True

    def _forget(self) -> None:
        """Let go of questions that nobody will answer any more, the oldest of which stand first."""
        for number, asked in list(self._asked.items()):
            if asked.until > time.monotonic():
                return
            del self._asked[number]

    async def _keep(self) -> None:
        tries = 0
        while True:
            was_bound = False
            try:
                await self._hold()
            except BindRefused as error:
                self._refused = error.status
                log.error("smpp.bind_refused", command_status=error.status)
            except Exception as error:
                # Whatever it was: the next session begins with nothing of this one.
                if not self._is_closed:
                    log.warning("smpp.line_lost", error=type(error).__name__)
            finally:
                was_bound = self._bound.is_set()
                self._lose()
            if self._is_closed:
                return
            tries = 0 if was_bound else tries + 1
            usual = self._patience.again_seconds * (1 << min(tries, 5))
            wait = min(usual, _LONGEST_WAIT_SECONDS)
            if self._refused is not None and not was_bound:
                wait = max(wait, min(_REFUSED_WAIT_SECONDS, 8 * self._patience.again_seconds))
            await asyncio.sleep(wait * (0.75 + secrets.randbelow(500) / 1000))

    async def _hold(self) -> None:
        """Bind, and listen until the session ends."""
        async with asyncio.timeout(self._patience.connect_seconds):
            reader, self._writer = await connect(self._account)
            await greet(reader, self._writer, pdus.bind(self._account, self.numbers))
        self._refused = None
        self._session += 1
        self._heard_at = time.monotonic()
        self._bound.set()
        log.info("smpp.bound", session=self._session)
        pulse = asyncio.create_task(self._pulse())
        try:
            while True:
                heard = await hear(reader)
                self._heard_at = time.monotonic()
                if not await self._handle(heard):
                    return
        finally:
            pulse.cancel()

    def _lose(self) -> None:
        self._bound.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        asked, self._asked = self._asked, {}
        for each in asked.values():
            if not (each.is_given_up or each.answer.done()):
                each.answer.set_exception(NotAnswered("the line was lost before the answer"))

    async def _pulse(self) -> None:
        """Ask a line that is silent whether it is there, and break it off when it is not."""
        often = self._patience.enquire_seconds
        while True:
            rest = self._heard_at + often - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            try:
                pdu = pdus.request("enquire_link", self.numbers)
                await self._asking(pdu, "", self._patience.answer_seconds)
            except (NotWritten, NotAnswered):
                log.warning("smpp.line_dead")
                if self._writer is not None:
                    self._writer.close()
                return

    async def _handle(self, heard: Heard) -> bool:
        """Do what a message asks; False when it ends the session."""
        if heard.name.endswith("_resp") or heard.name == "generic_nack":
            await self._answered(heard)
        elif heard.name == "enquire_link":
            self._say(pdus.answer("enquire_link_resp", heard))
        elif heard.name == "unbind":
            self._say(pdus.answer("unbind_resp", heard))
            return False
        elif heard.name == "deliver_sm":
            self._deliver(heard)
        elif heard.name != "alert_notification":
            self._say(pdus.answer("generic_nack", heard, pdus.UNKNOWN_COMMAND))
        return True

    async def _answered(self, heard: Heard) -> None:
        asked = self._asked.pop(heard.sequence, None)
        if asked is None:
            return
        if not asked.answer.done() and not asked.is_given_up:
            asked.answer.set_result(heard)
        elif asked.about:
            self._spawn(self._late(asked.about, heard))

    def _deliver(self, heard: Heard) -> None:
        if heard.delivery is None:
            log.error("smpp.unreadable_delivery")
            self._say(pdus.answer("generic_nack", heard, _BROKEN_LENGTH))
        elif len(self._taking) >= _MOST_TAKING:
            # It stays with the SMSC, which brings it again.
            self._say(pdus.answer("deliver_sm_resp", heard, _QUEUE_FULL))
        else:
            self._spawn(self._taken(heard, heard.delivery, self._session))

    async def _taken(self, heard: Heard, delivery: Delivery, session: int) -> None:
        status = await self._take(delivery, session)
        if session == self._session:
            self._say(pdus.answer("deliver_sm_resp", heard, status))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    def _say(self, octets: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(octets)


async def try_bind(account: SmppAccount, patience: SmppPatience | None = None) -> None:
    """Bind once, as one who only sends, and leave again.

    Raises BindRefused, or Unavailable for an SMSC that cannot be reached.
    """
    patience = patience or SmppPatience()
    numbers = Numbers()
    try:
        async with asyncio.timeout(patience.connect_seconds):
            reader, writer = await connect(account)
            try:
                await greet(reader, writer, pdus.bind(account, numbers, can_receive=False))
                writer.write(pdus.request("unbind", numbers).generate())
                await hear(reader)
            finally:
                writer.close()
    except (OSError, EOFError, ValueError) as error:
        kind = type(error).__name__
        raise Unavailable(f"The SMSC cannot be reached, or does not answer ({kind}).") from None


async def connect(account: SmppAccount) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to the SMSC; raises OSError."""
    context = ssl.create_default_context() if account.is_tls else None
    return await asyncio.open_connection(account.host, account.port, ssl=context)


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pdu: Any) -> None:
    """Bind on a fresh connection; raises BindRefused."""
    writer.write(pdu.generate())
    await writer.drain()
    heard = await hear(reader)
    if heard.status != pdus.OK:
        raise BindRefused(heard.status)
    if not heard.name.startswith("bind_"):
        raise ValueError("the SMSC answers no bind")


async def hear(reader: asyncio.StreamReader) -> Heard:
    """Read one message; raises EOFError at the end, ValueError when it is none."""
    head = await reader.readexactly(pdus.HEADER)
    (length,) = struct.unpack(">L", head[:4])
    if not pdus.HEADER <= length <= pdus.LONGEST:
        raise ValueError("what came is not SMPP")
    return pdus.read(head + await reader.readexactly(length - pdus.HEADER))
