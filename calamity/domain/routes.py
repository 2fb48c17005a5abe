"""Routes for texts, and the breaker of each: when texts take another route, and when they return.

What a carrier answers opens and closes its breaker; that it is asked for less (429) is pace, and
none of the breaker's business.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

MOST_FAULTS = 5
WITHIN = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
_TRIAL_LASTS = timedelta(seconds=60)
"""A trial of which nobody says anything for so long is lost with whoever made it."""
_MOST_DOUBLINGS = 10


class RouteState(StrEnum):
    """Whether texts take a route; the words are those of a fuse."""

    CLOSED = "closed"
    """Texts leave."""
    TRYING = "trying"
    """The carrier answers again; one text shows whether it takes any."""
    OPEN = "open"
    """Texts take another route, if there is one."""


_BEST_FIRST = (RouteState.CLOSED, RouteState.TRYING, RouteState.OPEN)


class Heard(StrEnum):
    """What the outcome of one text says about its route."""

    TAKEN = "taken"
    ANSWERED = "answered"
    """The carrier refused this very text, which says nothing about others."""
    FAULT = "fault"
    OURS = "ours"
    """A fault of our own that concerns every text, such as wrong credentials."""


class Breaker(Struct, frozen=True, forbid_unknown_fields=True):
    """How a route stands. *due_at* is when an open one is asked again."""

    state: RouteState = RouteState.CLOSED
    since: datetime | None = None
    """When it last opened or closed; a trial in between changes nothing."""
    faults: tuple[datetime, ...] = ()
    code: int | None = None
    """Of the carrier, where it gave one for what opened the breaker."""
    pauses: int = 0
    due_at: datetime | None = None
    tried_at: datetime | None = None
    """When a text was let through to see whether it is taken."""

    @property
    def is_open(self) -> bool:
        """Whether texts had better take another route, as far as we know."""
        return self.state is not RouteState.CLOSED


def after(breaker: Breaker, heard: Heard, at: datetime, code: int | None = None) -> Breaker:
    """Return how a route stands after the outcome of one text."""
    match breaker.state, heard:
        case RouteState.TRYING, Heard.TAKEN:
            return Breaker(since=at)
        case RouteState.TRYING, Heard.ANSWERED:
            return replace(breaker, tried_at=None)
        case (RouteState.TRYING, Heard.FAULT | Heard.OURS) | (RouteState.CLOSED, Heard.OURS):
            return _opened(breaker, at, code)
        case RouteState.CLOSED, Heard.FAULT:
            faults = (*(each for each in breaker.faults if at - each < WITHIN), at)
            counted = replace(breaker, faults=faults[-MOST_FAULTS:])
            return _opened(counted, at, code) if len(faults) >= MOST_FAULTS else counted
        case _:
            # What was under way when it opened does not close it again, nor make it worse.
            return breaker


def _opened(breaker: Breaker, at: datetime, code: int | None) -> Breaker:
    return replace(
        breaker,
        state=RouteState.OPEN,
        since=breaker.since if breaker.is_open else at,
        faults=(),
        code=code,
        pauses=breaker.pauses + 1,
        due_at=at + pause_after(breaker.pauses),
        tried_at=None,
    )


def pause_after(pauses: int) -> timedelta:
    """Return how long an open route is left alone, after so many pauses before."""
    return min(FIRST_PAUSE * (1 << min(pauses, _MOST_DOUBLINGS)), LONGEST_PAUSE)


def is_to_be_asked(breaker: Breaker, at: datetime) -> bool:
    """Say whether it is time to ask the carrier of an open route whether it is back."""
    return breaker.state is RouteState.OPEN and breaker.due_at is not None and breaker.due_at <= at


def put_off(breaker: Breaker, at: datetime) -> Breaker:
    """Return an open route after a pause more: it is being asked, or did not answer."""
    pauses = breaker.pauses + 1
    return replace(breaker, pauses=pauses, due_at=at + pause_after(breaker.pauses))


def answered(breaker: Breaker) -> Breaker:
    """Return a route whose carrier answers when it is asked, without a text to anybody."""
    if breaker.state is not RouteState.OPEN:
        return breaker
    return replace(breaker, state=RouteState.TRYING, due_at=None, tried_at=None)


def may_be_tried(breaker: Breaker, at: datetime) -> bool:
    """Say whether one text may show if a route works again; one at a time does."""
    is_free = breaker.tried_at is None or at - breaker.tried_at >= _TRIAL_LASTS
    return breaker.state is RouteState.TRYING and is_free


def tried(breaker: Breaker, at: datetime) -> Breaker:
    """Return a route by which one text was let through."""
    return replace(breaker, tried_at=at)


def best_first(names: Iterable[str], states: Mapping[str, RouteState]) -> list[str]:
    """Return routes in the order in which new texts take them: the own order, the working first."""
    return sorted(names, key=lambda name: _BEST_FIRST.index(states.get(name, RouteState.CLOSED)))


def way_round(name: str, names: Iterable[str], states: Mapping[str, RouteState]) -> str | None:
    """Return the route that takes over from this one while it is open, if any can."""
    best = best_first(names, states)[0]
    is_better = states.get(best, RouteState.CLOSED) is not RouteState.OPEN
    return best if states.get(name) is RouteState.OPEN and is_better else None


def most_under_way(name: str, names: Iterable[str], states: Mapping[str, RouteState]) -> int | None:
    """Return how many texts may be under way by a route at once; None: as many as its rate allows.

    Where no route works all of them are tried, each at the pace of its own back-off.
    """
    works = RouteState.CLOSED in (states.get(each, RouteState.CLOSED) for each in names)
    match states.get(name, RouteState.CLOSED):
        case RouteState.TRYING if works:
            return 1
        case RouteState.OPEN if way_round(name, names, states) is not None:
            return 0
    return None
