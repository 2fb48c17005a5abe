"""The fact card, rumours, promises, measures and decisions: what stands, and what is over."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.matters import NewStatement, state
from calamity.domain.errors import Mendable, NotFound
from calamity.domain.matters import HARMS, SPREADS, Matter, by_weight, kind_named
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import (
    FactPart,
    Harm,
    MatterKind,
    RumourStatus,
    Spread,
    Visibility,
)
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
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.pages.task_forms import moment_of
from calamity.web.paths import PATHS, path
from calamity.web.views import matters as views
from calamity.web.views.frame import Form

_Short = Annotated[str, Meta(max_length=400)]
_Long = Annotated[str, Meta(max_length=1000)]


class Typed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The form of a matter, of whichever kind."""

    text: _Long
    owner: Annotated[str, Meta(max_length=80)] = ""
    due_at: str = ""
    part: FactPart | None = None
    spread: Spread | None = None
    harm: Harm | None = None
    status: RumourStatus | None = None
    answer: _Long = ""
    told: _Short = ""
    to: _Short = ""
    actual_risk: _Short = ""
    felt_risk: _Short = ""
    ends_at: str = ""
    confirmed: bool = False

    def sayings(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return what was filled in, as the actions take it."""
        given = {name: getattr(self, name) for name in Typed.__struct_fields__}
        return given | {
            "due_at": moment_of(self.due_at, zone),
            "ends_at": moment_of(self.ends_at, zone),
        }


class _Added(Typed, frozen=True, kw_only=True):
    visibility: Visibility = Visibility.TEAM


def kind_of_path(kind: str) -> MatterKind:
    """Return the kind that an address names. Raises NotFound."""
    found = kind_named(kind)
    if found is None:
        raise NotFound("There is no such page.", field="kind")
    return found


def matter_line(scene: Scene, matter: Matter) -> views.MatterLine:
    """Return a matter as a list shows it."""
    said, last = matter.now, matter.versions[-1]
    due = matter.due_at
    ending = matter.ending
    return views.MatterLine(
        first=matter.first,
        version=matter.version,
        kind=matter.kind,
        url=path("matter", calamity=scene.calamity.id, kind=matter.kind, first=matter.first),
        text=said.in_language(scene.language.code),
        by=scene.who(last.by_role),
        at=last.at,
        versions=len(matter.versions),
        late=scene.calamity.closed_at is None and due is not None and due < scene.at,
        owner=scene.title(said.owner or ""),
        due=said.due_at,
        part=said.part or "we_know",
        spread=said.spread or "few",
        spread_number=SPREADS.index(said.spread or "few") + 1,
        harm=said.harm or "little",
        harm_number=HARMS.index(said.harm or "little") + 1,
        weight=matter.weight,
        status=said.status or "new",
        answer=said.answer or "",
        told=said.told or "",
        to=said.to or "",
        actual_risk=said.actual_risk or "",
        felt_risk=said.felt_risk or "",
        ends_at=said.ends_at,
        outcome=ending.outcome if ending else None,
        reason=ending.reason if ending else "",
        ended_at=ending.at if ending else None,
    )


def _in_order(kind: MatterKind, matters: list[Matter]) -> list[Matter]:
    if kind == "rumour":
        return by_weight(matters)
    return sorted(matters, key=lambda each: (each.due_at or _FAR, each.first))


_FAR = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


@get(PATHS["matters"], guards=[needs(Permission.SEE_TIMELINE)], name="matters.matters")
async def matters_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    kind: FromPath[str],
) -> Response[Any]:
    """Show all matters of one kind, and the form to add one."""
    return await _matters_page(request, actor, calamity, kind_of_path(kind))


async def _matters_page(
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    kind: MatterKind,
    form: Form | None = None,
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
    standing = await house.matters.read(calamity_id, actor.sees)
    matters = [each for each in standing.matters if each.kind == kind]
    lines = [matter_line(scene, each) for each in _in_order(kind, matters)]
    over = [line for line in lines if line.outcome]
    view = views.MattersPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        kind=kind,
        open=tuple(line for line in lines if not line.outcome),
        over=tuple(sorted(over, key=lambda line: line.ended_at or scene.at, reverse=True)),
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "matters", frame, view, REFUSED if form else 200)


@post(
    PATHS["matters"],
    guards=[needs(Permission.WRITE_ENTRIES)],
    status_code=200,
    name="matters.add",
)
async def add(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    kind: FromPath[str],
) -> Response[Any]:
    """Add a fact, a rumour, a promise, a measure or a decision."""
    house, language, which = house_of(request), language_of(request), kind_of_path(kind)
    given, form = parse_form(_Added, await form_of(request), language)
    if given is not None:
        try:
            statement = NewStatement(
                kind=which, visibility=given.visibility, **given.sayings(house.settings.zone)
            )
            async with house.database.transaction() as session:
                await state(session, actor, calamity, statement, at=now())
        except Mendable as error:
            form = wrong(form, error, language, at="text")
    if form.errors:
        return await _matters_page(request, actor, calamity, which, form)
    back = path("matters", calamity=calamity, kind=which)
    return see_other(request, back, language.text("It is on the timeline."))


MATTERS = [matters_page, add]
