"""Rounds: open one, close one early, and read what a round asked and what it says."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.check_in import close_round
from calamity.actions.tasks import NewRound, open_extra_round
from calamity.domain.errors import Conflict, Mendable, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Group, Playbook, Round
from calamity.store import calamities, rounds, tasks
from calamity.store.database import Session
from calamity.store.people import count_people
from calamity.store.tables import RoundRow
from calamity.web.api.gate import needs_one_of
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
    typed_in,
    wrong,
)
from calamity.web.pages.parts import answer_part, wants_part
from calamity.web.pages.pictures import audience_of, round_pictures
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views import picture as views
from calamity.web.views import room
from calamity.web.views.frame import Flash, Form

_ASKED = {Group.KEY_FIGURES: "key_figures_asked", Group.PROFESSIONALS: "professionals"}


async def rounds_view(scene: Scene, session: Session, form: Form | None = None) -> room.Rounds:
    """Return the part of the room about rounds; how many answered so far is for coordinators."""
    steers = scene.actor.may(Permission.STEER) and scene.calamity.closed_at is None
    held = calamities.is_on_watch(scene.calamity)
    lines = []
    for row in await rounds.list_rounds(session, scene.calamity.id):
        answered = row.answered
        if row.closed_at is None and steers:
            answered = await rounds.count_answered(session, row.id)
        lines.append(
            room.RoundLine(
                id=row.id,
                number=row.number,
                opened_at=row.opened_at,
                closes_at=row.closed_at or row.closes_at,
                coverage=views.Coverage(row.asked, answered),
                closed=row.closed_at is not None,
            )
        )
    return room.Rounds(
        calamity=scene.calamity.id,
        rounds=tuple(lines),
        audiences=await _audiences(scene, session) if steers and not held else (),
        held=held,
        form=form or Form(),
    )


async def _audiences(scene: Scene, session: Session) -> tuple[tuple[str, str], ...]:
    """Return whom a coordinator can ask, with how many people that are at most."""
    playbook = next((each for each in scene.playbooks if _question(each)), None)
    if playbook is None:
        return ()
    numbers = await count_people(session, scene.calamity.municipality_id)
    return tuple(
        (
            each.code,
            scene.language.text(
                "%(audience)s (at most %(n)s)",
                audience=each.title.in_language(scene.language.code),
                n=getattr(numbers, _ASKED[each.of]),
            ),
        )
        for each in playbook.audiences
        if each.of in _ASKED
    )


def _question(playbook: Playbook) -> Round | None:
    return next((step.act for step in playbook.steps if isinstance(step.act, Round)), None)


async def _asked_words(scene: Scene, session: Session, row: RoundRow) -> str:
    act = None
    if row.task_id is not None:
        task = await tasks.get_task_row(session, row.task_id)
        step = scene.step(task.activation_id, task.step)
        act = step.act if isinstance(step.act, Round) else None
    for playbook in scene.playbooks:
        question = act or _question(playbook)
        message = question and next(
            (each for each in playbook.messages if each.code == question.message), None
        )
        if message:
            return scene.verbatim(dict(message.texts.items()), message.code)[0]
    return ""


@get(
    PATHS["round"],
    name="rounds.round",
    guards=[needs_one_of(Permission.SEE_ROOM, Permission.SEE_OFFICIALS_PAGE)],
)
async def round_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    round: FromPath[str],
) -> Response[Any]:
    """Show a round: its question, and its picture once it is closed."""
    async with house_of(request).database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        row = await _round(session, calamity, round)
        shown, trend, geojson = await round_pictures(scene, session, round, audience_of(actor))
        view = views.RoundPage(
            calamity=calamity,
            title=scene.calamity.title,
            number=row.number,
            closes_at=row.closes_at,
            question=await _asked_words(scene, session, row),
            picture=shown,
            trend=trend,
            geojson=geojson,
        )
    frame = await frame_of(request, here="round", calamity=scene.calamity)
    return page(request, "round", frame, view)


async def _round(session: Session, calamity_id: str, round_id: str) -> RoundRow:
    for row in await rounds.list_rounds(session, calamity_id):
        if row.id == round_id:
            return row
    raise NotFound("This round does not exist.", field="round")


@post(PATHS["rounds"], guards=[needs(Permission.STEER)], status_code=200, name="rounds.open")
async def open_one(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Ask audiences how their neighbourhood feels, besides the rounds of the playbook."""
    house, language = house_of(request), language_of(request)
    new, form = parse_form(NewRound, await form_of(request), language)
    if new is not None:
        try:
            async with house.database.transaction() as session:
                await open_extra_round(
                    session, house.wakes, house.terms, actor, calamity, new, at=now()
                )
        except Mendable as error:
            form = wrong(form, error, language, at="audiences")
    return await _answer(request, actor, calamity, form, language.text("The round is open."))


@post(PATHS["round_close"], guards=[needs(Permission.STEER)], status_code=200, name="rounds.close")
async def close_early(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    round: FromPath[str],
) -> Response[Any]:
    """Close a round before its time, once somebody has confirmed it."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    form = typed_in(sent)
    try:
        if "sure" not in sent:
            raise Conflict("Tick the box if this round must close now.", field="sure")
        async with house.database.transaction() as session:
            await calamities.open_calamity(session, actor.municipality_id, calamity)
            await _round(session, calamity, round)
            if not await close_round(
                session, house.wakes, actor.municipality_id, round, at=now(),
                by_role=actor.role, early=True,
            ):  # fmt: skip
                raise Conflict("This round was closed before.", field="sure")
    except Mendable as error:
        form = wrong(Form(values={"round": round}), error, language, at="sure")
    return await _answer(
        request, actor, calamity, form,
        language.text("The round is closed. The picture is on the page."),
    )  # fmt: skip


async def _answer(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form, said: str
) -> Response[Any]:
    if wants_part(request):
        wrong_form = [form] if form.errors else []
        return await answer_part(request, actor, calamity_id, "rounds", rounds_view, *wrong_form)
    there = path("room", calamity=calamity_id) + "#part-rounds"
    problem = next(iter(form.errors.values()), None)
    return see_other(request, there, Flash(problem, "problem") if problem else said)


ROUNDS = [round_page, open_one, close_early]
