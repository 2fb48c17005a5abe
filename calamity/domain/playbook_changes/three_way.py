"""Three documents: what came in once, what its origin made of it since, and what we made of it."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from calamity.domain.playbook import Playbook
from calamity.domain.playbook_changes.change import Change
from calamity.domain.playbook_changes.compare import compare

Choice = Literal["ours", "theirs"]


class Difference(Struct, frozen=True):
    """One part that somebody changed. *choice* is what we propose; None: a person must choose."""

    part: str
    theirs: list[Change]
    """What they changed since the common origin."""
    ours: list[Change]
    """What we changed since."""
    between: list[Change]
    """What becomes different here if we take theirs."""
    choice: Choice | None

    @property
    def is_both(self) -> bool:
        """Tell whether both changed this part, in different ways."""
        return bool(self.theirs and self.ours)


def differences(base: Playbook | None, theirs: Playbook, ours: Playbook) -> list[Difference]:
    """Return part by part where theirs and ours differ.

    Without a common origin nobody can tell who changed what, so every part is a choice.
    """
    between = _by_part(compare(ours, theirs))
    their_changes = _by_part(compare(base, theirs)) if base else {}
    our_changes = _by_part(compare(base, ours)) if base else {}
    return [
        Difference(
            part,
            their_changes.get(part, []),
            our_changes.get(part, []),
            changes,
            _proposed(part, their_changes, our_changes),
        )
        for part, changes in between.items()
        # Where parts stand in a list follows ours; it means nothing by itself.
        if not part.endswith("/")
    ]


def _proposed(
    part: str, theirs: Mapping[str, list[Change]], ours: Mapping[str, list[Change]]
) -> Choice | None:
    if (part in theirs) == (part in ours):
        return None
    return "theirs" if part in theirs else "ours"


def _by_part(changes: list[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.part, []).append(change)
    return found
