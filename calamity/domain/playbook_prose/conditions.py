"""Conditions in words."""

from calamity.domain.playbook import Decision, Playbook
from calamity.domain.playbook.formula import (
    NUMBERS,
    PHASE,
    All,
    AnyOf,
    Condition,
    FormulaFault,
    Is,
    Not,
    read_formula,
)
from calamity.domain.playbook_prose.names import choice, phase_name, step_name
from calamity.domain.playbook_prose.said import Said, quoted, said_of

_NUMBERS = {
    "level": Said("het sociale niveau", "the social level"),
    "grip": Said("GRIP", "GRIP"),
    "threat": Said("het dreigingsniveau", "the threat level"),
}
_COMPARED = {
    "=": Said("{name} is {value}", "{name} is {value}"),
    "!=": Said("{name} is niet {value}", "{name} is not {value}"),
    "<": Said("{name} is lager dan {value}", "{name} is below {value}"),
    "<=": Said("{name} is {value} of lager", "{name} is {value} or lower"),
    ">": Said("{name} is hoger dan {value}", "{name} is above {value}"),
    ">=": Said("{name} is {value} of hoger", "{name} is {value} or higher"),
}
_IN_PHASE = {
    "=": Said("de fase is {value}", "the phase is {value}"),
    "!=": Said("de fase is niet {value}", "the phase is not {value}"),
    "<": Said("de fase {value} is nog niet begonnen", "the phase {value} has not begun"),
    "<=": Said("de fase {value} is nog niet voorbij", "the phase {value} is not over"),
    ">": Said("de fase {value} is voorbij", "the phase {value} is over"),
    ">=": Said("de fase is {value} of later", "the phase is {value} or later"),
}


def condition(formula: str, playbook: Playbook) -> Said:
    """Say when a formula holds; one that cannot be read is shown as it stands."""
    try:
        return _said(read_formula(formula), playbook)
    except FormulaFault:
        return said_of(formula)


def _said(part: Condition, playbook: Playbook) -> Said:
    match part:
        case Is():
            return _leaf(part, playbook)
        case Not(of=inner):
            return Said("niet: ({inner})", "not: ({inner})").filled(inner=_said(inner, playbook))
        case All(of=parts):
            return _together(parts, playbook, " en ", " and ")
        case AnyOf(of=parts):
            return _together(parts, playbook, " of ", " or ")


def _together(parts: tuple[Condition, ...], playbook: Playbook, nl: str, en: str) -> Said:
    said = [
        _said(part, playbook) if isinstance(part, Is | Not) else _bracketed(_said(part, playbook))
        for part in parts
    ]
    return Said(nl.join(each.nl for each in said), en.join(each.en for each in said))


def _bracketed(said: Said) -> Said:
    return Said(f"({said.nl})", f"({said.en})")


def _leaf(leaf: Is, playbook: Playbook) -> Said:
    if leaf.name in NUMBERS:
        return _COMPARED[leaf.operator].filled(name=_NUMBERS[leaf.name], value=said_of(leaf.value))
    if leaf.name == PHASE:
        return _IN_PHASE[leaf.operator].filled(value=phase_name(playbook, leaf.value))
    for question in playbook.questions:
        if question.code == leaf.name:
            name = Said("het antwoord op {text}", "the answer to {text}").filled(
                text=quoted(said_of(question.text))
            )
            return _COMPARED[leaf.operator].filled(name=name, value=choice(leaf.value))
    return _outcome(leaf, playbook)


def _outcome(leaf: Is, playbook: Playbook) -> Said:
    name = step_name(playbook, leaf.name)
    known = {
        "done": Said("gedaan", "done"),
        "skipped": Said("overgeslagen", "skipped"),
    }.get(leaf.value)
    if known is not None:
        return _COMPARED[leaf.operator].filled(name=name, value=known)
    form = (
        Said("bij {name} is gekozen: {value}", "in {name} this was chosen: {value}")
        if leaf.operator == "="
        else Said("bij {name} is niet gekozen: {value}", "in {name} this was not chosen: {value}")
    )
    return form.filled(name=name, value=_option(leaf, playbook))


def _option(leaf: Is, playbook: Playbook) -> Said:
    for step in playbook.steps:
        if step.code == leaf.name and isinstance(step.act, Decision) and leaf.value.isdigit():
            number = int(leaf.value)
            if 0 < number <= len(step.act.options):
                return quoted(said_of(step.act.options[number - 1]))
    return said_of(leaf.value)
