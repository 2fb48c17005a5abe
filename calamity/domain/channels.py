"""The ways in which a message can reach a person."""

from collections.abc import Iterable
from enum import StrEnum


class Channel(StrEnum):
    """How a message reaches a person."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"


_SCHEMES = {"tel": Channel.VOICE, "mailto": Channel.EMAIL}


def channel_of(sender: str) -> Channel:
    """Return on which channel a sender sends: `tel:` calls, `mailto:` writes; else SMS."""
    return _SCHEMES.get(sender.partition(":")[0], Channel.SMS)


def written(ways: Iterable[Channel]) -> str:
    """Return ways as they are kept, in their order."""
    return ",".join(ways)


def read_ways(text: str) -> list[Channel]:
    """Return the ways that were kept."""
    return [Channel(way) for way in text.split(",") if way]
