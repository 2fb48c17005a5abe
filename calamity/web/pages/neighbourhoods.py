"""Neighbourhoods: the map with who is known where, and bringing in a district file."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from calamity.actions.neighbourhoods import NeighbourhoodReport, import_neighbourhoods
from calamity.domain.districts import DistrictFault, DistrictFaults, short_name
from calamity.domain.errors import CalamityError
from calamity.domain.permissions import Actor, Permission
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.network import list_circles
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.maps import draw
from calamity.web.pages.forms import LARGEST_UPLOAD
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    upload_of,
    wrong,
)
from calamity.web.paths import PATHS
from calamity.web.refusals import in_words
from calamity.web.views import people as views
from calamity.web.views.frame import Form


@get(PATHS["neighbourhoods"], name="neighbourhoods", guards=[needs(Permission.SEE_NEIGHBOURHOODS)])
async def neighbourhoods(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the neighbourhoods on a map and in a table."""
    return await _show(request, actor)


@post(
    PATHS["neighbourhoods_import"],
    name="neighbourhoods.import",
    guards=[needs(Permission.IMPORT)],
    request_max_body_size=LARGEST_UPLOAD,
    status_code=200,
)
async def take_in(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Take in a district file, or say what is wrong with it; then nothing was changed."""
    language = language_of(request)
    try:
        _, data = await upload_of(request, "file")
        async with house_of(request).database.transaction() as session:
            report = await import_neighbourhoods(session, actor, data, at=now())
    except DistrictFaults as faults:
        problems = [_problem(fault, language) for fault in faults.faults]
        return await _show(request, actor, problems=problems, status=422)
    except CalamityError as error:
        return await _show(request, actor, form=wrong(Form(), error, language), status=422)
    return await _show(request, actor, report=_lines(report, language))


def _problem(fault: DistrictFault, language: Language) -> str:
    if fault.feature and fault.code:
        place = language.text("Feature %(n)s (%(code)s)", n=fault.feature, code=fault.code)
    elif fault.feature:
        place = language.text("Feature %(n)s", n=fault.feature)
    else:
        place = language.text("File")
    return f"{place}: {said_of(fault.problem, language)} {said_of(fault.cure, language)}"


def said_of(words: str, language: Language) -> str:
    """Return a sentence of ours in the reader's language, or as it is."""
    return in_words(words, language) or words


def _lines(report: NeighbourhoodReport, language: Language) -> list[str]:
    counts = language.text(
        "%(added)s new, %(changed)s changed, %(same)s the same.",
        added=report.added,
        changed=report.changed,
        same=report.same,
    )
    return [counts, *(said_of(note, language) for note in report.notes)]


async def _show(
    request: PageRequest,
    actor: Actor,
    *,
    form: Form | None = None,
    problems: Sequence[str] = (),
    report: Sequence[str] = (),
    status: int = 200,
) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        places = await list_neighbourhoods(session, actor.municipality_id)
        circles = await list_circles(session, actor.municipality_id, now().date())
    viewbox, shapes = draw({place.code: msgspec.json.decode(place.geometry) for place in places})
    view = views.Neighbourhoods(
        neighbourhoods=tuple(
            views.NeighbourhoodLine(
                each.code, short_name(each.name), each.key_figures, each.professionals
            )
            for each in circles
        ),
        shapes=tuple(
            (
                short_name(place.name),
                shapes[place.code].d,
                shapes[place.code].x,
                shapes[place.code].y,
            )
            for place in places
        ),
        viewbox=viewbox,
        problems=tuple(problems),
        report=tuple(report),
        form=form or Form(),
    )
    return page(
        request, "neighbourhoods", await frame_of(request, here="neighbourhoods"), view, status
    )


NEIGHBOURHOODS = [neighbourhoods, take_in]
