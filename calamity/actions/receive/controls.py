"""Control words: they hold for the number, whoever of its owners wrote them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calamity.actions.receive.read import Read
from calamity.domain.answers import AnswerText
from calamity.domain.replies import (
    Access,
    CallMe,
    Help,
    Pause,
    Reading,
    SomeoneElse,
    Start,
    Stop,
    Unclear,
    Yes,
)
from calamity.store import pauses, stops
from calamity.store.database import Session
from calamity.store.outbox import cancel_for_recipient

_CARRIERS: dict[str, Reading] = {"START": Start(), "HELP": Help()}
_FOR_A_PERSON: dict[type, tuple[str, AnswerText | None]] = {
    Help: ("help", AnswerText.HELP),
    CallMe: ("call-me", AnswerText.KEPT),
    SomeoneElse: ("someone-else", AnswerText.SOMEONE_ELSE),
    Access: ("access", AnswerText.ACCESS),
}


def as_carrier_took_it(reading: Reading, opt_out: str, *, is_asked: bool) -> Reading:
    """Return a reading with what the carrier did about the text: after STOP it lets nothing out.

    Its START and HELP only help out where we read no answer: YES is one of its words for START.
    """
    if opt_out == "STOP":
        return Stop()
    if isinstance(reading, Unclear) or (isinstance(reading, Yes) and not is_asked):
        return _CARRIERS.get(opt_out, reading)
    return reading


async def take_in_control(
    session: Session, reading: Reading, owners: Iterable[str], *, is_asked: bool, at: datetime
) -> Read | None:
    """Act on a control word of the owners of a number; None for anything else.

    Whoever asks for a pause while a question is open (*is_asked*) is shown to a person: somebody
    may be counting on the answer.
    """
    match reading:
        case Stop():
            for each in owners:
                await stops.stop(session, each, at)
                await cancel_for_recipient(session, each, at)
            return Read("stop", AnswerText.STOPPED)
        case Start():
            for each in owners:
                await stops.start_again(session, each)
            return Read("start", AnswerText.STARTED)
        case Pause(days):
            until = at + timedelta(days=days)
            for each in owners:
                await pauses.pause(session, each, until)
                await cancel_for_recipient(session, each, at)
            return Read("pause", AnswerText.PAUSED, needs_person=is_asked, until=until)
    meaning, answer = _FOR_A_PERSON.get(type(reading), ("", None))
    return Read(meaning, answer, needs_person=True) if meaning else None
