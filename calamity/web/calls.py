"""What a call of ours gets to say: asked by the carrier while somebody is on the line."""

from urllib.parse import quote

import structlog

from calamity.actions.receive import Said, answer_call
from calamity.domain.spoken import VOICES, WITHOUT_LANGUAGE, Phrase, phrase
from calamity.gateways.carrier import CallTurn
from calamity.gateways.twilio_calls import VOICE_PATH, Spoken, twiml
from calamity.web.house import House, now

log = structlog.get_logger(__name__)


async def speak(house: House, call: CallTurn, message_id: str) -> bytes:
    """Return the document for one turn of a call; a key that was pressed is kept by then."""
    try:
        async with house.database.transaction() as session:
            turn = await answer_call(
                session, house.wakes, house.terms, message_id, call.sid,
                is_machine=call.is_machine, keys=call.keys, asked=call.asked, at=now(),
            )  # fmt: skip
    except Exception:
        log.exception("call.not_answered", message_id=message_id)
        sorry = (Said(each, phrase(Phrase.NOT_KEPT, each)) for each in WITHOUT_LANGUAGE)
        return twiml(map(_spoken, sorry))
    if turn is None:
        return twiml(())
    question = _spoken(turn.question) if turn.question else None
    then = f"{VOICE_PATH}?m={quote(message_id, safe='')}&asked={call.asked + 1}"
    return twiml(map(_spoken, turn.said), question, then)


def _spoken(said: Said) -> Spoken:
    return Spoken(VOICES.get(said.language, VOICES["nl"]), said.words)
