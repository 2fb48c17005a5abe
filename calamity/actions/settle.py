"""Settling: what the tasks of an activation wait for, said anew whenever something changed.

A task's row says when it starts and what it waits for; whoever changes what others rest on (a
phase, a level, the end of a step) settles the rows in the same transaction and wakes the worker.
Activations are locked before anything else, so that those who change do so one after the other.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from calamity.actions.terms import Terms
from calamity.domain.activation import CONDITION, Inputs, TaskState
from calamity.domain.course import (
    Clock,
    Course,
    Ending,
    Settled,
    known_answers,
    phases_begun,
)
from calamity.domain.playbook import Playbook, Step
from calamity.domain.playbook.formula import Facts
from calamity.domain.timeline import TaskMissed
from calamity.domain.watch import WATCH
from calamity.store import calamities, tasks
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

SYSTEM = "system"
_LIVE = (TaskState.OPEN, TaskState.RUNNING)
_GATES = (CONDITION, WATCH)


class Begun(Struct, frozen=True):
    """What a course needs to know of an activation, which may be only imagined."""

    t0: datetime
    inputs: Inputs
    begun: dict[str, datetime]


def course_of(
    terms: Terms,
    calamity: CalamityRow,
    playbook: Playbook,
    activation: Activation | Begun,
    rows: Sequence[TaskRow] = (),
) -> Course:
    """Return how far an activation has come."""
    return Course(
        playbook=playbook,
        clock=Clock(calamity.opened_at, calamity.tempo, terms.zone),
        t0=activation.t0,
        begun=activation.begun,
        endings=_endings(rows),
        facts=_facts(calamity, playbook, activation, rows),
        watch=calamities.watch_of(calamity),
    )


def _endings(rows: Sequence[TaskRow]) -> dict[str, list[Ending]]:
    found: defaultdict[str, list[Ending]] = defaultdict(list)
    for row in rows:
        if row.state in (TaskState.DONE, TaskState.SKIPPED) and row.ended_at is not None:
            chosen = {str(row.choice)} if row.choice is not None else set()
            found[row.step].append(Ending(row.ended_at, frozenset({row.state, *chosen})))
    return {step: sorted(ends, key=lambda each: each.at) for step, ends in found.items()}


def _facts(
    calamity: CalamityRow,
    playbook: Playbook,
    activation: Activation | Begun,
    rows: Sequence[TaskRow],
) -> Facts:
    phases = [each.code for each in playbook.phases]
    phase = calamity.phase
    if phase not in phases:
        # The calamity goes by the phases of another playbook.
        phase = next((code for code in reversed(phases) if code in activation.begun), phases[0])
    numbers = {"level": calamity.social_level, "grip": calamity.grip}
    if calamity.threat:
        numbers["threat"] = calamity.threat
    return Facts(
        answers=known_answers(playbook.questions, activation.inputs.answers),
        numbers=numbers,
        phase=phase,
        phases=phases,
        outcomes={step: ends[-1].outcome for step, ends in _endings(rows).items()},
    )


def first_tasks(course: Course, activation: Activation) -> list[TaskRow]:
    """Return the tasks of a new activation, each step once."""
    return [
        _task(activation.id, activation.calamity_id, step, course.settled(step))
        for step in course.playbook.steps
    ]


def _task(
    activation_id: str, calamity_id: str, step: Step, settled: Settled, *, occurrence: int = 1
) -> TaskRow:
    return TaskRow(
        id=new_id(),
        activation_id=activation_id,
        calamity_id=calamity_id,
        step=step.code,
        occurrence=occurrence,
        role=step.role,
        waits_for=settled.waits_for,
        start_at=settled.start_at,
        due_at=settled.due_at,
        is_automatic=step.automatic,
        state=TaskState.WAITING,
    )


async def begin_phase(session: Session, activation: Activation, phase: str, at: datetime) -> None:
    """Keep when the phases of an activation begin, now that the response is in *phase*."""
    playbook = (await get_version(session, activation.version_id)).playbook
    begun = phases_begun(playbook, phase, activation.begun, at)
    await calamities.keep_begun(session, activation.id, begun)


async def settle_calamity(
    session: Session, wakes: Wakes, terms: Terms, calamity: CalamityRow, at: datetime
) -> None:
    """Settle all activations of a calamity; the caller locked them before."""
    for activation in await calamities.lock_activations(session, calamity.id):
        await settle(session, terms, activation, calamity, at)
        await wakes.wake(session, "activation", activation.id)


async def settle(
    session: Session,
    terms: Terms,
    activation: Activation,
    calamity: CalamityRow,
    at: datetime,
    *,
    playbook: Playbook | None = None,
) -> None:
    """Say anew of each task when it starts and what it waits for; the activation is locked."""
    await session.sql.flush()
    if playbook is None:
        playbook = (await get_version(session, activation.version_id)).playbook
    rows = await tasks.tasks_of(session, activation.id)
    course = course_of(terms, calamity, playbook, activation, rows)
    over = []
    for row in rows:
        step = playbook.step(row.step)
        if row.state == TaskState.WAITING and row.occurrence == 1:
            _settle_first(course, step, row, at)
        elif row.state == TaskState.WAITING:
            if course.is_over(step, row.start_at):
                over.append(row.id)
            else:
                _settle_again(course, step, row, at)
        elif row.state in _LIVE and row.occurrence == 1 and step.when is None:
            _settle_due(course, step, row)
    await session.sql.flush()
    if over:
        await tasks.drop_tasks(session, over)
    session.ring(calamity.id)


def _settle_first(course: Course, step: Step, row: TaskRow, at: datetime) -> None:
    settled = course.settled(step)
    if settled.waits_for is None and row.waits_for is None and row.start_at <= at:
        return  # its time has come: the worker is about to open it
    if settled.waits_for is None and row.waits_for in _GATES:
        settled = course.postponed(step, settled, at)
    row.start_at, row.due_at, row.waits_for = settled.start_at, settled.due_at, settled.waits_for


def _settle_again(course: Course, step: Step, row: TaskRow, at: datetime) -> None:
    """Let a later time of a step wait for its gate; its own time stands."""
    if (gate := course.gate(step)) is not None:
        row.waits_for = gate
    elif row.waits_for is not None:
        settled = course.postponed(step, Settled(row.start_at, row.due_at), at)
        row.start_at, row.due_at, row.waits_for = settled.start_at, settled.due_at, None


def _settle_due(course: Course, step: Step, row: TaskRow) -> None:
    """Correct the latest moment of a task at work that rests on a phase or a step."""
    if step.repeat is None and course.follows(step.due):
        row.due_at = max(course.due(step), row.start_at)


async def leave_waiting(
    session: Session, course: Course, step: Step, task: TaskRow, *, at: datetime
) -> TaskRow:
    """Let a waiting task go to work, and plan the next time of a step that repeats.

    Of the times that passed meanwhile only the last one goes to work, and is returned; the others
    are missed, with a line. Each time begins with the role of the step, whoever the last time was
    handed to.
    """
    missed = 0
    length = task.due_at - task.start_at
    while (start := course.next_time(step, task.start_at)) is not None:
        following = _task(
            task.activation_id, task.calamity_id, step,
            Settled(start, start + length, course.gate(step)),
            occurrence=task.occurrence + 1,
        )  # fmt: skip
        await tasks.add_tasks(session, [following])
        if start > at:
            break
        task.state, task.ended_at, task = TaskState.MISSED, at, following
        missed += 1
    if missed:
        await append(
            session,
            task.calamity_id,
            TaskMissed(
                step=step.code, title_nl=step.title.nl, title_en=step.title.en, times=missed
            ),
            by_role=SYSTEM,
            at=at,
        )
    return task


async def end_act(session: Session, wakes: Wakes, task_id: str, at: datetime) -> None:
    """End the task of a call-out or a round that is over, and wake who settles what rests on it."""
    activation_id = await tasks.finish_act(session, task_id, at)
    if activation_id is not None:
        await wakes.wake(session, "activation", activation_id)
