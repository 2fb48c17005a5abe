"""How the neighbourhoods feel: published pictures as map, table and trend."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec
import shapely

from calamity.domain.permissions import Actor, Permission
from calamity.domain.picture import Cell, trend
from calamity.store import rounds
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.rounds import PublishedPicture
from calamity.store.tables import RoundRow
from calamity.web.maps import draw
from calamity.web.pages.scene import Scene
from calamity.web.views import picture as views
from calamity.web.views import room

Audience = Literal["team", "officials"]
_SHOWN_ROUNDS = 8
_NEAR_DEGREES = 0.00015  # about fifteen metres: finer than a map of a town can show


def audience_of(actor: Actor) -> Audience:
    """Return whose pictures this actor may see; the team's are finer."""
    return "team" if actor.may(Permission.SEE_ROOM) else "officials"


class _Map(msgspec.Struct, frozen=True):
    viewbox: str
    shapes: dict[str, views.Shape]
    geojson: dict[str, object]


async def picture_part(scene: Scene, session: Session, audience: Audience) -> room.PicturePart:
    """Return the latest picture with the trend, or when the first one comes."""
    published = await rounds.list_pictures(
        session, scene.calamity.id, audience, limit=_SHOWN_ROUNDS, until=scene.until
    )
    if not published:
        waiting = [
            row.closes_at
            for row in await rounds.list_rounds(session, scene.calamity.id)
            if _is_open(row, scene.until)
        ]
        return room.PicturePart(
            calamity=scene.calamity.id, next_round_closes_at=min(waiting, default=None)
        )
    drawn = await _map(scene, session)
    return room.PicturePart(
        calamity=scene.calamity.id,
        picture=picture_view(scene, published, drawn),
        trend=trend_view(scene, published),
        geojson=drawn.geojson or None,
    )


def _is_open(row: RoundRow, until: datetime | None) -> bool:
    if until is None:
        return row.closed_at is None
    return row.opened_at < until and (row.closed_at is None or row.closed_at >= until)


async def round_pictures(
    scene: Scene, session: Session, round_id: str, audience: Audience
) -> tuple[views.Picture | None, views.Trend, dict[str, object] | None]:
    """Return the picture of one round, the trend up to it, and the shapes."""
    published = await rounds.pictures_until(
        session, scene.calamity.id, round_id, audience, limit=_SHOWN_ROUNDS
    )
    if not published:
        return None, views.Trend(), None
    drawn = await _map(scene, session)
    return picture_view(scene, published, drawn), trend_view(scene, published), drawn.geojson


async def _map(scene: Scene, session: Session) -> _Map:
    places = await list_neighbourhoods(session, scene.calamity.municipality_id)
    return _drawn(tuple((place.code, place.name, bytes(place.geometry)) for place in places))


@lru_cache(maxsize=32)
def _drawn(places: tuple[tuple[str, str, bytes], ...]) -> _Map:
    """Draw the neighbourhoods once; shared borders stay shared when they are made simpler."""
    if not places:
        return _Map("0 0 600 600", {}, {})
    geometry: Any = shapely
    outlines = geometry.from_geojson([place[2].decode() for place in places])
    simpler = geometry.coverage_simplify(outlines, _NEAR_DEGREES)
    simpler = geometry.set_precision(simpler, 0.00001, mode="pointwise")
    kept = [
        after if after.is_valid and not after.is_empty else before
        for before, after in zip(outlines, simpler, strict=True)
    ]
    geometries: dict[str, dict[str, object]] = {
        place[0]: msgspec.json.decode(geometry.to_geojson(outline))
        for place, outline in zip(places, kept, strict=True)
    }
    viewbox, shapes = draw(geometries)
    features: list[dict[str, object]] = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometries[code]}
        for code, name, _ in places
    ]
    return _Map(viewbox, shapes, {"type": "FeatureCollection", "features": features})


def picture_view(scene: Scene, published: Sequence[PublishedPicture], drawn: _Map) -> views.Picture:
    """Return the newest of *published* as pages show it."""
    newest = published[0]
    moves = trend(published[1].picture, newest.picture) if len(published) > 1 else {}
    cells = {code: cell for cell in newest.picture.groups for code in cell.places}
    return views.Picture(
        round=newest.round_id,
        number=newest.number,
        closed_at=newest.published_at,
        threshold=newest.picture.k,
        coverage=views.Coverage(newest.picture.asked, newest.picture.answered),
        neighbourhoods=tuple(
            _area(scene, code, cells.get(code), moves, drawn)
            for code in sorted(scene.places, key=lambda each: scene.places[each].casefold())
        ),
        viewbox=drawn.viewbox,
    )


def _area(
    scene: Scene, code: str, cell: Cell | None, moves: dict[tuple[str, ...], Any], drawn: _Map
) -> views.NeighbourhoodMood:
    name, outline = scene.places[code], drawn.shapes.get(code)
    if cell is None:
        return views.NeighbourhoodMood(code=code, name=name, status="not-asked", shape=outline)
    return views.NeighbourhoodMood(
        code=code,
        name=name,
        status=cell.status,
        coverage=views.Coverage(cell.asked, cell.answered),
        share=cell.coverage,
        mood=cell.mood,
        spread=cell.spread,
        behind=cell.behind,
        trend=moves.get(cell.places),
        with_names=tuple(scene.places.get(other, other) for other in cell.places if other != code),
        shape=outline,
    )


def trend_view(scene: Scene, published: Sequence[PublishedPicture]) -> views.Trend:
    """Return the pictures one after the other, the oldest first."""
    ordered = list(reversed(published))
    moods = [
        {code: cell.mood for cell in each.picture.groups for code in cell.places}
        for each in ordered
    ]
    return views.Trend(
        rounds=tuple(
            views.TrendRound(
                number=each.number,
                closed_at=each.published_at,
                coverage=views.Coverage(each.picture.asked, each.picture.answered),
            )
            for each in ordered
        ),
        lines=tuple(
            views.TrendLine(name=name, moods=tuple(each.get(code) for each in moods))
            for code, name in sorted(scene.places.items(), key=lambda item: item[1].casefold())
        ),
    )
