"""Rules for moments and repeats: they come, they follow what exists, and they end."""

from collections.abc import Iterator

from calamity.domain.playbook import CallOut, Repeat, Step
from calamity.domain.playbook.moments import Shift, When, read_moment
from calamity.domain.playbook_check.codes import codes_of
from calamity.domain.playbook_check.conditions import names_in
from calamity.domain.playbook_check.draft import Draft, length, occurrences
from calamity.domain.playbook_check.faults import Path
from calamity.domain.playbook_check.names import tell_unknown

MOST_REPEATS = 60
_FOLLOWED = ("phase or step", "fase of stap")
_DAY_SECONDS = 86400
_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_NO_DATE = ("no calendar has that date", "die datum staat op geen kalender")
_TOO_EARLY = ("it is before what it counts from", "het ligt voor waar het vanaf telt")
_TOO_FAR = ("no calendar goes that far", "zo ver gaat geen kalender")


def check_times(draft: Draft) -> None:
    """Report moments that never come, that go round in a circle, and repeats without end."""
    follows = {step.code: _follows(step) for step in draft.playbook.steps}
    for index, step in enumerate(draft.playbook.steps):
        path = ("steps", index)
        for name, text in _moments(step):
            _check_moment(draft, step, text, (*path, *name))
        if step.repeat is not None and not draft.findings.is_broken((*path, "repeat")):
            _check_repeat(draft, step, step.repeat, (*path, "repeat"))
    _check_circles(draft, follows)


def check_moments_alone(draft: Draft) -> None:
    """Report moments that never come, whatever they follow."""
    for index, step in enumerate(draft.playbook.steps):
        for name, text in _moments(step):
            _read(draft, text, ("steps", index, *name))


def _moments(step: Step) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("start",), step.start
    yield ("due",), step.due
    if step.repeat is not None:
        yield ("repeat", "until"), step.repeat.until


def _read(draft: Draft, text: str, path: Path) -> When | None:
    if draft.findings.is_broken(path):
        return None
    try:
        when = read_moment(text)
    except ValueError:
        # The form was checked before: only a date of no calendar is left.
        draft.findings.add("never-comes", path, moment=text, reason=_NO_DATE)
        return None
    if when.date is None and sum(map(_seconds, when.shifts)) < 0:
        draft.findings.add("never-comes", path, moment=text, reason=_TOO_EARLY)
        return None
    return when


def _seconds(shift: Shift) -> int:
    return shift.number * _UNIT_SECONDS[shift.unit]


def _check_moment(draft: Draft, step: Step, text: str, path: Path) -> None:
    when = _read(draft, text, path)
    if when is None:
        return
    if when.date is not None and draft.today is not None and when.date < draft.today:
        draft.findings.add("past-date", path, moment=text)
    steps = {each.code: each for each in draft.playbook.steps}
    known = [*codes_of(draft, "phases"), *steps]
    if when.follows and when.follows not in known:
        if not draft.findings.is_broken(("phases",)):
            tell_unknown(draft.findings, _FOLLOWED, when.follows, known, path)
        return
    followed = steps.get(when.follows)
    if followed is not None and followed.when is not None and not _knows(step, followed):
        draft.findings.add("may-never-come", path, step=followed.code, when=followed.when)
    if not when.follows and draft.expected.instant(text) is None:
        draft.findings.add("never-comes", path, moment=text, reason=_TOO_FAR)


def _knows(step: Step, followed: Step) -> bool:
    """Tell whether a step that follows another takes into account that it may not be there."""
    return step is followed or step.when == followed.when or followed.code in names_in(step.when)


def _follows(step: Step) -> set[str]:
    """Return the codes of all that must come, or end, before this step can begin and end."""
    codes = names_in(step.when)
    for _, text in _moments(step):
        try:
            codes.add(read_moment(text).follows)
        except ValueError:
            continue
    return codes


def _check_circles(draft: Draft, follows: dict[str, set[str]]) -> None:
    told: set[str] = set()
    for index, step in enumerate(draft.playbook.steps):
        circle = _circle(step.code, follows)
        if circle and not told & set(circle):
            told |= set(circle)
            draft.findings.add("cyclic-steps", ("steps", index), circle=" > ".join(circle))


def _circle(code: str, follows: dict[str, set[str]]) -> list[str]:
    """Return the shortest way from a step back to itself, or nothing."""
    ways, seen = [[code]], {code}
    while ways:
        longer = []
        for way in ways:
            for other in sorted(follows[way[-1]] & follows.keys()):
                if other == code:
                    return [*way, code]
                if other not in seen:
                    seen.add(other)
                    longer.append([*way, other])
        ways = longer
    return []


def _check_repeat(draft: Draft, step: Step, repeat: Repeat, path: Path) -> None:
    findings = draft.findings
    if (repeat.every is None) is not bool(repeat.at):
        findings.add("repeat-how", path)
    if any(later <= earlier for earlier, later in zip(repeat.at, repeat.at[1:], strict=False)):
        findings.add("repeat-times", (*path, "at"))
    if isinstance(step.act, CallOut):
        findings.add("repeat-call-out", path)
    last = draft.between(step.start, repeat.until)
    if last is not None and last[1] <= 0:
        until = repeat.until
        findings.add("until-before-start", (*path, "until"), until=until, start=step.start)
    # How often it comes before a date depends on T0, which is a day before it at least.
    shortest = 1 if last is not None else _DAY_SECONDS // MOST_REPEATS
    is_too_short = repeat.every is not None and length(repeat.every) < shortest
    if is_too_short or len(occurrences(draft, step, MOST_REPEATS + 1)) > MOST_REPEATS:
        findings.add("repeat-too-often", path, limit=MOST_REPEATS)
