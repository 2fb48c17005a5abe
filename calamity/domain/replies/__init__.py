"""What a reply by SMS means: one table of words, the digits of all scripts, and the rest.

A reply counts only if the whole message is the answer. Everything else is kept for a person:
a wrong guess costs more than a second look.
"""

from calamity.domain.replies.grammar import LONGEST_PAUSE, read_reply
from calamity.domain.replies.readings import (
    Access,
    Answer,
    AutoReply,
    CallMe,
    Coded,
    Digit,
    Echo,
    Help,
    InWords,
    No,
    Pause,
    Reading,
    SomeoneElse,
    Start,
    Stop,
    Tapback,
    Unclear,
    Yes,
    is_digit,
)

__all__ = [
    "LONGEST_PAUSE",
    "Access",
    "Answer",
    "AutoReply",
    "CallMe",
    "Coded",
    "Digit",
    "Echo",
    "Help",
    "InWords",
    "No",
    "Pause",
    "Reading",
    "SomeoneElse",
    "Start",
    "Stop",
    "Tapback",
    "Unclear",
    "Yes",
    "is_digit",
    "read_reply",
]
