"""One form for many spellings: what a phone, a keyboard or a script adds is taken away."""

import re
import unicodedata

_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss"})
# Marks that ride on a character, joiners, fillers and the Arabic lengthening sign say nothing.
_SILENT = frozenset({"Mn", "Me", "Cf", "Cc", "Cs"})
_APOSTROPHES = re.compile("['’‘`´]")
_END_MARKS = re.compile(r"[\s.,!;:\"“”„«»()\[\]…*_،؛。、\-‐‑–—]+")


def fold(text: str) -> str:
    """Return the text as the table knows it: small letters, no accents, words and other signs."""
    spaced = re.sub(r"\s", " ", text)
    small = unicodedata.normalize("NFKD", spaced.casefold()).casefold()
    heard = "".join(
        char for char in small if char != "ـ" and unicodedata.category(char) not in _SILENT
    )
    plain = _APOSTROPHES.sub("", heard.translate(_LETTERS))
    return _END_MARKS.sub(" ", plain).strip()


def ascii_digits(folded: str) -> str:
    """Return the text with the digits of every script as 0-9."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
