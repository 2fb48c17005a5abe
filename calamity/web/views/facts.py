"""What everybody with a text may read."""

from datetime import datetime

from msgspec import Struct


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """The public page behind the link in a text."""

    municipality: str
    incident: str
    since: datetime
    phone: str
    phone_shown: str
    we_do: tuple[str, ...]
    we_do_not: tuple[str, ...]
    closed_at: datetime | None = None
    next_update_at: datetime | None = None
