"""Messages that rest in doubt: a coordinator says whether they leave again."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.held import decide_held
from calamity.domain.permissions import Actor, Permission
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    house_of,
    language_of,
    now,
    see_other,
)
from calamity.web.paths import PATHS, path


@post(PATHS["held_message"], guards=[needs(Permission.STEER)], status_code=303, name="room.held")
async def decide(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    message: FromPath[str],
) -> Response[Any]:
    """Send a held message again, or let it be."""
    again = (await form_of(request)).get("choice", [""])[-1] == "again"
    house = house_of(request)
    async with house.database.transaction() as session:
        await decide_held(session, house.wakes, actor, calamity, message, again=again, at=now())
    language = language_of(request)
    done = (
        language.text("The message leaves again.")
        if again
        else language.text("The message is left as it is.")
    )
    return see_other(request, path("room", calamity=calamity), done)


HELD = [decide]
