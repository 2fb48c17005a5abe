"""Activating a playbook: one transaction pins the version, the people and the words, and starts."""

from datetime import datetime

from msgspec.structs import replace

from calamity.actions.decide import set_levels
from calamity.actions.run import run_due_tasks
from calamity.actions.settle import course_of, first_tasks
from calamity.actions.signatures import version_to_activate
from calamity.actions.terms import Terms
from calamity.domain.activation import ActivationRequest, Levels, Snapshot, span
from calamity.domain.course import phases_begun
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import CallOut, Group, Playbook
from calamity.domain.playbook_life import VersionState
from calamity.domain.proposal import Proposal, in_words, propose_level
from calamity.domain.timeline import CalamityOpened, PlaybookActivated, Visibility, WatchBegun
from calamity.store import calamities, tasks
from calamity.store.calamities import Activation
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.outbox import ensure_lane
from calamity.store.people import take_snapshot
from calamity.store.playbooks import PlaybookVersion
from calamity.store.tables import CalamityRow
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
    proposal = propose_level(version.playbook, request.inputs.answers)
    calamity = await _calamity(session, actor, request, version.playbook, proposal, at=at)
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
        begun=first_phases(version.playbook, calamity.phase, at),
        by=actor.login,
    )
    course = course_of(terms, calamity, version.playbook, activation)
    await tasks.add_tasks(session, first_tasks(course, activation))
    review = at + span(f"{version.playbook.review_days}d", calamity.tempo)
    calamity.review_at = min(review, calamity.review_at or review)
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
    proposal: Proposal | None,
    *,
    at: datetime,
) -> CalamityRow:
    if request.calamity_id is not None:
        calamity = await calamities.open_calamity(
            session, actor.municipality_id, request.calamity_id, lock=True
        )
        must_fit_watch(calamity, request)
        return calamity
    if request.levels is None:
        raise Refused("Set the social level, with a reason, for a new calamity.", field="levels")
    if request.watch_reason is not None and not request.watch_reason.strip():
        raise Refused("Say what you wait for.", field="watch_reason")
    calamity = await calamities.add_calamity(
        session,
        actor.municipality_id,
        title=request.title,
        is_exercise=request.is_exercise,
        tempo=request.tempo,
        phase=playbook.phases[0].code,
        is_watch=request.watch_reason is not None,
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
    levels, reason_en = reasoned(request.levels, proposal, playbook)
    proposed = proposal.level if proposal else None
    await set_levels(
        session, actor, calamity, levels, proposed=proposed, reason_en=reason_en, at=at
    )
    if request.watch_reason is not None:
        await append(
            session,
            calamity.id,
            WatchBegun(reason=request.watch_reason.strip()),
            by_role=actor.role,
            at=at,
            visibility=Visibility.OFFICIALS,
        )
    return calamity


def must_fit_watch(calamity: CalamityRow, request: ActivationRequest) -> None:
    """Raise Refused for a watch in a calamity of which others may have heard.

    A playbook that is added to a calamity on watch is on watch too, whether that is asked or not.
    """
    if request.watch_reason is not None and not calamities.is_on_watch(calamity):
        raise Refused(
            "This calamity is not on watch: people outside the team may have heard from us. Start "
            "the whole playbook.",
            field="watch_reason",
        )


def first_phases(playbook: Playbook, phase: str, at: datetime) -> dict[str, datetime]:
    """Return which phases begin at T0: the first, or all up to that of a running calamity."""
    begun = phases_begun(playbook, phase, {}, at)
    return begun or {playbook.phases[0].code: at}


def reasoned(
    levels: Levels, proposal: Proposal | None, playbook: Playbook
) -> tuple[Levels, str | None]:
    """Return the levels, with the reason of the playbook where its proposal was taken over.

    The playbook speaks both languages; beside the levels comes its reason in English.
    Raises Refused for another level than was proposed, without a reason.
    """
    if proposal is None or (levels.social_reason or "").strip():
        return levels, None
    if levels.social != proposal.level:
        raise Refused(
            f"The playbook proposes level {proposal.level}. Give the reason for another level.",
            field="social_reason",
        )
    why = in_words(proposal, playbook)
    return replace(levels, social_reason=why.nl), why.en


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
