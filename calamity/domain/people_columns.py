"""The columns of a people file: their names, and how one cell is read."""

import datetime
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from calamity.domain.errors import Refused
from calamity.domain.phone import Phone, read_phone
from calamity.domain.texts import clean_for_display, segments


class PersonKind(StrEnum):
    """Which group a line of the file is about."""

    RESPONDER = "responder"
    KEY_FIGURE = "key-figure"
    PROFESSIONAL = "professional"
    CONTACT_PERSON = "contact-person"
    OFFICIAL = "official"


class CellFault(Exception):
    """What is wrong with one cell, and the cure."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem, cure)
        self.problem = problem
        self.cure = cure


# Each column with the Dutch and English names under which it may stand in the file.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kind": ("soort", "kind"),
        "name": ("naam", "name"),
        "phone": ("telefoon", "telefoonnummer", "mobiel", "phone", "mobile"),
        "email": ("e_mail", "email", "mail", "e_mailadres", "emailadres"),
        "language": ("taal", "language"),
        "check_word": ("controlewoord", "check_word"),
        "shares_phone": ("deelt_telefoon", "shares_phone"),
        "role": ("rol", "role"),
        "rank": ("rang", "rank"),
        "neighbourhood": ("wijk", "neighbourhood", "neighborhood"),
        "circle": ("kring", "circle"),
        "contact_person": ("contactpersoon", "contact_person"),
        "agreed_on": ("afgesproken_op", "afspraakdatum", "agreed_on"),
        "asks": ("vragen", "wil_vragen", "asks"),
        "quiet_from": ("rust_van", "quiet_from"),
        "quiet_until": ("rust_tot", "quiet_until"),
        "organisation": ("organisatie", "organisation", "organization"),
    }
)
REQUIRED = ("kind", "name", "phone")

# What must never be kept of a person, under any name (Dutch and English stems).
_FORBIDDEN = re.compile(
    r"relig|geloof|kerk|moskee|faith|church|nationali|herkomst|afkomst|origin|ethni|etni|ras$|race"
    r"|geboorte|birth|leeftijd|^age$|bsn|geslacht|gender|seks|sexual|politi|partij|party|mening"
    r"|opinion|standpunt|gezond|health|medisch|betrouwba|reliab|invloed|influence|score|strafblad"
)


def plain_header(header: str) -> str:
    """Return a header as the column names are written: small letters and underscores."""
    return re.sub(r"[\s-]+", "_", clean_for_display(header).strip().strip('"').casefold())


def column_of(header: str) -> str | None:
    """Return the column that a header stands for, if it is known."""
    plain = plain_header(header)
    return next((column for column, names in COLUMNS.items() if plain in names), None)


def is_forbidden(header: str) -> bool:
    """Tell whether a column would hold what must not be kept about a person."""
    return _FORBIDDEN.search(plain_header(header)) is not None


_KINDS = {
    "responder": PersonKind.RESPONDER,
    "snelteam": PersonKind.RESPONDER,
    "key-figure": PersonKind.KEY_FIGURE,
    "sleutelfiguur": PersonKind.KEY_FIGURE,
    "professional": PersonKind.PROFESSIONAL,
    "contact-person": PersonKind.CONTACT_PERSON,
    "contactpersoon": PersonKind.CONTACT_PERSON,
    "official": PersonKind.OFFICIAL,
    "bestuurder": PersonKind.OFFICIAL,
}
_LANGUAGES = ("nl", "en", "tr", "ar", "pl", "uk")
_ORGANISATIONS = {
    "municipality": "municipality", "gemeente": "municipality",
    "education": "education", "onderwijs": "education",
    "youth-work": "youth-work", "jongerenwerk": "youth-work",
    "welfare": "welfare", "welzijn": "welfare",
    "care": "care", "zorg": "care",
    "housing": "housing", "wonen": "housing",
    "other": "other", "anders": "other",
}  # fmt: skip
_YES = {"ja": True, "j": True, "yes": True, "y": True, "nee": False, "n": False, "no": False}
_LONGEST = 80
# What every mail server takes: no quoting, no comments, letters of ASCII.
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")


def bare_cell(cell: str) -> str:
    """Take the text out of a cell: no controls, no text mark of Excel, no surplus space."""
    text = re.sub(r"\s+", " ", clean_for_display(cell)).strip()
    text = re.sub(r"^'(?=[=+@\d-])", "", text)
    quoted = re.fullmatch(r'="(.*)"', text)
    return quoted[1].strip() if quoted else text


def _choice(cell: str, choices: Mapping[str, object], cure: str) -> object:
    value = choices.get(re.sub(r"[\s_]+", "-", cell.casefold()))
    if value is None:
        raise CellFault("This word is not known here.", cure)
    return value


def _kind(cell: str) -> object:
    cure = "Use snelteam, sleutelfiguur, professional, contactpersoon or bestuurder."
    return _choice(cell, _KINDS, cure)


def _words(cell: str) -> str:
    if cell[0] in "=+@-":
        raise CellFault("The text begins with a sign that a spreadsheet runs.", "Remove the sign.")
    if len(cell) > _LONGEST:
        raise CellFault("The text is longer than 80 characters.", "Shorten it.")
    return cell


def _phone(cell: str, country: str) -> Phone:
    if re.fullmatch(r"\d([.,]\d+)?e\+?\d+", cell, re.IGNORECASE):
        raise CellFault(
            "The spreadsheet has rounded the number, and digits are lost.",
            "Format the column as text, fill in the number again, and save as CSV.",
        )
    if cell.startswith(("=", "@")):
        raise CellFault(
            "The number begins with a sign that a spreadsheet runs.", "Remove the sign."
        )
    try:
        return read_phone(re.sub(r"[.,]0$", "", cell), country)
    except Refused as refusal:
        problem, _, cure = refusal.message.partition(". ")
        raise CellFault(f"{problem}.", cure) from None


def _email(cell: str) -> str:
    if len(cell) > _LONGEST or not _ADDRESS.fullmatch(cell):
        raise CellFault("This is not an e-mail address.", "Write it as naam@gemeente.nl.")
    return cell


def _language(cell: str) -> str:
    if cell.casefold() not in _LANGUAGES:
        raise CellFault("There are no texts in this language.", "Use nl, en, tr, ar, pl or uk.")
    return cell.casefold()


def _check_word(cell: str) -> str:
    if not re.fullmatch(r"[^\W\d_]{3,20}", cell):
        raise CellFault(
            "This is not one word of 3 to 20 letters.", "Agree on one simple word, such as anker."
        )
    if segments(cell).encoding != "GSM-7":
        raise CellFault(
            "This word makes every SMS longer.", "Choose a word without special letters."
        )
    return cell


def _role(cell: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", cell):
        raise CellFault("This is not the code of a role.", "Use the playbook's code, such as LEI.")
    return cell


def _rank(cell: str) -> int:
    if not re.fullmatch(r"[1-9]", cell):
        raise CellFault(
            "The rank is not a number from 1 to 9.", "1 is first, 2 and up are deputies."
        )
    return int(cell)


def _date(cell: str) -> datetime.date:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", cell)
    parts = found.groups() if found else ()
    if not found and (found := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", cell)):
        parts = found.groups()[::-1]
    try:
        date = datetime.date(*(int(part) for part in parts))
    except (TypeError, ValueError):
        date = datetime.date.min
    if date.year < 2000 or date.year > 2100:  # noqa: PLR2004 - no agreement is older than the product
        raise CellFault("This is not a date.", "Write it as 31-12-2025 or 2025-12-31.")
    return date


def _yes_or_no(cell: str) -> object:
    return _choice(cell, _YES, "Use ja or nee.")


def _clock(cell: str) -> str:
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?:[:.]00)?(?: ?uur)?", cell)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004 - a clock
        raise CellFault("This is not a time.", "Write it as 22:00.")
    return f"{int(found[1]):02}:{found[2]}"


def _organisation(cell: str) -> object:
    cure = "Use gemeente, onderwijs, jongerenwerk, welzijn, zorg, wonen or anders."
    return _choice(cell, _ORGANISATIONS, cure)


_READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "kind": _kind,
        "name": _words,
        "email": _email,
        "language": _language,
        "check_word": _check_word,
        "shares_phone": _yes_or_no,
        "role": _role,
        "rank": _rank,
        "neighbourhood": _words,
        "circle": _words,
        "contact_person": _words,
        "agreed_on": _date,
        "asks": _yes_or_no,
        "quiet_from": _clock,
        "quiet_until": _clock,
        "organisation": _organisation,
    }
)


def read_cell(column: str, cell: str, country: str) -> object:
    """Read a filled cell of a column, or raise CellFault; *country* is that of local numbers."""
    return _phone(cell, country) if column == "phone" else _READERS[column](cell)
