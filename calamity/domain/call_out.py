"""The ladder of a call-out: call, remind, take the deputy, until enough people come."""

from enum import StrEnum


class CallOutState(StrEnum):
    """Where a call-out stands."""

    RUNNING = "running"
    FILLED = "filled"
    ENDED = "ended"


class Rung(StrEnum):
    """Where one person stands on the ladder."""

    WAITING = "waiting"
    CALLED = "called"
    REMINDED = "reminded"
    ANSWERED = "answered"
    SILENT = "silent"
    """Reminded, no answer; the deputy was called, if there is one. A late answer still counts."""
    SPARED = "spared"
    UNREACHABLE = "unreachable"


class Answer(StrEnum):
    """What a member of the team answers."""

    COMING = "coming"
    CANNOT = "cannot"
    LATE = "late"

    @property
    def comes(self) -> bool:
        """Whether this person will be there, if later."""
        return self is not Answer.CANNOT


ANSWER_BY_DIGIT = {1: Answer.COMING, 2: Answer.CANNOT, 3: Answer.LATE}

OPEN_RUNGS = frozenset({Rung.CALLED, Rung.REMINDED, Rung.SILENT})
"""Rungs from which an answer is expected or still welcome."""
