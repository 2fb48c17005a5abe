"""The situation report: the last version, its versions, and the draft under hand."""

from datetime import datetime

from msgspec import Struct

from calamity.web.report_words import Section, Sheet
from calamity.web.views.frame import Form


class VersionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A released version in the list."""

    number: int
    released_at: datetime
    released_by: str


class ReportPage(Struct, frozen=True, forbid_unknown_fields=True):
    """A released version, the last one unless an earlier one is asked for."""

    calamity: str
    title: str
    sheet: Sheet | None
    versions: tuple[VersionLine, ...] = ()
    has_picture: bool = False
    closed: bool = False

    @property
    def is_last(self) -> bool:
        """Say whether nothing newer was released."""
        return self.sheet is None or self.sheet.number == self.versions[0].number


class DraftPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The draft, heading by heading, with what only the team sees beside it."""

    calamity: str
    title: str
    sections: tuple[Section, ...]
    team_only: dict[str, list[str]]
    language: str
    revision: int
    saved_at: datetime | None = None
    saved_by: str = ""
    last: int | None = None
    """The number of the last released version."""
    fresh: bool = False
    """The words come from the timeline just now, and nobody saved them yet."""
    theirs: dict[str, str] = {}
    """What somebody else saved meanwhile, under headings where it differs."""
    form: Form = Form()
