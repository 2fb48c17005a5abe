"""Conditions that people can read: `(a and b) or (h and not f)`, `level >= 2 and phase = acute`.

A name is a question (yes, no or unknown), `level`, `grip`, `threat` or `phase`, or a step, whose
outcome is `done`, `skipped`, or for a decision the number of the option chosen. What is not known
yet makes a condition neither true nor false (None), unless the rest of it decides.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

Formula = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        description="A condition: names, =, !=, <, <=, >, >=, and, or, not, and brackets.",
        examples=["(a and b) or h", "level >= 2 and phase = acute", "S38 = 1"],
    ),
]
Operator = Literal["=", "!=", "<", "<=", ">", ">="]
NUMBERS = ("level", "grip", "threat")
PHASE = "phase"
_DEEPEST = 20
_TOKEN = re.compile(r"\s*(<=|>=|!=|[=<>()]|[A-Za-z][A-Za-z0-9_-]*|[0-9]+)")
_OPERATORS: Mapping[str, Operator] = {each: each for each in get_args(Operator)}
_WORDS = frozenset({"and", "or", "not"})


class FormulaFault(ValueError):
    """A formula that cannot be read; *at* is how many characters of it could."""

    def __init__(self, at: int) -> None:
        super().__init__("this is not a condition such as (a and b) or level >= 2")
        self.at = at


class Is(Struct, frozen=True):
    """A name that must be true (a question), or compare with a value."""

    name: str
    operator: Operator = "="
    value: str = "yes"


class Not(Struct, frozen=True):
    """The opposite."""

    of: "Condition"


class All(Struct, frozen=True):
    """Each of these."""

    of: tuple["Condition", ...]


class AnyOf(Struct, frozen=True):
    """At least one of these."""

    of: tuple["Condition", ...]


Condition = Is | Not | All | AnyOf


class Facts(Struct, frozen=True):
    """What is known when a condition is asked."""

    answers: Mapping[str, bool | None] = {}
    """By question; None for unknown."""
    numbers: Mapping[str, int] = {}
    """`level`, `grip` and `threat`."""
    phase: str = ""
    phases: Sequence[str] = ()
    """In their order."""
    outcomes: Mapping[str, frozenset[str]] = {}
    """By step that ended: `done` or `skipped`, and the number of the option."""


def read_formula(text: str) -> Condition:
    """Read a condition. Raises FormulaFault."""
    reader = _Reader(text)
    condition = reader.any_of()
    reader.end()
    return condition


def leaves(condition: Condition) -> Iterator[Is]:
    """Return every comparison in a condition."""
    match condition:
        case Is():
            yield condition
        case Not(of=inner):
            yield from leaves(inner)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from leaves(part)


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Tell whether a condition holds; None while that is not known."""
    match condition:
        case Is():
            return _compare(condition, facts)
        case Not(of=inner):
            held = holds(inner, facts)
            return None if held is None else not held
        case All(of=parts):
            return _all([holds(part, facts) for part in parts])
        case AnyOf(of=parts):
            held = _all([_opposite(holds(part, facts)) for part in parts])
            return _opposite(held)


def deciding(condition: Condition, facts: Facts) -> tuple[Is, ...]:
    """Return the fewest comparisons that decide whether a condition holds; none while unknown."""
    held = holds(condition, facts)
    match condition:
        case Is():
            return () if held is None else (condition,)
        case Not(of=inner):
            return deciding(inner, facts)
        case All(of=parts):
            needs_each = held is True
        case AnyOf(of=parts):
            needs_each = held is False
    found = [deciding(part, facts) for part in parts if holds(part, facts) is held]
    if held is None:
        return ()
    return tuple(leaf for part in found for leaf in part) if needs_each else min(found, key=len)


def _all(held: Sequence[bool | None]) -> bool | None:
    if False in held:
        return False
    return None if None in held else True


def _opposite(held: bool | None) -> bool | None:
    return None if held is None else not held


def _compare(leaf: Is, facts: Facts) -> bool | None:
    if leaf.name in NUMBERS:
        number = facts.numbers.get(leaf.name)
        return None if number is None else _ordered(number, leaf.operator, int(leaf.value))
    if leaf.name == PHASE:
        return _in_phase(leaf, facts)
    if leaf.name in facts.answers:
        return _answered(facts.answers[leaf.name], leaf)
    outcome = facts.outcomes.get(leaf.name)
    return None if outcome is None else (leaf.value in outcome) is (leaf.operator == "=")


def _in_phase(leaf: Is, facts: Facts) -> bool | None:
    order = {code: place for place, code in enumerate(facts.phases)}
    if facts.phase not in order or leaf.value not in order:
        return None
    return _ordered(order[facts.phase], leaf.operator, order[leaf.value])


def _answered(answer: bool | None, leaf: Is) -> bool | None:
    if leaf.value == "unknown":
        return (answer is None) is (leaf.operator == "=")
    if answer is None:
        return None
    return (answer is (leaf.value == "yes")) is (leaf.operator == "=")


def _ordered(left: int, operator: Operator, right: int) -> bool:
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        return found[1] if found else ""

    def _take(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise FormulaFault(self._at)
        self._at = found.end()
        return found[1]

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._text[self._at :].strip():
            raise FormulaFault(self._at)

    def any_of(self) -> Condition:
        """Read conditions joined by `or`."""
        parts = [self._all_of()]
        while self._peek() == "or":
            self._take()
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._peek() == "and":
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Condition:
        at, word = self._at, self._take()
        if word in ("not", "("):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise FormulaFault(at)
            inner = self._one() if word == "not" else self.any_of()
            if word == "(" and self._take() != ")":
                raise FormulaFault(self._at)
            self._depth -= 1
            return Not(inner) if word == "not" else inner
        if not word[0].isalpha() or word in _WORDS:
            raise FormulaFault(at)
        return self._compared(word)

    def _compared(self, name: str) -> Is:
        operator = _OPERATORS.get(self._peek())
        if operator is None:
            return Is(name)
        self._take()
        at, value = self._at, self._take()
        if not value[0].isalnum() or value in _WORDS:
            raise FormulaFault(at)
        return Is(name, operator, value)
