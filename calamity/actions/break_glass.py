"""Breaking the glass: the rights of a coordinator for an hour, when none of them is there.

It needs a reason, it sounds an alarm, it ends by itself, and somebody else looks into it after.
"""

from datetime import datetime, timedelta

from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, Permission, UserRole, allows
from calamity.domain.second_step import Rule, is_asked_of
from calamity.domain.timeline import Statement
from calamity.store import audit, glass, timeline
from calamity.store.accounts import get_user
from calamity.store.calamities import open_calamities
from calamity.store.database import Session
from calamity.store.factors import list_factors

LASTS = timedelta(minutes=60)
_SHORTEST, _LONGEST = 10, 400


async def break_glass(
    session: Session, actor: Actor, *, reason: str, words: str, rule: Rule, at: datetime
) -> datetime:
    """Give the actor the rights of a coordinator, and return until when.

    *words* is the line that every open calamity of the municipality gets. Raises Refused without a
    reason, Forbidden for a role or an account that may not do this, Conflict when it is done.
    """
    if actor.user_id is None:
        raise Forbidden("Only a person with an account has this.")
    row = await get_user(session, actor.municipality_id, actor.user_id)
    own_role = UserRole(row.role)
    if actor.is_break_glass:
        raise Conflict("You have these rights already.")
    if not allows(own_role, Permission.BREAK_GLASS):
        actor.must(Permission.BREAK_GLASS)
    has_password = row.password_hash is not None
    needs_step = has_password and is_asked_of(UserRole.COORDINATOR, rule)
    if needs_step and not await list_factors(session, row.id):
        raise Conflict("These rights need a second step. Add one to your account first.")
    said = " ".join(reason.split())
    if len(said) < _SHORTEST:
        raise Refused("Say in a sentence why this cannot wait.", field="reason")
    if len(said) > _LONGEST:
        raise Refused("Use at most 400 characters.", field="reason")
    until = at + LASTS
    await glass.add_glass(session, actor.municipality_id, row.id, reason=said, at=at, until=until)
    line = AuditLine(Deed.BROKE_GLASS, Ground.BREAK_GLASS, (row.id,), reason=said)
    await audit.note(session, actor, line, at)
    note = Statement(kind="note", text=f"{words} {said}")
    for calamity_id in await open_calamities(session, actor.municipality_id):
        await timeline.append(session, calamity_id, note, by_role=own_role, at=at)
    return until


async def end_glass(session: Session, actor: Actor, *, at: datetime) -> None:
    """Give the rights back before the hour is over; doing so twice is no error."""
    if actor.user_id is None:
        raise Forbidden("Only a person with an account has this.")
    if await glass.end_glass(session, actor.user_id, at):
        line = AuditLine(Deed.ENDED_GLASS, Ground.BREAK_GLASS, (actor.user_id,))
        await audit.note(session, actor, line, at)


async def judge_glass(
    session: Session, actor: Actor, glass_id: str, *, ends: bool = False, at: datetime
) -> None:
    """Say that it was looked into: the alarm is over. Never by who did it.

    With *ends* the rights are taken back on the spot.
    """
    actor.must(Permission.JUDGE_BREAK_GLASS)
    if actor.user_id is None:
        raise Forbidden("Only a person with an account has this.")
    known = await glass.list_glasses(session, actor.municipality_id)
    found = next((each for each in known if each.id == glass_id), None)
    if found is None:
        raise NotFound("This does not exist.")
    if found.user_id == actor.user_id:
        raise Conflict("Somebody else looks into what you did yourself.")
    if ends and await glass.end_glass(session, found.user_id, at):
        line = AuditLine(Deed.ENDED_GLASS, Ground.SUPERVISION, (found.user_id,))
        await audit.note(session, actor, line, at)
    if await glass.judge_glass(session, actor.municipality_id, glass_id, actor.user_id, at):
        line = AuditLine(Deed.JUDGED_GLASS, Ground.SUPERVISION, (found.user_id,))
        await audit.note(session, actor, line, at)
