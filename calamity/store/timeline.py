"""The timeline: append and read. There is no update and no delete.

Lines are encoded once per process and kept, for history does not change; only whether a body still
has its key is asked of the database. A page of lines holds as long as the head does, since whatever
changes what a reader sees, an erasure too, is an entry of its own.
"""

import asyncio
import os
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Raw, Struct
from sqlalchemy import delete
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.timeline import (
    EntryKind,
    Happening,
    Header,
    Visibility,
    commitment,
    decode_happening,
    encode_happening,
    header_hash,
    kind_of,
)
from calamity.store.database import Database, Session
from calamity.store.entry_files import ADD_FILE, KEY, NONCE, sealed_file
from calamity.store.tables import (
    CalamityRow,
    EntryBodyRow,
    EntryKeyRow,
    EntryRow,
    from_micros,
    to_micros,
)
from calamity.store.vault import Vault

_SALT = 16
_KEPT_LINES = 20_000
_KEPT_PAGES = 200
NEWEST = 2**31 - 1
"""A sequence number above every entry."""


_P = TypeVar("_P")
_M = TypeVar("_M")
_Place = tuple[str, tuple[Visibility, ...], int, int, EntryKind | None]


class Line(Struct, frozen=True, rename="camel"):
    """One entry as readers get it; *body* is null once it was erased."""

    seq: int
    happened_at: datetime
    recorded_at: datetime
    kind: EntryKind
    actor_role: str
    visibility: Visibility
    refers_to: int | None
    hash: str
    body: Raw | None

    @property
    def happening(self) -> Happening | None:
        """What happened, or None when the body was erased."""
        return None if self.body is None else decode_happening(self.body)


_ADD_HEADER = """
INSERT INTO entry (calamity_id, seq, happened_at, recorded_at, kind, actor_role, visibility,
                   refers_to, commitment, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_ADD_BODY = "INSERT INTO entry_body (calamity_id, seq, body) VALUES ($1, $2, $3)"
_ADD_KEY = "INSERT INTO entry_key (calamity_id, seq, key) VALUES ($1, $2, $3)"
_MOVE_HEAD = "UPDATE calamity SET head_seq = $2, head_hash = $3 WHERE id = $1"


async def append(
    session: Session,
    calamity_id: str,
    happening: Happening,
    *,
    by_role: str,
    at: datetime,
    visibility: Visibility = Visibility.TEAM,
    happened_at: datetime | None = None,
    refers_to: int | None = None,
    file: bytes | None = None,
) -> int:
    """Add an entry and return its sequence number. Takes the calamity's lock until the commit.

    A *file* goes under the key of the entry too, so that both are erased at once.
    """
    calamity = await _locked(session, calamity_id)
    seq = calamity.head_seq + 1
    kind = kind_of(happening)
    body = encode_happening(happening)
    salt = os.urandom(_SALT)
    header = Header(
        calamity_id=calamity_id,
        seq=seq,
        happened_at=happened_at or at,
        recorded_at=at,
        kind=kind,
        actor_role=by_role,
        visibility=visibility,
        refers_to=refers_to,
        commitment=commitment(salt, body),
        previous=calamity.head_hash,
    )
    digest = header_hash(header)
    key, nonce = os.urandom(32), os.urandom(NONCE)
    encrypted = nonce + AESGCM(key).encrypt(nonce, salt + body, _bound_to(calamity_id, seq))
    direct = await session.direct()
    for statement, values in (
        (
            _ADD_HEADER,
            (
                to_micros(header.happened_at), to_micros(at), kind.value, by_role,
                visibility.value, refers_to, header.commitment, header.previous, digest,
            ),
        ),
        (_ADD_BODY, (encrypted,)),
        (_ADD_KEY, (session.vault.seal(KEY, key),)),
        (_MOVE_HEAD, (digest,)),
    ):  # fmt: skip
        await direct.rows(statement, calamity_id, seq, *values)
    if file is not None:
        await direct.rows(ADD_FILE, calamity_id, seq, sealed_file(key, calamity_id, seq, file))
    set_committed_value(calamity, "head_seq", seq)
    set_committed_value(calamity, "head_hash", digest)
    session.ring(calamity_id)
    return seq


async def _locked(session: Session, calamity_id: str) -> CalamityRow:
    if calamity_id in session.locked:
        row = await session.sql.get(CalamityRow, calamity_id)
    else:
        await session.sql.flush()
        # NO KEY UPDATE: rows that refer to the calamity are added under a key share, and two
        # transactions that hold one would wait for each other here.
        row = await session.sql.scalar(
            select(CalamityRow)
            .where(CalamityRow.id == calamity_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        session.locked.add(calamity_id)
    if row is None:
        raise NotFound("This calamity does not exist.", field="calamity")
    return row


def _bound_to(calamity_id: str, seq: int) -> bytes:
    return f"{calamity_id}|{seq}".encode()


async def destroy_key(session: Session, calamity_id: str, seq: int) -> None:
    """Erase a body for good by destroying its key. Raises NotFound or Conflict."""
    if await session.sql.get(EntryRow, (calamity_id, seq)) is None:
        raise NotFound("This entry does not exist.", field="seq")
    done = await session.sql.execute(
        delete(EntryKeyRow).where(
            col(EntryKeyRow.calamity_id) == calamity_id, col(EntryKeyRow.seq) == seq
        )
    )
    if not done.rowcount:  # type: ignore[attr-defined]  # a DELETE has a row count
        raise Conflict("The text of this entry was erased before.", field="seq")


async def get_header(session: Session, calamity_id: str, seq: int) -> EntryRow:
    """Return the header of one entry. Raises NotFound."""
    row = await session.sql.get(EntryRow, (calamity_id, seq))
    if row is None:
        raise NotFound("This entry does not exist.", field="seq")
    return row


_HEADERS = """
SELECT e.seq, e.happened_at, e.recorded_at, e.kind, e.actor_role, e.visibility, e.refers_to,
       e.hash, k.seq IS NOT NULL
FROM entry e LEFT JOIN entry_key k ON k.calamity_id = e.calamity_id AND k.seq = e.seq
WHERE e.calamity_id = $1
"""
_BODIES = """
SELECT b.seq, b.body, k.key FROM entry_body b
JOIN entry_key k ON k.calamity_id = b.calamity_id AND k.seq = b.seq
WHERE b.calamity_id = $1 AND b.seq IN ({})
"""


class TimelineReader:
    """Reads timelines for pages, the API and streams; one per process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._encoder = msgspec.json.Encoder()
        self._owners: dict[str, str] = {}
        self._asked: dict[str, asyncio.Task[int]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._kept: OrderedDict[tuple[str, int], tuple[Line, bytes]] = OrderedDict()
        self._pages: OrderedDict[_Place, tuple[int, list[tuple[Line, bytes]]]] = OrderedDict()

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
        place = (calamity_id, tuple(sees), before, limit, kind)
        # Asked for before the lines: a line that comes in between makes the page old, not wrong.
        head = await self.head(calamity_id)
        if (known := self._pages.get(place)) is not None and known[0] == head:
            return known[1]
        lines = await self._read(calamity_id, sees, "<", before, limit=limit, kind=kind)
        _keep(self._pages, place, (head, lines), most=_KEPT_PAGES)
        return lines

    async def after(
        self, calamity_id: str, sees: Sequence[Visibility], seq: int, *, limit: int
    ) -> list[tuple[Line, bytes]]:
        """Return up to *limit* lines after a sequence number, the oldest first."""
        return await self._read(calamity_id, sees, ">", seq, limit=limit)

    async def municipality_of(self, calamity_id: str) -> str | None:
        """Return whose calamity this is, or None; it never changes, so it is asked once."""
        if calamity_id not in self._owners:
            rows = await self._database.rows(
                "SELECT municipality_id FROM calamity WHERE id = $1", [calamity_id]
            )
            if not rows:
                return None
            self._owners[calamity_id] = str(rows[0][0])
        return self._owners[calamity_id]

    async def head(self, calamity_id: str) -> int:
        """Return the sequence number of the last entry; 0 for an empty timeline.

        Who asks while a question to PostgreSQL is under way shares the next one: it begins after
        they asked, so that nobody hears of a head that was old already.
        """
        if not self._database.is_postgres:
            return await self._ask_head(calamity_id)
        if calamity_id not in self._asked:
            self._asked[calamity_id] = asyncio.create_task(self._answer_all(calamity_id))
        return await asyncio.shield(self._asked[calamity_id])

    async def _answer_all(self, calamity_id: str) -> int:
        async with self._asking[calamity_id]:
            # From here on it is too late to join.
            del self._asked[calamity_id]
            return await self._ask_head(calamity_id)

    async def _ask_head(self, calamity_id: str) -> int:
        rows = await self._database.rows(
            "SELECT head_seq FROM calamity WHERE id = $1", [calamity_id]
        )
        return int(rows[0][0]) if rows else 0

    async def _read(
        self,
        calamity_id: str,
        sees: Sequence[Visibility],
        beyond: Literal["<", ">"],
        seq: int,
        *,
        limit: int,
        kind: EntryKind | None = None,
    ) -> list[tuple[Line, bytes]]:
        if not sees:
            return []
        sql, values = _HEADERS, [calamity_id, seq]
        sql += f" AND e.seq {beyond} $2"
        if kind is not None:
            values.append(kind.value)
            sql += f" AND e.kind = ${len(values)}"
        if len(sees) < len(Visibility):
            places = []
            for each in sees:
                values.append(each.value)
                places.append(f"${len(values)}")
            sql += f" AND e.visibility IN ({', '.join(places)})"
        values.append(limit)
        order = "DESC" if beyond == "<" else "ASC"
        sql += f" ORDER BY e.seq {order} LIMIT ${len(values)}"
        rows = await self._database.rows(sql, values)
        return await self._lines(calamity_id, rows)

    async def _lines(
        self, calamity_id: str, rows: Sequence[Sequence[Any]]
    ) -> list[tuple[Line, bytes]]:
        missing = [row[0] for row in rows if row[8] and (calamity_id, row[0]) not in self._kept]
        bodies = await self._bodies(calamity_id, missing) if missing else {}
        lines = []
        for row in rows:
            place = (calamity_id, row[0])
            if row[8] and (kept := self._kept.get(place)) is not None:
                lines.append(kept)
                continue
            line = Line(
                row[0], from_micros(row[1]), from_micros(row[2]), EntryKind(row[3]), row[4],
                Visibility(row[5]), row[6], row[7], bodies.get(row[0]),
            )  # fmt: skip
            made = (line, self._encoder.encode(line))
            if line.body is not None:
                _keep(self._kept, place, made, most=_KEPT_LINES)
            lines.append(made)
        return lines

    async def _bodies(self, calamity_id: str, seqs: Sequence[int]) -> dict[int, Raw]:
        places = ", ".join(f"${number}" for number in range(2, len(seqs) + 2))
        rows = await self._database.rows(_BODIES.format(places), [calamity_id, *seqs])
        vault = self._database.vault
        return {
            seq: Raw(opened(vault.open(KEY, key), calamity_id, seq, body)[1])
            for seq, body, key in rows
        }


def _keep(kept: OrderedDict[_P, _M], place: _P, made: _M, *, most: int) -> None:
    kept[place] = made
    if len(kept) > most:
        kept.popitem(last=False)


def opened(key: bytes, calamity_id: str, seq: int, sealed: bytes) -> tuple[bytes, bytes]:
    """Return (salt, body) of a sealed body."""
    plain = AESGCM(key).decrypt(
        bytes(sealed[:NONCE]), bytes(sealed[NONCE:]), _bound_to(calamity_id, seq)
    )
    return plain[:_SALT], plain[_SALT:]


def open_body(vault: Vault, row: EntryRow, body: bytes, key: bytes) -> bytes:
    """Return the body of an entry as it was written."""
    return opened(vault.open(KEY, key), row.calamity_id, row.seq, body)[1]


class Stored(Struct, frozen=True):
    """An entry as it stands in the database, with salt and body while they are not erased."""

    header: Header
    hash: str
    salt: bytes | None
    body: bytes | None


async def walk(session: Session, calamity_id: str) -> AsyncIterator[Stored]:
    """Read a whole timeline, the first entry first, for verification and export."""
    last = 0
    while True:
        rows = (
            await session.sql.execute(
                select(EntryRow, EntryBodyRow.body, EntryKeyRow.key)
                .outerjoin(
                    EntryBodyRow,
                    (col(EntryBodyRow.calamity_id) == EntryRow.calamity_id)
                    & (col(EntryBodyRow.seq) == EntryRow.seq),
                )
                .outerjoin(
                    EntryKeyRow,
                    (col(EntryKeyRow.calamity_id) == EntryRow.calamity_id)
                    & (col(EntryKeyRow.seq) == EntryRow.seq),
                )
                .where(EntryRow.calamity_id == calamity_id, col(EntryRow.seq) > last)
                .order_by(col(EntryRow.seq))
                .limit(1000)
            )
        ).all()
        if not rows:
            return
        for entry, body, key in rows:
            yield _stored(session, entry, body, key)
        last = rows[-1][0].seq
        session.sql.expunge_all()


def _stored(session: Session, row: EntryRow, body: bytes | None, key: bytes | None) -> Stored:
    salt = plain = None
    if body is not None and key is not None:
        salt, plain = opened(session.vault.open(KEY, key), row.calamity_id, row.seq, body)
    header = Header(
        calamity_id=row.calamity_id,
        seq=row.seq,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        kind=EntryKind(row.kind),
        actor_role=row.actor_role,
        visibility=Visibility(row.visibility),
        refers_to=row.refers_to,
        commitment=row.commitment,
        previous=row.previous,
    )
    return Stored(header, row.hash, salt, plain)
