import itertools
import json
from collections import Counter
from pathlib import Path

from shapely import union_all
from shapely.geometry import shape

from calamity.domain.districts import read_districts
from calamity.domain.people_columns import PersonKind
from calamity.domain.people_file import PeopleFile, read_people
from calamity.domain.phone import read_any_phone

DEMO = Path(__file__).parents[2] / "calamity" / "demo"
DISTRICTS = read_districts((DEMO / "wijken.geojson").read_bytes()).districts
ROLES = ["LEI", "BUR", "OOV", "SOC", "WIJ", "NET", "COM", "JON", "PSH", "LOG"]


def people() -> PeopleFile:
    return read_people((DEMO / "people.csv").read_bytes(), contact_persons=[])


def test_the_demo_folder_holds_data_only() -> None:
    assert {path.name for path in DEMO.iterdir()} == {
        "wijken.geojson", "people.csv", "municipality.json",
    }  # fmt: skip


def test_the_demo_town_has_its_own_codes() -> None:
    assert len(DISTRICTS) >= 9
    assert {district.municipality for district in DISTRICTS} == {"GM9901"}
    assert len({district.name for district in DISTRICTS}) == len(DISTRICTS)
    assert all(district.inhabitants for district in DISTRICTS)


def test_the_demo_districts_tile_the_town() -> None:
    shapes = [shape(district.geometry) for district in DISTRICTS]
    town = union_all(shapes)
    assert town.geom_type == "Polygon"
    assert not town.interiors
    assert abs(town.area - sum(part.area for part in shapes)) < 1e-12
    for one, other in itertools.combinations(shapes, 2):
        assert one.intersection(other).area == 0


def test_the_demo_borders_are_exactly_equal() -> None:
    edges: Counter[frozenset[tuple[float, float]]] = Counter()
    for district in DISTRICTS:
        points = shape(district.geometry).exterior.coords
        edges.update(frozenset(edge) for edge in itertools.pairwise(points))
    outer = union_all([shape(district.geometry) for district in DISTRICTS]).exterior
    assert set(edges.values()) == {1, 2}
    assert sum(times == 1 for times in edges.values()) == len(outer.coords) - 1


def test_every_demo_district_has_neighbours() -> None:
    assert all(district.neighbours for district in DISTRICTS)


def test_the_demo_people_have_no_fault() -> None:
    assert people().faults == []


def test_the_demo_team_has_twelve_people_over_all_roles() -> None:
    team = [row for row in people().rows if row.kind is PersonKind.RESPONDER]
    assert len({row.phone.e164 for row in team}) == 12
    assert [row.role for row in team if row.rank == 1] == ROLES
    deputies = [row.role for row in team if row.rank == 2]
    assert len(deputies) >= 6
    assert max(Counter(row.phone.e164 for row in team).values()) == 2


def test_the_demo_network_has_crowds_a_single_voice_and_a_white_spot() -> None:
    rows = [row for row in people().rows if row.kind is PersonKind.KEY_FIGURE]
    assert len(rows) == 40
    assert {"nl", "tr", "ar"} <= {row.language for row in rows}
    assert sum(row.asks for row in rows) == 34
    names = {district.name for district in DISTRICTS}
    counts = Counter(row.neighbourhood for row in rows)
    assert counts.keys() <= names
    assert list(counts.values()).count(1) == 1
    assert len(names - counts.keys()) == 1
    assert sum(count >= 3 for count in counts.values()) >= 5
    assert all(row.circle and row.agreed_on for row in rows)


def test_the_other_demo_people_are_there() -> None:
    counts = Counter(row.kind for row in people().rows)
    assert counts[PersonKind.CONTACT_PERSON] == 4
    assert counts[PersonKind.PROFESSIONAL] == 6
    assert counts[PersonKind.OFFICIAL] == 2
    places = {row.neighbourhood for row in people().rows if row.neighbourhood}
    assert places <= {district.name for district in DISTRICTS}


def test_demo_numbers_belong_to_no_one_and_to_one_person_each() -> None:
    rows = people().rows
    assert all(row.phone.e164.startswith("+319701024") for row in rows)
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row.phone.e164, set()).add(row.name)
    assert all(len(holders) == 1 for holders in names.values())
    assert len(names) == 12 + 40 + 4 + 6 + 2


def test_the_demo_municipality_can_be_called() -> None:
    municipality = json.loads((DEMO / "municipality.json").read_text())
    assert municipality.keys() == {"slug", "name", "crisis_phone"}
    crisis = read_any_phone(municipality["crisis_phone"]).e164
    assert crisis == municipality["crisis_phone"]
    assert crisis not in {row.phone.e164 for row in people().rows}
