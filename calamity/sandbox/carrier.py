"""The network itself: takes texts in, moves them along one queue per sender, and hears replies."""

import base64
import time
import zlib

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.book import Book
from calamity.sandbox.errors import Refusal
from calamity.sandbox.faults import SHAPE, FaultBox
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.keywords import hear_keyword
from calamity.sandbox.orders import GENERIC_NAMES, LONGEST_QUEUE_SECONDS, Order
from calamity.sandbox.records import Phone, Post, Text
from calamity.sandbox.states import AS_LONG_AS_KEPT, NATURES, PhoneState
from calamity.sandbox.twiml import Verb
from calamity.sandbox.words import WORDS

NAME_RATE, NUMBER_RATE = 10.0, 1.0
_UPLINK_SECONDS = 0.05
_CARRIER_DOWN = frozenset({"carrier-down"})
_NOBODY = "+3197010299999"
_MOST_REPLIES = 10
_LOOP_REPLIES, _LOOP_SECONDS = 30, 30.0


class Carrier:
    """Give each text its turn. A sender sends one segment after the other at its own rate."""

    def __init__(self, book: Book, agenda: Agenda, hooks: Hooks, faults: FaultBox) -> None:
        self.book = book
        self.hooks = hooks
        self._agenda = agenda
        self._clock = agenda.clock
        self._faults = faults
        self._settings = book.settings
        self._free_at: dict[str, float] = {}
        self._loops: dict[tuple[str, str], tuple[int, float]] = {}
        self._held: dict[str, Text] = {}
        hooks.hear = self.answer_in_twiml
        faults.listen(self._try_held)

    # Taking in ------------------------------------------------------------------------------

    def accept(self, order: Order) -> Text:
        """Take a text from the product; it is on its way from here on."""
        now = self._clock.now()
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
        fault = self._faults.pick(SHAPE, to=number)
        kind = "" if fault is None else fault.kind
        if kind == "inbound-split":
            middle = len(body) // 2
            first = self._take(number, body[:middle], to)
            self._take(number, body[middle:], to)
            return first
        if kind == "inbound-base64":
            return self._take(number, base64.b64encode(body.encode()).decode(), to, as_mm=True)
        if kind == "inbound-spoofed" and fault is not None:
            return self._take(fault.number or _NOBODY, body, to)
        return self._take(number, body, to, as_mm=kind == "inbound-mm")

    def _take(self, number: str, body: str, to: str, *, as_mm: bool = False) -> Text:
        text = self.book.write(
            number, to, body, as_mm=as_mm, direction="inbound", status="received",
            service=self.book.service_of(to),
        )  # fmt: skip
        text.sent_at = text.created_at
        self.book.change(text)
        self.hooks.tell_inbound(text)
        answer = hear_keyword(self.book, text)
        if answer is not None and self._settings.auto_replies:
            self._reply(number, to, answer)
        return text

    def answer_in_twiml(self, post: Post, verbs: tuple[Verb, ...]) -> None:
        """Send the texts that the product answered with to a text from a phone."""
        replies = [verb for verb in verbs if verb.name == "Message"]
        if replies and self._settings.region == "ie1":
            self.hooks.alert(post.sid, post.url, 13803, "<Message> does not exist in this region")
            return
        if len(replies) > _MOST_REPLIES:
            self.hooks.alert(post.sid, post.url, 14109, "more than ten replies")
        for verb in replies[:_MOST_REPLIES]:
            bodies = [one.text for one in verb.inner if one.name == "Body"]
            words = "".join(bodies) if bodies else verb.text
            callback = verb.get("action") or verb.get("statusCallback") or None
            to, sender = verb.get("to", post.form["From"]), verb.get("from", post.form["To"])
            self._reply(to, sender, words, callback=callback, in_loop=self._is_loop(sender, to))

    def _is_loop(self, sender: str, to: str) -> bool:
        """Tell whether two machines seem to answer each other, as Twilio's guard does."""
        now = self._clock.now()
        count, last = self._loops.get((sender, to), (0, now))
        count = count + 1 if now - last < _LOOP_SECONDS else 1
        self._loops[sender, to] = (count, now)
        return count > _LOOP_REPLIES

    def _reply(
        self, to: str, sender: str, body: str, *, callback: str | None = None, in_loop: bool = False
    ) -> None:
        """Answer a phone; no opt-out stands in the way."""
        now = self._clock.now()
        text = self.book.write(
            sender, to, body, direction="outbound-reply", status="queued", callback=callback,
            expires=now + LONGEST_QUEUE_SECONDS,
        )  # fmt: skip
        if in_loop:
            self._fail(text, "failed", 14107)
        else:
            self._line_up(text, now)

    def set_state(self, phone: Phone, state: PhoneState) -> None:
        """Change what the network does with a phone; one that comes on gets what waited for it."""
        self.book.turn(phone, state)
        now = self._clock.now()
        for sid in self.book.by_phone.get(phone.number, ()):
            text = self.book.texts[sid]
            if text.waits and text.due is not None:
                text.waits = False
                self._look(text, now)

    def set_states(self, numbers: str, state: PhoneState) -> int:
        """Change the state of a phone, or of all whose number begins so; return how many."""
        known = self.book.phones
        if numbers.endswith("*"):
            phones = [phone for phone in known.values() if phone.number.startswith(numbers[:-1])]
        else:
            phones = [self.book.phone(numbers)]
        for phone in phones:
            self.set_state(phone, state)
        return len(phones)

    def cancel(self, text: Text) -> None:
        """Call off a scheduled text."""
        text.due = None
        self._tell(text, "canceled")

    # Time -----------------------------------------------------------------------------------

    def resume(self) -> None:
        """Take up the texts that an earlier run left on their way."""
        waiting = [text for text in self.book.texts.values() if text.due is not None]
        for text in sorted(waiting, key=lambda one: (one.due, one.number)):
            due = text.due or 0.0
            if text.status == "sending":
                # No outage outlives the sandbox, so a text that one held back goes on.
                due = text.due = min(due, self._clock.now())
            self._agenda.at(due, self._turn, text)
            if text.status == "queued":
                free_at = due + self._seconds_of(text)
                self._free_at[text.sender] = max(free_at, self._free_at.get(text.sender, 0.0))

    def queues(self) -> dict[str, float]:
        """Return how many seconds of texts wait for each sender."""
        now = self._clock.now()
        senders = dict.fromkeys([*self._settings.senders, *self._free_at])
        return {sender: max(0.0, self._queue_of(sender, now)) for sender in senders}

    def _look(self, text: Text, due: float) -> None:
        text.due = due
        self._agenda.at(due, self._turn, text)

    def _turn(self, text: Text, due: float) -> None:
        # A text that was looked at earlier than planned, or removed, has nothing to do here.
        if text.due == due and text.sid in self.book.texts:
            self._step(text, due)

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
            self._hand_over(text, now)
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
        elif self._faults.in_force("suspended", to=text.to):
            self._fail(text, "failed", 30002)
        else:
            self._look(text, now + min(_UPLINK_SECONDS, self._seconds_of(text)))
            self._tell(text, "sending")

    def _hand_over(self, text: Text, now: float) -> None:
        was_held = self._held.pop(text.sid, None) is not None
        if was_held and text.expires is not None and now >= text.expires:
            self._fail(text, "failed", 30008)
        elif self._faults.pick(_CARRIER_DOWN, to=text.to):
            # The other network takes nothing; the text waits until it does, or is too old.
            self._held[text.sid] = text
            self._look(text, text.expires or now + LONGEST_QUEUE_SECONDS)
        else:
            text.sent_at = time.time()
            self._look(text, now + self._travel(text))
            self._tell(text, "sent")

    def _try_held(self) -> None:
        held, self._held = self._held, {}
        for text in held.values():
            self._look(text, self._clock.now())

    def _travel(self, text: Text) -> float:
        # Half to one and a half times the usual, but the same for one phone: order is kept.
        share = zlib.crc32(text.to.encode()) % 1000 / 1000
        return self._settings.delivery_seconds * (0.5 + share)

    def _reach(self, text: Text, now: float) -> None:
        phone = self.book.phone(text.to)
        nature = NATURES[phone.state]
        if nature.wait and not text.waits:
            kept = self._settings.carrier_validity_seconds
            text.waits = True
            self._look(text, now + (kept if nature.wait == AS_LONG_AS_KEPT else nature.wait))
            self.book.change(text)
        elif nature.error is not None:
            self._fail(text, "undelivered", nature.error)
        else:
            text.waits, text.arrived_at = False, time.time()
            if nature.receipt:
                self._tell(text, "delivered")
            else:
                self.book.change(text)
            if nature.answers is not None:
                self._answer_by_itself(phone, text.sender, nature.answers)

    def _answer_by_itself(self, phone: Phone, sender: str, words: str) -> None:
        if sender.startswith("+") and sender not in phone.answered:
            phone.answered.add(sender)
            language = "nl" if phone.language == "nl" else "en"
            self.receive(phone.number, WORDS[language][words], sender)

    def _fail(self, text: Text, status: str, error: int) -> None:
        text.waits, text.error = False, error
        self._tell(text, status)

    def _tell(self, text: Text, status: str) -> None:
        self.book.change(text, status)
        self.hooks.tell_status(text)
