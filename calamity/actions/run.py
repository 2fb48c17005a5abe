"""Running an activation: open the tasks whose time has come, act, and climb the ladders."""

from datetime import datetime

from msgspec import Struct

from calamity.actions.call_out import CallOutRunner
from calamity.actions.check_in import open_round
from calamity.actions.compose import Composer, composer_for
from calamity.actions.dispatch import dispatch, members_of
from calamity.actions.settle import SYSTEM, course_of, leave_waiting, settle
from calamity.actions.terms import Terms
from calamity.domain.activation import TaskState
from calamity.domain.errors import Conflict
from calamity.domain.playbook import CallOut, Dispatch, Group, Playbook, Round, Step
from calamity.store import calamities, call_outs, tasks
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow, TaskRow
from calamity.store.wakes import Wakes


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
    if await tasks.take_news(session, activation_id):
        calamity = await calamities.get_calamity(
            session, activation.municipality_id, activation.calamity_id
        )
        await settle(session, terms, activation, calamity, at)
    await _start_due(session, wakes, terms, activation, at)
    rung = await call_outs.next_rung(session, activation_id)
    if rung is not None and rung <= at:
        await _climb(session, wakes, terms, activation, at)
    await wake_for_next(session, wakes, activation_id, at)


async def wake_for_next(session: Session, wakes: Wakes, activation_id: str, at: datetime) -> None:
    """Set a wake for what is due next in an activation: a task, or a rung of a ladder."""
    moments = (
        await tasks.next_task_start(session, activation_id),
        await call_outs.next_rung(session, activation_id),
    )
    due = min((moment for moment in moments if moment is not None), default=None)
    if due is not None:
        await wakes.wake(session, "activation", activation_id, (due - at).total_seconds())


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
    task = await tasks.get_task_row(session, task_id)
    act = playbook.step(task.step).act
    if not isinstance(act, CallOut):
        raise Conflict("This task is no call-out.")
    return act


async def run_due_tasks(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, *, at: datetime
) -> None:
    """Open the tasks whose start has come and run the automatic ones."""
    await _start_due(session, wakes, terms, activation, at)
    await wake_for_next(session, wakes, activation.id, at)


async def _start_due(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, at: datetime
) -> None:
    """Open what is due, until nothing is: a step that ran may be what another waited for."""
    runner: Runner | None = None
    while due := await tasks.due_tasks(session, activation.id, at):
        runner = runner or await runner_of(session, wakes, terms, activation, at)
        for task in due:
            await runner.open(task)
        await runner.settle()


class Runner(Struct):
    """Puts the tasks of one activation to work; made anew for each transaction."""

    session: Session
    wakes: Wakes
    terms: Terms
    activation: Activation
    calamity: CalamityRow
    playbook: Playbook
    at: datetime
    _composer: Composer | None = None

    async def open(self, task: TaskRow, *, by_hand: bool = False) -> TaskRow:
        """Open a waiting task, or the last of its times, and run its act if it is automatic.

        One that is opened *by_hand* runs as the person says who does so.
        """
        step = self.playbook.step(task.step)
        if step.repeat is not None:
            await self.session.sql.flush()
            rows = await tasks.tasks_of(self.session, self.activation.id)
            course = course_of(self.terms, self.calamity, self.playbook, self.activation, rows)
            task = await leave_waiting(self.session, course, step, task, at=self.at)
        task.state, task.waits_for = TaskState.OPEN, None
        if task.is_automatic and not by_hand:
            await self.act(task, step, by_role=SYSTEM)
            if not isinstance(step.act, Round | CallOut):
                task.state, task.ended_at = TaskState.DONE, self.at
        self.session.ring(self.calamity.id)
        return task

    async def settle(self) -> None:
        """Settle what rests on the tasks that were moved."""
        await settle(
            self.session, self.terms, self.activation, self.calamity, self.at,
            playbook=self.playbook,
        )  # fmt: skip

    async def act(self, task: TaskRow, step: Step, *, by_role: str) -> None:
        """Run the act of a step; one that sends nothing is left to a person."""
        if not isinstance(step.act, CallOut | Dispatch | Round):
            return
        snapshot, affected = self.activation.snapshot, self.activation.inputs.affected
        composer = await self._composed()
        task.state = TaskState.RUNNING
        await self.session.sql.flush()
        match step.act:
            case CallOut():
                call_out = CallOutRunner(self.session, self.wakes, composer, step.act, self.at)
                await call_out.start(task, snapshot.of(Group.RAPID_TEAM))
            case Dispatch(audience=audience, message=message):
                await dispatch(
                    self.session,
                    self.wakes,
                    composer,
                    audience=audience,
                    message=message,
                    members=members_of(composer, audience, snapshot, affected),
                    at=self.at,
                    by_role=by_role,
                    task_id=task.id,
                )
            case Round():
                await open_round(
                    self.session,
                    self.wakes,
                    composer,
                    step.act,
                    snapshot=snapshot,
                    affected=affected,
                    at=self.at,
                    by_role=by_role,
                    task=task,
                )

    async def _composed(self) -> Composer:
        if self._composer is None:
            self._composer = await composer_of(
                self.session, self.terms, self.activation, self.calamity, self.playbook
            )
        return self._composer


async def runner_of(
    session: Session, wakes: Wakes, terms: Terms, activation: Activation, at: datetime
) -> Runner:
    """Return what puts the tasks of an activation to work; the activation is locked."""
    calamity = await calamities.get_calamity(
        session, activation.municipality_id, activation.calamity_id
    )
    playbook = (await get_version(session, activation.version_id)).playbook
    return Runner(session, wakes, terms, activation, calamity, playbook, at)
