"""The picture of a report for a map: what was published for officials, cell by cell, and no more.

Neighbourhoods whose answers were joined are one shape here too: a shape of their own would say of
each of them what only holds of all together.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import shapely

from calamity.domain.picture import OFFICIALS, Cell
from calamity.store.municipalities import Neighbourhood
from calamity.store.rounds import PublishedPicture
from calamity.web.language import Language
from calamity.web.picture_words import MOODS


def as_geojson(
    published: PublishedPicture, places: Sequence[Neighbourhood], say: Language
) -> bytes:
    """Return the picture as a GeoJSON feature collection (WGS84)."""
    if published.picture.k < OFFICIALS:
        raise ValueError("a picture that leaves the house has at least five behind each mood")
    ground = {place.code: place for place in places}
    features = [
        _feature(cell.places, ground, _said(cell, say)) for cell in published.picture.groups
    ]
    features += [
        _feature((code,), ground, {"status": "not-asked"}) for code in published.picture.white_spots
    ]
    return msgspec.json.encode(
        {
            "type": "FeatureCollection",
            "round": published.number,
            "published_at": published.published_at,
            "note": say.text("A mood is an impression, not a measurement."),
            "features": [feature for feature in features if feature["geometry"] is not None],
        }
    )


def _said(cell: Cell, say: Language) -> dict[str, Any]:
    if cell.mood is None:
        return {"status": cell.status}
    return {
        "status": cell.status,
        "mood": cell.mood,
        "word": say.text(MOODS[cell.mood]),
        "spread": cell.spread,
        "people_at_least": cell.behind,
    }


def _feature(
    codes: Sequence[str], ground: dict[str, Neighbourhood], said: dict[str, Any]
) -> dict[str, Any]:
    known = [ground[code] for code in codes if code in ground]
    named = {"codes": list(codes), "names": [place.name for place in known]}
    return {"type": "Feature", "properties": named | said, "geometry": _outline(known)}


def _outline(places: Sequence[Neighbourhood]) -> Any:
    geometry: Any = shapely
    shapes = [geometry.from_geojson(bytes(place.geometry).decode()) for place in places]
    if not shapes:
        return None
    return msgspec.json.decode(geometry.to_geojson(geometry.union_all(shapes)))
