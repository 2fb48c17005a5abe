"""People: the team by name, the key figures in counts, and bringing in a file of them."""

from collections import defaultdict
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from calamity.actions.bindings import sheet_of_missing
from calamity.actions.people import LineReport, PeopleFaults, PeopleReport, import_people
from calamity.domain.districts import short_name
from calamity.domain.errors import CalamityError
from calamity.domain.people_file import LineFault
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import masked
from calamity.store.database import Session
from calamity.store.network import Circle, list_circles
from calamity.store.numbers import WrongNumber, wrong_numbers
from calamity.store.people import ResponderLine, list_recipients, list_responders
from calamity.store.playbooks import list_versions
from calamity.store.stops import Unchecked, unchecked_of_others
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import LARGEST_UPLOAD
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    typed_in,
    upload_of,
    wrong,
)
from calamity.web.pages.neighbourhoods import said_of
from calamity.web.pages.why import why_check_stop, why_no_texts
from calamity.web.paths import PATHS
from calamity.web.views import people as views
from calamity.web.views.frame import Form

_MOST_LINES = 500
_ORDER = {"bad": 0, "skipped": 1, "changed": 2, "added": 3, "same": 4}


@get(PATHS["people"], name="people", guards=[needs(Permission.SEE_PEOPLE)])
async def people(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show the network."""
    return await _show(request, actor)


@post(
    PATHS["people_import"],
    name="people.import",
    guards=[needs(Permission.IMPORT)],
    request_max_body_size=LARGEST_UPLOAD,
    status_code=200,
)
async def take_in(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Take in a file of people: all lines or none, unless bad lines are to be skipped."""
    language, filename = language_of(request), ""
    sent = await form_of(request)
    try:
        filename, data = await upload_of(request, "file")
        async with house_of(request).database.transaction() as session:
            report = await import_people(
                session, actor, data, skip_bad=bool(sent.get("skip_bad")), at=now()
            )
    except PeopleFaults as faults:
        shown = _faults(filename, faults, language)
        return await _show(request, actor, report=shown, form=typed_in(sent), status=422)
    except CalamityError as error:
        return await _show(request, actor, form=wrong(typed_in(sent), error, language), status=422)
    return await _show(request, actor, report=_report(filename, report, language))


@get(PATHS["people_sheet"], name="people.sheet", guards=[needs(Permission.IMPORT)])
async def sheet(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Answer with a sheet to fill in: a line for everyone whom our playbooks still lack."""
    async with house_of(request).database.reading() as session:
        data = await sheet_of_missing(session, actor)
    name = language_of(request).text("people-to-fill-in.csv")
    return Response(
        data.encode(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _report(filename: str, report: PeopleReport, language: Language) -> views.ImportReport:
    lines = sorted(report.lines, key=lambda line: (_ORDER[line.result], line.line))
    return views.ImportReport(
        filename=filename,
        stored=True,
        lines=tuple(_line(line, language) for line in lines[:_MOST_LINES]),
        more=max(0, len(lines) - _MOST_LINES),
        counts=(report.added, report.changed, report.same, report.bad + report.skipped),
        notes=tuple(said_of(note, language) for note in report.notes),
    )


def _line(line: LineReport, language: Language) -> views.ImportLine:
    faults = " ".join(_words(fault, language) for fault in line.faults)
    return views.ImportLine(
        line=line.line,
        outcome="new" if line.result == "added" else line.result,
        kind=line.kind,
        phone=line.shown,
        message=faults or said_of(line.note, language),
    )


def _faults(filename: str, faults: PeopleFaults, language: Language) -> views.ImportReport:
    by_line: defaultdict[int, list[LineFault]] = defaultdict(list)
    for fault in faults.faults:
        by_line[fault.line].append(fault)
    lines = [
        views.ImportLine(
            line=line,
            outcome="bad",
            message=" ".join(_words(fault, language) for fault in found),
        )
        for line, found in sorted(by_line.items())
    ]
    return views.ImportReport(
        filename=filename,
        stored=False,
        lines=tuple(lines[:_MOST_LINES]),
        more=max(0, len(lines) - _MOST_LINES),
        counts=(0, 0, 0, len(lines)),
    )


def _words(fault: LineFault, language: Language) -> str:
    place = f"{fault.column}: " if fault.column else ""
    return f"{place}{said_of(fault.problem, language)} {said_of(fault.cure, language)}"


async def _show(
    request: PageRequest,
    actor: Actor,
    *,
    report: views.ImportReport | None = None,
    form: Form | None = None,
    status: int = 200,
) -> Response[Any]:
    language = language_of(request)
    async with house_of(request).database.reading() as session:
        team = await _team(session, actor, language)
        circles = await list_circles(session, actor.municipality_id, now().date())
        stopped = await unchecked_of_others(session, actor.municipality_id)
        wrong_ones = await wrong_numbers(session, actor.municipality_id)
    view = views.People(
        responders=team,
        professionals=sum(circle.professionals for circle in circles),
        circles=tuple(_circle(circle) for circle in circles if circle.key_figures),
        stops=tuple(_stop(each, language) for each in stopped),
        wrong_numbers=tuple(
            _wrong(each, language) for each in wrong_ones if not each.is_key_figure
        ),
        wrong_key_figures=sum(each.is_key_figure for each in wrong_ones),
        report=report,
        form=form or Form(),
    )
    return page(request, "people", await frame_of(request, here="people"), view, status)


def _stop(each: Unchecked, language: Language) -> views.WrongNumberLine:
    words = why_check_stop(each.since, language)
    return views.WrongNumberLine(each.name, masked(each.phone), words, each.recipient_id)


def _wrong(each: WrongNumber, language: Language) -> views.WrongNumberLine:
    words = why_no_texts(each.since, each.code, language)
    return views.WrongNumberLine(each.name, masked(each.phone), words, each.recipient_id)


def _circle(circle: Circle) -> views.CircleLine:
    return views.CircleLine(
        neighbourhood=short_name(circle.name),
        key_figures=circle.key_figures,
        agreed_to_ask=circle.agreed_to_ask,
        expiring=circle.expiring + circle.expired,
    )


async def _team(session: Session, actor: Actor, language: Language) -> tuple[views.PersonLine, ...]:
    lines = await list_responders(session, actor.municipality_id)
    people = await list_recipients(session, (line.recipient_id for line in lines))
    titles = {
        role.code: role.title.in_language(language.code)
        for version in reversed(await list_versions(session, actor.municipality_id))
        for role in version.playbook.roles
    }
    by_person: defaultdict[str, list[ResponderLine]] = defaultdict(list)
    for line in lines:
        by_person[line.recipient_id].append(line)
    return tuple(
        views.PersonLine(
            name=found[0].name,
            roles=tuple(titles.get(each.role, each.role) for each in found if each.rank == 1),
            deputy_of=tuple(titles.get(each.role, each.role) for each in found if each.rank > 1),
            phone_masked=masked(people[person].phone),
            language=people[person].language,
            active=not found[0].is_stopped,
            id=person,
            email=people[person].email,
        )
        for person, found in by_person.items()
    )


PEOPLE = [people, sheet, take_in]
