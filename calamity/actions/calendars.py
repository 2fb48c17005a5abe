"""The calendar link: each person makes and withdraws their own."""

from datetime import datetime

from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor
from calamity.store.calendars import drop_link, make_link
from calamity.store.database import Session


async def make_calendar_link(session: Session, actor: Actor, language: str, *, at: datetime) -> str:
    """Make the link of this account and return its secret, once; an earlier link ends."""
    return await make_link(session, actor.municipality_id, _person(actor), language, at)


async def withdraw_calendar_link(session: Session, actor: Actor) -> None:
    """End the link of this account; ending it twice is no error."""
    await drop_link(session, _person(actor))


def _person(actor: Actor) -> str:
    if actor.user_id is None:
        raise Refused("A calendar belongs to a person. Use a token in the name of an account.")
    return actor.user_id
