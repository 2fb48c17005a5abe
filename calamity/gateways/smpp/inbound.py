"""Texts that people send us: parts joined where they come together, each under an id of its own.

SMPP gives an inbound text no id, and an SMSC brings a text again when our answer was lost. So the
id is made of what was said, by whom, when (within two minutes), and how many times the same was
taken in already in this session: a repeat has the id of the first, a second text of the same words
has another.
"""

import asyncio
import re
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

from calamity.domain.receipts import Cause, InboundText, Quarantined
from calamity.gateways.smpp import alphabet
from calamity.gateways.smpp.pdus import Delivery
from calamity.gateways.smpp.statuses import PREFIX

_SPAN_SECONDS = 120
_MOST_REMEMBERED = 10_000
_DIGEST = 32
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

Take = Callable[[InboundText | Quarantined], Awaitable[int]]


class _Waiting:
    """The parts of a long text that came so far, and what becomes of the whole."""

    def __init__(self, total: int) -> None:
        self.parts: dict[int, bytes] = {}
        self.total = total
        self.is_whole = asyncio.Event()
        self.outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()


class Inbound:
    """Reads deliveries and lets them be kept; *senders* are our numbers."""

    def __init__(self, senders: frozenset[str], patience: float, take: Take) -> None:
        self._senders, self._patience, self._take = senders, patience, take
        self._waiting: dict[tuple[str, str, int, int], _Waiting] = {}
        self._session = 0
        self._taken: defaultdict[str, set[int]] = defaultdict(set)
        self._first_said: OrderedDict[str, int] = OrderedDict()

    async def read(self, delivery: Delivery, session: int) -> int:
        """Take in a delivery; return the command_status of our answer, for each part the same.

        The parts of a long text wait for each other, unanswered, but not for long: what an SMSC
        brings one by one is kept one by one.
        """
        part = delivery.part
        if part is None:
            return await self._keep(delivery, delivery.octets, session)
        key = (delivery.source, delivery.destination, part.reference, part.total)
        waiting = self._waiting.get(key)
        if waiting is not None and part.number not in waiting.parts:
            waiting.parts[part.number] = delivery.octets
            if len(waiting.parts) == waiting.total:
                waiting.is_whole.set()
            return await asyncio.shield(waiting.outcome)
        waiting = self._waiting[key] = _Waiting(part.total)
        waiting.parts[part.number] = delivery.octets
        try:
            return await self._lead(key, waiting, delivery, session)
        finally:
            if not waiting.outcome.done():
                waiting.outcome.cancel()

    async def _lead(
        self, key: tuple[str, str, int, int], waiting: _Waiting, delivery: Delivery, session: int
    ) -> int:
        try:
            async with asyncio.timeout(self._patience):
                await waiting.is_whole.wait()
        except TimeoutError:
            pass
        if self._waiting.get(key) is waiting:
            del self._waiting[key]
        octets = b"".join(waiting.parts[number] for number in sorted(waiting.parts))
        status = await self._keep(delivery, octets, session)
        waiting.outcome.set_result(status)
        return status

    async def _keep(self, delivery: Delivery, octets: bytes, session: int) -> int:
        if session != self._session:
            self._session, self._taken = session, defaultdict(set)
        said = f"{delivery.source}\0{delivery.destination}\0{delivery.data_coding}\0".encode()
        words = self._dated(sha256(said + octets).hexdigest())
        taken = self._taken[words]
        # The lowest that is free: what could not be kept leaves its place to the repeat.
        number = next(number for number in count() if number not in taken)
        taken.add(number)
        digest = sha256(f"{words} {number}".encode()).hexdigest()[:_DIGEST]
        status = await self._take(self._event(delivery, octets, f"{PREFIX}in-{digest}"))
        if status != 0:
            taken.discard(number)
        return status

    def _dated(self, words: str) -> str:
        """Return words with the span of time in which they were said first, also just after it."""
        now = int(datetime.now(UTC).timestamp()) // _SPAN_SECONDS
        first = self._first_said.pop(words, now)
        self._first_said[words] = span = first if now - first <= 1 else now
        if len(self._first_said) > _MOST_REMEMBERED:
            self._first_said.popitem(last=False)
        return f"{words} {span}"

    def _event(self, delivery: Delivery, octets: bytes, sid: str) -> InboundText | Quarantined:
        if delivery.destination not in self._senders:
            return Quarantined(Cause.NOT_OUR_NUMBER, sid)
        sender = delivery.source.replace("\0", "")
        return InboundText(
            sid=sid,
            sender=sender,
            receiver=delivery.destination,
            body=alphabet.read(octets, delivery.data_coding).replace("\0", ""),
            has_number=not delivery.is_name and _NUMBER.fullmatch(sender) is not None,
        )
