"""A condition in the words of a person, Dutch or English."""

from collections.abc import Mapping

from calamity.domain.playbook import Decision, Playbook
from calamity.domain.playbook.formula import (
    NUMBERS,
    PHASE,
    All,
    AnyOf,
    Condition,
    Is,
    Not,
    read_formula,
)
from calamity.domain.proposal import Proposal

_COMPARED: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "=": "{what} {value}", "!=": "niet {what} {value}", "<": "{what} lager dan {value}",
        "<=": "{what} {value} of lager", ">": "{what} hoger dan {value}",
        ">=": "{what} {value} of hoger",
    },
    "en": {
        "=": "{what} {value}", "!=": "not {what} {value}", "<": "{what} lower than {value}",
        "<=": "{what} {value} or lower", ">": "{what} higher than {value}",
        ">=": "{what} {value} or higher",
    },
}  # fmt: skip
_IN_PHASE: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "=": "in de fase {value}", "!=": "niet in de fase {value}",
        "<": "vóór de fase {value}", "<=": "tot en met de fase {value}",
        ">": "na de fase {value}", ">=": "vanaf de fase {value}",
    },
    "en": {
        "=": "in the phase {value}", "!=": "not in the phase {value}",
        "<": "before the phase {value}", "<=": "until the phase {value} is over",
        ">": "after the phase {value}", ">=": "from the phase {value} on",
    },
}  # fmt: skip
_WORDS: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "level": "sociaal niveau", "grip": "GRIP", "threat": "dreigingsniveau", "and": "en",
        "or": "of", "not": "niet", "yes": "ja", "no": "nee", "unknown": "onbekend",
        "done": "“{title}” is gedaan", "skipped": "“{title}” is overgeslagen",
        "chosen": "bij “{title}” is gekozen: {option}",
        "rule": "Het draaiboek stelt niveau {level} voor, want: {why}.",
        "none": "Het draaiboek stelt niveau 0 voor: geen van de regels geldt.",
    },
    "en": {
        "level": "social level", "grip": "GRIP", "threat": "threat level", "and": "and",
        "or": "or", "not": "not", "yes": "yes", "no": "no", "unknown": "unknown",
        "done": "“{title}” is done", "skipped": "“{title}” was skipped",
        "chosen": "at “{title}” was chosen: {option}",
        "rule": "The playbook proposes level {level}, because: {why}.",
        "none": "The playbook proposes level 0: none of the rules holds.",
    },
}  # fmt: skip


def formula_in_words(formula: str, playbook: Playbook, language: str) -> str:
    """Say a condition as a person would: questions by their text, steps by their title."""
    return _Writer(playbook, "en" if language == "en" else "nl").write(read_formula(formula))


def proposal_in_words(proposal: Proposal, playbook: Playbook, language: str) -> str:
    """Say which level is proposed, and why."""
    words = _WORDS["en" if language == "en" else "nl"]
    if proposal.rule is None:
        return words["none"]
    why = formula_in_words(proposal.rule.when, playbook, language)
    return words["rule"].format(level=proposal.level, why=why)


class _Writer:
    """Writes conditions about one playbook in one language."""

    def __init__(self, playbook: Playbook, language: str) -> None:
        self._playbook = playbook
        self._language = language
        self._words = _WORDS[language]

    def write(self, condition: Condition, *, inside: bool = False) -> str:
        """Write a condition, in brackets where it stands inside another that needs them."""
        match condition:
            case Is():
                return self._leaf(condition)
            case Not(of=inner):
                return f"{self._words['not']} ({self.write(inner)})"
            case All(of=parts):
                joined = f" {self._words['and']} ".join(self.write(p, inside=True) for p in parts)
            case AnyOf(of=parts):
                joined = f" {self._words['or']} ".join(self.write(p, inside=True) for p in parts)
        return f"({joined})" if inside else joined

    def _leaf(self, leaf: Is) -> str:
        if leaf.name in NUMBERS:
            what = self._words[leaf.name]
            return _COMPARED[self._language][leaf.operator].format(what=what, value=leaf.value)
        if leaf.name == PHASE:
            title = self._title_of_phase(leaf.value)
            return _IN_PHASE[self._language][leaf.operator].format(value=title)
        said = self._answered(leaf) or self._ended(leaf)
        return said if leaf.operator == "=" else f"{self._words['not']} {said}"

    def _answered(self, leaf: Is) -> str | None:
        for question in self._playbook.questions:
            if question.code == leaf.name:
                text = question.text.in_language(self._language)
                return f"“{text}” {self._words.get(leaf.value, leaf.value)}"
        return None

    def _ended(self, leaf: Is) -> str:
        step = next((each for each in self._playbook.steps if each.code == leaf.name), None)
        if step is None:
            return f"{leaf.name} {leaf.operator} {leaf.value}"
        title = step.title.in_language(self._language)
        if leaf.value in ("done", "skipped"):
            return self._words[leaf.value].format(title=title)
        option = leaf.value
        if isinstance(step.act, Decision) and option.isdigit():
            chosen = step.act.options[int(option) - 1 : int(option)]
            option = chosen[0].in_language(self._language) if chosen else option
        return self._words["chosen"].format(title=title, option=option)

    def _title_of_phase(self, code: str) -> str:
        for phase in self._playbook.phases:
            if phase.code == code:
                return phase.title.in_language(self._language)
        return code
