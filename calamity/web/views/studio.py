"""The studio: a draft as an outline, a form and its source."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from calamity.domain.playbook_form import Form, Group
from calamity.domain.playbook_prose import Said


class DraftLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft in the list."""

    id: str
    slug: str
    title: str
    saved_by: str
    saved_at: datetime


class Drafts(Struct, frozen=True, forbid_unknown_fields=True):
    """The drafts, and from which versions another can begin."""

    drafts: tuple[DraftLine, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


class FaultLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault, with its place in the source and in the forms."""

    line: int
    column: int
    severity: str
    message: str
    cure: str
    part: str
    field: str


class Desk(Struct, frozen=True, forbid_unknown_fields=True):
    """What is on the desk: everything that follows from the source and the chosen part."""

    source: str
    part: str
    faults: tuple[FaultLine, ...]
    groups: Sequence[Group] = ()
    form: Form | None = None
    wrong: Mapping[str, Sequence[FaultLine]] = {}
    """The faults of the form, by field."""
    marked: Mapping[str, str] = {}
    """How bad it is with each part: error or warning."""
    names: Mapping[str, Sequence[tuple[str, str]]] = {}
    """What the codes of the document stand for, by list, for completion."""

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(fault.severity == "error" for fault in self.faults)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return len(self.faults) - self.errors


class MeetingLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A part that two people have differently, with what each did to it in words."""

    part: str
    where: Said
    side: str
    theirs: str
    ours: str
    they_did: tuple[Said, ...] = ()
    we_did: tuple[Said, ...] = ()


class Clash(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody else saved in between: who, when, and what differs."""

    draft: str
    saved_by: str
    saved_at: datetime
    meetings: tuple[MeetingLine, ...]
    can_merge: bool


class Studio(Struct, frozen=True, forbid_unknown_fields=True):
    """The studio of one draft."""

    id: str
    slug: str
    title: str
    revision: int
    saved_by: str
    saved_at: datetime
    desk: Desk
    clash: Clash | None = None
    problem: str = ""


class Submission(Struct, frozen=True, forbid_unknown_fields=True):
    """What there is to look at before a draft becomes a version."""

    id: str
    title: str
    revision: int
    faults: tuple[FaultLine, ...]
    errors: int
    problem: str = ""
    writers: tuple[str, ...] = ()
    """Everybody who wrote in it, none of whom may approve it."""
