"""Finds contact details, which no playbook may hold: it names roles, never people or numbers."""

import re
from typing import Final

from calamity.domain.playbook_check.faults import Findings, Path
from calamity.domain.playbook_check.source import Listing, Mapping, Node, Scalar

# Service numbers (112, 0800, 0900, 14 with an area code) belong to nobody and may stand in prose.
_PHONE: Final = re.compile(r"(?<![\w-])(?:(?:\+|00)[1-9]|0[1-79])[ -]?(?:[0-9][ -]?){7,12}(?![\w])")
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w")
_IN_TEXTS: Final = re.compile(
    r"(?i:https?://|\bwww\.)|\b[1-9][0-9]{3} ?[A-Z]{2}\b|(?<![0-9])[0-9]{5,}"
)


def check_contacts(node: Node, findings: Findings, path: Path = ()) -> None:
    """Report every value that holds a phone number or mail address; in texts, also a link."""
    match node:
        case Mapping():
            for name, child in node.entries.items():
                check_contacts(child, findings, (*path, name))
        case Listing():
            for index, child in enumerate(node.items):
                check_contacts(child, findings, (*path, index))
        case Scalar(value=str() as value):
            is_text = path[:1] == ("messages",) and not {"texts", "for_audience"}.isdisjoint(path)
            patterns = (_PHONE, _MAIL, _IN_TEXTS) if is_text else (_PHONE, _MAIL)
            if any(pattern.search(value) for pattern in patterns):
                findings.add("contact-details", path, at=node.mark)
