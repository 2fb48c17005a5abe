"""What people decide about messages that rest in doubt."""

from datetime import datetime

from calamity.domain.channels import Channel
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import HeldDecided
from calamity.store import outbox
from calamity.store.calamities import open_calamity
from calamity.store.database import Session
from calamity.store.timeline import append
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
    """Send a held message again, marked as repeated, or let it be; the timeline says who decided.

    Raises NotFound for a message that is not held, and Conflict in a closed calamity.
    """
    actor.must(Permission.STEER)
    await open_calamity(session, actor.municipality_id, calamity_id)
    message = await outbox.decide_held(session, calamity_id, message_id, at, again=again)
    await append(
        session,
        calamity_id,
        HeldDecided(
            message_id=message.id,
            purpose=message.purpose,
            again=again,
            channel=Channel(message.channel),
        ),
        by_role=actor.role,
        at=at,
    )
    if again:
        await wakes.wake(session, "lane", message.sender)
