"""Closing: who was thanked, whether those who answered heard of it, and the stop conditions."""

from calamity.actions.decide import loop_back_waits
from calamity.domain.activation import TaskState
from calamity.domain.playbook import Dispatch, MessageKind
from calamity.store import rounds
from calamity.store.database import Session
from calamity.store.tasks import list_tasks
from calamity.web.pages.scene import Scene
from calamity.web.views.duties import Closing, Thanks


async def closing_view(scene: Scene, session: Session) -> Closing:
    """Return what must be so, and what must have been said, before this is closed."""
    code = scene.language.code
    found = {each.code: each for playbook in scene.playbooks for each in playbook.stop}
    answered = await rounds.last_answer_at(session, scene.calamity.id)
    return Closing(
        stop=tuple((name, each.text.in_language(code)) for name, each in found.items()),
        thanks=await _thanks(scene, session),
        loop_back=(
            "not-needed"
            if answered is None
            else "waits"
            if await loop_back_waits(session, scene.calamity.id)
            else "done"
        ),
    )


async def _thanks(scene: Scene, session: Session) -> tuple[Thanks, ...]:
    """Return the tasks of the playbooks that thank people and take leave of them."""
    found = []
    for row in await list_tasks(session, scene.calamity.id):
        step = scene.step(row.activation_id, row.step)
        playbook = scene.versions[row.activation_id].playbook
        if (
            isinstance(step.act, Dispatch)
            and playbook.message(step.act.message).kind is MessageKind.CLOSE
        ):
            title = step.title.in_language(scene.language.code)
            found.append(Thanks(row.id, title, row.state == TaskState.DONE))
    return tuple(found)
