"""The check-in form for professionals."""

from datetime import datetime

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.start import Neighbourhood

SIGNALS = (
    "questions",
    "staying-in",
    "groups-outside",
    "slogans",
    "blaming",
    "calls-to-gather",
    "shouting",
    "helping",
    "mourning",
    "support",
)
NEEDS = (
    "safety",
    "rhythm",
    "together",
    "act-oneself",
    "outlook",
    "information",
    "practical-help",
    "professional-help",
)
SOURCES = ("seen", "residents", "colleagues", "public-media")


class CheckInForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The form: two minutes, phone first."""

    round: str
    title: str
    closes_at: datetime
    neighbourhoods: tuple[Neighbourhood, ...]
    action: str = ""
    danger: str = ""
    own_neighbourhood: str | None = None
    closed: bool = False
    earlier_at: datetime | None = None
    form: Form = Form()
    signals: tuple[str, ...] = SIGNALS
    needs: tuple[str, ...] = NEEDS
    sources: tuple[str, ...] = SOURCES


class CheckInThanks(Struct, frozen=True, forbid_unknown_fields=True):
    """After the form: thanks, and what happens with it."""

    round: str
    title: str
    closes_at: datetime
    neighbourhood: str
    form: str = ""


class CheckInDanger(Struct, frozen=True, forbid_unknown_fields=True):
    """Direct danger: the form closes, and nothing of it is stored."""

    round: str
    form: str = ""
