"""Phone numbers: read what people write, refuse what cannot get an SMS, show without revealing."""

import re
import unicodedata
from typing import Literal

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from calamity.domain.errors import Refused

Kind = Literal["mobile", "landline", "other"]

_KINDS: dict[int, Kind] = {
    PhoneNumberType.MOBILE: "mobile",
    # North America does not tell mobile and fixed apart.
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
}

_CANNOT_READ = "This is not a phone number. Write it as 06-12345678, or begin with + and a country."
_TWO_NUMBERS = "Here stands more than one number, or other text. Keep one phone number."
_NOT_A_NUMBER = "No such number exists. Check for a missing or surplus digit, and the country code."
_LANDLINE = "This is a landline and cannot get an SMS. Ask for a mobile number."
_NOT_MOBILE = (
    "This kind of number (service, pager or internet line) cannot get an SMS reliably. "
    "Ask for a mobile number."
)

# The exact form that a carrier uses. Nothing is normalised there: what differs is not ours.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# The fewest digits that a number can have without its country code.
_FEWEST = 7


class Phone(Struct, frozen=True, forbid_unknown_fields=True):
    """One phone number. *shown* is the international form in which a person can check it."""

    e164: str
    kind: Kind
    country: str
    shown: str


def read_phone(raw: str, country: str = "NL", *, field: str = "phone") -> Phone:
    """Read a mobile number as people write it; show the outcome to them for confirmation."""
    phone = read_any_phone(raw, country, field=field)
    if phone.kind == "landline":
        raise Refused(_LANDLINE, field=field)
    if phone.kind != "mobile":
        raise Refused(_NOT_MOBILE, field=field)
    return phone


def read_any_phone(raw: str, country: str = "NL", *, field: str = "phone") -> Phone:
    """Read a number of any kind: one that people call, such as the crisis room's."""
    raw = unicodedata.normalize("NFKC", raw)
    if sum(len(re.findall(r"\d", piece)) >= _FEWEST for piece in re.split(r"[;,/|\n]", raw)) > 1:
        raise Refused(_TWO_NUMBERS, field=field)
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        raise Refused(_CANNOT_READ, field=field) from None
    if not phonenumbers.is_valid_number(number):
        raise Refused(_NOT_A_NUMBER, field=field)
    number.extension = None
    return Phone(
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        kind=_KINDS.get(phonenumbers.number_type(number), "other"),
        country=phonenumbers.region_code_for_number(number) or "",
        shown=phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
    )


def is_e164(raw: str) -> bool:
    """Tell whether this is exactly the carrier's form of a number."""
    return _E164.fullmatch(raw) is not None


def masked(e164: str) -> str:
    """Show just enough of a number to recognise a known one: +31 97 ••• ••12."""
    if not is_e164(e164):
        return "•••"
    try:
        code = f"+{phonenumbers.parse(e164).country_code}"
    except phonenumbers.NumberParseException:
        return f"••• ••{e164[-2:]}"
    national = e164.removeprefix(code)
    if len(national) < _FEWEST:
        return f"{code} ••• ••{national[-2:]}"
    return f"{code} {national[:2]} ••• ••{national[-2:]}"
