from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.receipts import (
    NEGATIVE,
    POSITIVE,
    RANK,
    CarrierStatus,
    InboundText,
    Standing,
    StatusReceipt,
    after_receipt,
    moves_forward,
)

STATUSES = st.one_of(
    st.sampled_from([*CarrierStatus, "", "shipped", "received", "Delivered"]), st.text(max_size=12)
)
RECEIPTS = st.lists(
    st.tuples(STATUSES, st.one_of(st.none(), st.integers(30000, 30010))), max_size=8
)


def take_in(receipts) -> Standing:
    standing = Standing()
    for status, code in receipts:
        standing = after_receipt(standing, status=status, error_code=code)
    return standing


def test_each_status_has_a_rank_and_positive_beats_negative():
    assert set(RANK) == set(CarrierStatus)
    assert min(RANK[status] for status in POSITIVE) > max(RANK[status] for status in NEGATIVE)


@pytest.mark.parametrize(
    ("old", "new", "moves"),
    [
        ("", "accepted", True),
        ("", "delivered", True),
        ("queued", "sent", True),
        ("sent", "delivered", True),
        ("undelivered", "delivered", True),
        ("delivered", "read", True),
        ("delivered", "sent", False),
        ("delivered", "undelivered", False),
        ("failed", "undelivered", False),
        ("sent", "sent", False),
        ("sent", "shipped", False),
        ("", "shipped", False),
        ("", "received", False),
        ("shipped", "sent", True),
    ],
)
def test_receipts_only_move_forward(old, new, moves):
    assert moves_forward(old, new) is moves


@pytest.mark.parametrize("order", list(permutations(["delivered", "sent", "queued"])))
def test_receipts_out_of_order_end_at_the_furthest(order):
    assert take_in([(status, None) for status in order]) == Standing("delivered")


def test_a_failure_that_is_overtaken_keeps_its_code_and_is_flagged():
    standing = take_in([("undelivered", 30003), ("delivered", None)])

    assert standing == Standing("delivered", 30003, is_contradicted=True)


def test_a_late_failure_does_not_undo_a_delivery_but_is_flagged():
    standing = take_in([("delivered", None), ("undelivered", 30003)])

    assert standing == Standing("delivered", 30003, is_contradicted=True)


def test_the_first_error_code_is_kept():
    assert take_in([("failed", 30007), ("failed", None)]) == Standing("failed", 30007)
    assert take_in([("failed", 30007), ("failed", 30008)]) == Standing("failed", 30007)


@given(RECEIPTS)
def test_no_receipt_ever_moves_a_message_back(receipts):
    standing = Standing()
    for status, code in receipts:
        moved = after_receipt(standing, status=status, error_code=code)
        assert RANK.get(moved.status, 0) >= RANK.get(standing.status, 0)
        assert moved.status == standing.status or moved.status in RANK
        standing = moved


@given(RECEIPTS)
def test_the_same_receipts_again_change_nothing(receipts):
    once = take_in(receipts)

    assert take_in([*receipts, *receipts]).status == once.status


@given(RECEIPTS, st.randoms(use_true_random=False))
def test_the_rank_does_not_depend_on_the_order(receipts, chance):
    shuffled = list(receipts)
    chance.shuffle(shuffled)

    there, here = take_in(receipts), take_in(shuffled)

    assert RANK.get(there.status, 0) == RANK.get(here.status, 0)


@pytest.mark.parametrize(
    ("made", "stored"),
    [
        (StatusReceipt("SM1", None, "sent", None), b'"message_id":null'),
        (InboundText("SM1", "+3197010240001", "+3197010250001", "JA"), b'"media":0'),
    ],
)
def test_what_we_hear_survives_being_stored(made, stored):
    kept = msgspec.json.encode(made)

    assert stored in kept
    assert msgspec.json.decode(kept, type=type(made)) == made
