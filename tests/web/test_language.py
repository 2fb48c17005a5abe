"""Times, numbers and the choice of a language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.web.language import Language, choose

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT = datetime(2026, 11, 21, 20, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def dutch() -> Language:
    return Language("nl", AMSTERDAM)


@pytest.fixture(scope="module")
def english() -> Language:
    return Language("en", AMSTERDAM)


def test_times_are_absolute_and_local(dutch: Language, english: Language) -> None:
    assert dutch.moment(AT) == "za 21 nov 21.04 uur"
    assert english.moment(AT) == "Sat 21 Nov 21:04"
    assert dutch.clock(AT + timedelta(hours=3)) == "00.04 uur"
    assert dutch.day(AT + timedelta(hours=3)) == "zo 22 nov"


def test_numbers_money_and_lengths_are_written_as_people_do(
    dutch: Language, english: Language
) -> None:
    assert dutch.number(12345) == "12.345"
    assert english.number(12345) == "12,345"
    assert dutch.money(7.7).replace("\xa0", " ") == "€ 7,70"
    assert dutch.duration(1) == "1 seconde"
    assert dutch.duration(61) == "1 minuut"
    assert dutch.duration(timedelta(hours=2, minutes=5)) == "2 uur 5 minuten"
    assert english.duration(86400 * 3) == "3 days"


@pytest.mark.parametrize(
    ("preferred", "cookie", "accepted", "chosen"),
    [
        ("en", "nl", "nl", "en"),
        (None, "en", "nl", "en"),
        (None, "xx", "en-GB,en;q=0.9", "en"),
        (None, None, "de, nl;q=0.3, en;q=0.8", "en"),
        (None, None, "nl-BE,fr;q=0.5", "nl"),
        (None, None, "fr", "nl"),
        (None, None, "en;q=0", "nl"),
        (None, None, None, "nl"),
    ],
)
def test_the_wish_that_is_nearest_to_the_person_wins(
    preferred: str | None, cookie: str | None, accepted: str | None, chosen: str
) -> None:
    assert choose(preferred=preferred, cookie=cookie, accepted=accepted) == chosen


@given(st.text())
def test_any_header_leads_to_a_language(header: str) -> None:
    assert choose(preferred=None, cookie=None, accepted=header) in ("nl", "en")
