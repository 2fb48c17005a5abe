"""How differences between playbooks look on the wire."""

from collections.abc import Sequence

from msgspec import Struct

from calamity.domain.playbook_changes import Change as DomainChange


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
