"""Messages in the API: create, list, fetch, redact, cancel, delete."""

import re
import time

from calamity.sandbox.book import Book
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.errors import Refusal
from calamity.sandbox.faults import LIST, FaultBox
from calamity.sandbox.listing import list_messages
from calamity.sandbox.orders import read_order
from calamity.sandbox.records import TERMINAL, Text, resource, rfc2822
from calamity.sandbox.wire import Answer, Call, Handler, Routes, page_of

_SID = "((?:SM|MM)[0-9a-fA-F]{32})"


class Texting:
    """What the API does with texts."""

    def __init__(self, book: Book, carrier: Carrier, faults: FaultBox) -> None:
        self._book = book
        self._carrier = carrier
        self._faults = faults
        self._settings = book.settings

    def routes(self) -> Routes:
        """Return which paths are answered here."""
        one: dict[str, Handler] = {"GET": self._fetch, "POST": self._update, "DELETE": self._delete}
        return [
            (re.compile("()Messages"), {"POST": self.create, "GET": self._list}),
            (re.compile(f"Messages/{_SID}"), one),
            (re.compile(f"Messages/{_SID}/Feedback"), {"POST": self._feedback}),
            (re.compile(f"Messages/{_SID}/Media"), {"GET": self._media}),
        ]

    async def create(self, call: Call, _: str) -> Answer:
        """Take a text in; the answer waits until it is in the ledger."""
        order = read_order(call.form, self._book, media=call.media)
        text = self._carrier.accept(order)
        answer = Answer(201, resource(text, self._settings.account_sid))
        await self._book.ledger.kept()
        return answer

    async def _list(self, call: Call, _: str) -> Answer:
        before = float("inf")
        lag = self._faults.pick(LIST)
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
        return Answer(200, page_of(call.path, "media_list", []))
