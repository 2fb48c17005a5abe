"""Outbound: durable texts per second through the twilio client, and how soon the first one leaves.

The reference is a bare loop on the same kind of database: claim 500, send with aiohttp, store the
results of a few milliseconds in one commit.
"""

import asyncio
import gc
import json
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import aiohttp
import asyncpg
import uvloop
from sqlalchemy import insert

from calamity.actions.activate import activate
from calamity.actions.compose import message_row
from calamity.gateways import twilio_client  # noqa: F401 - so that no round waits for its import
from calamity.gateways.twilio import Patience, TwilioAccount, TwilioCarrier
from calamity.store.database import Database
from calamity.store.outbox import ensure_lane
from calamity.store.tables import MessageRow
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from calamity.worker import Worker, now
from tests.bench.bench_client import ACCOUNT, BODY, PATH, PUBLIC, TOKEN
from tests.bench.figures import Aim, Figure
from tests.bench.stage import DATABASES, Gateway, Stage, gateway, interleaved, say
from tests.bench.town import make_big_town
from tests.make import SECRET, SENDER, make_request, make_terms

_RATE = 1e7  # parts per second: no sender is this fast, so the lane never waits
_FLYING = 64
_CHUNK = 500
_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 60
_WARM_SECONDS = 1.2  # the carrier opens its line a second after its start
_PLACE = {
    "ready": f"sender = '{SENDER}' AND state = 'ready'",
    "sending": "state IN ('sending', 'in_doubt') AND claimed_at > 0",
}


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    texts = 2_000 if stage.quick else 10_000
    people = 1_000 if stage.quick else 10_000
    figures = []
    for kind in DATABASES:
        say(f"outbound on {kind}: {texts:,} texts, then an activation of {people:,} key figures")
        rate = Figure("durable texts out", kind, "texts/s", Aim(0.6))
        first = Figure(
            f"activation to first text, {people:,} people", kind, "ms",
            Aim(300, is_least=False, of_ratio=False),
        )  # fmt: skip
        whole = Figure(f"activation to its commit, {people:,} people", kind, "ms")
        with gateway() as carrier:
            url, bare = stage.url(kind), _bare_of(kind)(stage.empty_url(kind), carrier)
            ours = Ours(url, carrier)
            uvloop.run(bare.prepare())
            uvloop.run(ours.prepare(stage.rounds + 1, people))
            for our, their in interleaved(
                stage.rounds,
                lambda ours=ours: uvloop.run(ours.texts_per_second(texts)),
                lambda bare=bare: uvloop.run(bare.texts_per_second(texts)),
            ):
                rate.add(our, their)
            for number in range(stage.rounds + 1):
                to_first, to_commit = uvloop.run(ours.first_text(number, people))
                if number:  # the first one warms everything up
                    first.add(to_first)
                    whole.add(to_commit)
        figures += [rate, first, whole]
    return figures


class Ours:
    """The worker of the product, with its own carrier, lane and outbox."""

    def __init__(self, url: str, carrier: Gateway) -> None:
        self._url, self._gateway = url, carrier
        self._terms = make_terms(rate=_RATE)
        self._towns: list[Any] = []

    async def prepare(self, towns: int, people: int) -> None:
        database = Database(self._url, Vault(SECRET))
        await database.open()
        for number in range(towns):
            self._towns.append(await make_big_town(database, number, key_figures=people))
        if database.is_postgres:
            async with database.connection() as connection:
                await connection.exec_driver_sql("ANALYZE")
                await connection.commit()
        await database.close()

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[tuple[Database, Wakes]]:
        database = Database(self._url, Vault(SECRET))
        await database.open(as_node=True)
        wakes = Wakes(database)
        account = TwilioAccount(ACCOUNT, PUBLIC, auth_token=TOKEN, origin=self._gateway.origin)
        worker = Worker(
            database, wakes, TwilioCarrier(account, Patience(connections=64)), self._terms
        )
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(_WARM_SECONDS)
        try:
            yield database, wakes
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await database.close()

    async def texts_per_second(self, texts: int, *, with_rows: bool = False) -> float:
        """Queue texts, wake the lane, and wait until the last result is stored.

        The clock starts once they are rows, as it does for the bare loop; *with_rows* before.
        """
        async with self._worker() as (database, wakes):
            rows = await self._rows(database, texts)
            self._gateway.forget()
            gc.collect()
            begun = time.perf_counter()
            async with database.transaction() as session:
                await session.sql.execute(insert(MessageRow), rows)
                await wakes.wake(session, "lane", SENDER)
            if not with_rows:
                begun = time.perf_counter()
            await _settled(database)
            took = time.perf_counter() - begun
            done = await database.rows(
                "SELECT count(*) FROM message WHERE state = $1 AND sid IS NOT NULL", ["accepted"]
            )
            if done[0][0] < texts or self._gateway.count < texts:
                raise RuntimeError(f"only {done[0][0]} of {texts} texts are stored as accepted")
            async with database.connection() as connection:
                await connection.exec_driver_sql("DELETE FROM message")
                await connection.commit()
        return texts / took

    async def _rows(self, database: Database, texts: int) -> list[dict[str, Any]]:
        town, at = self._towns[0], now()
        async with database.transaction() as session:
            await ensure_lane(session, SENDER, _RATE)
            found = await database.rows(
                "SELECT id FROM recipient WHERE municipality_id = $1 LIMIT 500", [town.id]
            )
            return [
                message_row(
                    session, body=BODY, at=at, municipality_id=town.id, calamity_id=None,
                    recipient_id=found[each % len(found)][0], sender=SENDER, purpose="give",
                    urgency=3, is_alarm=False, due_at=at, valid_until=at.replace(year=at.year + 1),
                    dispatch_id=None, ladder_id=None, round_id=None,
                )
                for each in range(texts)
            ]  # fmt: skip

    async def first_text(self, number: int, people: int) -> tuple[float, float]:
        """Activate in town *number*; return milliseconds to the first text, and to the commit."""
        async with self._worker() as (database, wakes):
            self._gateway.forget()
            gc.collect()
            begun = time.monotonic()
            async with database.transaction() as session:
                await activate(
                    session, wakes, self._terms, self._towns[number].coordinator,
                    make_request(request_key=f"bench-{number:04d}"), at=now(),
                )  # fmt: skip
            committed = time.monotonic()
            await _settled(database)
            first = self._gateway.first_at
            if self._gateway.count < people:
                raise RuntimeError(f"only {self._gateway.count} of {people} texts left")
            return (first - begun) * 1000, (committed - begun) * 1000


async def _settled(database: Database) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        for state in ("ready", "sending", "ready"):
            # Both have an index of their own; looking costs next to nothing.
            while await database.rows(  # noqa: ASYNC110 - rows ring no bell
                f"SELECT 1 FROM message WHERE {_PLACE[state]} LIMIT 1",  # noqa: S608 - our own words
                [],
            ):
                await asyncio.sleep(_LOOK_SECONDS)


class _Bare(ABC):
    """What every bare loop does; a subclass knows its database."""

    def __init__(self, url: str, carrier: Gateway) -> None:
        self._url, self._gateway = url, carrier
        self._results: list[tuple[str, str]] = []
        self._done = asyncio.Event()

    async def texts_per_second(self, texts: int) -> float:
        await self._open()
        await self._fill([(f"m-{each:032d}", _to(each), BODY) for each in range(texts)])
        connector = aiohttp.TCPConnector(limit=_FLYING)
        self._gateway.forget()
        gc.collect()
        async with aiohttp.ClientSession(connector=connector) as session:
            begun = time.perf_counter()
            queue: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
            senders = [asyncio.create_task(self._send(session, queue)) for _ in range(_FLYING)]
            left = texts
            while left:
                if queue.qsize() < _CHUNK // 2:
                    for row in await self._claim():
                        queue.put_nowait(row)
                await asyncio.sleep(0.005)
                results, self._results = self._results, []
                if results:
                    await self._store(results)
                    left -= len(results)
            took = time.perf_counter() - begun
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)
        await self._close(texts)
        return texts / took

    async def _send(self, session: aiohttp.ClientSession, queue: Any) -> None:
        headers = {
            "Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        url = self._gateway.origin + PATH
        while True:
            number, to, words = await queue.get()
            form = {
                "To": to, "From": SENDER, "Body": words, "ValidityPeriod": 900,
                "StatusCallback": f"{PUBLIC}/hooks/twilio/status?m={number}",
            }  # fmt: skip
            async with session.post(url, data=urlencode(form).encode(), headers=headers) as answer:
                sid = json.loads(await answer.read())["sid"]
            self._results.append((sid, number))

    @abstractmethod
    async def prepare(self) -> None: ...

    @abstractmethod
    async def _open(self) -> None: ...

    @abstractmethod
    async def _fill(self, rows: list[tuple[str, str, str]]) -> None: ...

    @abstractmethod
    async def _claim(self) -> list[tuple[str, str, str]]: ...

    @abstractmethod
    async def _store(self, results: list[tuple[str, str]]) -> None: ...

    @abstractmethod
    async def _close(self, texts: int) -> None: ...


_TABLE = "CREATE TABLE message (id text PRIMARY KEY, phone text, body text, state int, sid text)"
_INDEX = "CREATE INDEX ready ON message (id) WHERE state = 0"


class _BareSqlite(_Bare):
    """sqlite3 on the loop, WAL, synchronous=FULL."""

    async def prepare(self) -> None:
        await self._open()
        self._db.execute(_TABLE)
        self._db.execute(_INDEX)
        self._db.close()

    async def _open(self) -> None:
        self._db = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")

    async def _fill(self, rows: list[tuple[str, str, str]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM message")
        self._db.executemany("INSERT INTO message VALUES (?, ?, ?, 0, NULL)", rows)
        self._db.execute("COMMIT")

    async def _claim(self) -> list[tuple[str, str, str]]:
        return self._db.execute(
            "UPDATE message SET state = 1 WHERE id IN (SELECT id FROM message WHERE state = 0"
            " ORDER BY id LIMIT ?) RETURNING id, phone, body",
            (_CHUNK,),
        ).fetchall()

    async def _store(self, results: list[tuple[str, str]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("UPDATE message SET state = 2, sid = ? WHERE id = ?", results)
        self._db.execute("COMMIT")

    async def _close(self, texts: int) -> None:
        (done,) = self._db.execute("SELECT count(*) FROM message WHERE state = 2").fetchone()
        self._db.close()
        if done < texts:
            raise RuntimeError("the bare loop lost texts")


class _BarePostgres(_Bare):
    """One asyncpg connection."""

    async def prepare(self) -> None:
        await self._open()
        await self._db.execute(_TABLE)
        await self._db.execute(_INDEX)
        await self._db.close()

    async def _open(self) -> None:
        self._db = await asyncpg.connect(self._url)

    async def _fill(self, rows: list[tuple[str, str, str]]) -> None:
        await self._db.execute("TRUNCATE message")
        await self._db.executemany("INSERT INTO message VALUES ($1, $2, $3, 0, NULL)", rows)
        await self._db.execute("ANALYZE message")

    async def _claim(self) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = await self._db.fetch(
            "UPDATE message SET state = 1 FROM (SELECT id FROM message WHERE state = 0 ORDER BY id"
            " LIMIT $1 FOR UPDATE SKIP LOCKED) AS c WHERE message.id = c.id"
            " RETURNING message.id, phone, body",
            _CHUNK,
        )
        return found

    async def _store(self, results: list[tuple[str, str]]) -> None:
        await self._db.execute(
            "UPDATE message SET state = 2, sid = r.sid FROM unnest($1::text[], $2::text[])"
            " AS r(sid, id) WHERE message.id = r.id",
            [sid for sid, _ in results],
            [number for _, number in results],
        )

    async def _close(self, texts: int) -> None:
        done = await self._db.fetchval("SELECT count(*) FROM message WHERE state = 2")
        await self._db.close()
        if done < texts:
            raise RuntimeError("the bare loop lost texts")


def _bare_of(kind: str) -> type[_Bare]:
    return _BareSqlite if kind == "sqlite" else _BarePostgres


def _to(number: int) -> str:
    return f"+319701024{number % 10_000:04d}"
