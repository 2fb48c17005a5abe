"""The calendar link of the account in whose name a program acts."""

from typing import Annotated, Literal

from litestar import Response, Router, delete, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from calamity.actions.calendars import make_calendar_link, withdraw_calendar_link
from calamity.domain.permissions import Actor, Permission
from calamity.web.api.calamities import created
from calamity.web.api.gate import needs_one_of
from calamity.web.house import House, now
from calamity.web.pages.calendar import calendar_url

_SEE = [needs_one_of(Permission.SEE_CALAMITIES, Permission.CHECK_IN)]


class CalendarLink(Struct, frozen=True):
    """The address to subscribe to. It is told once; whoever has it reads the calendar."""

    url: str


@post("/calendar-link", guards=_SEE, name="api.calendar.make")
async def make(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    language: Annotated[Literal["nl", "en"], QueryParameter()] = "nl",
) -> Response[CalendarLink]:
    """Make the link to one's meetings and deadlines (iCalendar); an earlier one ends."""
    async with house.database.transaction() as session:
        token = await make_calendar_link(session, actor, language, at=now())
    url = calendar_url(house.settings.public_url, token)
    return created(CalendarLink(url), url)


@delete("/calendar-link", guards=_SEE, name="api.calendar.withdraw")
async def withdraw(house: NamedDependency[House], actor: NamedDependency[Actor]) -> None:
    """End the link."""
    async with house.database.transaction() as session:
        await withdraw_calendar_link(session, actor)


router = Router("/", route_handlers=[make, withdraw], tags=["Calendar"])
