"""Words on their way to a phone: how many SMS parts, which placeholders, what may be shown."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from calamity.domain.errors import Refused

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038 in its order, without ESC (which stands before Æ)."""
GSM_EXTENSION = "\f^{}\\[~]|€"
"""The characters of its extension table: each takes two units."""
_GSM_CHARS = frozenset(GSM_BASIC + GSM_EXTENSION)
# Expressions run in C: a dispatch to thousands of people counts thousands of texts.
_NOT_GSM = re.compile(f"[^{re.escape(GSM_BASIC + GSM_EXTENSION)}]")
_EXTENDED = re.compile(f"[{re.escape(GSM_EXTENSION)}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

_LAST_OF_PLANE = 0xFFFF

_GSM_SIZES = (160, 153)
_UCS2_SIZES = (70, 67)


class Segments(Struct, frozen=True):
    """What a text costs: its encoding, its length in units of that encoding, its SMS parts."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def room_in(cost: Segments) -> int:
    """Return how many units fit in the parts of a text, at least one part."""
    one, several = _GSM_SIZES if cost.encoding == "GSM-7" else _UCS2_SIZES
    return one if cost.parts <= 1 else cost.parts * several


def segments(text: str) -> Segments:
    """Count the SMS parts of a text. An empty text has no parts."""
    encoding: Literal["GSM-7", "UCS-2"]
    if _NOT_GSM.search(text) is None:
        encoding, wide, (one, several) = "GSM-7", _EXTENDED, _GSM_SIZES
    else:
        encoding, wide, (one, several) = "UCS-2", _ASTRAL, _UCS2_SIZES
    pairs = [found.start() for found in wide.finditer(text)]
    units = len(text) + len(pairs)
    if units <= one:
        return Segments(encoding, units, 1 if text else 0)
    return Segments(encoding, units, _parts(units, pairs, several))


def _parts(units: int, pairs: list[int], size: int) -> int:
    """Count parts of *size* units; a pair that would straddle a border moves to the next part.

    *pairs* are the positions of the characters that take two units.
    """
    lost = 0  # units left empty at the end of a part, because a pair did not fit
    for before, position in enumerate(pairs):
        if (position + before + lost) % size == size - 1:
            lost += 1
    return -(-(units + lost) // size)


def parts(text: str) -> list[str]:
    """Split a text as it travels: one string for each part that `segments` counts."""
    cost = segments(text)
    if cost.parts <= 1:
        return [text] if text else []
    is_gsm = cost.encoding == "GSM-7"
    size = _GSM_SIZES[1] if is_gsm else _UCS2_SIZES[1]
    found, begin, taken = [], 0, 0
    for position, char in enumerate(text):
        units = 2 if (char in GSM_EXTENSION if is_gsm else ord(char) > _LAST_OF_PLANE) else 1
        if taken + units > size:
            found.append(text[begin:position])
            begin, taken = position, 0
        taken += units
    return [*found, text[begin:]]


PLACEHOLDERS = frozenset(
    {
        "municipality",
        "incident",
        "time",
        "place",
        "role",
        "link",
        "first_name",
        "phone",
        "sender",
        "neighbourhood",
        "date",
        "check_word",
    }
)
_PLACEHOLDER = re.compile(r"\{([^{}\r\n]{0,40})\}")


def placeholders(text: str) -> list[str]:
    """Return the names between braces, each once, in order of appearance; also unknown ones."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of the placeholders, literally: braces in a value stay braces."""
    for name in placeholders(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(sorted(PLACEHOLDERS))
            raise Refused(f"{{{name}}} is not a placeholder. Use one of: {known}.", field="text")
        if name not in values:
            raise Refused(f"The text needs a value for {{{name}}}. Fill it in.", field=name)
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


# Characters without a decomposition that leads to a GSM-7 character.
_SUGGESTIONS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "′": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-", "•": "-", "·": "-",
    "…": "...", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    "\u00ad": "", "\u200b": "", "\ufeff": "", "\u200e": "", "\u200f": "",
    "→": "->", "←": "<-", "×": "x", "÷": "/", "½": "1/2", "¼": "1/4", "¾": "3/4", "°": " gr.",
    "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE", "þ": "th",
    "©": "(c)", "®": "(r)", "™": "(tm)",
}  # fmt: skip


def gsm_suggestion(char: str) -> str | None:
    """Propose GSM-7 words for one character; None if it is GSM-7 already or has no likeness.

    It is a proposal to a person: never apply it to a name unasked.
    """
    if char in _GSM_CHARS:
        return None
    if char in _SUGGESTIONS:
        return _SUGGESTIONS[char]
    decomposed = unicodedata.normalize("NFKD", char)
    plain = "".join(part for part in decomposed if not unicodedata.combining(part))
    return plain if plain and _GSM_CHARS.issuperset(plain) else None


class CostlyCharacter(Struct, frozen=True):
    """A character that costs more than one unit, or makes the whole text longer.

    *forces_long* tells that it turns 160 characters in a part into 70. *suggestion* may be empty:
    leave it out.
    """

    char: str
    count: int
    units: int
    forces_long: bool
    suggestion: str | None


def costly_characters(text: str) -> list[CostlyCharacter]:
    """Return what makes a text dearer, those that cost most first, then in order of appearance."""
    is_gsm = _NOT_GSM.search(text) is None
    found = []
    for char, count in Counter(text).items():
        forces_long = char not in _GSM_CHARS
        units = 2 if (char in GSM_EXTENSION if is_gsm else ord(char) > _LAST_OF_PLANE) else 1
        if units > 1 or forces_long:
            found.append(CostlyCharacter(char, count, units, forces_long, gsm_suggestion(char)))
    return sorted(found, key=lambda each: (not each.forces_long, -each.units))


def spelled_plainly(text: str) -> str:
    """Return the text with every suggestion taken: for a person who said so, never unasked."""
    return "".join(char if (plain := gsm_suggestion(char)) is None else plain for char in text)


def without_sentence_of(text: str, name: str) -> str:
    """Leave out each sentence with this placeholder, for people of whom there is no value."""
    placeholder = f"{{{name}}}"
    if placeholder not in text:
        return text
    return without_sentences(text, re.escape(placeholder))


def without_sentences(text: str, pattern: str) -> str:
    """Leave out each sentence in which this pattern is found."""
    # A full stop within a time or an address ends no sentence.
    within = r"(?:[^.!?\n]|[.!?](?=\S))*"
    sentence = rf"{within}{pattern}{within}[.!?]*"
    whole_line = rf"(?:^|\n){sentence}(?=\n|$)"
    return re.sub(sentence, "", re.sub(whole_line, "", text)).strip()


EXERCISE_PREFIX = "OEFENING. "


def as_exercise(text: str) -> str:
    """Begin the text with the word that marks an exercise, once."""
    return text if text.startswith(EXERCISE_PREFIX) else EXERCISE_PREFIX + text


# Line breaks stay; other C0 and C1 controls, bidi controls, lone surrogates and the byte order
# mark go. The zero-width joiner stays: emoji and Persian need it.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BREAKS = re.compile("\r\n?|[\u2028\u2029\u0085\x0b\x0c]")


def clean_for_display(text: str) -> str:
    """Take out what a text from outside could use to mislead the eye or to break a page."""
    return _UNSHOWN.sub("", _BREAKS.sub("\n", text).replace("\t", " "))
