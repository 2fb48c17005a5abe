"""What the network does with a phone in each state: the one table of personas."""

import math
from typing import Literal, get_args

from msgspec import Struct

PhoneState = Literal[
    "on", "off", "silent", "roaming", "congested", "full", "unknown", "blocked", "filtered",
    "landline", "opted-out", "driving", "recycled", "sim-swapped",
]  # fmt: skip
PHONE_STATES: tuple[PhoneState, ...] = get_args(PhoneState)

AS_LONG_AS_KEPT = math.inf


class Nature(Struct, frozen=True):
    """How a phone in some state takes texts and calls.

    A text is refused with *refusal* before it is taken in, or it waits *wait* seconds and then
    ends with *error*, or it arrives. A phone that *answers* sends these words back, once to each
    sender. A phone that is *fresh* holds nothing of before it came into this state.
    """

    refusal: int | None = None
    wait: float = 0
    error: int | None = None
    receipt: bool = True
    answers: str | None = None
    fresh: bool = False
    call: Literal["rings", "voicemail", "busy", "failed"] = "rings"


NATURES: dict[PhoneState, Nature] = {
    "on": Nature(),
    "off": Nature(wait=AS_LONG_AS_KEPT, error=30003, call="voicemail"),
    "silent": Nature(receipt=False),
    "roaming": Nature(wait=20),
    "congested": Nature(wait=60, error=30017, call="busy"),
    "full": Nature(error=30008),
    "unknown": Nature(error=30005, call="failed"),
    "blocked": Nature(error=30004, call="failed"),
    "filtered": Nature(error=30007),
    "landline": Nature(refusal=21614),
    "opted-out": Nature(refusal=21610),
    "driving": Nature(answers="auto_driving", call="voicemail"),
    "recycled": Nature(answers="auto_stranger", fresh=True),
    "sim-swapped": Nature(fresh=True),
}
