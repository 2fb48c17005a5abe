"""What we need from a carrier, whoever it is: send, look up, and tell us things later.

The outcome of a send says whether the text may have left. Only `NotSent` may be sent again
without asking; `InDoubt` is never "failed".
"""

from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from msgspec import Struct

from calamity.domain.receipts import InboundText, Quarantined, StatusReceipt
from calamity.gateways.codes import CODES, CodeMeaning, NextChannel, Trouble, meaning_of

__all__ = [
    "CODES",
    "Accepted",
    "AccountNumber",
    "AccountReport",
    "CallTurn",
    "Carrier",
    "CarrierEvent",
    "CodeMeaning",
    "Found",
    "InDoubt",
    "InboundText",
    "NextChannel",
    "NotSent",
    "OutboundText",
    "Outcome",
    "Received",
    "Rejected",
    "Sender",
    "Sent",
    "StatusReceipt",
    "Trouble",
    "WebhookRefused",
    "meaning_of",
]


class OutboundText(Struct, frozen=True, forbid_unknown_fields=True):
    """One text to one person; *sender* is our number, our name, or a service that chooses."""

    message_id: str
    sender: str
    to: str
    body: str
    valid_seconds: int


class Accepted(Struct, frozen=True, forbid_unknown_fields=True, tag="accepted"):
    """The carrier took the text; *segments* is 0 while it has not counted them yet."""

    sid: str
    status: str
    segments: int


class Rejected(Struct, frozen=True, forbid_unknown_fields=True, tag="rejected"):
    """The carrier refused the text for good; nothing left.

    *code* is the carrier's, an HTTP status where it gave none, or 0 where we could not write the
    text down as a request. *reason* names no person and no number.
    """

    code: int
    reason: str


class NotSent(Struct, frozen=True, forbid_unknown_fields=True, tag="not_sent"):
    """The text did not reach the carrier, or it said so itself: sending again is safe."""

    reason: str
    retry_after_seconds: float
    code: int | None = None


class InDoubt(Struct, frozen=True, forbid_unknown_fields=True, tag="in_doubt"):
    """The text may have left: wait for the receipt, or ask with `Carrier.find`."""

    reason: str


Outcome = Accepted | Rejected | NotSent | InDoubt


class Found(Struct, frozen=True, forbid_unknown_fields=True):
    """A message at the carrier that is like one of which we are in doubt."""

    sid: str
    status: str
    error_code: int | None


class Received(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that the carrier has for us, whether or not it told us at the time."""

    text: InboundText
    at: datetime


class Sent(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that left our account at the carrier, whoever sent it."""

    sid: str
    status: str
    at: datetime
    to: str
    body: str


class AccountNumber(Struct, frozen=True, forbid_unknown_fields=True):
    """A number that the account owns, and where the carrier takes what comes in on it."""

    number: str
    can_text: bool
    can_call: bool
    inbound_url: str
    fallback_url: str


class AccountReport(Struct, frozen=True, forbid_unknown_fields=True):
    """What the account says of itself; None where the carrier does not say it."""

    numbers: list[AccountNumber]
    balance: str | None
    countries: dict[str, bool] | None
    """Which countries may be texted."""


class Sender(Protocol):
    """Whoever takes what we say to people, on one channel."""

    async def ready(self) -> None:
        """Return once a text can leave when it is sent, or cannot for a reason of its own."""

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to send a text. Never raises, except when it is itself cancelled."""

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """List what the carrier has that is like *text*, from shortly before *since*.

        An empty list is no proof of absence until a second look a minute later. Raises
        Unavailable when the carrier could not be asked.
        """


@runtime_checkable
class Caller(Sender, Protocol):
    """Whoever phones people."""

    async def call_off(self, sid: str) -> bool:
        """Let a call stop ringing; one that was picked up goes on.

        Return False when the carrier could not be asked. Never raises.
        """


class Carrier(Sender, Protocol):
    """Whoever takes our texts to people's phones, and theirs to us."""

    async def start(self) -> None:
        """Get ready; returns at once."""

    async def close(self) -> None:
        """Let go of connections. A send after this is `NotSent`."""

    async def probe(self) -> None:
        """Return when texts would leave again, as far as can be told without texting anybody.

        Raises Unavailable, with the reason, when they would not.
        """

    async def received_since(self, receiver: str, since: datetime) -> list[Received]:
        """List the texts that came in on one of our numbers or services since a moment.

        Raises Unavailable when the carrier could not be asked.
        """

    async def sent_since(self, since: datetime) -> list[Sent]:
        """List the newest texts that left our account since a moment, ours or not.

        Raises Unavailable when the carrier could not be asked.
        """


class CallTurn(Struct, frozen=True, forbid_unknown_fields=True):
    """A call of ours was answered, or a key was pressed in it; it waits for words.

    *message_id* is our own, and None for a call that somebody else began.
    """

    sid: str
    message_id: str | None
    is_machine: bool
    keys: str
    asked: int
    """How often the question was put in this call."""


class WebhookRefused(Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook that we do not believe, or cannot read; *reason* is safe to log.

    *quarantined* is set when the carrier did sign it, so that an administrator should know.
    """

    reason: str
    status: Literal[400, 403, 408, 413, 415]
    quarantined: Quarantined | None = None


CarrierEvent = InboundText | StatusReceipt
