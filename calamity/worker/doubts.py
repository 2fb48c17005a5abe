"""Doubts: texts of which we do not know whether the carrier took them.

A receipt with our id settles most. The others are looked up; what the carrier does not have, twice,
is sent again, marked as repeated, or held for a person, as its class says.
"""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from calamity.domain.dispatch import InDoubtPolicy, MessageState, in_doubt_policy
from calamity.domain.errors import Unavailable
from calamity.domain.receipts import StatusReceipt
from calamity.gateways.carrier import Found, OutboundText
from calamity.store import inbox, outbox
from calamity.store.outbox import Doubtful, Result
from calamity.web.house import now

if TYPE_CHECKING:
    from calamity.worker import Worker

_FIRST_LOOK = timedelta(seconds=5)
_LOOKS_APART = timedelta(seconds=61)
_ALARM_APART = timedelta(seconds=35)
_ALARM_WAITS = timedelta(seconds=45)
_MOST_ALARMS = 4
_LOOKS_AT_ONCE = 8
_MARK = " (herhaald)"

log = structlog.get_logger(__name__)


def repeated(body: str) -> str:
    """Return the text of an alarm that may have left before."""
    return f"{body}{_MARK}"


def once(body: str) -> str:
    """Return a text as it was before it was repeated."""
    return body.removesuffix(_MARK)


async def settle_doubts(worker: "Worker") -> None:
    """Ask the carrier about each text in doubt whose time has come."""
    async with worker.database.reading() as session:
        waiting = await outbox.doubtful(session, now(), patience=_FIRST_LOOK)
    gate = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def look(message: Doubtful) -> None:
        async with gate:
            await _look(worker, message)

    looks = (look(message) for message in waiting if _is_time(message))
    # One that fails is looked up again by the next sweep, and holds up none of the others.
    for failed in await asyncio.gather(*looks, return_exceptions=True):
        if isinstance(failed, Exception):
            log.error("message.not_looked_up", error=type(failed).__name__)


def _is_time(message: Doubtful) -> bool:
    if not message.looks or message.looked_at is None:
        return True
    apart = _ALARM_APART if _policy(message) is InDoubtPolicy.REPEAT else _LOOKS_APART
    return now() - message.looked_at >= apart


def _policy(message: Doubtful) -> InDoubtPolicy:
    policy = in_doubt_policy(message.purpose, is_alarm=message.is_alarm)
    # An alarm that is taken time and again, and never seen, is for a person to judge.
    is_worn = policy is InDoubtPolicy.REPEAT and message.attempts >= _MOST_ALARMS
    return InDoubtPolicy.HOLD if is_worn else policy


async def _look(worker: "Worker", message: Doubtful) -> None:
    try:
        found = await _ask(worker, message)
    except Unavailable:
        # An alarm does not wait for a carrier that cannot be asked: it may leave twice.
        if _policy(message) is not InDoubtPolicy.REPEAT or (
            now() - message.claimed_at < _ALARM_WAITS
        ):
            return
        found = None
    at = now()
    async with worker.database.transaction() as session:
        known = await outbox.known_sids(session, [each.sid for each in found or ()])
        fresh = [each for each in found or () if each.sid not in known]
        if fresh:
            result = Result(message.id, MessageState.ACCEPTED, fresh[0].sid)
            await outbox.settle(session, [result], at)
            # What the carrier says of it now may be all that it will ever say.
            there = fresh[0]
            said = StatusReceipt(there.sid, message.id, there.status, there.error_code)
            if there.status:
                await inbox.keep_receipts(session, [(said, at)])
            await worker.wakes.wake(session, "inbox", "")
        elif found is not None and not message.looks:
            await outbox.looked(session, message, at)
        elif _policy(message) is InDoubtPolicy.HOLD:
            # Looked twice, a minute apart: whether it leaves again is for a person to say.
            await outbox.hold(session, message, at)
        else:
            await outbox.send_again(session, message, at)
            await worker.wakes.wake(session, "lane", message.sender)
    log.info("message.looked_up", message_id=message.id, found=bool(fresh))


async def _ask(worker: "Worker", message: Doubtful) -> list[Found]:
    bodies = [message.body, *([repeated(message.body)] if message.is_repeat else [])]
    found: list[Found] = []
    for body in bodies:
        text = OutboundText(message.id, message.sender, message.to, body, 0)
        found += await worker.sender_for(message.sender).find(text, message.claimed_at)
    return found
