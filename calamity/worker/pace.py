"""The pace of a sender: what left within the last second, and what may leave now.

Slots say when texts should leave. An event loop that is held up lets several go at once, so the
rate is kept here, where they do leave.
"""

from collections import deque

from calamity.domain.dispatch import pace_of

_A_SECOND = 1.005
"""A hair longer: the carrier counts what arrives, and networks bunch."""


class Pace:
    """Counts the parts of one lane as they leave; *at* is a moment in seconds that never goes back.

    In no second more parts leave than the rate allows. A text of more parts than that leaves alone,
    and the next one as much later.
    """

    def __init__(self) -> None:
        self._most = 1
        self._span = _A_SECOND
        self._left: deque[tuple[float, int]] = deque()
        self._counted = 0
        self._even_from = 0.0

    def keep_to(self, rate: float) -> None:
        """Keep to this many parts per second from now on."""
        self._most, seconds = pace_of(rate)
        self._span = seconds * _A_SECOND

    @property
    def most(self) -> int:
        """How many parts may leave at once after a rest."""
        return self._most

    def wait(self, parts: int, at: float) -> float:
        """Return in how many seconds to ask again; zero when the text may leave now."""
        while self._left and self._left[0][0] <= at:
            self._counted -= self._left.popleft()[1]
        if not self._left or self._counted + parts <= self._most:
            return 0.0
        return self._left[0][0] - at

    def leave(self, parts: int, at: float) -> None:
        """Count a text that leaves now."""
        took = self._span * max(1.0, parts / self._most)
        self._left.append((at + took, parts))
        self._counted += parts
        self._even_from = max(self._even_from, at) + self._span / self._most * parts

    def rest(self, at: float) -> float:
        """Return in how many seconds a runner that knows nothing of this one may go on evenly."""
        return max(self._even_from - at, 0.0)
