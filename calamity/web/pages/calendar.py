"""The calendar of a person: make a link for it, withdraw it, and what the link gives."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.calendars import make_calendar_link, withdraw_calendar_link
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor
from calamity.store.calendars import link_made_at, reader_of
from calamity.web.calendar import as_ics
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
from calamity.web.views.start import CalendarPage


@get(PATHS["calendar"], name="calendar")
async def calendar_page(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Say what the calendar is, and whether there is a link."""
    return await _page(request, actor)


async def _page(request: PageRequest, actor: Actor, url: str = "") -> Response[Any]:
    async with house_of(request).database.reading() as session:
        made_at = await link_made_at(session, actor.user_id)
    return page(request, "calendar", await frame_of(request), CalendarPage(made_at, url))


def calendar_url(public_url: str, token: str) -> str:
    """Return the address to subscribe to."""
    return public_url.rstrip("/") + path("calendar_feed", token=token)


@post(PATHS["calendar"], status_code=200, name="calendar.make")
async def make(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Make the link and show it, this once."""
    house = house_of(request)
    async with house.database.transaction() as session:
        token = await make_calendar_link(session, actor, language_of(request).code, at=now())
    return await _page(request, actor, calendar_url(house.settings.public_url, token))


@post(PATHS["calendar_withdraw"], name="calendar.withdraw")
async def withdraw(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """End the link."""
    async with house_of(request).database.transaction() as session:
        await withdraw_calendar_link(session, actor)
    said = language_of(request).text("The link opens nothing any more.")
    return see_other(request, path("calendar"), said)


@get(PATHS["calendar_feed"], name="calendar.feed")
async def feed(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
    """Answer with the calendar to whoever has the link: the token in it is the secret."""
    house = house_of(request)
    async with house.database.reading() as session:
        reader = await reader_of(session, token)
        if reader is None:
            raise NotFound("This link opens no calendar. Make a new one.", field="link")
        say = Language(reader.language, house.settings.zone)
        made = await as_ics(session, reader, say, public_url=house.settings.public_url, at=now())
    return Response(made, media_type="text/calendar")


CALENDAR = [calendar_page, make, withdraw, feed]
