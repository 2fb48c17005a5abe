"""The pieces of a playbook in words that an alderman reads: lengths, moments, conditions, codes."""

from calamity.domain.playbook_prose.conditions import condition
from calamity.domain.playbook_prose.names import (
    ACTS,
    CHOICES,
    LANGUAGES,
    PARTS,
    act_name,
    audience_name,
    choice,
    in_its_words,
    language_name,
    named,
    phase_name,
    role_name,
    step_name,
)
from calamity.domain.playbook_prose.said import NOTHING, Said, joined, quoted, said_of
from calamity.domain.playbook_prose.times import (
    clock,
    count,
    length,
    lengths_changed,
    moment,
    moments_changed,
    repeated,
)

__all__ = [
    "ACTS",
    "CHOICES",
    "LANGUAGES",
    "NOTHING",
    "PARTS",
    "Said",
    "act_name",
    "audience_name",
    "choice",
    "clock",
    "condition",
    "count",
    "in_its_words",
    "joined",
    "language_name",
    "length",
    "lengths_changed",
    "moment",
    "moments_changed",
    "named",
    "phase_name",
    "quoted",
    "repeated",
    "role_name",
    "said_of",
    "step_name",
]
