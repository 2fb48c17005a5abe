"""Reading a create request: which texts the carrier takes, and the code with which it refuses."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from msgspec import Struct

from calamity.sandbox.book import Book
from calamity.sandbox.errors import Refusal
from calamity.sandbox.settings import SandboxSettings, is_loopback

LONGEST_BODY = 1600
LONGEST_QUEUE_SECONDS = 36_000
_LONGEST_URL = 4000
_SOONEST, _LATEST = 15 * 60, 35 * 24 * 3600
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ALPHA = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
GENERIC_NAMES = frozenset({"info", "sms", "notice", "alert", "verify", "message", "inform"})


class Order(Struct, frozen=True):
    """A create request that passed every check."""

    sender: str
    to: str
    body: str
    service: str | None
    callback: str | None
    validity: int
    media: int
    send_in: float | None


@lru_cache(maxsize=65_536)
def line_of(number: str) -> tuple[str, str] | None:
    """Return the region and the kind of line of an E.164 number; None if it is not one."""
    if not _E164.fullmatch(number):
        return None
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    region = phonenumbers.region_code_for_number(parsed) or ""
    kinds = phonenumbers.PhoneNumberType
    landline = phonenumbers.number_type(parsed) in {kinds.FIXED_LINE, kinds.TOLL_FREE, kinds.UAN}
    return region, "landline" if landline else "mobile"


def read_order(form: Mapping[str, str], book: Book, *, media: int = 0) -> Order:
    """Check a request in the order in which Twilio does; raise Refusal at the first fault."""
    to, sender = form.get("To", ""), form.get("From", "")
    service = form.get("MessagingServiceSid") or None
    body = form.get("Body", "")
    if not to:
        raise Refusal(21604)
    if not sender and service is None:
        raise Refusal(21603)
    if not body and not media and not form.get("ContentSid"):
        raise Refusal(21602)
    _check_recipient(to, book)
    if sender:
        _check_sender(sender, book)
    if service is not None:
        sender = sender or _choose_sender(service, to, book.settings)
    if len(body) > LONGEST_BODY:
        raise Refusal(21617)
    validity = _read_validity(form.get("ValidityPeriod"))
    callback = form.get("StatusCallback") or None
    check_callback(callback, book.settings)
    if to == sender:
        raise Refusal(21266)
    if book.has_opted_out(sender, to):
        raise Refusal(21610)
    send_in = _read_send_at(form.get("SendAt"), service)
    if book.settings.region == "ie1":
        _check_region(form, media)
    return Order(sender, to, body, service, callback, validity, media, send_in)


def _check_recipient(to: str, book: Book) -> None:
    line = line_of(to)
    if line is None:
        raise Refusal(21211, number=to)
    region, kind = line
    phone = book.phones.get(to)
    if kind == "landline" or (phone is not None and phone.state == "landline"):
        raise Refusal(21614)
    countries = book.settings.countries
    if countries is not None and region not in countries:
        raise Refusal(21408)


def _check_sender(sender: str, book: Book) -> None:
    if sender in book.settings.elsewhere:
        raise Refusal(21663)
    if _E164.fullmatch(sender):
        if not book.is_ours(sender):
            raise Refusal(21606)
    elif not _ALPHA.fullmatch(sender):
        raise Refusal(21212, number=sender)


def _choose_sender(service: str, to: str, settings: SandboxSettings) -> str:
    pool = settings.services.get(service)
    if pool is None:
        raise Refusal(21701)
    if not pool:
        raise Refusal(21704)
    # The same person always hears from the same number.
    return pool[int(to[-6:]) % len(pool)]


def _read_validity(value: str | None) -> int:
    if value is None:
        return LONGEST_QUEUE_SECONDS
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 1 <= int(value) <= LONGEST_QUEUE_SECONDS:
        raise Refusal(21624)
    return int(value)


def check_callback(url: str | None, settings: SandboxSettings) -> None:
    """Refuse an address to which Twilio would not post."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise Refusal(21609) from None
    valid = parts.scheme in {"http", "https"} and host and "_" not in host
    if not valid or len(url) > _LONGEST_URL:
        raise Refusal(21609)
    if not settings.allow_loopback_callbacks and is_loopback(host):
        raise Refusal(21609)


def _check_region(form: Mapping[str, str], media: int) -> None:
    """Refuse what Twilio's region in Ireland cannot do."""
    if media:
        raise Refusal(21670)
    if form.get("SendAt") or form.get("ShortenUrls", "").lower() == "true":
        raise Refusal(30700)


def _read_send_at(value: str | None, service: str | None) -> float | None:
    if not value:
        return None
    if service is None:
        raise Refusal(35118)
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = moment.timestamp() - time.time()
    except (ValueError, OverflowError):
        raise Refusal(35114) from None
    if not _SOONEST <= seconds <= _LATEST:
        raise Refusal(35114)
    return seconds
