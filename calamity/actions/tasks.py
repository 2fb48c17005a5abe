"""Tasks in the hands of people: started, finished, left out or handed on."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from calamity.actions.call_out import CallOutRunner
from calamity.actions.check_in import open_round
from calamity.actions.run import Runner, act_of_call_out, composer_of, runner_of, wake_for_next
from calamity.actions.terms import Terms
from calamity.domain.activation import ENDED, TaskState
from calamity.domain.call_out import CallOutState
from calamity.domain.errors import Conflict, Refused
from calamity.domain.forms import FactCardForm, TaskForm, written_down
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Act, CallOut, Decision, Dispatch, Group, Round, Step
from calamity.domain.privacy import must_hold_nobody
from calamity.domain.timeline import (
    Statement,
    TaskDone,
    TaskHanded,
    TaskSkipped,
    TaskStarted,
    Visibility,
)
from calamity.domain.watch import WATCH
from calamity.store import calamities, call_outs, tasks
from calamity.store.database import Session
from calamity.store.matters import list_matters
from calamity.store.playbooks import get_version, roles_at_work
from calamity.store.tables import CalamityRow, RoundRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_ROUND_GROUPS = (Group.KEY_FIGURES, Group.PROFESSIONALS)
_NOT_BEGUN = (TaskState.WAITING, TaskState.OPEN)


class _Hold(Struct):
    """A task that a person moves, with all that hangs together with it; locked."""

    task: TaskRow
    step: Step
    runner: Runner

    @property
    def calamity(self) -> CalamityRow:
        return self.runner.calamity

    def must_not_be_held(self) -> None:
        """Raise Conflict for a task that waits until the watch ends."""
        if self.task.waits_for == WATCH:
            calamities.must_reach_outside(self.calamity)

    async def begin(self) -> None:
        """Take the task out of waiting, before its time or whatever it waited for."""
        if self.task.state == TaskState.WAITING:
            self.task = await self.runner.open(self.task, by_hand=True)

    async def over(self, state: TaskState) -> TaskRow:
        """End the task, and settle and wake what waits for it."""
        runner = self.runner
        self.task.state, self.task.ended_at = state, runner.at
        await runner.settle()
        await wake_for_next(runner.session, runner.wakes, runner.activation.id, runner.at)
        return self.task


async def _hold(
    session: Session, wakes: Wakes, terms: Terms, actor: Actor, task_id: str, *, at: datetime
) -> _Hold:
    """Lock a task of a calamity that is not closed: its activation before all else."""
    found, _ = await tasks.find_task(session, actor.municipality_id, task_id)
    activation = await calamities.lock_activation(session, found.activation_id)
    if activation is None:
        raise Conflict("This calamity is closed; its tasks are over.")
    runner = await runner_of(session, wakes, terms, activation, at)
    task, _ = await tasks.find_task(session, actor.municipality_id, task_id, lock=True)
    return _Hold(task, runner.playbook.step(task.step), runner)


async def start_task(
    session: Session, wakes: Wakes, terms: Terms, actor: Actor, task_id: str, *, at: datetime
) -> TaskRow:
    """Run the act of a task now, before or after its time.

    Raises Conflict when it ran already, and for one that waits until the watch ends.
    """
    actor.must(Permission.STEER)
    hold = await _hold(session, wakes, terms, actor, task_id, at=at)
    if hold.task.state not in _NOT_BEGUN:
        raise Conflict("This task was started before; its result is on the timeline.")
    hold.must_not_be_held()
    step = hold.step
    if not isinstance(step.act, CallOut | Dispatch | Round):
        raise Refused("This task sends nothing. Do it, then mark it as done.", field="task")
    await hold.begin()
    await append(
        session,
        hold.calamity.id,
        TaskStarted(
            step=step.code, title_nl=step.title.nl, title_en=step.title.en,
            occurrence=hold.task.occurrence,
        ),
        by_role=actor.role,
        at=at,
    )  # fmt: skip
    await hold.runner.act(hold.task, step, by_role=actor.role)
    if isinstance(step.act, Dispatch):
        return await hold.over(TaskState.DONE)
    await session.sql.flush()
    await wake_for_next(session, wakes, hold.task.activation_id, at)
    return hold.task


async def finish_task(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    task_id: str,
    *,
    note: str,
    choice: int | None = None,
    form: TaskForm | None = None,
    at: datetime,
) -> TaskRow:
    """Mark a task as done; for a decision, *choice* is the number of the option, from 0.

    A task with a form is done with what was filled in; its entries come to the timeline. Raises
    Conflict for one that waits until the watch ends: leaving it out is all that can be done.
    """
    actor.must(Permission.WORK_TASKS)
    hold = await _hold(session, wakes, terms, actor, task_id, at=at)
    step, calamity = hold.step, hold.calamity
    if hold.task.state not in (*_NOT_BEGUN, TaskState.RUNNING):
        raise Conflict("This task was closed before.")
    hold.must_not_be_held()
    if isinstance(step.act, Decision):
        await _decide(session, actor, hold, step.act, choice=choice, note=note, at=at)
    entries = written_down(step.act, form, role=hold.task.role, at=at, tempo=calamity.tempo)
    if isinstance(form, FactCardForm):
        standing = await list_matters(session, calamity.id, kinds=("fact",))
        said = {(each.now.part, each.now.text) for each in standing if each.is_open}
        entries = [each for each in entries if (each.part, each.text) not in said]
    await hold.begin()
    for entry in entries:
        await append(
            session, calamity.id, entry, by_role=actor.role, at=at,
            visibility=Visibility.OFFICIALS,
        )  # fmt: skip
    await append(
        session,
        calamity.id,
        TaskDone(
            step=step.code, title_nl=step.title.nl, title_en=step.title.en, note=note or None,
            occurrence=hold.task.occurrence,
        ),
        by_role=actor.role,
        at=at,
    )  # fmt: skip
    if isinstance(step.act, Decision) and choice is not None:
        hold.task.choice = choice + 1
    return await hold.over(TaskState.DONE)


async def act_of_task(session: Session, actor: Actor, task_id: str) -> Act | None:
    """Return what the product does in a task, as its pinned version says. Raises NotFound."""
    task, _ = await tasks.find_task(session, actor.municipality_id, task_id)
    activation = await calamities.get_activation(session, task.activation_id)
    return (await get_version(session, activation.version_id)).playbook.step(task.step).act


async def _decide(
    session: Session,
    actor: Actor,
    hold: _Hold,
    act: Decision,
    *,
    choice: int | None,
    note: str,
    at: datetime,
) -> None:
    actor.must(Permission.STEER)
    if choice is None or not 0 <= choice < len(act.options):
        raise Refused("Choose one of the options.", field="choice")
    if not note:
        raise Refused("Give the reason for this decision.", field="note")
    chosen = act.options[choice]
    await append(
        session,
        hold.calamity.id,
        Statement(
            kind="decision",
            text=f"{act.question.nl} {chosen.nl}. {note}",
            text_en=f"{act.question.en} {chosen.en}. {note}",
            owner=hold.task.role,
        ),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )


async def skip_task(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    task_id: str,
    *,
    reason: str,
    at: datetime,
) -> TaskRow:
    """Leave a task out, with a reason. Raises Refused when the playbook does not allow it."""
    actor.must(Permission.WORK_TASKS)
    hold = await _hold(session, wakes, terms, actor, task_id, at=at)
    step = hold.step
    if hold.task.state not in _NOT_BEGUN:
        raise Conflict("This task was started or closed before.")
    if not step.may_skip:
        raise Refused("The playbook does not allow this step to be left out.", field="task")
    if not reason.strip():
        raise Refused("Say why this step is left out.", field="reason")
    await hold.begin()
    await append(
        session,
        hold.calamity.id,
        TaskSkipped(
            step=step.code, title_nl=step.title.nl, title_en=step.title.en, reason=reason.strip(),
            occurrence=hold.task.occurrence,
        ),
        by_role=actor.role,
        at=at,
    )  # fmt: skip
    return await hold.over(TaskState.SKIPPED)


async def hand_task(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    task_id: str,
    *,
    role: str,
    reason: str = "",
    at: datetime,
) -> TaskRow:
    """Hand a task to another role of a playbook at work in its calamity, on the timeline.

    It can be handed on again. A step that repeats begins its next time with its own role. Raises
    Conflict for a task that ended; Refused for the role that it is with, for one of no playbook at
    work, and for a reason that holds personal data.
    """
    actor.must(Permission.WORK_TASKS)
    hold = await _hold(session, wakes, terms, actor, task_id, at=at)
    task, step = hold.task, hold.step
    if task.state in ENDED:
        raise Conflict("This task was closed before. It cannot be handed over any more.")
    if role not in await roles_at_work(session, hold.calamity.id):
        raise Refused("Choose one of the roles.", field="role")
    if role == task.role:
        raise Refused("This task is with that role already. Choose another one.", field="role")
    must_hold_nobody(reason, field="reason")
    await append(
        session,
        hold.calamity.id,
        TaskHanded(
            task_id=task.id, step=step.code, title_nl=step.title.nl, title_en=step.title.en,
            from_role=task.role, to_role=role, reason=reason.strip() or None,
            occurrence=task.occurrence,
        ),
        by_role=actor.role,
        at=at,
    )  # fmt: skip
    task.role = role
    return task


async def stop_call_out(
    session: Session, wakes: Wakes, terms: Terms, actor: Actor, call_out_id: str, *, at: datetime
) -> None:
    """Say that there are enough people: cancel what waits and thank those who were called.

    Raises Conflict when the call-out is over.
    """
    actor.must(Permission.STEER)
    row = await call_outs.get_call_out(session, call_out_id)
    calamity = await calamities.open_calamity(session, actor.municipality_id, row.calamity_id)
    if row.state != CallOutState.RUNNING:
        raise Conflict("This call-out is over.")
    task = await tasks.get_task_row(session, row.task_id)
    activation = await calamities.get_activation(session, task.activation_id)
    playbook = (await get_version(session, activation.version_id)).playbook
    composer = await composer_of(session, terms, activation, calamity, playbook)
    act = await act_of_call_out(session, playbook, row.task_id)
    await CallOutRunner(session, wakes, composer, act, at).stop(row, by_role=actor.role)


class NewRound(Struct, frozen=True, forbid_unknown_fields=True):
    """A round that a coordinator opens besides those of the playbook."""

    audiences: Annotated[list[str], Meta(min_length=1, max_length=4)]
    """Codes of audiences of the playbook: key figures, professionals, or both."""
    closes_after: Literal["30m", "1h", "2h", "4h", "12h"] = "4h"


async def open_extra_round(  # noqa: PLR0917 - what every sending act takes, in one order
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    new: NewRound,
    *,
    at: datetime,
) -> RoundRow:
    """Open a round now, with the question of the playbook's own rounds. Raises Refused without."""
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    calamities.must_reach_outside(calamity)
    for activation in reversed(await calamities.list_activations(session, calamity_id)):
        playbook = (await get_version(session, activation.version_id)).playbook
        act = next((s.act for s in playbook.steps if isinstance(s.act, Round)), None)
        known = {each.code for each in playbook.audiences if each.of in _ROUND_GROUPS}
        if act is None or not known.issuperset(new.audiences):
            continue
        composer = await composer_of(session, terms, activation, calamity, playbook)
        act = structs.replace(act, audiences=list(new.audiences), closes_after=new.closes_after)
        return await open_round(
            session,
            wakes,
            composer,
            act,
            snapshot=activation.snapshot,
            affected=activation.inputs.affected,
            at=at,
            by_role=actor.role,
        )
    raise Refused("No playbook of this calamity has a round for these people.", field="audiences")
