"""The situation report: eight headings in a fixed order, and what a next version says anew.

The order is that of the common picture in the decree on safety regions, with what our own practice
adds: one line about what goes well, and what we do not know.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, structs

from calamity.domain.timeline import FactPart, Statement

LONGEST = 1500
"""Characters under one heading: what a field of LCMS is read in."""


class Heading(StrEnum):
    """A heading of the report; the order here is the order of the report."""

    MOOD = "mood"
    BEHAVIOUR = "behaviour"
    QUESTIONS = "questions"
    TOLD = "told"
    OUTLOOK = "outlook"
    WELL = "well"
    DECISION = "decision"
    UNKNOWN = "unknown"


_OF_KIND: Mapping[str, Heading] = {
    "interpretation": Heading.MOOD,
    "fact": Heading.BEHAVIOUR,
    "rumour": Heading.QUESTIONS,
    "measure": Heading.TOLD,
    "commitment": Heading.TOLD,
    "decision": Heading.TOLD,
}
_OF_PART: Mapping[FactPart | None, Heading] = {
    "we_do_not_know": Heading.UNKNOWN,
    "we_do": Heading.TOLD,
    "we_do_not": Heading.TOLD,
    "you_can": Heading.TOLD,
}


def heading_of(said: Statement) -> Heading:
    """Return under which heading these words are drafted."""
    return _OF_PART.get(said.part, _OF_KIND[said.kind])


Number = Annotated[int, Meta(ge=1)]


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a report, in the one language in which it is written; blank headings are kept.

    *round_id* names the round whose picture, as officials may see it, belongs to these words.
    """

    language: Literal["nl", "en"]
    texts: dict[Heading, str]
    round_id: str | None = None
    next_update_at: datetime | None = None
    """What was promised when these words were saved: until then they hold."""

    def text(self, heading: Heading) -> str:
        """Return what stands under a heading."""
        return self.texts.get(heading, "")


class ReportLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line under a heading, and whether the version before did not have it."""

    text: str
    is_new: bool


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """One heading beside the version before: its lines, and those that stand there no more."""

    lines: tuple[ReportLine, ...]
    gone: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Say whether anything here differs from the version before."""
        return bool(self.gone) or any(line.is_new for line in self.lines)


def tidied(text: str) -> str:
    """Return *text* with plain line ends, no space at the ends of lines, and no marks of control.

    What is pasted into another system must be text and nothing else.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    kept = ("".join(char for char in line if char.isprintable()).rstrip() for line in lines)
    return "\n".join(kept).strip()


def lines_of(text: str) -> list[str]:
    """Return the lines of a heading, without blank ones."""
    return [line for line in text.split("\n") if line.strip()]


def changes(before: Report | None, after: Report) -> dict[Heading, Changes]:
    """Say per heading what is new in *after* and what is gone; in a first version nothing is."""
    found = {}
    for heading in Heading:
        now = lines_of(after.text(heading))
        then = lines_of(before.text(heading)) if before is not None else now
        found[heading] = Changes(
            tuple(ReportLine(line, line not in then) for line in now),
            tuple(line for line in then if line not in now),
        )
    return found


def fitting(lines: list[str], longest: int = LONGEST) -> str:
    """Join the first of *lines* that fit together under one heading."""
    kept: list[str] = []
    for line in lines:
        if len("\n".join([*kept, line])) > longest:
            break
        kept.append(line)
    return "\n".join(kept)


def encoded(report: Report) -> bytes:
    """Return the document of a report: the same report is always the same bytes."""
    ordered = {heading: report.text(heading) for heading in Heading}
    return msgspec.json.encode(structs.replace(report, texts=ordered))


def digest(document: bytes) -> str:
    """Return the SHA-256 of a document, as the timeline names it."""
    return hashlib.sha256(document).hexdigest()
