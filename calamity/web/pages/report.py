"""The situation report: read the last version, write the next one, and release it."""

from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions import report as writing
from calamity.actions.report import LookAgainAtReport, NewReport
from calamity.domain.errors import Mendable
from calamity.domain.permissions import Actor, Permission
from calamity.domain.report import Heading, Report, tidied
from calamity.store import reports
from calamity.store.calamities import get_calamity
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
from calamity.web.paths import PATHS, path
from calamity.web.report_draft import draft_report
from calamity.web.report_files import report_file, sheet_in
from calamity.web.report_words import sections_of
from calamity.web.views import report as views
from calamity.web.views.frame import Form

_SEE = [needs(Permission.SEE_TIMELINE)]
_WRITE = [needs(Permission.WRITE_REPORT)]


@get(PATHS["report"], guards=_SEE, name="report.report")
async def report_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the last released version; there is no other for who does not write it."""
    return await _report_page(request, actor, calamity)


@get(PATHS["report_version"], guards=_SEE, name="report.version")
async def report_version(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    number: FromPath[int],
) -> Response[Any]:
    """Show an earlier version, as it was released."""
    return await _report_page(request, actor, calamity, number)


async def _report_page(
    request: PageRequest, actor: Actor, calamity_id: str, number: int | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        calamity = await get_calamity(session, actor.municipality_id, calamity_id)
        versions = await reports.list_released(session, calamity_id)
        shown = versions[0] if versions else None
        if number is not None:
            shown = await reports.get_released(session, calamity_id, number)
        sheet = await sheet_in(session, house, actor, calamity_id, shown) if shown else None
    view = views.ReportPage(
        calamity=calamity_id,
        title=calamity.title,
        sheet=sheet,
        versions=tuple(
            views.VersionLine(each.number, each.released_at, each.released_by) for each in versions
        ),
        has_picture=shown is not None and shown.report.round_id is not None,
        closed=calamity.closed_at is not None,
    )
    return page(request, "report", await frame_of(request, calamity=calamity), view)


@get(PATHS["report_file"], guards=_SEE, name="report.file")
async def report_as_file(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    number: FromPath[int],
    form: FromPath[str],
) -> Response[Any]:
    """Answer with a released version as PDF, DOCX, plain text for LCMS, or GeoJSON."""
    return await report_file(house_of(request), actor, calamity, number, form)


@get(PATHS["report_draft"], guards=_WRITE, name="report.draft")
async def draft_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the draft; `?anew=1` puts what the timeline has now in its place, until it is saved."""
    return await _draft_page(request, actor, calamity)


async def _draft_page(
    request: PageRequest, actor: Actor, calamity_id: str, sent: "_Sent | None" = None
) -> Response[Any]:
    house, language = house_of(request), language_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        drafted = await draft_report(scene, session, house.timeline)
        kept = await reports.find_draft(session, calamity_id)
        last = await reports.last_released(session, calamity_id)
    is_fresh = kept is None or request.query_params.get("anew") == "1"
    report = drafted.report if kept is None or is_fresh else kept.report
    if sent is not None:
        report = sent.report
    view = views.DraftPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        sections=sections_of(report, last.report if last else None, language),
        team_only={heading.value: lines for heading, lines in drafted.team_only.items()},
        language=report.language,
        # Also after somebody else saved: what they wrote stands beside it, to be put together.
        revision=kept.revision if kept else 0,
        theirs=_differing(kept.report, report) if sent and kept and _is_older(sent, kept) else {},
        saved_at=kept.saved_at if kept else None,
        saved_by=kept.saved_by if kept else "",
        last=last.number if last else None,
        fresh=is_fresh and sent is None,
        form=sent.form if sent else Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "report_draft", frame, view, REFUSED if sent else 200)


def _is_older(sent: "_Sent", kept: reports.ReportDraft) -> bool:
    return sent.revision != kept.revision


def _differing(theirs: Report, ours: Report) -> dict[str, str]:
    """Return what somebody else saved, under the headings where it differs from our words."""
    return {
        heading.value: theirs.text(heading)
        for heading in Heading
        if theirs.text(heading) != tidied(ours.text(heading))
    }


class _Sent(Struct, frozen=True):
    """What came in and was refused: it is shown again, so that no word is lost."""

    report: Report
    revision: int
    form: Form


class _Written(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the draft."""

    revision: Annotated[int, Meta(ge=0)]
    language: Literal["nl", "en"]
    act: Literal["save", "release"]
    confirmed: bool = False
    mood: str = ""
    behaviour: str = ""
    questions: str = ""
    told: str = ""
    outlook: str = ""
    well: str = ""
    decision: str = ""
    unknown: str = ""


@post(PATHS["report_draft"], guards=_WRITE, status_code=200, name="report.write")
async def write_draft(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Save the draft, or save and release it: what stands on the screen is what is released."""
    house, language, at = house_of(request), language_of(request), now()
    given, form = parse_form(_Written, await form_of(request), language)
    if given is None:
        empty = Report("nl", {heading: form.value(heading) for heading in Heading})
        return await _draft_page(request, actor, calamity, _Sent(empty, 0, form))
    texts = {heading: getattr(given, heading) for heading in Heading}
    try:
        async with house.database.transaction() as session:
            draft = await writing.save_report(
                session, actor, calamity, NewReport(texts, given.language),
                revision=given.revision, at=at,
            )  # fmt: skip
            if given.act == "save":
                said = language.text("The draft is saved.")
                return see_other(request, path("report_draft", calamity=calamity), said)
            released = await writing.release_report(
                session, actor, calamity,
                revision=draft.revision, confirmed=given.confirmed, at=at,
            )  # fmt: skip
    except Mendable as error:
        form = wrong(form, error, language, at="revision")
        if isinstance(error, LookAgainAtReport):
            form.errors["confirmed"] = language.text("Confirm this below, or leave the name out.")
        sent = _Sent(Report(given.language, texts), given.revision, form)
        return await _draft_page(request, actor, calamity, sent)
    words = language.text("Version %(number)s is released.", number=released.number)
    return see_other(request, path("report", calamity=calamity), words)


REPORT = [report_page, report_version, report_as_file, draft_page, write_draft]
