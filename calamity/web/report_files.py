"""A released report in every form in which it leaves the house."""

import asyncio
from typing import Any, Literal

from litestar import Response
from msgspec import Struct

from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor
from calamity.store import reports, rounds
from calamity.store.calamities import get_calamity
from calamity.store.database import Session
from calamity.store.municipalities import Neighbourhood, get_municipality, list_neighbourhoods
from calamity.store.reports import Released
from calamity.store.rounds import PublishedPicture
from calamity.web.house import House
from calamity.web.language import Language
from calamity.web.report_document import as_docx
from calamity.web.report_geojson import as_geojson
from calamity.web.report_words import Sheet, as_text, facts_of, sheet_of, title_of
from calamity.web.typeset import typeset

FileForm = Literal["pdf", "docx", "lcms", "geojson"]
_TYPES: dict[FileForm, tuple[str, str]] = {
    "pdf": ("application/pdf", "pdf"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "lcms": ("text/plain", "txt"),
    "geojson": ("application/geo+json", "geojson"),
}


class _Found(Struct, frozen=True):
    """A released version with what its files need."""

    sheet: Sheet
    say: Language
    picture: PublishedPicture | None
    places: list[Neighbourhood]


async def sheet_in(
    session: Session, house: House, actor: Actor, calamity_id: str, released: Released
) -> Sheet:
    """Return a released version in the language in which it was written."""
    calamity = await get_calamity(session, actor.municipality_id, calamity_id)
    number = released.number
    before = await reports.get_released(session, calamity_id, number - 1) if number > 1 else None
    return sheet_of(
        released,
        before,
        Language(released.report.language, house.settings.zone),
        municipality=(await get_municipality(session, actor.municipality_id)).name,
        calamity=calamity.title,
        is_exercise=calamity.is_exercise,
    )


async def report_file(
    house: House, actor: Actor, calamity_id: str, number: int, form: str
) -> Response[Any]:
    """Answer with a released report as a file. Raises NotFound."""
    if form not in _TYPES:
        raise NotFound("A report has no such form.", field="form")
    found = await _find(house, actor, calamity_id, number)
    media_type, ending = _TYPES[form]
    content = await _made(found, form)
    name = f"report-{number}-{found.sheet.language}.{ending}"
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def _find(house: House, actor: Actor, calamity_id: str, number: int) -> _Found:
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        released = await reports.get_released(session, calamity_id, number)
        sheet = await sheet_in(session, house, actor, calamity_id, released)
        # Of the round that was the last one then: a later round says nothing about these words.
        round_id = released.report.round_id
        pictures = (
            await rounds.pictures_until(session, calamity_id, round_id, "officials", limit=1)
            if round_id
            else []
        )
        places = await list_neighbourhoods(session, actor.municipality_id)
    say = Language(sheet.language, house.settings.zone)
    return _Found(sheet, say, pictures[0] if pictures else None, places)


async def _made(found: _Found, form: FileForm) -> bytes:
    sheet, say = found.sheet, found.say
    if form == "pdf":
        return await typeset("report", _on_paper(sheet, say))
    if form == "docx":
        return await asyncio.to_thread(as_docx, sheet, say)
    if form == "lcms":
        return as_text(sheet, say).encode()
    if found.picture is None:
        raise NotFound("This report has no picture: no round had closed.", field="form")
    return await asyncio.to_thread(as_geojson, found.picture, found.places, say)


def _on_paper(sheet: Sheet, say: Language) -> dict[str, Any]:
    return {
        "language": sheet.language,
        "municipality": sheet.municipality,
        "title": title_of(sheet, say),
        "facts": list(facts_of(sheet, say)),
        "page": say.text("page"),
        "new": f"({say.text('new')})",
        "nothing": say.text("Nothing to report."),
        "sha256": sheet.sha256,
        "sections": [
            {"title": section.title, "lines": section.changes.lines} for section in sheet.sections
        ],
    }
