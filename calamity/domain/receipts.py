"""What the carrier tells us: inbound texts, and receipts that only move a message forward.

Receipts come late, twice, out of order or never. Positive evidence beats negative, an unknown
status never moves a message, and the first error code is kept.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace


class CarrierStatus(StrEnum):
    """What a carrier can say about a message that it took from us."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    CANCELED = "canceled"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    READ = "read"
    # Of a call
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    COMPLETED = "completed"


RANK: dict[str, int] = {
    CarrierStatus.ACCEPTED.value: 1,
    CarrierStatus.SCHEDULED.value: 1,
    CarrierStatus.QUEUED.value: 2,
    CarrierStatus.SENDING.value: 3,
    CarrierStatus.SENT.value: 4,
    CarrierStatus.FAILED.value: 5,
    CarrierStatus.UNDELIVERED.value: 5,
    CarrierStatus.CANCELED.value: 5,
    CarrierStatus.PARTIALLY_DELIVERED.value: 6,
    CarrierStatus.DELIVERED.value: 7,
    CarrierStatus.READ.value: 8,
    CarrierStatus.INITIATED.value: 2,
    CarrierStatus.RINGING.value: 3,
    CarrierStatus.IN_PROGRESS.value: 4,
    CarrierStatus.BUSY.value: 5,
    CarrierStatus.NO_ANSWER.value: 5,
    CarrierStatus.COMPLETED.value: 7,
}
"""How far each status is along the way; a status that is not here is 0 and moves nothing."""

NEGATIVE: frozenset[str] = frozenset(
    {
        CarrierStatus.FAILED.value,
        CarrierStatus.UNDELIVERED.value,
        CarrierStatus.CANCELED.value,
    }
)
POSITIVE: frozenset[str] = frozenset(
    {
        CarrierStatus.PARTIALLY_DELIVERED.value,
        CarrierStatus.DELIVERED.value,
        CarrierStatus.READ.value,
    }
)
"""The text reached the handset, in part or whole. It does not mean: read, or acknowledged."""

CALL_OVER: frozenset[str] = NEGATIVE | {
    CarrierStatus.BUSY.value,
    CarrierStatus.NO_ANSWER.value,
    CarrierStatus.COMPLETED.value,
}
"""A call has come to its end. Only a key that was pressed in it is an answer."""

OF_CALLS_ALONE: frozenset[str] = frozenset(
    {
        CarrierStatus.INITIATED.value,
        CarrierStatus.RINGING.value,
        CarrierStatus.IN_PROGRESS.value,
        CarrierStatus.BUSY.value,
        CarrierStatus.NO_ANSWER.value,
        CarrierStatus.COMPLETED.value,
    }
)
"""Of a text these say nothing."""

WRONG_NUMBER: frozenset[int] = frozenset(
    {
        # No such number; our own; not to be reached from ours; no mobile phone.
        21211, 21266, 21612, 21614,
        # No longer in use; a landline.
        30005, 30006,
        # What an SMSC says of an address that it does not know.
        3400011, 3400080, 3400081,
    }
)  # fmt: skip
"""Codes for good, of texts that failed because of the number: somebody should correct it."""


def moves_forward(old: str, new: str) -> bool:
    """Tell whether a receipt with status *new* moves a message on from *old*.

    An empty *old* is a message of which nothing has been said yet.
    """
    return RANK.get(new, 0) > RANK.get(old, 0)


class StatusReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """What the carrier says later about a message; *message_id* is our own, where it came along."""

    sid: str
    message_id: str | None
    status: str
    error_code: int | None


class InboundText(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that somebody sent to one of our numbers.

    *has_number* is False when the sender is a name or a short code, which cannot be answered and
    proves nothing about who sent it. *opt_out* is the carrier's own reading (STOP, START, HELP)
    where it gives one. *media* is how many pictures or files came along; they stay there.
    """

    sid: str
    sender: str
    receiver: str
    body: str
    media: int = 0
    has_number: bool = True
    opt_out: str = ""


class Cause(StrEnum):
    """Why something that the carrier told us stands apart, and a person should look."""

    FOREIGN_ACCOUNT = "foreign-account"
    """Signed with our key, but about another account."""
    NOT_OUR_NUMBER = "not-our-number"
    """A text to a number of the account that the settings do not name."""
    NO_MESSAGE_ID = "no-message-id"
    """About something that is no message."""
    UNKNOWN_MESSAGE = "unknown-message"
    """A receipt of a message that we never wrote."""
    OTHER_MESSAGE = "other-message"
    """A receipt that names one message of ours by our id, and another by the carrier's."""
    SECOND_COPY = "second-copy"
    """The carrier has two texts of one message that we sent once."""
    NEVER_LEFT = "never-left"
    """A receipt of a message that, as far as we know, never left."""
    CONTRADICTION = "contradiction"
    """The carrier says both that a text failed and that it arrived."""
    UNKNOWN_STATUS = "unknown-status"
    """A word of the carrier's that we do not know."""
    OTHER_WORDS = "other-words"
    """The same inbound text came twice, with other words or from another number."""
    FOREIGN_MESSAGE = "foreign-message"
    """A text in our account at the carrier that did not come from here."""
    UNREADABLE = "unreadable"
    """Something that was set aside on disk, and that cannot be read any more."""


class Quarantined(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that stands apart, with its cause and ids alone: no words and no numbers."""

    cause: Cause
    sid: str
    status: str = ""
    message_id: str | None = None
    error_code: int | None = None


class Standing(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a message stands after the receipts so far.

    *is_contradicted* tells that the carrier has said both that it failed and that it arrived.
    """

    status: str = ""
    error_code: int | None = None
    is_contradicted: bool = False


def after_receipt(standing: Standing, *, status: str, error_code: int | None) -> Standing:
    """Return where a message stands once a receipt with this status has come in.

    Receipts may be taken in in any order and any number of times.
    """
    both = {standing.status, status}
    return replace(
        standing,
        status=status if moves_forward(standing.status, status) else standing.status,
        error_code=error_code if standing.error_code is None else standing.error_code,
        is_contradicted=standing.is_contradicted or bool(both & NEGATIVE and both & POSITIVE),
    )
