"""What the carrier remembers: texts, phones, and webhooks that still have to be posted.

These structs change in place on purpose: they are the working memory, written behind to SQLite.
"""

from email.utils import formatdate
from functools import lru_cache
from typing import Any, Literal, get_args

from msgspec import Struct

from calamity.sandbox.errors import REASONS

TERMINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received", "read"})

PhoneState = Literal[
    "on", "off", "silent", "unknown", "blocked", "filtered", "roaming", "congested", "full",
    "landline",
]  # fmt: skip
PHONE_STATES: tuple[PhoneState, ...] = get_args(PhoneState)

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
    """One phone: who holds it, and what the network does with it."""

    number: str
    name: str = ""
    language: str = "nl"
    note: str = ""
    state: PhoneState = "on"
    announced: bool = False
    version: int = 0


class Post(Struct):
    """A webhook on its way to the product. *token* stays the same over retries."""

    id: int
    kind: Literal["status", "inbound"]
    sid: str
    url: str
    form: dict[str, str]
    token: str
    fallback: str | None = None
    flaw: str | None = None


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
