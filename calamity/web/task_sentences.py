"""What happened to a task, in a sentence."""

from collections.abc import Mapping

from calamity.domain import timeline as line
from calamity.web.language import Language

Names = Mapping[str, str]


def started(it: line.TaskStarted, say: Language, names: Names) -> str:
    """Say that somebody took a task up."""
    return say.text("Task started: %(title)s.", title=_title(it, say))


def done(it: line.TaskDone, say: Language, names: Names) -> str:
    """Say that a task is done."""
    return say.text("Task done: %(title)s.", title=_title(it, say))


def skipped(it: line.TaskSkipped, say: Language, names: Names) -> str:
    """Say that a task was left out."""
    return say.text("Task skipped: %(title)s.", title=_title(it, say))


def missed(it: line.TaskMissed, say: Language, names: Names) -> str:
    """Say how often a task passed while nothing ran."""
    return say.plural(
        "Passed while nothing ran: %(title)s (%(num)s time).",
        "Passed while nothing ran: %(title)s (%(num)s times).",
        it.times,
        title=it.title_en if say.code == "en" else it.title_nl,
    )


def handed(it: line.TaskHanded, say: Language, names: Names) -> str:
    """Say from which role to which a task went."""
    return say.text(
        'Task %(step)s "%(title)s" handed from %(before)s to %(now)s.',
        step=it.step,
        title=_title(it, say),
        before=names.get(it.from_role, it.from_role),
        now=names.get(it.to_role, it.to_role),
    )


def _title(
    it: line.TaskStarted | line.TaskDone | line.TaskSkipped | line.TaskHanded, say: Language
) -> str:
    title = it.title_en if say.code == "en" else it.title_nl
    if it.occurrence == 1:
        return title
    return say.text("%(title)s (time %(number)s)", title=title, number=it.occurrence)
