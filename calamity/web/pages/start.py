"""The start page: what is going on, what is ready, what is not."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from calamity.domain.activation import ENDED
from calamity.domain.call_out import Rung
from calamity.domain.permissions import Actor, Permission
from calamity.store.calamities import is_on_watch, list_calamities
from calamity.store.call_outs import rosters
from calamity.store.database import Session
from calamity.store.network import list_circles
from calamity.store.people import list_responders
from calamity.store.playbooks import PlaybookVersion, list_versions, versions_at_work
from calamity.store.rounds import open_forms
from calamity.store.tables import CalamityRow
from calamity.store.tasks import list_tasks
from calamity.web.language import Language
from calamity.web.pages.frame import (
    frame_of,
    house_of,
    language_of,
    now,
    page,
)
from calamity.web.pages.guide import first_exercise
from calamity.web.pages.names import names_of
from calamity.web.pages.playbooks import by_scenario, card_of, newest_approved
from calamity.web.paths import PATHS, path
from calamity.web.views import start as views

_YEAR = timedelta(days=365)
_MOST_NAMED = 6


@get(PATHS["start"], name="start")
async def start(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show what is going on, as far as this role may see it."""
    language, at = language_of(request), now()
    async with house_of(request).database.reading() as session:
        ready = await _ready(session, actor)
        view = views.Start(
            calamities=await _calamities(session, actor, language, at),
            playbooks=await _playbooks(session, actor, ready, language, at),
            hints=await _hints(session, actor, language, at),
            asks=await _asks(session, actor),
            first_exercise=await first_exercise(request, session, actor, ready, language),
        )
    return page(request, "start", await frame_of(request, here="start"), view)


async def _calamities(
    session: Session, actor: Actor, language: Language, at: datetime
) -> tuple[views.CalamityCard, ...]:
    if not actor.may(Permission.SEE_CALAMITIES):
        return ()
    rows = await list_calamities(session, actor.municipality_id)
    return tuple([await _card(session, actor, row, language, at) for row in rows])


async def _card(
    session: Session, actor: Actor, row: CalamityRow, language: Language, at: datetime
) -> views.CalamityCard:
    late = waiting = 0
    if row.closed_at is None and actor.may(Permission.SEE_ROOM):
        tasks = await list_tasks(session, row.id)
        # Of what waits for something else than its time, the time is a guess.
        late = sum(
            task.state not in ENDED and not task.waits_for and task.due_at < at for task in tasks
        )
        waiting = sum(
            line.state in (Rung.CALLED, Rung.REMINDED)
            for roster in await rosters(session, row.id)
            for line in roster.lines
        )
    return views.CalamityCard(
        id=row.id,
        title=row.title,
        phase=await phase_title(session, row, language) if row.closed_at is None else "",
        social_level=row.social_level,
        since=row.opened_at,
        exercise=row.is_exercise,
        late_tasks=late,
        waiting=waiting,
        closed_at=row.closed_at,
        watch_since=row.watch_since if is_on_watch(row) else None,
    )


async def phase_title(session: Session, row: CalamityRow, language: Language) -> str:
    """Return the phase of a calamity as the playbooks at work in it call it."""
    for version in (await versions_at_work(session, row.id)).values():
        for phase in version.playbook.phases:
            if phase.code == row.phase:
                return phase.title.in_language(language.code)
    return row.phase


async def _ready(session: Session, actor: Actor) -> list[PlaybookVersion]:
    if not actor.may(Permission.SEE_PLAYBOOKS):
        return []
    return by_scenario(newest_approved(await list_versions(session, actor.municipality_id)))


async def _playbooks(
    session: Session,
    actor: Actor,
    ready: list[PlaybookVersion],
    language: Language,
    at: datetime,
) -> tuple[views.PlaybookCard, ...]:
    names = await names_of(session, actor.municipality_id) if ready else {}
    return tuple(card_of(each, names, language, at) for each in ready)


async def _asks(session: Session, actor: Actor) -> tuple[views.OpenAsk, ...]:
    if not actor.may(Permission.CHECK_IN) or actor.recipient_id is None:
        return ()
    return tuple(
        views.OpenAsk(
            round=form.round_id,
            calamity=form.calamity_id,
            title=form.calamity_title,
            closes_at=form.closes_at,
            exercise=form.is_exercise,
        )
        for form in await open_forms(session, actor.recipient_id)
    )


async def _hints(
    session: Session, actor: Actor, language: Language, at: datetime
) -> tuple[views.ReadinessHint, ...]:
    """Return what is not ready, as far as we can tell from what we keep."""
    if not actor.may(Permission.SEE_PEOPLE):
        return ()
    hints = [
        *await _hints_about_roles(session, actor, language, at),
        *await _hints_about_places(session, actor, at),
    ]
    rows = await list_calamities(session, actor.municipality_id, limit=200)
    if not any(row.is_exercise and at - row.opened_at < _YEAR for row in rows):
        hints.append(views.ReadinessHint(code="no-exercise", count=1))
    return tuple(hints)


async def _hints_about_roles(
    session: Session, actor: Actor, language: Language, at: datetime
) -> list[views.ReadinessHint]:
    versions = newest_approved(await list_versions(session, actor.municipality_id))
    filled = {
        person.role
        for person in await list_responders(session, actor.municipality_id)
        if not person.is_stopped
    }
    empty = {
        role.code: role.title.in_language(language.code)
        for version in versions
        for role in version.playbook.roles
        if role.minimum > 0 and role.code not in filled
    }
    hints = []
    if empty:
        hints.append(
            views.ReadinessHint("role-without-people", len(empty), _listed(list(empty.values())))
        )
    cards = [card_of(version, {}, language, at) for version in versions]
    if past := [card.title for card in cards if card.expired]:
        hints.append(views.ReadinessHint("playbook-expired", len(past), _listed(past)))
    return hints


async def _hints_about_places(
    session: Session, actor: Actor, at: datetime
) -> list[views.ReadinessHint]:
    circles = await list_circles(session, actor.municipality_id, at.date())
    hints = []
    if expired := sum(circle.expired for circle in circles):
        hints.append(views.ReadinessHint("agreement-expired", expired))
    if empty := [circle.name for circle in circles if circle.key_figures == 0]:
        hints.append(
            views.ReadinessHint("neighbourhood-without-key-figure", len(empty), _listed(empty))
        )
    return hints


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown + (" ..." if len(names) > _MOST_NAMED else "")


def calamity_path(actor: Actor, calamity_id: str) -> str:
    """Return the page on which this role follows a calamity."""
    if actor.may(Permission.SEE_ROOM):
        return path("room", calamity=calamity_id)
    if actor.may(Permission.SEE_OFFICIALS_PAGE):
        return path("officials", calamity=calamity_id)
    return path("timeline", calamity=calamity_id)


START = [start]
