"""Previews of a version: its timeline for a chosen T0, its texts, and the emergency folder."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.preview import TEAM, PreviewMessage, preview_texts, team_of_today
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Playbook
from calamity.domain.playbook.expected import Expected
from calamity.domain.preview import PlannedStep, in_order_of_time, moment_meant
from calamity.domain.texts import segments
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality
from calamity.store.playbooks import PlaybookVersion, find_version
from calamity.web.auth import needs
from calamity.web.folder import as_pdf, folder_of
from calamity.web.language import Language
from calamity.web.pages.frame import PageRequest, frame_of, house_of, language_of, now, page
from calamity.web.paths import PATHS
from calamity.web.views import previews as views
from calamity.web.views.start import PlannedText

_LEAST = 1.5
_SEE = [needs(Permission.SEE_PLAYBOOKS)]


async def _found(session: Session, actor: Actor, slug: str, number: int) -> PlaybookVersion:
    found = await find_version(session, actor.municipality_id, slug, number)
    if found is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return found


@get(PATHS["playbook_preview"], name="playbook.preview", guards=_SEE)
async def preview(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Show the steps in order of time for a chosen T0, and the texts per kind of recipient."""
    house, language = house_of(request), language_of(request)
    typed = request.query_params.get("at", "")
    t0, wrong = typed_moment(typed, language)
    async with house.database.reading() as session:
        found = await _found(session, actor, slug, version)
        texts = await preview_texts(session, house.terms, actor, found.playbook, at=t0)
    view = views.PreviewPage(
        slug=slug,
        version=version,
        title=found.playbook.title.in_language(language.code),
        t0=t0,
        t0_typed=typed or f"{language.local(t0):%Y-%m-%dT%H:%M}",
        wrong=wrong,
        phases=timeline_of(found.playbook, t0, language),
        texts=texts_of(texts, found.playbook, language),
    )
    frame = await frame_of(request, here="playbooks")
    return page(request, "playbook_preview", frame, view, 422 if wrong else 200)


def typed_moment(typed: str, language: Language) -> tuple[datetime, str]:
    """Return the T0 that a browser's field holds, or now; and what is wrong with what was typed."""
    if not typed:
        return now(), ""
    try:
        return moment_meant(datetime.fromisoformat(typed), language.timezone), ""
    except (ValueError, Refused):
        return now(), language.text("This is no day and time.")


def timeline_of(
    playbook: Playbook, t0: datetime, language: Language
) -> tuple[views.TimedPhase, ...]:
    """Return the timeline of a version or a draft, as `partials/preview_timeline.html` shows it."""
    plan = Expected(playbook, t0, language.timezone)
    steps: defaultdict[str, list[PlannedStep]] = defaultdict(list)
    for planned in in_order_of_time(playbook, t0, language.timezone):
        steps[planned.phase].append(planned)
    phases = []
    for phase in playbook.phases:
        begins = plan.instant(phase.starts)
        phases.append(
            views.TimedPhase(
                phase.title.in_language(language.code),
                begins.at if begins else t0,
                _timed(steps[phase.code], playbook, language),
            )
        )
    return tuple(phases)


def _timed(
    planned: Sequence[PlannedStep], playbook: Playbook, language: Language
) -> tuple[views.TimedStep, ...]:
    if not planned:
        return ()
    first = min(each.start_at for each in planned)
    whole = (max(each.due_at for each in planned) - first).total_seconds() or 1.0
    code = language.code
    return tuple(
        views.TimedStep(
            each.step.code,
            each.step.title.in_language(code),
            playbook.role(each.step.role).title.in_language(code),
            each.start_at,
            each.due_at,
            round(min((each.start_at - first).total_seconds() / whole * 100, 100 - _LEAST), 2),
            round(max((each.due_at - each.start_at).total_seconds() / whole * 100, _LEAST), 2),
            each.step.automatic,
            each.only_if.in_language(code) if each.only_if else "",
            each.repeats.in_language(code) if each.repeats and each.occurrence == 1 else "",
            each.occurrence,
            each.goes_on,
        )
        for each in planned
    )


def texts_of(
    messages: Sequence[PreviewMessage], playbook: Playbook, language: Language
) -> tuple[views.GroupTexts, ...]:
    """Return the texts of a version or a draft, as `partials/preview_texts.html` shows them."""
    return tuple(
        views.GroupTexts(
            each.message,
            each.kind.value,
            language.text("rapid team")
            if each.audience == TEAM
            else playbook.audience(each.audience).title.in_language(language.code),
            tuple(each.steps),
            tuple(
                PlannedText(
                    language=text.language,
                    people=text.recipients,
                    text=text.example,
                    characters=segments(text.example).units,
                    parts=text.parts,
                    alphabet="UCS-2" if text.encoding == "UCS-2" else "GSM-7",
                )
                for text in each.texts
            ),
            any(text.is_real for text in each.texts),
        )
        for each in messages
    )


@get(PATHS["folder"], name="playbook.folder", guards=_SEE)
async def folder(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Show the emergency folder as a page to print."""
    made = await _folder(request, actor, slug, version)
    view = views.FolderPage(slug=slug, version=version, folder=made)
    return page(request, "folder", await frame_of(request, here="playbooks"), view)


@get(PATHS["folder_pdf"], name="playbook.folder_pdf", guards=_SEE)
async def folder_pdf(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Answer with the emergency folder as a tagged PDF; with names for who may see people."""
    made = await _folder(
        request, actor, slug, version, with_names=request.query_params.get("names") == "yes"
    )
    return Response(
        await as_pdf(made),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{slug}-v{version}-{made.language}.pdf"',
            "Cache-Control": "no-store",
        },
    )


async def _folder(
    request: PageRequest, actor: Actor, slug: str, number: int, *, with_names: bool = False
) -> views.Folder:
    async with house_of(request).database.reading() as session:
        found = await _found(session, actor, slug, number)
        municipality = await get_municipality(session, actor.municipality_id)
        team = await team_of_today(session, actor) if with_names else []
    return folder_of(
        found.playbook, language_of(request), municipality.name, version=found, team=team, at=now()
    )


PREVIEWS = [preview, folder, folder_pdf]
