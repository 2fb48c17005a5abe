"""Codes of our own for what an SMSC answers over SMPP, and which other codes say the same."""

_ANSWER, _STATE = 3_400_000, 3_450_000
_MOST = 49_999
OUR_FAULT, OUR_ACCESS, BUSY, FAULT, SUSPENDED = 0, 20003, 429, 20500, 20005
NOT_A_NUMBER, OUR_SENDER, QUEUE_FULL, TOO_LONG = 21211, 21212, 30001, 21617
FILTERED, NOT_SAID, EXPIRED = 30007, 30008, 30036

_ANSWERS = {
    0x01: TOO_LONG,
    0x02: OUR_FAULT,
    0x03: OUR_FAULT,
    0x04: FAULT,
    0x05: OUR_ACCESS,
    0x06: OUR_FAULT,
    0x07: OUR_FAULT,
    0x08: FAULT,
    0x0A: OUR_SENDER,
    0x0B: NOT_A_NUMBER,
    0x0D: OUR_ACCESS,
    0x0E: OUR_ACCESS,
    0x0F: OUR_ACCESS,
    0x14: QUEUE_FULL,
    0x15: OUR_FAULT,
    0x43: OUR_FAULT,
    0x45: NOT_SAID,
    0x48: OUR_SENDER,
    0x49: OUR_SENDER,
    0x50: NOT_A_NUMBER,
    0x51: NOT_A_NUMBER,
    0x53: OUR_ACCESS,
    0x58: BUSY,
    0x61: OUR_FAULT,
    0x62: OUR_FAULT,
    0x64: FAULT,
    0x65: FILTERED,
    0x66: FILTERED,
    0xC0: OUR_FAULT,
    0xC1: OUR_FAULT,
    0xC2: OUR_FAULT,
    0xC3: OUR_FAULT,
    0xC4: OUR_FAULT,
    0xFE: NOT_SAID,
    0xFF: NOT_SAID,
}
"""By command_status: SMPP 3.4, table 5-2. What is not here is the SMSC's own, and says nothing."""

_STATES = {3: EXPIRED, 4: NOT_SAID, 5: NOT_SAID, 8: FILTERED}
"""By message_state: expired, deleted, undeliverable, rejected."""


def code_of(status: int) -> int:
    """Return our code for a command_status; its last digits are the status itself."""
    return _ANSWER + min(status, _MOST)


def code_of_state(state: int) -> int:
    """Return our code for the message_state of a text that did not arrive."""
    return _STATE + min(state, _MOST)


ALIKE = {code_of(status): like for status, like in _ANSWERS.items()} | {
    code_of_state(state): like for state, like in _STATES.items()
}
"""Our code, and the one in `codes.py` whose meaning it has."""
