"""Ours, with the parts of theirs that somebody chose."""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import structs

from calamity.domain.playbook import Playbook, Words
from calamity.domain.playbook_changes.compare import CODED, HEAD, LEVELS


def merge(
    ours: Playbook, theirs: Playbook, taken: Collection[str], *, version: int, change: Words
) -> Playbook:
    """Return our document with the parts of *taken* as they have them; it may still have faults.

    A part that they do not have any more goes; a new one stands behind what it followed there.
    """
    fields: dict[str, Any] = {
        name: getattr(theirs, name) for name in HEAD if f"playbook/{name}" in taken
    }
    for name in CODED:
        codes = {part.partition("/")[2] for part in taken if part.startswith(f"{name}/")}
        fields[name] = _merged(getattr(ours, name), getattr(theirs, name), codes)
    levels = {int(part.partition("/")[2]) for part in taken if part.startswith(f"{LEVELS}/")}
    fields[LEVELS] = [
        *(rule for rule in ours.levels if rule.level not in levels),
        *(rule for rule in theirs.levels if rule.level in levels),
    ]
    return structs.replace(ours, **fields, version=version, changes=[change])


def _merged(ours: Sequence[Any], theirs: Sequence[Any], codes: Collection[str]) -> list[Any]:
    new = {part.code: part for part in theirs if part.code in codes}
    merged = [
        new.get(part.code, part) for part in ours if part.code not in codes or part.code in new
    ]
    known = {part.code for part in merged}
    for place, part in enumerate(theirs):
        if part.code in new and part.code not in known:
            before = [other.code for other in theirs[:place]]
            at = max(
                (index + 1 for index, other in enumerate(merged) if other.code in before),
                default=0,
            )
            merged.insert(at, part)
    return merged
