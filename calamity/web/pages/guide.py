"""The first exercise of somebody new: offered once, followed by what really happens, put away."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency

from calamity.actions.call_out import SYSTEM
from calamity.actions.terms import Terms
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import CallOut, Playbook, Round
from calamity.domain.timeline import EntryKind, TaskDone, TaskSkipped
from calamity.store.calamities import first_exercise_of
from calamity.store.database import Session
from calamity.store.playbooks import PlaybookVersion
from calamity.store.timeline import TimelineReader
from calamity.web.cookies import cookie_of, new_cookie
from calamity.web.language import Language
from calamity.web.pages.entrance import own_path
from calamity.web.pages.frame import PageRequest, form_of, house_of, language_of, see_other
from calamity.web.pages.scene import Scene
from calamity.web.paths import PATHS
from calamity.web.views.guide import FirstExercise, Guide, Reach, Step

COOKIE = "calamity_guide"
AWAY, SHOWN = "away", "shown"
TEMPO = 10
_YEAR = 365 * 24 * 3600
_MOST_TASKS = 200
_KINDS: dict[Step, EntryKind] = {
    "watch": EntryKind.ACKNOWLEDGEMENT,
    "fact": EntryKind.FACT,
    "round": EntryKind.ROUND,
    "officials": EntryKind.SUMMARY,
    "close": EntryKind.CLOSING,
}


def reach_of(terms: Terms) -> Reach:
    """Return whom the texts of an exercise reach here."""
    return Reach(terms.allowed_in_exercise is None, len(terms.allowed_in_exercise or ()))


async def first_exercise(
    request: PageRequest,
    session: Session,
    actor: Actor,
    versions: list[PlaybookVersion],
    language: Language,
) -> FirstExercise | None:
    """Offer a first exercise to who may begin one and has not yet; None after they put it away."""
    if not actor.may(Permission.ACTIVATE) or cookie_of(request, COOKIE) == AWAY:
        return None
    fit = [version for version in versions if _fits(version.playbook)]
    if not fit or await first_exercise_of(session, actor.municipality_id, actor.login):
        return None
    chosen = min(fit, key=lambda version: (len(version.playbook.steps), version.slug))
    title = chosen.playbook.title.in_language(language.code)
    return FirstExercise(chosen.slug, title, TEMPO, reach_of(house_of(request).terms))


def _fits(playbook: Playbook) -> bool:
    """Say whether there is a team to watch and a question to ask."""
    acts = [step.act for step in playbook.steps]
    return all(any(isinstance(act, kind) for act in acts) for kind in (CallOut, Round))


async def is_guided(request: PageRequest, session: Session, scene: Scene) -> bool:
    """Say whether the room shows the steps: in one's first exercise, or when asked for."""
    if not scene.calamity.is_exercise or not scene.actor.may(Permission.STEER):
        return False
    chosen = cookie_of(request, COOKIE)
    if chosen in {AWAY, SHOWN}:
        return chosen == SHOWN
    actor = scene.actor
    first = await first_exercise_of(session, actor.municipality_id, actor.login)
    return first == scene.calamity.id


async def guide_view(scene: Scene, reader: TimelineReader, terms: Terms) -> Guide:
    """Return which steps are done, by the entries of this exercise."""
    calamity_id, sees = scene.calamity.id, scene.actor.sees
    done = {
        step
        for step, kind in _KINDS.items()
        if await reader.newest(calamity_id, sees, limit=1, kind=kind)
    }
    tasks = await reader.newest(calamity_id, sees, limit=_MOST_TASKS, kind=EntryKind.TASK)
    if any(
        isinstance(line.happening, TaskDone | TaskSkipped) and line.actor_role != SYSTEM
        for line, _ in tasks
    ):
        done.add("task")
    return Guide(calamity_id, frozenset(done), reach_of(terms))


@post(PATHS["guide"], name="guide", status_code=303)
async def choose_guide(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Put the steps of a first exercise away on this browser, or show them again."""
    del actor  # whoever is signed in
    sent, language = await form_of(request), language_of(request)
    chosen = SHOWN if sent.get("show", [""])[-1] == SHOWN else AWAY
    said = (
        language.text("The steps are shown in every exercise.")
        if chosen == SHOWN
        else language.text("Put away. On the page Help you get it back.")
    )
    answer = see_other(request, own_path(sent.get("next", ["/"])[-1]), said)
    answer.set_cookie(new_cookie(request, COOKIE, chosen, seconds=_YEAR))
    return answer


GUIDE = [choose_guide]
