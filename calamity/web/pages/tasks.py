"""Each task on a page of its own: read it, start it, fill it in, end it, hand it on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from calamity.actions import tasks as acts
from calamity.domain.errors import Mendable, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Decision
from calamity.store import tasks as rows_of
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.sent_forms import is_first
from calamity.web.auth import needs
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
from calamity.web.pages.parts import REFUSED, answer_part, wants_part
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.pages.step_plan import plan_of_step
from calamity.web.pages.task_forms import filled_beforehand, form_view, read_task_form
from calamity.web.pages.task_lines import notes_of, task_line, tasks_view, who_fills
from calamity.web.paths import PATHS, path
from calamity.web.views import room
from calamity.web.views.frame import Form


@get(PATHS["task"], guards=[needs(Permission.SEE_ROOM)], name="tasks.task")
async def task_page(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Show one task: what it does, who would get what, and the button that starts it."""
    return await _task_page(request, actor, calamity, task)


async def _task_page(
    request: PageRequest, actor: Actor, calamity_id: str, task_id: str, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        rows = await rows_of.list_tasks(session, calamity_id)
        row = next((each for each in rows if each.id == task_id), None)
        if row is None:
            raise NotFound("This task does not exist.", field="task")
        step = scene.step(row.activation_id, row.step)
        notes = await notes_of(scene, house.timeline)
        people = await who_fills(scene, session)
        line = task_line(scene, row, people, notes)
        plan = None
        if line.state in ("waiting", "ready") and actor.may(Permission.STEER):
            plan = await plan_of_step(scene, session, house.terms, row, step)
    filled = filled_beforehand(step.act, scene)
    code, version = scene.language.code, scene.versions[row.activation_id]
    decision = step.act if isinstance(step.act, Decision) else None
    may_decide = decision is not None and actor.may(Permission.STEER)
    view = room.TaskPage(
        calamity=calamity_id,
        calamity_title=scene.calamity.title,
        task=line,
        idempotency_key=new_id(),
        plan=plan,
        question=decision.question.in_language(code) if decision and may_decide else None,
        options=tuple(each.in_language(code) for each in decision.options) if decision else (),
        sheet=form_view(step.act, scene),
        cards=tuple(
            room.CardLink(
                version.playbook.card(each).title.in_language(code),
                path("card", slug=version.slug, version=version.number, card=each),
            )
            for each in step.cards
        ),
        closed=scene.calamity.closed_at is not None,
        others=_other_roles(scene, row.role, people),
        form=structs.replace(form, values=filled.values | form.values) if form else filled,
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "task", frame, view, REFUSED if form else 200)


def _other_roles(
    scene: Scene, role: str, people: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, str], ...]:
    titles = {each.code: scene.title(each.code) for book in scene.playbooks for each in book.roles}
    return tuple(
        (code, f"{title}: {', '.join(people[code])}" if code in people else title)
        for code, title in titles.items()
        if code != role
    )


@post(PATHS["task_start"], guards=[needs(Permission.STEER)], status_code=200, name="tasks.start")
async def start(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Run the act of a task now."""
    house, language, at = house_of(request), language_of(request), now()
    sent = await form_of(request)
    try:
        async with house.database.transaction() as session:
            if await _is_first(session, actor, sent, at):
                await acts.start_task(session, house.wakes, house.terms, actor, task, at=at)
    except Mendable as error:
        return await _task_page(request, actor, calamity, task, wrong(Form(), error, language))
    return see_other(request, path("room", calamity=calamity), language.text("The task runs."))


@post(PATHS["task_done"], guards=[needs(Permission.WORK_TASKS)], status_code=200, name="tasks.done")
async def done(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Say that a task is done, with a note, and with what its form asks."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    note = sent.get("note", [""])[-1].strip()[:1000]
    names: dict[str, str] = {}
    at = now()
    try:
        async with house.database.transaction() as session:
            if await _is_first(session, actor, sent, at):
                act = await acts.act_of_task(session, actor, task)
                filled, names = read_task_form(act, sent, house.settings.zone)
                await acts.finish_task(
                    session, house.wakes, house.terms, actor, task, note=note, form=filled, at=at
                )
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, names, at="note")
        return await _refused(request, actor, calamity, task, form)
    return await _settled(request, actor, calamity, language.text("The task is done."))


@post(PATHS["task_skip"], guards=[needs(Permission.WORK_TASKS)], status_code=200, name="tasks.skip")
async def skip(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Leave a task out, with a reason."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    reason, at = sent.get("reason", [""])[-1][:500], now()
    try:
        async with house.database.transaction() as session:
            if await _is_first(session, actor, sent, at):
                await acts.skip_task(
                    session, house.wakes, house.terms, actor, task, reason=reason, at=at
                )
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, {"task": "reason"}, at="reason")
        return await _refused(request, actor, calamity, task, form)
    return await _settled(request, actor, calamity, language.text("The task is skipped."))


@post(PATHS["task_hand"], guards=[needs(Permission.WORK_TASKS)], status_code=200, name="tasks.hand")
async def hand(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Hand a task to another role; whoever did so stays at its page, where that now shows."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    role, reason, at = sent.get("to", [""])[-1], sent.get("why", [""])[-1][:200], now()
    try:
        async with house.database.transaction() as session:
            if await _is_first(session, actor, sent, at, about=role):
                await acts.hand_task(
                    session, house.wakes, house.terms, actor, task, role=role, reason=reason, at=at
                )
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, {"role": "to", "reason": "why"}, at="to")
        return await _task_page(request, actor, calamity, task, form)
    handed = language.text("The task is with another role now.")
    return see_other(request, path("task", calamity=calamity, task=task), handed)


@post(PATHS["task_decide"], guards=[needs(Permission.STEER)], status_code=200, name="tasks.decide")
async def decide(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Record what was decided, and why."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    option, at = sent.get("option", [""])[-1], now()
    try:
        async with house.database.transaction() as session:
            if await _is_first(session, actor, sent, at):
                await acts.finish_task(
                    session, house.wakes, house.terms, actor, task,
                    note=sent.get("reason", [""])[-1].strip()[:1000],
                    choice=int(option) if option.isascii() and option.isdigit() else None, at=at,
                )  # fmt: skip
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, {"choice": "option", "note": "reason"})
        return await _task_page(request, actor, calamity, task, form)
    return see_other(
        request, path("room", calamity=calamity), language.text("The decision is on the timeline.")
    )


async def _is_first(
    session: Session, actor: Actor, sent: Sent, at: datetime, *, about: str = ""
) -> bool:
    """Tell whether this form did not come before, as from a phone that did not hear our answer.

    A task can be handed on again: what a form is *about* makes it another one.
    """
    key = sent.get("idempotency_key", [""])[-1]
    key = f"{key} {about}" if key and about else key
    return await is_first(session, by=actor.user_id or "", key=key, at=at)


async def _settled(
    request: PageRequest, actor: Actor, calamity_id: str, said: str
) -> Response[Any]:
    if not wants_part(request):
        return see_other(request, path("room", calamity=calamity_id) + "#part-tasks", said)
    house = house_of(request)

    async def make(scene: Scene, session: Session) -> room.Tasks:
        return await tasks_view(scene, session, house)

    return await answer_part(request, actor, calamity_id, "tasks", make)


async def _refused(
    request: PageRequest, actor: Actor, calamity_id: str, task_id: str, form: Form
) -> Response[Any]:
    if not wants_part(request):
        return await _task_page(request, actor, calamity_id, task_id, form)
    house = house_of(request)

    async def make(scene: Scene, session: Session, failed: str, form: Form) -> room.Tasks:
        return await tasks_view(scene, session, house, failed, form)

    return await answer_part(request, actor, calamity_id, "tasks", make, task_id, form)


TASKS = [task_page, start, done, skip, hand, decide]
