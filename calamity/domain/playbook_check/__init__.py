"""Checks playbook documents, and gives a sound one its canonical bytes and its fingerprint.

`read` and `check` are the only ways in: no other YAML reader sees a playbook.
"""

from datetime import date
from types import MappingProxyType
from typing import cast

import msgspec

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check.block import check_block, standing_alone
from calamity.domain.playbook_check.blocks import Blocks, build
from calamity.domain.playbook_check.canonical import canonical, fingerprint
from calamity.domain.playbook_check.conditions import check_conditions
from calamity.domain.playbook_check.contacts import check_contacts
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Fault, Findings, PlaybookFaults
from calamity.domain.playbook_check.heard import check_heard
from calamity.domain.playbook_check.order import check_order
from calamity.domain.playbook_check.plan import check_plan
from calamity.domain.playbook_check.readable import check_readable_words
from calamity.domain.playbook_check.schema import json_schema
from calamity.domain.playbook_check.shape import BLOCK, PLAYBOOK, Shape
from calamity.domain.playbook_check.source import MAX_BYTES, Mapping, compose
from calamity.domain.playbook_check.times import check_times
from calamity.domain.playbook_check.words import check_words, worst_case

__all__ = [
    "MAX_BYTES",
    "NO_BLOCKS",
    "Blocks",
    "Fault",
    "PlaybookFaults",
    "canonical",
    "check",
    "examine",
    "fingerprint",
    "json_schema",
    "read",
    "read_block",
    "read_document",
    "standing_alone",
    "worst_case",
]

NO_BLOCKS: Blocks = MappingProxyType({})


def check(
    source: str | bytes, filename: str, blocks: Blocks = NO_BLOCKS, today: date | None = None
) -> list[Fault]:
    """Return every fault of the document, warnings included, in the order of the file.

    The document is a playbook, built with *blocks*, or a block itself. *filename* appears in the
    faults; its folder must be the slug, and v3.yaml must be version 3. Dates before *today* are
    told, if it is given.
    """
    return examine(source, filename, blocks, today)[1]


def read(source: str | bytes, filename: str, blocks: Blocks = NO_BLOCKS) -> Playbook:
    """Return the whole playbook that the document holds, with the parts of its *blocks*.

    Raises PlaybookFaults if it has an error, or is a block.
    """
    document = read_document(source, filename, blocks)
    if isinstance(document, Block):
        findings = Findings(filename)
        findings.add("is-block", (), block=document.block)
        raise PlaybookFaults(findings.faults())
    return document


def read_block(source: str | bytes, filename: str) -> Block:
    """Return the block that the document holds; raise PlaybookFaults if it has an error."""
    document = read_document(source, filename)
    if isinstance(document, Playbook):
        findings = Findings(filename)
        findings.add("no-block", (), slug=document.slug)
        raise PlaybookFaults(findings.faults())
    return document


def read_document(
    source: str | bytes, filename: str, blocks: Blocks = NO_BLOCKS
) -> Playbook | Block:
    """Return the playbook or the block that the document holds; raise PlaybookFaults."""
    document, faults = examine(source, filename, blocks, None)
    if document is None or any(fault.severity == "error" for fault in faults):
        raise PlaybookFaults(faults)
    return document


def examine(
    source: str | bytes, filename: str, blocks: Blocks = NO_BLOCKS, today: date | None = None
) -> tuple[Playbook | Block | None, list[Fault]]:
    """Return what could be read of the document, whole, and every fault; for who still writes it.

    What is broken is blank in it. It is None when nothing can be read.
    """
    findings = Findings(filename)
    tree = compose(source, findings)
    if tree is None:
        return None, findings.faults()
    document: Playbook | Block
    if isinstance(tree, Mapping) and "block" in tree.entries and "slug" not in tree.entries:
        document = cast("Block", Shape(findings).read(tree, BLOCK, ()))
        check_contacts(tree, findings)
        check_block(document, findings)
    else:
        document = cast("Playbook", Shape(findings).read(tree, PLAYBOOK, ()))
        check_contacts(tree, findings)
        whole = build(document, blocks, findings)
        if whole is not None:
            document = whole
            _check_whole(Draft(whole, findings, today))
    faults = findings.faults()
    if not any(fault.severity == "error" for fault in faults):
        # The structs have the last word: whatever passes here can be decoded ever after.
        document = msgspec.json.decode(canonical(document), type=type(document))
    return document, faults


def _check_whole(draft: Draft) -> None:
    check_plan(draft)
    check_times(draft)
    check_conditions(draft)
    check_order(draft)
    check_heard(draft)
    check_words(draft)
    check_readable_words(draft)
