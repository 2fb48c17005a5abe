"""Keeping what the carrier posts: once, on disk, before it is answered.

All posts of one moment share one commit: a commit costs a sync to disk, a row almost nothing. While
the database is away, the spool takes them.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

import asyncpg
import structlog
from msgspec import Struct, json

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import Cause, InboundText, Quarantined, StatusReceipt
from calamity.store.database import Database, Session
from calamity.store.direct import Direct
from calamity.store.ids import new_id
from calamity.store.inbox.receipts import keep_receipts
from calamity.store.inbox.spool import Event, Posted, Spool
from calamity.store.quarantine import set_apart
from calamity.store.tables import from_micros, to_micros
from calamity.store.wakes import Wakes

SENDER, BODY = b"reply.phone", b"reply.body"
_LONGEST_RECEIVER = 40
_PATIENCE_SECONDS = 4.0
# The database is there, and wants these posts not; the next ones it may take.
_ABOUT_VALUES = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
)
_AWAY_SECONDS = 2.0

log = structlog.get_logger(__name__)


class _Waiting(Struct, frozen=True):
    post: Posted
    kept: "asyncio.Future[None]"


class Inbox:
    """Keeps inbound texts and receipts; each `keep` returns once they are on disk.

    Without a *spool* nothing is kept while the database is away.
    """

    def __init__(self, database: Database, wakes: Wakes, spool: Spool | None = None) -> None:
        self._database = database
        self._wakes = wakes
        self._spool = spool
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._away_until = 0.0
        self._replaying = asyncio.Lock()

    async def keep(self, event: Event, at: datetime) -> None:
        """Keep what the carrier said, once however often it says so.

        Raises Unavailable when it could be written nowhere; the carrier will then try again.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(Posted(event, at), kept))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await kept

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            posts = [each.post for each in batch]
            try:
                if not await self._store(posts):
                    await self._put_in_spool(posts)
            except Exception as error:
                # Whatever went wrong: nobody may wait for ever for the answer.
                log.error("inbox.not_kept", error=type(error).__name__, posts=len(batch))
                for each in batch:
                    _tell(each.kept, Unavailable("The post could not be kept. Try again."))
            else:
                for each in batch:
                    _tell(each.kept, None)

    async def _store(self, posts: Sequence[Posted]) -> bool:
        """Write posts to the database; False when it is away."""
        clock = asyncio.get_running_loop().time
        if clock() < self._away_until:
            return False
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._database.transaction() as session:
                await _write(session, posts)
                await self._wakes.wake(session, "inbox", "")
        except Exception as error:
            # After a time-out it may be there all the same; under its id it is there once.
            if not isinstance(error, _ABOUT_VALUES):
                self._away_until = clock() + _AWAY_SECONDS
            log.error("inbox.not_written", error=type(error).__name__, posts=len(posts))
            return False
        self._away_until = 0.0
        return True

    async def _put_in_spool(self, posts: Sequence[Posted]) -> None:
        if self._spool is None:
            raise Unavailable("The database is away, and there is no spool.")
        await self._spool.put(posts)
        log.warning("inbox.spooled", posts=len(posts))

    async def replay(self) -> int:
        """Take what waits in the spool into the database; return how many posts that were."""
        if self._spool is None or self._replaying.locked():
            return 0
        taken = 0
        async with self._replaying:
            for path in self._spool.waiting():
                posts = await self._spool.read(path)
                if posts is None:
                    log.error("inbox.spool_damaged", file=path.name)
                    damaged = Quarantined(Cause.UNREADABLE, path.stem[:40])
                    posts = [Posted(damaged, _moment(path.stem))]
                if posts and not await self._store(posts) and not await self._store_each(posts):
                    return taken
                self._spool.remove(path)
                taken += len(posts)
        if taken:
            log.info("inbox.replayed", posts=taken)
        return taken

    async def _store_each(self, posts: Sequence[Posted]) -> bool:
        """Store posts one by one, so that none holds up the others; False while nothing works."""
        if not await self._answers():
            return False
        for post in posts:
            self._away_until = 0.0
            if not await self._store([post]):
                sid = getattr(post.event, "sid", "")[:40]
                self._away_until = 0.0
                if not await self._store([Posted(Quarantined(Cause.UNREADABLE, sid), post.at)]):
                    return False
        return True

    async def _answers(self) -> bool:
        """Tell whether the database takes anything at all."""
        self._away_until = 0.0
        return await self._store([])

    async def drain(self) -> None:
        """Replay until cancelled, in a process that may have put something aside."""
        while True:
            try:
                await self.replay()
            except Exception as error:
                log.error("inbox.not_replayed", error=type(error).__name__)
            await asyncio.sleep(_AWAY_SECONDS)


def _tell(kept: "asyncio.Future[None]", problem: Exception | None) -> None:
    """Let whoever waits go on; a caller who hung up waits no longer."""
    if kept.done():
        return
    if problem is None:
        kept.set_result(None)
    else:
        kept.set_exception(problem)


def _moment(stem: str) -> datetime:
    digits = stem.partition("-")[0]
    return from_micros(int(digits) // 1000 if digits.isdecimal() else 0)


async def _write(session: Session, posts: Sequence[Posted]) -> None:
    texts: list[tuple[InboundText, datetime]] = []
    receipts: list[tuple[StatusReceipt, datetime]] = []
    apart: list[tuple[Quarantined, datetime]] = []
    for post in posts:
        match post.event:
            case InboundText():
                texts.append((post.event, post.at))
            case StatusReceipt():
                receipts.append((post.event, post.at))
            case Quarantined():
                apart.append((post.event, post.at))
    direct = await session.direct()
    if texts:
        apart += await _write_texts(session, direct, texts)
    if receipts:
        await keep_receipts(session, receipts)
    if apart:
        await set_apart(direct, apart)


async def _write_texts(
    session: Session, direct: Direct, texts: Sequence[tuple[InboundText, datetime]]
) -> list[tuple[Quarantined, datetime]]:
    """Keep texts; return what is wrong with those that came before in other words."""
    vault = session.vault
    rows = [
        (
            new_id(),
            event.sid,
            # A name that reads like the number of somebody we know is not that somebody.
            vault.index(event.sender if event.has_number else f"\0{event.sender}"),
            vault.index(f"{event.sender}\0{event.body}"),
            vault.seal_text(SENDER, event.sender),
            event.receiver[:_LONGEST_RECEIVER],
            vault.seal_text(BODY, event.body),
            event.media,
            event.opt_out,
            to_micros(at),
        )
        for event, at in texts
    ]
    # In one order for everybody, so that two who hear the same wait, not deadlock.
    rows.sort(key=itemgetter(1))
    if session.is_postgres:
        columns = map(list, zip(*rows, strict=True))
        kept = len(await direct.rows(_KEEP_REPLIES_POSTGRES, *columns))
    else:
        kept = await direct.many(_KEEP_REPLY, rows) or 0
    if kept == len(rows):
        return []
    stored = dict(await _digests(direct, [row[1] for row in rows], postgres=session.is_postgres))
    return [
        (Quarantined(Cause.OTHER_WORDS, row[1]), from_micros(row[-1]))
        for row in rows
        if stored.get(row[1]) != row[3]
    ]


async def _digests(direct: Direct, sids: list[str], *, postgres: bool) -> list[tuple[str, str]]:
    rows = (
        await direct.rows(_DIGESTS.format("SELECT unnest($1::text[])"), sids)
        if postgres
        else await direct.rows(
            _DIGESTS.format("SELECT value FROM json_each($1)"), json.encode(sids).decode()
        )
    )
    return [(row[0], row[1]) for row in rows]


async def known_replies(session: Session, sids: list[str]) -> set[str]:
    """Return which of these carrier ids are of texts that we have."""
    direct = await session.direct()
    return {sid for sid, _ in await _digests(direct, sids, postgres=session.is_postgres)}


_KEEP_REPLY = """
INSERT INTO reply
  (id, sid, sender_index, digest, phone, receiver, body, media, opt_out, received_at, meaning,
   needs_person)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', FALSE) ON CONFLICT DO NOTHING
"""
_KEEP_REPLIES_POSTGRES = """
INSERT INTO reply
  (id, sid, sender_index, digest, phone, receiver, body, media, opt_out, received_at, meaning,
   needs_person)
SELECT *, '', FALSE FROM unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::int[],
  $9::text[], $10::bigint[]
) ON CONFLICT DO NOTHING RETURNING sid
"""
_DIGESTS = "SELECT sid, digest FROM reply WHERE sid IN ({})"
