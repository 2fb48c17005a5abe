"""What the parts of a document are called, and telling of a name that nothing has."""

from collections.abc import Iterable
from typing import Final

from calamity.domain.playbook_check.faults import Findings, Path, shown
from calamity.domain.playbook_check.source import closest
from calamity.domain.playbook_prose import PARTS

NAMES: Final[dict[str, tuple[str, str]]] = {
    name: (one.en, one.nl) for name, (_, one) in PARTS.items()
}


def tell_unknown(
    findings: Findings, what: tuple[str, str], code: str, known: Iterable[str], path: Path
) -> None:
    """Report a code that does not exist, with the codes that do."""
    known = list(dict.fromkeys(filter(None, known)))
    findings.add(
        "unknown-code",
        path,
        what=what,
        code=shown(code),
        known=", ".join(known) or "-",
        hint=("", "") if findings.is_full else closest(code, known),
    )
