"""The words that leave by SMS."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import replace

from calamity.domain.playbook.words import Code, Duration, Language, Part, SmsText


class MessageKind(StrEnum):
    """GIVE brings words, ASK wants something back, ACTION calls the own team, CLOSE ends."""

    GIVE = "give"
    ASK = "ask"
    ACTION = "action"
    CLOSE = "close"


class Message(Part, frozen=True):
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
    for_audience: Annotated[
        dict[Code, dict[Language, SmsText]],
        Meta(max_length=10, description="Other words for one audience, per language."),
    ] = field(default_factory=dict)
    to_be_checked: Annotated[
        list[Language],
        Meta(max_length=6, description="Languages that a native speaker has yet to check."),
    ] = field(default_factory=list)

    def said_to(self, audience: str) -> "Message":
        """Return the message in the words for an audience: its own, else those for all."""
        return replace(self, texts={**self.texts, **self.for_audience.get(audience, {})})
