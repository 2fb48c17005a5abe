"""Phone calls through the same account at Twilio, each with one request and no retry.

What is said in a call is asked of us once it is answered: nothing but the number and our own id
leaves the house before somebody is on the line.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from calamity.gateways.carrier import Accepted, Found, InDoubt, OutboundText, Outcome, Rejected
from calamity.gateways.twilio import STATUS_PATH, TwilioCarrier

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.call import CallInstance

    from calamity.gateways.twilio_client import Line

VOICE_PATH = "/hooks/twilio/voice"
CALLER = "tel:"
"""Stands before the number in the sender of a call."""

_CALL = re.compile(r"CA[0-9a-fA-F]{32}")
_EVENTS = ["initiated", "ringing", "answered", "completed"]
_RING_SECONDS = 30
_LONGEST_CALL_SECONDS = 180
_KEY_SECONDS = 8
_CLOCKS_APART = timedelta(seconds=120)
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


class TwilioCalls:
    """Phones people over the line of a carrier, which whoever made it opens and closes."""

    def __init__(self, carrier: TwilioCarrier) -> None:
        self._carrier = carrier

    async def ready(self) -> None:
        """Return once the carrier's line is there."""
        await self._carrier.ready()

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to begin a call. Never raises, except when it is itself cancelled."""
        ours, base = f"?m={quote(text.message_id, safe='')}", self._carrier.public_url

        async def create(line: "Line") -> Outcome:
            made = await line.account.calls.create_async(
                to=text.to,
                from_=text.sender.removeprefix(CALLER),
                url=f"{base}{VOICE_PATH}{ours}",
                status_callback=f"{base}{STATUS_PATH}{ours}",
                status_callback_event=_EVENTS,
                machine_detection="Enable",
                timeout=_RING_SECONDS,
                time_limit=_LONGEST_CALL_SECONDS,
            )
            if not _is_call(made):
                return InDoubt("the carrier's answer names no call")
            return Accepted(str(made.sid), str(made.status or ""), 1)

        return await self._carrier.attempt(create)

    async def call_off(self, sid: str) -> bool:
        """Let a call stop ringing; Twilio refuses that for one that was picked up, or is over.

        Return False when Twilio could not be asked. Never raises.
        """

        async def cancel(line: "Line") -> Outcome:
            await line.account.calls(sid).update_async(status="canceled")
            return Accepted(sid, "canceled", 1)

        return isinstance(await self._carrier.attempt(cancel), Accepted | Rejected)

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """List our calls to the same person since shortly before *since*.

        Raises Unavailable when Twilio could not be asked.
        """
        since -= _CLOCKS_APART
        sender = text.sender.removeprefix(CALLER)
        async with self._carrier.asking() as line:
            listed = await line.account.calls.list_async(
                to=text.to, from_=sender, limit=50, page_size=50
            )
            return [
                Found(str(made.sid), str(made.status or ""), None)
                for made in listed
                if _is_call(made) and made.date_created and made.date_created >= since
            ]


def _is_call(made: "CallInstance") -> bool:
    return isinstance(made.sid, str) and _CALL.fullmatch(made.sid) is not None


class Spoken(Struct, frozen=True):
    """Words with the voice that says them, as `nl-NL`."""

    voice: str
    words: str


def twiml(said: Iterable[Spoken], question: Spoken | None = None, then: str = "") -> bytes:
    """Return the document of a turn: words, and then a question for one key or the end.

    *then* is where the key is posted, or that there was none, by path and query.
    """
    response = Element("Response")
    for each in said:
        SubElement(response, "Say", {"language": each.voice}).text = each.words
    if question is None:
        SubElement(response, "Hangup")
        return _DECLARATION + tostring(response)
    gather = SubElement(
        response,
        "Gather",
        {
            "input": "dtmf", "numDigits": "1", "finishOnKey": "", "timeout": str(_KEY_SECONDS),
            "action": then, "method": "POST", "actionOnEmptyResult": "true",
        },
    )  # fmt: skip
    SubElement(gather, "Say", {"language": question.voice}).text = question.words
    return _DECLARATION + tostring(response)
