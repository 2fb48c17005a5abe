"""A report as every form of it shows it: headings, lines, what is new, and how long it is."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from calamity.domain.report import LONGEST, Changes, Heading, Report, changes
from calamity.store.reports import Released
from calamity.web.language import Language
from calamity.web.sentences import N_

TITLES: dict[Heading, str] = {
    Heading.MOOD: N_("What residents think and feel"),
    Heading.BEHAVIOUR: N_("What people do"),
    Heading.QUESTIONS: N_("Which questions and rumours there are"),
    Heading.TOLD: N_("What we told and did"),
    Heading.OUTLOOK: N_("What we expect in the next 24 hours"),
    Heading.WELL: N_("What goes well"),
    Heading.DECISION: N_("Decision asked for"),
    Heading.UNKNOWN: N_("What we do not know"),
}


class Section(Struct, frozen=True):
    """One heading with its words."""

    heading: str
    title: str
    text: str
    length: int
    changes: Changes


class Sheet(Struct, frozen=True):
    """A released report as a page, a document or a file shows it, in its own language."""

    language: str
    municipality: str
    calamity: str
    is_exercise: bool
    number: int
    released_at: datetime
    released_by: str
    sha256: str
    valid_until: datetime | None
    """When the next update was promised, as it stood; nothing where none was."""
    before: int | None
    new_titles: tuple[str, ...]
    """Headings that differ from the version before."""
    sections: tuple[Section, ...]


def sections_of(report: Report, before: Report | None, say: Language) -> tuple[Section, ...]:
    """Return every heading of a report in order, beside the version before."""
    found = changes(before, report)
    return tuple(
        Section(
            heading.value,
            f"{place}. {say.text(TITLES[heading])}",
            report.text(heading),
            len(report.text(heading)),
            found[heading],
        )
        for place, heading in enumerate(Heading, start=1)
    )


def sheet_of(
    released: Released,
    before: Released | None,
    say: Language,
    *,
    municipality: str,
    calamity: str,
    is_exercise: bool,
) -> Sheet:
    """Return a released version; *say* is in the language of the report."""
    sections = sections_of(released.report, before.report if before else None, say)
    return Sheet(
        language=say.code,
        municipality=municipality,
        calamity=calamity,
        is_exercise=is_exercise,
        number=released.number,
        released_at=released.released_at,
        released_by=released.released_by,
        sha256=released.sha256,
        valid_until=released.report.next_update_at,
        before=before.number if before else None,
        new_titles=tuple(each.title for each in sections if each.changes.is_new),
        sections=sections,
    )


def title_of(sheet: Sheet, say: Language) -> str:
    """Return the title of a document that holds the report."""
    title = say.text(
        "Situation report %(number)s: %(title)s", number=sheet.number, title=sheet.calamity
    )
    return f"{say.text('EXERCISE')}: {title}" if sheet.is_exercise else title


def facts_of(sheet: Sheet, say: Language) -> Iterator[str]:
    """Say what every form begins with: the version, since when, until when, and what is new."""
    if sheet.is_exercise:
        yield say.text("EXERCISE")
    yield f"{sheet.municipality}, {sheet.calamity}"
    yield say.text(
        "Situation report %(number)s, released %(moment)s by %(who)s.",
        number=sheet.number,
        moment=say.moment(sheet.released_at),
        who=sheet.released_by,
    )
    if sheet.valid_until is not None:
        yield say.text(
            "Holds until the next update: %(moment)s.", moment=say.moment(sheet.valid_until)
        )
    if sheet.before is not None:
        yield say.text(
            "New since version %(number)s: %(headings)s.",
            number=sheet.before,
            headings="; ".join(sheet.new_titles),
        )


def as_text(sheet: Sheet, say: Language) -> str:
    """Return the report as plain text to copy into LCMS, heading by heading, with the lengths."""
    lines = list(facts_of(sheet, say))
    for section in sheet.sections:
        length = say.text("%(length)s of %(most)s characters", length=section.length, most=LONGEST)
        lines += ["", f"{section.title} [{length}]", section.text or say.text("Nothing to report.")]
    return "\n".join(lines) + "\n"
