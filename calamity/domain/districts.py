"""Read a district file of CBS or PDOK, and say of a broken one what is wrong and how to cure it.

Any GeoJSON file of districts (wijken) will do, in WGS84 or in the Dutch grid (RD).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from calamity.domain.errors import Refused

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

LARGEST_FILE = 20_000_000
_DECIMALS = 6  # about ten centimetres
# Files that were simplified or rounded leave slits of a few metres between districts.
_TOUCHING_DEGREES = 0.00005
_FARTHEST = 1e9  # no grid of the earth has numbers beyond this

Point = tuple[float, float]
Ring = list[Point]
Move = Callable[[Ring], Ring]


class District(Struct, frozen=True, forbid_unknown_fields=True):
    """One district. *geometry* is GeoJSON in WGS84; *neighbours* are codes within the file."""

    code: str
    name: str
    municipality: str | None
    inhabitants: int | None
    geometry: dict[str, object]
    neighbours: list[str]


class DistrictFile(Struct, frozen=True, forbid_unknown_fields=True):
    """All districts of a file, by code, and notes on what was left out."""

    districts: list[District]
    notes: list[str]


class DistrictFault(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with one feature. Features count from 1; 0 is the file itself."""

    feature: int
    code: str
    problem: str
    cure: str

    def __str__(self) -> str:
        place = f"Feature {self.feature}" if self.feature else "File"
        code = f" ({self.code})" if self.code else ""
        return f"{place}{code}: {self.problem} {self.cure}"


class DistrictFaults(Refused):
    """The file cannot be taken in. *faults* says why, feature by feature."""

    def __init__(self, faults: Sequence[DistrictFault]) -> None:
        more = f" And {len(faults) - 1} more." if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}", field="file")
        self.faults = list(faults)


def short_name(name: str) -> str:
    """Return the name without the number that CBS puts before it: Wijk 07 De Kruiskamp."""
    return re.sub(r"^Wijk \d{1,3}\s+(?=\S)", "", name)


def read_districts(data: bytes) -> DistrictFile:
    """Read all districts of a GeoJSON file, or raise DistrictFaults with every fault in it."""
    features, grid = _features(data)
    reader = _Reader(grid)
    for number, feature in enumerate(features, start=1):
        reader.read(number, feature)
    for code, times in Counter(draft.code for draft in reader.drafts).items():
        if times > 1:
            numbers = [draft.number for draft in reader.drafts if draft.code == code]
            reader.fault(
                numbers[1],
                code,
                f"Feature {numbers[0]} has the same code.",
                "Keep one feature per district; join its parts into one MultiPolygon.",
            )
    if not (reader.drafts or reader.faults):
        reader.fault(0, "", "There is no district in it.", _GET_ONE)
    if reader.faults:
        raise DistrictFaults(sorted(reader.faults, key=lambda fault: fault.feature))
    return DistrictFile(_finished(reader.drafts), reader.notes)


_GET_ONE = "Download the district map (wijken) of CBS or PDOK as GeoJSON."
_MAGIC = (
    (b"PK", "This is a zip file.", "Unpack it and choose the .geojson file."),
    (b"\x1f\x8b", "This is a compressed file.", "Unpack it and choose the .geojson file."),
    (b"SQLite format 3", "This is a GeoPackage.", "Export its districts as GeoJSON."),
    (b"\x00\x00\x27\x0a", "This is a shapefile.", "Export it as GeoJSON."),
    (b"<", "This is XML or a web page.", "Ask the map service for GeoJSON (application/json)."),
)
_GRIDS: dict[str, Literal["wgs84", "rd"]] = {
    "CRS84": "wgs84", "4326": "wgs84", "4258": "wgs84", "28992": "rd", "7415": "rd",
}  # fmt: skip


def _broken(problem: str, cure: str) -> DistrictFaults:
    return DistrictFaults([DistrictFault(0, "", problem, cure)])


def _features(data: bytes) -> tuple[list[object], str | None]:
    """Return the features and the coordinate system that the file names, if it names one."""
    if len(data) > LARGEST_FILE:
        raise _broken("It is larger than 20 MB.", "Take the districts of one municipality only.")
    for magic, problem, cure in _MAGIC:
        if data.lstrip()[: len(magic)] == magic:
            raise _broken(problem, cure)
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _broken("It is not JSON, or it was cut off.", _GET_ONE) from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise _broken("It is JSON, but no GeoJSON FeatureCollection.", _GET_ONE)
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise _broken("It holds no features.", _GET_ONE)
    return features, _named_grid(document.get("crs"))


def _named_grid(crs: object) -> str | None:
    if not isinstance(crs, dict):
        return None
    properties = crs.get("properties")
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not name:
        return None
    for sign, grid in _GRIDS.items():
        if name.endswith(sign):
            return grid
    raise _broken(
        "Its coordinate system is unknown here.",
        "Export it in WGS84 (EPSG:4326) or RD (EPSG:28992).",
    )


def _shapely() -> ModuleType:
    """Import shapely late, which takes long; it has no types, and a module shows none."""
    import shapely

    return shapely


class _Draft(Struct):
    """A district that was read, before its neighbours are known."""

    number: int
    code: str
    name: str
    municipality: str | None
    inhabitants: int | None
    shape: "BaseGeometry"


class _FeatureError(Exception):
    """A fault in the feature at hand: what is wrong, and the cure."""


class _Reader:
    """Reads feature after feature, and gathers districts, faults and notes."""

    def __init__(self, grid: str | None) -> None:
        self.grid = grid
        self.drafts: list[_Draft] = []
        self.faults: list[DistrictFault] = []
        self.notes: list[str] = []

    def fault(self, number: int, code: str, problem: str, cure: str) -> None:
        self.faults.append(DistrictFault(number, code, problem, cure))

    def read(self, number: int, feature: object) -> None:
        code = ""
        try:
            properties = _properties(feature)
            code = _text(properties, "statcode", "wijkcode", "wkcode")
            name = _text(properties, "statnaam", "wijknaam", "wknaam")
            if _is_water(properties, code, name):
                self.notes.append(f"Feature {number} ({code}) is water and was left out.")
                return
            _check_names(properties, code, name)
            geometry = feature.get("geometry") if isinstance(feature, dict) else None
            self.drafts.append(
                _Draft(
                    number=number,
                    code=code,
                    name=name,
                    municipality=_municipality(properties, code),
                    inhabitants=_inhabitants(properties),
                    shape=_shape(geometry, self.grid),
                )
            )
        except _FeatureError as wrong:
            self.fault(number, code, *wrong.args)


def _properties(feature: object) -> dict[str, object]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _FeatureError("It is no GeoJSON Feature.", _GET_ONE)
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise _FeatureError("It has no properties.", "A district needs statcode and statnaam.")
    return {re.sub(r"[_\s-]", "", name).casefold(): value for name, value in properties.items()}


def _text(properties: Mapping[str, object], *names: str) -> str:
    values = (properties.get(name) for name in names)
    return next((value.strip() for value in values if isinstance(value, str)), "")


def _is_water(properties: Mapping[str, object], code: str, name: str) -> bool:
    if str(properties.get("water", "")).strip().upper() == "JA":
        return True
    return code.endswith("99") and (not name or "water" in name.casefold())


def _check_names(properties: Mapping[str, object], code: str, name: str) -> None:
    if not code and any(key in properties for key in ("buurtcode", "bucode")):
        raise _FeatureError("It is a buurt, not a district.", "Take the file of wijken.")
    if not code:
        raise _FeatureError(
            "The code is missing.", "Fill in statcode or wijkcode, such as WK030701."
        )
    if not re.fullmatch(r"(?!BU|GM)[A-Za-z0-9-]{1,20}", code):
        raise _FeatureError("The code is not that of a district.", "Use a code such as WK030701.")
    if not name or len(name) > 120:  # noqa: PLR2004 - the longest Dutch name has some 60
        raise _FeatureError("The name is missing or too long.", "Fill in statnaam or wijknaam.")


def _municipality(properties: Mapping[str, object], code: str) -> str | None:
    named = _text(properties, "gemeentecode", "gmcode")
    if not named and re.fullmatch(r"WK\d{4}\w{2}", code):
        return "GM" + code[2:6]
    return named or None


def _inhabitants(properties: Mapping[str, object]) -> int | None:
    for name in ("aantalinwoners", "aantinw", "inwoners", "inhabitants"):
        value = properties.get(name)
        # CBS writes a large negative number where it does not tell.
        if isinstance(value, int | float) and value >= 0:
            return int(value)
    return None


def _shape(geometry: object, grid: str | None) -> "BaseGeometry":
    """Return the district's shape in WGS84, rounded, or raise what is wrong with it."""
    shapely = _shapely()
    if not isinstance(geometry, dict) or not geometry.get("coordinates"):
        raise _FeatureError("The geometry is empty.", "Export the file again with geometry.")
    kind, coordinates = geometry.get("type"), geometry["coordinates"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise _FeatureError(
            "The geometry is no polygon.", "A district is a Polygon or MultiPolygon."
        )
    polygons = [coordinates] if kind == "Polygon" else coordinates
    rings = [[_ring(ring) for ring in _list(polygon)] for polygon in _list(polygons)]
    move = _move(rings[0][0], grid)
    for ring in (ring for polygon in rings for ring in polygon):
        _check_place(move(ring))
    exact = _join(rings, move)
    if not exact.is_valid:
        where = shapely.is_valid_reason(exact)
        raise _FeatureError(
            f"The border crosses or touches itself: {where}.",
            "Repair the border (in QGIS: Fix geometries) and export it again.",
        )
    rounded: BaseGeometry = shapely.transform(exact, lambda points: points.round(_DECIMALS))
    if not rounded.is_valid:
        rounded = shapely.set_precision(exact, 10**-_DECIMALS)
    return rounded


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise _FeatureError("A list of coordinates is missing or empty.", "Export the file again.")
    return value


def _ring(value: object) -> Ring:
    """Return a closed ring of x and y; a height is dropped."""
    points: Ring = []
    for point in _list(value):
        match point:
            case [int() | float() as x, int() | float() as y, *_] if abs(x) + abs(y) < _FARTHEST:
                points.append((float(x), float(y)))
            case _:
                raise _FeatureError(
                    "A coordinate is not a pair of numbers.", "Export the file again."
                )
    fewest = 4
    if points[0] != points[-1]:
        raise _FeatureError("A ring is not closed.", "Let it end where it begins.")
    if len(points) < fewest:
        raise _FeatureError("A ring has fewer than four points.", "Draw the border as a surface.")
    return points


def _move(sample: Ring, grid: str | None) -> Move:
    """Return what brings a ring to WGS84; the size of the numbers must fit what the file says."""
    x, y = sample[0]
    degrees = 360
    looks_like_rd = max(abs(x), abs(y)) > degrees
    if not looks_like_rd and grid != "rd":
        return lambda ring: ring
    if not looks_like_rd:
        raise _FeatureError(
            "The file says RD, but these are degrees.", "Correct the crs in the file."
        )
    if grid == "wgs84":
        raise _FeatureError(
            "The file says WGS84, but these are metres.", "Set the crs to EPSG:28992."
        )
    from pyproj import Transformer

    transformer = Transformer.from_crs(28992, 4326, always_xy=True)

    def to_degrees(ring: Ring) -> Ring:
        eastings, northings = zip(*ring, strict=True)
        longitudes, latitudes = transformer.transform(eastings, northings)
        return list(zip(longitudes, latitudes, strict=True))

    return to_degrees


def _check_place(ring: Ring) -> None:
    """Refuse what lies outside the Netherlands; longitude 3 to 7, latitude 50 to 53."""
    if all(_in_the_netherlands(x, y) for x, y in ring):
        return
    if all(_in_the_netherlands(y, x) for x, y in ring):
        raise _FeatureError(
            "Latitude and longitude are swapped.", "Write longitude first (5.4, 52.1)."
        )
    raise _FeatureError(
        "It lies outside the Netherlands.", "Check the coordinate system of the export."
    )


def _in_the_netherlands(longitude: float, latitude: float) -> bool:
    return 3.0 <= longitude <= 7.4 and 50.6 <= latitude <= 53.8  # noqa: PLR2004 - a bounding box


def _join(rings: list[list[Ring]], move: Move) -> "BaseGeometry":
    shapely = _shapely()
    polygons: list[BaseGeometry] = [
        shapely.Polygon(move(outer), [move(hole) for hole in holes]) for outer, *holes in rings
    ]
    joined: BaseGeometry = shapely.MultiPolygon(polygons)
    return polygons[0] if len(polygons) == 1 else joined


def _finished(drafts: list[_Draft]) -> list[District]:
    shapely = _shapely()
    drafts = sorted(drafts, key=lambda draft: draft.code)
    shapes = [draft.shape for draft in drafts]
    near = _neighbours([draft.code for draft in drafts], shapes)
    # RFC 7946: outer rings run counter-clockwise.
    oriented = shapely.orient_polygons(shapes)
    return [
        District(
            code=draft.code,
            name=draft.name,
            municipality=draft.municipality,
            inhabitants=draft.inhabitants,
            geometry=msgspec.json.decode(shapely.to_geojson(shape)),
            neighbours=near[draft.code],
        )
        for draft, shape in zip(drafts, oriented, strict=True)
    ]


def _neighbours(codes: list[str], shapes: list["BaseGeometry"]) -> dict[str, list[str]]:
    shapely = _shapely()
    found: dict[str, list[str]] = {code: [] for code in codes}
    pairs = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCHING_DEGREES)
    for one, other in _as_numbers(pairs):
        if one != other:
            found[codes[one]].append(codes[other])
    return {code: sorted(near) for code, near in found.items()}


def _as_numbers(pairs: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    return zip(map(int, pairs[0]), map(int, pairs[1]), strict=True)
