"""The list of messages: filters, pages, newest first."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from calamity.sandbox.book import Book
from calamity.sandbox.records import Text, resource

_LARGEST_PAGE = 1000
_USUAL_PAGE = 50
_DAY_SECONDS = 86_400
_DAY_LENGTH = len("2026-01-02")


def list_messages(
    book: Book, path: str, query: dict[str, str], *, created_before: float
) -> dict[str, Any]:
    """Return one page of what fits the filters; *created_before* plays a lagging list."""
    size = _number(query.get("PageSize"), _USUAL_PAGE, _LARGEST_PAGE) or _USUAL_PAGE
    page = _number(query.get("Page"), 0, 1_000_000)
    found = [text for text in _candidates(book, query) if text.created_at <= created_before]
    start = _place_of(found, query.get("PageToken"), page * size)
    shown = found[start : start + size]
    account = book.settings.account_sid
    filters = {k: v for k, v in query.items() if k not in {"Page", "PageToken", "PageSize"}}

    def uri(number: int, first: Text | None) -> str:
        asked = {**filters, "PageSize": str(size), "Page": str(number)}
        if first is not None:
            asked["PageToken"] = "PA" + first.sid
        return f"{path}?{urlencode(asked)}"

    following = found[start + size] if start + size < len(found) else None
    before = found[max(0, start - size)] if start and found else None
    return {
        "messages": [resource(text, account) for text in shown],
        "first_page_uri": uri(0, None),
        "next_page_uri": None if following is None else uri(page + 1, following),
        "previous_page_uri": None if before is None else uri(max(0, page - 1), before),
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(shown) - 1),
        "uri": path + ("?" + urlencode(query) if query else ""),
    }


def _number(value: str | None, default: int, largest: int) -> int:
    is_number = value and value.isdecimal() and len(value) <= len(str(largest))
    return min(largest, int(value)) if value and is_number else default


def _place_of(found: list[Text], token: str | None, default: int) -> int:
    if token is None:
        return default
    # Texts that came in since the first page move the place, not the page.
    return next((i for i, text in enumerate(found) if "PA" + text.sid == token), default)


def _candidates(book: Book, query: dict[str, str]) -> Iterator[Text]:
    tests = list(_tests(query))
    named = [query[name] for name in ("To", "From") if query.get(name)]
    phone = next((number for number in named if number in book.by_phone), None)
    if phone is not None:
        texts = (book.texts[sid] for sid in reversed(book.by_phone[phone]))
    else:
        texts = (text for text in reversed(book.texts.values()))
    for text in texts:
        if all(test(text) for test in tests):
            yield text


def _tests(query: dict[str, str]) -> Iterator[Callable[[Text], bool]]:
    if to := query.get("To"):
        yield lambda text: text.to == to
    if sender := query.get("From"):
        yield lambda text: text.sender == sender
    if (on := query.get("DateSent")) and (span := _span(on)):
        # Twilio's own client writes a date as its midnight, and means the day.
        since = span[0] // _DAY_SECONDS * _DAY_SECONDS
        until = since + _DAY_SECONDS
        yield lambda text: text.sent_at is not None and since <= text.sent_at < until
    if (after := query.get("DateSent>")) and (span := _span(after)):
        earliest = span[0]
        yield lambda text: text.sent_at is not None and text.sent_at >= earliest
    if (before := query.get("DateSent<")) and (span := _span(before)):
        latest = span[1]
        yield lambda text: text.sent_at is not None and text.sent_at < latest


def _span(value: str) -> tuple[float, float] | None:
    """Return the first moment of a date or a time, and the first moment after it."""
    moment = _moment(value)
    length = _DAY_SECONDS if len(value) == _DAY_LENGTH else 1
    return None if moment is None else (moment, moment + length)


def _moment(value: str) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
