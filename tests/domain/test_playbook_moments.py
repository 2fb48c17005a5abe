"""Moments: what they mean by the clock and by the calendar, and when a plan expects them."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from playbook_samples import FILENAME, RICH, SMALL

from calamity.domain.playbook import Expected, Moment, expected
from calamity.domain.playbook.expected import at_each_hour
from calamity.domain.playbook.moments import day_begins, read_moment
from calamity.domain.playbook_check import check, read

HERE = ZoneInfo("Europe/Amsterdam")
MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)
CLOCKS = st.times().map(lambda clock: f"{clock:%H:%M}")


def after(text: str, base: datetime) -> datetime:
    return read_moment(text).after(base, HERE)


@given(base=MOMENTS, number=st.integers(0, 9999), unit=st.sampled_from("mh"))
def test_minutes_and_hours_pass_whatever_the_clock_does(base, number, unit):
    length = timedelta(**{{"m": "minutes", "h": "hours"}[unit]: number})

    assert after(f"T+{number}{unit}", base) - base == length


@given(base=MOMENTS, days=st.integers(0, 800))
def test_days_keep_the_time_of_the_clock(base, days):
    local = base.astimezone(HERE)

    found = after(f"T + {days}d", base)

    assert found.date() == local.date() + timedelta(days=days)
    assert found.time() == local.time()


@given(base=MOMENTS, years=st.integers(0, 60))
def test_a_year_later_is_the_same_day_of_the_calendar(base, years):
    local = base.astimezone(HERE)

    found = after(f"T + {years}y", base)

    assert (found.year, found.month) == (local.year + years, local.month)
    assert found.day == local.day or (local.month, local.day, found.day) == (2, 29, 28)
    assert found.time() == local.time()


@given(base=MOMENTS, clock=CLOCKS)
def test_a_time_of_day_is_the_first_at_or_after(base, clock):
    found = after(f"T @ {clock}", base)
    before = found - timedelta(days=1)

    assert f"{found:%H:%M}" == clock
    assert found.astimezone(UTC) >= base or found.replace(fold=1).astimezone(UTC) >= base
    assert before.replace(tzinfo=None) < base.astimezone(HERE).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "base", "found"),
    [
        # The clock goes from 2:00 to 3:00 on 29 March 2026, and from 3:00 to 2:00 on 25 October.
        ("T+1d", "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00"),
        ("T+24h", "2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),
        ("T + 1d", "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00"),
        ("T+24h", "2026-10-24T12:00+02:00", "2026-10-25T11:00+01:00"),
        ("T @ 17:00", "2026-03-28T17:00+01:00", "2026-03-28T17:00+01:00"),
        ("T @ 17:00", "2026-03-28T17:01+01:00", "2026-03-29T17:00+02:00"),
        ("T + 1y", "2028-02-29T10:00+01:00", "2029-02-28T10:00+01:00"),
        ("T + 4y", "2028-02-29T10:00+01:00", "2032-02-29T10:00+01:00"),
        ("T + 1y - 30d @ 10:00", "2026-03-18T21:00+01:00", "2027-02-17T10:00+01:00"),
        ("T + 2w", "2026-03-18T21:00+01:00", "2026-04-01T21:00+02:00"),
    ],
)
def test_a_moment_over_a_change_of_the_clock_or_a_leap_day(text, base, found):
    assert after(text, datetime.fromisoformat(base)) == datetime.fromisoformat(found)


def test_a_date_begins_with_its_day():
    assert read_moment("2027-03-28").date == date(2027, 3, 28)
    assert day_begins(date(2027, 3, 28), HERE).isoformat() == "2027-03-28T00:00:00+01:00"


@given(
    written=st.text(max_size=20) | st.from_regex(r"\A(T|[a-z]{1,3}|[0-9-]{10})([ +@:0-9mhdwy-]*)")
)
def test_a_moment_is_read_just_when_the_language_takes_it(written):
    try:
        msgspec.convert(written, Moment)
        is_taken = "\n" not in written
    except msgspec.ValidationError:
        is_taken = False
    try:
        when = read_moment(written)
    except ValueError:
        assert not is_taken or re.match(r"[0-9]{4}-", written)
        return
    assert is_taken
    assert when.follows == "" or written.startswith(when.follows)


# --- What a plan expects


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("T", 0),
        ("T+90m", 1.5),
        ("later", 24),
        ("later + 2h", 26),
        ("S2", 1),
        ("S4 + 1d", 52),
        ("T @ 17:00", 5),
        ("S2 @ 12:30", 23.5 + 1),
    ],
)
def test_a_moment_is_expected_after_what_it_follows(text, hours):
    assert expected(text, read(SMALL, FILENAME)) == hours * 3600


@pytest.mark.parametrize("text", ["nobody + 1h", "2027-03-18", "", "2027-02-31", "T + 9999y"])
def test_what_cannot_be_told_is_not_expected(text):
    assert expected(text, read(SMALL, FILENAME)) is None


def test_with_t0_known_a_date_is_expected_too():
    begins = datetime(2027, 3, 17, 23, tzinfo=UTC)
    known = Expected(read(SMALL, FILENAME), begins, HERE)

    assert known.seconds("2027-03-18 @ 10:00") == 10 * 3600
    assert known.between("T", "2027-03-18") == 0


def test_a_supposed_t0_tells_nothing_of_a_date():
    for plan in at_each_hour(read(SMALL, FILENAME)):
        assert plan.seconds("2027-03-18") is None
        assert plan.between("T", "2027-03-18") is None


def test_two_dates_are_compared_without_t0():
    plan = Expected(read(SMALL, FILENAME))

    assert plan.between("2027-03-18", "2027-03-19 @ 10:00") == 34 * 3600
    assert plan.between("T", "2027-03-19") is None


@given(data=st.data())
def test_steps_in_a_circle_are_found_and_no_others(data):
    """Against the plain way: take away what follows nothing that is left, until nothing changes."""
    codes = [f"Z{number}" for number in range(6)]
    follows = {code: data.draw(st.sampled_from([*codes, "T"])) for code in codes}
    whole = read(SMALL, FILENAME)
    steps = [
        replace(whole.steps[1], code=code, start="T+0m", due=f"{base} + 1h", act=None)
        for code, base in follows.items()
    ]
    left = dict(follows)
    while free := [code for code, base in left.items() if base not in left]:
        for code in free:
            del left[code]
    source = msgspec.json.encode(replace(whole, steps=[*whole.steps, *steps]))

    found = [fault for fault in check(source, FILENAME) if fault.rule == "cyclic-steps"]

    assert bool(found) is bool(left)
    for fault in found:
        ring = fault.message.partition(": ")[2].rstrip(".").split(" > ")
        assert ring[0] == ring[-1]
        assert all(follows[one] == other for one, other in itertools.pairwise(ring))


def test_the_whole_language_survives_its_canonical_bytes():
    playbook = read(RICH, FILENAME)

    assert read(msgspec.json.encode(playbook), FILENAME) == playbook
