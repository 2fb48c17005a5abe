"""The carrier's books: every text, phone and opt-out in memory, written behind to the ledger."""

import secrets
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from calamity.domain.texts import segments
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.records import Phone, PhoneCall, Post, Text
from calamity.sandbox.settings import Persona, SandboxSettings
from calamity.sandbox.states import NATURES, PhoneState


class Book:
    """All that the carrier knows. *version* goes up with each change that a phone page can show."""

    def __init__(self, settings: SandboxSettings, ledger: Ledger) -> None:
        self.settings = settings
        self.ledger = ledger
        self.texts: dict[str, Text] = {}
        self.by_phone: dict[str, list[str]] = {}
        self.phones: dict[str, Phone] = {}
        self.opt_outs: set[tuple[str, str]] = set()
        self.posts: dict[int, Post] = {}
        self.calls: dict[str, PhoneCall] = {}
        self.calls_of: dict[str, list[PhoneCall]] = {}
        self.version = 0
        self._next_post = 0
        self._pools = {sender: sid for sid, pool in settings.services.items() for sender in pool}

    def load(self) -> float:
        """Read what an earlier run left; return the carrier's time at its last commit."""
        texts = [text for _, text in self.ledger.read("texts", Text)]
        for text in sorted(texts, key=lambda one: one.number):
            self.texts[text.sid] = text
            self.by_phone.setdefault(text.phone, []).append(text.sid)
        self.phones = dict(self.ledger.read("phones", Phone))
        self.posts = {post.id: post for _, post in self.ledger.read("posts", Post)}
        self._next_post = max(self.posts, default=0)
        calls = [call for _, call in self.ledger.read("calls", PhoneCall)]
        for call in sorted(calls, key=lambda one: one.number):
            self.add_call(call)
        for key, _ in self.ledger.read("optouts", int):
            sender, _, number = key.partition(" ")
            self.opt_outs.add((sender, number))
        self.version = max((phone.version for phone in self.phones.values()), default=0)
        meta = dict(self.ledger.read("meta", float))
        self.announce(self.settings.personas)
        if self.settings.phones is not None and Path(self.settings.phones).exists():
            listed = Path(self.settings.phones).read_bytes()
            self.announce(msgspec.json.decode(listed, type=list[Persona]))
        return meta.get("clock", 0.0)

    def announce(self, personas: Iterable[Persona]) -> None:
        """Give phones to people; whoever has one keeps its state."""
        for persona in personas:
            phone = self.phone(persona.number)
            phone.name, phone.language = persona.name, persona.language
            phone.note, phone.announced = persona.note, True
            self.show(phone)

    def phone(self, number: str) -> Phone:
        """Return the phone with this number, a nameless one if nobody has it."""
        phone = self.phones.get(number)
        if phone is None:
            phone = self.phones[number] = Phone(number)
            self.show(phone)
        return phone

    def show(self, phone: Phone) -> None:
        """Note that the pages have something new to show of this phone."""
        self.version += 1
        phone.version = self.version
        self.ledger.put("phones", phone.number, phone)

    def turn(self, phone: Phone, state: PhoneState) -> None:
        """Note that the network treats a phone differently from now on."""
        phone.state, phone.changed_at = state, time.time()
        phone.answered = set()
        self.show(phone)

    @property
    def next_call(self) -> int:
        """The number of the next call."""
        return 1 + next(reversed(self.calls.values())).number if self.calls else 1

    def is_talking(self, number: str) -> bool:
        """Tell whether a phone rings or is in a call."""
        calls = self.calls_of.get(number, ())
        return any(call.status in {"ringing", "in-progress"} for call in calls)

    def add_call(self, call: PhoneCall) -> None:
        """Enter a call in the books."""
        self.calls[call.sid] = call
        self.calls_of.setdefault(call.to, []).append(call)
        self.change_call(call)

    def change_call(self, call: PhoneCall) -> None:
        """Store a call that has changed."""
        call.updated_at = time.time()
        self.ledger.put("calls", call.sid, call)
        self.show(self.phone(call.to))

    def remove_call(self, call: PhoneCall) -> None:
        """Take a call out of the books."""
        del self.calls[call.sid]
        self.calls_of[call.to].remove(call)
        self.ledger.put("calls", call.sid, None)
        self.show(self.phone(call.to))

    def write(
        self, sender: str, to: str, body: str, *, as_mm: bool = False, **rest: object
    ) -> Text:
        """Enter a new text in the books; one with media, or *as_mm*, has a sid of that kind."""
        now = time.time()
        counted = segments(body)
        text = Text(
            sid=("MM" if as_mm or rest.get("media") else "SM") + secrets.token_hex(16),
            number=len(self.texts) + 1,
            sender=sender,
            to=to,
            body=body,
            encoding=counted.encoding,
            parts=max(1, counted.parts),
            created_at=now,
            updated_at=now,
            **rest,  # type: ignore[arg-type] # the fields of Text, by name
        )
        if self.texts:
            text.number = next(reversed(self.texts.values())).number + 1
        self.texts[text.sid] = text
        self.by_phone.setdefault(text.phone, []).append(text.sid)
        self.phone(text.phone)
        self.ledger.put("texts", text.sid, text)
        return text

    def change(self, text: Text, status: str | None = None) -> None:
        """Store a text that has changed, with its new *status* if it has one."""
        text.updated_at = time.time()
        text.status = status or text.status
        self.ledger.put("texts", text.sid, text)
        self.show(self.phone(text.phone))

    def remove(self, text: Text) -> None:
        """Take a text out of the books."""
        del self.texts[text.sid]
        self.by_phone[text.phone].remove(text.sid)
        self.ledger.put("texts", text.sid, None)
        self.show(self.phone(text.phone))

    def queue(self, post: Post) -> Post:
        """Store a webhook that has to be posted, under a number of its own."""
        self._next_post += 1
        post.id = self._next_post
        self.posts[post.id] = post
        self.ledger.put("posts", str(post.id), post)
        return post

    def posted(self, post: Post) -> None:
        """Forget a webhook that was posted, or given up."""
        if self.posts.pop(post.id, None) is not None:
            self.ledger.put("posts", str(post.id), None)

    def is_ours(self, sender: str) -> bool:
        """Tell whether a sender is a number of the account."""
        return sender in self.settings.senders or sender in self._pools

    def service_of(self, sender: str) -> str | None:
        """Return the Messaging Service that sends from this number."""
        return self._pools.get(sender)

    def _pair(self, sender: str, number: str) -> tuple[str, str]:
        return self._pools.get(sender, sender), number

    def has_opted_out(self, sender: str, number: str) -> bool:
        """Tell whether this person wants no texts from this sender or its service."""
        phone = self.phones.get(number)
        if phone is not None and phone.state == "opted-out":
            return True
        return bool(self.opt_outs) and self._pair(sender, number) in self.opt_outs

    def opt_out(self, sender: str, number: str, *, out: bool) -> bool:
        """Close or open the way from sender to number; tell whether that changed anything."""
        phone = self.phone(number)
        if phone.state == "opted-out" and not out:
            self.turn(phone, "on")
            return True
        pair = self._pair(sender, number)
        if (pair in self.opt_outs) == out:
            return False
        (self.opt_outs.add if out else self.opt_outs.discard)(pair)
        self.ledger.put("optouts", " ".join(pair), 1 if out else None)
        self.show(phone)
        return True

    def conversation(self, number: str) -> list[Text]:
        """Return what the phone with this number has received and sent, in that order."""
        mine = (self.texts[sid] for sid in self.by_phone.get(number, ()))
        shown = [text for text in mine if text.direction == "inbound" or text.arrived_at]
        phone = self.phones.get(number)
        if phone is not None and NATURES[phone.state].fresh:
            # Another handset, or another person: what came before is not on it.
            since = phone.changed_at
            shown = [text for text in shown if (text.arrived_at or text.created_at) >= since]
        return sorted(shown, key=lambda text: text.arrived_at or text.created_at)

    def senders_of(self, number: str) -> list[str]:
        """Return the numbers this phone can answer, the latest first; none if all were names."""
        sent_here = [text for text in self.conversation(number) if text.direction != "inbound"]
        if not sent_here:
            return [sender for sender in self.settings.senders if sender.startswith("+")]
        latest = dict.fromkeys(text.sender for text in reversed(sent_here))
        return [sender for sender in latest if sender.startswith("+")]
