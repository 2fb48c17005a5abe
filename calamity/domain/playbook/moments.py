"""Moments of a plan: after T0, after a phase or a step, on a date, at a time of day.

`T+15m` is fifteen minutes after T0. `acute + 2h` is two hours after the phase *acute* begins, and
`S11 + 30m` half an hour after the step *S11* is done. `T + 1y - 30d` counts in calendar years, and
`2027-03-18` is a date. `@ 17:00` moves a moment on to the first 17:00 at or after it.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

_SHIFT = r"[0-9]{1,4}[mhdwy]"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# "T-28h" is no code here: whoever writes it means a time before T0, and there is none.
_CODE = r"(?!T-[0-9])[A-Za-z][A-Za-z0-9_-]{0,39}"
_BASE = rf"T(?:\+[0-9]{{1,4}}[mhd])?|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{_CODE}"
_MOMENT = rf"^(?:{_BASE})(?: [+-] {_SHIFT})*(?: @ {_CLOCK})?$"

Offset = Annotated[
    str,
    Meta(
        pattern=r"^T\+[0-9]{1,4}[mhd]$",
        description="A moment after T0, the moment of activation.",
        examples=["T+15m", "T+4h", "T+3d"],
    ),
]
Moment = Annotated[
    str,
    Meta(
        pattern=_MOMENT,
        max_length=80,
        description="A moment after T0, a phase or a step, or on a date; at a time of day or not.",
        examples=["T+15m", "acute + 2h", "S11 + 30m", "T+0m @ 17:00", "T + 1y - 30d @ 10:00"],
    ),
]

T0 = "T"
_FIXED = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


class Shift(Struct, frozen=True):
    """A step along the calendar: *number* units (m, h, d, w or y), back when negative."""

    number: int
    unit: str

    def applied(self, moment: datetime) -> datetime:
        """Return the moment this much later; a year later is the same day of the calendar."""
        if self.unit != "y":
            return moment + self.number * _FIXED[self.unit]
        year = moment.year + self.number
        # 29 February has a 28th in other years.
        day = min(moment.day, monthrange(year, moment.month)[1])
        return moment.replace(year=year, day=day)


class When(Struct, frozen=True):
    """A moment that was read: *base* is T, an ISO date, or the code of a phase or a step."""

    base: str
    shifts: tuple[Shift, ...] = ()
    clock: str = ""

    @property
    def date(self) -> date | None:
        """The date on which it rests, if it rests on one."""
        return date.fromisoformat(self.base) if self.base[0].isdigit() else None

    @property
    def follows(self) -> str:
        """The code of the phase or step that it follows; empty for T0 and for a date."""
        return "" if self.base == T0 or self.base[0].isdigit() else self.base

    def after(self, base: datetime, zone: ZoneInfo) -> datetime:
        """Return the moment itself, given that of its base; days are those of *zone*."""
        moment = base.astimezone(zone)
        for shift in self.shifts:
            # Hours pass, days are of the calendar: over a change of the clock they differ.
            if shift.unit in "mh":
                moment = shift.applied(moment.astimezone(UTC)).astimezone(zone)
            else:
                moment = shift.applied(moment)
        if self.clock:
            moment = first_at(moment, self.clock)
        return moment


def first_at(moment: datetime, clock: str) -> datetime:
    """Return the first time at or after a moment that its own clock shows this time of day."""
    day = time.fromisoformat(clock)
    at = moment.replace(hour=day.hour, minute=day.minute, second=0, microsecond=0, fold=0)
    return at if at >= moment else at + timedelta(days=1)


def read_moment(text: str) -> When:
    """Read a moment as it is written in a document. Raises ValueError for anything else."""
    if re.fullmatch(_MOMENT.removesuffix("$"), text) is None:
        raise ValueError("not a moment such as T+15m, acute + 2h or T+0m @ 17:00")
    rest, _, clock = text.partition(" @ ")
    base, *steps = rest.split(" ")
    shifts = [
        Shift(int(sign + length[:-1]), length[-1])
        for sign, length in zip(steps[::2], steps[1::2], strict=True)
    ]
    if base.startswith("T+"):
        shifts.insert(0, Shift(int(base[2:-1]), base[-1]))
        base = T0
    when = When(base, tuple(shifts), clock)
    # A date that no calendar has is a ValueError too.
    _ = when.date
    return when


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), zone)
