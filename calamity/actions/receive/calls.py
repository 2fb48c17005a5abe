"""A call of ours was answered: what to say, and what a key means.

A machine hears neutral words only. Without one of the keys there is no answer, whoever picked up.
"""

from datetime import datetime

from msgspec import Struct

from calamity.actions.receive.acknowledge import acknowledge
from calamity.actions.terms import Terms
from calamity.domain.call_out import ANSWER_BY_DIGIT, Rung
from calamity.domain.channels import Channel
from calamity.domain.phone import read_any_phone
from calamity.domain.spoken import UNDERSTOOD, Phrase, phrase
from calamity.domain.texts import as_exercise
from calamity.store import calls
from calamity.store.calls import OpenCall
from calamity.store.database import Session
from calamity.store.wakes import Wakes

_MOST_ASKED = 2


class Said(Struct, frozen=True):
    """Words in a language."""

    language: str
    words: str


class Turn(Struct, frozen=True):
    """What is said now; after a *question* one key is waited for, else the call ends."""

    said: list[Said]
    question: Said | None = None


async def answer_call(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    message_id: str,
    sid: str,
    *,
    is_machine: bool,
    keys: str,
    asked: int,
    at: datetime,
) -> Turn | None:
    """Take in the key that was pressed, if any, and return what to say; None to hang up.

    *asked* is how often the question was put in this call.
    """
    call = await calls.find_call(session, message_id, sid)
    if call is None:
        return None
    if is_machine:
        return Turn([_who(call), _ours(call, Phrase.MACHINE)])
    if call.rung is Rung.SPARED:
        return Turn([_who(call), _ours(call, Phrase.ENOUGH)])
    answer = ANSWER_BY_DIGIT.get(int(keys)) if keys.isdecimal() else None
    if answer is None:
        return _ask(call, asked)
    if call.answer != answer:
        # The same key twice is one answer: the carrier may post again what it thinks was lost.
        await acknowledge(
            session, wakes, terms, call.municipality_id, call.ladder_id,
            digit=int(keys), at=at, by_hand=False, way=Channel.VOICE,
        )  # fmt: skip
    return Turn([_ours(call, UNDERSTOOD[answer])])


def _ask(call: OpenCall, asked: int) -> Turn:
    """Say the words and ask, twice at most; who has answered elsewhere is not asked."""
    if call.rung is Rung.ANSWERED:
        return Turn([_who(call), _ours(call, Phrase.KNOWN)])
    if asked >= _MOST_ASKED:
        return Turn([_ours(call, Phrase.NO_ANSWER)])
    first = _ours(call, Phrase.NOT_HEARD) if asked else _who(call)
    return Turn([first, Said(call.words_language, call.words)], _ours(call, Phrase.KEYS))


def _who(call: OpenCall) -> Said:
    """Say first who calls, and that it is an exercise where it is one."""
    said = _ours(call, Phrase.WHO)
    return Said(said.language, as_exercise(said.words)) if call.is_exercise else said


def _ours(call: OpenCall, which: Phrase) -> Said:
    words = phrase(
        which, call.language, municipality=call.municipality,
        phone=read_any_phone(call.crisis_phone).shown,
    )  # fmt: skip
    return Said(call.language, words)
