"""Activations: the playbook versions at work in a calamity."""

from datetime import datetime

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from calamity.domain.activation import ActivationRequest, Inputs
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.store.calamities import get_calamity, list_pinned
from calamity.store.playbooks import versions_at_work
from calamity.web.api.calamities import NewCalamity, Opened, activate_now, created
from calamity.web.api.wire import camel, plain, wired
from calamity.web.auth import needs
from calamity.web.house import House


@camel
class ActivationInputs(Inputs, frozen=True):
    """What the coordinator filled in."""


class Activation(Struct, frozen=True, rename="camel"):
    """One playbook version, pinned to a calamity at T0."""

    id: str
    slug: str
    version: int
    sha256: str
    t0: datetime
    inputs: ActivationInputs
    activated_by: str
    ended_at: datetime | None


class Activations(Struct, frozen=True):
    """The activations of a calamity, the first one first."""

    activations: list[Activation]


async def _activations(house: House, actor: Actor, calamity_id: str) -> list[Activation]:
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        pinned = await list_pinned(session, calamity_id)
        versions = await versions_at_work(session, calamity_id)
    return [
        Activation(
            id=each.id,
            slug=versions[each.id].slug,
            version=versions[each.id].number,
            sha256=versions[each.id].sha256,
            t0=each.t0,
            inputs=wired(each.inputs, ActivationInputs),
            activated_by=each.activated_by,
            ended_at=each.ended_at,
        )
        for each in pinned
    ]


@get(
    "/calamities/{calamity_id:str}/activations",
    guards=[needs(Permission.SEE_CALAMITIES)],
    name="api.activations.list",
)
async def list_all(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Activations:
    """List the activations of a calamity."""
    return Activations(await _activations(house, actor, calamity_id))


@get(
    "/calamities/{calamity_id:str}/activations/{activation_id:str}",
    guards=[needs(Permission.SEE_CALAMITIES)],
    name="api.activation",
)
async def get_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    activation_id: FromPath[str],
) -> Activation:
    """Return one activation."""
    for each in await _activations(house, actor, calamity_id):
        if each.id == activation_id:
            return each
    raise NotFound("This activation does not exist.", field="activation")


@post(
    "/calamities/{calamity_id:str}/activations",
    guards=[needs(Permission.ACTIVATE)],
    name="api.activations.add",
)
async def add(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewCalamity],
) -> Response[Opened]:
    """Activate one more playbook in a running calamity."""
    if data.calamity_id not in (None, calamity_id):
        raise Refused("The body names another calamity than the address.", field="calamity_id")
    request = msgspec.structs.replace(plain(data, ActivationRequest), calamity_id=calamity_id)
    made = await activate_now(house, actor, request)
    place = f"/v1/calamities/{made.calamity_id}/activations/{made.activation_id}"
    return created(made, place)


router = Router("/", route_handlers=[list_all, get_one, add], tags=["Activations"])
