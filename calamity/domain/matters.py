"""Matters: what several entries together say of one fact, rumour, promise, decision or measure.

A matter begins with a statement. Whatever is said of it later is an entry that refers to the first
one: a version that takes the place of the words before, or its end. So it is read from the
timeline and kept nowhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, structs

from calamity.domain.errors import Refused
from calamity.domain.privacy import must_hold_nobody
from calamity.domain.timeline import (
    Corrected,
    EntryKind,
    Happening,
    Harm,
    MatterEnded,
    MatterKind,
    Outcome,
    Spread,
    Statement,
    Visibility,
)

KINDS: tuple[MatterKind, ...] = ("fact", "decision", "rumour", "commitment", "measure")
SPREADS: tuple[Spread, ...] = ("few", "several", "everywhere")
HARMS: tuple[Harm, ...] = ("little", "clear", "grave")
OUTCOMES: Mapping[MatterKind, tuple[Outcome, ...]] = {
    "fact": ("withdrawn",),
    "rumour": ("laid-to-rest",),
    "commitment": ("kept", "not-kept"),
    "decision": ("done", "not-done"),
    "measure": ("ended",),
}
ANSWERED_WITHIN = timedelta(hours=1)
"""So soon a rumour that hurts people has an answer, unless somebody says otherwise."""
_NEAR = timedelta(hours=24)
_OF_KIND: Mapping[str, tuple[MatterKind, ...]] = {
    "part": ("fact",),
    "spread": ("rumour",),
    "harm": ("rumour",),
    "status": ("rumour",),
    "answer": ("rumour",),
    "told": ("rumour",),
    "to": ("commitment",),
    "actual_risk": ("measure",),
    "felt_risk": ("measure",),
    "ends_at": ("measure",),
}
_REQUIRED: Mapping[MatterKind, tuple[tuple[str, str], ...]] = {
    "fact": (),
    "decision": (
        ("owner", "Name who does this."),
        ("due_at", "Say before when this is done."),
    ),
    "rumour": (),
    "commitment": (
        ("to", "Say to whom this was promised: a circle or a place, without names."),
        ("owner", "Name who keeps this promise."),
        ("due_at", "Say before when this is kept."),
    ),
    "measure": (
        ("actual_risk", "Say what the risk really is."),
        ("felt_risk", "Say what risk people feel."),
        ("ends_at", "Say when this ends."),
    ),
}


class Told(Protocol):
    """An entry, as the timeline gives it."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def happened_at(self) -> datetime:
        """When it happened, as its writer says."""

    @property
    def recorded_at(self) -> datetime:
        """When it was written down."""

    @property
    def kind(self) -> EntryKind:
        """Its kind, known also where the body is not."""

    @property
    def actor_role(self) -> str:
        """In which role it was written."""

    @property
    def visibility(self) -> Visibility:
        """Who may see it."""

    @property
    def refers_to(self) -> int | None:
        """The entry that it is about."""

    @property
    def happening(self) -> Happening | None:
        """What happened; None once it was erased."""


class Version(Struct, frozen=True):
    """What was said of a matter at one time, in which role."""

    seq: int
    happened_at: datetime
    at: datetime
    by_role: str
    said: Statement


class Ending(Struct, frozen=True):
    """How a matter ended."""

    at: datetime
    by_role: str
    outcome: Outcome
    reason: str


class Matter(Struct, frozen=True):
    """One fact, rumour, promise, decision or measure, with everything that was said of it."""

    first: int
    kind: MatterKind
    visibility: Visibility
    versions: tuple[Version, ...]
    """The oldest first."""
    ending: Ending | None = None

    @property
    def now(self) -> Statement:
        """What is said of it now."""
        return self.versions[-1].said

    @property
    def version(self) -> int:
        """The entry that holds what is said of it now."""
        return self.versions[-1].seq

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ending is None

    @property
    def weight(self) -> int:
        """How far a rumour goes round, times how much it hurts: 1 to 9."""
        return weigh(self.now.spread, self.now.harm)

    @property
    def due_at(self) -> datetime | None:
        """Before when somebody does something about it, while that is to be done."""
        if not self.is_open or (self.kind == "rumour" and self.now.answer):
            return None
        return self.now.ends_at if self.kind == "measure" else self.now.due_at


def kind_named(name: str) -> MatterKind | None:
    """Return the kind of matter with this name, where it is one."""
    return next((each for each in KINDS if each == name), None)


def weigh(spread: Spread | None, harm: Harm | None) -> int:
    """Return spread times harm, each from 1 to 3."""
    return (SPREADS.index(spread or "few") + 1) * (HARMS.index(harm or "little") + 1)


class _Growing(Struct):
    kind: MatterKind
    visibility: Visibility
    versions: list[Version | None] = []
    ending: Ending | None = None


def collect(entries: Iterable[Told]) -> list[Matter]:
    """Read matters from entries of their kinds and corrections, the oldest matter first.

    Of a matter whose newest words were erased nothing is left to show.
    """
    growing: dict[int, _Growing] = {}
    home: dict[int, int] = {}
    for entry in sorted(entries, key=lambda each: each.seq):
        _take(growing, home, entry)
    return [
        Matter(
            first, each.kind, each.visibility,
            tuple(version for version in each.versions if version), each.ending,
        )
        for first, each in growing.items()
        if each.versions and each.versions[-1] is not None
    ]  # fmt: skip


def _take(growing: dict[int, _Growing], home: dict[int, int], entry: Told) -> None:
    match entry.happening:
        case Statement() as said if (kind := kind_named(said.kind)) is not None:
            first = home[entry.seq] = said.replaces or entry.seq
            matter = growing.setdefault(first, _Growing(kind, entry.visibility))
            matter.versions.append(_version(entry, said))
        case Corrected(refers_to=wrong, text=text) if wrong in home:
            # A correction of the words is a version like any other.
            home[entry.seq] = home[wrong]
            versions = growing[home[wrong]].versions
            if versions[-1] is not None:
                said = structs.replace(versions[-1].said, text=text, text_en=None, why=None)
                versions.append(_version(entry, said))
        case MatterEnded(refers_to=first, outcome=outcome, reason=reason) if first in growing:
            ending = Ending(entry.recorded_at, entry.actor_role, outcome, reason)
            growing[first].ending = ending
        case None if entry.refers_to in home:
            growing[home[entry.refers_to]].versions.append(None)
        case None if (kind := kind_named(entry.kind)) is not None:
            first = home[entry.seq] = entry.refers_to or entry.seq
            growing.setdefault(first, _Growing(kind, entry.visibility)).versions.append(None)


def _version(entry: Told, said: Statement) -> Version:
    return Version(entry.seq, entry.happened_at, entry.recorded_at, entry.actor_role, said)


def what_waits(matters: Iterable[Matter], at: datetime) -> list[Matter]:
    """Return what somebody must do something about today or should have before, by due time."""
    waiting = [
        (each.due_at, each)
        for each in matters
        if each.due_at is not None and (each.kind == "decision" or each.due_at - at < _NEAR)
    ]
    return [each for _, each in sorted(waiting, key=lambda pair: (pair[0], pair[1].first))]


def by_weight(matters: Iterable[Matter]) -> list[Matter]:
    """Return rumours, the heaviest first; of equal ones the newest."""
    return sorted(matters, key=lambda each: (-each.weight, -each.first))


def must_be_sound(said: Statement, at: datetime, *, confirmed: bool = False) -> None:
    """Raise Refused, naming the field, for a statement that lacks something or has too much.

    Personal data is refused everywhere; what may be a name, in a rumour or a promise, unless a
    person *confirmed* that it is none.
    """
    for field, kinds in _OF_KIND.items():
        if getattr(said, field) is not None and said.kind not in kinds:
            raise Refused("This does not belong to an entry of this kind.", field=field)
    if said.kind not in KINDS:
        return
    must_be_whole(said)
    if said.harm in ("clear", "grave") and not said.owner:
        raise Refused("Name who finds out about this: it hurts people.", field="owner")
    if said.ends_at is not None and said.ends_at <= at:
        raise Refused("This moment has passed. Choose a later one.", field="ends_at")
    _must_be_about_nobody(said, confirmed=confirmed)


def must_be_whole(said: Statement, *, where: str = "") -> None:
    """Raise Refused for a matter without what its kind always has: a decision without an owner.

    *where* goes before the name of the field, for one of several in a form.
    """
    kind = kind_named(said.kind)
    for field, words in _REQUIRED[kind] if kind else ():
        if not getattr(said, field):
            raise Refused(words, field=where + field)


def _must_be_about_nobody(said: Statement, *, confirmed: bool) -> None:
    for field in ("text", "answer", "told", "to", "actual_risk", "felt_risk", "why"):
        found = must_hold_nobody(getattr(said, field) or "", field=field)
        if found and said.kind in ("rumour", "commitment") and not confirmed:
            raise Refused(
                "This may be the name of a person. Leave it out, or confirm that it is none.",
                field="confirmed",
            )


def must_end_so(matter: Matter, outcome: Outcome, reason: str) -> None:
    """Raise Refused, naming the field, for an end that is none of this kind, or has no reason."""
    if outcome not in OUTCOMES[matter.kind]:
        raise Refused("Choose one of the outcomes.", field="outcome")
    if not reason.strip():
        raise Refused("Give the reason.", field="reason")
    must_hold_nobody(reason, field="reason")


def facts_by_part(matters: Sequence[Matter]) -> dict[str, list[Matter]]:
    """Return the facts that stand, by the part of the card in which they stand."""
    card: dict[str, list[Matter]] = {}
    for each in matters:
        if each.kind == "fact" and each.is_open:
            card.setdefault(each.now.part or "we_know", []).append(each)
    return card
