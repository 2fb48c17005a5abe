"""Facts, rumours, promises, measures and decisions; words to audiences; the handover of a shift.

One begins as an entry that is posted to the timeline. Here it is read as it stands, said anew and
ended.
"""

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from calamity.actions.handover import NewHandover, hand_over, take_over
from calamity.actions.matters import ChangedStatement, MatterEnd, change_matter, end_matter
from calamity.actions.tell import NewTelling, Telling, plan_telling, tell
from calamity.domain.matters import Ending, Matter
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import MatterKind, Statement, Visibility
from calamity.store.calamities import get_calamity
from calamity.store.handovers import Handover, list_handovers
from calamity.web.api.calamities import created
from calamity.web.api.timeline import Written, need_calamity
from calamity.web.api.wire import camel, plain, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_MATTERS = "/calamities/{calamity_id:str}/matters"
_TELLINGS = "/calamities/{calamity_id:str}/tellings"
_HANDOVERS = "/calamities/{calamity_id:str}/handovers"


@camel
class Said(Statement, frozen=True, tag=False):
    """What was said."""


class SaidVersion(Struct, frozen=True, rename="camel"):
    """What was said at one time; *seq* is its entry."""

    seq: int
    at: datetime
    by_role: str
    said: Said


@camel
class Ended(Ending, frozen=True):
    """How it ended."""


class StandingMatter(Struct, frozen=True, rename="camel"):
    """One of them, as it stands. *first* is the entry it began with, *version* the newest words."""

    first: int
    version: int
    kind: MatterKind
    visibility: Visibility
    weight: int | None
    """Of a rumour: how far it goes round times how much it hurts, 1 to 9."""
    versions: list[SaidVersion]
    ending: Ended | None


class Matters(Struct, frozen=True):
    """All of them, the oldest first."""

    matters: list[StandingMatter]


@camel
class ChangedBody(ChangedStatement, frozen=True, kw_only=True):
    """Other words; *version* is the entry with the words that the writer had before them."""


@camel
class EndBody(MatterEnd, frozen=True):
    """How it ended, and why."""


@camel
class TellingBody(NewTelling, frozen=True, kw_only=True):
    """Words to an audience, to who read a fact that is no longer so, or to who answered."""


@camel
class TellingPlan(Telling, frozen=True):
    """What would leave."""


class Queued(Struct, frozen=True, rename="camel"):
    """The dispatch that was made."""

    dispatch_id: str
    recipients: int


@camel
class HandoverBody(NewHandover, frozen=True):
    """The role that passes on, and what the next one must know."""


@camel
class HandoverView(Handover, frozen=True):
    """A handover; accounts by id."""


class Handovers(Struct, frozen=True):
    """The handovers, the newest first."""

    handovers: list[HandoverView]


def _standing(matter: Matter) -> StandingMatter:
    return StandingMatter(
        first=matter.first,
        version=matter.version,
        kind=matter.kind,
        visibility=matter.visibility,
        weight=matter.weight if matter.kind == "rumour" else None,
        versions=[
            SaidVersion(each.seq, each.at, each.by_role, wired(each.said, Said))
            for each in matter.versions
        ],
        ending=wired(matter.ending, Ended) if matter.ending else None,
    )


@get(_MATTERS, guards=[needs(Permission.SEE_TIMELINE)], name="api.matters.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    kind: Annotated[MatterKind | None, QueryParameter()] = None,
) -> Matters:
    """List facts, rumours, promises, measures and decisions, ended ones too."""
    await need_calamity(house, actor, calamity_id)
    standing = await house.matters.read(calamity_id, actor.sees)
    return Matters([_standing(each) for each in standing.matters if kind in (None, each.kind)])


@post(
    _MATTERS + "/{first:int}/versions",
    guards=[needs(Permission.WRITE_ENTRIES)],
    name="api.matters.change",
)
async def change(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    first: FromPath[int],
    data: JSONBody[ChangedBody],
) -> Response[Written]:
    """Say it in other words; those before stay."""
    async with house.database.transaction() as session:
        seq = await change_matter(session, actor, calamity_id, first, data, at=now())
    return created(Written(seq), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@post(
    _MATTERS + "/{first:int}/ending",
    guards=[needs(Permission.WRITE_ENTRIES)],
    name="api.matters.end",
)
async def end(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    first: FromPath[int],
    data: JSONBody[EndBody],
) -> Response[Written]:
    """End it: a fact is withdrawn, a promise kept or not, a measure over."""
    async with house.database.transaction() as session:
        seq = await end_matter(session, actor, calamity_id, first, data, at=now())
    return created(Written(seq), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@post(
    _TELLINGS + "/plan",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.tellings.plan",
)
async def plan_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[TellingBody],
) -> TellingPlan:
    """Say who would get which words; nothing happens."""
    new = plain(data, NewTelling)
    async with house.database.reading() as session:
        made = await plan_telling(session, house.terms, actor, calamity_id, new=new, at=now())
    return wired(made, TellingPlan)


@post(_TELLINGS, guards=[needs(Permission.STEER)], name="api.tellings.send")
async def send(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[TellingBody],
) -> Response[Queued]:
    """Send words of one's own to an audience, by the ordinary dispatch path."""
    new = plain(data, NewTelling)
    async with house.database.transaction() as session:
        row = await tell(session, house.wakes, house.terms, actor, calamity_id, new=new, at=now())
        queued = Queued(row.id, row.recipients)
    return created(queued, f"/v1/calamities/{calamity_id}/dispatches")


@get(_HANDOVERS, guards=[needs(Permission.SEE_ROOM)], name="api.handovers.list")
async def list_shifts(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Handovers:
    """List what was handed over, and who took it."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        found = await list_handovers(session, calamity_id, actor.sees)
    return Handovers([wired(each, HandoverView) for each in found])


@post(_HANDOVERS, guards=[needs(Permission.WORK_TASKS)], name="api.handovers.give")
async def give(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[HandoverBody],
) -> Response[Written]:
    """Hand a role over to the next shift."""
    async with house.database.transaction() as session:
        seq = await hand_over(session, actor, calamity_id, data, at=now())
    return created(Written(seq), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@post(
    _HANDOVERS + "/{seq:int}/taken",
    guards=[needs(Permission.WORK_TASKS)],
    name="api.handovers.take",
)
async def take(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
) -> Response[Written]:
    """Take a role over, under one's own name."""
    async with house.database.transaction() as session:
        made = await take_over(session, actor, calamity_id, seq, at=now())
    return created(Written(made), f"/v1/calamities/{calamity_id}/timeline/{made}")


router = Router(
    "/",
    route_handlers=[list_all, change, end, plan_one, send, list_shifts, give, take],
    tags=["Matters"],
)
