"""What must happen: the tasks of a calamity by due time, and each task on a page of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions import tasks as acts
from calamity.domain.activation import TaskState
from calamity.domain.errors import Mendable, NotFound
from calamity.domain.forms import puts_form
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import (
    CallOut,
    Decision,
    Dispatch,
    FactCard,
    Measure,
    Meeting,
    Round,
    RumourList,
    Step,
)
from calamity.domain.playbook_prose import condition
from calamity.domain.timeline import EntryKind, TaskDone, TaskSkipped
from calamity.domain.watch import WATCH
from calamity.store import call_outs
from calamity.store import tasks as rows_of
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.sent_forms import is_first
from calamity.store.tables import TaskRow
from calamity.store.timeline import TimelineReader
from calamity.web.auth import needs
from calamity.web.house import House
from calamity.web.pages.duties import SOON, duties_of
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
from calamity.web.paths import PATHS, path
from calamity.web.views import room
from calamity.web.views.frame import Form
from calamity.web.views.playbook import ActKind

_MANY = 400
_SEEN_AT_ONCE = 8
_STATES: Mapping[str, Any] = {
    TaskState.WAITING: "waiting",
    TaskState.OPEN: "ready",
    TaskState.RUNNING: "started",
    TaskState.DONE: "done",
    TaskState.SKIPPED: "skipped",
    TaskState.MISSED: "missed",
}
ACTS: Mapping[type, ActKind] = {
    CallOut: "call-out",
    Dispatch: "dispatch",
    Round: "round",
    Decision: "decision",
    Meeting: "meeting",
    FactCard: "fact-card",
    RumourList: "rumour-list",
    Measure: "measure",
}
_SETTLED = ("done", "skipped", "missed")
_NEVER_WAITED = (TaskState.WAITING, TaskState.MISSED)


class _Notes:
    """Who closed a task and with which words, read from the timeline."""

    def __init__(self, found: dict[tuple[str, str, int], tuple[str, str | None]]) -> None:
        self._found = found

    def of(self, step: Step, occurrence: int) -> tuple[str | None, str | None]:
        """Return (role, words) of whoever closed this step, this time."""
        return self._found.get((step.code, step.title.nl, occurrence), (None, None))


async def _notes(scene: Scene, reader: TimelineReader) -> _Notes:
    lines = await reader.newest(
        scene.calamity.id, scene.actor.sees, limit=_MANY, kind=EntryKind.TASK
    )
    found: dict[tuple[str, str, int], tuple[str, str | None]] = {}
    for line, _ in lines:
        happening = line.happening
        if isinstance(happening, TaskDone | TaskSkipped):
            words = happening.note if isinstance(happening, TaskDone) else happening.reason
            key = (happening.step, happening.title_nl, happening.occurrence)
            found.setdefault(key, (scene.who(line.actor_role), words))
    return _Notes(found)


async def _who_fills(scene: Scene, session: Session) -> dict[str, tuple[str, ...]]:
    """Return who is coming, by role."""
    coming: dict[str, list[str]] = {}
    for roster in await call_outs.rosters(session, scene.calamity.id):
        for line in roster.lines:
            if line.answer is not None and line.answer.comes:
                coming.setdefault(line.role, []).append(line.name)
    return {role: tuple(dict.fromkeys(names)) for role, names in coming.items()}


def task_line(
    scene: Scene, row: TaskRow, people: Mapping[str, tuple[str, ...]], notes: _Notes | None = None
) -> room.TaskLine:
    """Return a task as the list shows it."""
    step = scene.step(row.activation_id, row.step)
    code = scene.language.code
    state = _STATES[row.state]
    by, words = notes.of(step, row.occurrence) if notes and state in _SETTLED else (None, None)
    # An act that runs is watched elsewhere: who comes, and which round is open.
    runs = state == "started" and step.act is not None
    is_over = scene.calamity.closed_at is not None or state in _SETTLED
    is_late = not (is_over or runs or row.waits_for) and row.due_at < scene.at
    return room.TaskLine(
        id=row.id,
        title=step.title.in_language(code),
        role=scene.title(row.role),
        due=row.due_at,
        state=state,
        act=act_of(step),
        late=is_late,
        soon=not (is_late or is_over or row.waits_for) and row.due_at - scene.at < SOON,
        evidence=step.evidence.in_language(code) if step.evidence else None,
        help=step.help.in_language(code) if step.help else None,
        may_skip=step.may_skip and state in ("waiting", "ready"),
        automatic=row.is_automatic,
        starts=row.start_at if state == "waiting" else None,
        by=by,
        at=row.ended_at,
        reason=words,
        people=people.get(row.role, ()),
        waits=_waits(scene, row) if state == "waiting" else None,
        only_if=(
            condition(step.when, scene.versions[row.activation_id].playbook).in_language(code)
            if step.when
            else None
        ),
        who=step.who,
        occurrence=row.occurrence,
        repeats=step.repeat is not None,
        held=row.waits_for == WATCH,
        fills=puts_form(step.act),
    )


def _waits(scene: Scene, row: TaskRow) -> str | None:
    """Say what a task waits for besides its time; a condition is said with the task itself."""
    if row.waits_for == WATCH:
        return scene.language.text("waits until the watch ends")
    kind, _, code = (row.waits_for or "").partition(" ")
    if kind == "phase":
        return scene.language.text("once this phase begins: %(phase)s", phase=scene.title(code))
    if kind == "step":
        title = scene.step(row.activation_id, code).title.in_language(scene.language.code)
        return scene.language.text("once this is done: %(task)s", task=title)
    return scene.language.text("once it holds") if kind else None


def act_of(step: Step) -> ActKind | None:
    """Return the word for what a step does, or None when a person does it all."""
    return None if step.act is None else ACTS[type(step.act)]


async def tasks_view(
    scene: Scene,
    session: Session,
    house: House,
    failed_task: str | None = None,
    form: Form | None = None,
) -> room.Tasks:
    """Return the part of the room about what must happen."""
    people = await _who_fills(scene, session)
    notes = await _notes(scene, house.timeline)
    rows = await rows_of.list_tasks(session, scene.calamity.id)
    lines = [task_line(scene, row, people, notes) for row in rows]
    settled = [line for line in lines if line.state in _SETTLED]
    ahead = [line for line in lines if line.state not in _SETTLED]
    later = _later(ahead)
    near = [line for line in ahead if line not in later]
    duties = await duties_of(scene, session, house)
    return room.Tasks(
        calamity=scene.calamity.id,
        open=tuple(sorted([*duties, *near], key=lambda line: line.due)),
        later=tuple(later),
        settled=tuple(sorted(settled, key=lambda line: line.at or scene.at, reverse=True)),
        failed_task=failed_task,
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )


def _later(ahead: list[room.TaskLine]) -> list[room.TaskLine]:
    """Return what need not be seen yet: behind the first few, and neither late, soon nor begun.

    What waits for something else than its time is not there yet at all.
    """
    near = [line for line in ahead if line.waits is None]
    later = [
        line
        for line in near[_SEEN_AT_ONCE:]
        if not (line.late or line.soon or line.state == "started")
    ]
    return [line for line in ahead if line.waits is not None or line in later]


async def open_decisions(scene: Scene, session: Session) -> tuple[room.TaskLine, ...]:
    """Return the decisions that wait for somebody; of an earlier moment, as far as is known.

    When a decision began to wait is not written down: its planned time stands for it.
    """
    activations = {each.id for each in scene.pinned}
    rows = await rows_of.list_tasks(session, scene.calamity.id)
    lines = [
        task_line(scene, row, {})
        for row in rows
        if row.activation_id in activations and _waited(row, scene.until)
    ]
    return tuple(line for line in lines if line.act == "decision")


def _waited(row: TaskRow, until: datetime | None) -> bool:
    if until is None:
        return row.state == TaskState.OPEN
    is_past = row.ended_at is not None and row.ended_at < until
    return row.start_at < until and row.state not in _NEVER_WAITED and not is_past


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
        notes = await _notes(scene, house.timeline)
        line = task_line(scene, row, await _who_fills(scene, session), notes)
        plan = None
        if line.state in ("waiting", "ready") and actor.may(Permission.STEER):
            plan = await plan_of_step(scene, session, house.terms, row, step)
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
        form=form or filled_beforehand(step.act, scene),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "task", frame, view, REFUSED if form else 200)


@post(PATHS["task_start"], guards=[needs(Permission.STEER)], status_code=200, name="tasks.start")
async def start(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    task: FromPath[str],
) -> Response[Any]:
    """Run the act of a task now."""
    house, language = house_of(request), language_of(request)
    try:
        async with house.database.transaction() as session:
            await acts.start_task(session, house.wakes, house.terms, actor, task, at=now())
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
    option = sent.get("option", [""])[-1]
    try:
        async with house.database.transaction() as session:
            await acts.finish_task(
                session, house.wakes, house.terms, actor, task,
                note=sent.get("reason", [""])[-1].strip()[:1000],
                choice=int(option) if option.isascii() and option.isdigit() else None, at=now(),
            )  # fmt: skip
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, {"choice": "option", "note": "reason"})
        return await _task_page(request, actor, calamity, task, form)
    return see_other(
        request, path("room", calamity=calamity), language.text("The decision is on the timeline.")
    )


async def _is_first(session: Session, actor: Actor, sent: Sent, at: datetime) -> bool:
    """Tell whether this form did not come before, as from a phone that did not hear our answer."""
    key = sent.get("idempotency_key", [""])[-1]
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


TASKS = [task_page, start, done, skip, decide]
