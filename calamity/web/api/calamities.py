"""Calamities: which there are, opening one, its levels and phase, and closing it."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions.activate import activate
from calamity.actions.decide import LevelKind, close_calamity, confirm_need, set_level, set_phase
from calamity.actions.plan import plan
from calamity.actions.typed import typed_warnings
from calamity.domain.activation import ActivationRequest, Given, Reason
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.plan import LookAgainAt, Plan
from calamity.domain.playbook import Code, Words
from calamity.domain.proposal import in_words, propose_level
from calamity.store.calamities import get_calamity, list_calamities
from calamity.store.playbooks import usable_version
from calamity.web.api.wire import camel, plain, wired
from calamity.web.auth import needs
from calamity.web.house import House, now


class Calamity(Struct, frozen=True, rename="camel"):
    """A calamity with its three levels, each set by a person, and its phase."""

    id: str
    title: str
    is_exercise: bool
    tempo: int
    phase: str
    phase_since: datetime
    social_level: int
    level_since: datetime
    grip: int
    threat: int
    opened_at: datetime
    next_update_at: datetime | None
    review_at: datetime | None
    watch_since: datetime | None
    """Since then nobody outside the rapid team hears from us, until *watch_ended_at* or closed."""
    watch_ended_at: datetime | None
    closed_at: datetime | None


class Calamities(Struct, frozen=True, rename="camel"):
    """A page of calamities, the newest first; *before* leads to the next page."""

    calamities: list[Calamity]
    before: str | None


class Opened(Struct, frozen=True, rename="camel"):
    """What was activated, and in which calamity."""

    calamity_id: str
    activation_id: str
    t0: datetime
    warnings: list[LookAgainAt]
    """What in the typed words deserves a second look: a name, a number or a short link."""


@camel
class NewCalamity(ActivationRequest, frozen=True):
    """A playbook to activate. The same request key never activates twice."""


@camel
class Answers(Struct, frozen=True, forbid_unknown_fields=True):
    """What is answered to the questions of a playbook; what is left out is unknown."""

    slug: str
    answers: dict[Code, Given] = {}
    version: int | None = None


class ProposedLevel(Struct, frozen=True, rename="camel"):
    """The social level that a playbook proposes, and why; *level* is null where it asks nothing."""

    slug: str
    version: int
    level: int | None
    reason: Words | None


class NewLevel(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three levels, with the reason of the person who sets it."""

    kind: LevelKind
    value: Annotated[int, Meta(ge=0, le=5)]
    reason: Reason


class NewPhase(Struct, frozen=True, forbid_unknown_fields=True):
    """The code of a phase of the playbook, with the reason."""

    phase: Annotated[str, Meta(min_length=1, max_length=40)]
    reason: Reason


class StillNeeded(Struct, frozen=True, forbid_unknown_fields=True):
    """Why all this is still needed."""

    reason: Reason


class Closing(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a calamity is closed, and which stop conditions are met.

    Where one is not, *deviation* says why it is closed all the same.
    """

    reason: Reason
    met: list[Code] = []
    deviation: Annotated[str, Meta(max_length=500)] = ""


async def calamity_of(house: House, actor: Actor, calamity_id: str) -> Calamity:
    """Return a calamity of the actor's municipality. Raises NotFound."""
    async with house.database.reading() as session:
        row = await get_calamity(session, actor.municipality_id, calamity_id)
        return wired(row, Calamity)


@get("/calamities", guards=[needs(Permission.SEE_CALAMITIES)], name="api.calamities.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    before: Annotated[str | None, QueryParameter(max_length=40)] = None,
) -> Calamities:
    """List calamities, the newest first."""
    async with house.database.reading() as session:
        rows = await list_calamities(session, actor.municipality_id, limit=limit, before=before)
    calamities = [wired(row, Calamity) for row in rows]
    return Calamities(calamities, calamities[-1].id if len(calamities) == limit else None)


@get(
    "/calamities/{calamity_id:str}", guards=[needs(Permission.SEE_CALAMITIES)], name="api.calamity"
)
async def get_one(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Calamity:
    """Return a calamity."""
    return await calamity_of(house, actor, calamity_id)


@post("/calamities", guards=[needs(Permission.ACTIVATE)], name="api.calamities.open")
async def open_one(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewCalamity]
) -> Response[Opened]:
    """Activate a playbook in a new calamity."""
    if data.calamity_id is not None:
        raise Refused(
            "To activate in a running calamity, post to its activations.", field="calamity_id"
        )
    opened = await activate_now(house, actor, plain(data, ActivationRequest))
    return created(opened, f"/v1/calamities/{opened.calamity_id}")


@post("/calamities/plan", guards=[needs(Permission.ACTIVATE)], status_code=200, name="api.plan")
async def plan_one(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewCalamity]
) -> Plan:
    """Say what activating now would bring about; nothing happens."""
    request = plain(data, ActivationRequest)
    async with house.database.reading() as session:
        return await plan(session, house.terms, actor, request, at=now())


@post(
    "/calamities/proposal",
    guards=[needs(Permission.ACTIVATE)],
    status_code=200,
    name="api.proposal",
)
async def propose_one(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[Answers]
) -> ProposedLevel:
    """Say which social level a playbook proposes, given these answers; nothing happens."""
    async with house.database.reading() as session:
        version = await usable_version(session, actor.municipality_id, data.slug, data.version)
    proposal = propose_level(version.playbook, data.answers)
    if proposal is None:
        return ProposedLevel(version.slug, version.number, None, None)
    why = in_words(proposal, version.playbook)
    words = Words(nl=why.nl, en=why.en)
    return ProposedLevel(version.slug, version.number, proposal.level, words)


async def activate_now(house: House, actor: Actor, request: ActivationRequest) -> Opened:
    """Activate in one transaction and return what was made."""
    async with house.database.transaction() as session:
        made = await activate(session, house.wakes, house.terms, actor, request, at=now())
        # Those of the activation: the same request key may come with other words.
        warnings = await typed_warnings(session, actor.municipality_id, made.inputs)
    return Opened(made.calamity_id, made.id, made.t0, warnings)


def created(content: Any, location: str) -> Response[Any]:
    """Answer that something was made, and where it stands."""
    return Response(content, status_code=201, headers={"Location": location})


@post(
    "/calamities/{calamity_id:str}/levels",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.calamity.levels",
)
async def set_one_level(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewLevel],
) -> Calamity:
    """Set one level, with a reason; no level follows another."""
    async with house.database.transaction() as session:
        await set_level(
            session, house.wakes, house.terms, actor, calamity_id, kind=data.kind,
            value=data.value, reason=data.reason, at=now(),
        )  # fmt: skip
    return await calamity_of(house, actor, calamity_id)


@post(
    "/calamities/{calamity_id:str}/phase",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.calamity.phase",
)
async def move_phase(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewPhase],
) -> Calamity:
    """Move the response to another phase, with a reason."""
    async with house.database.transaction() as session:
        await set_phase(
            session, house.wakes, house.terms, actor, calamity_id, phase=data.phase,
            reason=data.reason, at=now(),
        )  # fmt: skip
    return await calamity_of(house, actor, calamity_id)


@post(
    "/calamities/{calamity_id:str}/review",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.calamity.review",
)
async def go_on(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[StillNeeded],
) -> Calamity:
    """Decide that all this is still needed, until the next review."""
    async with house.database.transaction() as session:
        await confirm_need(session, actor, calamity_id, reason=data.reason, at=now())
    return await calamity_of(house, actor, calamity_id)


@post(
    "/calamities/{calamity_id:str}/close",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.calamity.close",
)
async def close(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[Closing],
) -> Calamity:
    """Close a calamity: nothing waits any more, and the head of the timeline is signed."""
    async with house.database.transaction() as session:
        await close_calamity(
            session, house.wakes, actor, calamity_id, reason=data.reason, met=data.met,
            deviation=data.deviation, at=now(),
        )  # fmt: skip
    return await calamity_of(house, actor, calamity_id)


router = Router(
    "/",
    route_handlers=[
        list_all, get_one, open_one, plan_one, propose_one, set_one_level, move_phase, go_on, close,
    ],
    tags=["Calamities"],
)  # fmt: skip
