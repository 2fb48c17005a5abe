"""What one rule of the playbook checker consists of."""

from typing import Literal

from msgspec import Struct


class Rule(Struct, frozen=True):
    """The words of one rule, in English and Dutch, with named facts between braces."""

    severity: Literal["error", "warning"]
    message: str
    cure: str
    message_nl: str
    cure_nl: str


def error(message: str, cure: str, message_nl: str, cure_nl: str) -> Rule:
    """Make a rule whose breach keeps a playbook from being published."""
    return Rule("error", message, cure, message_nl, cure_nl)


def warning(message: str, cure: str, message_nl: str, cure_nl: str) -> Rule:
    """Make a rule whose breach a person may accept."""
    return Rule("warning", message, cure, message_nl, cure_nl)
