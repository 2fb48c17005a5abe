"""How long a webhook may take, and when it is tried again."""

from typing import Self

from msgspec import Struct


class Patience(Struct, frozen=True):
    """The times in seconds, the number of retries, and the outcomes that deserve one."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, fragment: str) -> Self:
        """Read `ct=..&rt=..&tt=..&rc=..&rp=..`; what is wrong or absent keeps its default."""
        given = dict(part.partition("=")[::2] for part in fragment.split("&") if "=" in part)

        def number(name: str, low: int, high: int, default: int) -> int:
            value = given.get(name, "")
            return int(value) if value.isdecimal() and low <= int(value) <= high else default

        return cls(
            connect=number("ct", 100, 10_000, 5_000) / 1000,
            read=number("rt", 100, 15_000, 15_000) / 1000,
            total=number("tt", 100, 15_000, 15_000) / 1000,
            retries=number("rc", 0, 5, 1),
            policy=frozenset(given.get("rp", "ct").split(",")),
        )

    def tries_again(self, outcome: int | str) -> bool:
        """Tell whether this outcome, a status or the name of a timeout, deserves another try."""
        named = f"{outcome // 100}xx" if isinstance(outcome, int) else outcome
        return bool({"all", named} & self.policy)
