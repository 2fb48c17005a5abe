"""What Twilio lists, in our words: a doubt that was found, a text that came in, one that left."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from calamity.domain.receipts import InboundText
from calamity.gateways.carrier import (
    Accepted,
    Found,
    InDoubt,
    OutboundText,
    Outcome,
    Received,
    Sent,
)

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.message import MessageInstance

_MESSAGE = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_STATUS = 30
_LARGEST_CODE = 999_999_999


def is_message(sid: object) -> bool:
    """Tell whether this is an id of a message at Twilio."""
    return isinstance(sid, str) and _MESSAGE.fullmatch(sid) is not None


def usable_code(code: object) -> int | None:
    """Return a code as the carrier gives them; anything else cannot be kept."""
    is_code = isinstance(code, int) and not isinstance(code, bool) and 0 < code <= _LARGEST_CODE
    return int(code) if is_code else None  # type: ignore[call-overload]  # an int, as was seen


def accepted(made: "MessageInstance", account_sid: str) -> Outcome:
    """Return what a create's answer means; one about no message of ours proves nothing."""
    if not is_message(made.sid):
        return InDoubt("the carrier's answer names no message")
    if made.account_sid not in (None, account_sid):
        return InDoubt("the carrier's answer is about another account")
    segments = str(made.num_segments or "0")
    return Accepted(
        str(made.sid), str(made.status or ""), int(segments) if segments.isdecimal() else 0
    )


def found(made: "MessageInstance") -> Found:
    """Return a message that is like one of which we are in doubt."""
    return Found(str(made.sid), _status(made), _code(made))


def is_alike(made: "MessageInstance", text: OutboundText, since: datetime) -> bool:
    """Tell whether a message at Twilio has the words and the sender of *text*, and its time."""
    # With a Messaging Service the carrier chooses the sender later, and leaves it open till then.
    is_chosen_by_carrier = made.from_ is None or not text.sender or text.sender.startswith("MG")
    return (
        is_message(made.sid)
        and str(made.direction or "").startswith("outbound")
        and made.body == text.body
        and (is_chosen_by_carrier or made.from_ == text.sender)
        and made.date_created is not None
        and made.date_created >= since
    )


def received(made: "MessageInstance", receiver: str, since: datetime) -> Received | None:
    """Return a text that came in on one of our numbers since a moment, or None for any other."""
    at = made.date_sent or made.date_created
    is_to_us = receiver in (made.to, made.messaging_service_sid)
    if str(made.direction) != "inbound" or not is_to_us or at is None or at < since:
        return None
    if not is_message(made.sid):
        return None
    sender = str(made.from_ or "").replace("\0", "")
    media = str(made.num_media or "0")
    text = InboundText(
        sid=str(made.sid),
        sender=sender,
        receiver=str(made.to or ""),
        body=str(made.body or "").replace("\0", ""),
        media=int(media) if media.isdecimal() else 0,
        has_number=_NUMBER.fullmatch(sender) is not None,
    )
    return Received(text, at)


def sent(made: "MessageInstance", since: datetime) -> Sent | None:
    """Return a text that left our account since a moment, or None for any other."""
    at = made.date_sent or made.date_created
    is_ours = str(made.direction or "").startswith("outbound") and is_message(made.sid)
    if not is_ours or at is None or at < since:
        return None
    return Sent(str(made.sid), _status(made), at, str(made.to or ""), str(made.body or ""))


def _status(made: "MessageInstance") -> str:
    return str(made.status or "")[:_LONGEST_STATUS]


def _code(made: "MessageInstance") -> int | None:
    return usable_code(made.error_code)
