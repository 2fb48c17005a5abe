"""Texts from numbers that nobody knows, where several municipalities may share our number."""

from datetime import datetime, timedelta

from calamity.domain.permissions import Actor, Permission
from calamity.store import letters
from calamity.store.database import Session

KEPT = timedelta(days=14)
"""Then the words and the number of somebody whom nobody knows are erased."""


async def take_unknown(session: Session, actor: Actor, reply_id: str, *, at: datetime) -> None:
    """Say that a text is for one's own municipality, and handled: others see it no longer.

    Raises NotFound for a text of somebody known, or that another municipality took.
    """
    actor.must(Permission.SEE_UNKNOWN_NUMBERS)
    await letters.take_unknown(session, actor.municipality_id, reply_id, at)


async def erase_unknown(session: Session, at: datetime) -> int:
    """Erase what unknown numbers wrote so long ago that nobody needs it; return how many texts."""
    return await letters.erase_unknown(session, at - KEPT)
