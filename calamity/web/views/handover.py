"""The handover of a shift."""

from datetime import datetime

from msgspec import Struct

from calamity.web.views.frame import Form


class HandoverLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One handover: what was written, who gave it and who took it."""

    sequence: int
    role: str
    text: str
    at: datetime
    given_by: str
    taken_by: str = ""
    taken_at: datetime | None = None
    waits: bool = False
    own: bool = False
    """The viewer handed it over."""


class HandoverPage(Struct, frozen=True, forbid_unknown_fields=True):
    """What was handed over, the newest first, and the form for the next time with its draft."""

    calamity: str
    title: str
    handovers: tuple[HandoverLine, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    closed: bool = False
    form: Form = Form()
