"""The timeline on a page: read, filter, add, check, and take along."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from calamity.actions.export import export_timeline, verify_timeline
from calamity.actions.matters import NewStatement, state
from calamity.domain.errors import Mendable, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import EntryKind, Verdict, Visibility, decode_happening
from calamity.domain.timeline import Line as ChainLine
from calamity.store.calamities import get_calamity
from calamity.store.database import Session
from calamity.store.sent_forms import is_first
from calamity.store.timeline import NEWEST
from calamity.web.auth import needs
from calamity.web.house import House
from calamity.web.language import Language
from calamity.web.pages.entries import PAGE, Filter, read_entries
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
from calamity.web.pages.parts import REFUSED, answer_part, wants_part
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.sentences import own_words, sentence
from calamity.web.views import room
from calamity.web.views.frame import Form

KINDS = tuple(kind.value for kind in EntryKind)
_LONGEST_SEARCH = 80
_IN_ROOM = 25


async def timeline_view(
    scene: Scene,
    session: Session,
    house: House,
    form: Form | None = None,
) -> room.Timeline:
    """Return the newest lines, as the room shows them."""
    entries, before = await read_entries(
        scene, house.timeline, house.database, wanted=Filter(), limit=_IN_ROOM
    )
    return room.Timeline(
        calamity=scene.calamity.id,
        title=scene.calamity.title,
        entries=entries,
        kinds=KINDS,
        before=before,
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )


@get(PATHS["timeline"], guards=[needs(Permission.SEE_TIMELINE)], name="timeline.timeline")
async def timeline_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the timeline, filtered as the address says; `?check=1` checks the whole chain."""
    return await _timeline_page(request, actor, calamity)


async def _timeline_page(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form | None = None
) -> Response[Any]:
    house, query = house_of(request), request.query_params
    verdict: Verdict | None = None
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        if query.get("check") == "1":
            verdict = await verify_timeline(session, actor, calamity_id)
    kinds = tuple(kind for kind in query.getall("kind", []) if kind in KINDS)
    search = query.get("search", "").strip()[:_LONGEST_SEARCH]
    before = query.get("before", "")
    wanted = Filter(
        kinds=tuple(EntryKind(kind) for kind in kinds),
        search=search,
        everything=bool(query.get("everything")),
    )
    entries, older = await read_entries(
        scene, house.timeline, house.database, wanted=wanted, limit=PAGE,
        before=int(before) if before.isascii() and before.isdigit() else NEWEST,
    )  # fmt: skip
    view = room.Timeline(
        calamity=calamity_id,
        title=scene.calamity.title,
        entries=entries,
        kinds=KINDS,
        filter_kinds=kinds,
        search=search,
        everything=wanted.everything,
        before=older,
        verified_at=scene.at if verdict and verdict.intact else None,
        fault=_fault(verdict, scene.language) if verdict else None,
        lines=verdict.lines if verdict else 0,
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )
    frame = await frame_of(request, here="timeline", calamity=scene.calamity)
    return page(request, "timeline", frame, view, REFUSED if form and form.errors else 200)


def _fault(verdict: Verdict, language: Language) -> str | None:
    if verdict.intact or verdict.fault is None:
        return None
    place = verdict.seq or verdict.line
    words = {
        "changed": language.text("Line %(n)s was changed after it was written.", n=place),
        "removed": language.text("Line %(n)s was taken out.", n=place),
        "inserted": language.text("Line %(n)s was put in later.", n=place),
        "reordered": language.text("Line %(n)s is not in its own place.", n=place),
    }
    return words[verdict.fault.value]


class _Added(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of a new line."""

    kind: Literal["fact", "interpretation", "rumour", "note"]
    """What needs an owner, a date or a risk is written down on a page of its own."""
    text: str
    happened_at: str = ""
    visibility: Visibility = Visibility.TEAM
    idempotency_key: str = ""


def local_time(
    written: str, at: datetime, zone: Any, *, ahead: bool, field: str
) -> datetime | None:
    """Return the moment of a clock time: the last one that was, or with *ahead* the next one."""
    if not written:
        return None
    try:
        clock = time.fromisoformat(written.replace(".", ":"))
    except ValueError:
        raise Refused("Write the time as 21:30.", field=field) from None
    local = at.astimezone(zone)
    moment = datetime.combine(local.date(), clock.replace(tzinfo=None), zone)
    if ahead and moment <= local:
        moment = datetime.combine(local.date() + timedelta(days=1), clock, zone)
    if not ahead and moment > local:
        moment = datetime.combine(local.date() - timedelta(days=1), clock, zone)
    return moment.astimezone(at.tzinfo)


@post(
    PATHS["timeline"],
    guards=[needs(Permission.WRITE_ENTRIES)],
    status_code=200,
    name="timeline.add",
)
async def add(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Add a line in one's own words."""
    house, language, at = house_of(request), language_of(request), now()
    given, form = parse_form(_Added, await form_of(request), language)
    if given is not None:
        try:
            happened_at = local_time(
                given.happened_at, at, house.settings.zone, ahead=False, field="happened_at"
            )
            statement = _statement(given, happened_at)
            by, key = actor.user_id or "", given.idempotency_key
            async with house.database.transaction() as session:
                if await is_first(session, by=by, key=key, at=at):
                    await state(session, actor, calamity, statement, at=at)
        except Mendable as error:
            form = wrong(form, error, language, {"confirmed": "text"}, at="text")
    if wants_part(request):

        async def make(scene: Scene, session: Session, form: Form | None = None) -> room.Timeline:
            return await timeline_view(scene, session, house, form)

        wrong_form = [form] if form.errors else []
        return await answer_part(request, actor, calamity, "timeline", make, *wrong_form)
    if form.errors:
        return await _timeline_page(request, actor, calamity, form)
    return see_other(request, _back(actor, calamity), language.text("The line is on the timeline."))


def _statement(given: _Added, happened_at: datetime | None) -> NewStatement:
    return msgspec.convert(
        {
            "kind": given.kind,
            "text": given.text[:1000],
            "visibility": given.visibility,
            "happened_at": happened_at,
        },
        NewStatement,
    )


def _back(actor: Actor, calamity_id: str) -> str:
    if actor.may(Permission.SEE_ROOM):
        return path("room", calamity=calamity_id) + "#part-timeline"
    return path("timeline", calamity=calamity_id)


@get(
    PATHS["timeline_export"],
    guards=[needs(Permission.EXPORT_TIMELINE)],
    name="timeline.export",
)
async def export(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Stream:
    """Give the whole timeline along, with the program that checks it."""
    house, language, at = house_of(request), language_of(request), now()
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        await get_calamity(session, actor.municipality_id, calamity)

    def words(line: ChainLine) -> str:
        if line.body is None:
            return ""
        happening = decode_happening(line.body)
        spoken = sentence(happening, language, scene.names)
        own = own_words(happening, language)
        return f"{spoken} {own}" if own else spoken

    async def chunks() -> AsyncIterator[bytes]:
        async with house.database.reading() as session:
            async for chunk in export_timeline(
                session, actor, calamity, at, zone=house.settings.zone, words=words
            ):
                yield chunk

    name = f"calamity-timeline-{calamity[-12:]}.zip"
    return Stream(
        chunks(),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


TIMELINE = [timeline_page, add, export]
