"""The carrier's books: every text, phone and opt-out in memory, written behind to the ledger."""

import secrets
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from calamity.domain.texts import segments
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.records import Phone, Post, Text
from calamity.sandbox.settings import Persona, SandboxSettings


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

    def write(self, sender: str, to: str, body: str, **rest: object) -> Text:
        """Enter a new text in the books."""
        now = time.time()
        counted = segments(body)
        media = rest.get("media", 0)
        text = Text(
            sid=("MM" if media else "SM") + secrets.token_hex(16),
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

    def _pair(self, sender: str, number: str) -> tuple[str, str]:
        return self._pools.get(sender, sender), number

    def has_opted_out(self, sender: str, number: str) -> bool:
        """Tell whether this person wants no texts from this sender or its service."""
        return self._pair(sender, number) in self.opt_outs

    def opt_out(self, sender: str, number: str, *, out: bool) -> bool:
        """Close or open the way from sender to number; tell whether that changed anything."""
        pair = self._pair(sender, number)
        if (pair in self.opt_outs) == out:
            return False
        (self.opt_outs.add if out else self.opt_outs.discard)(pair)
        self.ledger.put("optouts", " ".join(pair), 1 if out else None)
        return True

    def conversation(self, number: str) -> list[Text]:
        """Return what the phone with this number has received and sent, in that order."""
        mine = (self.texts[sid] for sid in self.by_phone.get(number, ()))
        shown = [text for text in mine if text.direction == "inbound" or text.arrived_at]
        return sorted(shown, key=lambda text: text.arrived_at or text.created_at)

    def senders_of(self, number: str) -> list[str]:
        """Return the numbers this phone can answer, the latest first; none if all were names."""
        sent_here = [text for text in self.conversation(number) if text.direction != "inbound"]
        if not sent_here:
            return [sender for sender in self.settings.senders if sender.startswith("+")]
        latest = dict.fromkeys(text.sender for text in reversed(sent_here))
        return [sender for sender in latest if sender.startswith("+")]
