"""The watch: ended by a person, who lets the whole playbook start or the team stand down."""

from datetime import datetime

from msgspec import Struct, structs

from calamity.actions.decide import end_calamity
from calamity.actions.dispatch import dispatch
from calamity.actions.plan import Planner, planner_of
from calamity.actions.run import composer_of, run_due_tasks
from calamity.actions.settle import settle
from calamity.actions.terms import Terms
from calamity.domain.activation import Member
from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import PlannedAct
from calamity.domain.playbook import CallOut, Dispatch, Group, MessageKind, Playbook, Step
from calamity.domain.timeline import CalamityClosed, Visibility, WatchEnded
from calamity.domain.watch import WATCH, Watch
from calamity.store import calamities, call_outs, tasks
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_TEAM = "rapid-team"


class PlannedEnd(Struct, frozen=True):
    """What one playbook would send if the watch ended now, in either way."""

    playbook: Playbook
    go_on: list[PlannedAct]
    stand_down: list[PlannedAct]


class _Parting(Struct, frozen=True):
    """The words with which a playbook sends the team home, and the step in which they stand."""

    step: Step
    audience: str
    message: str


async def plan_end(
    session: Session, terms: Terms, actor: Actor, calamity_id: str, *, at: datetime
) -> list[PlannedEnd]:
    """Say what ending the watch would bring about, per playbook; nothing happens.

    Raises Conflict for a calamity that is not on watch.
    """
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    watch = _must_watch(calamity)
    found: list[PlannedEnd] = []
    told: set[str] = set()
    for activation in await calamities.list_activations(session, calamity_id):
        planner = await planner_of(session, terms, calamity, activation, at=at)
        held = await _held(session, activation)
        planner.course = structs.replace(planner.course, watch=Watch(watch.since, at))
        steps = [each for each in planner.playbook.steps if each.code in held]
        steps.sort(key=lambda step: planner.course.settled(step).start_at)
        go_on = [act for step in steps for act in planner.acts(step)]
        at_once = await planner_of(session, terms, calamity, activation, at=at, is_now=True)
        parting = await _plan_parting(session, at_once, activation, told)
        found.append(PlannedEnd(planner.playbook, go_on, parting))
    return found


async def _plan_parting(
    session: Session, planner: Planner, activation: Activation, told: set[str]
) -> list[PlannedAct]:
    members, words = await _called(session, activation, told), _parting(planner.playbook)
    if words is None or not members:
        return []
    act = planner.act(words.step, "dispatch", words.audience, words.message, members)
    return [structs.replace(act, is_automatic=True)]


async def end_watch(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    *,
    reason: str,
    at: datetime,
) -> None:
    """Let the whole of every playbook start: what was held counts from this moment.

    Automatic steps that are due now start in this transaction, so their texts are rows when it
    commits. A second call changes nothing. Raises Conflict for a calamity that never was on watch.
    """
    actor.must(Permission.STEER)
    # Activations before the calamity, as the worker locks them.
    await calamities.lock_activations(session, calamity_id)
    calamity = await calamities.open_calamity(
        session, actor.municipality_id, calamity_id, lock=True
    )
    if calamity.watch_ended_at is not None:
        return
    watch = _must_watch(calamity)
    if not reason.strip():
        raise Refused("Say why the whole playbook starts.", field="reason")
    # A playbook may have been added before the calamity was locked.
    activations = await calamities.lock_activations(session, calamity_id)
    held = [code for each in activations for code in await _held(session, each)]
    await append(
        session,
        calamity_id,
        WatchEnded(reason=reason.strip(), since=watch.since, steps=len(held)),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    calamity.watch_ended_at = at
    await session.sql.flush()
    for activation in activations:
        await settle(session, terms, activation, calamity, at)
        await run_due_tasks(session, wakes, terms, activation, at=at)


async def stand_down(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    *,
    reason: str,
    at: datetime,
) -> None:
    """Close a calamity on watch: who was called hears that it is over, and nobody else anything.

    Nobody outside the team was told, so no loop-back is owed and no stop condition asked. Raises
    Conflict for a calamity that is closed or not on watch.
    """
    actor.must(Permission.STEER)
    activations = await calamities.lock_activations(session, calamity_id)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    _must_watch(calamity)
    if not reason.strip():
        raise Refused("Give the reason for closing.", field="reason")
    told: set[str] = set()
    for activation in activations:
        playbook = (await get_version(session, activation.version_id)).playbook
        words = _parting(playbook)
        members = await _called(session, activation, told)
        if words is not None and members:
            composer = await composer_of(session, terms, activation, calamity, playbook)
            await dispatch(
                session, wakes, composer, audience=words.audience, message=words.message,
                members=members, at=at, by_role=actor.role,
            )  # fmt: skip
    closed = CalamityClosed(reason=reason.strip(), stood_down=True)
    await end_calamity(session, wakes, actor, calamity, closed, at=at)


def _parting(playbook: Playbook) -> _Parting | None:
    """Return the words with which the team is sent home.

    They are those with which the playbook closes for the team; else those for who need not come.
    """
    team = {each.code for each in playbook.audiences if each.of is Group.RAPID_TEAM}
    for step in playbook.steps:
        if isinstance(step.act, Dispatch) and step.act.audience in team:
            message = playbook.message(step.act.message)
            if message.kind is MessageKind.CLOSE:
                return _Parting(step, step.act.audience, message.code)
    for step in playbook.steps:
        if isinstance(step.act, CallOut):
            return _Parting(step, _TEAM, step.act.enough)
    return None


async def _called(session: Session, activation: Activation, told: set[str]) -> list[Member]:
    """Return who was called and comes or may come, each once; they count as *told* from then."""
    called = await call_outs.people_called(session, activation.id) - told
    told |= called
    team = {each.recipient_id: each for each in activation.snapshot.of(Group.RAPID_TEAM)}
    return [member for who, member in team.items() if who in called]


async def _held(session: Session, activation: Activation) -> set[str]:
    """Return the codes of the steps that wait until the watch ends."""
    rows = await tasks.tasks_of(session, activation.id)
    return {row.step for row in rows if row.waits_for == WATCH}


def _must_watch(calamity: CalamityRow) -> Watch:
    watch = calamities.watch_of(calamity)
    if watch is None or not watch.holds:
        raise Conflict("This calamity is not on watch.", field="watch")
    return watch
