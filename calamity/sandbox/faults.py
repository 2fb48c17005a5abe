"""What can go wrong on purpose: where, how often, for whom, from when and until when."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct, field, structs

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.transcript import Transcript

BeforeKind = Literal["unauthorised", "suspended", "too-many", "error-before", "unavailable-before"]
AfterKind = Literal[
    "error-after", "slow", "hang-after", "reset-after", "truncated", "html", "empty", "trickle"
]
OutageKind = Literal["api-down", "refused", "webhooks-down", "carrier-down", "calls-down"]
CallbackKind = Literal[
    "callback-drop", "callback-delay", "callback-duplicate", "callback-reorder", "callback-batch",
    "callback-forged", "callback-bad-signature", "callback-stale-token", "callback-extra-field",
    "callback-unknown-status", "callback-no-error-code",
]  # fmt: skip
InboundKind = Literal["inbound-drop", "inbound-delay", "inbound-duplicate", "inbound-bad-signature"]
ShapeKind = Literal["inbound-split", "inbound-base64", "inbound-mm", "inbound-spoofed"]
ListKind = Literal["list-lag"]
FaultKind = Literal[
    OutageKind, BeforeKind, AfterKind, ListKind, CallbackKind, InboundKind, ShapeKind
]

BEFORE: frozenset[str] = frozenset(get_args(BeforeKind))
AFTER: frozenset[str] = frozenset(get_args(AfterKind))
CALLBACK: frozenset[str] = frozenset(get_args(CallbackKind))
INBOUND: frozenset[str] = frozenset(get_args(InboundKind))
SHAPE: frozenset[str] = frozenset(get_args(ShapeKind))
LIST: frozenset[str] = frozenset(get_args(ListKind))

PLACES: dict[str, tuple[str, ...]] = {
    "outage": get_args(OutageKind),
    "before": get_args(BeforeKind),
    "after": (*get_args(AfterKind), *get_args(ListKind)),
    "callback": get_args(CallbackKind),
    "inbound": (*get_args(InboundKind), *get_args(ShapeKind)),
}

_KIND = "faults"
_LONGEST_SECONDS = 7 * 24 * 3600
_Seconds = Annotated[float, Meta(ge=0, le=_LONGEST_SECONDS)]


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong: how often, how many times, and for whom.

    *to* is the number of a phone, or the begin of numbers and a star: `+3161*`. *seconds* is how
    long a delay, a hang or a lag lasts, or what Retry-After says; *times* is how many copies a
    duplicate makes; *number* is whom a spoofed reply pretends to be. The fault stands from
    *starts* seconds after now, for *lasts* seconds. What the API does to a request is measured in
    seconds of the wall clock; all else in those of the carrier.
    """

    kind: FaultKind
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    count: Annotated[int, Meta(ge=1)] | None = None
    to: Annotated[str, Meta(pattern=r"^\+[0-9]{0,15}\*?$")] | None = None
    seconds: _Seconds | None = None
    times: Annotated[int, Meta(ge=1, le=100)] = 1
    number: Annotated[str, Meta(pattern=r"^\+[0-9]{6,15}$")] | None = None
    starts: _Seconds = 0
    lasts: _Seconds | None = None

    def is_for(self, number: str | None) -> bool:
        """Tell whether this fault concerns that phone."""
        if self.to is None:
            return True
        if number is None:
            return False
        return number.startswith(self.to[:-1]) if self.to.endswith("*") else number == self.to


class Standing(Struct):
    """A fault that was ordered. *until* is the carrier's time at which it ends by itself."""

    id: int
    place: int
    fault: Fault
    since: float
    until: float | None
    left: int | None
    struck: int = 0
    occasions: dict[str, int] = field(default_factory=dict)

    def describe(self, now: float) -> dict[str, Any]:
        """Return the fault as it was ordered, with how it stands."""
        return {
            **structs.asdict(self.fault),
            "id": self.id,
            "state": "waiting" if now < self.since else "on",
            "left": self.left,
            "struck": self.struck,
            "starts_in": max(0.0, round(self.since - now, 1)),
            "ends_in": None if self.until is None else max(0.0, round(self.until - now, 1)),
        }


class _Kept(Struct, frozen=True):
    """The faults as they stand, for who starts the sandbox again."""

    seed: int
    ordered: int
    places: int
    standing: list[Standing]


class FaultBox:
    """The faults that are ordered. The same seed and the same orders give the same faults.

    Chance is drawn per fault, per phone, and per occasion, so that what happens to one phone does
    not hang on how quick another was.
    """

    def __init__(self, transcript: Transcript, agenda: Agenda, ledger: Ledger, seed: int) -> None:
        self.seed = seed
        self._ledger = ledger
        self._transcript = transcript
        self._agenda = agenda
        self._clock = agenda.clock
        self._ordered = 0
        self._places = 0
        self._listeners: list[Callable[[], None]] = []
        self.standing: list[Standing] = []

    def resume(self) -> None:
        """Let the faults stand that an earlier run left, with the chance that goes with them."""
        now = self._clock.now()
        for _, kept in self._ledger.read(_KIND, _Kept):
            self.standing = [one for one in kept.standing if one.until is None or one.until > now]
            if self.standing:
                self.seed, self._ordered, self._places = kept.seed, kept.ordered, kept.places
        for one in self.standing:
            self._await(one)
        if self.standing:
            self._changed()

    def _await(self, one: Standing) -> None:
        """Look again when a fault begins, and when it ends."""
        for moment in (one.since, one.until):
            if moment is not None and moment > self._clock.now():
                self._agenda.at(moment, self._changed, None)

    def _keep(self) -> None:
        kept = (
            _Kept(self.seed, self._ordered, self._places, self.standing) if self.standing else None
        )
        self._ledger.put(_KIND, _KIND, kept)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call *listener* whenever a fault begins or ends."""
        self._listeners.append(listener)

    def _changed(self, *_: object) -> None:
        now = self._clock.now()
        self.standing = [one for one in self.standing if one.until is None or one.until > now]
        self._keep()
        for listener in self._listeners:
            listener()

    def describe(self) -> list[dict[str, Any]]:
        """Return every fault that is ordered, with how it stands."""
        now = self._clock.now()
        return [one.describe(now) for one in self.standing if one.until is None or one.until > now]

    def add(self, fault: Fault) -> Standing:
        """Order a fault."""
        self._ordered += 1
        since = self._clock.now() + fault.starts
        until = None if fault.lasts is None else since + fault.lasts
        self._places += 1
        one = Standing(self._ordered, self._places, fault, since, until, fault.count)
        self.standing.append(one)
        self._transcript.add("fault-on", id=one.id, fault=structs.asdict(fault))
        self._await(one)
        self._changed()
        return one

    def remove(self, number: int) -> bool:
        """End one fault; tell whether there was one."""
        kept = [one for one in self.standing if one.id != number]
        if len(kept) == len(self.standing):
            return False
        self.standing = kept
        self._transcript.add("fault-off", id=number)
        self._changed()
        return True

    def clear(self, *, seed: int | None = None) -> None:
        """End every fault; from here on chance begins anew, from *seed* if there is one."""
        self.seed = self.seed if seed is None else seed
        self.standing, self._places = [], 0
        self._transcript.add("faults-off", seed=self.seed)
        self._changed()

    def _in_force(self, kinds: frozenset[str], to: str | None) -> list[Standing]:
        now = self._clock.now()
        return [
            one
            for one in self.standing
            if one.fault.kind in kinds
            and one.since <= now
            and (one.until is None or now < one.until)
            and one.fault.is_for(to)
        ]

    def in_force(self, kind: FaultKind, *, to: str | None = None) -> Standing | None:
        """Return the fault of this kind that stands for that phone, without using it up."""
        if not self.standing:
            return None
        return next(iter(self._in_force(frozenset({kind}), to)), None)

    def pick(self, kinds: frozenset[str], *, to: str | None = None) -> Fault | None:
        """Return the first fault of these kinds that strikes now, and use it up by one."""
        if not self.standing:
            return None
        for one in self._in_force(kinds, to):
            if not self._strikes(one, to):
                continue
            one.struck += 1
            if one.left is not None:
                one.left -= 1
                if not one.left:
                    self.standing.remove(one)
            self._keep()
            self._transcript.add("fault", fault=one.fault.kind, id=one.id, to=to)
            return one.fault
        return None

    def _strikes(self, one: Standing, to: str | None) -> bool:
        if one.fault.probability >= 1:
            return True
        occasion = one.occasions[f"{to}"] = one.occasions.get(f"{to}", 0) + 1
        self._keep()
        drawn = f"{self.seed} {one.place} {to} {occasion}".encode()
        chance = int.from_bytes(blake2b(drawn, digest_size=8).digest()) / 2**64
        return chance < one.fault.probability
