"""Parts: the answer to an act inside a part of the room is that part itself, as it is now."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response

from calamity.domain.permissions import Actor
from calamity.store.database import Session
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    partial,
    see_other,
)
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import path
from calamity.web.views.frame import Flash

REFUSED = 422
Make = Callable[..., Awaitable[object]]


def wants_part(request: PageRequest) -> bool:
    """Say whether the page asks for the part alone, to put it in its place."""
    return request.headers.get("hx-request") == "true"


async def part_or_back(  # noqa: PLR0917 - what every answer to an act needs, in one order
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    name: str,
    make: Make,
    problem: str | None,
    *,
    done: str,
) -> Response[Any]:
    """Answer an act with its part, or send a browser without scripts back to the room."""
    if not wants_part(request):
        flash = Flash(problem, "problem") if problem else Flash(done)
        return see_other(request, f"{path('room', calamity=calamity_id)}#part-{name}", flash)
    return await answer_part(request, actor, calamity_id, name, make, problem)


async def answer_part(
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    name: str,
    make: Make,
    *wrong: Any,
) -> Response[Any]:
    """Answer with one part as it is now; *wrong* is what the maker shows beside it."""
    async with house_of(request).database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        view = await make(scene, session, *wrong)
    frame = await frame_of(request, calamity=scene.calamity)
    status = REFUSED if any(wrong) else 200
    return partial(request, name, frame, view, status)


__all__ = ["REFUSED", "Make", "Scene", "Session", "answer_part", "part_or_back", "wants_part"]
