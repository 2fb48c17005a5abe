"""Call-outs: who was called, who comes, and answers that were given by voice."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from calamity.actions.receive import acknowledge
from calamity.actions.tasks import stop_call_out
from calamity.domain.call_out import ANSWER_BY_DIGIT, Answer
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store import call_outs
from calamity.store.calamities import get_calamity, open_calamity
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_DIGIT = {answer: digit for digit, answer in ANSWER_BY_DIGIT.items()}


@camel
class CallOut(call_outs.Roster, frozen=True):
    """A call-out: the quota, who is coming, and everyone's ladder."""


class CallOuts(Struct, frozen=True, rename="camel"):
    """The call-outs of a calamity, the newest first."""

    call_outs: list[CallOut]


class Acknowledgement(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that somebody gave by voice, written down by a coordinator."""

    answer: Answer
    reason: Annotated[str, Meta(max_length=200)] = ""


async def _rosters(house: House, calamity_id: str) -> list[CallOut]:
    async with house.database.reading() as session:
        found = await call_outs.rosters(session, calamity_id)
    return [wired(each, CallOut) for each in found]


@get(
    "/calamities/{calamity_id:str}/call-outs",
    guards=[needs(Permission.SEE_ROOM)],
    name="api.call_outs.list",
)
async def list_all(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> CallOuts:
    """List the call-outs of a calamity with everyone's ladder."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
    return CallOuts(await _rosters(house, calamity_id))


@post(
    "/calamities/{calamity_id:str}/call-outs/{call_out_id:str}/ladders/{ladder_id:str}"
    "/acknowledgement",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.call_outs.acknowledge",
)
async def write_down(
    *,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    call_out_id: FromPath[str],
    ladder_id: FromPath[str],
    data: JSONBody[Acknowledgement],
) -> CallOut:
    """Write down what somebody answered by voice; it counts as an answer by text does."""
    async with house.database.transaction() as session:
        await open_calamity(session, actor.municipality_id, calamity_id)
        _, row = await call_outs.find_ladder(session, actor.municipality_id, ladder_id)
        if (row.id, row.calamity_id) != (call_out_id, calamity_id):
            raise NotFound("This person is not in the call-out.", field="ladder")
        await acknowledge(
            session, house.wakes, house.terms, actor.municipality_id, ladder_id,
            digit=_DIGIT[data.answer], reason=data.reason, at=now(), by_hand=True,
        )  # fmt: skip
    return next(each for each in await _rosters(house, calamity_id) if each.id == call_out_id)


@post(
    "/calamities/{calamity_id:str}/call-outs/{call_out_id:str}/stop",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.call_outs.stop",
)
async def stop(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    call_out_id: FromPath[str],
) -> CallOut:
    """Say that there are enough people: what waits is cancelled, who was called is thanked."""
    async with house.database.transaction() as session:
        await open_calamity(session, actor.municipality_id, calamity_id)
        row = await call_outs.get_call_out(session, call_out_id)
        if row.calamity_id != calamity_id:
            raise NotFound("This call-out does not exist.", field="call-out")
        await stop_call_out(session, house.wakes, house.terms, actor, call_out_id, at=now())
    return next(each for each in await _rosters(house, calamity_id) if each.id == call_out_id)


router = Router("/", route_handlers=[list_all, write_down, stop], tags=["Call-outs"])
