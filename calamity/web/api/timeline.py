"""The timeline: reading it page by page, and adding to it; nothing is ever changed."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions.decide import NewSummary, correct, erase, summarise
from calamity.actions.matters import NewStatement, state
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import EntryKind
from calamity.store.timeline import NEWEST
from calamity.web.api.calamities import created
from calamity.web.api.wire import camel
from calamity.web.auth import needs
from calamity.web.house import House, now

_JSON = "application/json"
_PATH = "/calamities/{calamity_id:str}/timeline"


class Entry(Struct, frozen=True, rename="camel"):
    """One entry. *body* is the document as it was written, or null once it was erased."""

    seq: int
    happened_at: str
    recorded_at: str
    kind: EntryKind
    actor_role: str
    visibility: str
    refers_to: int | None
    hash: str
    body: dict[str, object] | None


class Entries(Struct, frozen=True, rename="camel"):
    """A page of entries, the newest first; *before* leads to the next page."""

    entries: list[Entry]
    before: int | None


class Written(Struct, frozen=True, rename="camel"):
    """The sequence number of the entry that was added."""

    seq: int


@camel
class StatementBody(NewStatement, frozen=True, kw_only=True):
    """An entry in one's own words."""


@camel
class SummaryBody(NewSummary, frozen=True):
    """One to three sentences for officials, and when they hear more."""


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry should have said."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class Erasure(Struct, frozen=True, forbid_unknown_fields=True):
    """The ground on which the words of an entry are destroyed."""

    ground: Annotated[str, Meta(min_length=3, max_length=500)]


async def need_calamity(house: House, actor: Actor, calamity_id: str) -> None:
    """Raise NotFound unless the calamity is one of the actor's municipality."""
    if await house.timeline.municipality_of(calamity_id) != actor.municipality_id:
        raise NotFound("This calamity does not exist.", field="calamity")


@get(
    _PATH,
    guards=[needs(Permission.SEE_TIMELINE)],
    responses={
        200: ResponseSpec(Entries, generate_examples=False, description="A page of entries.")
    },
    name="api.timeline",
)
async def read_page(
    *,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
    before: Annotated[int, QueryParameter(ge=1, le=NEWEST)] = NEWEST,
    kind: Annotated[EntryKind | None, QueryParameter()] = None,
) -> Response[bytes]:
    """Read a page of the timeline, the newest entry first."""
    await need_calamity(house, actor, calamity_id)
    lines = await house.timeline.newest(
        calamity_id, actor.sees, limit=limit, before=before, kind=kind
    )
    # Each line was encoded once, when it was first read: the page is put together from bytes.
    entries = b",".join([encoded for _, encoded in lines])
    more = b"%d" % lines[-1][0].seq if len(lines) == limit else b"null"
    return Response(b'{"entries":[%b],"before":%b}' % (entries, more), media_type=_JSON)


@get(
    _PATH + "/{seq:int}",
    guards=[needs(Permission.SEE_TIMELINE)],
    responses={200: ResponseSpec(Entry, generate_examples=False, description="The entry.")},
    name="api.timeline.entry",
)
async def read_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
) -> Response[bytes]:
    """Return one entry."""
    await need_calamity(house, actor, calamity_id)
    if 0 < seq < NEWEST:
        lines = await house.timeline.newest(calamity_id, actor.sees, limit=1, before=seq + 1)
        if lines and lines[0][0].seq == seq:
            return Response(lines[0][1], media_type=_JSON)
    raise NotFound("This entry does not exist, or is not for your role.", field="seq")


@post(_PATH, guards=[needs(Permission.WRITE_ENTRIES)], name="api.timeline.state")
async def add(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[StatementBody],
) -> Response[Written]:
    """Write an entry in one's own words."""
    async with house.database.transaction() as session:
        seq = await state(session, actor, calamity_id, data, at=now())
    return _written(calamity_id, seq)


def _written(calamity_id: str, seq: int) -> Response[Written]:
    return created(Written(seq), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@post(
    _PATH + "/{seq:int}/corrections",
    guards=[needs(Permission.WRITE_ENTRIES)],
    name="api.timeline.correct",
)
async def add_correction(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[Correction],
) -> Response[Written]:
    """Correct an entry by a new one; the wrong one stays."""
    async with house.database.transaction() as session:
        made = await correct(session, actor, calamity_id, seq, text=data.text, at=now())
    return _written(calamity_id, made)


@post(_PATH + "/{seq:int}/erasures", guards=[needs(Permission.ERASE)], name="api.timeline.erase")
async def add_erasure(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[Erasure],
) -> Response[Written]:
    """Destroy the words of an entry, on a ground that stays; the chain still verifies."""
    async with house.database.transaction() as session:
        made = await erase(session, actor, calamity_id, seq, ground=data.ground, at=now())
    return _written(calamity_id, made)


@post(
    "/calamities/{calamity_id:str}/summaries",
    guards=[needs(Permission.STEER)],
    name="api.timeline.summarise",
)
async def add_summary(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[SummaryBody],
) -> Response[Written]:
    """Write the sentences on the officials' page, and when the next ones come."""
    async with house.database.transaction() as session:
        seq = await summarise(session, actor, calamity_id, data, at=now())
    return _written(calamity_id, seq)


router = Router(
    "/",
    route_handlers=[read_page, read_one, add, add_correction, add_erasure, add_summary],
    tags=["Timeline"],
)
