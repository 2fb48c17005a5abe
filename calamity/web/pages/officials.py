"""The officials' page: one screen, the same for all officials, so it is made once for all."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from msgspec import Struct

from calamity.actions import decide
from calamity.actions.decide import NewSummary
from calamity.domain.errors import Mendable, NotFound, Refused
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.store.database import Session
from calamity.store.past import Reader
from calamity.store.timeline import TimelineReader
from calamity.web.auth import needs
from calamity.web.house import House
from calamity.web.pages.frame import (
    PageRequest,
    asked_parts,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    part_words,
    see_other,
    wrong,
)
from calamity.web.pages.mended import mends_of
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.pictures import picture_part
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.pages.situation import situation_view
from calamity.web.pages.summary import summary_view
from calamity.web.pages.timeline import local_time
from calamity.web.paths import PATHS, path
from calamity.web.views import officials as views
from calamity.web.views import room
from calamity.web.views.frame import Form

_LONGEST_SENTENCE = 400
_KEPT_SECONDS = 5.0
_MOST_KEPT = 64
_END = "end"
"""The part about one's own sign-in, which nobody shares."""


async def head_view(
    scene: Scene, timeline: TimelineReader, *, past: Reader | None = None
) -> room.Summary:
    """Return what this is, the phase and the levels, with what was corrected of their reasons."""
    mends = await mends_of(scene, timeline)
    return await summary_view(scene, past or timeline, mends=mends)


async def officials_view(
    scene: Scene,
    session: Session,
    timeline: TimelineReader,
    form: Form | None = None,
    *,
    past: Reader | None = None,
) -> views.Officials:
    """Return the one screen of officials: as it is, or as *past* tells it."""
    return views.Officials(
        summary=await head_view(scene, timeline, past=past),
        situation=await situation_view(scene, session, timeline, form, past=past),
        picture=await picture_part(scene, session, "officials"),
    )


async def _wall(scene: Scene, session: Session, house: House) -> views.Wall:
    seen = await officials_view(scene, session, house.timeline)
    return views.Wall(scene.calamity.id, seen.summary, seen.situation, seen.picture)


async def _part(scene: Scene, session: Session, house: House, name: str) -> tuple[str, object]:
    """Return (template, view) of one part of the page."""
    if name == "head":
        return "officials_head", await head_view(scene, house.timeline)
    if name == "situation":
        return "situation", await situation_view(scene, session, house.timeline)
    if name == "told":
        return "told", await situation_view(scene, session, house.timeline)
    if name == "picture":
        return "picture", await picture_part(scene, session, "officials")
    if name == "wall":
        return "wall", await _wall(scene, session, house)
    if name == _END:
        return "wall_end", views.WallEnd(scene.calamity.id)
    raise NotFound("This page has no such part.", field="part")


class _Kept(Struct):
    """A part that was rendered once for everyone who asks for it in this moment."""

    made: asyncio.Task[str]
    until: float


class OfficialParts:
    """Parts of officials' pages, each made once for a line of the timeline and a language."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int, str], _Kept] = {}

    async def get(self, key: tuple[str, str, int, str], make: Callable[[], Awaitable[str]]) -> str:
        """Return what was made for *key* a moment ago, else make it, once for all who wait."""
        moment = time.monotonic()
        kept = self._kept.get(key)
        if kept is None or kept.until < moment:
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {k: v for k, v in self._kept.items() if v.until >= moment}
            kept = _Kept(asyncio.ensure_future(_made(make)), moment + _KEPT_SECONDS)
            self._kept[key] = kept
        try:
            return await asyncio.shield(kept.made)
        except Exception:
            self._kept.pop(key, None)
            raise


async def _made(make: Callable[[], Awaitable[str]]) -> str:
    return await make()


def _kept_parts(request: PageRequest) -> OfficialParts:
    parts: OfficialParts = request.app.state.setdefault("official_parts", OfficialParts())
    return parts


@get(
    PATHS["officials"],
    guards=[needs(Permission.SEE_OFFICIALS_PAGE)],
    name="officials.officials",
)
async def officials_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show how it stands on one screen: phase, levels, sentences, picture, what we told whom."""
    return await _officials_page(request, actor, calamity)


async def _officials_page(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    head = await house.timeline.head(calamity_id)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        view = await officials_view(scene, session, house.timeline, form)
    frame = await frame_of(request, here="officials", calamity=scene.calamity, stream_after=head)
    return page(request, "officials", frame, view, REFUSED if form else 200)


@get(PATHS["wall"], guards=[needs(Permission.SEE_OFFICIALS_PAGE)], name="officials.wall")
async def wall(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the same for a wall: no hands, no forms, and plain to see when it is out of date."""
    house = house_of(request)
    head = await house.timeline.head(calamity)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        view = await _wall(scene, session, house)
    frame = await frame_of(request, here="wall", calamity=scene.calamity, stream_after=head)
    return page(request, "wall", frame, view)


@get(
    PATHS["officials_part"],
    guards=[needs(Permission.SEE_OFFICIALS_PAGE)],
    name="officials.part",
)
async def officials_part(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    part: FromPath[str],
) -> Response[Any]:
    """Return one part of the page, or several with commas between.

    Officials have no forms on it, so they share one rendering.
    """
    house, names = house_of(request), asked_parts(part)
    if actor.role is not UserRole.OFFICIAL:
        words = [await _render(request, actor, calamity, name) for name in names]
        return Response("\n".join(words), media_type=MediaType.HTML)
    if await house.timeline.municipality_of(calamity) != actor.municipality_id:
        raise NotFound("This calamity does not exist.", field="calamity")
    head, code, kept = await house.timeline.head(calamity), language_of(request).code, []
    for name in names:
        make = partial(_render, request, actor, calamity, name)
        key = (calamity, name, head, code)
        kept.append(await (make() if name == _END else _kept_parts(request).get(key, make)))
    return Response("\n".join(kept), media_type=MediaType.HTML)


async def _render(request: PageRequest, actor: Actor, calamity_id: str, part: str) -> str:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        template, view = await _part(scene, session, house, part)
    frame = await frame_of(request, here="officials", calamity=scene.calamity)
    return part_words(request, template, frame, view)


class _Sentences(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the three sentences."""

    first: str
    second: str
    third: str
    next_update_at: str
    here: str = "officials"


@post(
    PATHS["set_sentences"],
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="officials.sentences",
)
async def set_sentences(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Put three sentences on the officials' page, and promise when the next ones come."""
    house, language, at = house_of(request), language_of(request), now()
    given, form = parse_form(_Sentences, await form_of(request), language)
    if given is not None:
        try:
            next_at = local_time(
                given.next_update_at, at, house.settings.zone, ahead=True, field="next_update_at"
            )
            for name in ("first", "second", "third"):
                if len(getattr(given, name)) > _LONGEST_SENTENCE:
                    raise Refused("Use at most 400 characters.", field=name)
            summary = NewSummary([given.first, given.second, given.third], next_at)
            async with house.database.transaction() as session:
                await decide.summarise(session, actor, calamity, summary, at=at)
        except Mendable as error:
            form = wrong(form, error, language, at="first")
    if form.errors:
        return await _officials_page(request, actor, calamity, form)
    there = "room" if given is not None and given.here == "room" else "officials"
    return see_other(
        request, path(there, calamity=calamity), language.text("The sentences are on the page.")
    )


OFFICIALS = [officials_page, wall, officials_part, set_sentences]
