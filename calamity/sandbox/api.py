"""The API of the carrier, in Twilio's words: /2010-04-01 and Lookup v2."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import phonenumbers
from litestar.types import Receive, Scope, Send

from calamity.sandbox.book import Book
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.errors import Refusal
from calamity.sandbox.faults import Fault, FaultBox
from calamity.sandbox.listing import list_messages
from calamity.sandbox.orders import line_of, read_order
from calamity.sandbox.records import TERMINAL, Text, resource, rfc2822
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.transcript import Transcript
from calamity.sandbox.wire import (
    Answer,
    Call,
    Hangup,
    header,
    read_call,
    send_answer,
    send_spoiled,
    standard_headers,
)

_BEFORE = {
    "unauthorised": (20003, 401),
    "suspended": (20005, 403),
    "too-many": (20429, 429),
    "error-before": (20500, 500),
    "unavailable-before": (20503, 503),
}
_BEFORE_KINDS = frozenset(_BEFORE)
_AFTER_KINDS = frozenset(
    {
        "error-after", "slow", "hang-after", "reset-after", "truncated", "html", "empty", "trickle",
    }
)  # fmt: skip
_LAG_KIND = frozenset({"list-lag"})
_ACCOUNT_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/(.+)\.json")
_LOOKUP_PATH = re.compile(r"/v2/PhoneNumbers/([^/]+)")

_Handler = Callable[[Call, str], Awaitable[Answer]]


class Api:
    """An ASGI application that takes texts in and tells about them."""

    def __init__(
        self, book: Book, carrier: Carrier, faults: FaultBox, transcript: Transcript
    ) -> None:
        self._book = book
        self._carrier = carrier
        self._faults = faults
        self._transcript = transcript
        self._settings = book.settings
        self._keys = _accepted_keys(book.settings)
        self._at_once = 0
        self._started_at = time.time()
        self._routes: list[tuple[re.Pattern[str], dict[str, _Handler]]] = [
            (re.compile("()Messages"), {"POST": self._create, "GET": self._list}),
            (
                re.compile("Messages/((?:SM|MM)[0-9a-fA-F]{32})"),
                {"GET": self._fetch, "POST": self._update, "DELETE": self._delete},
            ),
            (re.compile("Messages/((?:SM|MM)[0-9a-fA-F]{32})/Feedback"), {"POST": self._feedback}),
            (re.compile("Messages/((?:SM|MM)[0-9a-fA-F]{32})/Media"), {"GET": self._media}),
            (re.compile("()Calls"), {"GET": self._calls, "POST": self._no_voice}),
            (
                re.compile("Calls/(CA[0-9a-fA-F]{32})"),
                {"GET": self._missing, "POST": self._missing, "DELETE": self._missing},
            ),
            (re.compile("()IncomingPhoneNumbers"), {"GET": self._numbers}),
            (re.compile("()Balance"), {"GET": self._balance}),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and write both down."""
        began = time.perf_counter()
        self._at_once += 1
        call: Call | None = None
        fault: Fault | None = None
        try:
            call = await read_call(scope, receive)
            answer, fault = await self._answer(call, header(scope, b"authorization"))
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.payload())
        except Hangup:
            return
        finally:
            self._at_once -= 1
        self._note(call, answer, fault, began)
        body = answer.body()
        if fault is not None:
            await send_spoiled(fault.kind, fault.seconds, scope, send, answer)
            return
        seconds = time.perf_counter() - began
        headers = standard_headers(len(body), at_once=self._at_once + 1, seconds=seconds)
        await send_answer(send, answer.status, [*headers, *answer.headers], body)

    def _note(self, call: Call | None, answer: Answer, fault: Fault | None, began: float) -> None:
        payload = answer.payload if isinstance(answer.payload, dict) else {}
        self._transcript.add(
            "request",
            method=call.method if call else None,
            path=call.raw_path if call else None,
            form=call.form if call else None,
            status=answer.status,
            sid=payload.get("sid"),
            code=payload.get("code"),
            fault=fault.kind if fault else None,
            seconds=round(time.perf_counter() - began, 4),
        )

    async def _answer(self, call: Call, authorization: bytes) -> tuple[Answer, Fault | None]:
        if authorization not in self._keys:
            raise Refusal(20003, 401)
        if lookup := _LOOKUP_PATH.fullmatch(call.path):
            if call.method != "GET":
                raise Refusal(20004, 405)
            return self._lookup(call, unquote(lookup[1])), None
        place = _ACCOUNT_PATH.fullmatch(call.path)
        if place is None or place[1] != self._settings.account_sid:
            raise Refusal(20404, 404)
        for pattern, methods in self._routes:
            if found := pattern.fullmatch(place[2]):
                handler = methods.get(call.method)
                if handler is None:
                    raise Refusal(20004, 405)
                if handler == self._create:
                    return await self._create_or_fail(call)
                return await handler(call, found[1]), None
        raise Refusal(20404, 404)

    # Messages -------------------------------------------------------------------------------

    async def _create_or_fail(self, call: Call) -> tuple[Answer, Fault | None]:
        to = call.form.get("To")
        before = self._faults.pick(_BEFORE_KINDS, to=to)
        if before is not None:
            code, status = _BEFORE[before.kind]
            headers: tuple[tuple[bytes, bytes], ...] = ()
            if before.kind == "too-many":
                wait = 1 if before.seconds is None else round(before.seconds)
                headers = ((b"retry-after", b"%d" % wait),)
            return Answer(status, Refusal(code, status).payload(), headers), None
        answer = await self._create(call, "")
        after = self._faults.pick(_AFTER_KINDS, to=to)
        if after is not None and after.kind == "error-after":
            return Answer(500, Refusal(20500, 500).payload()), None
        if after is not None and after.kind == "slow":
            # The first callbacks may now overtake the answer.
            await asyncio.sleep(2.0 if after.seconds is None else after.seconds)
            return answer, None
        return answer, after

    async def _create(self, call: Call, _: str) -> Answer:
        order = read_order(call.form, self._book, media=call.media)
        text = self._carrier.accept(order)
        answer = Answer(201, resource(text, self._settings.account_sid))
        await self._book.ledger.kept()
        return answer

    async def _list(self, call: Call, _: str) -> Answer:
        before = float("inf")
        lag = self._faults.pick(_LAG_KIND)
        if lag is not None:
            before = time.time() - (10.0 if lag.seconds is None else lag.seconds)
        return Answer(200, list_messages(self._book, call.path, call.query, created_before=before))

    def _text(self, sid: str) -> Text:
        text = self._book.texts.get(sid)
        if text is None:
            raise Refusal(20404, 404)
        return text

    async def _fetch(self, _: Call, sid: str) -> Answer:
        return Answer(200, resource(self._text(sid), self._settings.account_sid))

    async def _update(self, call: Call, sid: str) -> Answer:
        text = self._text(sid)
        if call.form.get("Status") == "canceled":
            if text.status != "scheduled":
                raise Refusal(30409)
            self._carrier.cancel(text)
        elif call.form.get("Body") == "":
            if text.status not in TERMINAL:
                raise Refusal(20009)
            text.body = ""
            self._book.change(text)
        await self._book.ledger.kept()
        return Answer(200, resource(text, self._settings.account_sid))

    async def _delete(self, _: Call, sid: str) -> Answer:
        self._book.remove(self._text(sid))
        await self._book.ledger.kept()
        return Answer(204)

    async def _feedback(self, call: Call, sid: str) -> Answer:
        text = self._text(sid)
        now = rfc2822(time.time())
        payload = {
            "account_sid": self._settings.account_sid,
            "message_sid": text.sid,
            "outcome": call.form.get("Outcome", "confirmed"),
            "date_created": now,
            "date_updated": now,
            "uri": call.path,
        }
        return Answer(200, payload)

    async def _media(self, call: Call, sid: str) -> Answer:
        self._text(sid)
        return Answer(200, _page(call.path, "media_list", []))

    # The rest of the account ----------------------------------------------------------------

    async def _missing(self, _: Call, __: str) -> Answer:
        raise Refusal(20404, 404)

    async def _calls(self, call: Call, _: str) -> Answer:
        return Answer(200, _page(call.path, "calls", []))

    async def _no_voice(self, _: Call, __: str) -> Answer:
        raise Refusal(21210)

    async def _balance(self, _: Call, __: str) -> Answer:
        account = self._settings.account_sid
        return Answer(200, {"account_sid": account, "balance": "100.00", "currency": "EUR"})

    async def _numbers(self, call: Call, _: str) -> Answer:
        wanted = call.query.get("PhoneNumber")
        numbers = [
            self._number(sender)
            for sender in self._settings.senders
            if sender.startswith("+") and wanted in {None, sender}
        ]
        return Answer(200, _page(call.path, "incoming_phone_numbers", numbers))

    def _number(self, sender: str) -> dict[str, Any]:
        settings = self._settings
        # The same number keeps its sid over restarts.
        sid = "PN" + hashlib.sha256(sender.encode()).hexdigest()[:32]
        since = rfc2822(self._started_at)
        return {
            "account_sid": settings.account_sid,
            "address_requirements": "none",
            "address_sid": None,
            "api_version": "2010-04-01",
            "beta": False,
            "bundle_sid": None,
            "capabilities": {"voice": False, "sms": True, "mms": False, "fax": False},
            "date_created": since,
            "date_updated": since,
            "emergency_address_sid": None,
            "emergency_address_status": "unregistered",
            "emergency_status": "Inactive",
            "friendly_name": sender,
            "identity_sid": None,
            "origin": "twilio",
            "phone_number": sender,
            "sid": sid,
            "sms_application_sid": None,
            "sms_fallback_method": "POST",
            "sms_fallback_url": settings.fallback_url,
            "sms_method": "POST",
            "sms_url": settings.webhook_url,
            "status": "in-use",
            "status_callback": None,
            "status_callback_method": "POST",
            "trunk_sid": None,
            "type": "mobile",
            "uri": f"/2010-04-01/Accounts/{settings.account_sid}/IncomingPhoneNumbers/{sid}.json",
            "voice_application_sid": None,
            "voice_caller_id_lookup": False,
            "voice_fallback_method": "POST",
            "voice_fallback_url": None,
            "voice_method": "POST",
            "voice_receive_mode": "voice",
            "voice_url": None,
        }

    def _lookup(self, call: Call, number: str) -> Answer:
        line = line_of(number)
        payload: dict[str, Any] = {
            "calling_country_code": None,
            "country_code": None,
            "phone_number": number,
            "national_format": None,
            "valid": line is not None,
            "validation_errors": [] if line else ["INVALID_BUT_POSSIBLE"],
            "line_type_intelligence": None,
            "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
        }
        if line is not None:
            parsed = phonenumbers.parse(number, None)
            form = phonenumbers.PhoneNumberFormat.NATIONAL
            payload["calling_country_code"] = str(parsed.country_code)
            payload["country_code"] = line[0]
            payload["national_format"] = phonenumbers.format_number(parsed, form)
            if "line_type_intelligence" in call.query.get("Fields", ""):
                payload["line_type_intelligence"] = {"type": line[1], "error_code": None}
        return Answer(200, payload)


def _accepted_keys(settings: SandboxSettings) -> frozenset[bytes]:
    pairs = [(settings.account_sid, settings.auth_token)]
    if settings.second_token is not None:
        pairs.append((settings.account_sid, settings.second_token))
    if settings.api_key is not None and settings.api_secret is not None:
        pairs.append((settings.api_key, settings.api_secret))
    return frozenset(
        b"Basic " + base64.b64encode(f"{user}:{secret}".encode()) for user, secret in pairs
    )


def _page(path: str, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    first = f"{path}?PageSize=50&Page=0"
    return {
        name: entries,
        "first_page_uri": first,
        "next_page_uri": None,
        "previous_page_uri": None,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(0, len(entries) - 1),
        "uri": path,
    }
