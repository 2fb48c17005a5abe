import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import shape

from calamity.domain.districts import (
    DistrictFault,
    DistrictFaults,
    DistrictFile,
    read_districts,
    short_name,
)

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CALAMITY_SHARED", ROOT.parent / "shared"))

LEFT = [[5.20, 52.50], [5.21, 52.50], [5.21, 52.51], [5.20, 52.51], [5.20, 52.50]]
RIGHT = [[5.21, 52.50], [5.22, 52.50], [5.22, 52.51], [5.21, 52.51], [5.21, 52.50]]
FAR = [[5.30, 52.60], [5.31, 52.60], [5.31, 52.61], [5.30, 52.61], [5.30, 52.60]]


def feature(code: str, ring: list[Any], **more: object) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"statcode": code, "statnaam": f"Wijk {code}", **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def collection(*features: object, **more: object) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def read(document: object) -> DistrictFile:
    return read_districts(json.dumps(document).encode())


def faults(document: object) -> list[DistrictFault]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(DistrictFaults) as refusal:
        read_districts(data)
    assert refusal.value.field == "file"
    return refusal.value.faults


def good() -> dict[str, Any]:
    return collection(
        feature("WK990101", LEFT), feature("WK990102", RIGHT), feature("WK990103", FAR)
    )


def test_districts_are_read_in_the_order_of_their_codes() -> None:
    document = good()
    document["features"].reverse()
    districts = read(document).districts
    assert [district.code for district in districts] == ["WK990101", "WK990102", "WK990103"]
    assert districts[0].name == "Wijk WK990101"
    assert districts[0].municipality == "GM9901"
    assert districts[0].inhabitants is None


def test_touching_districts_are_neighbours() -> None:
    near = {district.code: district.neighbours for district in read(good()).districts}
    assert near == {"WK990101": ["WK990102"], "WK990102": ["WK990101"], "WK990103": []}


def test_a_slit_of_a_few_metres_does_not_part_neighbours() -> None:
    shifted = [[x + 0.00003, y] for x, y in RIGHT]
    document = collection(feature("WK990101", LEFT), feature("WK990102", shifted))
    assert read(document).districts[0].neighbours == ["WK990102"]
    apart = [[x + 0.001, y] for x, y in RIGHT]
    document = collection(feature("WK990101", LEFT), feature("WK990102", apart))
    assert read(document).districts[0].neighbours == []


@pytest.mark.parametrize(
    "properties",
    [
        {"statcode": "WK990101", "statnaam": "Binnenstad"},
        {"wijkcode": "WK990101", "wijknaam": "Binnenstad", "gemeentecode": "GM9901"},
        {"WK_CODE": "WK990101", "WK_NAAM": "Binnenstad", "GM_CODE": "GM9901"},
        {"wk_code": " WK990101 ", "wk_naam": "Binnenstad"},
    ],
)
def test_codes_and_names_are_found_under_their_known_names(properties: dict[str, object]) -> None:
    document = collection({**feature("x", LEFT), "properties": properties})
    (district,) = read(document).districts
    assert (district.code, district.name) == ("WK990101", "Binnenstad")
    assert district.municipality == "GM9901"


@pytest.mark.parametrize(
    ("properties", "inhabitants"),
    [
        ({"aantal_inwoners": 1230}, 1230),
        ({"aantalInwoners": 1230.0}, 1230),
        ({"AANT_INW": 0}, 0),
        ({"aantal_inwoners": -99999999}, None),
        ({"aantal_inwoners": None}, None),
        ({"aantal_inwoners": "veel"}, None),
        ({}, None),
    ],
)
def test_inhabitants_are_read_unless_hidden(
    properties: dict[str, object], inhabitants: int | None
) -> None:
    (district,) = read(collection(feature("WK990101", LEFT, **properties))).districts
    assert district.inhabitants == inhabitants


def in_rd(ring: list[list[float]]) -> list[list[float]]:
    transformer = Transformer.from_crs(4326, 28992, always_xy=True)
    return [list(transformer.transform(x, y)) for x, y in ring]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}},
        {"crs": {"type": "name", "properties": {"name": "EPSG:28992"}}},
    ],
)
def test_the_dutch_grid_becomes_degrees(more: dict[str, object]) -> None:
    document = collection(
        feature("WK990101", in_rd(LEFT)), feature("WK990102", in_rd(RIGHT)), **more
    )
    one, other = read(document).districts
    assert shape(one.geometry).equals_exact(shape({"type": "Polygon", "coordinates": [LEFT]}), 2e-6)
    assert one.neighbours == [other.code]


def test_borders_run_counter_clockwise_and_holes_clockwise() -> None:
    hole = [[5.203, 52.503], [5.206, 52.503], [5.206, 52.506], [5.203, 52.503]]
    document = collection(feature("WK990101", LEFT[::-1]))
    document["features"][0]["geometry"]["coordinates"].append(hole)
    geometry = shape(read(document).districts[0].geometry)
    assert geometry.exterior.is_ccw
    assert not geometry.interiors[0].is_ccw


def test_a_district_may_have_several_parts_and_heights() -> None:
    island = [[x, y + 0.02, 1.5] for x, y in LEFT]
    document = collection(feature("WK990101", LEFT))
    document["features"][0]["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[LEFT], [island]],
    }
    geometry = read(document).districts[0].geometry
    assert geometry["type"] == "MultiPolygon"
    assert len(shape(geometry).geoms) == 2


def test_coordinates_are_rounded() -> None:
    odd = [[x + 0.000000123456, y + 0.000000123456] for x, y in LEFT]
    text = json.dumps(read(collection(feature("WK990101", odd))).districts[0].geometry)
    assert "123456" not in text


def test_water_is_left_out_with_a_note() -> None:
    document = good()
    document["features"].append(feature("WK990199", FAR, water="JA"))
    document["features"].append(feature("WK990299", FAR, statnaam="Water"))
    found = read(document)
    assert len(found.districts) == 3
    assert len(found.notes) == 2
    assert "WK990199" in found.notes[0]


def test_a_district_with_number_99_on_land_stays() -> None:
    document = collection(feature("WK990199", LEFT, water="NEE", statnaam="Buitengebied"))
    assert read(document).districts[0].code == "WK990199"


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_districts(b"\xef\xbb\xbf" + json.dumps(good()).encode()).districts


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (json.dumps(good()).encode()[:-40], "cut off"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "FeatureCollection"),
        (b'{"type":"Feature"}', "FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[]}', "no features"),
        (b'{"type":"FeatureCollection","features":{}}', "no features"),
        (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"SQLite format 3\x00", "GeoPackage"),
        (b"\x00\x00\x27\x0a\x00", "shapefile"),
        (b"<?xml version='1.0'?>", "XML"),
        (b" " * 20_000_001, "20 MB"),
    ],
)
def test_a_broken_file_is_refused_with_a_cure(data: bytes, words: str) -> None:
    (fault,) = faults(data)
    assert fault.feature == 0
    assert words in fault.problem
    assert fault.cure


def test_an_unknown_grid_is_refused() -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
    assert "coordinate system" in faults({**good(), "crs": crs})[0].problem


@pytest.mark.parametrize(
    ("name", "ring", "words"),
    [
        ("EPSG:28992", LEFT, "says RD"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", [[150000, 480000], [151000, 480000], [151000, 481000],
                                           [150000, 480000]], "says WGS84"),
    ],
)  # fmt: skip
def test_a_grid_that_does_not_fit_the_numbers_is_refused(
    name: str, ring: list[Any], words: str
) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    (fault,) = faults(collection(feature("WK990101", ring), crs=crs))
    assert words in fault.problem


def spoil(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(good())
    change(document["features"][1])
    return document


def set_ring(ring: object) -> Callable[[dict[str, Any]], object]:
    return lambda spoiled: spoiled["geometry"].update(coordinates=[ring])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda spoiled: spoiled.update(type="Thing"), "no GeoJSON Feature"),
        (lambda spoiled: spoiled.update(properties=None), "no properties"),
        (lambda spoiled: spoiled["properties"].pop("statcode"), "code is missing"),
        (lambda spoiled: spoiled["properties"].update(statcode=12), "code is missing"),
        (lambda spoiled: spoiled["properties"].update(statcode="GM9901"), "not that of a district"),
        (lambda spoiled: spoiled.update(properties={"buurtcode": "BU99010101"}), "buurt"),
        (lambda spoiled: spoiled["properties"].pop("statnaam"), "name is missing"),
        (lambda spoiled: spoiled["properties"].update(statnaam=" "), "name is missing"),
        (lambda spoiled: spoiled["properties"].update(statcode="WK990101"), "same code"),
        (lambda spoiled: spoiled.update(geometry=None), "empty"),
        (lambda spoiled: spoiled.pop("geometry"), "empty"),
        (lambda spoiled: spoiled["geometry"].update(coordinates=[]), "empty"),
        (lambda spoiled: spoiled["geometry"].update(type="Point"), "no polygon"),
        (set_ring([]), "empty"),
        (set_ring("x"), "empty"),
        (set_ring(RIGHT[:-1]), "not closed"),
        (set_ring([RIGHT[0], RIGHT[1], RIGHT[0]]), "fewer than four"),
        (set_ring([[5.2], [5.3, 52.0]]), "pair of numbers"),
        (set_ring([["5.2", "52.0"]] * 4), "pair of numbers"),
        (set_ring([[10**400, 1]] * 4), "pair of numbers"),
        (set_ring([[5.2, 52.5], [5.3, 52.6], [5.3, 52.5], [5.2, 52.6], [5.2, 52.5]]), "crosses"),
        (set_ring([[y, x] for x, y in RIGHT]), "swapped"),
        (set_ring([[x + 10, y] for x, y in RIGHT]), "outside"),
        (set_ring([[x * 1e6, y * 1e5] for x, y in RIGHT]), "outside"),
        (set_ring([RIGHT[0], [0.0, 0.0], RIGHT[2], RIGHT[0]]), "outside"),
    ],
)  # fmt: skip
def test_a_broken_feature_is_named_with_its_cure(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    (fault,) = faults(spoil(change))
    assert fault.feature == 2
    assert words in fault.problem
    assert fault.cure
    assert str(fault).startswith("Feature 2")


def test_every_fault_is_told_at_once() -> None:
    document = good()
    del document["features"][0]["properties"]["statcode"]
    document["features"][2]["geometry"] = None
    assert [fault.feature for fault in faults(document)] == [1, 3]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from(["type", "properties", "geometry", "coordinates", "statcode"]))
def test_no_file_breaks_the_reader(value: object, where: str) -> None:
    document = good()
    spoiled = document["features"][0]
    target = {"coordinates": spoiled["geometry"], "statcode": spoiled["properties"]}.get(
        where, spoiled
    )
    target[where] = value
    for attempt in (document, collection(value), value):
        try:
            read(attempt)
        except DistrictFaults as refusal:
            told = refusal.faults
        else:
            continue
        assert all(fault.problem and fault.cure for fault in told)


def test_the_number_of_cbs_can_be_left_out() -> None:
    assert short_name("Wijk 07 De Kruiskamp") == "De Kruiskamp"
    assert short_name("Binnenstad") == "Binnenstad"
    assert short_name("Wijk 12") == "Wijk 12"


def test_the_heavy_libraries_wait_until_a_file_is_read() -> None:
    code = (
        "import sys, calamity.domain.districts;"
        "sys.exit(bool({'shapely', 'pyproj', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_districts_of_a_real_town_are_read() -> None:
    path = SHARED / "data" / "wijken-amersfoort-2014.geojson"
    if not path.exists():
        pytest.skip(f"the district file is not there: {path.name} (set CALAMITY_SHARED)")
    districts = read_districts(path.read_bytes()).districts
    assert len(districts) == 31
    assert {district.municipality for district in districts} == {"GM0307"}
    assert short_name(districts[6].name) == "De Kruiskamp"
    assert all(district.neighbours for district in districts)
    assert all(shapely.is_valid(shape(district.geometry)) for district in districts)
    near = {district.code: set(district.neighbours) for district in districts}
    assert all(code in near[other] for code, others in near.items() for other in others)
