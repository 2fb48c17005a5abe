"""Which social level a playbook proposes, given the answers; a person sets it."""

from collections.abc import Mapping

from msgspec import Struct

from calamity.domain.activation import Given
from calamity.domain.course import known_answers
from calamity.domain.errors import Refused
from calamity.domain.playbook import LevelRule, Playbook
from calamity.domain.playbook.formula import Facts, holds, read_formula
from calamity.domain.playbook_prose import Said, condition, said_of


class Proposal(Struct, frozen=True):
    """The level that is proposed, and the rule that proposes it; none proposes level 0."""

    level: int
    rule: LevelRule | None = None


def propose_level(playbook: Playbook, answers: Mapping[str, Given]) -> Proposal | None:
    """Return the highest level whose rule holds; None for a playbook that asks nothing.

    Raises Refused for an answer to a question that the playbook does not ask.
    """
    unknown = [code for code in answers if all(each.code != code for each in playbook.questions)]
    if unknown:
        raise Refused(
            "The playbook does not ask all these questions. Answer only those it asks.",
            field="answers",
        )
    if not playbook.questions:
        return None
    known = known_answers(playbook.questions, answers)
    holding = [rule for rule in playbook.levels if _holds(rule, known)]
    highest = max(holding, key=lambda rule: rule.level, default=None)
    return Proposal(highest.level, highest) if highest else Proposal(0)


def _holds(rule: LevelRule, known: Mapping[str, bool | None]) -> bool:
    condition = read_formula(rule.when)
    if holds(condition, Facts(answers=known)) is True:
        return True
    counted = {
        code: (rule.unknown == "yes") if answer is None else answer
        for code, answer in known.items()
    }
    return holds(condition, Facts(answers=counted)) is True


def in_words(proposal: Proposal, playbook: Playbook) -> Said:
    """Say which level is proposed, and why."""
    if proposal.rule is None:
        return Said(
            "Het draaiboek stelt niveau 0 voor: geen van de regels geldt.",
            "The playbook proposes level 0: none of the rules holds.",
        )
    form = Said(
        "Het draaiboek stelt niveau {level} voor, want: {why}.",
        "The playbook proposes level {level}, because: {why}.",
    )
    return form.filled(level=said_of(proposal.level), why=condition(proposal.rule.when, playbook))
