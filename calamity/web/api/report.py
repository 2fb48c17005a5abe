"""The report: how a calamity stands, drafted from its timeline, as JSON or as plain text."""

from datetime import datetime
from typing import Annotated, Literal

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Words
from calamity.domain.timeline import (
    DispatchQueued,
    EntryKind,
    LevelSet,
    PhaseSet,
    SummaryWritten,
)
from calamity.store import rounds
from calamity.store.calamities import get_calamity
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.playbooks import versions_at_work
from calamity.store.timeline import Line
from calamity.web.api.calamities import Calamity
from calamity.web.api.report_text import in_words
from calamity.web.api.rounds import PublishedPicture, audience_of, shown
from calamity.web.api.wire import wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_MOST_TOLD = 50
_TEXT = "text/plain"


class Level(Struct, frozen=True, rename="camel"):
    """A level that a person set, since when and why."""

    kind: Literal["social", "grip", "threat"]
    value: int
    since: datetime
    reason: str


class Phase(Struct, frozen=True, rename="camel"):
    """The phase, since when, and why where a person moved it."""

    code: str
    title: Words | None
    since: datetime
    reason: str | None


class Summary(Struct, frozen=True):
    """The last sentences for officials."""

    sentences: list[str]
    at: datetime


class Told(Struct, frozen=True, rename="camel"):
    """What was told or asked to whom: the texts as written, with their placeholders."""

    at: datetime
    kind: str
    audience: str
    title: Words | None
    recipients: int
    texts: dict[str, str]


class Report(Struct, frozen=True, rename="camel"):
    """How a calamity stands, as far as this reader may see."""

    calamity: Calamity
    made_at: datetime
    phase: Phase
    levels: list[Level]
    summary: Summary | None
    next_update_at: datetime | None
    picture: PublishedPicture | None
    told: list[Told]
    places: dict[str, str]
    """Names of the neighbourhoods by code."""


async def _last(
    house: House, actor: Actor, calamity_id: str, kind: EntryKind, most: int = 1
) -> list[Line]:
    found = await house.timeline.newest(calamity_id, actor.sees, limit=most, kind=kind)
    return [line for line, _ in found if line.body is not None]


async def draft(house: House, actor: Actor, calamity_id: str) -> Report:
    """Draft the report from what the actor may see of the timeline."""
    async with house.database.reading() as session:
        row = await get_calamity(session, actor.municipality_id, calamity_id)
        calamity = wired(row, Calamity)
        versions = (await versions_at_work(session, calamity_id)).values()
        places = await list_neighbourhoods(session, actor.municipality_id)
        pictures = await rounds.list_pictures(session, calamity_id, audience_of(actor), limit=2)
    phases = {phase.code: phase.title for each in versions for phase in each.playbook.phases}
    audiences = {each.code: each.title for one in versions for each in one.playbook.audiences}
    picture = shown(pictures[0], pictures[1] if len(pictures) > 1 else None) if pictures else None
    return Report(
        calamity=calamity,
        made_at=now(),
        phase=await _phase(house, actor, calamity, phases),
        levels=await _levels(house, actor, calamity_id),
        summary=await _summary(house, actor, calamity_id),
        next_update_at=calamity.next_update_at,
        picture=picture,
        told=await _told(house, actor, calamity_id, audiences),
        places={place.code: place.name for place in places},
    )


async def _phase(house: House, actor: Actor, calamity: Calamity, titles: dict[str, Words]) -> Phase:
    lines = await _last(house, actor, calamity.id, EntryKind.PHASE)
    moved = lines[0].happening if lines else None
    reason = moved.reason if isinstance(moved, PhaseSet) else None
    return Phase(calamity.phase, titles.get(calamity.phase), calamity.phase_since, reason)


async def _levels(house: House, actor: Actor, calamity_id: str) -> list[Level]:
    levels = []
    for kind in (EntryKind.LEVEL, EntryKind.GRIP, EntryKind.THREAT):
        for line in await _last(house, actor, calamity_id, kind):
            happening = line.happening
            if isinstance(happening, LevelSet):
                levels.append(
                    Level(happening.kind, happening.value, line.happened_at, happening.reason)
                )
    return levels


async def _summary(house: House, actor: Actor, calamity_id: str) -> Summary | None:
    for line in await _last(house, actor, calamity_id, EntryKind.SUMMARY):
        happening = line.happening
        if isinstance(happening, SummaryWritten):
            return Summary(happening.sentences, line.happened_at)
    return None


async def _told(
    house: House, actor: Actor, calamity_id: str, titles: dict[str, Words]
) -> list[Told]:
    told = []
    for line in await _last(house, actor, calamity_id, EntryKind.DISPATCH, _MOST_TOLD):
        it = line.happening
        if isinstance(it, DispatchQueued) and it.recipients:
            told.append(
                Told(
                    line.happened_at, it.kind, it.audience, titles.get(it.audience),
                    it.recipients, it.texts,
                )
            )  # fmt: skip
    return told


@get(
    "/calamities/{calamity_id:str}/report",
    guards=[needs(Permission.SEE_TIMELINE)],
    responses={
        200: ResponseSpec(
            Report, generate_examples=False, description="The report, as JSON or as plain text."
        )
    },
    tags=["Calamities"],
    name="api.report",
)
async def get_report(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[object, object, object],  # type: ignore[type-var]  # any state will do
    calamity_id: FromPath[str],
    language: Annotated[Literal["nl", "en"], QueryParameter()] = "nl",
) -> Response[Report] | Response[str]:
    """Draft a report from the timeline; `Accept: text/plain` brings it in words."""
    report = await draft(house, actor, calamity_id)
    if request.accept.best_match(["application/json", _TEXT], default="application/json") == _TEXT:
        text = in_words(report, language, house.terms.zone)
        return Response(text, media_type=f"{_TEXT}; charset=utf-8")
    return Response(report)


router = Router("/", route_handlers=[get_report])
