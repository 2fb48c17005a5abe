"""Requests of officials for an update, and the answers to them."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from calamity.actions.requests import NewRequest, RequestAnswer, answer_request, request_update
from calamity.domain.permissions import Actor, Permission
from calamity.store.requests import UpdateRequest, read_requests
from calamity.web.api.calamities import created
from calamity.web.api.timeline import Written, need_calamity
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_REQUESTS = "/calamities/{calamity_id:str}/update-requests"


@camel
class RequestBody(NewRequest, frozen=True):
    """What an official wants to know; nothing said means: how it stands."""


@camel
class AnswerBody(RequestAnswer, frozen=True):
    """The answer, in words that officials read."""


@camel
class RequestView(UpdateRequest, frozen=True):
    """A request; the account by id. *answer* is empty where new sentences answered it."""


class Requests(Struct, frozen=True, rename="camel"):
    """The last requests, the newest first."""

    update_requests: list[RequestView]


@get(_REQUESTS, guards=[needs(Permission.SEE_OFFICIALS_PAGE)], name="api.requests.list")
async def list_all(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Requests:
    """List what officials asked, and what came of it."""
    await need_calamity(house, actor, calamity_id)
    found = await read_requests(house.timeline, calamity_id)
    return Requests([wired(each, RequestView) for each in found])


@post(_REQUESTS, guards=[needs(Permission.REQUEST_UPDATE)], name="api.requests.ask")
async def ask(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[RequestBody],
) -> Response[Written]:
    """Ask the team for an update; who asked before and has no answer yet asks nothing new."""
    async with house.database.transaction() as session:
        seq = await request_update(session, actor, calamity_id, data, at=now())
    return created(Written(seq), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@post(_REQUESTS + "/{seq:int}/answer", guards=[needs(Permission.STEER)], name="api.requests.answer")
async def answer(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[AnswerBody],
) -> Response[Written]:
    """Answer a request in words; new sentences answer every request by themselves."""
    async with house.database.transaction() as session:
        made = await answer_request(session, actor, calamity_id, seq, data, at=now())
    return created(Written(made), f"/v1/calamities/{calamity_id}/timeline/{made}")


router = Router("/", route_handlers=[list_all, ask, answer], tags=["Officials"])
