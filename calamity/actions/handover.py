"""Shift handover: a role passes on with a written summary, and the next one takes it by name."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.privacy import must_hold_nobody
from calamity.domain.timeline import HandedOver, TakenOver
from calamity.store import calamities
from calamity.store.database import Session
from calamity.store.handovers import list_handovers
from calamity.store.playbooks import roles_at_work
from calamity.store.timeline import append


class NewHandover(Struct, frozen=True, forbid_unknown_fields=True):
    """The role that passes on, and what the next one must know."""

    role: Annotated[str, Meta(min_length=1, max_length=40)]
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


async def hand_over(
    session: Session, actor: Actor, calamity_id: str, new: NewHandover, *, at: datetime
) -> int:
    """Hand a role over to the next shift and return the entry's number.

    Raises Refused for a role of no playbook at work, and for words that hold personal data.
    """
    actor.must(Permission.WORK_TASKS)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    if new.role not in await roles_at_work(session, calamity_id):
        raise Refused("Choose one of the roles.", field="role")
    if not new.text.strip():
        raise Refused("Write what the next one must know.", field="text")
    must_hold_nobody(new.text, field="text")
    return await append(
        session,
        calamity_id,
        HandedOver(role=new.role, text=new.text.strip(), by=_account(actor)),
        by_role=actor.role,
        at=at,
    )


async def take_over(
    session: Session, actor: Actor, calamity_id: str, seq: int, *, at: datetime
) -> int:
    """Take a role that was handed over, under one's own name; return the entry's number.

    Raises Conflict when somebody took it before or it was handed over anew, Refused for who handed
    it over.
    """
    actor.must(Permission.WORK_TASKS)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    handovers = await list_handovers(session, calamity_id, actor.sees)
    given = next((each for each in handovers if each.seq == seq), None)
    if given is None:
        raise NotFound("This entry does not exist, or is not for your role.", field="seq")
    if not given.waits:
        raise Conflict("Somebody took this over before, or it was handed over anew.", field="seq")
    account = _account(actor)
    if given.given_by == account:
        raise Refused("You handed this over yourself. Somebody else takes it.", field="seq")
    return await append(
        session,
        calamity_id,
        TakenOver(role=given.role, refers_to=seq, by=account),
        by_role=actor.role,
        at=at,
        refers_to=seq,
    )


def _account(actor: Actor) -> str:
    if actor.user_id is None:
        raise Forbidden("A shift passes between people. Sign in with an account of your own.")
    return actor.user_id
