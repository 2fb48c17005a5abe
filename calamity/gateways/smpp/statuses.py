"""What an SMSC says of a text, in our words: at once in its answer, later in a receipt."""

import re
from contextlib import suppress
from hashlib import sha256

from calamity.domain.receipts import CarrierStatus, StatusReceipt
from calamity.gateways.carrier import NotSent, Outcome, Rejected, meaning_of
from calamity.gateways.smpp.account import Ids
from calamity.gateways.smpp.alphabet import read
from calamity.gateways.smpp.pdus import Delivery
from calamity.gateways.smpp_codes import code_of, code_of_state

PREFIX = "smpp:"
"""How the id of every text begins that took this route."""

_LONGEST_ID = 35
_DIGEST = 32
_NOT_BOUND, _SYSTEM_ERROR, _QUEUE_FULL, _THROTTLED, _TEMPORARY = 0x04, 0x08, 0x14, 0x58, 0x64
_BIND_FAILED = 0x0D
_AFTER = {
    _NOT_BOUND: 5.0,
    _SYSTEM_ERROR: 5.0,
    _QUEUE_FULL: 5.0,
    _THROTTLED: 1.0,
    _TEMPORARY: 5.0,
}
"""What passes by itself, and the seconds after which it may have."""

_WORDS = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}
_STATUSES: dict[int, str] = {
    1: CarrierStatus.SENT.value,
    2: CarrierStatus.DELIVERED.value,
    3: CarrierStatus.UNDELIVERED.value,
    4: CarrierStatus.CANCELED.value,
    5: CarrierStatus.UNDELIVERED.value,
    6: CarrierStatus.SENT.value,
    8: CarrierStatus.FAILED.value,
}
_FAILED = frozenset({3, 4, 5, 8})
_FIELD = re.compile(r"\b(id|stat):\s*(\S+)", re.IGNORECASE)


def refusal(status: int) -> NotSent | Rejected:
    """Return what a command_status other than 0 means for a text; it did not leave."""
    code = code_of(status)
    reason = meaning_of(code).en
    if status in _AFTER:
        return NotSent(reason, _AFTER[status], code)
    return Rejected(code, reason)


def bind_refusal(status: int) -> Outcome:
    """Return what a refused bind means for a text."""
    outcome = refusal(status)
    # Whatever an SMSC calls it: as long as it does not let us in, no text leaves.
    if isinstance(outcome, NotSent) or meaning_of(outcome.code).stops_everyone:
        return outcome
    code = code_of(_BIND_FAILED)
    return Rejected(code, meaning_of(code).en)


def sid_of(message_id: str, ids: Ids = "same", *, is_receipt: bool = False) -> str:
    """Return the id under which we know a text, the same from an answer and from a receipt.

    Zeros in front and capitals differ between the two at some SMSCs; at others one is hexadecimal
    and the other decimal, which the settings must say.
    """
    plain = message_id.strip().lower()
    base = {"hex-then-decimal": (16, 10), "decimal-then-hex": (10, 16)}.get(ids)
    if base is not None:
        with suppress(ValueError):
            plain = str(int(plain, base[is_receipt]))
    plain = plain.lstrip("0") or "0"
    if len(plain) > _LONGEST_ID:
        plain = sha256(plain.encode()).hexdigest()[:_DIGEST]
    return PREFIX + plain


def receipt_of(delivery: Delivery, ids: Ids) -> StatusReceipt | None:
    """Return what a receipt says, or None for one that names no text."""
    words = {name.lower(): value for name, value in _FIELD.findall(read(delivery.octets, 0))}
    message_id = delivery.receipted_id or words.get("id", "")
    if not message_id:
        return None
    word = words.get("stat", "")[:7].upper()
    state = delivery.state if delivery.state is not None else _WORDS.get(word)
    status = state_to_status(state) if state is not None else word.lower()
    code = code_of_state(state) if state is not None and state in _FAILED else None
    return StatusReceipt(sid_of(message_id, ids, is_receipt=True), None, status or "unknown", code)


def state_to_status(state: int) -> str:
    """Return a message_state in our words; `unknown` moves nothing, and stands apart."""
    return _STATUSES.get(state, "unknown")


def code_of_failure(state: int) -> int | None:
    """Return our code for a message_state that says that a text did not arrive."""
    return code_of_state(state) if state in _FAILED else None
