"""Everything that passed: requests with their answers, webhooks, faults and alerts."""

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec

_REMEMBERED = 50_000


class Transcript:
    """Keep the newest entries at hand, and all of them in a JSON Lines file if there is a path.

    Each line is with the file system at once: a sandbox that dies takes none with it.
    """

    def __init__(self, path: str | None = None) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._file: TextIO | None = None
        self._encode = msgspec.json.Encoder().encode
        self.last = 0
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - lives as long as the sandbox

    def add(self, kind: str, **facts: object) -> None:
        """Write down that something happened. Credentials never come in here."""
        self.last += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"seq": self.last, "at": at, "sandbox": True, "kind": kind, **facts}
        self._entries.append(entry)
        if self._file is not None:
            self._file.write(self._encode(entry).decode() + "\n")

    def find(
        self, *, since: int = 0, limit: int = 1000, **wanted: str | None
    ) -> list[dict[str, Any]]:
        """Return the first *limit* entries after *since* whose facts are those wanted."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        found = (
            entry
            for entry in self._entries
            if entry["seq"] > since and all(entry.get(name) == asked[name] for name in asked)
        )
        return [entry for entry, _ in zip(found, range(limit), strict=False)]

    def newest(self, kind: str, count: int) -> list[dict[str, Any]]:
        """Return the latest entries of one kind, the newest first."""
        found = (entry for entry in reversed(self._entries) if entry["kind"] == kind)
        return [entry for entry, _ in zip(found, range(count), strict=False)]

    def lines(self, entries: list[dict[str, Any]]) -> bytes:
        """Write entries as JSON Lines."""
        return b"".join(self._encode(entry) + b"\n" for entry in entries)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
