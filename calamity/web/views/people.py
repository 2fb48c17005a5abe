"""Pages about people: the contact person's inbox, the network, the accounts."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.guide import Reach


class InboxLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One key figure in the inbox of their contact person."""

    key_figure: str
    name: str
    neighbourhood: str
    language: str
    state: Literal["new", "check-stop", "answered", "silent", "not-asked", "stopped"]
    last_at: datetime | None = None
    excerpt: str = ""
    whys: tuple[str, ...] = ()
    phone: str | None = None
    no_texts: str | None = None
    """Why texts to the number come to nothing, while they do."""
    check_stop: str | None = None
    """That a STOP waits for a call, while it does."""
    other_wrote: str | None = None
    """That somebody else wrote to this person within a day: when, who and why."""


class Inbox(Struct, frozen=True, forbid_unknown_fields=True):
    """A contact person's people: who wrote, who is silent."""

    calamity_title: str | None = None
    people: tuple[InboxLine, ...] = ()
    exercise: Reach | None = None
    """Whom texts reach, while the calamity at hand is an exercise."""


class Bubble(Struct, frozen=True, forbid_unknown_fields=True):
    """One text in a conversation."""

    at: datetime
    ours: bool
    text: str
    state: str | None = None


class TextCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """A text as it would leave: what it costs, why, and what deserves a second look."""

    text: str
    units: int
    parts: int
    room: int
    """Units that fit in so many parts."""
    alphabet: Literal["GSM-7", "UCS-2"]
    costly: tuple["Costly", ...] = ()
    found: tuple[str, ...] = ()
    """The places where the writer should look again, as written."""


class Costly(Struct, frozen=True, forbid_unknown_fields=True):
    """A character that makes a text dearer, and what could stand in its place."""

    char: str
    count: int
    units: int
    forces_long: bool
    suggestion: str | None


class Conversation(Struct, frozen=True, forbid_unknown_fields=True):
    """The texts between one key figure and the municipality."""

    key_figure: str
    name: str
    neighbourhood: str
    language: str
    phone: str | None
    stopped: bool
    bubbles: tuple[Bubble, ...]
    calamity: str | None = None
    waits: bool = False
    whys: tuple[str, ...] = ()
    no_texts: str | None = None
    check_stop: str | None = None
    other_wrote: str | None = None
    """That somebody else wrote to this person within a day: when, who and why."""
    check: TextCheck | None = None
    form: Form = Form()


class KeyFigureLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A key figure by name, for who may write to those of colleagues."""

    id: str
    name: str
    neighbourhood: str
    language: str
    contact: str
    stopped: bool = False


class KeyFigures(Struct, frozen=True, forbid_unknown_fields=True):
    """The key figures of the municipality by neighbourhood."""

    people: tuple[KeyFigureLine, ...] = ()


class SecondWriter(Struct, frozen=True, forbid_unknown_fields=True):
    """A form to write to the key figure of a colleague, who is named first."""

    key_figure: str
    name: str
    neighbourhood: str
    language: str
    contact: str
    contact_wrote: datetime | None = None
    """When the contact person last wrote, within a day."""
    stopped: bool = False
    no_texts: str | None = None
    check: TextCheck | None = None
    form: Form = Form()


class PersonLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A responder of the rapid team. Numbers are shown masked."""

    name: str
    roles: tuple[str, ...]
    deputy_of: tuple[str, ...]
    phone_masked: str
    language: str
    active: bool = True
    id: str = ""
    email: str = ""


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """How one person can be reached, with a form to correct it."""

    id: str
    name: str
    phone_masked: str
    back: str
    form: Form = Form()


class WrongNumberLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody whose number does not work, and what to do."""

    name: str
    phone_masked: str
    words: str | None
    id: str = ""


class CircleLine(Struct, frozen=True, forbid_unknown_fields=True):
    """How many key figures a neighbourhood has: counts, never a list of persons."""

    neighbourhood: str
    key_figures: int
    agreed_to_ask: int
    expiring: int


class ImportLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What the import made of one line of the file."""

    line: int
    outcome: Literal["new", "changed", "same", "skipped", "bad"]
    kind: str = ""
    phone: str = ""
    message: str = ""


class ImportReport(Struct, frozen=True, forbid_unknown_fields=True):
    """The import, line by line. *stored* is false when one bad line stopped it all."""

    filename: str
    stored: bool
    lines: tuple[ImportLine, ...]
    more: int = 0
    """Lines that are not shown, because there are so many."""
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    """New, changed, the same, left out."""
    notes: tuple[str, ...] = ()


class People(Struct, frozen=True, forbid_unknown_fields=True):
    """The network: the team by name, the key figures in counts."""

    responders: tuple[PersonLine, ...] = ()
    professionals: int = 0
    circles: tuple[CircleLine, ...] = ()
    stops: tuple[WrongNumberLine, ...] = ()
    """Who said STOP, and was not phoned about it yet."""
    wrong_numbers: tuple[WrongNumberLine, ...] = ()
    wrong_key_figures: int = 0
    """Key figures with such a number: a count, never a list of persons."""
    report: ImportReport | None = None
    form: Form = Form()


class UnknownText(Struct, frozen=True, forbid_unknown_fields=True):
    """A text from a number that we do not know."""

    id: str
    at: datetime
    phone_masked: str
    text: str
    handled: bool = False


class UnknownNumbers(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts from unknown numbers: kept apart, shown, erased in time."""

    texts: tuple[UnknownText, ...] = ()
    kept_days: int = 14
    shared: bool = False
    """Other municipalities use our number too, and see the same texts."""


class UserLine(Struct, frozen=True, forbid_unknown_fields=True):
    """An account."""

    id: str
    name: str
    login: str
    role: str
    active: bool = True
    is_self: bool = False
    is_of_provider: bool = False


class Users(Struct, frozen=True, forbid_unknown_fields=True):
    """The accounts of this municipality, and a form for a new one."""

    users: tuple[UserLine, ...]
    roles: tuple[str, ...]
    form: Form = Form()
    has_provider: bool = False
    new_login: str | None = None
    new_password: str | None = None


class NeighbourhoodLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A neighbourhood and who is known there, in counts."""

    code: str
    name: str
    key_figures: int
    professionals: int


class Neighbourhoods(Struct, frozen=True, forbid_unknown_fields=True):
    """The neighbourhoods, with a form to bring in a new district file."""

    neighbourhoods: tuple[NeighbourhoodLine, ...] = ()
    shapes: tuple[tuple[str, str, float, float], ...] = ()
    viewbox: str = "0 0 600 420"
    source: str = ""
    problems: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    form: Form = Form()
