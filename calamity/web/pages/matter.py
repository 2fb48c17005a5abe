"""One fact, rumour, promise, measure or decision: every version, other words for it, its end."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct, structs

from calamity.actions.matters import ChangedStatement, MatterEnd, change_matter, end_matter
from calamity.domain.corrections import readers_of, to_correct
from calamity.domain.errors import Mendable, NotFound
from calamity.domain.matters import OUTCOMES, Matter
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import MatterKind, Outcome
from calamity.store.outbox_lists import people_of_dispatches
from calamity.web.auth import needs
from calamity.web.matter_sentences import statement as sentence
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
from calamity.web.pages.matters import Typed, kind_of_path, matter_line
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views import matters as views
from calamity.web.views.frame import Form


class _Changed(Typed, frozen=True, kw_only=True):
    version: int
    why: Annotated[str, Meta(max_length=400)] = ""


class _Ended(Struct, frozen=True, forbid_unknown_fields=True):
    """The form with which a matter ends."""

    version: int
    outcome: Outcome
    reason: Annotated[str, Meta(max_length=500)]


@get(PATHS["matter"], guards=[needs(Permission.SEE_TIMELINE)], name="matters.matter")
async def matter_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    kind: FromPath[str],
    first: FromPath[int],
) -> Response[Any]:
    """Show one matter with every version of it."""
    return await _matter_page(request, actor, calamity, kind_of_path(kind), first)


async def _matter_page(
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    kind: MatterKind,
    first: int,
    *,
    form: Form | None = None,
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        standing = await house.matters.read(calamity_id, actor.sees)
        matter = next(
            (each for each in standing.matters if (each.kind, each.first) == (kind, first)), None
        )
        if matter is None:
            raise NotFound("This entry does not exist, or is not for your role.", field="seq")
        read_in = readers_of(matter, standing.dispatches)
        received = len(await people_of_dispatches(session, read_in)) if read_in else 0
    stale = to_correct(matter, standing.dispatches)
    known = _as_typed(matter, scene)
    view = views.MatterPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        kind=kind,
        line=matter_line(scene, matter),
        versions=_versions(scene, matter),
        outcomes=OUTCOMES[kind],
        received=received,
        corrects=bool(stale.dispatches),
        corrected=stale.was_corrected,
        closed=scene.calamity.closed_at is not None,
        form=structs.replace(form, values=known | form.values) if form else Form(values=known),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "matter", frame, view, REFUSED if form else 200)


def _versions(scene: Scene, matter: Matter) -> tuple[views.VersionLine, ...]:
    return tuple(
        views.VersionLine(
            each.seq,
            each.at,
            scene.who(each.by_role),
            each.said.in_language(scene.language.code),
            sentence(each.said, scene.language, scene.names),
        )
        for each in reversed(matter.versions)
    )


def _as_typed(matter: Matter, scene: Scene) -> dict[str, str]:
    """Return what stands there now, as a form holds it: a good beginning for other words."""

    def local(moment: datetime | None) -> str:
        return f"{moment.astimezone(scene.zone):%Y-%m-%dT%H:%M}" if moment else ""

    said = matter.now
    plain = ("owner", "part", "spread", "harm", "status", "answer", "told", "to",
             "actual_risk", "felt_risk")  # fmt: skip
    return {name: getattr(said, name) or "" for name in plain} | {
        "text": said.in_language(scene.language.code),
        "due_at": local(said.due_at),
        "ends_at": local(said.ends_at),
    }


@post(
    PATHS["matter_change"],
    guards=[needs(Permission.WRITE_ENTRIES)],
    status_code=200,
    name="matters.change",
)
async def change(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    kind: FromPath[str],
    first: FromPath[int],
) -> Response[Any]:
    """Say a matter in other words; those before stay."""
    house, language, which = house_of(request), language_of(request), kind_of_path(kind)
    given, form = parse_form(_Changed, await form_of(request), language)
    if given is not None:
        try:
            changed = ChangedStatement(
                version=given.version, why=given.why, **given.sayings(house.settings.zone)
            )
            async with house.database.transaction() as session:
                await change_matter(session, actor, calamity, first, changed, at=now())
        except Mendable as error:
            form = wrong(form, error, language, {"version": "text"}, at="text")
    if form.errors:
        return await _matter_page(request, actor, calamity, which, first, form=form)
    return see_other(request, _here(calamity, which, first), language.text("The words are kept."))


@post(
    PATHS["matter_end"],
    guards=[needs(Permission.WRITE_ENTRIES)],
    status_code=200,
    name="matters.end",
)
async def end(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    kind: FromPath[str],
    first: FromPath[int],
) -> Response[Any]:
    """End a matter, with a reason."""
    house, language, which = house_of(request), language_of(request), kind_of_path(kind)
    given, form = parse_form(_Ended, await form_of(request), language)
    if given is not None:
        try:
            ended = MatterEnd(given.version, given.outcome, given.reason)
            async with house.database.transaction() as session:
                await end_matter(session, actor, calamity, first, ended, at=now())
        except Mendable as error:
            form = wrong(form, error, language, {"version": "reason"}, at="reason")
    if form.errors:
        return await _matter_page(request, actor, calamity, which, first, form=form)
    done = language.text("It is on the timeline.")
    return see_other(request, _here(calamity, which, first), done)


def _here(calamity_id: str, kind: MatterKind, first: int) -> str:
    return path("matter", calamity=calamity_id, kind=kind, first=first)


MATTER = [matter_page, change, end]
