"""What differs between playbooks, in words: between two, and between three with a common origin."""

from calamity.domain.playbook_changes.change import Change
from calamity.domain.playbook_changes.compare import compare
from calamity.domain.playbook_changes.merge import merge
from calamity.domain.playbook_changes.short import Line, in_short
from calamity.domain.playbook_changes.three_way import Choice, Difference, differences

__all__ = [
    "Change",
    "Choice",
    "Difference",
    "Line",
    "compare",
    "differences",
    "in_short",
    "merge",
]
