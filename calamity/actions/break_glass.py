"""Breaking the glass: the rights of a coordinator for an hour, when none of them is there.

It needs a reason, it sounds an alarm, it ends by itself, and somebody else looks into it after.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from calamity.actions.compose import message_row
from calamity.actions.routes import routed
from calamity.actions.terms import Terms
from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.dispatch import Urgency
from calamity.domain.errors import Conflict, Forbidden, Refused
from calamity.domain.permissions import Actor, Permission, UserRole, allows
from calamity.domain.playbook import Words
from calamity.domain.second_step import Rule, is_asked_of
from calamity.domain.timeline import Statement
from calamity.store import audit, glass, outbox, timeline
from calamity.store.accounts import get_user
from calamity.store.calamities import open_calamities
from calamity.store.database import Session
from calamity.store.factors import list_factors
from calamity.store.municipalities import get_municipality
from calamity.store.people import list_recipients
from calamity.store.tables import UserRow
from calamity.store.wakes import Wakes

LASTS = timedelta(minutes=60)
_SHORTEST, _LONGEST = 10, 400
_WARNED = (UserRole.COORDINATOR, UserRole.ADMINISTRATOR)
_TEXTS = {
    "nl": "{place}: een collega heeft tot {clock} noodtoegang in Calamity. Kijk het na: {link}",
    "en": "{place}: a colleague has emergency access in Calamity until {clock}. "
    "Look into it: {link}",
}


class Taken(Struct, frozen=True):
    """Rights that were taken: until when, and who hears of it by text, by name."""

    until: datetime
    texted: tuple[str, ...]
    not_texted: tuple[str, ...]


async def break_glass(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    *,
    reason: str,
    words: Words,
    rule: Rule,
    at: datetime,
) -> Taken:
    """Give the actor the rights of a coordinator, and warn who looks into it.

    *words* begin the line that every open calamity of the municipality gets. Raises Refused without
    a reason, Forbidden for a role or an account that may not do this, Conflict when it is done.
    """
    row = await _who_may(session, actor, rule, at)
    said = " ".join(reason.split())
    if len(said) < _SHORTEST:
        raise Refused("Say in a sentence why this cannot wait.", field="reason")
    if len(said) > _LONGEST:
        raise Refused("Use at most 400 characters.", field="reason")
    until = at + LASTS
    glass_id = await glass.add_glass(
        session, actor.municipality_id, row.id, reason=said, at=at, until=until
    )
    line = AuditLine(Deed.BROKE_GLASS, Ground.BREAK_GLASS, (row.id,), reason=said)
    await audit.note(session, actor, line, at)
    await _warn(session, wakes, terms, actor, glass_id, at=at)
    note = Statement(kind="note", text=f"{words.nl} {said}", text_en=f"{words.en} {said}")
    for calamity_id in await open_calamities(session, actor.municipality_id):
        await timeline.append(session, calamity_id, note, by_role=row.role, at=at)
    made = await glass.get_glass(session, actor.municipality_id, glass_id)
    return Taken(until, made.texted, made.not_texted)


async def _who_may(session: Session, actor: Actor, rule: Rule, at: datetime) -> UserRow:
    if actor.user_id is None:
        raise Forbidden("Only a person with an account has this.")
    # Held, so that who presses twice at once takes them once, and warns once.
    is_broken = await glass.hold_account(session, actor.user_id, at)
    row = await get_user(session, actor.municipality_id, actor.user_id)
    if is_broken:
        raise Conflict("You have these rights already.")
    if not allows(UserRole(row.role), Permission.BREAK_GLASS):
        actor.must(Permission.BREAK_GLASS)
    has_password = row.password_hash is not None
    needs_step = has_password and is_asked_of(UserRole.COORDINATOR, rule)
    if needs_step and not await list_factors(session, row.id):
        raise Conflict("These rights need a second step. Add one to your account first.")
    return row


async def _warn(
    session: Session, wakes: Wakes, terms: Terms, actor: Actor, glass_id: str, *, at: datetime
) -> None:
    """Queue one text for each coordinator and administrator with a number, without the reason."""
    everyone = await glass.whom_to_warn(
        session, actor.municipality_id, _WARNED, but=actor.user_id or ""
    )
    ids = {each.recipient_id for each in everyone if each.recipient_id} - {actor.recipient_id}
    people = await list_recipients(session, sorted(each for each in ids if each))
    terms = await routed(session, terms)
    place = (await get_municipality(session, actor.municipality_id)).name
    rows = {
        person.id: message_row(
            session, body=_text(place, person.language, terms, at + LASTS), at=at,
            municipality_id=actor.municipality_id, calamity_id=None, recipient_id=person.id,
            sender=terms.sender, purpose="glass", urgency=Urgency.ALARM, is_alarm=True,
            due_at=at, valid_until=at + LASTS,
        )
        for person in people.values()
        if person.stopped_at is None
    }  # fmt: skip
    if rows:
        await outbox.ensure_lane(session, terms.sender, terms.rate)
        await outbox.add_messages(session, list(rows.values()))
        await wakes.wake(session, "lane", terms.sender)
    # People who share a number, or have two accounts, get one text.
    texts = {
        each.user_id: rows[each.recipient_id]["id"] if each.recipient_id in rows else None
        for each in everyone
    }
    await glass.add_warnings(session, glass_id, texts)


def _text(place: str, language: str, terms: Terms, until: datetime) -> str:
    local = until.astimezone(terms.zone)
    words = _TEXTS.get(language, _TEXTS["nl"])
    return words.format(
        place=place, clock=f"{local:%H.%M}", link=f"{terms.public_url}/settings/break-glass"
    )


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
    found = await glass.get_glass(session, actor.municipality_id, glass_id)
    if found.user_id == actor.user_id:
        raise Conflict("Somebody else looks into what you did yourself.")
    if actor.is_break_glass:
        raise Forbidden("Who has taken rights does not look into those of others.")
    if ends and await glass.end_glass(session, found.user_id, at):
        line = AuditLine(Deed.ENDED_GLASS, Ground.SUPERVISION, (found.user_id,))
        await audit.note(session, actor, line, at)
    if await glass.judge_glass(session, actor.municipality_id, glass_id, actor.user_id, at):
        line = AuditLine(Deed.JUDGED_GLASS, Ground.SUPERVISION, (found.user_id,))
        await audit.note(session, actor, line, at)
