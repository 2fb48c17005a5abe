"""Calls in the API: create, list, fetch, redirect, end, delete."""

import math
import re
from collections.abc import Mapping
from typing import Any

from calamity.sandbox.book import Book
from calamity.sandbox.errors import Refusal
from calamity.sandbox.orders import check_callback, line_of
from calamity.sandbox.records import PhoneCall, rfc2822
from calamity.sandbox.voice import CallOrder, Voice
from calamity.sandbox.wire import Answer, Call, Handler, Routes, page_of

_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_DETECTIONS = frozenset({"Enable", "DetectMessageEnd"})
_LONGEST_RING, _LONGEST_CALL = 600, 14_400
_PRICE_PER_MINUTE = 0.02
_MOST_LISTED = 1000


class Calling:
    """What the API does with calls."""

    def __init__(self, book: Book, voice: Voice) -> None:
        self._book = book
        self._voice = voice
        self._settings = book.settings

    def routes(self) -> Routes:
        """Return which paths are answered here."""
        one: dict[str, Handler] = {"GET": self._fetch, "POST": self._update, "DELETE": self._delete}
        return [
            (re.compile("()Calls"), {"POST": self.create, "GET": self._list}),
            (re.compile("Calls/(CA[0-9a-fA-F]{32})"), one),
        ]

    async def create(self, call: Call, _: str) -> Answer:
        """Take a call in; the answer waits until it is in the ledger."""
        placed = self._voice.place(read_call_order(call.form, call, self._book))
        answer = Answer(201, call_resource(placed, self._settings.account_sid))
        await self._book.ledger.kept()
        return answer

    async def _list(self, call: Call, _: str) -> Answer:
        wanted = {name: call.query.get(asked) for asked, name in _FILTERS.items()}
        account = self._settings.account_sid
        found = [
            call_resource(one, account)
            for one in reversed(self._book.calls.values())
            if all(value is None or getattr(one, name) == value for name, value in wanted.items())
        ]
        return Answer(200, page_of(call.path, "calls", found[:_MOST_LISTED]))

    def _call(self, sid: str) -> PhoneCall:
        call = self._book.calls.get(sid)
        if call is None:
            raise Refusal(20404, 404)
        return call

    async def _fetch(self, _: Call, sid: str) -> Answer:
        return Answer(200, call_resource(self._call(sid), self._settings.account_sid))

    async def _update(self, request: Call, sid: str) -> Answer:
        call, form = self._call(sid), request.form
        if form.get("Status") in {"canceled", "completed"}:
            self._voice.finish(call, form["Status"])
        elif form.get("Url") or form.get("Twiml"):
            url = form.get("Url") or None
            _check_url(url, self._book)
            twiml = None if url else form.get("Twiml")
            self._voice.redirect(call, url=url, method=_method(form, "Method"), twiml=twiml)
        await self._book.ledger.kept()
        return Answer(200, call_resource(call, self._settings.account_sid))

    async def _delete(self, _: Call, sid: str) -> Answer:
        call = self._call(sid)
        if not call.is_over:
            raise Refusal(20009)
        self._book.remove_call(call)
        await self._book.ledger.kept()
        return Answer(204)


_FILTERS = {"To": "to", "From": "sender", "Status": "status"}


def read_call_order(form: Mapping[str, str], request: Call, book: Book) -> CallOrder:
    """Check a request to call; raise Refusal at the first fault."""
    to, sender = form.get("To", ""), form.get("From", "")
    url, twiml = form.get("Url") or None, form.get("Twiml") or None
    _check_ends(to, sender, book)
    if url is None and twiml is None:
        raise Refusal(21205)
    _check_url(url, book)
    _check_url(form.get("FallbackUrl") or None, book)
    callback = form.get("StatusCallback") or None
    check_callback(callback, book.settings)
    events = [word for value in request.all_of("StatusCallbackEvent") for word in value.split()]
    is_async = form.get("AsyncAmd", "").lower() == "true"
    detection = form.get("MachineDetection", "")
    return CallOrder(
        sender=sender,
        to=to,
        url=url,
        twiml=None if url else twiml,
        method=_method(form, "Method"),
        fallback=form.get("FallbackUrl") or None,
        fallback_method=_method(form, "FallbackMethod"),
        callback=callback,
        callback_method=_method(form, "StatusCallbackMethod"),
        events=[event for event in events if event in _EVENTS] or ["completed"],
        ring_seconds=_seconds(form.get("Timeout"), 60, _LONGEST_RING),
        time_limit=_seconds(form.get("TimeLimit"), _LONGEST_CALL, _LONGEST_CALL),
        detection=detection if detection in _DETECTIONS else "",
        amd_callback=form.get("AsyncAmdStatusCallback") if is_async else None,
    )


def _check_ends(to: str, sender: str, book: Book) -> None:
    settings = book.settings
    if not to:
        raise Refusal(21201)
    if not sender:
        raise Refusal(21213)
    line = line_of(to)
    if line is None:
        raise Refusal(21211, number=to)
    if sender in settings.elsewhere:
        raise Refusal(21663)
    if not sender.startswith("+") or not book.is_ours(sender):
        raise Refusal(21210)
    if settings.countries is not None and line[0] not in settings.countries:
        raise Refusal(21215)


def _check_url(url: str | None, book: Book) -> None:
    try:
        check_callback(url, book.settings)
    except Refusal:
        raise Refusal(21205) from None


def _method(form: Mapping[str, str], name: str) -> str:
    return "GET" if form.get(name, "").upper() == "GET" else "POST"


def _seconds(value: str | None, default: int, most: int) -> float:
    if value is None or not re.fullmatch(r"[0-9]{1,6}", value):
        return float(default)
    return float(min(most, max(1, int(value))))


def call_resource(call: PhoneCall, account: str) -> dict[str, Any]:
    """Describe *call* as a Call resource."""
    uri = f"/2010-04-01/Accounts/{account}/Calls/{call.sid}"
    minutes = math.ceil(call.seconds / 60)
    return {
        "sid": call.sid,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "parent_call_sid": None,
        "account_sid": account,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.sender,
        "from_formatted": call.sender,
        "phone_number_sid": None,
        "status": call.status,
        "start_time": rfc2822(call.answered_at),
        "end_time": rfc2822(call.ended_at),
        "duration": str(call.seconds) if call.is_over else None,
        "price": f"-{_PRICE_PER_MINUTE * minutes:.5f}" if minutes and call.is_over else None,
        "price_unit": "USD",
        "direction": "outbound-api",
        "answered_by": call.answered_by,
        "annotation": None,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": uri + ".json",
        "subresource_uris": {
            name: f"{uri}/{path}.json"
            for name, path in (("events", "Events"), ("streams", "Streams"))
        },
    }
