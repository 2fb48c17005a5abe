"""What the carrier remembers: texts, phones, and webhooks that still have to be posted.

These structs change in place on purpose: they are the working memory, written behind to SQLite.
"""

from email.utils import formatdate
from functools import lru_cache
from typing import Any, Literal
from uuid import uuid4

from msgspec import Struct, field

from calamity.sandbox.errors import REASONS
from calamity.sandbox.states import PhoneState

TERMINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received", "read"})

CALL_ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_PRICE_PER_PART = 0.075


class Text(Struct):
    """One text, outbound or inbound. *due* is when the carrier looks at it again."""

    sid: str
    number: int
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    sender: str
    to: str
    body: str
    status: str
    encoding: str
    parts: int
    created_at: float
    updated_at: float
    sent_at: float | None = None
    arrived_at: float | None = None
    error: int | None = None
    service: str | None = None
    media: int = 0
    callback: str | None = None
    due: float | None = None
    expires: float | None = None
    waits: bool = False

    @property
    def phone(self) -> str:
        """The number of the person, whichever way the text went."""
        return self.sender if self.direction == "inbound" else self.to


class Phone(Struct):
    """One phone: who holds it, and what the network does with it since *changed_at*.

    *answered* holds the senders whom the phone has answered by itself in this state.
    """

    number: str
    name: str = ""
    language: str = "nl"
    note: str = ""
    state: PhoneState = "on"
    announced: bool = False
    version: int = 0
    changed_at: float = 0.0
    answered: set[str] = field(default_factory=set)


class Said(Struct):
    """One thing in a call: what the phone heard, or what its person did."""

    by: Literal["caller", "person"]
    words: str
    language: str = ""


class PhoneCall(Struct):
    """One call to a phone, as Twilio's API made it. *number* counts calls.

    *method* and *fallback_method* are how its TwiML is fetched; *detection* says whether a machine
    that answers is told from a person; *keypad* is up while the call waits for digits.
    """

    sid: str
    number: int
    sender: str
    to: str
    created_at: float
    updated_at: float
    status: str = "queued"
    url: str | None = None
    method: str = "POST"
    twiml: str | None = None
    fallback: str | None = None
    fallback_method: str = "POST"
    callback: str | None = None
    callback_method: str = "POST"
    events: list[str] = field(default_factory=list)
    ring_seconds: float = 60.0
    time_limit: float = 14_400.0
    detection: str = ""
    amd_callback: str | None = None
    answered_by: str | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    started_on: float | None = None
    ended_on: float | None = None
    sequence: int = 0
    keypad: bool = False
    said: list[Said] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen in this call."""
        return self.status in CALL_ENDS

    @property
    def seconds(self) -> int:
        """How long the two have been connected, in the carrier's time."""
        if self.started_on is None or self.ended_on is None:
            return 0
        return max(1, round(self.ended_on - self.started_on))


class Post(Struct):
    """A webhook on its way to the product. *token* stays the same over retries.

    *phone* is the number it is about; *due* is the carrier's time before which it is held back.
    """

    id: int
    kind: Literal["status", "inbound", "call", "twiml"]
    sid: str
    phone: str
    url: str
    form: dict[str, str]
    token: str = field(default_factory=lambda: str(uuid4()))
    method: str = "POST"
    fallback: str | None = None
    fallback_method: str = "POST"
    flaw: str | None = None
    due: float | None = None


@lru_cache(maxsize=4096)
def _rfc2822(second: int) -> str:
    return formatdate(second, usegmt=True)[:-3] + "+0000"


def rfc2822(moment: float | None) -> str | None:
    """Write a moment as Twilio does."""
    return None if moment is None else _rfc2822(int(moment))


def resource(text: Text, account: str) -> dict[str, Any]:
    """Describe *text* with the twenty keys of a Message resource."""
    undecided = text.status in {"accepted", "scheduled"} and text.service is not None
    uri = f"/2010-04-01/Accounts/{account}/Messages/{text.sid}"
    priced = text.sent_at is not None or text.direction == "inbound"
    return {
        "body": text.body,
        "num_segments": "0" if undecided else str(text.parts),
        "direction": text.direction,
        "from": None if undecided else text.sender,
        "date_updated": rfc2822(text.updated_at),
        "price": f"-{_PRICE_PER_PART * text.parts:.5f}" if priced else None,
        "error_message": None if text.error is None else REASONS.get(text.error),
        "uri": uri + ".json",
        "account_sid": account,
        "num_media": str(text.media),
        "to": text.to,
        "date_created": rfc2822(text.created_at),
        "status": text.status,
        "sid": text.sid,
        "date_sent": rfc2822(text.sent_at),
        "messaging_service_sid": text.service,
        "error_code": text.error,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": {"media": uri + "/Media.json", "feedback": uri + "/Feedback.json"},
    }
