"""The timeline as it was at an earlier moment: what was written down by then, and nothing later.

What counts is when a line was recorded, not when its subject happened: nobody could read it before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from sqlmodel import col

from calamity.domain.timeline import (
    CalamityClosed,
    DispatchQueued,
    EntryKind,
    LevelSet,
    NextUpdateSet,
    PhaseSet,
    TaskHanded,
    Visibility,
    WatchEnded,
)
from calamity.store.database import Database, Session
from calamity.store.entries import read_entries
from calamity.store.tables import CalamityRow, EntryRow, to_micros
from calamity.store.timeline import NEWEST, Line

_SEES = (Visibility.OFFICIALS,)
_TURNS = (
    EntryKind.ACTIVATION, EntryKind.PHASE, EntryKind.LEVEL, EntryKind.GRIP, EntryKind.THREAT,
    EntryKind.SUMMARY, EntryKind.NEXT_UPDATE, EntryKind.REQUEST, EntryKind.PICTURE,
    EntryKind.DISPATCH, EntryKind.REPORT, EntryKind.CLOSING,
)  # fmt: skip
_AT_ONCE = 500


class Reader(Protocol):
    """Reads lines of a timeline: all of it, or what was there at a moment."""

    async def newest(
        self,
        calamity_id: str,
        sees: Sequence[Visibility],
        *,
        limit: int,
        before: int = NEWEST,
        kind: EntryKind | None = None,
    ) -> list[tuple[Line, bytes]]:
        """Return up to *limit* lines before a sequence number, the newest first."""


class PastReader:
    """Reads a timeline up to one line, as the reader that it is given reads all of it."""

    def __init__(self, reader: Reader, last: int) -> None:
        self._reader = reader
        self._last = last

    async def newest(
        self,
        calamity_id: str,
        sees: Sequence[Visibility],
        *,
        limit: int,
        before: int = NEWEST,
        kind: EntryKind | None = None,
    ) -> list[tuple[Line, bytes]]:
        """Return up to *limit* lines before a sequence number, the newest first."""
        before = min(before, self._last + 1)
        return await self._reader.newest(calamity_id, sees, limit=limit, before=before, kind=kind)


async def last_line_before(database: Database, calamity_id: str, until: datetime) -> int:
    """Return the sequence number of the last line with none before it recorded at *until* or later.

    Times may stand in another order than lines, by as much as two writers waited for each other:
    then nothing later is shown, rather than everything earlier.
    """
    rows = await database.rows(
        "SELECT min(seq) FROM entry WHERE calamity_id = $1 AND recorded_at >= $2",
        [calamity_id, to_micros(until)],
    )
    return NEWEST - 1 if rows[0][0] is None else int(rows[0][0]) - 1


class Turn(Struct, frozen=True):
    """A minute in which officials got to see something else, and what that was."""

    at: datetime
    lines: tuple[Line, ...]


async def list_turns(reader: Reader, calamity_id: str) -> list[Turn]:
    """Return when officials got to see something else, by the minute, the first one first."""
    lines = [line for kind in _TURNS for line in await _all_of(reader, calamity_id, kind)]
    turns: dict[datetime, list[Line]] = {}
    for line in sorted(lines, key=lambda each: each.seq):
        if line.kind is not EntryKind.DISPATCH or _reached_people(line):
            turns.setdefault(line.recorded_at.replace(second=0, microsecond=0), []).append(line)
    return [Turn(at, tuple(turns[at])) for at in sorted(turns)]


def _reached_people(line: Line) -> bool:
    queued = line.happening
    return queued is None or (isinstance(queued, DispatchQueued) and queued.recipients > 0)


async def _all_of(reader: Reader, calamity_id: str, kind: EntryKind) -> list[Line]:
    found: list[Line] = []
    before = NEWEST
    while True:
        page = await reader.newest(calamity_id, _SEES, limit=_AT_ONCE, before=before, kind=kind)
        found += [line for line, _ in page]
        if len(page) < _AT_ONCE:
            return found
        before = page[-1][0].seq


async def calamity_then(reader: Reader, past: Reader, row: CalamityRow) -> CalamityRow:
    """Return the calamity as *past* tells it: a copy that belongs to no session.

    A phase of which the words were erased has no code.
    """
    then = CalamityRow(**row.model_dump())
    then.phase, then.phase_since = await _phase_then(reader, past, row)
    for kind, column in (
        (EntryKind.LEVEL, "social_level"), (EntryKind.GRIP, "grip"), (EntryKind.THREAT, "threat"),
    ):  # fmt: skip
        line = await _last(past, row.id, kind)
        happening = line.happening if line else None
        setattr(then, column, happening.value if isinstance(happening, LevelSet) else 0)
    promised = await _last(past, row.id, EntryKind.NEXT_UPDATE)
    said = promised.happening if promised else None
    then.next_update_at = said.at if isinstance(said, NextUpdateSet) else None
    closed = await _last(past, row.id, EntryKind.CLOSING)
    is_closed = closed is not None and isinstance(closed.happening, CalamityClosed | None)
    then.closed_at = closed.happened_at if closed and is_closed else None
    # A watch begins with the calamity; whether it had ended, its line tells.
    if row.watch_ended_at is not None:
        begun = await _all_of(past, row.id, EntryKind.ACTIVATION)
        has_ended = any(isinstance(line.happening, WatchEnded) for line in begun)
        then.watch_ended_at = row.watch_ended_at if has_ended else None
    return then


async def _phase_then(reader: Reader, past: Reader, row: CalamityRow) -> tuple[str, datetime]:
    line = await _last(past, row.id, EntryKind.PHASE)
    if line is not None:
        moved = line.happening
        return (moved.phase if isinstance(moved, PhaseSet) else ""), line.happened_at
    later = await _all_of(reader, row.id, EntryKind.PHASE)
    if not later:
        return row.phase, row.opened_at
    # The first phase is written down where it ended.
    first = later[-1].happening
    return (first.previous or "" if isinstance(first, PhaseSet) else ""), row.opened_at


async def _last(reader: Reader, calamity_id: str, kind: EntryKind) -> Line | None:
    lines = await reader.newest(calamity_id, _SEES, limit=1, kind=kind)
    return lines[0][0] if lines else None


async def roles_then(session: Session, calamity_id: str, until: datetime) -> dict[str, str]:
    """Return with which role tasks were that were handed to another one since, by task id."""
    later = await read_entries(
        session,
        calamity_id,
        col(EntryRow.kind) == EntryKind.TASK.value,
        col(EntryRow.recorded_at) >= until,
    )
    found: dict[str, str] = {}
    for entry in sorted(later, key=lambda each: each.seq):
        if isinstance(entry.happening, TaskHanded):
            found.setdefault(entry.happening.task_id, entry.happening.from_role)
    return found
