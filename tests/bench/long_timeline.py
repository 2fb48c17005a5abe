"""A timeline of a million entries, put in quickly, but as `append` would have written it."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from calamity.domain.permissions import UserRole
from calamity.domain.timeline import (
    GENESIS,
    EntryKind,
    Header,
    Statement,
    Visibility,
    commitment,
    encode_happening,
    header_hash,
)
from calamity.store import accounts, sessions
from calamity.store.database import Database
from calamity.store.ids import new_id
from calamity.store.tables import CalamityRow, to_micros
from calamity.store.vault import Vault
from calamity.worker import now
from tests.make import SECRET, T0, Town, make_town

CALAMITY = new_id()
RARE = EntryKind.RUMOUR
_RARE_EVERY = 10_000
_KINDS = (EntryKind.FACT, EntryKind.MEASURE, EntryKind.COMMITMENT, EntryKind.INTERPRETATION)
_BATCH = 5_000
_ENTRY = (
    "calamity_id", "seq", "happened_at", "recorded_at", "kind", "actor_role", "visibility",
    "refers_to", "commitment", "previous", "hash",
)  # fmt: skip
_TABLES = (
    ("entry", _ENTRY),
    ("entry_body", ("calamity_id", "seq", "body")),
    ("entry_key", ("calamity_id", "seq", "key")),
)

Batch = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]


async def prepare(url: str) -> tuple[Town, str, str]:
    """Add a town with an empty calamity; return it, a bearer token and a session cookie."""
    database = Database(url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        town = await make_town(session)
        session.sql.add(
            CalamityRow(
                id=CALAMITY, municipality_id=town.id, title="Aanslag elders", is_exercise=False,
                phase="acute", opened_at=T0, phase_since=T0, level_since=T0, head_hash=GENESIS,
            )
        )  # fmt: skip
        token = await accounts.add_token(
            session, town.id, name="bench", role=UserRole.COORDINATOR, at=T0
        )
        cookie = await sessions.start_session(session, town.coordinator.user_id or "", now())
    await database.close()
    return town, token, cookie


def entries(count: int) -> Iterator[tuple[Batch, int, str]]:
    """Make batches of rows with the head after each: a real chain, each body under its own key."""
    vault, previous = Vault(SECRET), GENESIS
    words = {
        kind: encode_happening(Statement(kind.value, "De school blijft morgen open."))  # type: ignore[arg-type]  # kinds that a person can write
        for kind in (*_KINDS, RARE)
    }
    for start in range(1, count + 1, _BATCH):
        batch: Batch = ([], [], [])
        for seq in range(start, min(start + _BATCH, count + 1)):
            kind = RARE if seq % _RARE_EVERY == 0 else _KINDS[seq % len(_KINDS)]
            previous = _add(batch, vault, seq, kind, body=words[kind], previous=previous)
        yield batch, seq, previous


def _add(
    batch: Batch, vault: Vault, seq: int, kind: EntryKind, *, body: bytes, previous: str
) -> str:
    random = os.urandom(60)
    salt, nonce, key = random[:16], random[16:28], random[28:]
    at = T0 + timedelta(milliseconds=seq)
    header = Header(
        CALAMITY, seq, at, at, kind, "coordinator", Visibility.OFFICIALS, commitment(salt, body),
        previous,
    )  # fmt: skip
    digest, micros = header_hash(header), to_micros(at)
    batch[0].append((
        CALAMITY, seq, micros, micros, kind.value, "coordinator", "officials", None,
        header.commitment, previous, digest,
    ))  # fmt: skip
    sealed = nonce + AESGCM(key).encrypt(nonce, salt + body, f"{CALAMITY}|{seq}".encode())
    batch[1].append((CALAMITY, seq, sealed))
    batch[2].append((CALAMITY, seq, vault.seal(b"entry.key", key)))
    return digest


async def fill(urls: dict[str, str], count: int) -> None:
    """Put the same entries in a SQLite file and in a PostgreSQL database."""
    lite = sqlite3.connect(urls["sqlite"].removeprefix("sqlite:///"), isolation_level=None)
    post = await asyncpg.connect(urls["postgres"])
    lite.execute("PRAGMA synchronous=OFF")  # only while filling
    head, digest = 0, GENESIS
    for batch, head, digest in entries(count):  # noqa: B007 - the last ones count
        lite.execute("BEGIN IMMEDIATE")
        for (table, columns), rows in zip(_TABLES, batch, strict=True):
            names, places = ", ".join(columns), ", ".join("?" * len(columns))
            lite.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - our own names
            await post.copy_records_to_table(table, records=rows, columns=list(columns))
        lite.execute("COMMIT")
    lite.execute("UPDATE calamity SET head_seq = ?, head_hash = ?", (head, digest))
    lite.execute("ANALYZE")
    lite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    lite.close()
    await post.execute("UPDATE calamity SET head_seq = $1, head_hash = $2", head, digest)
    await post.execute("VACUUM ANALYZE")
    await post.close()
