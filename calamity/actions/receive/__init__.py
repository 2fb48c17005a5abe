"""Receiving: what an inbound text means, and what a receipt changes.

Control words come first, then the open question to that person on that number; anything else
waits for the person's contact person. Every text of a known person gets one short answer, until
the brake on loops holds.
"""

from datetime import datetime

from calamity.actions.call_out import mark_unreachable
from calamity.actions.receive.acknowledge import acknowledge
from calamity.actions.receive.reader import Reader
from calamity.actions.terms import Terms
from calamity.domain.receipts import NEGATIVE
from calamity.store import inbox, people
from calamity.store.database import Session
from calamity.store.outbox import cancel_for_recipient, refusals
from calamity.store.wakes import Wakes

__all__ = ["acknowledge", "read_inbox", "take_in_refusals"]

_BATCH = 100
_OPTED_OUT = 21610


async def read_inbox(session: Session, wakes: Wakes, terms: Terms, *, at: datetime) -> bool:
    """Read receipts and texts that wait; return whether there may be more."""
    await inbox.one_reader(session)
    moved = await inbox.take_in_receipts(session, at, limit=500)
    for each in moved or ():
        if each.status in NEGATIVE and each.ladder_id is not None:
            await mark_unreachable(session, wakes, each.ladder_id, at)
        if each.calamity_id is not None:
            session.ring(each.calamity_id)
    unread = await inbox.unread_replies(session, limit=_BATCH)
    reader = Reader(session, wakes, terms, at)
    for reply in unread:
        await reader.read(reply)
    if unread:
        await wakes.wake(session, "lane", terms.sender)
    return bool(moved) or len(unread) == _BATCH


async def take_in_refusals(
    session: Session, wakes: Wakes, message_ids: list[str], *, at: datetime
) -> None:
    """Act on texts that the carrier refused: the deputy's turn, or a STOP that it knows of."""
    for refusal in await refusals(session, message_ids):
        if refusal.error_code == _OPTED_OUT:
            await people.stop(session, refusal.recipient_id, at)
            await cancel_for_recipient(session, refusal.recipient_id, at)
        if refusal.ladder_id is not None:
            await mark_unreachable(session, wakes, refusal.ladder_id, at)
