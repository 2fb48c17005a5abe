"""How one person can be reached, for who looks after them: number, e-mail address, check word."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.person import PersonDetails, check_stop, correct_person, known_person
from calamity.domain.audit import Deed
from calamity.domain.errors import CalamityError, Forbidden, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import masked
from calamity.store.people import Recipient
from calamity.web.api.gate import needs_one_of
from calamity.web.looks import note_look
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
from calamity.web.paths import PATHS, path
from calamity.web.views import people as views
from calamity.web.views.frame import Form

_MAY = needs_one_of(Permission.IMPORT, Permission.READ_REPLIES)


class _Typed(Struct, frozen=True):
    """The form: a blank number stays, a blank address or word is taken away."""

    phone: Annotated[str, Meta(max_length=40)] | None = None
    email: Annotated[str, Meta(max_length=80)] | None = None
    check_word: Annotated[str, Meta(max_length=20)] | None = None


@get(PATHS["person"], guards=[_MAY], name="people.person")
async def person_page(
    request: PageRequest, actor: NamedDependency[Actor], person: FromPath[str]
) -> Response[Any]:
    """Show how somebody can be reached."""
    return await _show(request, actor, person)


@post(PATHS["person"], guards=[_MAY], status_code=200, name="people.person.correct")
async def correct(
    request: PageRequest, actor: NamedDependency[Actor], person: FromPath[str]
) -> Response[Any]:
    """Correct how somebody can be reached."""
    language = language_of(request)
    typed, form = parse_form(_Typed, await form_of(request), language)
    if typed is None:
        return await _show(request, actor, person, form)
    details = PersonDetails(typed.phone, typed.email or "", typed.check_word or "")
    try:
        async with house_of(request).database.transaction() as session:
            await correct_person(session, actor, person, details)
    except (Forbidden, NotFound):
        raise
    except CalamityError as error:
        return await _show(request, actor, person, wrong(form, error, language))
    await note_look(
        house_of(request), actor, [person], where=PATHS["people"], deed=Deed.CHANGED_PERSON
    )
    return see_other(request, _back(actor, person), language.text("The change is kept."))


@post(PATHS["stop_checked"], guards=[_MAY], status_code=200, name="people.person.stop_checked")
async def stop_checked(
    request: PageRequest, actor: NamedDependency[Actor], person: FromPath[str]
) -> Response[Any]:
    """Note that somebody was phoned about a STOP from their number."""
    async with house_of(request).database.transaction() as session:
        await check_stop(session, actor, person, at=now())
    said = language_of(request).text("It is noted that you called.")
    return see_other(request, _back(actor, person), said)


def _back(actor: Actor, person: str) -> str:
    """Return from where this actor came: the network, or the conversation with a key figure."""
    if actor.may(Permission.IMPORT):
        return path("people")
    return path("conversation", key_figure=person)


async def _show(
    request: PageRequest, actor: Actor, person: str, form: Form | None = None
) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        found = await known_person(session, actor, person)
    if actor.may(Permission.READ_REPLIES):
        await note_look(house_of(request), actor, [person], where=PATHS["people"])
    view = views.Person(
        id=person,
        name=found.name,
        phone_masked=masked(found.phone),
        back=_back(actor, person),
        form=form or _as_kept(found),
    )
    here = "people" if actor.may(Permission.IMPORT) else "inbox"
    frame = await frame_of(request, here=here)
    return page(request, "person", frame, view, REFUSED if form else 200)


def _as_kept(found: Recipient) -> Form:
    return Form(values={"email": found.email, "check_word": found.check_word})


PERSON = [person_page, correct, stop_checked]
