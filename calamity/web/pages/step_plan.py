"""What a task would send if it were started now: the plan on its page."""

from collections import Counter
from typing import Any

from calamity.actions.plan import PlannedAct, plan_task
from calamity.actions.terms import Terms
from calamity.domain.dispatch import Held
from calamity.domain.playbook import Decision, Step
from calamity.domain.texts import segments
from calamity.store.database import Session
from calamity.store.tables import TaskRow
from calamity.web.pages.scene import Scene
from calamity.web.views import start

_REASONS: dict[str, Any] = {
    Held.STOPPED: "stopped",
    Held.NO_AGREEMENT: "no-agreement",
    Held.NO_ASKS: "no-agreement",
    Held.NOT_GIVEN_YET: "not-given-yet",
    Held.OPEN_QUESTION: "open-question",
    Held.BUDGET: "budget",
    Held.NOT_IN_EXERCISE: "not-allowed",
    Held.NO_CONTACT_PERSON: "no-agreement",
}


async def plan_of_step(
    scene: Scene, session: Session, terms: Terms, row: TaskRow, step: Step
) -> start.Plan | None:
    """Return who would get which words now; None for a step that sends nothing."""
    if step.act is None or isinstance(step.act, Decision) or scene.calamity.closed_at is not None:
        return None
    acts = await plan_task(session, terms, scene.actor, row.id, at=scene.at)
    held: Counter[str] = Counter()
    for act in acts:
        for reason, count in act.held_back.items():
            held[_REASONS[reason]] += count
    return start.Plan(
        dispatches=tuple(_dispatch(scene, act, row.activation_id) for act in acts),
        unreachable=tuple(start.Unreachable(reason, count) for reason, count in held.items()),  # type: ignore[arg-type]  # values of the table above
        roles=(),
        people=sum(act.recipients for act in acts),
        parts=sum(act.parts for act in acts),
        cost=sum(act.cost for act in acts),
        first_text_seconds=0,
        takes_seconds=sum(act.seconds for act in acts),
        by_hand=0,
    )


def _dispatch(scene: Scene, act: PlannedAct, activation_id: str) -> start.PlannedDispatch:
    message = scene.versions[activation_id].playbook.message(act.message)
    return start.PlannedDispatch(
        step=act.step,
        title=act.title.in_language(scene.language.code),
        kind=message.kind.value,
        audience=scene.who(act.audience),
        starts_at=act.leaves_at,
        automatic=False,
        people=act.recipients,
        texts=tuple(
            start.PlannedText(
                language=text.language,
                people=text.recipients,
                text=text.example,
                characters=segments(text.example).units,
                parts=text.parts,
                alphabet=segments(text.example).encoding,
            )
            for text in act.texts
        ),
        parts=act.parts,
        cost=act.cost,
        takes_seconds=act.seconds,
    )
