"""What can go wrong on purpose, in the API and on the way back."""

import random
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from calamity.sandbox.transcript import Transcript

BeforeKind = Literal["unauthorised", "suspended", "too-many", "error-before", "unavailable-before"]
AfterKind = Literal[
    "error-after", "slow", "hang-after", "reset-after", "truncated", "html", "empty", "trickle"
]
HookKind = Literal[
    "callback-drop", "callback-delay", "callback-duplicate", "callback-reorder",
    "callback-bad-signature", "callback-stale-token", "callback-extra-field",
    "callback-unknown-status", "callback-no-error-code",
    "inbound-drop", "inbound-delay", "inbound-duplicate", "inbound-bad-signature",
]  # fmt: skip
FaultKind = Literal[BeforeKind, AfterKind, HookKind, "list-lag"]


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong: how often, how many times, and for which recipient.

    *seconds* is how long a delay, a hang or a lag lasts, or what Retry-After says; *times* is how
    many copies a duplicate makes.
    """

    kind: FaultKind
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    count: Annotated[int, Meta(ge=1)] | None = None
    to: str | None = None
    seconds: Annotated[float, Meta(ge=0, le=3600)] | None = None
    times: Annotated[int, Meta(ge=1, le=100)] = 1


class FaultBox:
    """The faults that are switched on, with one seeded source of chance."""

    def __init__(self, transcript: Transcript, seed: int) -> None:
        self._transcript = transcript
        self._chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self.active.append(fault)
        self._transcript.add("fault-on", fault=structs.asdict(fault))

    def clear(self) -> None:
        """Switch every fault off."""
        self.active.clear()
        self._transcript.add("faults-off")

    def pick(self, kinds: frozenset[str], *, to: str | None = None) -> Fault | None:
        """Return the first fault of these kinds that strikes now, and use it up by one."""
        if not self.active:
            return None
        for place, fault in enumerate(self.active):
            if fault.kind not in kinds or (fault.to is not None and fault.to != to):
                continue
            if fault.probability < 1 and self._chance.random() >= fault.probability:
                continue
            self._use(place, fault)
            self._transcript.add("fault", fault=fault.kind, to=to)
            return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count == 1:
            del self.active[place]
        else:
            self.active[place] = structs.replace(fault, count=fault.count - 1)
