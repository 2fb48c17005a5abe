"""What people decide about messages that rest in doubt."""

from datetime import datetime

from calamity.domain.permissions import Actor, Permission
from calamity.store import outbox
from calamity.store.calamities import open_calamity
from calamity.store.database import Session
from calamity.store.wakes import Wakes


async def decide_held(
    session: Session,
    wakes: Wakes,
    actor: Actor,
    calamity_id: str,
    message_id: str,
    *,
    again: bool,
    at: datetime,
) -> None:
    """Send a held message again, marked as repeated, or let it be.

    Raises NotFound for a message that is not held, and Conflict in a closed calamity.
    """
    actor.must(Permission.STEER)
    await open_calamity(session, actor.municipality_id, calamity_id)
    sender = await outbox.decide_held(session, calamity_id, message_id, at, again=again)
    if again:
        await wakes.wake(session, "lane", sender)
