"""Meetings and deadlines of one person as a calendar (iCalendar), to subscribe to.

Calendars lie on phones and with other firms, so there is no person in it: no name, no number, no
words of people; what it is about stands behind the link of each, after signing in.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from icalendar import Calendar, Event
from msgspec import Struct

from calamity.domain.activation import ENDED
from calamity.domain.matters import Matter
from calamity.domain.permissions import Permission
from calamity.domain.timeline import MatterKind
from calamity.store import rounds, tasks
from calamity.store.calamities import list_calamities, list_pinned
from calamity.store.calendars import CalendarReader, roles_of
from calamity.store.database import Session
from calamity.store.matters import list_matters
from calamity.store.playbooks import PlaybookVersion, versions_at_work
from calamity.store.tables import CalamityRow, TaskRow
from calamity.web.language import Language
from calamity.web.paths import path

_MEETING = timedelta(hours=1)
_MOMENT = timedelta(minutes=15)
_FRESH = timedelta(minutes=15)
_DUE: tuple[MatterKind, ...] = ("decision", "commitment", "measure", "rumour")


class Appointment(Struct, frozen=True):
    """Something with a time. *uid* stays the same when the time moves."""

    uid: str
    at: datetime
    summary: str
    path: str
    lasts: timedelta = _MOMENT
    place: str = ""


async def appointments(
    session: Session, reader: CalendarReader, say: Language
) -> AsyncIterator[Appointment]:
    """Find what is ahead for a person in every calamity that is going on and that they may see."""
    actor = reader.actor
    if actor.recipient_id and actor.may(Permission.CHECK_IN):
        for form in await rounds.open_forms(session, actor.recipient_id):
            title = _title(form.calamity_title, say, is_exercise=form.is_exercise)
            yield Appointment(
                f"check-in-{form.round_id}",
                form.closes_at,
                say.text("%(title)s: last moment to check in", title=title),
                path("check_in", round=form.round_id),
            )
    if not actor.may(Permission.SEE_CALAMITIES):
        return
    roles = await roles_of(session, actor.recipient_id)
    for calamity in await list_calamities(session, actor.municipality_id):
        if calamity.closed_at is None:
            async for each in _of_calamity(session, reader, calamity, say, roles=roles):
                yield each


async def _of_calamity(
    session: Session,
    reader: CalendarReader,
    calamity: CalamityRow,
    say: Language,
    *,
    roles: set[str],
) -> AsyncIterator[Appointment]:
    may = reader.actor.may
    title = _title(calamity.title, say, is_exercise=calamity.is_exercise)
    home = path("room" if may(Permission.SEE_ROOM) else "timeline", calamity=calamity.id)
    for pinned in await list_pinned(session, calamity.id):
        if pinned.inputs.meeting_at and pinned.ended_at is None and may(Permission.SEE_ROOM):
            yield Appointment(
                f"meeting-{pinned.id}",
                pinned.inputs.meeting_at,
                say.text("%(title)s: meeting", title=title),
                home,
                _MEETING,
                pinned.inputs.place,
            )
    if calamity.next_update_at:
        said = say.text("%(title)s: next update for officials", title=title)
        yield Appointment(f"update-{calamity.id}", calamity.next_update_at, said, home)
    if calamity.review_at and may(Permission.STEER):
        said = say.text("%(title)s: decide whether all this is still needed", title=title)
        yield Appointment(f"review-{calamity.id}", calamity.review_at, said, home)
    versions = await versions_at_work(session, calamity.id)
    for row in await tasks.list_tasks(session, calamity.id):
        if row.state not in ENDED and not row.waits_for and _is_theirs(reader, row, roles):
            yield _deadline(row, title, versions, say)
    if may(Permission.SEE_TIMELINE):
        theirs = None if may(Permission.STEER) else _owners(roles, versions)
        for each in await list_matters(session, calamity.id, reader.actor.sees, kinds=_DUE):
            if each.due_at is not None and (theirs is None or each.now.owner in theirs):
                yield _due(each, each.due_at, calamity, title, say)


def _owners(roles: set[str], versions: Mapping[str, PlaybookVersion]) -> set[str]:
    """Return how an owner may be written down who is in one of these roles."""
    titles = [
        role.title
        for version in versions.values()
        for role in version.playbook.roles
        if role.code in roles
    ]
    return roles | {each.nl for each in titles} | {each.en for each in titles}


def _due(
    matter: Matter, due: datetime, calamity: CalamityRow, title: str, say: Language
) -> Appointment:
    """Say that something is due and of which kind, not what: people may have been meant by it."""
    said = {
        "decision": say.text("%(title)s: a decision is to be carried out", title=title),
        "commitment": say.text("%(title)s: a promise is to be kept", title=title),
        "measure": say.text("%(title)s: a measure ends", title=title),
        "rumour": say.text("%(title)s: a rumour is to be answered", title=title),
    }[matter.kind]
    return Appointment(
        f"matter-{calamity.id}-{matter.first}",
        due,
        said,
        path("matter", calamity=calamity.id, kind=matter.kind, first=matter.first),
    )


def _is_theirs(reader: CalendarReader, row: TaskRow, roles: set[str]) -> bool:
    if row.is_automatic:
        return False  # nobody needs to be there
    if reader.actor.may(Permission.STEER):
        return True
    return row.role in roles and reader.actor.may(Permission.SEE_ROOM)


def _deadline(
    row: TaskRow, title: str, versions: Mapping[str, PlaybookVersion], say: Language
) -> Appointment:
    step = versions[row.activation_id].playbook.step(row.step)
    task = step.title.in_language(say.code)
    return Appointment(
        f"task-{row.id}",
        row.due_at,
        say.text("%(title)s: before this time: %(task)s", title=title, task=task),
        path("task", calamity=row.calamity_id, task=row.id),
    )


def _title(title: str, say: Language, *, is_exercise: bool) -> str:
    return f"{say.text('EXERCISE')} {title}" if is_exercise else title


async def as_ics(
    session: Session, reader: CalendarReader, say: Language, *, public_url: str, at: datetime
) -> bytes:
    """Return the calendar of a person; clients that heed it ask again every quarter of an hour."""
    calendar = Calendar()
    calendar.add("prodid", "-//Calamity//Calamity//NL")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Calamity")
    calendar.add("refresh-interval", _FRESH, parameters={"VALUE": "DURATION"})
    async for each in appointments(session, reader, say):
        event = Event()
        event.add("uid", f"{each.uid}@calamity")
        event.add("dtstamp", at)
        event.add("dtstart", each.at)
        event.add("dtend", each.at + each.lasts)
        event.add("summary", each.summary)
        event.add("url", public_url.rstrip("/") + each.path)
        # Nobody is kept from another meeting by a deadline.
        event.add("transp", "OPAQUE" if each.lasts == _MEETING else "TRANSPARENT")
        if each.place:
            event.add("location", each.place)
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made
