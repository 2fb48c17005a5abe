"""Checks a block by itself: what it names may stand in the playbooks that use it."""

from msgspec import structs

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check.codes import check_codes
from calamity.domain.playbook_check.conditions import check_readable
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Findings
from calamity.domain.playbook_check.plan import check_filename
from calamity.domain.playbook_check.readable import check_readable_words
from calamity.domain.playbook_check.shape import PLAYBOOK, blank
from calamity.domain.playbook_check.times import check_moments_alone
from calamity.domain.playbook_check.words import check_words

_SAME = (
    "version", "title", "purpose", "changes", "roles", "audiences", "messages", "questions",
    "levels", "stop", "cards", "steps",
)  # fmt: skip


def standing_alone(block: Block) -> Playbook:
    """Return a playbook that holds this block and nothing else.

    Its parts stand at the same places there, so what looks at playbooks can look at blocks.
    """
    parts = {name: getattr(block, name) for name in _SAME}
    alone: Playbook = structs.replace(blank(PLAYBOOK), **parts)
    return alone


def check_block(block: Block, findings: Findings) -> None:
    """Report what is wrong with a block, whatever playbook uses it."""
    check_filename(findings, ("block", block.block), block.version)
    draft = Draft(standing_alone(block), findings)
    check_codes(draft)
    check_moments_alone(draft)
    check_readable(draft)
    check_words(draft)
    check_readable_words(draft)
