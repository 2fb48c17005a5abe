"""The officials' page as it was: the same views, from a timeline that ends at a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.store.database import Session
from calamity.store.past import PastReader, Turn, calamity_then, last_line_before, list_turns
from calamity.web.auth import needs
from calamity.web.house import House
from calamity.web.pages.frame import PageRequest, frame_of, house_of, page, see_other
from calamity.web.pages.officials import officials_view
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.sentences import sentence
from calamity.web.views import officials as views

_MINUTE = timedelta(minutes=1)


@get(PATHS["officials_past"], guards=[needs(Permission.SEE_OFFICIALS_PAGE)], name="officials.past")
async def past_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the page as it was at the end of a minute, `?at=`; `?step=` leads to one of the turns.

    A minute that is not over is shown as it is now.
    """
    house, query = house_of(request), request.query_params
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        this_minute = _minute(scene.at)
        turns = await list_turns(house.timeline, calamity)
        past = [turn for turn in turns if turn.at < this_minute]
        at = _wanted(query.get("at", ""), query.get("step", ""), past, scene.zone)
        if at >= this_minute or not past:
            return see_other(
                request,
                path("officials", calamity=calamity),
                scene.language.text("That minute is not over yet. This is how it stands now."),
            )
        if at < past[0].at or query.get("step"):
            return see_other(request, _address(scene, max(at, past[0].at)))
        view = await _view(scene, session, house, turns, at)
    frame = await frame_of(request, here="past", calamity=scene.calamity)
    return page(request, "officials_past", frame, view)


async def _view(
    scene: Scene, session: Session, house: House, turns: list[Turn], at: datetime
) -> views.Past:
    until = at + _MINUTE
    calamity_id = scene.calamity.id
    reader = PastReader(house.timeline, await last_line_before(house.database, calamity_id, until))
    then = structs.replace(
        scene,
        at=until,
        until=until,
        calamity=await calamity_then(house.timeline, reader, scene.calamity),
        pinned=[each for each in scene.pinned if each.t0 < until],
    )
    this_minute = _minute(scene.at)
    lines = tuple(
        _line(scene, number, turn)
        for number, turn in enumerate((each for each in turns if each.at < this_minute), 1)
    )
    return views.Past(
        at=at,
        written=_written(at, scene.zone),
        earliest=_written(lines[0].at, scene.zone),
        latest=_written(this_minute - _MINUTE, scene.zone),
        officials=await officials_view(then, session, house.timeline, past=reader),
        turns=lines,
        step=sum(1 for each in lines if each.at <= at),
        before=next((each for each in reversed(lines) if each.at < at), None),
        after=next((each for each in lines if each.at > at), None),
    )


def _line(scene: Scene, step: int, turn: Turn) -> views.TurnLine:
    words = [
        sentence(line.happening, scene.language, scene.names)
        if line.happening
        else scene.language.text("The words of this line were erased.")
        for line in turn.lines
    ]
    return views.TurnLine(step, turn.at, _address(scene, turn.at), tuple(dict.fromkeys(words)))


def _wanted(at: str, step: str, past: list[Turn], zone: ZoneInfo) -> datetime:
    """Return the minute that an address means. Raises Refused for one that cannot be read."""
    if step:
        if not (step.isascii() and step.isdigit() and 1 <= int(step) <= len(past)):
            raise NotFound("This moment does not exist.", field="step")
        return past[int(step) - 1].at
    if not at:
        return past[-1].at if past else datetime.max.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Refused("Write a day and a time: 2026-11-22T14:05.", field="at") from None
    try:
        return _minute(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except OverflowError:
        raise Refused("Write a day and a time: 2026-11-22T14:05.", field="at") from None


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _written(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def _address(scene: Scene, at: datetime) -> str:
    """Return the address of a minute; with its offset, for an hour of autumn comes twice."""
    local = at.astimezone(scene.zone).isoformat(timespec="minutes")
    return path("officials_past", calamity=scene.calamity.id, query={"at": local})


PAST = [past_page]
