"""The network itself: takes texts in, moves them along one queue per sender, and hears replies."""

import asyncio
import heapq
import logging
import time
import zlib

from calamity.sandbox.book import Book
from calamity.sandbox.clock import Clock
from calamity.sandbox.errors import Refusal
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.keywords import hear_keyword
from calamity.sandbox.orders import GENERIC_NAMES, LONGEST_QUEUE_SECONDS, Order
from calamity.sandbox.records import Phone, PhoneState, Text

_log = logging.getLogger(__name__)

NAME_RATE, NUMBER_RATE = 10.0, 1.0
_UPLINK_SECONDS = 0.05
_STEPS_PER_TURN = 100
_ROAMING_SECONDS, _CONGESTED_SECONDS = 20.0, 60.0
_FATE: dict[PhoneState, int] = {
    "off": 30003, "unknown": 30005, "blocked": 30004, "filtered": 30007, "congested": 30017,
    "full": 30008,
}  # fmt: skip


class Carrier:
    """Give each text its turn. A sender sends one segment after the other at its own rate."""

    def __init__(self, book: Book, clock: Clock, hooks: Hooks) -> None:
        self.book = book
        self.clock = clock
        self.hooks = hooks
        self._settings = book.settings
        self._free_at: dict[str, float] = {}
        self._agenda: list[tuple[float, int, str]] = []
        self._wake = asyncio.Event()

    # Taking in ------------------------------------------------------------------------------

    def accept(self, order: Order) -> Text:
        """Take a text from the product; it is on its way from here on."""
        now = self.clock.now()
        if order.service is None and self._queue_of(order.sender, now) > LONGEST_QUEUE_SECONDS:
            raise Refusal(21611)
        text = self.book.write(
            order.sender,
            order.to,
            order.body,
            direction="outbound-api",
            status="queued" if order.service is None else "accepted",
            service=order.service,
            callback=order.callback,
            media=order.media,
            expires=now + order.validity,
        )
        if order.send_in is not None:
            text.status, text.expires = "scheduled", now + order.send_in + order.validity
            self._look(text, now + order.send_in)
        elif order.service is not None:
            self._look(text, now)
        else:
            self._line_up(text, now)
        return text

    def receive(self, number: str, body: str, to: str) -> Text:
        """Take a text from a phone; it goes to the product, and the carrier reads it first."""
        text = self.book.write(number, to, body, direction="inbound", status="received")
        text.sent_at = text.created_at
        self.book.change(text)
        self.hooks.tell_inbound(text)
        answer = hear_keyword(self.book, text)
        if answer is not None and self._settings.auto_replies:
            self.reply(text, answer)
        return text

    def reply(self, heard: Text, body: str) -> None:
        """Answer a phone in the carrier's own name; no opt-out stands in the way."""
        now = self.clock.now()
        text = self.book.write(
            heard.to, heard.sender, body, direction="outbound-reply", status="queued",
            expires=now + LONGEST_QUEUE_SECONDS,
        )  # fmt: skip
        self._line_up(text, now)

    def set_state(self, phone: Phone, state: PhoneState) -> None:
        """Change what the network does with a phone; one that comes on gets what waited for it."""
        phone.state = state
        self.book.show(phone)
        now = self.clock.now()
        for sid in self.book.by_phone.get(phone.number, ()):
            text = self.book.texts[sid]
            if text.waits and text.due is not None:
                text.waits = False
                self._look(text, now)

    def cancel(self, text: Text) -> None:
        """Call off a scheduled text."""
        text.due = None
        self._tell(text, "canceled")

    # Time -----------------------------------------------------------------------------------

    def resume(self) -> None:
        """Take up the texts that an earlier run left on their way."""
        for text in self.book.texts.values():
            if text.due is None:
                continue
            heapq.heappush(self._agenda, (text.due, text.number, text.sid))
            if text.status == "queued":
                free_at = text.due + self._seconds_of(text)
                self._free_at[text.sender] = max(free_at, self._free_at.get(text.sender, 0.0))

    def rouse(self) -> None:
        """Look at the agenda again: the clock was changed."""
        self._wake.set()

    async def run(self) -> None:
        """Move texts along as their time comes, until cancelled."""
        while True:
            self._wake.clear()
            done = 0
            while self._agenda and self.clock.has_come(self._agenda[0][0]):
                due, _, sid = heapq.heappop(self._agenda)
                text = self.book.texts.get(sid)
                if text is None or text.due != due:
                    continue
                try:
                    self._step(text, due)
                except Exception:
                    _log.exception("A text could not be moved along; the others go on.")
                done += 1
                if done % _STEPS_PER_TURN == 0:
                    await asyncio.sleep(0)
            try:
                async with asyncio.timeout(self._rest()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _rest(self) -> float | None:
        return self.clock.wait(self._agenda[0][0]) if self._agenda else None

    def _look(self, text: Text, due: float) -> None:
        text.due = due
        if not self._agenda or due < self._agenda[0][0]:
            self._wake.set()
        heapq.heappush(self._agenda, (due, text.number, text.sid))

    # The queue of a sender ------------------------------------------------------------------

    def _seconds_of(self, text: Text) -> float:
        default = NUMBER_RATE if text.sender.startswith("+") else NAME_RATE
        return text.parts / self._settings.senders.get(text.sender, default)

    def _queue_of(self, sender: str, now: float) -> float:
        return self._free_at.get(sender, now) - now

    def _line_up(self, text: Text, now: float) -> None:
        turn = max(now, self._free_at.get(text.sender, now))
        if text.expires is not None and turn > text.expires:
            # It will never get its turn, so it takes none from those behind it.
            self._look(text, text.expires)
            return
        self._free_at[text.sender] = turn + self._seconds_of(text)
        self._look(text, turn)

    # The life of a text ---------------------------------------------------------------------

    def _step(self, text: Text, now: float) -> None:
        text.due = None
        if text.status in {"scheduled", "accepted"}:
            self._leave_service(text, now)
        elif text.status == "queued":
            self._leave_queue(text, now)
        elif text.status == "sending":
            text.sent_at = time.time()
            self._look(text, now + self._travel(text))
            self._tell(text, "sent")
        elif text.status == "sent":
            self._reach(text, now)

    def _leave_service(self, text: Text, now: float) -> None:
        if self._queue_of(text.sender, now) > LONGEST_QUEUE_SECONDS:
            self._fail(text, "failed", 30001)
            return
        self._line_up(text, now)
        self._tell(text, "queued")

    def _leave_queue(self, text: Text, now: float) -> None:
        is_reply = text.direction == "outbound-reply"
        if text.expires is not None and now >= text.expires:
            self._fail(text, "failed", 30036)
        elif not is_reply and self.book.has_opted_out(text.sender, text.to):
            self._fail(text, "failed", 21610)
        elif text.sender.lower() in GENERIC_NAMES:
            self._fail(text, "failed", 30042)
        else:
            self._look(text, now + min(_UPLINK_SECONDS, self._seconds_of(text)))
            self._tell(text, "sending")

    def _travel(self, text: Text) -> float:
        # Half to one and a half times the usual, but the same for one phone: order is kept.
        share = zlib.crc32(text.to.encode()) % 1000 / 1000
        return self._settings.delivery_seconds * (0.5 + share)

    def _reach(self, text: Text, now: float) -> None:
        state = self.book.phone(text.to).state
        patience = {
            "off": self._settings.carrier_validity_seconds,
            "roaming": _ROAMING_SECONDS,
            "congested": _CONGESTED_SECONDS,
        }.get(state)
        if patience is not None and not text.waits:
            text.waits = True
            self._look(text, now + patience)
            self.book.change(text)
        elif state in _FATE:
            self._fail(text, "undelivered", _FATE[state])
        else:
            text.waits, text.arrived_at = False, time.time()
            if state == "silent":
                self.book.change(text)
            else:
                self._tell(text, "delivered")

    def _fail(self, text: Text, status: str, error: int) -> None:
        text.waits, text.error = False, error
        self._tell(text, status)

    def _tell(self, text: Text, status: str) -> None:
        self.book.change(text, status)
        self.hooks.tell_status(text)
