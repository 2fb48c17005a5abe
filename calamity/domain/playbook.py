"""The playbook document: what a municipality means to do after an attack, as data.

A published version of this document never changes. It holds roles and words, never people or
numbers: who fills a role is bound at activation.
"""

import re
from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

Language = Literal["nl", "en", "ar", "tr", "pl", "uk"]
# "[0-9]", not "\d": Python's \d also takes the digits of other scripts.
Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$",
        description="A short name: letters, digits, - and _; begins with a letter.",
        examples=["S04", "all-key-figures"],
    ),
]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{1,59}$",
        description="The name of the folder that holds the versions of this playbook.",
        examples=["attack-elsewhere"],
    ),
]
Offset = Annotated[
    str,
    Meta(
        pattern=r"^T\+[0-9]{1,4}[mhd]$",
        description="A moment after T0, the moment of activation.",
        examples=["T+15m", "T+4h", "T+3d"],
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,4}[mhd]$",
        description="A length of time.",
        examples=["10m", "4h", "2d"],
    ),
]
ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="A time of day, in quotes.",
        examples=["22:00", "07:00"],
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=160)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=2000)]
SmsText = Annotated[str, Meta(min_length=1, max_length=600)]

# How many characters may stand in the place of a placeholder. Texts are checked with every
# placeholder this long, so that the plan never brings more SMS parts than the author saw.
LONGEST: Final[dict[str, int]] = {
    "municipality": 30,
    "incident": 60,
    "time": 5,
    "date": 21,
    "place": 30,
    "role": 30,
    "link": 60,
    "first_name": 20,
    "phone": 16,
    "sender": 24,
    "neighbourhood": 30,
    "check_word": 20,
}

_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def seconds(moment: str) -> int:
    """Return how many seconds an offset (T+15m) or a duration (15m) stands for."""
    found = re.fullmatch(r"(?:T\+)?([0-9]+)([mhd])", moment)
    if found is None:
        raise ValueError("not an offset such as T+15m, nor a duration such as 4h")
    return int(found[1]) * _UNIT_SECONDS[found[2]]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the document: refuses fields that it does not know.

    A default never changes: published versions that leave the field out would mean something else.
    """


class Words(_Part, frozen=True):
    """A short text for the screen, in both languages of the product."""

    nl: Line
    en: Line

    def in_language(self, language: str) -> str:
        """Return the English words for English, else the Dutch."""
        return self.en if language == "en" else self.nl


class Prose(_Part, frozen=True):
    """A longer text for the screen, in both languages of the product."""

    nl: Paragraph
    en: Paragraph

    def in_language(self, language: str) -> str:
        """Return the English words for English, else the Dutch."""
        return self.en if language == "en" else self.nl


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


class Limits(_Part, frozen=True):
    """Where the municipality is of use and where not: required before adoption."""

    we_do: Annotated[
        list[Words],
        Meta(min_length=1, max_length=12, description="What the municipality does itself."),
    ]
    we_do_not: Annotated[
        list[Words],
        Meta(min_length=1, max_length=12, description="What it leaves to others, or never does."),
    ]


class Role(_Part, frozen=True):
    """A role in the rapid team; people are bound to it at activation, by code."""

    code: Code
    title: Words
    task: Words
    minimum: Annotated[
        int, Meta(ge=0, le=9, description="How many people must be bound to this role.")
    ] = 1


class Phase(_Part, frozen=True):
    """A part of the response; *starts* is when it is expected to begin, relative to T0."""

    code: Code
    title: Words
    starts: Offset = "T+0m"


class Group(StrEnum):
    """Kinds of people that an audience can be made of."""

    RAPID_TEAM = "rapid-team"
    KEY_FIGURES = "key-figures"
    PROFESSIONALS = "professionals"
    CONTACT_PERSONS = "contact-persons"


class Audience(_Part, frozen=True):
    """Who hears something: one kind of people, everywhere or only in affected neighbourhoods."""

    code: Code
    title: Words
    of: Group
    where: Annotated[
        Literal["everywhere", "affected"],
        Meta(description="Everywhere, or only in the neighbourhoods marked as affected."),
    ] = "everywhere"


class MessageKind(StrEnum):
    """GIVE brings words, ASK wants something back, ACTION calls the own team, CLOSE ends."""

    GIVE = "give"
    ASK = "ask"
    ACTION = "action"
    CLOSE = "close"


class Message(_Part, frozen=True):
    """Words for an SMS, per language; Dutch and English are required.

    *valid_for* bounds how late the text may still leave; *alarm* texts pass quiet hours and are
    repeated, marked as such, when the carrier leaves us in doubt.
    """

    code: Code
    kind: MessageKind
    texts: Annotated[
        dict[Language, SmsText],
        Meta(min_length=2, description="The words per language; nl and en are required."),
    ]
    valid_for: Annotated[
        Duration, Meta(description="How long after its moment the text may still leave.")
    ] = "12h"
    alarm: Annotated[
        bool, Meta(description="Passes quiet hours, and is repeated when the carrier is in doubt.")
    ] = False


class CallOut(_Part, frozen=True, tag_field="kind", tag="call-out"):
    """Call the team: the primary of each role, a reminder, then the deputy, until the quota."""

    roles: Annotated[
        list[Code], Meta(min_length=1, max_length=20, description="The roles that are called.")
    ]
    quota: Annotated[
        int, Meta(ge=1, le=40, description="How many must be coming before the rest may rest.")
    ]
    message: Annotated[Code, Meta(description="The message of the call itself.")]
    reminder: Annotated[Code, Meta(description="The message to who does not answer.")]
    deputy: Annotated[Code, Meta(description="The message to the deputy of who stays silent.")]
    enough: Annotated[Code, Meta(description="The message to the rest when the quota is reached.")]
    reminder_after: Annotated[
        Duration, Meta(description="Silence before the reminder, counted from the call.")
    ] = "10m"
    deputy_after: Annotated[
        Duration, Meta(description="Silence before the deputy, counted from the call.")
    ] = "15m"
    next_way_after: Annotated[
        Duration,
        Meta(description="Silence before the next way to reach somebody: after SMS, a phone call."),
    ] = "5m"


class Dispatch(_Part, frozen=True, tag_field="kind", tag="dispatch"):
    """Send one message to one audience."""

    audience: Code
    message: Code


class Round(_Part, frozen=True, tag_field="kind", tag="round"):
    """Ask audiences how their neighbourhood feels, until the closing time."""

    audiences: Annotated[
        list[Code],
        Meta(min_length=1, max_length=4, description="Key figures, professionals, or both."),
    ]
    message: Annotated[
        Code, Meta(description="The question to key figures: one digit, 0 to 5, as an answer.")
    ]
    form: Annotated[
        Code | None, Meta(description="The message that brings professionals the form, by {link}.")
    ] = None
    closes_after: Annotated[
        Duration, Meta(description="How long answers count. The picture is made at closing.")
    ] = "4h"


class Decision(_Part, frozen=True, tag_field="kind", tag="decision"):
    """Put a question to the person who decides; the answer becomes a timeline entry."""

    question: Words
    options: Annotated[
        list[Words], Meta(min_length=2, max_length=8, description="What can be chosen.")
    ]


class Step(_Part, frozen=True):
    """One thing to do. An *automatic* step runs its act at *start*; else a person starts it.

    *due* is the latest moment. *evidence* says what shows that the step was done.
    """

    code: Code
    phase: Code
    title: Words
    role: Annotated[Code, Meta(description="The role that does it.")]
    due: Annotated[Offset, Meta(description="The latest moment.")]
    start: Annotated[Offset, Meta(description="The earliest moment.")] = "T+0m"
    evidence: Annotated[Words | None, Meta(description="What shows that the step was done.")] = None
    help: Annotated[Prose | None, Meta(description="How to do it, for who never did.")] = None
    may_skip: Annotated[
        bool, Meta(description="Whether it may be skipped, with a reason on the timeline.")
    ] = True
    automatic: Annotated[bool, Meta(description="Whether the act runs by itself at start.")] = False
    act: Annotated[
        CallOut | Dispatch | Round | Decision | None,
        Meta(description="What the product does in this step; nothing: a person does it all."),
    ] = None


class QuietHours(_Part, frozen=True):
    """Between these clock times key figures get nothing, alarms aside."""

    start: ClockTime = "22:00"
    end: ClockTime = "07:00"


class Budget(_Part, frozen=True):
    """How much one key figure may receive in one day."""

    messages_per_day: Annotated[
        int, Meta(ge=1, le=10, description="Messages of every kind, questions included.")
    ] = 2
    asks_per_day: Annotated[int, Meta(ge=0, le=4, description="Questions.")] = 1


class Playbook(_Part, frozen=True):
    """The whole document of one version."""

    slug: Slug
    version: Annotated[
        int, Meta(ge=1, le=9999, description="The number in the name of the file: v1.yaml.")
    ]
    scenario: Scenario
    title: Words
    purpose: Annotated[Prose, Meta(description="What this playbook is for, and when to use it.")]
    limits: Limits
    roles: Annotated[
        list[Role], Meta(min_length=1, max_length=30, description="Who is in the rapid team.")
    ]
    phases: Annotated[
        list[Phase], Meta(min_length=1, max_length=12, description="In order of time.")
    ]
    audiences: Annotated[
        list[Audience], Meta(min_length=1, max_length=20, description="Who can be sent a message.")
    ]
    messages: Annotated[
        list[Message], Meta(min_length=1, max_length=80, description="All words that leave by SMS.")
    ]
    steps: Annotated[
        list[Step],
        Meta(min_length=1, max_length=120, description="What is done, in order of time."),
    ]
    changes: Annotated[
        list[Words], Meta(min_length=1, max_length=30, description="What is new in this version.")
    ]
    valid_months: Annotated[
        int, Meta(ge=1, le=60, description="After this it still works, with a warning.")
    ] = 24
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    budget: Budget = field(default_factory=Budget)

    def message(self, code: str) -> Message:
        """Return the message with this code; a checked document always has it."""
        return next(message for message in self.messages if message.code == code)

    def audience(self, code: str) -> Audience:
        """Return the audience with this code; a checked document always has it."""
        return next(audience for audience in self.audiences if audience.code == code)

    def role(self, code: str) -> Role:
        """Return the role with this code; a checked document always has it."""
        return next(role for role in self.roles if role.code == code)

    def step(self, code: str) -> Step:
        """Return the step with this code; a checked document always has it."""
        return next(step for step in self.steps if step.code == code)
