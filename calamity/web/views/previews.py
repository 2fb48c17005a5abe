"""Previews of a playbook: in order of time, its texts, and the emergency folder on paper."""

from datetime import datetime

from msgspec import Struct

from calamity.web.views.start import PlannedText


class TimedStep(Struct, frozen=True, forbid_unknown_fields=True):
    """A step at its time, with its bar: *left* and *width* in percent of its phase."""

    code: str
    title: str
    role: str
    start_at: datetime
    due_at: datetime
    left: float
    width: float
    automatic: bool
    only_if: str
    repeats: str
    occurrence: int
    goes_on: bool


class TimedPhase(Struct, frozen=True, forbid_unknown_fields=True):
    """A phase with its steps in order of time."""

    title: str
    starts_at: datetime
    steps: tuple[TimedStep, ...]


class GroupTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """A message as one kind of recipient gets it."""

    code: str
    kind: str
    audience: str
    steps: tuple[str, ...]
    texts: tuple[PlannedText, ...]
    are_real: bool


class PreviewPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page with the timeline and the texts of a version."""

    slug: str
    version: int
    title: str
    t0: datetime
    t0_typed: str
    wrong: str
    phases: tuple[TimedPhase, ...]
    texts: tuple[GroupTexts, ...]


class CheckLine(Struct, frozen=True, rename="camel"):
    """A line to tick off."""

    code: str
    title: str
    role: str
    due: str
    how: tuple[str, ...] = ()
    """Conditions, repeats, help and what shows that it is done, each a line."""


class CheckPhase(Struct, frozen=True):
    """A phase as a checklist."""

    title: str
    starts: str
    lines: tuple[CheckLine, ...]


class RoleCard(Struct, frozen=True):
    """A page for one role."""

    title: str
    task: str
    note: str
    people: tuple[str, ...]
    blanks: int
    lines: tuple[CheckLine, ...]


class PaperText(Struct, frozen=True):
    """A text to read out or to type over."""

    code: str
    about: str
    language: str
    label: str
    text: str


class PaperCard(Struct, frozen=True):
    """A card to take along."""

    title: str
    about: str
    purpose: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]


class Folder(Struct, frozen=True):
    """The emergency folder: everything of a playbook that is needed when no screen works."""

    language: str
    title: str
    municipality: str
    purpose: str
    facts: tuple[tuple[str, str], ...]
    """Version, fingerprint, validity: each with its name."""
    we_do: tuple[str, ...]
    we_do_not: tuple[str, ...]
    first_hour: tuple[CheckLine, ...]
    phases: tuple[CheckPhase, ...]
    roles: tuple[RoleCard, ...]
    texts: tuple[PaperText, ...]
    cards: tuple[PaperCard, ...]
    stop: tuple[str, ...]
    words: dict[str, str]
    """The words of the folder itself, by name."""


class FolderPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The folder as a page to print."""

    slug: str
    version: int
    folder: Folder
