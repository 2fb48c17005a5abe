"""The situation report: its draft, releasing it, and the versions that were released."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions import report as writing
from calamity.domain.permissions import Actor, Permission
from calamity.domain.report import Heading, Report, changes
from calamity.store import reports
from calamity.store.calamities import get_calamity
from calamity.store.database import Session
from calamity.store.reports import Released
from calamity.web.api.calamities import created
from calamity.web.auth import needs
from calamity.web.house import House, now
from calamity.web.language import Language
from calamity.web.pages.scene import scene_for
from calamity.web.report_draft import draft_report
from calamity.web.report_files import FileForm, report_file

_PATH = "/calamities/{calamity_id:str}/reports"
_DRAFT = "/calamities/{calamity_id:str}/report-draft"


class Section(Struct, frozen=True, rename="camel"):
    """One heading: its words, how long they are, and what the version before did not have."""

    heading: Heading
    text: str
    length: int
    new_lines: list[str]
    gone_lines: list[str]


class ReportVersion(Struct, frozen=True, rename="camel"):
    """A released version of the situation report. It never changes."""

    number: int
    language: Literal["nl", "en"]
    sha256: str
    released_by: str
    released_at: datetime
    valid_until: datetime | None
    sections: list[Section]


class ReportVersions(Struct, frozen=True):
    """The released versions, the newest first."""

    reports: list[ReportVersion]


class Draft(Struct, frozen=True, rename="camel"):
    """The draft. *revision* is 0, and nobody saved it, while it is only what the timeline says."""

    revision: int
    language: Literal["nl", "en"]
    saved_by: str | None
    saved_at: datetime | None
    sections: list[Section]
    team_only: dict[Heading, list[str]]
    """What only the team sees, to be said in one's own words or not at all."""


class NewDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """The words by heading, and the revision on which they rest."""

    revision: Annotated[int, Meta(ge=0)]
    texts: dict[Heading, str]
    language: Literal["nl", "en"] = "nl"


class NewRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """Which revision is released; *confirmed* says that no name stands in it by mistake."""

    revision: Annotated[int, Meta(ge=1)]
    confirmed: bool = False


def _sections(report: Report, before: Report | None) -> list[Section]:
    return [
        Section(
            heading,
            report.text(heading),
            len(report.text(heading)),
            [line.text for line in found.lines if line.is_new],
            list(found.gone),
        )
        for heading, found in changes(before, report).items()
    ]


def _version(released: Released, before: Released | None) -> ReportVersion:
    return ReportVersion(
        released.number,
        released.report.language,
        released.sha256,
        released.released_by,
        released.released_at,
        released.report.next_update_at,
        _sections(released.report, before.report if before else None),
    )


@get(_PATH, guards=[needs(Permission.SEE_TIMELINE)], name="api.reports.list")
async def list_versions(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> ReportVersions:
    """List the released versions of the situation report."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        found = await reports.list_released(session, calamity_id)
    befores = [*found[1:], None]
    return ReportVersions(
        [_version(each, before) for each, before in zip(found, befores, strict=False)]
    )


async def version_of(
    session: Session, actor: Actor, calamity_id: str, number: int
) -> tuple[Released, Released | None]:
    """Return a released version and the one before it. Raises NotFound."""
    await get_calamity(session, actor.municipality_id, calamity_id)
    found = await reports.get_released(session, calamity_id, number)
    before = await reports.get_released(session, calamity_id, number - 1) if number > 1 else None
    return found, before


@get(_PATH + "/{number:int}", guards=[needs(Permission.SEE_TIMELINE)], name="api.reports.get")
async def get_version(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    number: FromPath[int],
) -> ReportVersion:
    """Return one released version, with what is new in it."""
    async with house.database.reading() as session:
        return _version(*await version_of(session, actor, calamity_id, number))


@get(
    _PATH + "/{number:int}/files/{form:str}",
    guards=[needs(Permission.SEE_TIMELINE)],
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="application/octet-stream",
            description="The report as a file.",
        )
    },
    name="api.reports.file",
)
async def get_file(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    number: FromPath[int],
    form: FromPath[FileForm],
) -> Response[Any]:
    """Return a released version as `pdf` (PDF/UA), `docx`, `lcms` (plain text) or `geojson`."""
    return await report_file(house, actor, calamity_id, number, form)


async def _draft(
    house: House, actor: Actor, calamity_id: str, language: str, *, anew: bool = False
) -> Draft:
    say = Language(language, house.settings.zone)
    async with house.database.reading() as session:
        scene = await scene_for(house, say, session, actor, calamity_id=calamity_id)
        drafted = await draft_report(scene, session, house.timeline)
        kept = await reports.find_draft(session, calamity_id)
        last = await reports.last_released(session, calamity_id)
    report = drafted.report if kept is None or anew else kept.report
    return Draft(
        revision=kept.revision if kept else 0,
        language=report.language,
        saved_by=kept.saved_by if kept else None,
        saved_at=kept.saved_at if kept else None,
        sections=_sections(report, last.report if last else None),
        team_only=drafted.team_only,
    )


@get(_DRAFT, guards=[needs(Permission.WRITE_REPORT)], name="api.reports.draft")
async def get_draft(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    anew: Annotated[bool, QueryParameter()] = False,
    language: Annotated[Literal["nl", "en"], QueryParameter()] = "nl",
) -> Draft:
    """Return the draft; before anybody saved one, or with `anew`, what the timeline drafts now."""
    return await _draft(house, actor, calamity_id, language, anew=anew)


@put(_DRAFT, guards=[needs(Permission.WRITE_REPORT)], name="api.reports.save")
async def save_draft(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewDraft],
) -> Draft:
    """Save the draft on top of the revision that was read."""
    async with house.database.transaction() as session:
        await writing.save_report(
            session, actor, calamity_id, writing.NewReport(data.texts, data.language),
            revision=data.revision, at=now(),
        )  # fmt: skip
    return await _draft(house, actor, calamity_id, data.language)


@post(_PATH, guards=[needs(Permission.RELEASE_REPORT)], name="api.reports.release")
async def release(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewRelease],
) -> Response[ReportVersion]:
    """Release a revision of the draft as the next version; officials read it from then on."""
    async with house.database.transaction() as session:
        released = await writing.release_report(
            session, actor, calamity_id,
            revision=data.revision, confirmed=data.confirmed, at=now(),
        )  # fmt: skip
        version = _version(*await version_of(session, actor, calamity_id, released.number))
    return created(version, f"/v1/calamities/{calamity_id}/reports/{version.number}")


router = Router(
    "/",
    route_handlers=[list_versions, get_version, get_file, get_draft, save_draft, release],
    tags=["Situation report"],
)
