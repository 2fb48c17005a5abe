"""The rest of an account: its balance, its numbers, and what it can look up of others."""

import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import phonenumbers

from calamity.sandbox.book import Book
from calamity.sandbox.errors import Refusal
from calamity.sandbox.orders import line_of
from calamity.sandbox.records import rfc2822
from calamity.sandbox.wire import Answer, Call, Routes, page_of

_SAME_FOR_ALL: dict[str, Any] = {
    "address_requirements": "none",
    "address_sid": None,
    "api_version": "2010-04-01",
    "beta": False,
    "bundle_sid": None,
    "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
    "emergency_address_sid": None,
    "emergency_address_status": "unregistered",
    "emergency_status": "Inactive",
    "identity_sid": None,
    "origin": "twilio",
    "sms_application_sid": None,
    "sms_fallback_method": "POST",
    "sms_method": "POST",
    "status": "in-use",
    "status_callback": None,
    "status_callback_method": "POST",
    "trunk_sid": None,
    "type": "mobile",
    "voice_application_sid": None,
    "voice_caller_id_lookup": False,
    "voice_fallback_method": "POST",
    "voice_fallback_url": None,
    "voice_method": "POST",
    "voice_receive_mode": "voice",
    "voice_url": None,
}


class Account:
    """What Twilio tells of the account itself."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.settings = book.settings
        self._started_at = time.time()

    def routes(self) -> Routes:
        """Return which paths are answered here."""
        return [
            (re.compile("()IncomingPhoneNumbers"), {"GET": self._numbers}),
            (re.compile("()Balance"), {"GET": self._balance}),
        ]

    async def _balance(self, _: Call, __: str) -> Answer:
        account = self.settings.account_sid
        return Answer(200, {"account_sid": account, "balance": "100.00", "currency": "EUR"})

    async def _numbers(self, call: Call, _: str) -> Answer:
        wanted = call.query.get("PhoneNumber")
        numbers = [
            self._number(sender)
            for sender in self.settings.senders
            if sender.startswith("+") and wanted in {None, sender}
        ]
        return Answer(200, page_of(call.path, "incoming_phone_numbers", numbers))

    def _number(self, sender: str) -> dict[str, Any]:
        settings = self.settings
        # The same number keeps its sid over restarts.
        sid = "PN" + hashlib.sha256(sender.encode()).hexdigest()[:32]
        since = rfc2822(self._started_at)
        return {
            **_SAME_FOR_ALL,
            "account_sid": settings.account_sid,
            "date_created": since,
            "date_updated": since,
            "friendly_name": sender,
            "phone_number": sender,
            "sid": sid,
            "sms_fallback_url": settings.fallback_url,
            "sms_url": settings.webhook_url,
            "uri": f"/2010-04-01/Accounts/{settings.account_sid}/IncomingPhoneNumbers/{sid}.json",
        }

    def look_up(self, call: Call, number: str) -> Answer:
        """Tell what is known of a number, with the packages that the request asks for."""
        if call.method != "GET":
            raise Refusal(20004, 405)
        number = unquote(number)
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
            asked = call.query.get("Fields", "").split(",")
            found = {"line_type_intelligence": {"type": line[1], "error_code": None}}
            found |= self._history(number)
            payload |= {name: found[name] for name in asked if name in found}
        return Answer(200, payload)

    def _history(self, number: str) -> dict[str, dict[str, Any]]:
        """Tell whether another SIM, or another person, has this number now."""
        phone = self._book.phones.get(number)
        state = "on" if phone is None else phone.state
        changed = None if phone is None else datetime.fromtimestamp(phone.changed_at, UTC)
        swap = {"last_sim_swap_date": changed and changed.isoformat(), "swapped_in_period": True}
        return {
            "sim_swap": {
                "last_sim_swap": swap if state == "sim-swapped" else None,
                "error_code": None,
            },
            "reassigned_number": {
                "is_number_reassigned": "yes" if state == "recycled" else "no",
                "error_code": None,
            },
        }
