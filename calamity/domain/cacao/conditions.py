"""Conditions, ours and CACAO's: a formula of the playbook is a comparison of CACAO variables."""

import re
from typing import Final

from calamity.domain.playbook.formula import (
    NUMBERS,
    PHASE,
    All,
    AnyOf,
    Condition,
    FormulaFault,
    Is,
    Not,
    leaves,
    read_formula,
)

_OURS: Final = (*NUMBERS, PHASE)
_WORDS: Final = {"AND": "and", "OR": "or", "NOT": "not"}
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<word>AND|OR|NOT)\b|__(?P<name>[A-Za-z_][A-Za-z0-9_-]*?)__:value"
    r"|(?P<operator><=|>=|!=|[=<>()])|'(?P<quoted>[A-Za-z0-9_-]+)'|(?P<number>[0-9]+))"
)


def variables_in(formula: str) -> set[str]:
    """Return the names of the variables that a condition compares, without their underscores."""
    return {_variable(leaf.name) for leaf in leaves(read_formula(formula))}


def as_pattern(formula: str) -> str:
    """Write a formula of ours as a comparison of variables."""
    return _written(read_formula(formula))


def _variable(name: str) -> str:
    return name if name in _OURS else f"answer_{name}"


def _written(condition: Condition) -> str:
    match condition:
        case Is(name=name, operator=operator, value=value):
            quoted = value if name in NUMBERS else f"'{value}'"
            return f"__{_variable(name)}__:value {operator} {quoted}"
        case Not(of=inner):
            return f"NOT ({_written(inner)})"
        case All(of=parts):
            return " AND ".join(_bracketed(part) for part in parts)
        case AnyOf(of=parts):
            return " OR ".join(_bracketed(part) for part in parts)


def _bracketed(condition: Condition) -> str:
    written = _written(condition)
    return written if isinstance(condition, Is | Not) else f"({written})"


def as_formula(pattern: str) -> str | None:
    """Return the formula of ours that a comparison stands for; None when it says something else."""
    at, words = 0, []
    pattern = pattern.strip().removeprefix("[").removesuffix("]")
    while at < len(pattern.rstrip()):
        found = _TOKEN.match(pattern, at)
        if found is None:
            return None
        at = found.end()
        words.append(_word(found))
    formula = " ".join(words).replace("( ", "(").replace(" )", ")")
    try:
        condition = read_formula(formula)
    except FormulaFault:
        return None
    return formula if all(_is_ours(leaf) for leaf in leaves(condition)) else None


def _word(found: "re.Match[str]") -> str:
    if found["word"]:
        return _WORDS[found["word"]]
    if found["name"]:
        return found["name"].removeprefix("answer_")
    return found["operator"] or found["quoted"] or found["number"]


def _is_ours(leaf: Is) -> bool:
    return leaf.name not in NUMBERS or leaf.value.isdigit()


def variables_used(pattern: str) -> set[str]:
    """Return the variables that a condition or a command names, with their underscores."""
    return set(re.findall(r"(__[A-Za-z_][A-Za-z0-9_-]{0,199}?__):value", pattern))
