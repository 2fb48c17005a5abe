"""Previews of a version: its steps in order of time, and its texts per kind of recipient."""

from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from calamity.actions.preview import PreviewMessage, preview_texts
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Words
from calamity.domain.playbook_prose import Said
from calamity.domain.preview import PlannedStep, in_order_of_time, moment_meant
from calamity.web.api.playbooks import version_of
from calamity.web.auth import needs
from calamity.web.house import House, now


class TimedStep(Struct, frozen=True, rename="camel"):
    """A step when it is expected; of what repeats each time, the first ones, until *goesOn*."""

    step: str
    title: Words
    phase: str
    role: str
    start_at: datetime
    due_at: datetime
    due: Words
    is_automatic: bool
    only_if: Words | None
    repeats: Words | None
    occurrence: int
    goes_on: bool


class Preview(Struct, frozen=True):
    """What a version would bring if it were activated at *t0*. Nothing is stored or sent."""

    t0: datetime
    steps: list[TimedStep]
    texts: list[PreviewMessage]


@get(
    "/playbooks/{slug:str}/versions/{number:int}/preview",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    name="api.playbooks.preview",
)
async def preview(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    *,
    at: FromQuery[datetime | None] = None,
) -> Preview:
    """Return the steps in order of time, and the longest text that each kind of recipient gets.

    Who may activate sees the texts of real people of today; others the longest that could be.
    """
    version = await version_of(house, actor, slug, number)
    t0 = moment_meant(at, house.settings.zone) if at else now()
    async with house.database.reading() as session:
        texts = await preview_texts(session, house.terms, actor, version.playbook, at=t0)
    planned = in_order_of_time(version.playbook, t0, house.settings.zone)
    return Preview(t0, [_timed(each) for each in planned], texts)


def _timed(planned: PlannedStep) -> TimedStep:
    step = planned.step
    return TimedStep(
        step.code,
        step.title,
        planned.phase,
        step.role,
        planned.start_at,
        planned.due_at,
        Words(nl=planned.due_said.nl, en=planned.due_said.en),
        step.automatic,
        _words(planned.only_if),
        _words(planned.repeats),
        planned.occurrence,
        planned.goes_on,
    )


def _words(said: Said | None) -> Words | None:
    return Words(nl=said.nl, en=said.en) if said else None


router = Router("/", route_handlers=[preview], tags=["Playbooks"])
