"""The smallest pieces of a playbook: codes, lengths of time, and words in languages."""

import re
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Language = Literal["nl", "en", "ar", "tr", "pl", "uk"]
# "[0-9]", not "\d": Python's \d also takes the digits of other scripts.
Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$",
        description="A short name: letters, digits, - and _; begins with a letter.",
        examples=["S04", "all-key-figures"],
    ),
]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{1,59}$",
        description="The name of the folder that holds the versions of this document.",
        examples=["attack-elsewhere"],
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,4}[mhd]$",
        description="A length of time.",
        examples=["10m", "4h", "2d"],
    ),
]
ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="A time of day, in quotes.",
        examples=["22:00", "07:00"],
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=160)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=2000)]
SmsText = Annotated[str, Meta(min_length=1, max_length=600)]

# How many characters may stand in the place of a placeholder. Texts are checked with every
# placeholder this long, so that the plan never brings more SMS parts than the author saw.
LONGEST: Final[dict[str, int]] = {
    "municipality": 30,
    "incident": 60,
    "time": 5,
    "date": 21,
    "place": 30,
    "role": 30,
    "link": 60,
    "first_name": 20,
    "phone": 16,
    "sender": 24,
    "neighbourhood": 30,
    "check_word": 20,
}

_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def seconds(length: str) -> int:
    """Return how many seconds a duration (15m), or an offset from T0 (T+15m), stands for."""
    found = re.fullmatch(r"(?:T\+)?([0-9]+)([mhd])", length)
    if found is None:
        raise ValueError("not an offset such as T+15m, nor a duration such as 4h")
    return int(found[1]) * _UNIT_SECONDS[found[2]]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a document: refuses fields that it does not know.

    A default never changes: published versions that leave the field out would mean something else.
    """


class Words(Part, frozen=True):
    """A short text for the screen, in both languages of the product."""

    nl: Line
    en: Line

    def in_language(self, language: str) -> str:
        """Return the English words for English, else the Dutch."""
        return self.en if language == "en" else self.nl


class Prose(Part, frozen=True):
    """A longer text for the screen, in both languages of the product."""

    nl: Paragraph
    en: Paragraph

    def in_language(self, language: str) -> str:
        """Return the English words for English, else the Dutch."""
        return self.en if language == "en" else self.nl
