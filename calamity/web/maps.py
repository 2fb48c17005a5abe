"""Drawn maps: outlines of neighbourhoods as paths that need no script and print well."""

from collections.abc import Mapping
from math import cos, radians

from shapely import get_coordinates
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from calamity.web.views.picture import Shape

WIDTH = 600.0
MARGIN = 6.0


def draw(outlines: Mapping[str, Mapping[str, object]]) -> tuple[str, dict[str, Shape]]:
    """Draw GeoJSON geometries in WGS84, by code: the view box, and a shape for each.

    North is up; degrees are stretched by the cosine of the latitude: enough for a town.
    """
    areas = {code: shape(dict(outline)) for code, outline in outlines.items()}
    if not areas:
        return f"0 0 {WIDTH:.0f} {WIDTH:.0f}", {}
    west = min(area.bounds[0] for area in areas.values())
    south = min(area.bounds[1] for area in areas.values())
    east = max(area.bounds[2] for area in areas.values())
    north = max(area.bounds[3] for area in areas.values())
    stretch = cos(radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * stretch, 1e-9)
    height = (north - south) * scale + 2 * MARGIN

    def place(longitude: float, latitude: float) -> tuple[float, float]:
        return (
            MARGIN + (longitude - west) * stretch * scale,
            MARGIN + (north - latitude) * scale,
        )

    shapes = {}
    for code, area in areas.items():
        middle = _largest(area).representative_point()
        x, y = place(middle.x, middle.y)
        rings = [ring for polygon in _polygons(area) for ring in _rings(polygon)]
        d = "".join(
            "M"
            + "L".join(f"{px:.1f} {py:.1f}" for px, py in (place(*point) for point in ring))
            + "Z"
            for ring in rings
        )
        shapes[code] = Shape(d=d, x=round(x, 1), y=round(y, 1))
    return f"0 0 {WIDTH:.0f} {height:.0f}", shapes


def _polygons(area: BaseGeometry) -> list[Polygon]:
    if isinstance(area, Polygon):
        return [area]
    if isinstance(area, MultiPolygon):
        return list(area.geoms)
    raise ValueError("a neighbourhood is a Polygon or a MultiPolygon")


def _largest(area: BaseGeometry) -> Polygon:
    return max(_polygons(area), key=lambda polygon: polygon.area)


def _rings(polygon: Polygon) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in get_coordinates(ring)[:-1]]
        for ring in (polygon.exterior, *polygon.interiors)
    ]
