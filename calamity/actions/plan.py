"""The plan of an activation: who would get what, when and at what cost; nothing happens.

It is made by the same selection and the same composer as the real thing, over a calamity that is
never stored, so that the review page cannot promise other words than those that leave.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from calamity.actions.activate import first_phases, must_fit_watch, reasoned
from calamity.actions.compose import (
    Circumstances,
    Composer,
    audience_of,
    circumstances,
    composer_for,
    select_members,
    who_needs_codes,
)
from calamity.actions.settle import Begun, course_of
from calamity.actions.signatures import version_to_activate
from calamity.actions.terms import Terms
from calamity.actions.typed import typed_warnings
from calamity.domain.activation import ActivationRequest, Member, Snapshot, span
from calamity.domain.course import Course, Settled
from calamity.domain.dispatch import Held
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import Plan, PlannedAct, PlannedText, Unreachable
from calamity.domain.playbook import (
    CallOut,
    Dispatch,
    Group,
    Message,
    MessageKind,
    Playbook,
    Round,
    Step,
    Words,
)
from calamity.domain.playbook_life import VersionState
from calamity.domain.playbook_prose import condition
from calamity.domain.proposal import propose_level
from calamity.domain.texts import segments
from calamity.domain.timeline import GENESIS
from calamity.store.calamities import Activation, get_activation, is_on_watch, open_calamity
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.people import take_snapshot
from calamity.store.playbooks import get_version
from calamity.store.tables import CalamityRow
from calamity.store.tasks import find_task, tasks_of

_MOST_NAMED = 100
_SAMPLE_CODE = "0000"


async def plan(
    session: Session, terms: Terms, actor: Actor, request: ActivationRequest, *, at: datetime
) -> Plan:
    """Return what activating now would bring about. Raises as `activate` does; changes nothing.

    A person who first gets words in an earlier step of this same plan counts as given to, in the
    order in which the steps start.
    """
    actor.must(Permission.ACTIVATE)
    version = await version_to_activate(session, actor.municipality_id, request)
    if request.calamity_id is None and request.levels is None:
        raise Refused("Set the social level, with a reason, for a new calamity.", field="levels")
    calamity = await _calamity(session, actor, request, version.playbook, at)
    snapshot = await take_snapshot(session, actor.municipality_id)
    composer = await composer_for(
        session,
        terms,
        calamity,
        version.playbook,
        inputs=request.inputs,
        members=snapshot.members,
    )
    now = await circumstances(session, calamity, at)
    coded = await who_needs_codes(session, terms)
    course = _course(terms, calamity, version.playbook, request, at)
    planner = Planner(composer, snapshot, now, request.inputs.affected, course, at=at, coded=coded)
    acts = [act for step in _in_order(course) for act in planner.acts(step)]
    unreachable = planner.unreachable()
    return Plan(
        slug=version.slug,
        version=version.number,
        sha256=version.sha256,
        title=version.playbook.title,
        is_past_its_date=version.is_past_its_date(at),
        is_retired=version.state is VersionState.RETIRED,
        is_exercise=calamity.is_exercise,
        is_watch=is_on_watch(calamity),
        made_at=at,
        acts=acts,
        unreachable=unreachable[:_MOST_NAMED],
        unreachable_count=len(unreachable),
        roles_without_people=planner.roles_below(1),
        roles_without_deputy=planner.roles_below(2),
        parts=sum(act.parts for act in acts),
        cost=round(sum(act.cost for act in acts), 2),
        warnings=await typed_warnings(session, actor.municipality_id, request.inputs),
    )


async def _calamity(
    session: Session, actor: Actor, request: ActivationRequest, playbook: Playbook, at: datetime
) -> CalamityRow:
    """Return the running calamity, or one that is only imagined."""
    proposal = propose_level(playbook, request.inputs.answers)
    if request.calamity_id is not None or request.levels is None:
        calamity = await open_calamity(session, actor.municipality_id, request.calamity_id or "")
        must_fit_watch(calamity, request)
        return calamity
    levels, _ = reasoned(request.levels, proposal, playbook)
    return CalamityRow(
        id=new_id(),
        municipality_id=actor.municipality_id,
        title=request.title,
        is_exercise=request.is_exercise,
        tempo=request.tempo if request.is_exercise else 1,
        phase=playbook.phases[0].code,
        social_level=levels.social,
        grip=levels.grip,
        threat=levels.threat,
        opened_at=at,
        phase_since=at,
        level_since=at,
        watch_since=at if request.watch_reason is not None else None,
        head_hash=GENESIS,
    )


def _course(
    terms: Terms,
    calamity: CalamityRow,
    playbook: Playbook,
    request: ActivationRequest,
    at: datetime,
) -> Course:
    """Return the course of an activation that is only imagined, at its beginning."""
    begun = first_phases(playbook, calamity.phase, at)
    return course_of(terms, calamity, playbook, Begun(at, request.inputs, begun))


def _in_order(course: Course) -> list[Step]:
    return sorted(course.playbook.steps, key=lambda step: course.settled(step).start_at)


def _condition(step: Step, playbook: Playbook) -> Words | None:
    if step.when is None:
        return None
    said = condition(step.when, playbook)
    return Words(nl=said.nl, en=said.en)


class Planner:
    """Plans the acts of one playbook, one after the other."""

    def __init__(
        self,
        composer: Composer,
        snapshot: Snapshot,
        now: Circumstances,
        affected: list[str],
        course: Course,
        *,
        at: datetime,
        coded: Collection[str] | None,
        is_now: bool = False,
    ) -> None:
        self._is_now = is_now
        self._coded = coded
        self._composer = composer
        self.playbook = composer.playbook
        self._snapshot = snapshot
        self._affected = affected
        self.course = course
        self._at = at
        self._now = now
        self._given = set(now.given)
        self._held: dict[str, Held] = {}

    def acts(self, step: Step) -> Iterator[PlannedAct]:
        """Return what a step would send, per audience."""
        match step.act:
            case CallOut() as act:
                members = [
                    member
                    for member in self._snapshot.of(Group.RAPID_TEAM)
                    if member.role in act.roles and member.rank == 1
                ]
                yield self.act(step, "call-out", "rapid-team", act.message, _once(members))
            case Dispatch(audience=audience, message=message):
                yield self.act(step, "dispatch", audience, message, self._members(audience))
            case Round() as act:
                for audience in act.audiences:
                    of = self.playbook.audience(audience).of
                    uses_form = of is Group.PROFESSIONALS and act.form is not None
                    message = act.form if uses_form and act.form else act.message
                    yield self.act(step, "round", audience, message, self._members(audience))

    def _members(self, audience: str) -> list[Member]:
        return audience_of(self.playbook.audience(audience), self._snapshot, self._affected)

    def act(
        self, step: Step, kind: str, audience: str, code: str, members: list[Member]
    ) -> PlannedAct:
        """Return what a step would send to these people with one message."""
        message = self.playbook.message(code)
        if kind != "call-out":
            message = message.said_to(audience)
        settled = self.course.settled(step)
        start = settled.start_at
        # Budgets count per day and questions close in between: the plan looks at one step at a
        # time and says what holds whatever the day brings.
        now = Circumstances(self._now.stopped, self._now.paused, self._given, {}, set())
        if self._is_now:
            start, now, settled = self._at, self._now, Settled(self._at, self._at)
        selection = select_members(self._composer, members, message, now)
        if message.kind is MessageKind.GIVE:
            self._given |= {member.recipient_id for member in selection.members}
        until = None
        if isinstance(step.act, Round):
            until = start + span(step.act.closes_after, self._composer.calamity.tempo)
        is_answered = isinstance(step.act, CallOut) or (
            isinstance(step.act, Round) and code == step.act.message
        )
        texts = self._texts(selection.members, message, start, until, is_answered=is_answered)
        parts = sum(text.total_parts for text in texts)
        leaves = [self._composer.leaves_at(member, message, start) for member in selection.members]
        return PlannedAct(
            step=step.code,
            title=step.title,
            kind=kind,
            audience=audience,
            message=code,
            is_automatic=step.automatic,
            start_at=start,
            waits_for=settled.waits_for,
            only_if=_condition(step, self.playbook),
            leaves_at=max(leaves, default=start),
            recipients=len(selection.members),
            texts=texts,
            held_back=selection.held,
            parts=parts,
            cost=round(parts * self._composer.terms.price_per_part, 2),
            seconds=round(parts / self._composer.terms.rate, 1),
        )

    def _texts(
        self,
        members: list[Member],
        message: Message,
        at: datetime,
        until: datetime | None,
        *,
        is_answered: bool,
    ) -> list[PlannedText]:
        bodies: defaultdict[str, list[str]] = defaultdict(list)
        sample_link = f"{self._composer.terms.public_url}/f/{'x' * 22}"
        link = sample_link if message.kind is MessageKind.ASK else ""
        for member in members:
            language = member.language if member.language in message.texts else "nl"
            needs_code = self._coded is None or member.recipient_id in self._coded
            code = _SAMPLE_CODE if is_answered and needs_code else ""
            bodies[language].append(
                self._composer.body(member, message, at=at, link=link, until=until, code=code)
            )
        planned = []
        for spoken, all_bodies in sorted(bodies.items()):
            parts: Counter[str] = Counter({body: segments(body).parts for body in all_bodies})
            longest = max(all_bodies, key=lambda body: (parts[body], len(body)))
            planned.append(
                PlannedText(
                    language=spoken,
                    recipients=len(all_bodies),
                    example=longest,
                    encoding=segments(longest).encoding,
                    parts=parts[longest],
                    total_parts=sum(parts[body] for body in all_bodies),
                )
            )
        return planned

    def unreachable(self) -> list[Unreachable]:
        """Return everyone whom no step of this plan can reach, each person once."""
        found: dict[str, Unreachable] = {}
        for member in self._snapshot.members:
            reason = self._why_never(member)
            person = self._composer.people.get(member.recipient_id)
            if reason is None or person is None:
                continue
            found.setdefault(
                member.recipient_id,
                Unreachable(person.name, member.group, member.role, reason.value),
            )
        return sorted(found.values(), key=lambda each: (each.group, each.name))

    def _why_never(self, member: Member) -> Held | None:
        if member.recipient_id in self._now.stopped:
            return Held.STOPPED
        if member.recipient_id in self._now.paused:
            return Held.PAUSED
        if member.group is Group.KEY_FIGURES and not member.agreed:
            return Held.NO_AGREEMENT
        if member.group is Group.KEY_FIGURES and member.contact in self._now.stopped:
            return Held.NO_CONTACT_PERSON
        if not self._composer.reaches(member.recipient_id):
            return Held.NOT_IN_EXERCISE
        return None

    def roles_below(self, number: int) -> list[str]:
        """Return the called roles that fewer than *number* reachable people can fill."""
        called = {
            role
            for step in self.playbook.steps
            if isinstance(step.act, CallOut)
            for role in step.act.roles
        }
        filled = Counter(
            member.role
            for member in self._snapshot.of(Group.RAPID_TEAM)
            if self._why_never(member) is None
        )
        return sorted(role for role in called if filled[role] < number)


def _once(members: list[Member]) -> list[Member]:
    return list({member.recipient_id: member for member in members}.values())


async def plan_task(
    session: Session, terms: Terms, actor: Actor, task_id: str, *, at: datetime
) -> list[PlannedAct]:
    """Return what a task would send if somebody started it now; changes nothing."""
    actor.must(Permission.STEER)
    task, calamity = await find_task(session, actor.municipality_id, task_id)
    activation = await get_activation(session, task.activation_id)
    planner = await planner_of(session, terms, calamity, activation, at=at, is_now=True)
    return list(planner.acts(planner.playbook.step(task.step)))


async def planner_of(
    session: Session,
    terms: Terms,
    calamity: CalamityRow,
    activation: Activation,
    *,
    at: datetime,
    is_now: bool = False,
) -> "Planner":
    """Return what plans the acts of an activation: now, or as its course stands."""
    playbook = (await get_version(session, activation.version_id)).playbook
    composer = await composer_for(
        session,
        terms,
        calamity,
        playbook,
        inputs=activation.inputs,
        members=activation.snapshot.members,
    )
    now = await circumstances(session, calamity, at)
    coded = await who_needs_codes(session, terms)
    rows = await tasks_of(session, activation.id)
    return Planner(
        composer,
        activation.snapshot,
        now,
        activation.inputs.affected,
        course_of(terms, calamity, playbook, activation, rows),
        at=at,
        coded=coded,
        is_now=is_now,
    )
