"""Playbooks through their life, and to and from other municipalities, as pages show it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.web.views.frame import Form


class ChangeView(Struct, frozen=True, forbid_unknown_fields=True):
    """One difference, in words, with what to show side by side."""

    says: str
    before: str | None = None
    after: str | None = None


class ComparePage(Struct, frozen=True, forbid_unknown_fields=True):
    """What differs between two versions of a playbook, or of a block."""

    kind: Literal["playbook", "block"]
    slug: str
    title: str
    old: int
    new: int
    versions: tuple[int, ...]
    changes: tuple[ChangeView, ...]
    short: tuple[str, ...]
    """The same in a few lines; each difference itself where there are few."""


class GapLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What of one kind has nobody here yet, and in which room people are bound to it."""

    kind: Literal["role", "audience", "circle", "neighbourhood", "map"]
    room: Literal["people", "neighbourhoods"]
    names: tuple[str, ...]


class ApprovalView(Struct, frozen=True, forbid_unknown_fields=True):
    """Who approved a version at its origin: an office and a key, never a name."""

    office: str
    """A role, or nothing when they did not say."""
    named: str
    fingerprint: str
    at: datetime


class IncomingView(Struct, frozen=True, forbid_unknown_fields=True):
    """One playbook of a bundle, beside what there is here."""

    slug: str
    title: str
    version: int
    standing: Literal["new", "same", "update", "ours-ahead", "merge", "unfinished"]
    ours: int | None
    changes: tuple[ChangeView, ...]
    short: tuple[str, ...] = ()
    """The changes in a few lines."""
    approval: ApprovalView | None = None
    crossings: tuple[str, ...] = ()
    """What of another program's document did not come across."""
    faults: tuple[str, ...] = ()
    """What is still to be finished in the draft that it becomes."""


class ImportPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Taking playbooks over: choosing a file, or with *file* what it would bring.

    The file itself travels in the form until somebody confirms: nothing is stored before that.
    """

    form: Form = Form()
    problems: tuple[str, ...] = ()
    file: str = ""
    filename: str = ""
    municipality: str = ""
    fingerprint: str = ""
    trusted_as: str | None = None
    playbooks: tuple[IncomingView, ...] = ()
    gaps: tuple[GapLine, ...] = ()
    """What has nobody here yet, of all playbooks together."""


class MergePart(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a playbook that they changed, or we, or both."""

    part: str
    title: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    between: tuple[ChangeView, ...]
    choice: Literal["ours", "theirs"] | None


class MergePage(Struct, frozen=True, forbid_unknown_fields=True):
    """What they changed, what we changed and where both did: a choice per part."""

    import_id: str
    slug: str
    title: str
    municipality: str
    theirs: int
    ours: int
    has_base: bool
    parts: tuple[MergePart, ...]
    form: Form = Form()


class KeyLine(Struct, frozen=True, forbid_unknown_fields=True):
    """The key of another municipality."""

    id: str
    name: str
    fingerprint: str
    added_at: datetime
    withdrawn_at: datetime | None


class KeysPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Our own key, for others to trust, and those that we trust."""

    name: str
    fingerprint: str
    keys: tuple[KeyLine, ...] = ()
    form: Form = Form()
