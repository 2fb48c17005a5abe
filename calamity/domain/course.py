"""The course of an activation: when its steps start, given what has happened so far.

An exercise has a time of its own, which runs faster from its opening on. Moments of a plan are
counted in that time, so that in an exercise too a step "before 17:00" comes before 17:00.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.domain.activation import CONDITION, Given
from calamity.domain.playbook import Playbook, Question, Step, seconds
from calamity.domain.playbook.formula import Facts, holds, read_formula
from calamity.domain.playbook.moments import T0, When, day_begins, first_at, read_moment
from calamity.domain.watch import WATCH, Watch, reaches_outside


class Settled(Struct, frozen=True):
    """When a task starts and is due, and what it waits for; until then both are expectations."""

    start_at: datetime
    due_at: datetime
    waits_for: str | None = None


class Ending(Struct, frozen=True):
    """How a step came to its end: done or skipped, and for a decision the option from 1."""

    at: datetime
    outcome: frozenset[str]


class Clock(Struct, frozen=True):
    """The time of a calamity: that of its exercise, else that of the world."""

    opened_at: datetime
    tempo: int
    zone: ZoneInfo

    def own(self, at: datetime) -> datetime:
        """Return what time it is in the calamity when it is *at* in the world."""
        opened = self.opened_at.astimezone(UTC)
        return opened + (at.astimezone(UTC) - opened) * self.tempo

    def real(self, own: datetime) -> datetime:
        """Return when in the world the calamity's own time is *own*."""
        opened = self.opened_at.astimezone(UTC)
        return opened + (own.astimezone(UTC) - opened) / self.tempo


class Course(Struct, frozen=True):
    """How far an activation has come: everything on which its moments and conditions rest."""

    playbook: Playbook
    clock: Clock
    t0: datetime
    begun: Mapping[str, datetime]
    """When phases began, by code."""
    endings: Mapping[str, Sequence[Ending]] = {}
    """How often a step came to its end, the first time first."""
    facts: Facts = Facts()
    watch: Watch | None = None

    def settled(self, step: Step) -> Settled:
        """Return when a step starts, for the first time if it repeats, and what it waits for."""
        start, waits_for = self._moment(step.start, step)
        due, _ = self._moment(step.due, step)
        if step.repeat is not None and step.repeat.at:
            first = self._first_clock(start, step.repeat.at)
            start, due = first, due + (first - start)
        gate = self.gate(step)
        if waits_for is None or gate == WATCH:
            waits_for = gate
        return Settled(self.clock.real(start), self.clock.real(max(start, due)), waits_for)

    def gate(self, step: Step) -> str | None:
        """Return what keeps a step shut whose time may have come: the watch, or its condition."""
        if self.watch is not None and self.watch.holds and reaches_outside(step, self.playbook):
            return WATCH
        return None if self.may_open(step) else CONDITION

    def may_open(self, step: Step) -> bool:
        """Tell whether the condition of a step holds; what nobody knows does not hold."""
        return step.when is None or holds(read_formula(step.when), self.facts) is True

    def follows(self, written: str) -> bool:
        """Tell whether a moment rests on a phase or a step."""
        return bool(read_moment(written).follows)

    def due(self, step: Step) -> datetime:
        """Return the latest moment of a step."""
        return self.clock.real(self._moment(step.due, step)[0])

    def postponed(self, step: Step, settled: Settled, at: datetime) -> Settled:
        """Return when a step starts whose gate opened at *at*.

        What should have begun before begins now, or at the next of its times of day.
        """
        start = max(settled.start_at, at)
        if step.repeat is not None and step.repeat.at:
            own = self._first_clock(self.clock.own(start), step.repeat.at)
            start = self.clock.real(own)
        return Settled(start, settled.due_at + (start - settled.start_at))

    def next_time(self, step: Step, start_at: datetime) -> datetime | None:
        """Return when a step comes again that came at *start_at*; None when that is over."""
        own, repeat = self.clock.own(start_at), step.repeat
        if repeat is None:
            return None
        if repeat.at:
            following = self._first_clock(own + timedelta(seconds=1), repeat.at)
        elif repeat.every is not None:
            following = own + timedelta(seconds=seconds(repeat.every))
        else:
            return None
        real = self.clock.real(following)
        return None if self.is_over(step, real) else real

    def is_over(self, step: Step, start_at: datetime) -> bool:
        """Tell whether the repeat of a step has ended before *start_at*."""
        if step.repeat is None:
            return False
        until, waits_for = self._moment(step.repeat.until, step)
        return waits_for is None and self.clock.own(start_at) >= until

    def _first_clock(self, own: datetime, clocks: Sequence[str]) -> datetime:
        local = own.astimezone(self.clock.zone)
        return min(first_at(local, clock).astimezone(UTC) for clock in clocks)

    def _moment(
        self, written: str, step: Step, via: frozenset[str] = frozenset()
    ) -> tuple[datetime, str | None]:
        """Return a moment in the calamity's own time, and what must happen before it counts."""
        when = read_moment(written)
        if when.date is not None:
            base, waits_for = day_begins(when.date, self.clock.zone), None
        else:
            base, waits_for = self._base(when, step, via)
            base = max(base, self._held_until(step) or base)
        return when.after(base, self.clock.zone).astimezone(UTC), waits_for

    def _held_until(self, step: Step) -> datetime | None:
        """Return when a watch ended that held this step: for it, nothing happened before."""
        if self.watch is None or self.watch.ended_at is None:
            return None
        if not reaches_outside(step, self.playbook):
            return None
        return self.clock.own(self.watch.ended_at)

    def _base(self, when: When, step: Step, via: frozenset[str]) -> tuple[datetime, str | None]:
        if when.base == T0:
            return self.clock.own(self.t0), None
        phase = next((each for each in self.playbook.phases if each.code == when.base), None)
        if phase is not None:
            if phase.code in self.begun:
                return self.clock.own(self.begun[phase.code]), None
            return self._moment(phase.starts, step)[0], f"phase {phase.code}"
        return self._base_of_step(when, via)

    def _base_of_step(self, when: When, via: frozenset[str]) -> tuple[datetime, str | None]:
        if self.endings.get(when.base):
            return self.clock.own(self.endings[when.base][0].at), None
        # A circle of steps is refused before publication; here it must only not go round for ever.
        if when.base in via:
            return self.clock.own(self.t0), f"step {when.base}"
        awaited = self.playbook.step(when.base)
        due, _ = self._moment(awaited.due, awaited, via | {when.base})
        return due, f"step {when.base}"


def phases_begun(
    playbook: Playbook, phase: str, begun: Mapping[str, datetime], at: datetime
) -> dict[str, datetime]:
    """Return when phases began, now that the response is in *phase*.

    A phase that was passed over begins with the one that was set; one that began does so once. A
    phase of another playbook begins none here.
    """
    codes = [each.code for each in playbook.phases]
    if phase not in codes:
        return dict(begun)
    passed = codes[: codes.index(phase) + 1]
    return {code: at for code in passed if code not in begun} | dict(begun)


def known_answers(
    questions: Sequence[Question], answers: Mapping[str, Given]
) -> dict[str, bool | None]:
    """Return what is known, by question: yes, no, or None for what nobody knows."""
    meaning = {"yes": True, "no": False}
    return {each.code: meaning.get(answers.get(each.code, "unknown")) for each in questions}
