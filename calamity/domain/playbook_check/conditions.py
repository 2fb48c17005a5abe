"""Rules for conditions: they can be read, and compare what can be compared."""

from collections.abc import Mapping

from calamity.domain.playbook import Decision, Step
from calamity.domain.playbook.formula import (
    NUMBERS,
    PHASE,
    FormulaFault,
    Is,
    leaves,
    read_formula,
)
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Path, shown
from calamity.domain.playbook_check.names import tell_unknown

_RANGES: Mapping[str, tuple[int, int]] = {"level": (0, 3), "grip": (0, 5), "threat": (1, 5)}
_EQUAL = ("=", "!=")
_ANSWERS = ("yes", "no", "unknown")
_OUTCOMES = ("done", "skipped")
_NAMED = ("question or name", "vraag of naam")
_SHOWN_CHARS = 12


def names_in(formula: str | None) -> set[str]:
    """Return the names in a condition; none when it cannot be read."""
    try:
        return {leaf.name for leaf in leaves(read_formula(formula))} if formula else set()
    except FormulaFault:
        return set()


def check_conditions(draft: Draft) -> None:
    """Report conditions that cannot be read, or can never be told."""
    playbook = draft.playbook
    if playbook.levels and not playbook.questions and not draft.findings.is_broken(("questions",)):
        draft.findings.add("levels-without-questions", ("levels",))
    for index, rule in enumerate(playbook.levels):
        # A level is proposed before there are steps, a phase or a level.
        _check(draft, rule.when, ("levels", index, "when"), in_plan=False)
    for index, step in enumerate(playbook.steps):
        if step.when is not None:
            _check(draft, step.when, ("steps", index, "when"), in_plan=True)


def check_readable(draft: Draft) -> None:
    """Report the conditions that cannot be read, whatever their names mean."""
    for index, rule in enumerate(draft.playbook.levels):
        _leaves(draft, rule.when, ("levels", index, "when"))
    for index, step in enumerate(draft.playbook.steps):
        if step.when is not None:
            _leaves(draft, step.when, ("steps", index, "when"))


def _leaves(draft: Draft, formula: str, path: Path) -> list[Is]:
    if draft.findings.is_broken(path) or not formula:
        return []
    try:
        return list(leaves(read_formula(formula)))
    except FormulaFault as fault:
        rest = shown(formula[fault.at :].strip()[:_SHOWN_CHARS])
        draft.findings.add(
            "formula",
            path,
            place=fault.at + 1,
            rest=(rest or "the end", rest or "het eind"),
        )
        return []


def _check(draft: Draft, formula: str, path: Path, *, in_plan: bool) -> None:
    playbook = draft.playbook
    questions = {question.code for question in playbook.questions}
    steps = {step.code: step for step in playbook.steps} if in_plan else {}
    numbers = set(NUMBERS) if in_plan else set(NUMBERS) - {"level"}
    known = [*questions, *sorted(numbers), *([PHASE] if in_plan else []), *steps]
    for leaf in _leaves(draft, formula, path):
        if leaf.name not in known:
            if not draft.findings.is_broken(("questions",)):
                tell_unknown(draft.findings, _NAMED, leaf.name, known, path)
            continue
        how = _how(draft, leaf, steps, questions)
        if how is not None:
            comparison = f"{leaf.name} {leaf.operator} {leaf.value}"
            draft.findings.add("cannot-compare", path, comparison=comparison, how=how)


def _how(draft: Draft, leaf: Is, steps: Mapping[str, Step], questions: set[str]) -> str | None:
    """Return how to compare this name, or None when it is compared well."""
    if leaf.name in NUMBERS:
        low, high = _RANGES[leaf.name]
        is_well = leaf.value.isdecimal() and low <= int(leaf.value) <= high
        return None if is_well else f"{leaf.name} >= {low} ({low}-{high})"
    if leaf.name == PHASE:
        phases = [phase.code for phase in draft.playbook.phases]
        return None if leaf.value in phases else f"{PHASE} = {' | '.join(phases)}"
    values = _ANSWERS if leaf.name in questions else (*_OUTCOMES, *_options(steps[leaf.name]))
    if leaf.operator in _EQUAL and leaf.value in values:
        return None
    return f"{leaf.name} = {' | '.join(values)}"


def _options(step: Step) -> list[str]:
    count = len(step.act.options) if isinstance(step.act, Decision) else 0
    return [str(number) for number in range(1, count + 1)]
