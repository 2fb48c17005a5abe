"""A playbook in order of time, as if it were activated at some moment: nothing is done with it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.domain.course import Clock, Course
from calamity.domain.errors import Refused
from calamity.domain.playbook import Playbook, Step, seconds
from calamity.domain.playbook.expected import Expected
from calamity.domain.playbook_prose import Said, condition, moment, repeated

_MOST_TIMES = 14
_LONGEST = timedelta(days=366 * 50)
"""Plans run for years: an anniversary, and the one after that."""


def moment_meant(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a T0 with its zone. Raises Refused for one so late that no plan fits behind it."""
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    try:
        _ = at.astimezone(zone) + _LONGEST
    except OverflowError:
        raise Refused("This is no day and time.", field="at") from None
    return at


class PlannedStep(Struct, frozen=True):
    """A step at its time. Of what repeats, the first times, until *goes_on*."""

    step: Step
    phase: str
    start_at: datetime
    due_at: datetime
    due_said: Said
    only_if: Said | None = None
    repeats: Said | None = None
    occurrence: int = 1
    goes_on: bool = False


def in_order_of_time(playbook: Playbook, t0: datetime, zone: ZoneInfo) -> list[PlannedStep]:
    """Return every step when it is expected, repeats written out; what never comes is left out."""
    plan = Expected(playbook, t0, zone)
    found: list[PlannedStep] = []
    for step in playbook.steps:
        start, due = plan.instant(step.start), plan.instant(step.due)
        if start is None or due is None:
            continue
        first = PlannedStep(
            step,
            step.phase,
            start.at,
            max(start.at, due.at),
            moment(step.due, playbook),
            only_if=condition(step.when, playbook) if step.when else None,
            repeats=repeated(step.repeat, playbook) if step.repeat else None,
        )
        found += _times(first, playbook, t0, zone) if step.repeat else [first]
    order = {phase.code: place for place, phase in enumerate(playbook.phases)}
    return sorted(found, key=lambda each: (order.get(each.phase, 0), each.due_at, each.start_at))


def _times(
    first: PlannedStep, playbook: Playbook, t0: datetime, zone: ZoneInfo
) -> list[PlannedStep]:
    """Return the times at which a repeated step is expected, the first of them."""
    begun = {phase.code: t0 + timedelta(seconds=seconds(phase.starts)) for phase in playbook.phases}
    course = Course(playbook, Clock(t0, 1, zone), t0, begun)
    lasts = first.due_at - first.start_at
    at: datetime | None = first.start_at
    if first.step.repeat is None:
        return [first]
    if first.step.repeat.at:
        at = course.settled(first.step).start_at
    found: list[PlannedStep] = []
    while at is not None and len(found) < _MOST_TIMES:
        found.append(_moved(first, at, lasts, len(found) + 1))
        at = course.next_time(first.step, at)
    if at is not None:
        found[-1] = _moved(first, found[-1].start_at, lasts, len(found), goes_on=True)
    return found


def _moved(
    first: PlannedStep, at: datetime, lasts: timedelta, number: int, *, goes_on: bool = False
) -> PlannedStep:
    return PlannedStep(
        first.step,
        first.phase,
        at,
        at + lasts,
        first.due_said,
        first.only_if,
        first.repeats,
        number,
        goes_on,
    )
