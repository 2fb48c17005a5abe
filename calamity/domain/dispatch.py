"""When a message may leave: agreement, STOP, give before ask, budgets and quiet hours."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calamity.domain.playbook import MessageKind, QuietHours


class MessageState(StrEnum):
    """What we know of a message; what the carrier says later is kept beside it."""

    READY = "ready"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Held(StrEnum):
    """Why a person gets no message."""

    NO_AGREEMENT = "no-agreement"
    STOPPED = "stopped"
    PAUSED = "paused"
    NO_ASKS = "no-asks"
    NOT_GIVEN_YET = "not-given-yet"
    BUDGET = "budget"
    OPEN_QUESTION = "open-question"
    NOT_IN_EXERCISE = "not-in-exercise"
    NO_CONTACT_PERSON = "no-contact-person"


class InDoubtPolicy(StrEnum):
    """What to do with a text of which the carrier, asked twice, knows nothing."""

    REPEAT = "repeat"
    """It must arrive at least once: again soon, marked as repeated."""
    AGAIN = "again"
    """Words: again, once two looks a minute apart say that the carrier never had it."""
    HOLD = "hold"
    """An instruction, which someone may have begun to follow: a person decides."""


COPY_AFTER = timedelta(seconds=45)
"""An alarm of which nothing is heard for so long leaves once more, by another route."""
COPY_UNTIL = timedelta(minutes=10)
"""After this a copy says nothing new: the reminder or the deputy had their turn."""

_INSTRUCTIONS = frozenset({"action", "enough"})


def in_doubt_policy(purpose: str, *, is_alarm: bool) -> InDoubtPolicy:
    """Return what to do with a text in doubt, by what it is for."""
    if is_alarm:
        return InDoubtPolicy.REPEAT
    return InDoubtPolicy.HOLD if purpose in _INSTRUCTIONS else InDoubtPolicy.AGAIN


class Urgency:
    """The order in which messages leave a lane; lower leaves first."""

    CALL_OUT = 0
    ANSWER = 1
    ALARM = 2
    ORDINARY = 3


def give_comes_first(kind: MessageKind, *, was_given: bool) -> bool:
    """Say whether give-before-ask allows this kind for someone who *was_given* words already."""
    return kind is not MessageKind.ASK or was_given


def after_quiet(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """Return *at*, or the end of the quiet hours in which it falls (local clock times)."""
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    local = at.astimezone(zone)
    clock = local.time()
    same_day = start <= end
    is_quiet = start <= clock < end if same_day else clock >= start or clock < end
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, zone).astimezone(at.tzinfo)


def pace_of(rate: float) -> tuple[int, float]:
    """Return how many parts may leave in how many seconds, at a rate of parts per second.

    Only whole parts leave in a second; below one per second a part takes as long as it must.
    """
    return (int(rate), 1.0) if rate >= 1 else (1, 1 / rate)
