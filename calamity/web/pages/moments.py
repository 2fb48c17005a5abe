"""A moment of a plan in the words of a person: 2 hours after the start of Acute, at 17:00."""

from datetime import timedelta

from calamity.domain.playbook import Playbook
from calamity.domain.playbook.moments import Shift, day_begins, read_moment
from calamity.web.language import Language


def moment_in_words(written: str, playbook: Playbook, language: Language) -> str:
    """Say when a step starts or is due, as its playbook counts it."""
    when = read_moment(written)
    if when.date is not None:
        said = language.long_day(day_begins(when.date, language.timezone))
    elif when.follows:
        said = _followed(when.follows, playbook, language)
    else:
        said = "T0"
    for shift in when.shifts:
        if shift.number > 0:
            said = language.text(
                "%(span)s after %(moment)s", span=_span(shift, language), moment=said
            )
        elif shift.number < 0:
            said = language.text(
                "%(span)s before %(moment)s", span=_span(shift, language), moment=said
            )
    if not when.clock:
        return said
    return language.text(
        "%(moment)s, from there the first %(clock)s", moment=said, clock=when.clock
    )


def _followed(code: str, playbook: Playbook, language: Language) -> str:
    for phase in playbook.phases:
        if phase.code == code:
            title = phase.title.in_language(language.code)
            return language.text("the start of %(phase)s", phase=title)
    title = playbook.step(code).title.in_language(language.code)
    return language.text("the end of %(task)s", task=title)


def _span(shift: Shift, language: Language) -> str:
    number = abs(shift.number)
    if shift.unit == "y":
        return language.plural("%(num)s year", "%(num)s years", number)
    if shift.unit == "w":
        return language.plural("%(num)s week", "%(num)s weeks", number)
    unit = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
    return language.duration(unit[shift.unit] * number)
