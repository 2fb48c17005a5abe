"""A second official who writes to a key figure: the contact person is named first, and told why."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.write import acquaintance, calamity_at_hand
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store import conversations
from calamity.store.people import contact_of_key_figure, list_key_figures, list_recipients
from calamity.web.auth import needs
from calamity.web.looks import note_look
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.text_check import text_check
from calamity.web.pages.why import why_no_texts
from calamity.web.pages.writing import Taken, take_words
from calamity.web.paths import PATHS, path
from calamity.web.views import people as views

_DAY = timedelta(hours=24)


@get(PATHS["key_figures"], guards=[needs(Permission.WRITE_AS_SECOND)], name="people.key_figures")
async def key_figures_page(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """List the key figures by name, each with their contact person and without a number."""
    house = house_of(request)
    async with house.database.reading() as session:
        lines = await list_key_figures(session, actor.municipality_id)
    about = [line.recipient_id for line in lines]
    await note_look(house, actor, about, where=PATHS["key_figures"])
    view = views.KeyFigures(
        tuple(
            views.KeyFigureLine(
                id=line.recipient_id,
                name=line.name,
                neighbourhood=line.neighbourhood,
                language=line.language,
                contact=line.contact_person,
                stopped=line.is_stopped,
            )
            for line in lines
        )
    )
    return page(request, "key_figures", await frame_of(request, here="people"), view)


@get(
    PATHS["second_writer"],
    guards=[needs(Permission.WRITE_AS_SECOND)],
    name="people.second_writer",
)
async def second_writer_page(
    request: PageRequest, actor: NamedDependency[Actor], person: FromPath[str]
) -> Response[Any]:
    """Show who the contact person is, and a form to write all the same."""
    return await _show(request, actor, person, Taken())


@post(
    PATHS["second_writer"],
    guards=[needs(Permission.WRITE_AS_SECOND)],
    status_code=200,
    name="people.second_writer.write",
)
async def write_as_second(
    request: PageRequest, actor: NamedDependency[Actor], person: FromPath[str]
) -> Response[Any]:
    """Write one SMS to the key figure of a colleague, with a reason."""
    taken = await take_words(request, actor, person)
    if taken.said is None:
        # After the transaction: the look that the page is has one of its own.
        return await _show(request, actor, person, taken)
    return see_other(request, path("key_figures"), taken.said)


async def _show(request: PageRequest, actor: Actor, who: str, taken: Taken) -> Response[Any]:
    house, language = house_of(request), language_of(request)
    async with house.database.reading() as session:
        known = await acquaintance(session, actor, who)
        person = (await list_recipients(session, [who]))[who]
        contact = await contact_of_key_figure(session, who)
        if contact is None:
            raise NotFound("You do not know this key figure.", field="key-figure")
        calamity = await calamity_at_hand(session, actor.municipality_id, who)
        wrote = await conversations.contact_wrote(session, who, now() - _DAY)
    await note_look(
        house, actor, [who], where=PATHS["key_figures"],
        calamity_id=calamity.id if calamity else None,
    )  # fmt: skip
    view = views.SecondWriter(
        key_figure=who,
        name=person.name,
        neighbourhood=known.neighbourhood,
        language=person.language,
        contact=contact.name,
        contact_wrote=wrote,
        stopped=person.stopped_at is not None,
        no_texts=why_no_texts(known.number_failed_at, known.number_error, language),
        check=text_check(taken.draft) if taken.draft else None,
        form=taken.form,
    )
    frame = await frame_of(request, here="people", calamity=calamity)
    return page(request, "second_writer", frame, view, REFUSED if taken.form.errors else 200)


SECOND_WRITER = [key_figures_page, second_writer_page, write_as_second]
