"""What the administrator sees of the carrier."""

from datetime import datetime

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


class Quarantine(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that stands apart, what nobody has looked at first."""

    lines: tuple[QuarantineLine, ...] = ()
