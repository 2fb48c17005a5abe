"""The check-in form for professionals: by a link of one's own, or with an account.

Whoever has the link has the form: the token in it is the secret, so it is not guarded against
forged forms, shows nobody's answers, and works until the round is closed.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from calamity.actions import check_in as acts
from calamity.domain.errors import CalamityError, Conflict, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store import rounds
from calamity.store.rounds import Form as Place
from calamity.store.sent_forms import is_first
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forgery import KEY_IN_LINK
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
from calamity.web.views import check_in as views
from calamity.web.views import frame as frames
from calamity.web.views.frame import Form
from calamity.web.views.start import Neighbourhood

_NAMES = {"goes_well": "well", "advice": "advice", "mood": "mood"}
_OPEN = {KEY_IN_LINK: True}


class _Filled(Struct, frozen=True, forbid_unknown_fields=True):
    """The form as a browser sends it."""

    gate: Literal["no", "yes"]
    mood: str
    direction: str = "first-time"
    sources: list[str] = []
    signals: list[str] = []
    needs: list[str] = []
    well: str = ""
    advice: str = ""
    certainty: str = "2"
    neighbourhood: str = ""
    idempotency_key: str = ""


class _Way(Struct, frozen=True):
    """How somebody came to the form: by the link or by the account."""

    place: Place
    form: str
    thanks: str
    danger: str


async def _by_link(request: PageRequest, token: str) -> _Way:
    async with house_of(request).database.reading() as session:
        place = await acts.place_of_form(session, token)
    return _Way(
        place,
        path("link_form", token=token),
        path("link_thanks", token=token),
        path("link_danger", token=token),
    )


async def _by_account(request: PageRequest, actor: Actor, round_id: str) -> _Way:
    place = None
    if actor.recipient_id is not None:
        async with house_of(request).database.reading() as session:
            place = await rounds.find_form_of(session, round_id, actor.recipient_id)
    if place is None or place.municipality_id != actor.municipality_id:
        raise NotFound("You were not asked in this round.", field="round")
    return _Way(
        place,
        path("check_in", round=round_id),
        path("check_in_thanks", round=round_id),
        path("check_in_danger", round=round_id),
    )


async def _frame(request: PageRequest, way: _Way) -> frames.Frame:
    frame = await frame_of(request)
    if not way.place.is_exercise:
        return frame
    return msgspec.structs.replace(frame, exercise=frames.Exercise(way.place.calamity_title))


async def _show(request: PageRequest, way: _Way, form: Form | None = None) -> Response[Any]:
    place = way.place
    async with house_of(request).database.reading() as session:
        earlier = await rounds.answered_at(session, place.round_id, place.recipient_id)
    view = views.CheckInForm(
        round=place.round_id,
        title=place.calamity_title,
        closes_at=place.closes_at,
        neighbourhoods=(Neighbourhood(place.neighbourhood_code, place.neighbourhood),),
        action=way.form,
        danger=way.danger,
        own_neighbourhood=place.neighbourhood_code,
        closed=_is_over(place),
        earlier_at=earlier,
        form=form or Form(),
    )
    return page(request, "check_in", await _frame(request, way), view, REFUSED if form else 200)


def _is_over(place: Place) -> bool:
    return place.is_closed or place.closes_at <= now()


async def _take_in(request: PageRequest, way: _Way) -> Response[Any]:
    """Take in a form; direct danger ends it before anything is read, and nothing is stored."""
    sent, language = await form_of(request), language_of(request)
    if sent.get("gate", [""])[-1] == "yes":
        return see_other(request, way.danger)
    given, form = parse_form(_Filled, sent, language)
    form = _with_own_words(form, language)
    if given is None or form.errors:
        return await _show(request, way, form)
    try:
        filled = msgspec.convert(_fields(given), acts.CheckInForm, strict=False)
    except msgspec.ValidationError:
        words = language.text("This form cannot be read. Open the page again.")
        return await _show(request, way, _with(form, {"mood": words}))
    at, by = now(), f"{way.place.round_id} {way.place.recipient_id}"
    try:
        async with house_of(request).database.transaction() as session:
            if await is_first(session, by=by, key=given.idempotency_key, at=at):
                await acts.fill_in_form(session, way.place, filled, at=at)
    except Conflict:
        return await _closed(request, way)
    except CalamityError as error:
        return await _show(request, way, wrong(form, error, language, _NAMES, at="mood"))
    return see_other(request, way.thanks)


async def _closed(request: PageRequest, way: _Way) -> Response[Any]:
    place = msgspec.structs.replace(way.place, is_closed=True)
    return await _show(request, msgspec.structs.replace(way, place=place))


def _fields(given: _Filled) -> Mapping[str, Any]:
    return {
        "mood": given.mood,
        "direction": given.direction,
        "source": given.sources,
        "signals": given.signals,
        "needs": given.needs,
        "goes_well": given.well,
        "advice": given.advice,
        "certainty": given.certainty,
    }


def _with_own_words(form: Form, language: Language) -> Form:
    """Say what to do about the questions that need an answer in words of their own."""
    words = {
        "gate": language.text("Answer this first: yes or no."),
        "mood": language.text("Choose how the mood is, or: I do not know."),
    }
    return _with(form, {name: words[name] for name in words if name in form.errors})


def _with(form: Form, errors: dict[str, str]) -> Form:
    return Form(form.values, form.chosen, {**form.errors, **errors})


async def _thank(request: PageRequest, way: _Way) -> Response[Any]:
    view = views.CheckInThanks(
        round=way.place.round_id,
        title=way.place.calamity_title,
        closes_at=way.place.closes_at,
        neighbourhood=way.place.neighbourhood,
        form=way.form,
    )
    return page(request, "check_in_thanks", await _frame(request, way), view)


async def _danger(request: PageRequest, way: _Way) -> Response[Any]:
    view = views.CheckInDanger(round=way.place.round_id, form=way.form)
    return page(request, "check_in_danger", await _frame(request, way), view)


@get(PATHS["link_form"], opt=_OPEN, name="check_in.link")
async def link_form(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Show the form to whoever has the link; nothing happens by looking."""
    return await _show(request, await _by_link(request, token))


@post(PATHS["link_form"], opt=_OPEN, status_code=200, name="check_in.link.fill_in")
async def fill_in_by_link(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Take in the form of whoever has the link."""
    return await _take_in(request, await _by_link(request, token))


@get(PATHS["link_thanks"], opt=_OPEN, name="check_in.link.thanks")
async def link_thanks(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Thank, and say what happens with it."""
    return await _thank(request, await _by_link(request, token))


@get(PATHS["link_danger"], opt=_OPEN, name="check_in.link.danger")
async def link_danger(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Say whom to call; the form is gone."""
    return await _danger(request, await _by_link(request, token))


@post(PATHS["link_danger"], opt=_OPEN, status_code=200, name="check_in.link.called")
async def called_by_link(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Leave the form for 112; what it held is not read."""
    return see_other(request, (await _by_link(request, token)).danger)


@get(PATHS["check_in"], guards=[needs(Permission.CHECK_IN)], name="check_in.form")
async def account_form(
    request: PageRequest,
    actor: NamedDependency[Actor],
    round: FromPath[str],
) -> Response[Any]:
    """Show the form to a professional who is signed in."""
    return await _show(request, await _by_account(request, actor, round))


@post(
    PATHS["check_in"],
    guards=[needs(Permission.CHECK_IN)],
    status_code=200,
    name="check_in.fill_in",
)
async def fill_in_by_account(
    request: PageRequest,
    actor: NamedDependency[Actor],
    round: FromPath[str],
) -> Response[Any]:
    """Take in the form of a professional who is signed in."""
    return await _take_in(request, await _by_account(request, actor, round))


@get(PATHS["check_in_thanks"], guards=[needs(Permission.CHECK_IN)], name="check_in.thanks")
async def account_thanks(
    request: PageRequest,
    actor: NamedDependency[Actor],
    round: FromPath[str],
) -> Response[Any]:
    """Thank, and say what happens with it."""
    return await _thank(request, await _by_account(request, actor, round))


@get(PATHS["check_in_danger"], guards=[needs(Permission.CHECK_IN)], name="check_in.danger")
async def account_danger(
    request: PageRequest,
    actor: NamedDependency[Actor],
    round: FromPath[str],
) -> Response[Any]:
    """Say whom to call; the form is gone."""
    return await _danger(request, await _by_account(request, actor, round))


@post(
    PATHS["check_in_danger"],
    guards=[needs(Permission.CHECK_IN)],
    status_code=200,
    name="check_in.called",
)
async def called_by_account(
    request: PageRequest,
    actor: NamedDependency[Actor],
    round: FromPath[str],
) -> Response[Any]:
    """Leave the form for 112; what it held is not read."""
    return see_other(request, (await _by_account(request, actor, round)).danger)


CHECK_INS = [
    link_form, fill_in_by_link, link_thanks, link_danger, called_by_link, account_form,
    fill_in_by_account, account_thanks, account_danger, called_by_account,
]  # fmt: skip
