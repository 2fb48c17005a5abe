"""What asks for somebody now, besides tasks; and what must be done before a calamity closes."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.domain.timeline import MatterKind


class DutyLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided, promised, told around or begun, and now asks for somebody."""

    first: int
    kind: MatterKind | Literal["handover", "request"]
    title: str
    url: str
    owner: str
    due: datetime
    to: str = ""
    late: bool = False
    soon: bool = False


class Thanks(Struct, frozen=True, forbid_unknown_fields=True):
    """A task with which people are thanked."""

    task: str
    title: str
    done: bool


class Closing(Struct, frozen=True, forbid_unknown_fields=True):
    """What must be so, and what must have been said, before a calamity is closed."""

    stop: tuple[tuple[str, str], ...] = ()
    """(code, words) of the stop conditions."""
    thanks: tuple[Thanks, ...] = ()
    loop_back: Literal["not-needed", "waits", "done"] = "not-needed"
