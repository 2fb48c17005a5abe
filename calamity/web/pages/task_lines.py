"""What must happen, in words: the tasks of a calamity by due time, and decisions that wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calamity.domain.activation import TaskState
from calamity.domain.forms import puts_form
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
from calamity.store.past import roles_then
from calamity.store.tables import TaskRow
from calamity.store.timeline import TimelineReader
from calamity.web.house import House
from calamity.web.pages.duties import SOON, duties_of
from calamity.web.pages.scene import Scene
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


class Notes:
    """Who closed a task and with which words, read from the timeline."""

    def __init__(self, found: dict[tuple[str, str, int], tuple[str, str | None]]) -> None:
        self._found = found

    def of(self, step: Step, occurrence: int) -> tuple[str | None, str | None]:
        """Return (role, words) of whoever closed this step, this time."""
        return self._found.get((step.code, step.title.nl, occurrence), (None, None))


async def notes_of(scene: Scene, reader: TimelineReader) -> Notes:
    """Return who closed which task, from the newest lines about tasks."""
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
    return Notes(found)


async def who_fills(scene: Scene, session: Session) -> dict[str, tuple[str, ...]]:
    """Return who is coming, by role."""
    coming: dict[str, list[str]] = {}
    for roster in await call_outs.rosters(session, scene.calamity.id):
        for line in roster.lines:
            if line.answer is not None and line.answer.comes:
                coming.setdefault(line.role, []).append(line.name)
    return {role: tuple(dict.fromkeys(names)) for role, names in coming.items()}


def task_line(
    scene: Scene,
    row: TaskRow,
    people: Mapping[str, tuple[str, ...]],
    notes: Notes | None = None,
    role: str | None = None,
) -> room.TaskLine:
    """Return a task as the list shows it; *role* is whose it was, where that is not whose it is."""
    role = role or row.role
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
        role=scene.title(role),
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
        people=people.get(role, ()),
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
    people = await who_fills(scene, session)
    notes = await notes_of(scene, house.timeline)
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
    then = await roles_then(session, scene.calamity.id, scene.until) if scene.until else {}
    lines = [
        task_line(scene, row, {}, role=then.get(row.id))
        for row in rows
        if row.activation_id in activations and _waited(row, scene.until)
    ]
    return tuple(line for line in lines if line.act == "decision")


def _waited(row: TaskRow, until: datetime | None) -> bool:
    if until is None:
        return row.state == TaskState.OPEN
    is_past = row.ended_at is not None and row.ended_at < until
    return row.start_at < until and row.state not in _NEVER_WAITED and not is_past
