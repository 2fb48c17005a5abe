"""What needs a person now: one list, from the parts of a page as they are shown.

Each part says by keys what in it cannot wait. A key names its kind and what it is about, and stays
the same for as long as that needs somebody; the page compares the keys with those that it told of
before. Keys hold ids only: no name, no number and no word of a person.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch

from msgspec import Struct

from calamity.domain.permissions import Permission
from calamity.web.language import Language
from calamity.web.sentences import N_
from calamity.web.views.duties import DutyLine
from calamity.web.views.frame import Frame
from calamity.web.views.people import Inbox
from calamity.web.views.room import Letters, Messages, Roster, Summary, TaskLine, Tasks

_DAY = 86_400


class Kind(Struct, frozen=True):
    """One kind of thing that needs a person now: what is told of it, and how."""

    words: str
    loud: bool = False


KINDS: dict[str, Kind] = {
    "short": Kind(N_("a call-out has too few people"), loud=True),
    "role": Kind(N_("a call-out has nobody for a role"), loud=True),
    "late": Kind(N_("something is late"), loud=True),
    "glass": Kind(N_("a colleague took the rights of a coordinator"), loud=True),
    "route": Kind(N_("texts do not leave in the usual way"), loud=True),
    "held": Kind(N_("a message may have left or not, you decide")),
    "letter": Kind(N_("a new answer waits for you")),
    "handover": Kind(N_("a handover waits to be taken")),
    "request": Kind(N_("officials ask for an update")),
    "text": Kind(N_("a new answer waits for you")),
    "stop": Kind(N_("somebody said STOP: call to check")),
}


def words_for(language: Language, *, is_exercise: bool) -> dict[str, object]:
    """Return a sentence per kind, and whether it is loud; and one for several kinds at once."""

    def said(words: str) -> str:
        if is_exercise:
            return language.text("Exercise: %(what)s", what=language.text(words))
        return language.text("Calamity: %(what)s", what=language.text(words))

    return {
        "kinds": {name: [said(kind.words), kind.loud] for name, kind in KINDS.items()},
        "many": said(N_("several things wait for you")),
    }


def urgent(view: object, frame: Frame) -> list[str]:
    """Return the keys of what in a part needs this viewer now."""
    wanted = Permission.READ_REPLIES if isinstance(view, Inbox) else Permission.STEER
    if not frame.may(wanted):
        return []
    keys = list(_keys(view))
    if isinstance(view, Summary) and frame.alarm and frame.may(Permission.JUDGE_BREAK_GLASS):
        keys.append(f"glass:{frame.alarm}")
    return keys


def changes_in(view: Tasks, at: datetime) -> int | None:
    """Return after how many seconds the next thing in the list becomes late; None if none today."""
    if view.closed:
        return None
    dues = [each.due for each in (*view.open, *view.later) if not each.late]
    seconds = min(((due - at).total_seconds() for due in dues), default=_DAY)
    return max(1, int(seconds) + 1) if seconds < _DAY else None


def _second(at: datetime) -> int:
    return int(at.timestamp())


@singledispatch
def _keys(view: object) -> Iterator[str]:
    raise TypeError(f"{type(view).__name__} says of nothing that it needs a person now")


@_keys.register
def _(view: Summary) -> Iterator[str]:
    return iter(())


@_keys.register
def _(view: Roster) -> Iterator[str]:
    if view.closed:
        return
    for each in view.call_outs:
        if each.ended_at and not each.enough_at and each.coming < each.quota:
            yield f"short:{each.id}"
        if missing := len(each.roles_with_nobody):
            yield f"role:{each.id}-{missing}"


@_keys.register
def _(view: Tasks) -> Iterator[str]:
    if view.closed:
        return
    for each in view.open:
        match each:
            case DutyLine(kind="handover" | "request" as kind):
                yield f"{kind}:{view.calamity}-{each.first}"
            case DutyLine(late=True):
                yield f"late:{view.calamity}-{each.first}-{_second(each.due)}"
            case TaskLine(late=True):
                yield f"late:{each.id}"


@_keys.register
def _(view: Messages) -> Iterator[str]:
    if view.route_since is not None:
        yield f"route:{_second(view.route_since)}"
    if view.paused_code is not None:
        yield f"route:{view.calamity}-{view.paused_code}"
    yield from (f"held:{each.id}" for each in view.held)


@_keys.register
def _(view: Letters) -> Iterator[str]:
    yield from (f"letter:{each.id}" for each in view.letters)


@_keys.register
def _(view: Inbox) -> Iterator[str]:
    for each in view.people:
        if each.state == "new" and each.last_at is not None:
            yield f"text:{each.key_figure}-{_second(each.last_at)}"
        if each.state == "check-stop":
            yield f"stop:{each.key_figure}"
