"""Who asks, and who asked a moment ago."""

import time
from datetime import datetime

from msgspec import Struct

from calamity.domain.permissions import Actor


class Visitor(Struct, frozen=True):
    """Someone who is signed in."""

    actor: Actor
    name: str
    proved_at: datetime | None = None
    """When this person last showed who they are; None for a program."""
    ends_at: datetime | None = None
    """When this person must sign in again, however busy they are; None for a program."""
    glass_until: datetime | None = None
    """Until when the role is that of a coordinator by breaking the glass."""
    alarms: int = 0
    """How many times a colleague broke the glass that nobody has judged yet."""
    alarm: str | None = None
    """The last of these."""


class Sent(Struct, frozen=True):
    """What tells who asks."""

    value: str
    is_token: bool


class Visitors:
    """Who was let in a moment ago, since a page and its parts ask for the same person at once.

    Who signed out, was disabled or lost a token on this node is a stranger at once, and on another
    node within a second.
    """

    SECONDS = 1.0
    MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[Sent, tuple[float, Visitor]] = {}
        self.writes = 0
        """How often everybody was forgotten."""

    def find(self, sent: Sent) -> Visitor | None:
        """Return who came with this cookie or token less than a second ago."""
        until, visitor = self._known.get(sent, (0.0, None))
        return visitor if time.monotonic() < until else None

    def keep(self, sent: Sent, visitor: Visitor, writes: int) -> None:
        """Remember who came with this cookie or token, looked up after so many *writes*.

        Who was looked up before the last write may have been let in by what it took away. Who has
        taken rights is looked up each time: they end to the second.
        """
        if writes != self.writes or visitor.glass_until is not None:
            return
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[sent] = (time.monotonic() + self.SECONDS, visitor)

    def forget(self) -> None:
        """Look everybody up again."""
        self.writes += 1
        self._known.clear()
