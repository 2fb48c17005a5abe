"""Checks playbook documents, and gives a sound one its canonical bytes and its fingerprint.

`read` and `check` are the only ways in: no other YAML reader sees a playbook.
"""

from typing import cast

import msgspec

from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check.canonical import canonical, fingerprint
from calamity.domain.playbook_check.contacts import check_contacts
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Fault, Findings, PlaybookFaults
from calamity.domain.playbook_check.order import check_order
from calamity.domain.playbook_check.plan import check_plan
from calamity.domain.playbook_check.schema import json_schema
from calamity.domain.playbook_check.shape import PLAYBOOK, Shape
from calamity.domain.playbook_check.source import compose
from calamity.domain.playbook_check.words import check_words, worst_case

__all__ = [
    "Fault",
    "PlaybookFaults",
    "canonical",
    "check",
    "fingerprint",
    "json_schema",
    "read",
    "worst_case",
]


def check(source: str | bytes, filename: str) -> list[Fault]:
    """Return every fault of the document, warnings included, in the order of the file.

    *filename* appears in the faults; its folder must be the slug, and v3.yaml must be version 3.
    """
    return _examine(source, filename)[1]


def read(source: str | bytes, filename: str) -> Playbook:
    """Return the playbook that the document holds; raise PlaybookFaults if it has an error."""
    playbook, faults = _examine(source, filename)
    if playbook is None or any(fault.severity == "error" for fault in faults):
        raise PlaybookFaults(faults)
    return playbook


def _examine(source: str | bytes, filename: str) -> tuple[Playbook | None, list[Fault]]:
    findings = Findings(filename)
    tree = compose(source, findings)
    if tree is None:
        return None, findings.faults()
    playbook = cast("Playbook", Shape(findings).read(tree, PLAYBOOK, ()))
    check_contacts(tree, findings)
    draft = Draft(playbook, findings)
    check_plan(draft)
    check_order(draft)
    check_words(draft)
    faults = findings.faults()
    if not any(fault.severity == "error" for fault in faults):
        # The structs have the last word: whatever passes here can be decoded ever after.
        playbook = msgspec.json.decode(canonical(playbook), type=Playbook)
    return playbook, faults
