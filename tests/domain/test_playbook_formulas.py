"""Conditions: three-valued logic, against all that could still become known."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.playbook.formula import (
    Facts,
    FormulaFault,
    Is,
    holds,
    leaves,
    read_formula,
)

NAMES = ("a", "b", "c")
TREES = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=8,
)
TRUTH = st.sampled_from([True, False, None])


def written(tree) -> str:
    if isinstance(tree, str):
        return tree
    if len(tree) == 2:
        return f"not ({written(tree[1])})"
    return f"({written(tree[0])}) {tree[1]} ({written(tree[2])})"


def bare(tree) -> str:
    """Write a tree without brackets: another formula, that Python reads by the same rules."""
    return tree if isinstance(tree, str) else " ".join(map(bare, tree))


@given(tree=TREES, known=st.dictionaries(st.sampled_from(NAMES), st.booleans()))
def test_what_holds_now_holds_whatever_becomes_known(tree, known):
    condition = read_formula(written(tree))
    now = holds(condition, Facts(known))

    for rest in itertools.product([True, False], repeat=len(NAMES)):
        later = holds(condition, Facts(dict(zip(NAMES, rest, strict=True)) | known))
        assert later is not None
        assert now in (None, later)


@given(tree=TREES, answers=st.fixed_dictionaries(dict.fromkeys(NAMES, TRUTH)))
def test_unknown_is_neither_true_nor_false(tree, answers):
    """Against the tables of Kleene: and is the least, or the most, of no < unknown < yes."""

    def value(part) -> float:
        if isinstance(part, str):
            return {True: 1.0, False: 0.0, None: 0.5}[answers[part]]
        if len(part) == 2:
            return 1 - value(part[1])
        both = (value(part[0]), value(part[2]))
        return min(both) if part[1] == "and" else max(both)

    told = holds(read_formula(written(tree)), Facts(answers))

    assert told is {1.0: True, 0.0: False, 0.5: None}[value(tree)]


@given(tree=TREES, answers=st.fixed_dictionaries(dict.fromkeys(NAMES, st.booleans())))
def test_without_brackets_not_goes_before_and_before_or(tree, answers):
    formula = bare(tree)

    assert holds(read_formula(formula), Facts(answers)) is eval(formula, {}, dict(answers))  # noqa: S307 - made here


@pytest.mark.parametrize(
    ("formula", "held"),
    [
        ("level >= 2", True),
        ("level < 2", False),
        ("grip = 1", None),
        ("phase = acute", False),
        ("phase >= acute and phase < end", True),
        ("phase != later", False),
        ("phase > nowhere", None),
        ("S1 = done", True),
        ("S1 != 2", False),
        ("S2 = skipped", True),
        ("S3 = done", None),
        ("S3 = done or level = 2", True),
        ("q", None),
        ("q = unknown", True),
        ("q != unknown", False),
        ("yes1 = no", False),
        ("not yes1", False),
    ],
)
def test_a_comparison(formula, held):
    facts = Facts(
        answers={"q": None, "yes1": True},
        numbers={"level": 2},
        phase="later",
        phases=("acute", "later", "end"),
        outcomes={"S1": frozenset({"done", "2"}), "S2": frozenset({"skipped"})},
    )

    assert holds(read_formula(formula), facts) is held


@pytest.mark.parametrize(
    ("formula", "at"),
    [
        ("", 0),
        ("a b", 1),
        ("a and", 5),
        ("and a", 0),
        ("a = ", 4),
        ("a = and", 4),
        ("(a", 2),
        ("a)", 1),
        ("a & b", 1),
        ("a == b", 3),
        ("2 = level", 0),
        ("(" * 30 + "a" + ")" * 30, 20),
        ("not " * 30 + "a", 80),
    ],
)
def test_a_formula_that_cannot_be_read_says_where(formula, at):
    with pytest.raises(FormulaFault) as caught:
        read_formula(formula)

    assert abs(caught.value.at - at) <= 1


@given(text=st.text(max_size=40) | st.text("ab ()=<>!andornot12", max_size=40))
def test_no_text_makes_the_reader_fail(text):
    try:
        condition, at = read_formula(text), 0
    except FormulaFault as fault:
        condition, at = Is("a"), fault.at
    assert 0 <= at <= len(text)
    assert all(isinstance(leaf, Is) for leaf in leaves(condition))
