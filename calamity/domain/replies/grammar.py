"""The grammar itself: control words first, then answers with or without a code, then doubt."""

import re
import unicodedata
from collections.abc import Iterable

from calamity.domain.replies import words
from calamity.domain.replies.devices import is_automatic, is_echo, is_tapback
from calamity.domain.replies.folding import ascii_digits, fold
from calamity.domain.replies.readings import (
    Access,
    Answer,
    AutoReply,
    CallMe,
    Coded,
    Digit,
    Echo,
    Help,
    InWords,
    No,
    Pause,
    Reading,
    SomeoneElse,
    Start,
    Stop,
    Tapback,
    Unclear,
    Yes,
)

LONGEST_PAUSE = 90
"""Days. Who wants longer wants to talk about the agreement."""
_A_WEEK = 7


def _folded(listed: str) -> list[str]:
    return [fold(phrase) for phrase in listed.split(",")]


def _one_of(listed: str) -> str:
    return "|".join(sorted(map(re.escape, _folded(listed)), key=len, reverse=True))


_PHRASES: dict[str, Reading] = {
    phrase: reading for reading, listed in words.TABLE for phrase in _folded(listed)
}
_PAUSE_WORD = rf"(?:{_one_of(words.PAUSE)})"
_SPAN = rf"(?P<n>\d{{1,3}}) ?(?:(?:{_one_of(words.DAYS)})|(?P<weeks>{_one_of(words.WEEKS)}))?"
_PAUSES = (
    re.compile(rf"{_PAUSE_WORD}(?: ?{_SPAN})?"),
    re.compile(rf"{_SPAN} {_PAUSE_WORD}"),
)
_CODE_WORD = rf"(?:(?:{_one_of(words.CODE)}) ?)?#?"
_CODES = (
    re.compile(rf"(?P<answer>\d(?= )|.{{0,80}}?\D) ?{_CODE_WORD}(?P<code>\d{{4}})"),
    re.compile(rf"{_CODE_WORD}(?P<code>\d{{4}}) ?(?P<answer>(?<= )\d|\D.{{0,80}})"),
)
# Four digits with spaces between them, as people copy them; longer numbers are no code.
_SPACED = re.compile(r"(?<!\d)(?<!\d )(\d) ?(\d) ?(\d) ?(\d)(?! ?\d)")
_FRIENDLY = " 👍👌🙏🙂😊❤✅🏻🏼🏽🏾🏿"
_MINUS = ("-", "−", "–", "—")
_WORD = re.compile(r"\w+")


def read_reply(body: str, *, ours: Iterable[str] = ()) -> Reading:
    """Read one inbound text. Control words come first; a doubt is always Unclear.

    *ours* are texts that we sent to this person lately, so that an echo is known for one.
    """
    if is_tapback(body):
        return Tapback()
    folded = fold(body)
    signed = body.lstrip().startswith(_MINUS)
    known = _PHRASES.get(folded) or _known_but_for_signs(folded)
    if known is not None:
        return known
    if is_automatic(folded):
        return AutoReply()
    if is_echo(body, ours):
        return Echo()
    return (
        _read_pause(folded)
        or _read_coded(fold(_SPACED.sub(r"\1\2\3\4", _plainly_spaced(body))), signed=signed)
        or _read_digit(folded, signed=signed)
    )


def _plainly_spaced(body: str) -> str:
    """Return a text with one plain space wherever there is any, and without unseen signs."""
    seen = "".join(char for char in body if unicodedata.category(char) != "Cf")
    return re.sub(r"\s+", " ", seen)


def _known_but_for_signs(folded: str) -> Reading | None:
    """Look past a friendly sign behind yes or no, and past the question mark of a control word.

    "Yes?" is a doubt; "help?" and "stop?" are not.
    """
    polite = _PHRASES.get(folded.rstrip(_FRIENDLY))
    if isinstance(polite, Yes | No):
        return polite
    asked = _PHRASES.get(folded.strip("?؟ "))
    return asked if isinstance(asked, Stop | Start | Help | CallMe | SomeoneElse | Access) else None


def _read_pause(folded: str) -> Pause | None:
    plain = ascii_digits(folded)
    for pattern in _PAUSES:
        if (found := pattern.fullmatch(plain)) is not None:
            count = found["n"]
            days = _A_WEEK if count is None else int(count) * (_A_WEEK if found["weeks"] else 1)
            return Pause(days) if 0 < days <= LONGEST_PAUSE else None
    return None


def _read_coded(folded: str, *, signed: bool) -> Coded | None:
    """Read an answer with a code before or behind it; two answers or two codes are none."""
    plain = ascii_digits(folded).rstrip(_FRIENDLY)
    for pattern in _CODES:
        if (found := pattern.fullmatch(plain)) is None:
            continue
        answer = _answer(found["answer"].strip(), signed=signed)
        if answer is not None:
            return Coded(answer, found["code"])
    return None


def _answer(folded: str, *, signed: bool) -> Answer | None:
    known = _PHRASES.get(folded.rstrip(_FRIENDLY)) or _read_digit(folded, signed=signed)
    return known if isinstance(known, Yes | No | Digit | InWords) else None


def _read_digit(folded: str, *, signed: bool) -> Digit | Unclear:
    found = _WORD.findall(folded)
    if len(found) != 1 or len(found[0]) != 1 or not found[0].isdigit():
        return Unclear()
    value = unicodedata.digit(found[0])
    clean = folded == found[0] and not signed
    return Digit(value) if clean else Unclear(digit_hint=value)
