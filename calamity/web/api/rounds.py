"""Rounds about mood, and the picture of a closed one."""

from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from calamity.actions import tasks
from calamity.actions.check_in import close_round
from calamity.domain import picture
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import Visibility
from calamity.store import rounds
from calamity.store.calamities import get_calamity, open_calamity
from calamity.web.api.calamities import created
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_PATH = "/calamities/{calamity_id:str}/rounds"


class Round(Struct, frozen=True, rename="camel"):
    """A round. *answered* is frozen at closing: nothing where too few gave a mood."""

    id: str
    number: int
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    asked: int
    answered: int | None


class Rounds(Struct, frozen=True):
    """The rounds of a calamity, the newest first."""

    rounds: list[Round]


@camel
class Picture(picture.Picture, frozen=True):
    """What a closed round says per neighbourhood, after suppression."""


class CellTrend(Struct, frozen=True):
    """How the mood of one cell moved since the round before."""

    places: list[str]
    trend: picture.Trend


class PublishedPicture(Struct, frozen=True, rename="camel"):
    """The picture of a round for this reader's audience. It never changes."""

    round_id: str
    number: int
    audience: str
    published_at: datetime
    picture: Picture
    trend: list[CellTrend]


@get(_PATH, guards=[needs(Permission.SEE_CALAMITIES)], name="api.rounds.list")
async def list_all(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Rounds:
    """List the rounds of a calamity."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        rows = await rounds.list_rounds(session, calamity_id)
    return Rounds([wired(row, Round) for row in rows])


async def _round_of(session: Any, actor: Actor, calamity_id: str, round_id: str) -> Any:
    row = await rounds.get_round(session, actor.municipality_id, round_id)
    if row.calamity_id != calamity_id:
        raise NotFound("This round does not exist.", field="round")
    return row


@camel
class NewRound(tasks.NewRound, frozen=True):
    """A round besides those of the playbook, with the question of its own rounds."""


@post(_PATH, guards=[needs(Permission.STEER)], name="api.rounds.open")
async def open_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    data: JSONBody[NewRound],
) -> Response[Round]:
    """Open a round now; it asks whom the rules of give and ask allow."""
    async with house.database.transaction() as session:
        row = await tasks.open_extra_round(
            session, house.wakes, house.terms, actor, calamity_id, data, at=now()
        )
        opened = wired(row, Round)
    return created(opened, f"/v1/calamities/{calamity_id}/rounds/{opened.id}/picture")


@post(
    _PATH + "/{round_id:str}/close",
    guards=[needs(Permission.STEER)],
    status_code=200,
    name="api.rounds.close",
)
async def close(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    round_id: FromPath[str],
) -> Round:
    """Close a round before its time; the picture is published at once."""
    async with house.database.transaction() as session:
        await open_calamity(session, actor.municipality_id, calamity_id)
        row = await _round_of(session, actor, calamity_id, round_id)
        closed = await close_round(
            session, house.wakes, actor.municipality_id, round_id,
            at=now(), by_role=actor.role, early=True,
        )  # fmt: skip
        if not closed:
            raise Conflict("This round was closed before; see its picture.")
        return wired(row, Round)


def audience_of(actor: Actor) -> str:
    """Return for which audience this actor sees pictures."""
    return "team" if Visibility.TEAM in actor.sees else "officials"


def shown(
    latest: rounds.PublishedPicture, before: rounds.PublishedPicture | None
) -> PublishedPicture:
    """Return a picture with its trend, as the API shows it."""
    moved = picture.trend(before.picture, latest.picture) if before else {}
    return PublishedPicture(
        round_id=latest.round_id,
        number=latest.number,
        audience=latest.audience,
        published_at=latest.published_at,
        picture=wired(latest.picture, Picture),
        trend=[CellTrend(list(places), trend) for places, trend in moved.items()],
    )


@get(
    _PATH + "/{round_id:str}/picture",
    guards=[needs(Permission.SEE_TIMELINE)],
    name="api.rounds.picture",
)
async def get_picture(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    round_id: FromPath[str],
) -> PublishedPicture:
    """Return the picture of a closed round."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        found = await rounds.pictures_until(
            session, calamity_id, round_id, audience_of(actor), limit=2
        )
    if not found:
        raise NotFound("There is no picture yet: it is made when the round closes.", field="round")
    return shown(found[0], found[1] if len(found) > 1 else None)


router = Router("/", route_handlers=[list_all, close, get_picture, open_one], tags=["Rounds"])
