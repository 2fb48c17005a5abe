"""Pages about one's own account: second steps, sessions, and rights for an hour."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from calamity.web.views.frame import Form


class SecondStep(Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a code or a passkey, at the sign-in or before a change."""

    action: str
    form: Form = Form()
    passkey: dict[str, Any] | None = None
    """What the browser is asked, where there is a passkey."""
    has_codes: bool = False
    asks_password: bool = False
    has_steps: bool = True
    next: str = ""


class NewCodes(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture for an app to scan, and the first code as a proof that it did."""

    action: str
    picture: str
    secret: str
    must: bool = False
    """Whether this role cannot go on without."""
    form: Form = Form()


class NewPasskey(Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey to make."""

    question: dict[str, Any]
    form: Form = Form()


class RecoveryCodes(Struct, frozen=True, forbid_unknown_fields=True):
    """Recovery codes, shown once, and where to go on."""

    codes: tuple[str, ...]
    next: str


class FactorLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A second step that somebody has."""

    id: str
    name: str
    kind: Literal["totp", "passkey"]
    created_at: datetime
    used_at: datetime | None = None


class SessionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A browser in which somebody is signed in."""

    id: str
    device: str
    way: str
    created_at: datetime
    seen_at: datetime
    is_this: bool = False


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """One's own account."""

    name: str
    login: str
    is_of_provider: bool
    sessions: tuple[SessionLine, ...]
    factors: tuple[FactorLine, ...] = ()
    recovery_codes: int = 0
    may_break_glass: bool = False
    glass_until: datetime | None = None
    form: Form = Form()


class BreakGlass(Struct, frozen=True, forbid_unknown_fields=True):
    """Taking the rights of a coordinator for an hour."""

    minutes: int
    form: Form = Form()


class GlassLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A time that somebody took these rights."""

    id: str
    name: str
    login: str
    role: str
    reason: str
    started_at: datetime
    ends_at: datetime
    is_over: bool
    is_own: bool = False
    judged_at: datetime | None = None
    judged_by: str | None = None
    texted: tuple[str, ...] = ()
    not_texted: tuple[str, ...] = ()


class Glasses(Struct, frozen=True, forbid_unknown_fields=True):
    """Every time that the glass was broken, the newest first."""

    lines: tuple[GlassLine, ...]


class AuditLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Who did what, when and why."""

    at: datetime
    login: str
    role: str
    deed: str
    many: int
    about: tuple[str, ...]
    ground: str
    where: str = ""
    calamity: str | None = None
    reason: str | None = None


class Audit(Struct, frozen=True, forbid_unknown_fields=True):
    """The audit, for the privacy officer."""

    lines: tuple[AuditLine, ...]
    deeds: tuple[tuple[str, str], ...]
    """Each with its words."""
    form: Form = Form()
    csv: str = ""
    older: str | None = None
