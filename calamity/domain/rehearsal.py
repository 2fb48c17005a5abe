"""A rehearsal on paper: a playbook against the people of today, without sending anything."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from calamity.domain.activation import Given
from calamity.domain.playbook import Code
from calamity.domain.playbook_prose import Said

Answering = Literal["all", "half", "none"]


class RehearsalRequest(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is imagined: when it begins, how people answer, and how bad it is."""

    at: datetime | None = None
    """When T0 is; now, where nothing is said."""
    answering: Answering = "all"
    """Who of those who are called or asked answers: everybody soon, every second, nobody."""
    level: Annotated[int, Meta(ge=0, le=3)] | None = None
    """The social level; where nothing is said, what the playbook proposes for these answers."""
    answers: dict[Code, Given] = {}
    """What is answered to the questions of the playbook; what is left out is unknown."""
    options: dict[Code, Annotated[int, Meta(ge=1, le=8)]] = {}
    """Which option is chosen in a decision; the first, where nothing is said."""
    affected: Annotated[list[str], Meta(max_length=200)] = []
    """Codes of the neighbourhoods concerned; none means the whole municipality."""


class What(StrEnum):
    """Kinds of things that happen in a rehearsal."""

    PHASE = "phase"
    TASK = "task"
    CALLED = "called"
    OTHER_WAY = "other-way"
    REMINDED = "reminded"
    DEPUTY = "deputy"
    NOBODY = "nobody"
    FILLED = "filled"
    NOT_FILLED = "not-filled"
    SENT = "sent"
    ROUND = "round"
    CLOSED = "closed"


class Rehearsed(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One thing that would happen."""

    at: datetime
    what: What
    said: Said
    step: str = ""
    role: str = ""
    people: int = 0
    """How many it reaches; at the end of a call-out: how many come."""
    held: Mapping[str, int] = {}
    """How many it does not reach, by reason."""
    parts: int = 0
    """SMS parts, at most."""
    leaves_at: datetime | None = None
    """When the first text leaves: after quiet hours where these hold all of them back."""
    sent_at: datetime | None = None
    """When the last text has left."""
    names: list[str] = []
    """Who of the rapid team; only for those who may see names."""


class Duty(Struct, frozen=True, rename="camel"):
    """A step that falls to a role, at its time."""

    step: str
    title: Said
    role: str
    start_at: datetime
    due_at: datetime
    is_automatic: bool
    occurrence: int = 1


class RoleLoad(Struct, frozen=True, rename="camel"):
    """What falls to one role, and who there is to do it."""

    role: str
    title: Said
    people: int
    """First in line, and reachable."""
    deputies: int
    duties: list[Duty]


class Snagged(StrEnum):
    """Kinds of snags."""

    ROLE_EMPTY = "role-empty"
    ROLE_SHORT = "role-short"
    NO_DEPUTY = "no-deputy"
    EXCLUDED = "excluded"
    QUOTA = "quota"
    NEVER = "never"
    ENDLESS = "endless"
    STALE = "stale"
    TOO_LATE = "too-late"
    EXPIRES = "expires"
    NO_GIVE = "no-give"
    NOBODY = "nobody"
    BUDGET = "budget"
    BUSY = "busy"
    MANY_TEXTS = "many-texts"
    LANE = "lane"
    LEFT_OUT = "left-out"


class Snag(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Where the plan does not hold; *stalls* when something will not happen at all."""

    kind: Snagged
    said: Said
    stalls: bool = False
    step: str = ""
    role: str = ""
    audience: str = ""
    at: datetime | None = None
    people: int = 0
    names: list[str] = []


class Busiest(Struct, frozen=True, rename="camel"):
    """The most texts that somebody of a kind gets in one day."""

    group: str
    day: datetime
    texts: int
    people: int
    """How many people get as many."""
    names: list[str]


class Rehearsal(Struct, frozen=True, rename="camel"):
    """What would happen, and where it does not hold."""

    slug: str
    version: int
    title: Said
    t0: datetime
    answering: Answering
    level: int
    is_proposed: bool
    """Whether the playbook itself proposes this level."""
    events: list[Rehearsed]
    roles: list[RoleLoad]
    snags: list[Snag]
    busiest: list[Busiest]
    texts: int
    parts: int
    cost: float
    """Estimated, in euros; texts of a call-out are counted as one part."""
