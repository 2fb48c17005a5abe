"""What `calamity doctor` finds."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """What one check found, and what to do about it."""

    what: str
    state: Literal["ok", "warning", "fault"]
    found: str
    cure: str = ""
