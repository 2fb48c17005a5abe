"""The playbook language: what a municipality means to do after an attack, as data.

A published version of a document never changes. It holds roles and words, never people or numbers:
who fills a role is bound at activation. How to write one stands in `playbooks/README.md`.
"""

from calamity.domain.playbook.acts import (
    FORMS,
    Act,
    CallOut,
    Decision,
    Dispatch,
    FactCard,
    Measure,
    Meeting,
    Round,
    RumourList,
)
from calamity.domain.playbook.document import (
    Block,
    Budget,
    Card,
    CardSection,
    Limits,
    Phase,
    Playbook,
    QuietHours,
    Repeat,
    Scenario,
    Step,
    Use,
)
from calamity.domain.playbook.expected import Expected, expected
from calamity.domain.playbook.levels import LevelRule, Question, StopCondition
from calamity.domain.playbook.messages import Message, MessageKind
from calamity.domain.playbook.moments import Moment, Offset
from calamity.domain.playbook.people import Audience, Group, Role
from calamity.domain.playbook.words import (
    LONGEST,
    ClockTime,
    Code,
    Duration,
    Language,
    Line,
    Paragraph,
    Part,
    Prose,
    Slug,
    SmsText,
    Words,
    seconds,
)

__all__ = [
    "FORMS",
    "LONGEST",
    "Act",
    "Audience",
    "Block",
    "Budget",
    "CallOut",
    "Card",
    "CardSection",
    "ClockTime",
    "Code",
    "Decision",
    "Dispatch",
    "Duration",
    "Expected",
    "FactCard",
    "Group",
    "Language",
    "LevelRule",
    "Limits",
    "Line",
    "Measure",
    "Meeting",
    "Message",
    "MessageKind",
    "Moment",
    "Offset",
    "Paragraph",
    "Part",
    "Phase",
    "Playbook",
    "Prose",
    "Question",
    "QuietHours",
    "Repeat",
    "Role",
    "Round",
    "RumourList",
    "Scenario",
    "Slug",
    "SmsText",
    "Step",
    "StopCondition",
    "Use",
    "Words",
    "expected",
    "seconds",
]
