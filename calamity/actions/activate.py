"""Activating a playbook: one transaction pins the version, the people and the words, and starts."""

from datetime import datetime

from calamity.actions.decide import set_levels
from calamity.actions.signatures import version_to_activate
from calamity.actions.tasks import run_due_tasks
from calamity.actions.terms import Terms
from calamity.domain.activation import ActivationRequest, Snapshot, TaskState, moment_of
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import CallOut, Group, Playbook
from calamity.domain.playbook_life import VersionState
from calamity.domain.timeline import CalamityOpened, PlaybookActivated, Visibility
from calamity.store import calamities
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.outbox import ensure_lane
from calamity.store.people import take_snapshot
from calamity.store.playbooks import PlaybookVersion
from calamity.store.tables import CalamityRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes


async def activate(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    request: ActivationRequest,
    *,
    at: datetime,
) -> Activation:
    """Activate a playbook version in a new or a running calamity.

    The same request key never activates twice: a second call returns what the first one made.
    Automatic steps that are due at T0 start in this transaction, so their texts are rows when it
    commits. Raises Refused or Conflict, naming the field.
    """
    actor.must(Permission.ACTIVATE)
    before = await calamities.find_activation_by_key(
        session, actor.municipality_id, request.request_key
    )
    if before is not None:
        return before
    version = await version_to_activate(session, actor.municipality_id, request)
    await _check_places(session, actor.municipality_id, request)
    calamity = await _calamity(session, actor, request, version.playbook, at)
    snapshot = await take_snapshot(session, actor.municipality_id)
    activation = await calamities.add_activation(
        session,
        municipality_id=actor.municipality_id,
        calamity_id=calamity.id,
        version_id=version.id,
        request_key=request.request_key,
        t0=at,
        inputs=request.inputs,
        snapshot=snapshot,
        by=actor.login,
    )
    await calamities.add_tasks(session, _tasks(activation, version.playbook, calamity.tempo))
    for route in terms.routes:
        await ensure_lane(session, route.sender, route.rate)
    await _write_down(session, actor, activation, version, snapshot=snapshot, at=at)
    await run_due_tasks(session, wakes, terms, activation, at=at)
    return activation


async def _check_places(session: Session, municipality_id: str, request: ActivationRequest) -> None:
    known = {place.code for place in await list_neighbourhoods(session, municipality_id)}
    unknown = [code for code in request.inputs.affected if code not in known]
    if unknown:
        raise Refused(
            f"{', '.join(unknown)}: no such neighbourhood. Choose from the list.", field="affected"
        )


async def _calamity(
    session: Session,
    actor: Actor,
    request: ActivationRequest,
    playbook: Playbook,
    at: datetime,
) -> CalamityRow:
    if request.calamity_id is not None:
        return await calamities.open_calamity(
            session, actor.municipality_id, request.calamity_id, lock=True
        )
    if request.levels is None:
        raise Refused("Set the social level, with a reason, for a new calamity.", field="levels")
    calamity = await calamities.add_calamity(
        session,
        actor.municipality_id,
        title=request.title,
        is_exercise=request.is_exercise,
        tempo=request.tempo,
        phase=playbook.phases[0].code,
        at=at,
    )
    await append(
        session,
        calamity.id,
        CalamityOpened(title=request.title, exercise=request.is_exercise),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    await set_levels(session, actor, calamity, request.levels, at=at)
    return calamity


def _tasks(activation: Activation, playbook: Playbook, tempo: int) -> list[TaskRow]:
    return [
        TaskRow(
            id=new_id(),
            activation_id=activation.id,
            calamity_id=activation.calamity_id,
            step=step.code,
            role=step.role,
            start_at=moment_of(activation.t0, step.start, tempo),
            due_at=moment_of(activation.t0, step.due, tempo),
            is_automatic=step.automatic,
            state=TaskState.WAITING,
        )
        for step in playbook.steps
    ]


async def _write_down(
    session: Session,
    actor: Actor,
    activation: Activation,
    version: PlaybookVersion,
    *,
    snapshot: Snapshot,
    at: datetime,
) -> None:
    roles = {
        role
        for step in version.playbook.steps
        if step.automatic and isinstance(step.act, CallOut)
        for role in step.act.roles
    }
    called = {
        member.recipient_id
        for member in snapshot.of(Group.RAPID_TEAM)
        if member.role in roles and member.rank == 1
    }
    await append(
        session,
        activation.calamity_id,
        PlaybookActivated(
            activation_id=activation.id,
            slug=version.slug,
            version=version.number,
            sha256=version.sha256,
            title_nl=version.playbook.title.nl,
            title_en=version.playbook.title.en,
            people_called=len(called),
            past_date=version.is_past_its_date(at),
            retired=version.state is VersionState.RETIRED,
        ),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )


async def find_calamity_by_code(session: Session, municipality_id: str, code: str) -> str:
    """Return the id of the calamity whose short code stands in a text. Raises NotFound."""
    for row in await calamities.list_calamities(session, municipality_id, limit=200):
        if row.id.endswith(code):
            return row.id
    raise NotFound("This link does not lead to a calamity of your municipality.")
