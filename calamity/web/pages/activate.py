"""Activating a playbook in the browser: choose, fill in, see it all, confirm. Never twice.

Between the steps everything travels in the form and is read anew each time; the key of the request
is made when the form is first shown, so whatever is sent twice activates once.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, structs

from calamity.actions.activate import activate
from calamity.actions.plan import plan
from calamity.domain.activation import ActivationRequest
from calamity.domain.errors import CalamityError
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import Plan
from calamity.domain.playbook_life import VersionState
from calamity.domain.proposal import in_words, propose_level
from calamity.domain.texts import spelled_plainly
from calamity.store.calamities import (
    find_activation_by_key,
    is_on_watch,
    last_meeting_place,
    open_calamity,
)
from calamity.store.database import Session, is_clash
from calamity.store.ids import new_id
from calamity.store.municipalities import Neighbourhood, list_neighbourhoods
from calamity.store.people import ResponderLine, list_responders
from calamity.store.playbooks import PlaybookVersion, list_versions, usable_version
from calamity.store.tables import CalamityRow
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.activation_form import (
    ANSWER,
    Filled,
    answers_in,
    knows_little,
    next_time,
    one,
    read_form,
    request_of,
)
from calamity.web.pages.activation_warnings import in_texts, out_of_use, people_and_hours
from calamity.web.pages.forms import TOKEN, number_in
from calamity.web.pages.frame import (
    PageRequest,
    Sent,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
    typed_in,
    wrong,
)
from calamity.web.pages.names import names_of
from calamity.web.pages.plan import plan_view
from calamity.web.pages.playbooks import by_scenario, card_of, newest_approved, newest_retired
from calamity.web.paths import PATHS, path
from calamity.web.views import start as views
from calamity.web.views.frame import Exercise, Flash, Form

log = structlog.get_logger(__name__)

_KEY = "idempotency_key"
# What the coordinator types and people read.
_TYPED = ("incident", "incident_en", "place")
# What a link to the form may choose beforehand; the person still sees and sends it.
_PRESET = ("exercise", "tempo")
# How the form calls what the actions name differently.
_NAMES = {
    "although_retired": "although",
    "levels": "social_level_reason",
    "social": "social_level",
    "social_reason": "social_level_reason",
    "threat": "threat_level",
    "threat_reason": "threat_level_reason",
    "affected": "neighbourhoods",
    "answers": "questions",
    "calamity": "title",
    "slug": "title",
    "version": "title",
    "time": "meeting_time",
    "meeting_at": "meeting_time",
}


class Stage(Struct, frozen=True):
    """What the form stands on; *calamity* is the one that the playbook is added to."""

    version: PlaybookVersion
    places: list[Neighbourhood]
    names: dict[str, str]
    team: list[ResponderLine]
    calamity: CalamityRow | None


@get(PATHS["activate"], name="activate", guards=[needs(Permission.ACTIVATE)])
async def choose_playbook(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Ask what happened: choose a playbook."""
    language, at = language_of(request), now()
    async with house_of(request).database.reading() as session:
        versions = await list_versions(session, actor.municipality_id)
        names = await names_of(session, actor.municipality_id)
        calamity = await _calamity(session, actor, request.query_params.get("calamity"))
    ready, retired = by_scenario(newest_approved(versions)), by_scenario(newest_retired(versions))
    view = views.ChoosePlaybook(
        playbooks=tuple(card_of(each, names, language, at) for each in ready),
        retired=tuple(card_of(each, names, language, at) for each in retired),
        calamity=_open(calamity),
    )
    return page(request, "activate", await frame_of(request, calamity=calamity), view)


@get(PATHS["activate_form"], name="activate.form", guards=[needs(Permission.ACTIVATE)])
async def empty_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Show the form, with the key that makes sending it twice harmless."""
    asked = {name: [value] for name, value in request.query_params.items()}
    stage = await _stage(request, actor, slug, asked)
    meeting = _first_meeting(now().astimezone(house_of(request).settings.zone))
    asked_for = {name: asked[name][0] for name in _PRESET if name in asked}
    async with house_of(request).database.reading() as session:
        place = await last_meeting_place(session, actor.municipality_id)
    values = asked_for | {_KEY: new_id(), "place": place, "meeting_time": f"{meeting:%H:%M}"}
    return await _show(request, stage, Form(values=values))


def _first_meeting(at: datetime) -> datetime:
    """Propose the quarter of an hour after an hour from now: a field less to fill in."""
    hour = at + timedelta(hours=1)
    return hour + timedelta(minutes=-hour.minute % 15)


@post(
    PATHS["activate_form"],
    name="activate.back",
    guards=[needs(Permission.ACTIVATE)],
    status_code=200,
)
async def filled_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Show the form again with all that was filled in, to change something."""
    sent = await form_of(request)
    stage = await _stage(request, actor, slug, sent)
    return await _show(request, stage, typed_in(sent))


@post(
    PATHS["activate_review"],
    name="activate.review",
    guards=[needs(Permission.ACTIVATE)],
    status_code=200,
)
async def review(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Show who would get which words. Nothing happens yet."""
    sent = await form_of(request)
    if sent.pop("plain", None):
        for field in _TYPED:
            sent[field] = [spelled_plainly(words) for words in sent.get(field, [])]
    stage = await _stage(request, actor, slug, sent)
    filled, form = _read(sent, stage, language_of(request))
    if filled is None:
        return await _show(request, stage, form, 422)
    house, at = house_of(request), now()
    asked = _asked(request, filled, stage, at)
    try:
        async with house.database.reading() as session:
            planned = await plan(session, house.terms, actor, asked, at=at)
    except CalamityError as error:
        return await _show(request, stage, wrong(form, error, language_of(request), _NAMES), 422)
    return await _show_review(request, stage, filled, sent, planned)


@post(
    PATHS["activate_confirm"],
    name="activate.confirm",
    guards=[needs(Permission.ACTIVATE)],
    status_code=303,
)
async def confirm(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Activate, once, and go to the room."""
    sent, language = await form_of(request), language_of(request)
    key = one(sent, _KEY) or ""
    if before := await _activated_before(request, actor, key):
        return _to_room(request, before, _before(language))
    stage = await _stage(request, actor, slug, sent)
    filled, form = _read(sent, stage, language)
    if filled is None:
        return await _show(request, stage, form, 422)
    house, at = house_of(request), now()
    asked = _asked(request, filled, stage, at)
    try:
        async with house.database.transaction() as session:
            activation = await activate(session, house.wakes, house.terms, actor, asked, at=at)
    except CalamityError as error:
        return await _show(request, stage, wrong(form, error, language, _NAMES), 422)
    except Exception as error:
        # Two confirmations at the same moment: the database lets one win, and both see its room.
        before = await _activated_before(request, actor, key) if is_clash(error) else None
        if before is None:
            raise
        return _to_room(request, before, _before(language))
    log.info("calamity.activated", calamity=activation.calamity_id, activation=activation.id)
    if asked.watch_reason is not None:
        words = language.text("The watch has begun: the rapid team alone.")
    elif asked.is_exercise:
        words = language.text("The exercise has started.")
    else:
        words = language.text("The playbook has started.")
    return _to_room(request, activation.calamity_id, words)


def _before(language: Language) -> str:
    return language.text("This was started before. Nothing was done twice.")


def _to_room(request: PageRequest, calamity_id: str, words: str) -> Response[Any]:
    return see_other(request, path("room", calamity=calamity_id), Flash(words))


async def _activated_before(request: PageRequest, actor: Actor, key: str) -> str | None:
    async with house_of(request).database.reading() as session:
        found = await find_activation_by_key(session, actor.municipality_id, key)
    return found.calamity_id if found else None


async def _calamity(session: Session, actor: Actor, calamity_id: str | None) -> CalamityRow | None:
    if not calamity_id:
        return None
    return await open_calamity(session, actor.municipality_id, calamity_id)


async def _stage(request: PageRequest, actor: Actor, slug: str, sent: Sent) -> Stage:
    """Return what the form stands on: the version that it names, else the newest in use.

    A retired version may be named: the form asks whether it is meant.
    """
    named, calamity_id = number_in(one(sent, "version") or ""), one(sent, "calamity")
    async with house_of(request).database.reading() as session:
        return Stage(
            version=await usable_version(
                session,
                actor.municipality_id,
                slug,
                named,
                although_retired=named is not None,
            ),
            places=await list_neighbourhoods(session, actor.municipality_id),
            names=await names_of(session, actor.municipality_id),
            team=await list_responders(session, actor.municipality_id),
            calamity=await _calamity(session, actor, calamity_id),
        )


def _read(sent: Sent, stage: Stage, language: Language) -> tuple[Filled | None, Form]:
    codes = {place.code for place in stage.places}
    playbook = stage.version.playbook
    return read_form(
        sent,
        codes,
        language,
        playbook,
        is_new=stage.calamity is None,
        asks_although=stage.version.state is VersionState.RETIRED
        or stage.version.is_past_its_date(now()),
    )


def _asked(request: PageRequest, filled: Filled, stage: Stage, at: datetime) -> ActivationRequest:
    return request_of(
        filled,
        slug=stage.version.slug,
        version=stage.version.number,
        although_retired=filled.although and stage.version.state is VersionState.RETIRED,
        calamity=stage.calamity,
        at=at,
        zone=house_of(request).settings.zone,
    )


def _open(calamity: CalamityRow | None) -> views.OpenCalamity | None:
    if calamity is None:
        return None
    return views.OpenCalamity(
        calamity.id, calamity.title, calamity.is_exercise, is_on_watch(calamity)
    )


def _proposal(stage: Stage, sent: Sent, language: Language) -> views.ProposedLevel | None:
    """Return what the answers propose, once one was given."""
    playbook = stage.version.playbook
    answers = answers_in(sent, playbook)
    proposal = propose_level(playbook, answers) if answers and stage.calamity is None else None
    if proposal is None:
        return None
    why = in_words(proposal, playbook).in_language(language.code)
    return views.ProposedLevel(proposal.level, why)


async def _show(request: PageRequest, stage: Stage, form: Form, status: int = 200) -> Response[Any]:
    language = language_of(request)
    sent = {name: list(values) for name, values in form.chosen.items()}
    view = views.FillIn(
        playbook=card_of(stage.version, stage.names, language, now()),
        neighbourhoods=tuple(views.Neighbourhood(each.code, each.name) for each in stage.places),
        calamity=_open(stage.calamity),
        idempotency_key=form.value(_KEY) or new_id(),
        questions=tuple(
            views.Question(
                ANSWER + each.code,
                each.text.in_language(language.code),
                each.help.in_language(language.code) if each.help else None,
            )
            for each in stage.version.playbook.questions
        ),
        proposal=_proposal(stage, sent, language) if sent else None,
        knows_little=knows_little(answers_in(sent, stage.version.playbook)),
        out_of_use=tuple(out_of_use(stage.version, language, now())),
        form=form,
    )
    frame = await frame_of(request, calamity=stage.calamity)
    return page(request, "activate_form", frame, view, status)


async def _show_review(
    request: PageRequest, stage: Stage, filled: Filled, sent: Sent, planned: Plan
) -> Response[Any]:
    language, calamity = language_of(request), stage.calamity
    shown = {place.code: place.name for place in stage.places}
    view = views.Review(
        playbook=card_of(stage.version, stage.names, language, now()),
        plan=plan_view(planned, stage.version.playbook, stage.team, language),
        idempotency_key=filled.idempotency_key,
        title=calamity.title if calamity else filled.title or "",
        incident=filled.incident,
        place=filled.place,
        meeting_time=language.moment(next_time(filled.meeting_time, now(), language.timezone)),
        exercise=planned.is_exercise,
        tempo=calamity.tempo if calamity else filled.tempo,
        social_level=calamity.social_level if calamity else filled.social_level,
        grip=calamity.grip if calamity else filled.grip,
        threat_level=(calamity.threat or None) if calamity else filled.threat_level,
        neighbourhoods=tuple(shown[code] for code in filled.neighbourhoods),
        hidden=_carried(sent, planned.version),
        calamity=_open(calamity),
        proposal=_proposal(stage, sent, language),
        warnings=(
            *out_of_use(stage.version, language, now()),
            *in_texts(planned, language),
            *people_and_hours(planned, stage.version.playbook, language),
        ),
        watch=planned.is_watch,
        watch_reason=filled.watch_reason if filled.scope == "watch" else None,
        plain=any(spelled_plainly(words) != words for words in _own_words(filled)),
    )
    frame = await frame_of(request, calamity=calamity)
    if planned.is_exercise:
        frame = structs.replace(frame, exercise=Exercise(view.title, view.tempo))
    return page(request, "activate_review", frame, view)


def _carried(sent: Sent, version: int) -> tuple[tuple[str, str], ...]:
    """Return the fields that the confirmation sends on: all of them, and the version seen here."""
    left_out = (TOKEN, _KEY, "version", "back", "propose")
    carried = [
        (name, value) for name, values in sent.items() if name not in left_out for value in values
    ]
    return (*carried, ("version", str(version)))


def _own_words(filled: Filled) -> list[str]:
    """Return what the coordinator typed and people will read."""
    return [words for words in (filled.incident, filled.incident_en, filled.place) if words]


ACTIVATE = [choose_playbook, empty_form, filled_form, review, confirm]
