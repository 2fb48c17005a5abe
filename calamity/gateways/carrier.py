"""What we need from a carrier, whoever it is: send, look up, and tell us things later.

The outcome of a send says whether the text may have left. Only `NotSent` may be sent again
without asking; `InDoubt` is never "failed".
"""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from calamity.domain.receipts import InboundText, StatusReceipt
from calamity.gateways.codes import CODES, CodeMeaning, Trouble, meaning_of

__all__ = [
    "CODES",
    "Accepted",
    "Carrier",
    "CarrierEvent",
    "CodeMeaning",
    "Found",
    "InDoubt",
    "InboundText",
    "NotSent",
    "OutboundText",
    "Outcome",
    "Rejected",
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


class Carrier(Protocol):
    """Whoever takes our texts to people's phones."""

    async def start(self) -> None:
        """Get ready; returns at once."""

    async def close(self) -> None:
        """Let go of connections. A send after this is `NotSent`."""

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to send a text. Never raises, except when it is itself cancelled."""

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """List what the carrier has that is like *text*, from shortly before *since*.

        An empty list is no proof of absence until a second look a minute later. Raises
        Unavailable when the carrier could not be asked.
        """


class WebhookRefused(Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook that we do not believe, or cannot read; *reason* is safe to log."""

    reason: str
    status: Literal[400, 403, 413, 415]


CarrierEvent = InboundText | StatusReceipt
