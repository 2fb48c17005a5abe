"""The fact card, rumours, promises, measures and decisions: each kind on a page, and each alone."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.domain.timeline import (
    FactPart,
    Harm,
    MatterKind,
    Outcome,
    RumourStatus,
    Spread,
)
from calamity.web.views.frame import Form


class MatterLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A matter as it stands."""

    first: int
    version: int
    kind: MatterKind
    url: str
    text: str
    by: str
    at: datetime
    versions: int = 1
    late: bool = False
    owner: str = ""
    due: datetime | None = None
    part: FactPart = "we_know"
    spread: Spread = "few"
    spread_number: int = 1
    harm: Harm = "little"
    harm_number: int = 1
    weight: int = 1
    status: RumourStatus = "new"
    answer: str = ""
    told: str = ""
    to: str = ""
    actual_risk: str = ""
    felt_risk: str = ""
    ends_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""
    ended_at: datetime | None = None


class VersionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What was said at one time."""

    sequence: int
    at: datetime
    by: str
    text: str
    sentence: str


class MattersPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All matters of one kind: what stands, and what is over."""

    calamity: str
    title: str
    kind: MatterKind
    open: tuple[MatterLine, ...] = ()
    over: tuple[MatterLine, ...] = ()
    closed: bool = False
    form: Form = Form()


class Spoken(Struct, frozen=True, forbid_unknown_fields=True):
    """Words as one person would get them."""

    language: str
    people: int
    parts: int
    text: str


class TellingPage(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's own words to an audience: written, looked at, and then sent."""

    calamity: str
    title: str
    kind: Literal["correction", "loop-back", "fact"]
    fields: tuple[tuple[str, str], ...] = ()
    """What says to whom it goes, as the form carries it along."""
    audiences: tuple[tuple[str, str], ...] = ()
    """To choose from; none where it is fixed."""
    people: int | None = None
    """How many get it; known once somebody looked."""
    held: tuple[tuple[str, int], ...] = ()
    words: tuple[Spoken, ...] = ()
    must_look: bool = False
    form: Form = Form()


class MatterPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One matter: every version of it, and the forms to say it otherwise and to end it."""

    calamity: str
    title: str
    kind: MatterKind
    line: MatterLine
    versions: tuple[VersionLine, ...]
    """The newest first."""
    outcomes: tuple[Outcome, ...]
    received: int = 0
    """How many people read its words in a text."""
    corrects: bool = False
    """They should hear that it is no longer so."""
    corrected: bool = False
    """They were told."""
    closed: bool = False
    form: Form = Form()
