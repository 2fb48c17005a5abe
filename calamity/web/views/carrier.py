"""What the administrator sees of the carrier."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class QuarantineLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that the carrier told us and that does not fit: ids and a cause."""

    id: str
    at: datetime
    cause: str
    sid: str
    status: str
    error: str | None = None
    handled: bool = False


class RouteLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One route by which texts leave, and how it stands."""

    name: str
    state: Literal["closed", "trying", "open"]
    in_use: bool = False
    """New texts leave by it."""
    numbers: tuple[str, ...] = ()
    since: datetime | None = None
    why: str = ""
    moved: int = 0


class Quarantine(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that stands apart, what nobody has looked at first."""

    lines: tuple[QuarantineLine, ...] = ()
    routes: tuple[RouteLine, ...] = ()
    """In the order in which texts take them."""
