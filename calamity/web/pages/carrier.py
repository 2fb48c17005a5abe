"""The routes for texts, and what the carrier told us and does not fit, for the administrator."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.routes import routed
from calamity.actions.terms import Route
from calamity.domain.permissions import Actor, Permission
from calamity.store import routes
from calamity.store.quarantine import QuarantineLine, handle, list_quarantine
from calamity.store.routes import Standing
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.paths import PATHS, path
from calamity.web.route_words import code_words, route_name, why_open
from calamity.web.views import carrier as views


@get(PATHS["quarantine"], name="carrier.quarantine", guards=[needs(Permission.SEE_QUARANTINE)])
async def quarantine(request: PageRequest) -> Response[Any]:
    """Show how the routes stand, and what stands apart, with its cause and what to do."""
    house = house_of(request)
    async with house.database.reading() as session:
        found = await list_quarantine(session)
        standings = await routes.standings(session)
        first = (await routed(session, house.terms)).routes[0]
    language = language_of(request)
    view = views.Quarantine(
        lines=tuple(_line(each, language) for each in found),
        routes=tuple(
            _route(each, standings.get(each.name, Standing()), language, in_use=each == first)
            for each in house.terms.routes
        ),
    )
    return page(request, "quarantine", await frame_of(request, here="quarantine"), view)


def _route(
    route: Route, standing: Standing, language: Language, *, in_use: bool
) -> views.RouteLine:
    breaker = standing.breaker
    why = ""
    if breaker.is_open:
        code = breaker.code
        why = why_open(None, language) if code is None else code_words(code, language)
    return views.RouteLine(
        name=route_name(route.name, language),
        state=breaker.state.value,
        in_use=in_use,
        numbers=tuple(route.senders),
        since=breaker.since,
        why=why,
        moved=standing.moved,
    )


def _line(line: QuarantineLine, language: Language) -> views.QuarantineLine:
    error = None if line.error_code is None else code_words(line.error_code, language)
    return views.QuarantineLine(
        id=line.id,
        at=line.first_at,
        cause=line.cause.value,
        sid=line.sid,
        status=line.status,
        error=error,
        handled=line.handled_at is not None,
    )


@post(
    PATHS["quarantine_handled"],
    name="carrier.handled",
    guards=[needs(Permission.SEE_QUARANTINE)],
    status_code=303,
)
async def handled(
    request: PageRequest, actor: NamedDependency[Actor], line: FromPath[str]
) -> Response[Any]:
    """Remember that somebody looked."""
    actor.must(Permission.SEE_QUARANTINE)
    async with house_of(request).database.transaction() as session:
        await handle(session, line, now())
    return see_other(request, path("quarantine"), language_of(request).text("It is handled."))


CARRIER = [quarantine, handled]
