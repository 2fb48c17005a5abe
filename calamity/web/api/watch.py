"""The watch of a calamity: what would leave if it ended, and the two ways in which it ends."""

from datetime import datetime

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from calamity.actions.watch import end_watch, plan_end, stand_down
from calamity.domain.activation import Reason
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import PlannedAct
from calamity.store.calamities import get_calamity
from calamity.web.api.calamities import Calamity, calamity_of
from calamity.web.auth import needs
from calamity.web.house import House, now

_PATH = "/calamities/{calamity_id:str}/watch"


class Watch(Struct, frozen=True, rename="camel"):
    """A watch that holds: what would be sent if the whole playbook started now, or none of it."""

    since: datetime | None
    go_on: list[PlannedAct]
    """What was held, by its start from this moment on."""
    stand_down: list[PlannedAct]
    """The words to those of the rapid team who were called."""


class EndOfWatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a watch ends."""

    reason: Reason


@get(_PATH, guards=[needs(Permission.STEER)], name="api.watch")
async def get_watch(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Watch:
    """Say what either end of the watch would bring about; nothing happens."""
    async with house.database.reading() as session:
        ends = await plan_end(session, house.terms, actor, calamity_id, at=now())
        row = await get_calamity(session, actor.municipality_id, calamity_id)
    return Watch(
        row.watch_since,
        [act for end in ends for act in end.go_on],
        [act for end in ends for act in end.stand_down],
    )


@post(f"{_PATH}/end", guards=[needs(Permission.STEER)], status_code=200, name="api.watch.end")
async def go_on(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[EndOfWatch],
) -> Calamity:
    """Start the whole playbook; what was held counts from now. A second time changes nothing."""
    async with house.database.transaction() as session:
        await end_watch(
            session, house.wakes, house.terms, actor, calamity_id, reason=data.reason, at=now()
        )
    return await calamity_of(house, actor, calamity_id)


@post(
    f"{_PATH}/stand-down",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.watch.stand-down",
)
async def down(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[EndOfWatch],
) -> Calamity:
    """Close a calamity on watch: who was called hears that it is over, and nobody else."""
    async with house.database.transaction() as session:
        await stand_down(
            session, house.wakes, house.terms, actor, calamity_id, reason=data.reason, at=now()
        )
    return await calamity_of(house, actor, calamity_id)


router = Router("/", route_handlers=[get_watch, go_on, down], tags=["Calamities"])
