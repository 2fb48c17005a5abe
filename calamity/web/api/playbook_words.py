"""How differences between playbooks look on the wire."""

from collections.abc import Sequence

from msgspec import Struct

from calamity.domain.playbook_changes import Change as DomainChange
from calamity.domain.playbook_changes import Line


class InWords(Struct, frozen=True):
    """The same in both languages."""

    nl: str
    en: str


class Change(Struct, frozen=True):
    """One difference, in words. *part* is where it is, such as `steps/S04`."""

    part: str
    nl: str
    en: str
    before: InWords | None
    after: InWords | None


class ShortLine(Struct, frozen=True):
    """One line of a summary, and how many differences it stands for."""

    nl: str
    en: str
    changes: int


def lines_of(lines: Sequence[Line]) -> list[ShortLine]:
    """Return a summary for the wire."""
    return [ShortLine(each.said.nl, each.said.en, each.changes) for each in lines]


def changes_of(changes: Sequence[DomainChange]) -> list[Change]:
    """Return differences for the wire."""
    return [
        Change(
            each.part,
            each.nl,
            each.en,
            InWords(each.before.nl, each.before.en) if each.before else None,
            InWords(each.after.nl, each.after.en) if each.after else None,
        )
        for each in changes
    ]
