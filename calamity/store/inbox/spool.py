"""A place on disk for posts of the carrier while the database is away: few, sealed, and bounded.

Each batch is one file, written whole and synced before the carrier gets its 2xx. Files hold
numbers and words, so they are sealed by the vault and readable by this account alone.
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import DecodeError, Struct, ValidationError, json

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import InboundText, Quarantined, StatusReceipt
from calamity.store.vault import Vault

_PURPOSE = b"spool"
_BLOCK = 4096
_SET_ASIDE = ".damaged"

Event = InboundText | StatusReceipt | Quarantined


class Posted(Struct, frozen=True):
    """Something that the carrier posted, and when."""

    event: Event
    at: datetime


class _Sheet(Struct, frozen=True):
    """A batch as it is written down."""

    texts: list[tuple[InboundText, datetime]] = []
    receipts: list[tuple[StatusReceipt, datetime]] = []
    quarantined: list[tuple[Quarantined, datetime]] = []


class Spool:
    """Keeps posts in *folder*, no more than *most_bytes* of them."""

    def __init__(self, folder: Path, vault: Vault, most_bytes: int) -> None:
        self._folder = folder
        self._vault = vault
        self._most = most_bytes
        self._count = itertools.count()

    async def put(self, posts: Sequence[Posted]) -> None:
        """Keep posts until the database is back; they are on disk when this returns.

        Raises Unavailable when there is no room, or the disk takes nothing.
        """
        try:
            await asyncio.to_thread(self._write, self._sealed(posts))
        except OSError as error:
            raise Unavailable(
                f"The post could be kept nowhere ({type(error).__name__}): check the disk of "
                "CALAMITY_VAR."
            ) from None

    def waiting(self) -> list[Path]:
        """Return the files that wait, the oldest first."""
        return sorted(self._folder.glob("*.post"))

    async def read(self, path: Path) -> list[Posted] | None:
        """Return what a file holds; None when it cannot be read, and was set aside."""
        try:
            sealed = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            # Another process of this machine was first.
            return []
        try:
            sheet = json.decode(self._vault.open(_PURPOSE, sealed), type=_Sheet)
        except (Unavailable, DecodeError, ValidationError, IndexError, ValueError):
            self.set_aside(path)
            return None
        return [Posted(*each) for part in _parts(sheet) for each in part]

    def set_aside(self, path: Path) -> None:
        """Keep a file for a person to look at, and never try it again."""
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_suffix(_SET_ASIDE))

    def remove(self, path: Path) -> None:
        """Forget a file whose posts are in the database."""
        path.unlink(missing_ok=True)

    def _sealed(self, posts: Sequence[Posted]) -> bytes:
        sheet = _Sheet()
        for post in posts:
            match post.event:
                case InboundText():
                    sheet.texts.append((post.event, post.at))
                case StatusReceipt():
                    sheet.receipts.append((post.event, post.at))
                case Quarantined():
                    sheet.quarantined.append((post.event, post.at))
        return self._vault.seal(_PURPOSE, json.encode(sheet))

    def _write(self, sealed: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._taken() + max(len(sealed), _BLOCK) > self._most:
            raise OSError("the spool is full")
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._count)}"
        made = self._folder / f"{name}.new"
        try:
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            made.rename(made.with_suffix(".post"))
        except OSError:
            made.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _taken(self) -> int:
        with os.scandir(self._folder) as entries:
            return sum(max(entry.stat().st_size, _BLOCK) for entry in entries)


def _parts(sheet: _Sheet) -> tuple[Sequence[tuple[Event, datetime]], ...]:
    return sheet.texts, sheet.receipts, sheet.quarantined
