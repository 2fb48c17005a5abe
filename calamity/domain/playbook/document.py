"""The documents themselves: a playbook, and a block of which playbooks are built."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, field

from calamity.domain.playbook.acts import Act
from calamity.domain.playbook.formula import Formula
from calamity.domain.playbook.levels import LevelRule, Question, StopCondition
from calamity.domain.playbook.messages import Message
from calamity.domain.playbook.moments import Moment, Offset
from calamity.domain.playbook.people import Audience, Role
from calamity.domain.playbook.words import ClockTime, Code, Duration, Part, Prose, Slug, Words

Version = Annotated[
    int, Meta(ge=1, le=9999, description="The number in the name of the file: v1.yaml.")
]
Changes = Annotated[
    list[Words], Meta(min_length=1, max_length=30, description="What is new in this version.")
]


_Coded = TypeVar("_Coded", "Audience", "Card", "Message", "Role", "Step")


class Scenario(StrEnum):
    """For what kind of event a playbook is written."""

    ATTACK_HERE = "attack-here"
    ATTACK_ELSEWHERE = "attack-elsewhere"
    ATTACK_ABROAD = "attack-abroad"
    PLACE_OF_WORSHIP = "place-of-worship"
    RIOTS = "riots"
    RUMOUR = "rumour"
    PROLONGED = "prolonged-tension"
    THREAT = "threat"
    PLANNED_EVENT = "planned-event"
    AFTERCARE = "aftercare"


class Limits(Part, frozen=True):
    """Where the municipality is of use and where not: required before adoption."""

    we_do: Annotated[
        list[Words],
        Meta(min_length=1, max_length=12, description="What the municipality does itself."),
    ]
    we_do_not: Annotated[
        list[Words],
        Meta(min_length=1, max_length=12, description="What it leaves to others, or never does."),
    ]


class Phase(Part, frozen=True):
    """A part of the response; *starts* is when it is expected to begin, relative to T0."""

    code: Code
    title: Words
    starts: Offset = "T+0m"


class Repeat(Part, frozen=True):
    """Do a step again and again, *every* so long or *at* times of day, *until* a moment.

    A phase as the moment means: until that phase begins.
    """

    until: Moment
    every: Annotated[Duration | None, Meta(description="How long after the time before: 12h.")] = (
        None
    )
    at: Annotated[
        list[ClockTime], Meta(max_length=6, description="The times of day, in their order.")
    ] = field(default_factory=list)


class Step(Part, frozen=True):
    """One thing to do. An *automatic* step runs its act at *start*; else a person starts it.

    *due* is the latest moment. *evidence* says what shows that the step was done. With *when*, the
    step is there only once its condition holds.
    """

    code: Code
    phase: Code
    title: Words
    role: Annotated[Code, Meta(description="The role that does it.")]
    due: Annotated[Moment, Meta(description="The latest moment.")]
    start: Annotated[Moment, Meta(description="The earliest moment.")] = "T+0m"
    evidence: Annotated[Words | None, Meta(description="What shows that the step was done.")] = None
    help: Annotated[Prose | None, Meta(description="How to do it, for who never did.")] = None
    may_skip: Annotated[
        bool, Meta(description="Whether it may be skipped, with a reason on the timeline.")
    ] = True
    automatic: Annotated[bool, Meta(description="Whether the act runs by itself at start.")] = False
    act: Annotated[
        Act | None,
        Meta(description="What the product does in this step; nothing: a person does it all."),
    ] = None
    who: Annotated[
        Literal["municipality", "partner", "residents"],
        Meta(description="Who does it; the role sees to it that it is done."),
    ] = "municipality"
    when: Annotated[
        Formula | None, Meta(description="Only if this holds: level, phase, answers, outcomes.")
    ] = None
    repeat: Repeat | None = None
    cards: Annotated[
        list[Code], Meta(max_length=6, description="Cards that help with this step.")
    ] = field(default_factory=list)


class CardSection(Part, frozen=True):
    """A part of a card, under a heading."""

    heading: Words
    lines: Annotated[list[Prose], Meta(min_length=1, max_length=20)]


class Card(Part, frozen=True):
    """A page that somebody takes along: how to hold a conversation, what to write, what to say."""

    code: Code
    kind: Annotated[
        Literal["conversation", "street", "school", "words", "facts", "report", "checklist"],
        Meta(description="What it is for."),
    ]
    title: Words
    purpose: Prose
    sections: Annotated[list[CardSection], Meta(min_length=1, max_length=12)]
    minutes: Annotated[
        int, Meta(ge=0, le=600, description="How long it takes; 0 when that does not matter.")
    ] = 0
    people: Annotated[Words | None, Meta(description="For how many, and who leads.")] = None
    needs: Annotated[list[Words], Meta(max_length=12, description="What must be there.")] = field(
        default_factory=list
    )


class QuietHours(Part, frozen=True):
    """Between these clock times key figures get nothing, alarms aside."""

    start: ClockTime = "22:00"
    end: ClockTime = "07:00"


class Budget(Part, frozen=True):
    """How much one key figure may receive in one day."""

    messages_per_day: Annotated[
        int, Meta(ge=1, le=10, description="Messages of every kind, questions included.")
    ] = 2
    asks_per_day: Annotated[int, Meta(ge=0, le=4, description="Questions.")] = 1


class Use(Part, frozen=True):
    """A block that this document is built with; its parts count as if they stood here.

    What the document holds itself, under the same code, takes the place of the block's.
    """

    block: Slug
    version: Version
    sha256: Annotated[
        str,
        Meta(
            pattern=r"^([0-9a-f]{64})?$",
            description="Filled in when the version is published.",
            examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ),
    ] = ""


class Block(Part, frozen=True):
    """A part kept once and used by several playbooks: people, words, cards, steps."""

    block: Slug
    version: Version
    title: Words
    purpose: Prose
    changes: Changes
    roles: Annotated[list[Role], Meta(max_length=30)] = field(default_factory=list)
    audiences: Annotated[list[Audience], Meta(max_length=20)] = field(default_factory=list)
    messages: Annotated[list[Message], Meta(max_length=80)] = field(default_factory=list)
    questions: Annotated[list[Question], Meta(max_length=20)] = field(default_factory=list)
    levels: Annotated[list[LevelRule], Meta(max_length=12)] = field(default_factory=list)
    stop: Annotated[list[StopCondition], Meta(max_length=20)] = field(default_factory=list)
    cards: Annotated[list[Card], Meta(max_length=40)] = field(default_factory=list)
    steps: Annotated[list[Step], Meta(max_length=120)] = field(default_factory=list)


class Playbook(Part, frozen=True, kw_only=True):
    """The whole document of one version.

    A document may take its roles, audiences, messages and steps from blocks; a published version
    holds them all itself.
    """

    slug: Slug
    version: Version
    scenario: Scenario
    title: Words
    purpose: Annotated[Prose, Meta(description="What this playbook is for, and when to use it.")]
    limits: Limits
    roles: Annotated[
        list[Role], Meta(min_length=1, max_length=30, description="Who is in the rapid team.")
    ] = field(default_factory=list)
    phases: Annotated[
        list[Phase], Meta(min_length=1, max_length=12, description="In order of time.")
    ]
    audiences: Annotated[
        list[Audience], Meta(min_length=1, max_length=20, description="Who can be sent a message.")
    ] = field(default_factory=list)
    messages: Annotated[
        list[Message], Meta(min_length=1, max_length=80, description="All words that leave by SMS.")
    ] = field(default_factory=list)
    steps: Annotated[
        list[Step],
        Meta(min_length=1, max_length=120, description="What is done, in order of time."),
    ] = field(default_factory=list)
    changes: Changes
    valid_months: Annotated[
        int, Meta(ge=1, le=60, description="After this it still works, with a warning.")
    ] = 24
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    budget: Budget = field(default_factory=Budget)
    triggers: Annotated[
        list[Words], Meta(max_length=12, description="What may set this playbook off.")
    ] = field(default_factory=list)
    questions: Annotated[
        list[Question],
        Meta(max_length=20, description="What is asked at activation, to propose a level."),
    ] = field(default_factory=list)
    levels: Annotated[
        list[LevelRule], Meta(max_length=12, description="Which answers propose which level.")
    ] = field(default_factory=list)
    stop: Annotated[
        list[StopCondition], Meta(max_length=20, description="When the response may be closed.")
    ] = field(default_factory=list)
    cards: Annotated[
        list[Card], Meta(max_length=40, description="Pages that people take along.")
    ] = field(default_factory=list)
    uses: Annotated[
        list[Use], Meta(max_length=12, description="The blocks that it is built with.")
    ] = field(default_factory=list)
    review_days: Annotated[
        int,
        Meta(ge=1, le=60, description="So often is decided anew whether all this is still needed."),
    ] = 14

    def message(self, code: str) -> Message:
        """Return the message with this code; a checked document always has it."""
        return _coded(self.messages, code)

    def audience(self, code: str) -> Audience:
        """Return the audience with this code; a checked document always has it."""
        return _coded(self.audiences, code)

    def role(self, code: str) -> Role:
        """Return the role with this code; a checked document always has it."""
        return _coded(self.roles, code)

    def step(self, code: str) -> Step:
        """Return the step with this code; a checked document always has it."""
        return _coded(self.steps, code)

    def card(self, code: str) -> Card:
        """Return the card with this code; a checked document always has it."""
        return _coded(self.cards, code)


def _coded(parts: Sequence[_Coded], code: str) -> _Coded:
    return next(part for part in parts if part.code == code)
