"""Tasks: the steps of the playbooks at work, by due time; started, ended and handed on."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from calamity.actions.tasks import finish_task, hand_task, skip_task, start_task
from calamity.domain.activation import Reason, TaskState
from calamity.domain.errors import NotFound
from calamity.domain.forms import TaskForm
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import (
    CallOut,
    Decision,
    Dispatch,
    FactCard,
    Measure,
    Meeting,
    Playbook,
    Round,
    RumourList,
    Step,
    Words,
)
from calamity.domain.playbook_prose import condition
from calamity.store.calamities import get_calamity
from calamity.store.playbooks import versions_at_work
from calamity.store.tasks import find_task, list_tasks
from calamity.web.api.wire import camel
from calamity.web.auth import needs
from calamity.web.house import House, now

Act = Literal[
    "call-out", "dispatch", "round", "decision", "meeting", "fact-card", "rumour-list", "measure"
]
_ACTS: dict[type, Act] = {
    CallOut: "call-out",
    Dispatch: "dispatch",
    Round: "round",
    Decision: "decision",
    Meeting: "meeting",
    FactCard: "fact-card",
    RumourList: "rumour-list",
    Measure: "measure",
}
_PATH = "/calamities/{calamity_id:str}/tasks"


class Task(Struct, frozen=True, rename="camel"):
    """A step at work. *question* and *options* are there for a decision."""

    id: str
    activation_id: str
    step: str
    title: Words
    occurrence: int
    role: str
    """Whose it is now: the role of its step, or the one that it was handed to."""
    who: Literal["municipality", "partner", "residents"]
    state: TaskState
    waits_for: str | None
    """A phase, a step, a condition or the watch; until then, the times are expectations."""
    only_if: Words | None
    start_at: datetime
    due_at: datetime
    ended_at: datetime | None
    is_automatic: bool
    may_skip: bool
    act: Act | None
    evidence: Words | None
    question: Words | None
    options: list[Words]
    cards: list[str]


class Tasks(Struct, frozen=True):
    """The tasks of a calamity by due time."""

    tasks: list[Task]


@camel
class Finished(Struct, frozen=True, forbid_unknown_fields=True):
    """That a task is done: the evidence or reason, and for a decision the number of the option."""

    note: Annotated[str, Meta(max_length=4000)] = ""
    choice: Annotated[int, Meta(ge=0, le=7)] | None = None
    form: TaskForm | None = None
    """For a step that puts a form before a person."""


class Skipped(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a task is left out."""

    reason: Reason


class Handed(Struct, frozen=True, forbid_unknown_fields=True):
    """The role that a task goes to, and why; the reason holds nobody."""

    role: Annotated[str, Meta(min_length=1, max_length=40)]
    reason: Annotated[str, Meta(max_length=200)] = ""


def _task(row: Any, playbook: Playbook) -> Task:
    step: Step = playbook.step(row.step)
    decision = step.act if isinstance(step.act, Decision) else None
    return Task(
        id=row.id,
        activation_id=row.activation_id,
        step=step.code,
        title=step.title,
        occurrence=row.occurrence,
        role=row.role,
        who=step.who,
        waits_for=row.waits_for,
        only_if=_only_if(step, playbook),
        state=TaskState(row.state),
        start_at=row.start_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        is_automatic=row.is_automatic,
        may_skip=step.may_skip,
        act=_ACTS[type(step.act)] if step.act is not None else None,
        evidence=step.evidence,
        question=decision.question if decision else None,
        options=decision.options if decision else [],
        cards=step.cards,
    )


def _only_if(step: Step, playbook: Playbook) -> Words | None:
    if step.when is None:
        return None
    said = condition(step.when, playbook)
    return Words(nl=said.nl, en=said.en)


@get(_PATH, guards=[needs(Permission.SEE_ROOM)], name="api.tasks.list")
async def list_all(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Tasks:
    """List the tasks of a calamity."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        rows = await list_tasks(session, calamity_id)
        versions = await versions_at_work(session, calamity_id)
    return Tasks([_task(row, versions[row.activation_id].playbook) for row in rows])


async def _check_place(session: Any, actor: Actor, calamity_id: str, task_id: str) -> None:
    row, _ = await find_task(session, actor.municipality_id, task_id)
    if row.calamity_id != calamity_id:
        raise NotFound("This task does not exist.", field="task")


async def _told(session: Any, row: Any) -> Task:
    versions = await versions_at_work(session, row.calamity_id)
    return _task(row, versions[row.activation_id].playbook)


@post(
    _PATH + "/{task_id:str}/start",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.tasks.start",
)
async def start(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    task_id: FromPath[str],
) -> Task:
    """Run the act of a task now: call out, send, or open its round."""
    async with house.database.transaction() as session:
        await _check_place(session, actor, calamity_id, task_id)
        row = await start_task(session, house.wakes, house.terms, actor, task_id, at=now())
        return await _told(session, row)


@post(
    _PATH + "/{task_id:str}/done",
    guards=[needs(Permission.WORK_TASKS)],
    status_code=200,
    name="api.tasks.done",
)
async def finish(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    task_id: FromPath[str],
    data: JSONBody[Finished],
) -> Task:
    """Mark a task as done, or take its decision."""
    async with house.database.transaction() as session:
        await _check_place(session, actor, calamity_id, task_id)
        row = await finish_task(
            session, house.wakes, house.terms, actor, task_id, note=data.note, choice=data.choice,
            form=data.form, at=now(),
        )  # fmt: skip
        return await _told(session, row)


@post(
    _PATH + "/{task_id:str}/skip",
    guards=[needs(Permission.WORK_TASKS)],
    status_code=200,
    name="api.tasks.skip",
)
async def skip(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    task_id: FromPath[str],
    data: JSONBody[Skipped],
) -> Task:
    """Leave a task out, with the reason."""
    async with house.database.transaction() as session:
        await _check_place(session, actor, calamity_id, task_id)
        row = await skip_task(
            session, house.wakes, house.terms, actor, task_id, reason=data.reason, at=now()
        )
        return await _told(session, row)


@post(
    _PATH + "/{task_id:str}/hand",
    guards=[needs(Permission.WORK_TASKS)],
    status_code=200,
    name="api.tasks.hand",
)
async def hand(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    task_id: FromPath[str],
    data: JSONBody[Handed],
) -> Task:
    """Hand a task to another role of a playbook at work."""
    async with house.database.transaction() as session:
        await _check_place(session, actor, calamity_id, task_id)
        row = await hand_task(
            session, house.wakes, house.terms, actor, task_id, role=data.role, reason=data.reason,
            at=now(),
        )  # fmt: skip
        return await _told(session, row)


router = Router("/", route_handlers=[list_all, start, finish, skip, hand], tags=["Tasks"])
