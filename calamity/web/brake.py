"""A brake on guessing from one address: after many wrong tries the next ones take turns.

An account closes after ten wrong tries; this is for who tries one password on many accounts. Nobody
is shut out: a whole town hall may share an address, and waits a moment longer.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

FREE = 20
"""So many wrong tries within so many seconds take no turns."""
FORGETS = 600.0
EACH = 1.0
"""One try a second from an address with more."""
MOST_WAITING = 20
_MOST_ADDRESSES = 10_000


class Brake:
    """Who tried wrong lately, by address; per process, and forgotten at a restart."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, deque[float]] = {}
        self._next: dict[str, float] = {}

    async def turn(self, address: str) -> bool:
        """Wait for the turn of an address; False where too many wait already."""
        seconds = self.seconds_to_wait(address)
        if seconds is None:
            return False
        if seconds:
            await asyncio.sleep(seconds)
        return True

    def seconds_to_wait(self, address: str) -> float | None:
        """Take a turn, and return in how many seconds it is; None where too many wait already."""
        network, now = _network(address), self._clock()
        if self._lately(network, now) < FREE:
            self._next.pop(network, None)
            return 0.0
        begin = max(self._next.get(network, now), now)
        if begin - now > MOST_WAITING * EACH:
            return None
        self._next[network] = begin + EACH
        return begin - now

    def was_wrong(self, address: str) -> None:
        """Count a wrong try."""
        if len(self._wrong) >= _MOST_ADDRESSES:
            self._wrong.clear()
            self._next.clear()
        self._wrong.setdefault(_network(address), deque(maxlen=FREE)).append(self._clock())

    def _lately(self, network: str, now: float) -> int:
        return sum(now - each < FORGETS for each in self._wrong.get(network, ()))


def _network(address: str) -> str:
    """Return what one household or office is given: an IPv4 address, or the half of an IPv6 one."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    return str(int(read) >> 64) if isinstance(read, IPv6Address) else str(read)
