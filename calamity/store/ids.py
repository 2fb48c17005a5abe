"""Ids of our own: UUID version 7 (RFC 9562), so that newer rows sort behind older ones."""

import os
import time
import uuid


def new_id() -> str:
    """Return a new id, 36 characters."""
    random = int.from_bytes(os.urandom(10))
    millis = time.time_ns() // 1_000_000
    value = millis << 80 | 0x7 << 76 | (random >> 68) << 64 | 0x2 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))
