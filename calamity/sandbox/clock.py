"""The carrier's own time: it can run faster, stand still, or be stepped."""

import time


class Clock:
    """Seconds since the sandbox first started, at *speed* times the pace of the wall clock."""

    def __init__(self, speed: float = 1.0, start: float = 0.0) -> None:
        self.speed = speed
        self.paused = False
        self._base = start
        self._since = time.monotonic()

    def now(self) -> float:
        """Return the carrier's time."""
        if self.paused:
            return self._base
        return self._base + (time.monotonic() - self._since) * self.speed

    def jump(self, to: float) -> None:
        """Continue from the time *to*."""
        self._base, self._since = to, time.monotonic()

    def turn(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Change the pace from now on."""
        self.jump(self.now())
        self.speed = self.speed if speed is None else speed
        self.paused = self.paused if paused is None else paused

    def has_come(self, due: float) -> bool:
        """Tell whether it is time; while the clock stands still nothing new begins."""
        now = self.now()
        return due < now if self.paused else due <= now

    def wait(self, until: float) -> float | None:
        """Return the wall seconds before *until*; None while the clock stands still."""
        return None if self.paused else max(0.0, (until - self.now()) / self.speed)
