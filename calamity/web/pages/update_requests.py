"""Officials ask for an update, and a coordinator answers."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.requests import NewRequest, RequestAnswer, answer_request, request_update
from calamity.domain.errors import Mendable, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store.requests import read_requests
from calamity.web.auth import needs
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
from calamity.web.pages.scene import scene_of
from calamity.web.pages.situation import request_lines
from calamity.web.paths import PATHS, path
from calamity.web.views import officials as views
from calamity.web.views.frame import Form


@get(PATHS["update_requests"], guards=[needs(Permission.REQUEST_UPDATE)], name="requests.form")
async def request_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show what was asked before, and the form to ask for an update."""
    return await _request_page(request, actor, calamity)


async def _request_page(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        found = await read_requests(house.timeline, calamity_id)
        is_open = [each for each in found if each.is_open]
        lines = await request_lines(scene, session, is_open)
    own = next((n for n, each in enumerate(is_open) if each.by == actor.user_id), None)
    next_at = scene.calamity.next_update_at
    view = views.RequestPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        next_update_at=next_at,
        overdue=next_at is not None and next_at < scene.at,
        requests=lines,
        own=lines[own] if own is not None else None,
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "update_request", frame, view, REFUSED if form else 200)


@post(
    PATHS["update_requests"],
    guards=[needs(Permission.REQUEST_UPDATE)],
    status_code=200,
    name="requests.ask",
)
async def ask(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Ask the team for an update."""
    language = language_of(request)
    given, form = parse_form(NewRequest, await form_of(request), language)
    if given is not None:
        try:
            async with house_of(request).database.transaction() as session:
                await request_update(session, actor, calamity, given, at=now())
        except Mendable as error:
            form = wrong(form, error, language, at="words")
    if form.errors:
        return await _request_page(request, actor, calamity, form)
    return see_other(
        request, path("officials", calamity=calamity), language.text("The team sees your question.")
    )


@get(PATHS["update_request"], guards=[needs(Permission.SEE_ROOM)], name="requests.request")
async def answer_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Show what an official asked, and the ways to answer."""
    return await _answer_page(request, actor, calamity, sequence)


async def _answer_page(
    request: PageRequest, actor: Actor, calamity_id: str, seq: int, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        found = await read_requests(house.timeline, calamity_id)
        asked = [each for each in found if each.seq == seq]
        if not asked:
            raise NotFound("This request does not exist.", field="seq")
        lines = await request_lines(scene, session, asked)
    view = views.AnswerPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        request=lines[0],
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "update_answer", frame, view, REFUSED if form else 200)


@post(
    PATHS["update_request"], guards=[needs(Permission.STEER)], status_code=200,
    name="requests.answer",
)  # fmt: skip
async def answer(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Answer a request in words that officials read."""
    language = language_of(request)
    given, form = parse_form(RequestAnswer, await form_of(request), language)
    if given is not None:
        try:
            async with house_of(request).database.transaction() as session:
                await answer_request(session, actor, calamity, sequence, given, at=now())
        except Mendable as error:
            form = wrong(form, error, language, at="text")
    if form.errors:
        return await _answer_page(request, actor, calamity, sequence, form)
    return see_other(
        request, path("room", calamity=calamity), language.text("Officials read your answer.")
    )


UPDATE_REQUESTS = [request_page, ask, answer_page, answer]
