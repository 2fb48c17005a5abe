"""The course of a rehearsal: phases begin as planned, and every step ends when it is due.

What a person does, they do at the last moment; so a plan that only works when everybody is early
shows where it does not.
"""

import heapq
import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from calamity.actions.rehearse.crowd import Crowd, Sending
from calamity.actions.rehearse.team import Climbed, Ladder
from calamity.actions.ways import ways_to
from calamity.domain.activation import span
from calamity.domain.channels import Channel
from calamity.domain.course import Clock, Course, Ending, Settled, known_answers
from calamity.domain.playbook import (
    CallOut,
    Decision,
    Dispatch,
    Group,
    MessageKind,
    Playbook,
    Round,
    Step,
    seconds,
)
from calamity.domain.playbook.formula import Facts
from calamity.domain.playbook_prose import said_of
from calamity.domain.rehearsal import Duty, RehearsalRequest

_MOST_TIMES = 400
_PHASE, _END, _BEGIN, _ACT = 0, 1, 2, 3


class Called(Struct, frozen=True):
    """A call-out that was rehearsed."""

    step: str
    at: datetime
    quota: int
    climbed: Climbed


class Asked(Struct, frozen=True):
    """A round that was rehearsed."""

    step: str
    at: datetime
    closes_at: datetime
    asked: int
    answered: int


class Walked(Struct):
    """What happened, in the order in which it did."""

    phases: list[tuple[datetime, str]] = []
    duties: list[Duty] = []
    called: list[Called] = []
    sendings: list[Sending] = []
    rounds: list[Asked] = []
    never: dict[str, str] = {}
    """What steps wait for that never came."""
    endless: list[str] = []
    """Steps that are done again so often that the rehearsal stopped counting."""


class Walk:
    """Walks through one playbook, from T0 to the last that happens."""

    def __init__(
        self, playbook: Playbook, crowd: Crowd, request: RehearsalRequest, t0: datetime, level: int
    ) -> None:
        self._playbook, self._crowd, self._request, self._t0 = playbook, crowd, request, t0
        self._zone = crowd.composer.terms.zone
        self._facts = Facts(
            answers=known_answers(playbook.questions, request.answers),
            numbers={"level": level, "grip": 0},
            phases=[phase.code for phase in playbook.phases],
        )
        self._begun: dict[str, datetime] = {}
        self._endings: dict[str, list[Ending]] = {}
        self._waiting = list(playbook.steps)
        self._ahead: list[tuple[datetime, int, int, int, Any]] = []
        self._order = itertools.count()
        self._walked = Walked()

    def walk(self) -> Walked:
        """Let everything happen, one after the other."""
        for place, phase in enumerate(self._playbook.phases):
            # The first phase begins with the activation, whatever it says.
            after = timedelta(seconds=seconds(phase.starts) if place else 0)
            self._plan(self._t0 + after, _PHASE, 0, phase.code)
        while self._ahead:
            at, kind, _, _, what = heapq.heappop(self._ahead)
            if kind == _PHASE:
                self._begin_phase(what, at)
            elif kind == _END:
                self._end(what[0], what[1], at)
            elif kind == _BEGIN:
                self._begin(what[0], what[1], what[2])
            else:
                self._act(what[0], what[1], at)
            # What happens at one moment happens together before anything rests on it.
            if kind in (_PHASE, _END) and not (self._ahead and self._ahead[0][:2] == (at, kind)):
                self._settle(at)
        course = self._course()
        self._walked.never = {
            step.code: course.settled(step).waits_for or "" for step in self._waiting
        }
        return self._walked

    def _plan(self, at: datetime, kind: int, rank: int, what: object) -> None:
        heapq.heappush(self._ahead, (at, kind, rank, next(self._order), what))

    def _course(self) -> Course:
        clock = Clock(self._t0, 1, self._zone)
        return Course(self._playbook, clock, self._t0, self._begun, self._endings, self._facts)

    def _begin_phase(self, code: str, at: datetime) -> None:
        self._begun[code] = at
        self._facts = replace(self._facts, phase=code)
        self._walked.phases.append((at, code))

    def _end(self, step: Step, outcome: frozenset[str], at: datetime) -> None:
        self._endings.setdefault(step.code, []).append(Ending(at, outcome))
        self._facts = replace(self._facts, outcomes={**self._facts.outcomes, step.code: outcome})

    def _settle(self, at: datetime) -> None:
        """Plan the steps whose moment is known now and whose condition holds."""
        course, waiting = self._course(), []
        for step in self._waiting:
            settled = course.settled(step)
            if settled.waits_for is not None:
                waiting.append(step)
                continue
            if settled.start_at < at and step.when is not None:
                settled = course.postponed(step, settled, at)
            elif settled.start_at < at:
                settled = Settled(at, max(at, settled.due_at))
            self._plan(settled.start_at, _BEGIN, self._rank(step), (step, settled, 1))
        self._waiting = waiting

    def _rank(self, step: Step) -> int:
        """Words go before questions that leave at the same moment."""
        if isinstance(step.act, Round):
            return 1
        if isinstance(step.act, Dispatch):
            return int(self._playbook.message(step.act.message).kind is MessageKind.ASK)
        return 0

    def _begin(self, step: Step, settled: Settled, occurrence: int) -> None:
        course = self._course()
        if not course.may_open(step):
            # It held when the moment was told, and does not any more.
            self._waiting.append(step)
            return
        if step.repeat is not None and occurrence > 1 and course.is_over(step, settled.start_at):
            return
        self._walked.duties.append(
            Duty(
                step.code, said_of(step.title), step.role, settled.start_at, settled.due_at,
                is_automatic=step.automatic, occurrence=occurrence,
            )
        )  # fmt: skip
        at = settled.start_at if step.automatic else settled.due_at
        self._plan(max(at, settled.start_at), _ACT, self._rank(step), (step, settled))
        if step.repeat is not None:
            self._plan_again(course, step, settled, occurrence)

    def _act(self, step: Step, settled: Settled, at: datetime) -> None:
        ends, outcome = self._acted(step, at, settled)
        self._plan(max(ends, at), _END, 0, (step, outcome))

    def _plan_again(self, course: Course, step: Step, settled: Settled, occurrence: int) -> None:
        if step.repeat is None:
            return
        following = course.next_time(step, settled.start_at)
        if following is None:
            return
        if occurrence >= _MOST_TIMES:
            self._walked.endless.append(step.code)
            return
        again = Settled(following, settled.due_at + (following - settled.start_at))
        self._plan(following, _BEGIN, self._rank(step), (step, again, occurrence + 1))

    def _acted(self, step: Step, at: datetime, settled: Settled) -> tuple[datetime, frozenset[str]]:
        """Do what the product does in a step; return when the step ends, and how."""
        done = frozenset({"done"})
        match step.act:
            case CallOut() as act:
                climbed = self._called(step, act, at)
                return (climbed.ended_at, done)
            case Dispatch(audience=audience, message=code):
                message = self._playbook.message(code)
                self._walked.sendings.append(self._crowd.send(step.code, audience, message, at))
                return at, done
            case Round() as act:
                return self._asked(step, act, at), done
            case Decision():
                chosen = self._request.options.get(step.code, 1)
                return settled.due_at, done | {str(chosen)}
        return settled.due_at, done

    def _called(self, step: Step, act: CallOut, at: datetime) -> Climbed:
        message = self._playbook.message(act.message)
        members = [member for member in self._crowd.team() if member.role in act.roles]
        climbed = Ladder(
            act, members, at=at,
            reached=self._crowd.reached(members, message),
            comes=self._crowd.answers,
            ways=self._ways,
        ).climb()  # fmt: skip
        self._walked.called.append(Called(step.code, at, act.quota, climbed))
        self._crowd.note_texts(at, climbed.texts)
        return climbed

    def _ways(self, recipient_id: str) -> list[Channel]:
        return [way.channel for way in ways_to(self._crowd.composer, recipient_id)]

    def _asked(self, step: Step, act: Round, at: datetime) -> datetime:
        closes_at = at + span(act.closes_after, 1)
        asked = answered = 0
        for audience in act.audiences:
            uses_form = self._playbook.audience(audience).of is Group.PROFESSIONALS and act.form
            message = self._playbook.message(act.form if uses_form and act.form else act.message)
            sending = self._crowd.send(step.code, audience, message, at, closes_at=closes_at)
            self._walked.sendings.append(sending)
            asked += sending.reached
        answered = self._answered(asked)
        self._walked.rounds.append(Asked(step.code, at, closes_at, asked, answered))
        return closes_at

    def _answered(self, asked: int) -> int:
        shares: Mapping[str, int] = {"all": asked, "half": (asked + 1) // 2, "none": 0}
        return shares[self._request.answering]
