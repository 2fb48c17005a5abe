"""Tasks: the steps of a playbook at work, started by the clock or by a person."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from calamity.actions.call_out import SYSTEM, CallOutRunner
from calamity.actions.check_in import open_round
from calamity.actions.compose import Composer, composer_for
from calamity.actions.dispatch import dispatch, members_of
from calamity.actions.terms import Terms
from calamity.domain.activation import TaskState
from calamity.domain.call_out import CallOutState
from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import CallOut, Decision, Dispatch, Group, Playbook, Round, Step
from calamity.domain.timeline import (
    Statement,
    TaskDone,
    TaskSkipped,
    TaskStarted,
    Visibility,
)
from calamity.store import calamities, call_outs
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow, RoundRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_ROUND_GROUPS = (Group.KEY_FIGURES, Group.PROFESSIONALS)


async def composer_of(
    session: Session,
    terms: Terms,
    activation: Activation,
    calamity: CalamityRow,
    playbook: Playbook,
) -> Composer:
    """Return a composer for an activation, with the people of its snapshot."""
    return await composer_for(
        session,
        terms,
        calamity,
        playbook,
        inputs=activation.inputs,
        members=activation.snapshot.members,
    )


async def run_activation(
    session: Session, wakes: Wakes, terms: Terms, activation_id: str, *, at: datetime
) -> None:
    """Start the steps and climb the ladders that are due; any number of wakes may come.

    The activation's row is locked, so that two workers never take the same rung. Each run sets
    one wake, for what is due next: with several, wakes would multiply.
    """
    activation = await calamities.lock_activation(session, activation_id)
    if activation is None:
        return
    await _start_due(session, wakes, terms, activation, at)
    rung = await call_outs.next_rung(session, activation_id)
    if rung is not None and rung <= at:
        await _climb(session, wakes, terms, activation, at)
    due = await _next_due(session, activation_id)
    if due is not None:
        await wakes.wake(session, "activation", activation_id, (due - at).total_seconds())


async def _next_due(session: Session, activation_id: str) -> datetime | None:
    moments = (
        await calamities.next_task_start(session, activation_id),
        await call_outs.next_rung(session, activation_id),
    )
    return min((moment for moment in moments if moment is not None), default=None)


async def _climb(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, at: datetime
) -> None:
    calamity = await calamities.get_calamity(
        session, activation.municipality_id, activation.calamity_id
    )
    playbook = (await get_version(session, activation.version_id)).playbook
    composer = await composer_for(
        session,
        terms,
        calamity,
        playbook,
        inputs=activation.inputs,
        members=activation.snapshot.of(Group.RAPID_TEAM),
    )
    for call_out_id in await call_outs.running_call_outs(session, activation.id):
        row = await call_outs.get_call_out(session, call_out_id)
        act = await act_of_call_out(session, playbook, row.task_id)
        await CallOutRunner(session, wakes, composer, act, at).climb(row)


async def act_of_call_out(session: Session, playbook: Playbook, task_id: str) -> CallOut:
    """Return what the pinned version says of a call-out."""
    task = await calamities.get_task_row(session, task_id)
    act = playbook.step(task.step).act
    if not isinstance(act, CallOut):
        raise Conflict("This task is no call-out.")
    return act


async def run_due_tasks(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, *, at: datetime
) -> None:
    """Open the tasks whose start has come and run the automatic ones."""
    await _start_due(session, wakes, terms, activation, at)
    moment = await _next_due(session, activation.id)
    if moment is not None:
        await wakes.wake(session, "activation", activation.id, (moment - at).total_seconds())


async def _start_due(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, at: datetime
) -> None:
    due = await calamities.due_tasks(session, activation.id, at)
    if due:
        calamity = await calamities.get_calamity(
            session, activation.municipality_id, activation.calamity_id
        )
        playbook = (await get_version(session, activation.version_id)).playbook
        composer: Composer | None = None
        for task in due:
            task.state = TaskState.OPEN
            if task.is_automatic:
                composer = composer or await composer_of(
                    session, terms, activation, calamity, playbook
                )
                await _act(
                    session,
                    wakes,
                    composer,
                    activation,
                    task,
                    step=playbook.step(task.step),
                    at=at,
                    by_role=SYSTEM,
                )
                if not isinstance(playbook.step(task.step).act, Round | CallOut):
                    task.state, task.ended_at = TaskState.DONE, at
        await session.sql.flush()
        session.ring(activation.calamity_id)


async def _act(
    session: Session,
    wakes: Wakes,
    composer: Composer,
    activation: Activation,
    task: TaskRow,
    *,
    step: Step,
    at: datetime,
    by_role: str,
) -> None:
    snapshot, affected = activation.snapshot, activation.inputs.affected
    task.state = TaskState.RUNNING
    match step.act:
        case CallOut():
            runner = CallOutRunner(session, wakes, composer, step.act, at)
            await runner.start(task, snapshot.of(Group.RAPID_TEAM))
        case Dispatch(audience=audience, message=message):
            await dispatch(
                session,
                wakes,
                composer,
                audience=audience,
                message=message,
                members=members_of(composer, audience, snapshot, affected),
                at=at,
                by_role=by_role,
                task_id=task.id,
            )
        case Round():
            await open_round(
                session,
                wakes,
                composer,
                step.act,
                snapshot=snapshot,
                affected=affected,
                at=at,
                by_role=by_role,
                task=task,
            )
        case _:
            task.state = TaskState.OPEN


async def start_task(
    session: Session, wakes: Wakes, terms: Terms, actor: Actor, task_id: str, *, at: datetime
) -> TaskRow:
    """Run the act of a task now, before or after its time. Raises Conflict when it ran already."""
    actor.must(Permission.STEER)
    task, calamity = await _live_task(session, actor, task_id)
    activation = await calamities.get_activation(session, task.activation_id)
    playbook = (await get_version(session, activation.version_id)).playbook
    step = playbook.step(task.step)
    if task.state not in (TaskState.WAITING, TaskState.OPEN):
        raise Conflict("This task was started before; its result is on the timeline.")
    if step.act is None or isinstance(step.act, Decision):
        raise Refused("This task sends nothing. Do it, then mark it as done.", field="task")
    composer = await composer_of(session, terms, activation, calamity, playbook)
    await append(
        session,
        calamity.id,
        TaskStarted(step=step.code, title_nl=step.title.nl, title_en=step.title.en),
        by_role=actor.role,
        at=at,
    )
    await _act(session, wakes, composer, activation, task, step=step, at=at, by_role=actor.role)
    if isinstance(step.act, Dispatch):
        task.state, task.ended_at = TaskState.DONE, at
    await session.sql.flush()
    due = await call_outs.next_rung(session, activation.id)
    if due is not None:
        await wakes.wake(session, "activation", activation.id, (due - at).total_seconds())
    return task


async def _live_task(session: Session, actor: Actor, task_id: str) -> tuple[TaskRow, CalamityRow]:
    task, calamity = await calamities.get_task(session, actor.municipality_id, task_id)
    if calamity.closed_at is not None:
        raise Conflict("This calamity is closed; its tasks are over.")
    return task, calamity


async def finish_task(
    session: Session,
    actor: Actor,
    task_id: str,
    *,
    note: str,
    choice: int | None = None,
    at: datetime,
) -> TaskRow:
    """Mark a task as done; for a decision, *choice* is the number of the option, from 0."""
    actor.must(Permission.WORK_TASKS)
    task, calamity = await _live_task(session, actor, task_id)
    if task.state in (TaskState.DONE, TaskState.SKIPPED):
        raise Conflict("This task was closed before.")
    activation = await calamities.get_activation(session, task.activation_id)
    step = (await get_version(session, activation.version_id)).playbook.step(task.step)
    if isinstance(step.act, Decision):
        await _decide(session, actor, calamity, step, step.act, choice=choice, note=note, at=at)
    await append(
        session,
        calamity.id,
        TaskDone(step=step.code, title_nl=step.title.nl, title_en=step.title.en, note=note or None),
        by_role=actor.role,
        at=at,
    )
    task.state, task.ended_at = TaskState.DONE, at
    await session.sql.flush()
    return task


async def _decide(
    session: Session,
    actor: Actor,
    calamity: CalamityRow,
    step: Step,
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
    chosen = act.options[choice].nl
    await append(
        session,
        calamity.id,
        Statement(kind="decision", text=f"{act.question.nl} {chosen}. {note}", owner=step.role),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )


async def skip_task(
    session: Session, actor: Actor, task_id: str, *, reason: str, at: datetime
) -> TaskRow:
    """Leave a task out, with a reason. Raises Refused when the playbook does not allow it."""
    actor.must(Permission.WORK_TASKS)
    task, calamity = await _live_task(session, actor, task_id)
    if task.state not in (TaskState.WAITING, TaskState.OPEN):
        raise Conflict("This task was started or closed before.")
    activation = await calamities.get_activation(session, task.activation_id)
    step = (await get_version(session, activation.version_id)).playbook.step(task.step)
    if not step.may_skip:
        raise Refused("The playbook does not allow this step to be left out.", field="task")
    if not reason.strip():
        raise Refused("Say why this step is left out.", field="reason")
    await append(
        session,
        calamity.id,
        TaskSkipped(
            step=step.code, title_nl=step.title.nl, title_en=step.title.en, reason=reason.strip()
        ),
        by_role=actor.role,
        at=at,
    )
    task.state, task.ended_at = TaskState.SKIPPED, at
    await session.sql.flush()
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
    task = await calamities.get_task_row(session, row.task_id)
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
