"""What the map of a report tells: nothing that the published picture does not, whoever answered."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from calamity.domain.picture import OFFICIALS, Answer, Place, coarser, team_picture
from calamity.store.municipalities import Neighbourhood
from calamity.store.rounds import PublishedPicture
from calamity.web.language import Language
from calamity.web.report_geojson import as_geojson
from tests.web.samples import OUTLINES

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAY = Language("nl", ZoneInfo("Europe/Amsterdam"))
CODES = tuple(OUTLINES)[:4]
PLACES = [Place(code, code, tuple(other for other in CODES if other != code)) for code in CODES]
GROUND = [
    Neighbourhood(
        id=code,
        code=code,
        name=code,
        inhabitants=100,
        geometry=Raw(json.dumps(OUTLINES[code]).encode()),
        neighbours=[other for other in CODES if other != code],
    )
    for code in CODES
]
ANSWERS = st.lists(st.tuples(st.sampled_from(CODES), st.integers(0, 5)), max_size=24)


def mapped(answers: list[tuple[str, int]], asked: dict[str, int]) -> dict:
    team = team_picture(PLACES, [Answer(*each) for each in answers], asked)
    officials = coarser(team, PLACES)
    published = PublishedPicture("r", 1, "officials", officials, AT)
    return json.loads(as_geojson(published, GROUND, SAY))


@settings(max_examples=60)
@given(answers=ANSWERS, asked=st.dictionaries(st.sampled_from(CODES), st.integers(1, 30)))
def test_no_shape_tells_of_fewer_than_five_and_suppressed_ones_tell_nothing(answers, asked) -> None:
    found = mapped(answers, asked)
    shown = [code for each in found["features"] for code in each["properties"]["codes"]]
    assert sorted(shown) == sorted(CODES)
    for each in found["features"]:
        said = each["properties"]
        if "mood" in said:
            voices = sum(1 for place, mood in answers if place in said["codes"] and mood)
            assert voices >= said["people_at_least"] >= OFFICIALS
            assert set(said) == {
                "codes", "names", "status", "mood", "word", "spread", "people_at_least",
            }  # fmt: skip
        else:
            assert set(said) == {"codes", "names", "status"}


def test_people_in_one_suppressed_shape_may_answer_anything_and_the_map_stays_the_same() -> None:
    asked = dict.fromkeys(CODES, 5)
    calm = [(CODES[0], 1), (CODES[1], 1), (CODES[1], 1)]
    afraid = [(CODES[0], 5), (CODES[1], 4), (CODES[1], 5)]
    assert mapped(calm, asked) == mapped(afraid, asked)
    assert all("mood" not in each["properties"] for each in mapped(calm, asked)["features"])


def test_the_finer_picture_of_the_team_never_becomes_a_map() -> None:
    team = team_picture(PLACES, [Answer(CODES[0], 3)] * 3, {})
    with pytest.raises(ValueError, match="at least five"):
        as_geojson(PublishedPicture("r", 1, "team", team, AT), GROUND, SAY)
