"""Neighbourhoods: the list with shapes, and taking in a district file."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from calamity.actions.neighbourhoods import NeighbourhoodReport, import_neighbourhoods
from calamity.domain.permissions import Actor, Permission
from calamity.store.municipalities import list_neighbourhoods
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 21_000_000


class Neighbourhood(Struct, frozen=True):
    """A neighbourhood with its shape (a GeoJSON geometry in WGS84) and the codes beside it."""

    code: str
    name: str
    inhabitants: int | None
    geometry: dict[str, Any]
    neighbours: list[str]


class Neighbourhoods(Struct, frozen=True):
    """All neighbourhoods of the municipality, by code."""

    neighbourhoods: list[Neighbourhood]


@get(
    "/neighbourhoods", guards=[needs(Permission.SEE_NEIGHBOURHOODS)], name="api.neighbourhoods.list"
)
async def list_all(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Neighbourhoods:
    """List the neighbourhoods of the municipality."""
    async with house.database.reading() as session:
        places = await list_neighbourhoods(session, actor.municipality_id)
    return Neighbourhoods(
        [
            Neighbourhood(
                place.code,
                place.name,
                place.inhabitants,
                msgspec.json.decode(place.geometry),
                list(place.neighbours),
            )
            for place in places
        ]
    )


@post(
    "/neighbourhoods",
    guards=[needs(Permission.IMPORT)],
    operation_class=takes("application/geo+json", "A district file of CBS or PDOK."),
    request_max_body_size=_LARGEST,
    name="api.neighbourhoods.import",
)
async def take_in(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
) -> Response[NeighbourhoodReport]:
    """Add the districts of a file or bring them up to date; none is taken away."""
    data = await request.body()
    async with house.database.transaction() as session:
        report = await import_neighbourhoods(session, actor, data, at=now())
    return created(report, "/v1/neighbourhoods")


router = Router("/", route_handlers=[list_all, take_in], tags=["Neighbourhoods"])
