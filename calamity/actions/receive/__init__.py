"""Receiving: what an inbound text means, and what a receipt changes.

Control words come first, then the open question to that person on that number; anything else
waits for the person's contact person. Every text of a known person gets one short answer, until
the brake on loops holds.
"""

from datetime import datetime

from calamity.actions.receive.acknowledge import acknowledge
from calamity.actions.receive.calls import Said, answer_call
from calamity.actions.receive.reader import Reader
from calamity.actions.terms import Terms
from calamity.domain.channels import Channel
from calamity.domain.receipts import CALL_OVER, NEGATIVE, POSITIVE, WRONG_NUMBER
from calamity.store import call_outs, inbox, numbers, stops
from calamity.store.database import Session
from calamity.store.inbox import Moved
from calamity.store.outbox import cancel_for_recipient, refusals
from calamity.store.wakes import Wakes

__all__ = ["Said", "acknowledge", "answer_call", "read_inbox", "take_in_refusals"]

_BATCH = 100
_OPTED_OUT = 21610


async def read_inbox(session: Session, wakes: Wakes, terms: Terms, *, at: datetime) -> bool:
    """Read receipts and texts that wait; return whether there may be more."""
    await inbox.one_reader(session)
    moved = await inbox.take_in_receipts(session, at, limit=500)
    for each in moved or ():
        has_failed = each.status in NEGATIVE
        is_over = has_failed or (each.channel is Channel.VOICE and each.status in CALL_OVER)
        if is_over and each.ladder_id is not None:
            await _go_on(session, wakes, each.ladder_id, each.channel, failed=has_failed, at=at)
        if each.calamity_id is not None:
            session.ring(each.calamity_id)
    await _learn_of_numbers(session, moved or [])
    unread = await inbox.unread_replies(session, limit=_BATCH)
    reader = Reader(session, wakes, terms, at)
    for reply in unread:
        await reader.read(reply)
    for number in sorted(reader.answered_on):
        await wakes.wake(session, "lane", number)
    return bool(moved) or len(unread) == _BATCH


async def _learn_of_numbers(session: Session, moved: list[Moved]) -> None:
    """Mark numbers that do not work, and lift the mark where a text arrived."""
    texts = [each for each in moved if each.channel is Channel.SMS]
    for each in texts:
        if each.status in NEGATIVE and each.error_code in WRONG_NUMBER:
            await numbers.mark_wrong(session, each.recipient_id, each.error_code, each.left_at)
    arrived = [each.message_id for each in texts if each.status in POSITIVE]
    if arrived:
        await numbers.clear_wrong(session, arrived)


async def take_in_refusals(
    session: Session, wakes: Wakes, message_ids: list[str], *, at: datetime
) -> None:
    """Act on texts that the carrier refused: another way's or the deputy's turn, or a STOP."""
    for refusal in await refusals(session, message_ids):
        if refusal.error_code == _OPTED_OUT and refusal.channel is Channel.SMS:
            await stops.stop(session, refusal.recipient_id, at)
            await cancel_for_recipient(session, refusal.recipient_id, at)
        if refusal.error_code in WRONG_NUMBER and refusal.channel is Channel.SMS:
            await numbers.mark_wrong(session, refusal.recipient_id, refusal.error_code, at)
        if refusal.ladder_id is not None:
            await _go_on(session, wakes, refusal.ladder_id, refusal.channel, failed=True, at=at)


async def _go_on(
    session: Session,
    wakes: Wakes,
    ladder_id: str,
    channel: Channel,
    *,
    failed: bool,
    at: datetime,
) -> None:
    """Go on at once where one way has come to nothing: another way, or else the deputy."""
    activation_id = await call_outs.give_up_way(session, ladder_id, channel, at, failed=failed)
    if activation_id is not None:
        await wakes.wake(session, "activation", activation_id)
