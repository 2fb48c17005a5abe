"""When the moments of a plan are expected, before anything has happened.

A phase is expected to begin when its *starts* says, and a step to be done when it is due. A time
of day depends on when T0 will be: without one, T0 is taken to be at noon.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.domain.playbook.document import Playbook
from calamity.domain.playbook.moments import T0, When, read_moment

NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)
_UTC = ZoneInfo("UTC")


class Instant(Struct, frozen=True):
    """An expected moment; *is_dated* when it rests on a date, and not on T0."""

    at: datetime
    is_dated: bool = False


class Expected:
    """The expected moments of one playbook, its T0 being *begins*, or at noon of some day."""

    def __init__(
        self, playbook: Playbook, begins: datetime | None = None, zone: ZoneInfo = _UTC
    ) -> None:
        self._begins, self._zone = begins or NOON, zone
        # Without T0 nobody can tell how far a date is off.
        self._knows_t0 = begins is not None
        # The first of two parts with the same code counts, as everywhere in the checker.
        self._bases = {step.code: step.due for step in reversed(playbook.steps)}
        self._bases |= {phase.code: phase.starts for phase in reversed(playbook.phases)}
        self._known: dict[str, Instant | None] = {}

    def instant(self, text: str) -> Instant | None:
        """Return when a moment is expected, or None for one that cannot be told or never comes."""
        if text not in self._known:
            # What follows itself, over whatever way, finds this None.
            self._known[text] = None
            self._known[text] = self._worked_out(text)
        return self._known[text]

    def seconds(self, text: str) -> int | None:
        """Return how long after T0 a moment is expected; None for a date when T0 is not known."""
        found = self.instant(text)
        if found is None or (found.is_dated and not self._knows_t0):
            return None
        return round((found.at - self._begins).total_seconds())

    def between(self, first: str, second: str) -> int | None:
        """Return how many seconds the second moment comes after the first, if that can be told."""
        one, other = self.instant(first), self.instant(second)
        if one is None or other is None:
            return None
        if one.is_dated is not other.is_dated and not self._knows_t0:
            return None
        return round((other.at - one.at).total_seconds())

    def _worked_out(self, text: str) -> Instant | None:
        try:
            when = read_moment(text)
            base = self._base(when)
            if base is None:
                return None
            return Instant(when.after(base.at, self._zone), base.is_dated)
        except (ValueError, OverflowError):
            return None

    def _base(self, when: When) -> Instant | None:
        if when.base == T0:
            return Instant(self._begins)
        if when.date is not None:
            return Instant(datetime.combine(when.date, time(), self._zone), is_dated=True)
        followed = self._bases.get(when.follows)
        return None if followed is None else self.instant(followed)


def expected(moment: str, playbook: Playbook) -> int | None:
    """Return how many seconds after T0 a moment is expected, T0 being at noon.

    None for a date, for what follows nothing in this playbook, and for what never comes.
    """
    return Expected(playbook).seconds(moment)


def at_each_hour(playbook: Playbook) -> Sequence[Expected]:
    """Return what is expected for a T0 at each hour of the day; times of day depend on it."""
    return [_Supposed(playbook, NOON + timedelta(hours=hour)) for hour in range(24)]


class _Supposed(Expected):
    """As if T0 were at this time of some day."""

    def __init__(self, playbook: Playbook, begins: datetime) -> None:
        super().__init__(playbook, begins)
        self._knows_t0 = False
