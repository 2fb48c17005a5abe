"""What a task would send if it were started now: the plan on its page."""

from calamity.actions.plan import plan_task
from calamity.actions.terms import Terms
from calamity.domain.playbook import CallOut, Dispatch, Round, Step
from calamity.store.database import Session
from calamity.store.tables import TaskRow
from calamity.web.pages.plan import planned_dispatch
from calamity.web.pages.scene import Scene
from calamity.web.views import start


async def plan_of_step(
    scene: Scene, session: Session, terms: Terms, row: TaskRow, step: Step
) -> start.Plan | None:
    """Return who would get which words now; None for a step that sends nothing."""
    sends = isinstance(step.act, CallOut | Dispatch | Round)
    if not sends or scene.calamity.closed_at is not None:
        return None
    acts = await plan_task(session, terms, scene.actor, row.id, at=scene.at)
    playbook = scene.versions[row.activation_id].playbook
    return start.Plan(
        dispatches=tuple(planned_dispatch(act, playbook, scene.language) for act in acts),
        unreachable=(),
        roles=(),
        people=sum(act.recipients for act in acts),
        parts=sum(act.parts for act in acts),
        cost=sum(act.cost for act in acts),
        first_text_seconds=0,
        takes_seconds=sum(act.seconds for act in acts),
        by_hand=0,
    )
