"""The breaker of a route, by its rule and by whatever may happen to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.routes import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_FAULTS,
    WITHIN,
    Breaker,
    Heard,
    RouteState,
    after,
    answered,
    best_first,
    is_to_be_asked,
    may_be_tried,
    most_under_way,
    put_off,
    tried,
    way_round,
)

T0 = datetime(2026, 11, 22, 3, 12, tzinfo=UTC)
OPEN, TRYING, CLOSED = RouteState.OPEN, RouteState.TRYING, RouteState.CLOSED
NAMES = ["a", "b", "c"]
STATES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(RouteState))
STEPS = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.one_of(st.sampled_from(Heard), st.sampled_from(["ask", "answers", "try"])),
    ),
    max_size=60,
)


def faults(many: int, apart: timedelta, breaker: Breaker | None = None) -> Breaker:
    made = breaker or Breaker()
    for number in range(many):
        made = after(made, Heard.FAULT, T0 + number * apart)
    return made


def test_five_faults_within_a_minute_open_and_four_do_not():
    assert faults(4, timedelta(seconds=1)).state is CLOSED
    opened = faults(5, timedelta(seconds=14))
    assert (opened.state, opened.since) == (OPEN, T0 + timedelta(seconds=56))
    assert faults(50, timedelta(seconds=15)).state is CLOSED


def test_a_fault_of_our_own_opens_at_once_and_says_which():
    opened = after(Breaker(), Heard.OURS, T0, 20003)
    assert (opened.state, opened.code, opened.due_at) == (OPEN, 20003, T0 + FIRST_PAUSE)


def test_each_pause_is_twice_as_long_up_to_ten_minutes():
    breaker, pauses = after(Breaker(), Heard.OURS, T0), []
    for _ in range(7):
        assert breaker.due_at is not None
        at = breaker.due_at
        assert not is_to_be_asked(breaker, at - timedelta(seconds=1))
        assert is_to_be_asked(breaker, at)
        breaker = put_off(breaker, at)
        assert breaker.due_at is not None
        pauses.append((breaker.due_at - at).total_seconds())
    assert pauses == [60, 120, 240, 480, 600, 600, 600]


def test_a_text_that_is_taken_closes_a_tried_route_and_any_fault_opens_it_again():
    trying = answered(after(Breaker(), Heard.OURS, T0, 20003))
    assert trying.state is TRYING
    later = T0 + timedelta(minutes=1)
    assert after(trying, Heard.TAKEN, later) == Breaker(since=later)
    again = after(trying, Heard.FAULT, later)
    assert (again.state, again.since, again.pauses) == (OPEN, T0, 2)


def test_one_text_at_a_time_shows_whether_a_route_works():
    trying = answered(after(Breaker(), Heard.OURS, T0))
    assert may_be_tried(trying, T0)
    under_way = tried(trying, T0)
    assert not may_be_tried(under_way, T0 + timedelta(seconds=59))
    assert may_be_tried(under_way, T0 + timedelta(seconds=60)), "whoever tried it is gone"
    assert may_be_tried(after(under_way, Heard.ANSWERED, T0), T0), "a wrong number proves nothing"


@pytest.mark.parametrize("heard", list(Heard))
def test_what_was_under_way_when_a_route_opened_changes_nothing(heard):
    opened = after(Breaker(), Heard.OURS, T0)
    assert after(opened, heard, T0 + timedelta(seconds=3)) == opened


@given(STEPS)
def test_whatever_happens_a_route_is_asked_again_in_time_and_closes_by_a_text_only(steps):
    breaker, at = Breaker(), T0
    for seconds, step in steps:
        before, at = breaker, at + timedelta(seconds=seconds)
        match step:
            case Heard():
                breaker = after(breaker, step, at)
            case "ask" if is_to_be_asked(breaker, at):
                breaker = put_off(breaker, at)
            case "answers":
                breaker = answered(breaker)
            case "try" if may_be_tried(breaker, at):
                breaker = tried(breaker, at)
        if before.is_open and not breaker.is_open:
            assert (before.state, step) == (TRYING, Heard.TAKEN)
        if not before.is_open and breaker.is_open:
            assert breaker.state is OPEN
            assert step is Heard.OURS or len(before.faults) == MOST_FAULTS - 1
        if breaker.state is OPEN:
            assert breaker.due_at is not None
            assert breaker.due_at <= at + LONGEST_PAUSE
        assert len(breaker.faults) < MOST_FAULTS
        assert all(b - a < WITHIN for a, b in zip(breaker.faults, breaker.faults[1:], strict=False))


@given(STATES)
def test_texts_never_move_to_a_route_that_does_not_work_and_something_always_leaves(states):
    now = {name: states.get(name, CLOSED) for name in NAMES}
    for name in NAMES:
        other = way_round(name, NAMES, states)
        if other is not None:
            assert now[name] is OPEN
            assert now[other] is not OPEN
            assert other == best_first(NAMES, states)[0]
    assert any(most_under_way(name, NAMES, states) != 0 for name in NAMES)
    assert most_under_way(best_first(NAMES, states)[0], NAMES, states) is None
    if CLOSED not in now.values() and TRYING not in now.values():
        assert all(most_under_way(name, NAMES, states) is None for name in NAMES)


@given(st.sampled_from(RouteState))
def test_an_only_route_is_never_held_up(state):
    assert most_under_way("a", ["a"], {"a": state}) is None
    assert way_round("a", ["a"], {"a": state}) is None


@given(STATES)
def test_new_texts_take_the_first_route_that_works(states):
    order = best_first(NAMES, states)
    assert sorted(order) == NAMES
    closed = [name for name in NAMES if states.get(name, CLOSED) is CLOSED]
    assert order[: len(closed)] == closed
