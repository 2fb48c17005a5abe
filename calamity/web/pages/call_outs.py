"""Who comes: the call-outs of a calamity, answers written down by hand, and "enough"."""

from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.receive import acknowledge
from calamity.actions.tasks import stop_call_out
from calamity.domain.activation import span
from calamity.domain.call_out import ANSWER_BY_DIGIT, Answer, CallOutState, Rung
from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import Mendable, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import CallOut
from calamity.domain.receipts import NEGATIVE, CarrierStatus
from calamity.store import call_outs
from calamity.store.calamities import open_calamity
from calamity.store.call_outs import CallOutStep
from calamity.store.database import Session
from calamity.web.auth import needs
from calamity.web.pages.frame import PageRequest, form_of, house_of, language_of, now
from calamity.web.pages.parts import part_or_back
from calamity.web.pages.scene import Scene
from calamity.web.pages.why import why_check_stop, why_no_texts
from calamity.web.paths import PATHS
from calamity.web.refusals import said
from calamity.web.sentences import N_
from calamity.web.views import room

_DIGIT = {answer.value: digit for digit, answer in ANSWER_BY_DIGIT.items()}
_REASONS = {
    "stopped-or-not-in-exercise": N_("Gets no texts: asked us to stop, or not in this exercise."),
    "carrier": N_("The text could not be delivered."),
    "other-role": N_("Is called in another role already."),
}
_NEVER_LEFT = (MessageState.REJECTED, MessageState.EXPIRED)
_CALLS: dict[str, str] = {
    CarrierStatus.RINGING: "ringing",
    CarrierStatus.IN_PROGRESS: "talking",
    CarrierStatus.BUSY: "no-answer",
    CarrierStatus.NO_ANSWER: "no-answer",
    CarrierStatus.COMPLETED: "no-key",
}
"""What the carrier says of a call, to who reads it while there is no answer yet."""
_NOT_CALLED = (Rung.WAITING, Rung.SPARED)


async def roster_view(scene: Scene, session: Session, problem: str | None = None) -> room.Roster:
    """Return the part of the room about who comes."""
    calamity_id = scene.calamity.id
    steps = await call_outs.call_out_steps(session, calamity_id)
    found = await call_outs.rosters(session, calamity_id)
    return room.Roster(
        calamity=calamity_id,
        call_outs=tuple(_call_out(scene, each, steps[each.id]) for each in found),
        problem=problem,
        closed=scene.calamity.closed_at is not None,
    )


def _call_out(scene: Scene, roster: call_outs.Roster, origin: CallOutStep) -> room.CallOutView:
    step = scene.step(origin.activation_id, origin.step)
    act = step.act
    assert isinstance(act, CallOut)  # noqa: S101 - only such a step has a call-out
    is_over = roster.state is not CallOutState.RUNNING
    lines = sorted(roster.lines, key=lambda line: (act.roles.index(line.role), line.rank))
    return room.CallOutView(
        id=roster.id,
        title=step.title.in_language(scene.language.code),
        quota=roster.quota,
        coming=roster.coming,
        lines=tuple(_line(scene, line, lines, act) for line in lines if _is_shown(line)),
        enough_at=origin.ended_at if roster.state is CallOutState.FILLED else None,
        ended_at=origin.ended_at if is_over else None,
        roles_with_nobody=tuple(
            scene.title(role)
            for role in act.roles
            if not _has_somebody(role, lines, is_over=roster.state is CallOutState.ENDED)
        ),
    )


def _is_shown(line: call_outs.RosterLine) -> bool:
    """Deputies who were not called stand behind the one whom they would replace."""
    return line.state not in _NOT_CALLED or line.called_at is not None or line.rank == 1


def _has_somebody(role: str, lines: list[call_outs.RosterLine], *, is_over: bool) -> bool:
    """Say whether somebody comes for a role or may still; once it *is_over*, only who said so."""
    for line in (each for each in lines if each.role == role):
        if is_over and (line.answer is None and line.state is not Rung.SPARED):
            continue
        if line.state is not Rung.UNREACHABLE and line.answer is not Answer.CANNOT:
            return True
    return False


def _line(
    scene: Scene, line: call_outs.RosterLine, lines: list[call_outs.RosterLine], act: CallOut
) -> room.RosterLine:
    deputy_at = _deputy_at(scene, line, act)
    deputy = next(
        (
            each
            for each in lines
            if each.role == line.role and each.rank > line.rank and each.state is Rung.WAITING
        ),
        None,
    )
    before = [each for each in lines if each.role == line.role and each.rank < line.rank]
    answer: Any = line.answer.value if line.answer else None
    if line.state is Rung.UNREACHABLE:
        answer = "unreachable"
    reason = _REASONS.get(line.reason)
    return room.RosterLine(
        person=line.ladder_id,
        name=line.name,
        role=scene.title(line.role),
        rung=_rung(line),
        answer=answer,
        planned_at=line.called_at,
        sent_at=line.sent_at,
        delivered_at=line.delivered_at,
        acknowledged_at=line.answered_at,
        deputy_for=before[-1].name if before else None,
        deputy_at=deputy_at,
        deputy_name=deputy.name if deputy and deputy_at else None,
        reason=scene.language.text(reason) if reason else line.reason or None,
        reminded_at=line.reminded_at,
        ways=tuple(_way(way) for way in line.ways if not _is_called_off(way)),
        check_stop=why_check_stop(line.stop_unchecked_since, scene.language),
        no_texts=why_no_texts(line.number_failed_at, line.number_error, scene.language),
    )


def _is_called_off(way: call_outs.WayLine) -> bool:
    """Tell whether it never left, or a phone stopped ringing, since it was not needed any more."""
    return way.state == MessageState.CANCELLED or way.status == CarrierStatus.CANCELED


def _way(way: call_outs.WayLine) -> room.WayLine:
    channel: Any = way.channel.value
    return room.WayLine(channel, _standing(way), way.tried_at or way.planned_at)


def _standing(way: call_outs.WayLine) -> Any:
    if way.planned_at is not None or not way.state:
        return "planned"
    if way.state in _NEVER_LEFT or way.status in NEGATIVE:
        return "failed"
    if way.channel is Channel.EMAIL:
        return "sent" if way.state == MessageState.ACCEPTED else "planned"
    return _CALLS.get(way.status, "waits")


def _rung(line: call_outs.RosterLine) -> Any:
    match line.state:
        case Rung.ANSWERED:
            return "acknowledged"
        case Rung.UNREACHABLE:
            return "failed"
        case Rung.SPARED:
            return "cancelled"
        case Rung.WAITING:
            return "planned"
    if line.delivered_at:
        return "delivered"
    return "sent" if line.sent_at else "planned"


def _deputy_at(scene: Scene, line: call_outs.RosterLine, act: CallOut) -> datetime | None:
    if line.state is Rung.REMINDED:
        return line.next_due_at
    if line.state is Rung.CALLED and line.called_at and line.next_due_at:
        return line.called_at + span(act.deputy_after, scene.calamity.tempo)
    return None


@post(
    PATHS["acknowledge"],
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="call_outs.acknowledge",
)
async def write_down(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    call_out: FromPath[str],
) -> Response[Any]:
    """Write down what somebody answered by voice; it counts as an answer by text does."""
    house, sent = house_of(request), await form_of(request)
    digit = _DIGIT.get(sent.get("answer", [""])[-1])
    ladder_id = sent.get("person", [""])[-1]
    problem = None
    try:
        if digit is None:
            raise Refused("Choose one of the answers.", field="answer")
        async with house.database.transaction() as session:
            await open_calamity(session, actor.municipality_id, calamity)
            _, row = await call_outs.find_ladder(session, actor.municipality_id, ladder_id)
            if (row.id, row.calamity_id) != (call_out, calamity):
                raise NotFound("This person is not in the call-out.", field="ladder")
            await acknowledge(
                session, house.wakes, house.terms, actor.municipality_id, ladder_id,
                digit=digit, reason=sent.get("reason", [""])[-1].strip()[:200], at=now(),
                by_hand=True,
            )  # fmt: skip
    except Mendable as error:
        problem = said(error, language_of(request))
    return await part_or_back(
        request, actor, calamity, "roster", roster_view, problem,
        done=language_of(request).text("The answer is written down."),
    )  # fmt: skip


@post(
    PATHS["call_out_enough"],
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="call_outs.enough",
)
async def enough(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    call_out: FromPath[str],
) -> Response[Any]:
    """Say that there are enough people: what waits is cancelled, who was called is thanked."""
    house, problem = house_of(request), None
    try:
        async with house.database.transaction() as session:
            await stop_call_out(session, house.wakes, house.terms, actor, call_out, at=now())
    except Mendable as error:
        problem = said(error, language_of(request))
    return await part_or_back(
        request, actor, calamity, "roster", roster_view, problem,
        done=language_of(request).text("The call-out is over. Who was called gets a thank-you."),
    )  # fmt: skip


CALL_OUTS = [write_down, enough]
