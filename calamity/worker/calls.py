"""Calls that need not ring any more: who answered in another way meanwhile is left in peace."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from calamity.domain.channels import Channel
from calamity.gateways.carrier import Caller
from calamity.store import calls
from calamity.web.house import now

if TYPE_CHECKING:
    from calamity.worker import Worker

log = structlog.get_logger(__name__)


async def call_off_calls(worker: "Worker") -> None:
    """Let phones stop ringing for a call-out that needs no answer from their owners any more.

    A call that was picked up goes on: its next words say that the answer is known.
    """
    caller = worker.others.get(Channel.VOICE)
    if not isinstance(caller, Caller):
        return
    async with worker.database.reading() as session:
        ringing = await calls.needless_calls(session, now())
    # The carrier is asked once: what became of the call is in its receipt.
    worker.called_off &= set(ringing)
    waiting = [sid for sid in ringing if sid not in worker.called_off]
    done = await asyncio.gather(*(caller.call_off(sid) for sid in waiting))
    ended = {sid for sid, is_done in zip(waiting, done, strict=True) if is_done}
    worker.called_off |= ended
    if ended:
        log.info("call.called_off", calls=len(ended))
