"""The watch in the browser: what would leave if it ended, then end it in one of two ways."""

from collections.abc import Iterable
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.watch import PlannedEnd, end_watch, plan_end, stand_down
from calamity.domain.errors import Mendable
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import PlannedAct
from calamity.domain.playbook import Playbook
from calamity.domain.timeline import EntryKind, WatchBegun
from calamity.store.calamities import is_on_watch
from calamity.store.past import Reader
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    see_other,
    wrong,
)
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.plan import leaves_at_once, planned_dispatch
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views import watch as views
from calamity.web.views.frame import Form

_FEW = 50
"""Activations and what belongs to them: while a calamity is on watch there are few."""


class _Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of either way."""

    reason: Annotated[str, Meta(max_length=500)] = ""


async def watch_view(scene: Scene, reader: Reader) -> views.Watch | None:
    """Return since when and why a calamity is on watch; None when it is not."""
    calamity = scene.calamity
    if not is_on_watch(calamity) or calamity.watch_since is None:
        return None
    lines = await reader.newest(
        calamity.id, scene.actor.sees, limit=_FEW, kind=EntryKind.ACTIVATION
    )
    for line, _ in lines:
        if isinstance(line.happening, WatchBegun):
            by = scene.who(line.actor_role)
            return views.Watch(calamity.watch_since, line.happening.reason, by)
    return views.Watch(calamity.watch_since)


@get(PATHS["watch"], guards=[needs(Permission.STEER)], name="watch.watch")
async def watch_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show what either end of the watch would bring about; nothing happens."""
    return await _page(request, actor, calamity)


async def _page(
    request: PageRequest, actor: Actor, calamity_id: str, failed: str = "", form: Form | None = None
) -> Response[Any]:
    house, language = house_of(request), language_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        watch = await watch_view(scene, house.timeline)
        if watch is None:
            # Somebody ended it: the room says what became of it.
            return see_other(
                request, path("room", calamity=calamity_id), language.text("The watch is over.")
            )
        ends = await plan_end(session, house.terms, actor, calamity_id, at=scene.at)
    view = views.WatchPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        watch=watch,
        go_on=_end(_acts(ends, "go_on"), scene, language),
        stand_down=_end(_acts(ends, "stand_down"), scene, language),
        failed=failed,
        form=form or Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "watch", frame, view, REFUSED if form else 200)


def _acts(ends: Iterable[PlannedEnd], way: str) -> list[tuple[PlannedAct, Playbook]]:
    return [(act, end.playbook) for end in ends for act in getattr(end, way)]


def _end(
    acts: list[tuple[PlannedAct, Playbook]], scene: Scene, language: Language
) -> views.WatchEnd:
    return views.WatchEnd(
        dispatches=tuple(
            planned_dispatch(act, playbook, language, at_once=leaves_at_once(act, scene.at))
            for act, playbook in acts
        ),
        people=sum(act.recipients for act, _ in acts if leaves_at_once(act, scene.at)),
    )


@post(PATHS["watch_end"], guards=[needs(Permission.STEER)], status_code=200, name="watch.end")
async def go_on(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Let the whole playbook start; a second time changes nothing."""
    return await _decide(request, actor, calamity, "go-on")


@post(
    PATHS["watch_stand_down"], guards=[needs(Permission.STEER)], status_code=200, name="watch.down"
)
async def down(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Close the calamity: the team is sent home, and nobody else hears anything."""
    return await _decide(request, actor, calamity, "stand-down")


async def _decide(request: PageRequest, actor: Actor, calamity_id: str, way: str) -> Response[Any]:
    house, language = house_of(request), language_of(request)
    given, form = parse_form(_Reason, await form_of(request), language)
    if given is None:
        return await _page(request, actor, calamity_id, way, form)
    act = end_watch if way == "go-on" else stand_down
    try:
        async with house.database.transaction() as session:
            await act(
                session, house.wakes, house.terms, actor, calamity_id,
                reason=given.reason, at=now(),
            )  # fmt: skip
    except Mendable as error:
        form = wrong(form, error, language, {}, at="reason")
        return await _page(request, actor, calamity_id, way, form)
    done = (
        language.text("The whole playbook has started.")
        if way == "go-on"
        else language.text("The team stands down. The calamity is closed.")
    )
    return see_other(request, path("room", calamity=calamity_id), done)


WATCH = [watch_page, go_on, down]
