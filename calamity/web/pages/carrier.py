"""What the carrier told us and does not fit, for the administrator."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.domain.permissions import Actor, Permission
from calamity.gateways.carrier import meaning_of
from calamity.store.quarantine import QuarantineLine, handle, list_quarantine
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
from calamity.web.views import carrier as views


@get(PATHS["quarantine"], name="carrier.quarantine", guards=[needs(Permission.SEE_QUARANTINE)])
async def quarantine(request: PageRequest) -> Response[Any]:
    """Show what stands apart, with its cause and what to do."""
    async with house_of(request).database.reading() as session:
        found = await list_quarantine(session)
    language = language_of(request)
    view = views.Quarantine(lines=tuple(_line(each, language) for each in found))
    return page(request, "quarantine", await frame_of(request, here="quarantine"), view)


def _line(line: QuarantineLine, language: Language) -> views.QuarantineLine:
    error = None
    if line.error_code is not None:
        meaning = meaning_of(line.error_code)
        error = meaning.en if language.code == "en" else meaning.nl
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
