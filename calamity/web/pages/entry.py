"""One line of the timeline on a page of its own: read it, correct it, erase it."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct, structs

from calamity.actions import decide
from calamity.domain.errors import Conflict, Mendable, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import Corrected, EntryKind, Statement
from calamity.web.auth import needs
from calamity.web.pages.entries import get_line, read_with_related
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
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views import room
from calamity.web.views.frame import Form


@get(PATHS["timeline_line"], guards=[needs(Permission.SEE_TIMELINE)], name="timeline.line")
async def line_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Show one line, and the forms to correct it and to erase its words."""
    return await _line_page(request, actor, calamity, sequence)


async def _line_page(
    request: PageRequest, actor: Actor, calamity_id: str, sequence: int, typed: Form | None = None
) -> Response[Any]:
    """Show the line as it is now, with what was *typed* and refused."""
    scene, view = await _read(request, actor, calamity_id, sequence)
    if typed is not None:
        values = view.form.values | typed.values
        view = structs.replace(view, form=Form(values, typed.chosen, typed.errors))
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "timeline_line", frame, view, REFUSED if typed else 200)


async def _read(
    request: PageRequest, actor: Actor, calamity_id: str, sequence: int
) -> tuple[Scene, room.LinePage]:
    """Read a line as this person sees it. Raises NotFound."""
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
    line = await get_line(scene, house.timeline, sequence)
    entry, related = await read_with_related(scene, house.timeline, house.database, line)
    is_own = isinstance(line.happening, Statement | Corrected)
    correctable = is_own and entry.corrected_by is None
    return scene, room.LinePage(
        calamity=calamity_id,
        title=scene.calamity.title,
        entry=entry,
        hash=line.hash,
        entries=related,
        correctable=correctable,
        erasable=entry.body is not None and line.kind is not EntryKind.ERASURE,
        # Most corrections change a word. The words that stand there are a good beginning, and they
        # make the new line whole: who reads it needs the old one no more.
        form=Form({"text": entry.body or ""}) if correctable else Form(),
    )


class _Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of a correction: the whole line, as it should have been."""

    text: Annotated[str, Meta(max_length=4000)]


@post(
    PATHS["timeline_correct"],
    guards=[needs(Permission.WRITE_ENTRIES)],
    status_code=200,
    name="timeline.correct",
)
async def correct(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Correct a line by a new one; the old one stays, struck through."""
    house, language = house_of(request), language_of(request)
    given, form = parse_form(_Correction, await form_of(request), language)
    _, seen = await _read(request, actor, calamity, sequence)
    if given is not None:
        try:
            _must_be_news(seen.entry, given.text)
            async with house.database.transaction() as session:
                await decide.correct(session, actor, calamity, sequence, text=given.text, at=now())
        except Mendable as error:
            form = wrong(form, error, language, {"seq": "text"}, at="text")
    if form.errors:
        return await _line_page(request, actor, calamity, sequence, form)
    said = language.text("The correction is on the timeline.")
    return see_other(request, _here(calamity, sequence), said)


def _must_be_news(entry: room.EntryLine, text: str) -> None:
    """Raise Conflict when somebody was first, Refused when these words stand there."""
    if entry.erased:
        raise Conflict("The text of this entry was erased before.", field="text")
    if entry.corrected_by is not None:
        raise Conflict(
            f"Line {entry.corrected_by} corrected this line before. Look at that line first.",
            field="text",
        )
    if text == (entry.body or "").strip():
        raise Refused("These words stand there already. Change what is wrong.", field="text")


class _Erasure(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of an erasure."""

    ground: Annotated[str, Meta(max_length=500)]


@post(
    PATHS["timeline_erase"],
    guards=[needs(Permission.ERASE)],
    status_code=200,
    name="timeline.erase",
)
async def erase(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Destroy the words of a line, on a ground; the chain still holds."""
    house, language = house_of(request), language_of(request)
    given, form = parse_form(_Erasure, await form_of(request), language)
    await _read(request, actor, calamity, sequence)
    if given is not None:
        try:
            async with house.database.transaction() as session:
                await decide.erase(
                    session, actor, calamity, sequence, ground=given.ground, at=now()
                )
        except Mendable as error:
            form = wrong(form, error, language, {"seq": "ground"}, at="ground")
    if form.errors:
        return await _line_page(request, actor, calamity, sequence, form)
    said = language.text("The text is erased. The line stays.")
    return see_other(request, _here(calamity, sequence), said)


def _here(calamity_id: str, sequence: int) -> str:
    return path("timeline_line", calamity=calamity_id, sequence=sequence)


ENTRY = [line_page, correct, erase]
