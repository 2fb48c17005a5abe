"""The quarantine: what the carrier told us and does not fit, for the administrator."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from calamity.domain.permissions import Actor, Permission
from calamity.store import quarantine
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now


@camel
class Misfit(quarantine.QuarantineLine, frozen=True):
    """Something that does not fit: ids and the cause, no words and no numbers."""


class Misfits(Struct, frozen=True):
    """Everything that stands apart, what nobody has looked at first."""

    quarantine: list[Misfit]


@get("/quarantine", guards=[needs(Permission.SEE_QUARANTINE)], name="api.quarantine.list")
async def list_all(house: NamedDependency[House]) -> Misfits:
    """List what the carrier told us and does not fit."""
    async with house.database.reading() as session:
        found = await quarantine.list_quarantine(session)
    return Misfits([wired(line, Misfit) for line in found])


@post(
    "/quarantine/{line_id:str}/handle",
    guards=[needs(Permission.SEE_QUARANTINE)],
    status_code=204,
    name="api.quarantine.handle",
)
async def handle(
    house: NamedDependency[House], actor: NamedDependency[Actor], line_id: FromPath[str]
) -> None:
    """Remember that somebody looked."""
    actor.must(Permission.SEE_QUARANTINE)
    async with house.database.transaction() as session:
        await quarantine.handle(session, line_id, now())


router = Router("/", route_handlers=[list_all, handle], tags=["Quarantine"])
