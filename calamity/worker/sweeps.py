"""Sweeps over the account at the carrier: texts that we were not told of, and texts not of ours.

One node at a time sweeps, more often while a calamity is open.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import Cause, Quarantined
from calamity.gateways.carrier import Received, Sent
from calamity.store import inbox, outbox
from calamity.store.calamities import any_is_open
from calamity.store.database import Session
from calamity.store.quarantine import set_apart
from calamity.store.sweeps import begin_sweep, end_sweep, put_off_sweep
from calamity.web.house import now
from calamity.worker.doubts import once

if TYPE_CHECKING:
    from calamity.worker import Worker

INBOUND_OFTEN = timedelta(seconds=30)
FOREIGN_OFTEN = timedelta(seconds=60)
SELDOM = timedelta(minutes=15)
_SETTLES = timedelta(seconds=30)
"""A text of our own may be at the carrier before we have written down its id."""
_FOREIGN = "foreign"
_DAY = timedelta(days=1)

log = structlog.get_logger(__name__)


async def recover_inbound(worker: "Worker", receivers: list[str]) -> None:
    """Take in texts to our numbers whose webhook never reached us."""
    for receiver in receivers:
        since = await _begin(worker, f"inbound {receiver}", INBOUND_OFTEN)
        if since is None:
            continue
        begun = now()
        try:
            found = await worker.carrier_of(receiver).received_since(receiver, since)
        except Unavailable as error:
            log.warning("sweep.not_answered", sweep="inbound", reason=error.message)
            await _put_off(worker, f"inbound {receiver}", INBOUND_OFTEN)
            continue
        await _take_in(worker, found)
        await _end(worker, f"inbound {receiver}", begun)


async def _take_in(worker: "Worker", found: list[Received]) -> None:
    async with worker.database.reading() as session:
        known = await inbox.known_replies(session, [each.text.sid for each in found])
    missed = [each for each in found if each.text.sid not in known]
    for each in sorted(missed, key=lambda each: each.at):
        # The moment at which the carrier had it, which decides what it answers.
        await worker.inbox.keep(each.text, min(each.at, now()))
    if missed:
        log.warning("sweep.recovered", texts=len(missed))


async def notice_foreign(worker: "Worker") -> None:
    """Notice texts that left our accounts and are not in our outbox: someone else has our keys."""
    for route, carrier in worker.carriers.items():
        name = f"{_FOREIGN} {route}"
        since = await _begin(worker, name, FOREIGN_OFTEN)
        if since is None:
            continue
        begun = now()
        try:
            found = await carrier.sent_since(since)
        except Unavailable as error:
            log.warning("sweep.not_answered", sweep=name, reason=error.message)
            await _put_off(worker, name, FOREIGN_OFTEN)
            continue
        async with worker.database.transaction() as session:
            await _set_apart(session, found, begun)
        await _end(worker, name, begun - _SETTLES)


async def _set_apart(session: Session, found: list[Sent], at: datetime) -> None:
    old = [each for each in found if at - each.at >= _SETTLES]
    known = await outbox.known_sids(session, [each.sid for each in old])
    foreign = [each for each in old if each.sid not in known]
    if not foreign:
        return
    if await outbox.any_in_doubt(session):
        # It may be the one that we are in doubt of: the doubt is settled first.
        return
    known = await inbox.receipted(session, [each.sid for each in foreign])
    twice = await outbox.texts_of_repeats(session, at - _DAY)
    items = [
        (Quarantined(Cause.FOREIGN_MESSAGE, each.sid, each.status), each.at)
        for each in foreign
        if each.sid not in known and not _is_copy(each, twice)
    ]
    if items:
        await set_apart(await session.direct(), items)


def _is_copy(text: Sent, twice: set[tuple[str, str]]) -> bool:
    """Tell whether a text is one of the copies of a message of ours that left more than once."""
    return any((text.to, words) in twice for words in (text.body, once(text.body)))


async def _begin(worker: "Worker", name: str, often: timedelta) -> datetime | None:
    """Return from when on to sweep, or None while it is not this node's turn."""
    at = now()
    if worker.rests_until.get(name, at) > at:
        return None
    worker.rests_until[name] = at + often
    async with worker.database.transaction() as session:
        apart = often if await any_is_open(session) else SELDOM
        return await begin_sweep(session, name, at, apart=apart)


async def _put_off(worker: "Worker", name: str, often: timedelta) -> None:
    """Let the next sweep come as soon as while a calamity is open."""
    async with worker.database.transaction() as session:
        await put_off_sweep(session, name, now() - SELDOM + often)


async def _end(worker: "Worker", name: str, until: datetime) -> None:
    async with worker.database.transaction() as session:
        await end_sweep(session, name, until)
