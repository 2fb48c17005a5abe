"""A plan in words: who would get what, for the review page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from calamity.domain.dispatch import Held
from calamity.domain.plan import Plan, PlannedAct, PlannedText, Unreachable
from calamity.domain.playbook import Group, Playbook
from calamity.domain.texts import room_in, segments
from calamity.domain.watch import WATCH
from calamity.store.people import ResponderLine
from calamity.web.language import Language
from calamity.web.pages.text_check import costly
from calamity.web.views import start as views

_FIRST_TEXT_SECONDS = 5.0
"""What we promise; it is a fraction of a second unless other texts are leaving."""
REASONS: dict[Held, views.UnreachableReason] = {
    Held.NO_AGREEMENT: "no-agreement",
    Held.STOPPED: "stopped",
    Held.PAUSED: "paused",
    Held.NO_ASKS: "no-asks",
    Held.NOT_GIVEN_YET: "not-given-yet",
    Held.BUDGET: "budget",
    Held.OPEN_QUESTION: "open-question",
    Held.NOT_IN_EXERCISE: "not-allowed",
    Held.NO_CONTACT_PERSON: "no-contact-person",
}


def plan_view(
    plan: Plan, playbook: Playbook, responders: Sequence[ResponderLine], language: Language
) -> views.Plan:
    """Return a plan as the review page shows it.

    Members of the team are named; key figures are counted, since only their contact person knows
    who they are.
    """
    at_once = [act for act in plan.acts if leaves_at_once(act, plan.made_at)]
    sends = {act.step for act in plan.acts}
    return views.Plan(
        dispatches=tuple(
            planned_dispatch(act, playbook, language, at_once=act in at_once) for act in plan.acts
        ),
        unreachable=tuple(_unreachable(plan.unreachable)),
        roles=_fillings(playbook, responders, language),
        people=sum(act.recipients for act in at_once),
        parts=plan.parts,
        cost=plan.cost,
        first_text_seconds=_FIRST_TEXT_SECONDS,
        takes_seconds=_FIRST_TEXT_SECONDS + sum(act.seconds for act in at_once),
        by_hand=sum(not step.automatic and step.code not in sends for step in playbook.steps),
    )


def leaves_at_once(act: PlannedAct, at: datetime) -> bool:
    """Say whether what is planned leaves as soon as a person confirms, at this moment."""
    return act.is_automatic and not act.waits_for and act.start_at <= at


def planned_dispatch(
    act: PlannedAct, playbook: Playbook, language: Language, *, at_once: bool = True
) -> views.PlannedDispatch:
    """Return one planned act in words; with *at_once* its texts are shown without asking."""
    message = playbook.message(act.message)
    is_team = act.audience == Group.RAPID_TEAM.value
    return views.PlannedDispatch(
        step=act.step,
        title=act.title.in_language(language.code),
        kind=message.kind.value,
        audience=(
            language.text("rapid team")
            if is_team
            else playbook.audience(act.audience).title.in_language(language.code)
        ),
        starts_at=act.leaves_at if act.is_automatic else act.start_at,
        automatic=act.is_automatic,
        people=act.recipients,
        texts=tuple(_text(text) for text in act.texts),
        parts=act.parts,
        cost=act.cost,
        takes_seconds=act.seconds,
        at_once=at_once,
        only_if=act.only_if.in_language(language.code) if act.only_if else None,
        watch=act.waits_for == WATCH,
        expected=act.waits_for is not None,
        held=tuple(
            views.Unreachable(reason=REASONS[Held(why)], count=count)
            for why, count in act.held_back.items()
        ),
    )


def _text(text: PlannedText) -> views.PlannedText:
    cost = segments(text.example)
    return views.PlannedText(
        language=text.language,
        people=text.recipients,
        text=text.example,
        characters=cost.units,
        room=room_in(cost),
        costly=costly(text.example),
        parts=text.parts,
        alphabet="UCS-2" if text.encoding == "UCS-2" else "GSM-7",
    )


def _unreachable(people: Iterable[Unreachable]) -> Iterable[views.Unreachable]:
    counts = Counter(person.reason for person in people)
    for why, count in counts.items():
        names = tuple(
            person.name
            for person in people
            if person.reason == why and person.group is Group.RAPID_TEAM
        )
        yield views.Unreachable(reason=REASONS[Held(why)], count=count, names=names)


def _fillings(
    playbook: Playbook, responders: Sequence[ResponderLine], language: Language
) -> tuple[views.RoleFilling, ...]:
    there = [person for person in responders if not person.is_stopped]
    return tuple(
        views.RoleFilling(
            title=role.title.in_language(language.code),
            primary=tuple(each.name for each in there if each.role == role.code and each.rank == 1),
            deputies=tuple(each.name for each in there if each.role == role.code and each.rank > 1),
        )
        for role in playbook.roles
    )
