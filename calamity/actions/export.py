"""Taking a timeline out of the house in a form that others can verify, and verifying it here."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag

import calamity.store
from calamity.domain.errors import Forbidden, Unavailable
from calamity.domain.export import Manifest, body_text, csv_lines, json_line, manifest_file
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import (
    GENESIS,
    Attached,
    EntryKind,
    Fault,
    Line,
    Sign,
    Verdict,
    Visibility,
    decode_happening,
    public_key,
    sign,
    verify,
)
from calamity.store.attachments import is_lost, read_whole
from calamity.store.calamities import get_calamity
from calamity.store.database import Session
from calamity.store.municipalities import signing_key
from calamity.store.tables import CalamityRow
from calamity.store.timeline import Stored, walk

_BATCH = 500
_VERIFIER = Path(calamity.store.__file__).parent / "export" / "verify_timeline.py"
_FILE_VERIFIER = _VERIFIER.with_name("verify_files.py")
_README = """\
Deze map bevat een tijdlijn uit Calamity.

  timeline.jsonl       elke regel van de tijdlijn, met wat nodig is om haar te controleren
  timeline.csv         dezelfde regels voor een rekenprogramma
  manifest.json        aantal regels, controlegetal van de laatste regel, en de handtekening
  verify_timeline.py   controleert de tijdlijn: python3 verify_timeline.py (Python 3.9 of nieuwer)
  attachments/         bestanden op de tijdlijn, als die er zijn; de naam is het nummer van de regel
  verify_files.py      controleert die bestanden: python3 verify_files.py, na de tijdlijn

Het programma zegt of de tijdlijn in orde is, en zo niet, bij welke regel het misgaat. Vergelijk de
sleutel die het noemt met de sleutel die u van de gemeente kreeg, langs een andere weg.
Van regels die u niet mag lezen staat er alleen de kop. Van gewiste regels is de inhoud er niet
meer, en het bestand erbij ook niet; de reden staat in een latere regel. De tijdlijn klopt dan nog
steeds. De regel van een bestand noemt het controlegetal ervan, dus de tijdlijn legt ook dat vast.


This folder holds a timeline from Calamity.

  timeline.jsonl       every entry of the timeline, with what is needed to check it
  timeline.csv         the same entries for a spreadsheet
  manifest.json        the number of entries, the hash of the last one, and the signature
  verify_timeline.py   checks the timeline: python3 verify_timeline.py (Python 3.9 or newer)
  attachments/         files on the timeline, if there are any, by the number of their entry
  verify_files.py      checks those files: python3 verify_files.py, after the timeline

The program says whether the timeline is intact, and if not, at which entry it goes wrong. Compare
the key that it names with the one that the municipality gave you, by another way.
Entries that you may not read have their header only. The text of an erased entry is gone, and its
file too; a later entry says why. The timeline still verifies. The entry of a file holds its hash,
so the timeline proves the file too.
"""


async def export_timeline(
    session: Session,
    actor: Actor,
    calamity_id: str,
    at: datetime,
    *,
    zone: tzinfo,
    reader: Visibility | None = None,
    words: Callable[[Line], str] = body_text,
) -> AsyncIterator[bytes]:
    """Return the chunks of a ZIP with the whole timeline as it stands now.

    *reader* is the level for which bodies are left in: by default all that the actor sees, never
    more. *words* says in plain language what an entry holds, for the CSV.
    """
    actor.must(Permission.EXPORT_TIMELINE)
    level = reader or actor.sees[0]
    if level not in actor.sees:
        raise Forbidden(f"The role {actor.role} may not see what {level} see.", field="visibility")
    calamity = await get_calamity(session, actor.municipality_id, calamity_id)
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    count, head = calamity.head_seq, calamity.head_hash
    manifest = Manifest(
        title=calamity.title,
        count=count,
        head_hash=head,
        exported_at=at,
        visibility=level,
        public_key=public_key(secret),
        signature=sign(secret, head),
    )
    parcel = _Parcel(at.astimezone(zone))
    attached: list[tuple[int, Attached]] = []
    # Read twice up to the same number: what stands there does not change any more.
    with parcel.file("timeline.jsonl") as write:
        async for batch in _batches(session, calamity_id, count):
            for line in batch:
                write(json_line(line, reader=level))
            attached += [(seq, said) for seq, said, seen in _attached(batch) if level.sees(seen)]
            yield parcel.taken()
    with parcel.file("timeline.csv") as write:
        is_first = True
        async for batch in _batches(session, calamity_id, count):
            rows = csv_lines(batch, reader=level, zone=zone, words=words)
            for row in rows if is_first else islice(rows, 1, None):
                write(row)
            is_first = False
            yield parcel.taken()
    for name, content in (
        ("manifest.json", manifest_file(manifest)),
        ("verify_timeline.py", _VERIFIER.read_bytes()),
        *((("verify_files.py", _FILE_VERIFIER.read_bytes()),) if attached else ()),
        ("README.txt", _README.encode()),
    ):
        with parcel.file(name) as write:
            write(content)
    for seq, said in attached:
        content = await read_whole(session, calamity_id, seq, said)
        if content is not None:
            with parcel.file(f"attachments/{seq}.{said.kind}") as write:
                write(content)
            yield parcel.taken()
    yield parcel.closed()


def _attached(lines: Iterable[Line]) -> Iterator[tuple[int, Attached, Visibility]]:
    """Find the files that entries speak of, and who may see them."""
    for line in lines:
        if line.header.kind is EntryKind.ATTACHMENT and line.body is not None:
            said = decode_happening(line.body)
            if isinstance(said, Attached):
                yield line.header.seq, said, line.header.visibility


class _File:
    """One file of a parcel while it is open."""

    def __init__(self, target: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._target = target.open(info, "w", force_zip64=True)

    def __enter__(self) -> Callable[[bytes], int]:
        return self._target.write

    def __exit__(self, *_: object) -> None:
        self._target.close()


class _Sink(io.RawIOBase):
    """Gathers what the ZIP writes; it cannot be gone back in, so a ZIP of any size can leave."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile writes bytes only
        """Keep a chunk."""
        self.chunks.append(bytes(data))
        return len(data)


class _Parcel:
    """A ZIP that is taken away chunk by chunk while it is being made."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._at = at.timetuple()[:6]

    def file(self, name: str) -> _File:
        """Begin a file."""
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        return _File(self._zip, info)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        chunks, self._sink.chunks = self._sink.chunks, []
        return b"".join(chunks)

    def closed(self) -> bytes:
        """Finish the ZIP and return its end."""
        self._zip.close()
        return self.taken()


async def _batches(session: Session, calamity_id: str, count: int) -> AsyncIterator[list[Line]]:
    batch: list[Line] = []
    async for stored in walk(session, calamity_id):
        if stored.header.seq > count:
            break
        batch.append(_line(stored))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _line(stored: Stored) -> Line:
    """Return an entry as it is checked: without its key, the body is erased."""
    return Line(stored.header, stored.hash, stored.salt, stored.body, erased=stored.body is None)


async def verify_timeline(
    session: Session,
    actor: Actor,
    calamity_id: str,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Check the timeline in the database against its own hashes, its head and our key.

    *progress* is told how many entries were read.
    """
    actor.must(Permission.SEE_TIMELINE)
    calamity = await get_calamity(session, actor.municipality_id, calamity_id)
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    count, head = calamity.head_seq, calamity.head_hash
    if count == 0:
        return Verdict(intact=head == GENESIS, lines=0, head=head)
    reading = _Reading(session, calamity, progress)
    loop = asyncio.get_running_loop()

    def lines() -> Iterator[Line]:
        while batch := asyncio.run_coroutine_threadsafe(reading.next(), loop).result():
            yield from batch

    verdict = await asyncio.to_thread(
        verify, lines(), key=public_key(secret), count=count, head=head
    )
    at = reading.broken_at
    if at is None and verdict.intact:
        at = await _first_lost(session, calamity_id, reading.attached)
    if at is None or verdict.lines + 1 < at:
        return verdict
    changed = {"intact": False, "fault": Fault.CHANGED, "line": at, "seq": at, "sign": Sign.CONTENT}
    return msgspec.structs.replace(verdict, **changed)


async def _first_lost(
    session: Session, calamity_id: str, attached: Iterable[tuple[int, Attached]]
) -> int | None:
    """Return the first entry whose file is not the one that it names."""
    for seq, said in attached:
        if await is_lost(session, calamity_id, seq, said):
            return seq
    return None


class _Reading:
    """Reads entries batch by batch, and stops at the first that cannot be opened at all."""

    def __init__(
        self, session: Session, calamity: CalamityRow, progress: Callable[[int], None]
    ) -> None:
        self._session = session
        self._place = (calamity.municipality_id, calamity.id)
        self._count = calamity.head_seq
        self._stored = walk(session, calamity.id)
        self._progress = progress
        self._read = 0
        self.broken_at: int | None = None
        self.attached: list[tuple[int, Attached]] = []

    async def next(self) -> list[Line]:
        """Return some more entries; none at the end."""
        batch: list[Line] = []
        try:
            while len(batch) < _BATCH and self.broken_at is None:
                line = _line(await anext(self._stored))
                if line.header.seq > self._count and await self._was_written_since(line):
                    break
                batch.append(line)
        except StopAsyncIteration:
            pass
        except (InvalidTag, Unavailable, ValueError):
            # Somebody changed the sealed body, its key, or a word in the header.
            self.broken_at = self._read + len(batch) + 1
        self.attached += [(seq, said) for seq, said, _ in _attached(batch)]
        self._read += len(batch)
        self._progress(self._read)
        return batch

    async def _was_written_since(self, line: Line) -> bool:
        """Tell an entry that was added while we read from one that was put behind the end."""
        self._session.sql.expunge_all()
        return (await get_calamity(self._session, *self._place)).head_seq >= line.header.seq
