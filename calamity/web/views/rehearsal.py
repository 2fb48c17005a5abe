"""A rehearsal on paper, as people read it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.start import Unreachable


class Happens(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that would happen."""

    at: datetime
    text: str
    mark: Literal["phase", "bad", "good", "plain"] = "plain"
    step: str = ""
    people: int = 0
    held: tuple[Unreachable, ...] = ()
    parts: int = 0
    leaves_at: datetime | None = None
    """Where texts wait: until when the first of them does."""
    sent_at: datetime | None = None
    names: tuple[str, ...] = ()


class Day(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of a rehearsal."""

    day: datetime
    happens: tuple[Happens, ...]


class Load(Struct, frozen=True, forbid_unknown_fields=True):
    """What falls to a role: when it must be done, and what."""

    title: str
    people: int
    deputies: int
    duties: tuple[tuple[datetime, str, str], ...]


class Most(Struct, frozen=True, forbid_unknown_fields=True):
    """The most texts that somebody of a kind gets in one day."""

    group: str
    day: datetime
    texts: int
    people: int
    names: tuple[str, ...] = ()


class Rehearsed(Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a rehearsal."""

    t0: datetime
    level: int
    is_proposed: bool
    stalls: tuple[str, ...]
    snags: tuple[str, ...]
    left_out: tuple[str, ...]
    days: tuple[Day, ...]
    roles: tuple[Load, ...]
    most: tuple[Most, ...]
    texts: int
    parts: int
    cost: float


class RehearsalPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page on which a version is rehearsed."""

    slug: str
    version: int
    title: str
    form: Form
    questions: tuple[tuple[str, str], ...]
    """Of each: the name of its field, and its words."""
    neighbourhoods: tuple[tuple[str, str], ...]
    done: Rehearsed | None = None
