"""What the product does in a step, or which form it puts before the person who does it."""

from typing import Annotated

from msgspec import Meta, field

from calamity.domain.playbook.words import Code, Duration, Part, Words

Lines = Annotated[list[Words], Meta(max_length=12)]


class CallOut(Part, frozen=True, tag_field="kind", tag="call-out"):
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


class Dispatch(Part, frozen=True, tag_field="kind", tag="dispatch"):
    """Send one message to one audience."""

    audience: Code
    message: Code


class Round(Part, frozen=True, tag_field="kind", tag="round"):
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


class Decision(Part, frozen=True, tag_field="kind", tag="decision"):
    """Put a question to the person who decides; the answer becomes a timeline entry."""

    question: Words
    options: Annotated[
        list[Words], Meta(min_length=2, max_length=8, description="What can be chosen.")
    ]


class Meeting(Part, frozen=True, tag_field="kind", tag="meeting"):
    """A meeting by picture, judgement and decision; each decision has an owner and a deadline."""

    points: Annotated[
        Lines, Meta(description="What must be on the agenda, besides what came in.")
    ] = field(default_factory=list)


class FactCard(Part, frozen=True, tag_field="kind", tag="fact-card"):
    """What is known, what is not, what is done and what is not: written, and kept up to date."""

    we_know: Lines = field(default_factory=list)
    we_do_not_know: Lines = field(default_factory=list)
    we_do: Lines = field(default_factory=list)
    we_do_not: Lines = field(default_factory=list)
    you_can: Lines = field(default_factory=list)


class RumourList(Part, frozen=True, tag_field="kind", tag="rumour-list"):
    """Rumours: how far they spread, whom they hurt, who finds out and who was answered."""

    owner_within: Annotated[
        Duration, Meta(description="How soon a harmful rumour has an owner.")
    ] = "1h"


class Measure(Part, frozen=True, tag_field="kind", tag="measure"):
    """Something visible that reassures: with the actual risk, the felt risk, and when it ends."""

    what: Words
    lasts: Annotated[
        Duration, Meta(description="After this it ends, unless somebody decides otherwise.")
    ] = "3d"


Act = CallOut | Dispatch | Round | Decision | Meeting | FactCard | RumourList | Measure
FORMS = (Meeting, FactCard, RumourList, Measure)
"""Acts that put a form before a person and send nothing."""
