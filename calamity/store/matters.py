"""Matters as they stand on a timeline: for readers, kept per head; for who changes one, locked."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from weakref import WeakValueDictionary

from msgspec import Struct
from sqlmodel import col, or_

from calamity.domain.errors import NotFound
from calamity.domain.matters import KINDS, Matter, Told, collect
from calamity.domain.timeline import (
    DispatchQueued,
    EntryKind,
    MatterKind,
    Visibility,
)
from calamity.store.database import Session
from calamity.store.entries import read_entries
from calamity.store.tables import EntryRow
from calamity.store.timeline import NEWEST, Line, TimelineReader

_OF_MATTERS = (*(EntryKind(kind) for kind in KINDS), EntryKind.CORRECTION)
_AT_ONCE = 500
_KEPT = 50
_Place = tuple[str, tuple[Visibility, ...]]


class Standing(Struct, frozen=True):
    """How matters stand, the oldest first, and what was told to audiences."""

    matters: list[Matter]
    dispatches: list[DispatchQueued]


def _queued(entries: Iterable[Told]) -> list[DispatchQueued]:
    ordered = sorted(entries, key=lambda each: each.seq)
    found = [each.happening for each in ordered if each.kind is EntryKind.DISPATCH]
    return [each for each in found if isinstance(each, DispatchQueued)]


class MatterReader:
    """Reads matters for pages and the API; one per process.

    What was read before is kept: only what came since is asked for, and all of it anew once
    somebody erased something.
    """

    def __init__(self, timeline: TimelineReader) -> None:
        self._timeline = timeline
        self._kept: OrderedDict[_Place, tuple[int, list[Line], Standing]] = OrderedDict()
        self._turns: WeakValueDictionary[_Place, asyncio.Lock] = WeakValueDictionary()

    async def read(self, calamity_id: str, sees: Sequence[Visibility]) -> Standing:
        """Return how the matters of a calamity stand that this reader may see."""
        # After a commit everybody who looks on asks at once: the first one reads for all.
        place = (calamity_id, tuple(sees))
        async with self._turns.setdefault(place, asyncio.Lock()):
            return await self._read(place)

    async def _read(self, place: _Place) -> Standing:
        calamity_id, sees = place
        head = await self._timeline.head(calamity_id)
        known, lines, standing = self._kept.get(place, (0, [], Standing([], [])))
        if known == head:
            return standing
        if known and await self._erased_since(calamity_id, sees, known):
            known, lines = 0, []
        new = [
            line
            for kind in (*_OF_MATTERS, EntryKind.DISPATCH)
            for line in await self._since(calamity_id, sees, kind, known)
            # What was written since the head was asked for is read the next time, once.
            if line.seq <= head
        ]
        lines = [*lines, *new]
        standing = Standing(collect(lines), _queued(lines))
        self._kept[place] = (head, lines, standing)
        self._kept.move_to_end(place)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return standing

    async def _erased_since(self, calamity_id: str, sees: Sequence[Visibility], known: int) -> bool:
        newest = await self._timeline.newest(calamity_id, sees, limit=1, kind=EntryKind.ERASURE)
        return bool(newest and newest[0][0].seq > known)

    async def _since(
        self, calamity_id: str, sees: Sequence[Visibility], kind: EntryKind, known: int
    ) -> list[Line]:
        found: list[Line] = []
        before = NEWEST
        while before > known + 1:
            page = await self._timeline.newest(
                calamity_id, sees, limit=_AT_ONCE, before=before, kind=kind
            )
            found += [line for line, _ in page if line.seq > known]
            if len(page) < _AT_ONCE:
                break
            before = page[-1][0].seq
        return found


async def get_matter(
    session: Session, calamity_id: str, first: int, sees: Sequence[Visibility]
) -> Matter:
    """Return a matter by its first entry, as this transaction sees it. Raises NotFound.

    Who means to change it locks the calamity first.
    """
    entries = await read_entries(
        session,
        calamity_id,
        or_(col(EntryRow.seq) == first, col(EntryRow.refers_to) >= first),
        col(EntryRow.kind).in_([kind.value for kind in _OF_MATTERS]),
    )
    matter = next((each for each in collect(entries) if each.first == first), None)
    if matter is None or matter.visibility not in sees:
        raise NotFound("This entry does not exist, or is not for your role.", field="seq")
    return matter


async def list_matters(
    session: Session,
    calamity_id: str,
    sees: Sequence[Visibility] = tuple(Visibility),
    *,
    kinds: Sequence[MatterKind] = KINDS,
) -> list[Matter]:
    """Return the matters of these kinds that a reader sees, as this transaction does, ended too."""
    found = await read_entries(
        session,
        calamity_id,
        col(EntryRow.kind).in_([*kinds, EntryKind.CORRECTION.value]),
        col(EntryRow.visibility).in_([each.value for each in sees]),
    )
    return collect(found)


async def list_queued(session: Session, calamity_id: str) -> list[DispatchQueued]:
    """Return what was told to audiences, as this transaction sees it, the oldest first."""
    is_dispatch = col(EntryRow.kind) == EntryKind.DISPATCH.value
    return _queued(await read_entries(session, calamity_id, is_dispatch))
