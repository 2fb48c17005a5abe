"""Lengths of time, moments and repeats, in words."""

from datetime import date

from calamity.domain.playbook import Playbook, Repeat
from calamity.domain.playbook.moments import Shift, When, read_moment
from calamity.domain.playbook_prose.names import phase_name, step_name
from calamity.domain.playbook_prose.said import Said, joined

_UNITS = {
    "m": (("minuut", "minuten"), ("minute", "minutes")),
    "h": (("uur", "uur"), ("hour", "hours")),
    "d": (("dag", "dagen"), ("day", "days")),
    "w": (("week", "weken"), ("week", "weeks")),
    "y": (("jaar", "jaar"), ("year", "years")),
}
_DUTCH = ("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONTHS = (
    ("januari", "January"), ("februari", "February"), ("maart", "March"), ("april", "April"),
    ("mei", "May"), ("juni", "June"), ("juli", "July"), ("augustus", "August"),
    ("september", "September"), ("oktober", "October"), ("november", "November"),
    ("december", "December"),
)  # fmt: skip
_ACTIVATION = Said("de activering", "activation")


def count(number: int) -> Said:
    """Write a number; below ten as a word."""
    if 0 <= number < len(_DUTCH):
        return Said(_DUTCH[number], _ENGLISH[number])
    return Said(str(number), str(number))


def _unit(number: int, unit: str) -> Said:
    dutch, english = _UNITS[unit]
    return Said(dutch[number != 1], english[number != 1])


def _long(number: int, unit: str) -> Said:
    return Said("{count} {unit}", "{count} {unit}").filled(
        count=count(number), unit=_unit(number, unit)
    )


def length(duration: str) -> Said:
    """Say a length of time: 15 minutes."""
    return _long(int(duration[:-1]), duration[-1])


def lengths_changed(before: str, after: str) -> Said:
    """Say both lengths, the new one first: 10 instead of 15 minutes."""
    return _instead(int(before[:-1]), int(after[:-1]), before[-1], after[-1])


def _instead(before: int, after: int, unit_before: str, unit_after: str) -> Said:
    if unit_before != unit_after:
        return Said("{after} in plaats van {before}", "{after} instead of {before}").filled(
            before=_long(before, unit_before), after=_long(after, unit_after)
        )
    unit = _unit(before, unit_before)
    return Said(
        f"{after} in plaats van {before} {unit.nl}", f"{after} instead of {before} {unit.en}"
    )


def clock(time: str) -> Said:
    """Say a time of day."""
    return Said(f"{time.replace(':', '.')} uur", time)


def _day(day: date) -> Said:
    nl, en = _MONTHS[day.month - 1]
    return Said(f"{day.day} {nl} {day.year}", f"{day.day} {en} {day.year}")


def moment(text: str, playbook: Playbook) -> Said:
    """Say a moment of the plan: two hours after the phase Acute begins."""
    when = read_moment(text)
    shifts = [shift for shift in when.shifts if shift.number]
    if not shifts:
        said = _bare(when, playbook)
    else:
        said = _base(when, playbook)
        for shift in shifts:
            said = _shifted(shift, said)
    if not when.clock:
        return said
    form = (
        Said("{moment}, om {clock}", "{moment}, at {clock}")
        if when.date and not shifts
        else Said(
            "de eerste keer dat het {clock} is, vanaf: {moment}", "the first {clock} from: {moment}"
        )
    )
    return form.filled(moment=said, clock=clock(when.clock))


def _bare(when: When, playbook: Playbook) -> Said:
    if when.date:
        return Said("op {day}", "on {day}").filled(day=_day(when.date))
    if not when.follows:
        return Said("meteen bij de activering", "at activation")
    if _is_phase(when.follows, playbook):
        return Said("bij het begin van de fase {name}", "when the phase {name} begins").filled(
            name=phase_name(playbook, when.follows)
        )
    return Said("zodra {name} klaar is", "as soon as {name} is done").filled(
        name=step_name(playbook, when.follows)
    )


def _base(when: When, playbook: Playbook) -> Said:
    if when.date:
        return _day(when.date)
    if not when.follows:
        return _ACTIVATION
    if _is_phase(when.follows, playbook):
        return Said("het begin van de fase {name}", "the phase {name} begins").filled(
            name=phase_name(playbook, when.follows)
        )
    return step_name(playbook, when.follows)


def _is_phase(code: str, playbook: Playbook) -> bool:
    return any(phase.code == code for phase in playbook.phases)


def _shifted(shift: Shift, base: Said) -> Said:
    form = (
        Said("{long} na {base}", "{long} after {base}")
        if shift.number > 0
        else Said("{long} vóór {base}", "{long} before {base}")
    )
    return form.filled(long=_long(abs(shift.number), shift.unit), base=base)


def moments_changed(before: str, after: str, old: Playbook, new: Playbook) -> Said:
    """Say both moments, the new one first: 10 instead of 15 minutes after activation."""
    was, becomes = read_moment(before), read_moment(after)
    alike = was.base == becomes.base and not was.clock and not becomes.clock
    if alike and len(was.shifts) == len(becomes.shifts) == 1:
        one, other = was.shifts[0], becomes.shifts[0]
        if one.unit == other.unit and one.number > 0 and other.number > 0:
            form = Said("{instead} na {base}", "{instead} after {base}")
            return form.filled(
                instead=_instead(one.number, other.number, one.unit, other.unit),
                base=_base(becomes, new),
            )
    return Said("{after}, in plaats van {before}", "{after}, instead of {before}").filled(
        before=moment(before, old), after=moment(after, new)
    )


def repeated(repeat: Repeat, playbook: Playbook) -> Said:
    """Say how often something is done again, and until when."""
    if repeat.every is not None:
        often = Said("elke {length}", "every {length}").filled(length=length(repeat.every))
    else:
        often = Said("elke dag om {times}", "every day at {times}").filled(
            times=joined([clock(time) for time in repeat.at])
        )
    when = read_moment(repeat.until)
    until = moment(repeat.until, playbook)
    if not any(shift.number for shift in when.shifts) and when.follows and not when.clock:
        until = _base(when, playbook)
        if not _is_phase(when.follows, playbook):
            until = Said("{step} klaar is", "{step} is done").filled(step=until)
    return Said("{often}, tot {until}", "{often}, until {until}").filled(often=often, until=until)
