"""The plan of an activation: what each step would send, to how many people, and at what cost."""

from datetime import datetime

from msgspec import Struct

from calamity.domain.playbook import Group, Words
from calamity.domain.privacy import Kind


class PlannedText(Struct, frozen=True, rename="camel"):
    """The words in one language: an example for a real recipient, the longest of all."""

    language: str
    recipients: int
    example: str
    encoding: str
    parts: int
    """SMS parts of the longest text."""
    total_parts: int


class PlannedAct(Struct, frozen=True, rename="camel"):
    """What one step would send. Times are when it starts; *seconds* is how long it takes."""

    step: str
    title: Words
    kind: str
    audience: str
    message: str
    is_automatic: bool
    start_at: datetime
    waits_for: str | None
    """A phase, a step, a condition or the watch; until then, *start_at* is an expectation."""
    only_if: Words | None
    leaves_at: datetime
    """Later than *start_at* where quiet hours hold texts back."""
    recipients: int
    texts: list[PlannedText]
    held_back: dict[str, int]
    parts: int
    cost: float
    """Estimated, in euros."""
    seconds: float


class Unreachable(Struct, frozen=True, rename="camel"):
    """Somebody whom the plan cannot reach, and why."""

    name: str
    group: Group
    role: str
    reason: str


class LookAgainAt(Struct, frozen=True):
    """A name, a number, an address or a short link in typed words; it may have its reason."""

    field: str
    kind: Kind
    words: str


class Plan(Struct, frozen=True, rename="camel"):
    """What an activation at this moment would bring about."""

    slug: str
    version: int
    sha256: str
    title: Words
    is_past_its_date: bool
    """It still works; the timeline will say so."""
    is_retired: bool
    is_exercise: bool
    is_watch: bool
    """What reaches people outside the rapid team waits until a person ends the watch."""
    made_at: datetime
    acts: list[PlannedAct]
    unreachable: list[Unreachable]
    unreachable_count: int
    roles_without_people: list[str]
    roles_without_deputy: list[str]
    parts: int
    cost: float
    """Estimated, in euros."""
    warnings: list[LookAgainAt] = []
    """What in the typed words deserves a second look."""
