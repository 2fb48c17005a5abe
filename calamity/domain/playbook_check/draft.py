"""A document on its way through the rules: what could be read of it, and who hears what when."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import count, islice, takewhile

from msgspec import Struct

from calamity.domain.playbook import (
    CallOut,
    Dispatch,
    Expected,
    Group,
    Message,
    MessageKind,
    Playbook,
    Repeat,
    Round,
    Step,
    seconds,
)
from calamity.domain.playbook.expected import at_each_hour
from calamity.domain.playbook_check.faults import Findings, Path

_DAY_SECONDS = 24 * 3600
_NOON_SECONDS = 12 * 3600


class Delivery(Struct, frozen=True):
    """One message that a step sends to one kind of people; *path* is where the step names it."""

    step: Step
    path: Path
    message: str
    audience: str
    group: Group
    is_everywhere: bool
    act: CallOut | Dispatch | Round


class Draft:
    """The readable parts of a document. What is broken is blank in it, and known as broken."""

    def __init__(self, playbook: Playbook, findings: Findings, today: date | None = None) -> None:
        self.playbook = playbook
        self.findings = findings
        self.today = today
        self.expected = Expected(playbook)
        self._messages = {message.code: message for message in reversed(playbook.messages)}
        self._audiences = {audience.code: audience for audience in reversed(playbook.audiences)}
        self._broken_kinds = {
            message.code
            for index, message in enumerate(playbook.messages)
            if findings.is_broken(("messages", index, "kind"))
        }
        self.deliveries = list(self._deliveries())

    def message(self, code: str) -> Message | None:
        """Return the message with this code, if there is one."""
        return self._messages.get(code)

    def kind(self, code: str) -> MessageKind | None:
        """Return the kind of a message, or None if it cannot be told."""
        message = self._messages.get(code)
        return None if message is None or code in self._broken_kinds else message.kind

    def group(self, audience: str) -> Group | None:
        """Return what kind of people an audience is made of, or None if it cannot be told."""
        found = self._audiences.get(audience)
        return found.of if found else None

    def between(self, first: str, second: str) -> tuple[int, int] | None:
        """Return the fewest and the most seconds from one moment to another, whenever T0 is."""
        found = [each.between(first, second) for each in self._at_each_hour]
        told = [seconds for seconds in found if seconds is not None]
        return (min(told), max(told)) if told else None

    @cached_property
    def _at_each_hour(self) -> Sequence[Expected]:
        steps = self.playbook.steps
        moments = [text for step in steps for text in (step.start, step.due)]
        moments += [step.repeat.until for step in steps if step.repeat]
        # Without times of day, it is the same for every T0.
        has_clock = any("@" in text for text in moments)
        return at_each_hour(self.playbook) if has_clock else [self.expected]

    def _deliveries(self) -> Iterator[Delivery]:
        for index, step in enumerate(self.playbook.steps):
            path = ("steps", index, "act")
            match step.act:
                case CallOut() as act:
                    for name in ("message", "reminder", "deputy", "enough"):
                        yield Delivery(
                            step, (*path, name), getattr(act, name), "", Group.RAPID_TEAM, True, act
                        )
                case Dispatch() as act:
                    yield from self._to(act.audience, act.message, step, (*path, "message"))
                case Round() as act:
                    yield from self._asked(act, step, path)

    def _asked(self, act: Round, step: Step, path: Path) -> Iterator[Delivery]:
        for audience in act.audiences:
            if self.group(audience) is Group.PROFESSIONALS:
                yield from self._to(audience, act.form or act.message, step, (*path, "form"))
            else:
                yield from self._to(audience, act.message, step, (*path, "message"))

    def _to(self, audience: str, message: str, step: Step, path: Path) -> Iterator[Delivery]:
        found = self._audiences.get(audience)
        if found is not None and isinstance(step.act, Dispatch | Round):
            is_everywhere = found.where == "everywhere"
            yield Delivery(step, path, message, audience, found.of, is_everywhere, step.act)


def length(written: str) -> int:
    """Return a duration or an offset in seconds; 0 for one that could not be read."""
    try:
        return seconds(written)
    except ValueError:
        return 0


def occurrences(draft: Draft, step: Step, most: int) -> list[int]:
    """Return when a step is expected to begin, in seconds after T0: each time, of a repeat.

    A date that cannot be told without T0 gives nothing.
    """
    start = draft.expected.seconds(step.start)
    if start is None:
        return []
    last = draft.between(step.start, step.repeat.until) if step.repeat else None
    if step.repeat is None or last is None:
        return [start]
    times = _at_times(start, step.repeat) if step.repeat.at else _every(start, step.repeat)
    ends = start + last[1]
    return list(takewhile(lambda each: each < ends, islice(times, most))) or [start]


def _every(start: int, repeat: Repeat) -> Iterator[int]:
    every = length(repeat.every or "")
    return count(start, every) if every else iter([start])


def _at_times(start: int, repeat: Repeat) -> Iterator[int]:
    for day in count(0, _DAY_SECONDS):
        for clock in repeat.at:
            hour, _, minute = clock.partition(":")
            if not (hour + minute).isdecimal():
                return
            each = day + int(hour) * 3600 + int(minute) * 60 - _NOON_SECONDS
            if each >= start:
                yield each
