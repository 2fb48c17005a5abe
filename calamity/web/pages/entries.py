"""Entries in words: what the timeline shows of what happened, newest first."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from calamity.domain.errors import NotFound
from calamity.domain.timeline import Attached, EntryKind, Happening, PicturePublished, Sealed
from calamity.store.database import Database
from calamity.store.entries import corrections_of
from calamity.store.timeline import NEWEST, Line, TimelineReader
from calamity.web.language import Language
from calamity.web.pages.scene import Scene
from calamity.web.sentences import file_in_words, own_words, sentence
from calamity.web.views import room

PAGE = 50
_READ_AT_ONCE = 200
_MOST_READ = 5000
_QUIET = frozenset({EntryKind.SEAL, EntryKind.CALL_OUT, EntryKind.DISPATCH, EntryKind.PICTURE})


class Filter(Struct, frozen=True):
    """Which lines somebody wants to see."""

    kinds: tuple[EntryKind, ...] = ()
    search: str = ""
    everything: bool = True
    """Also what the system wrote by itself."""

    def takes(self, scene: Scene, line: Line) -> bool:
        """Say whether a line belongs to what is shown."""
        if self.kinds and line.kind not in self.kinds:
            return False
        if not self.everything and not self.kinds and is_quiet(line):
            return False
        return not self.search or self.search.casefold() in _words_of(scene, line)


def is_quiet(line: Line) -> bool:
    """Say whether the system wrote this by itself and nobody needs to read it now."""
    return line.actor_role == "system" and line.kind in _QUIET


def _words_of(scene: Scene, line: Line) -> str:
    happening = line.happening
    if happening is None:
        return ""
    said = sentence(happening, scene.language, scene.names)
    return f"{said} {own_words(happening, scene.language) or ''}".casefold()


async def read_entries(
    scene: Scene,
    reader: TimelineReader,
    database: Database,
    *,
    wanted: Filter,
    before: int = NEWEST,
    limit: int = PAGE,
) -> tuple[tuple[room.EntryLine, ...], int | None]:
    """Return up to *limit* lines before a sequence number, and where the next page starts."""
    lines: list[Line] = []
    read, more = 0, True
    while more and len(lines) < limit and read < _MOST_READ:
        batch = await _batch(scene, reader, wanted.kinds, before, limit)
        read += len(batch)
        more = len(batch) >= min(limit, _READ_AT_ONCE)
        for line in batch:
            before = line.seq
            if wanted.takes(scene, line):
                lines.append(line)
            if len(lines) == limit:
                more = True
                break
    corrected = await corrections_of(
        database, scene.calamity.id, scene.actor.sees, [line.seq for line in lines]
    )
    shown = tuple(entry_line(scene, line, corrected) for line in lines)
    return shown, before if more and before > 1 and read else None


async def _batch(
    scene: Scene,
    reader: TimelineReader,
    kinds: Collection[EntryKind],
    before: int,
    limit: int,
) -> list[Line]:
    """Read the newest lines of these kinds; each kind has its own index to read by."""
    at_once = min(max(limit, PAGE), _READ_AT_ONCE)
    wanted: Sequence[EntryKind | None] = tuple(kinds) or (None,)
    found = [
        line
        for kind in wanted
        for line, _ in await reader.newest(
            scene.calamity.id, scene.actor.sees, limit=at_once, before=before, kind=kind
        )
    ]
    return sorted(found, key=lambda line: line.seq, reverse=True)[:at_once]


async def get_line(scene: Scene, reader: TimelineReader, sequence: int) -> Line:
    """Return one line. Raises NotFound, also when this reader may not see it."""
    line = await _find_line(scene, reader, sequence)
    if line is None:
        raise NotFound("This entry does not exist.", field="seq")
    return line


async def _find_line(scene: Scene, reader: TimelineReader, sequence: int) -> Line | None:
    if not 0 < sequence < NEWEST:
        return None
    found = await reader.after(scene.calamity.id, scene.actor.sees, sequence - 1, limit=1)
    return next((line for line, _ in found if line.seq == sequence), None)


async def read_with_related(
    scene: Scene, reader: TimelineReader, database: Database, line: Line
) -> tuple[room.EntryLine, tuple[room.EntryLine, ...]]:
    """Return a line in words, and what it corrects or erases or was corrected or erased by."""
    place, sees = scene.calamity.id, scene.actor.sees
    corrected = await corrections_of(database, place, sees, [line.seq])
    numbers = (line.refers_to, corrected.get(line.seq))
    related = [await _find_line(scene, reader, number) for number in numbers if number]
    if line.body is None:
        related.append(await _erasure_of(scene, reader, line.seq))
    lines = sorted((found for found in related if found), key=lambda it: it.seq, reverse=True)
    corrected |= await corrections_of(database, place, sees, [found.seq for found in lines])
    return (
        entry_line(scene, line, corrected),
        tuple(entry_line(scene, found, corrected) for found in lines),
    )


async def _erasure_of(scene: Scene, reader: TimelineReader, sequence: int) -> Line | None:
    """Return the line that holds the ground for erasing this one; erasures are few."""
    before = NEWEST
    while before > sequence:
        batch = await reader.newest(
            scene.calamity.id, scene.actor.sees, limit=_READ_AT_ONCE, before=before,
            kind=EntryKind.ERASURE,
        )  # fmt: skip
        for line, _ in batch:
            if line.refers_to == sequence:
                return line
        before = batch[-1][0].seq if batch else 0
    return None


def entry_line(scene: Scene, line: Line, corrected: Mapping[int, int]) -> room.EntryLine:
    """Return one line in the reader's words."""
    happening = line.happening
    return room.EntryLine(
        sequence=line.seq,
        kind=line.kind.value,
        happened_at=line.happened_at,
        recorded_at=line.recorded_at,
        by=scene.who(line.actor_role),
        sentence=sentence(happening, scene.language, scene.names) if happening else "",
        body=_body(happening, scene.language),
        visibility=line.visibility.value,
        corrects=line.refers_to if line.kind is EntryKind.CORRECTION else None,
        corrected_by=corrected.get(line.seq),
        erased=happening is None,
        quiet=is_quiet(line),
        file=file_in_words(happening, scene.language) if isinstance(happening, Attached) else "",
    )


def _body(happening: Happening | None, language: Language) -> str | None:
    if happening is None or isinstance(happening, Sealed | PicturePublished):
        return None
    return own_words(happening, language)
