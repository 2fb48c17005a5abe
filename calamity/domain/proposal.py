"""Which social level a playbook proposes, given the answers; a person sets it."""

from collections.abc import Mapping

from msgspec import Struct

from calamity.domain.activation import Given
from calamity.domain.course import known_answers
from calamity.domain.errors import Refused
from calamity.domain.playbook import LevelRule, Playbook
from calamity.domain.playbook.formula import Facts, deciding, holds, read_formula
from calamity.domain.playbook_prose import Said, said_of


class Proposal(Struct, frozen=True):
    """The level that is proposed, and the answers that decided; none proposes level 0."""

    level: int
    decided: Mapping[str, bool | None] = {}
    """By question; None where it is unknown and the rule counts that as the answer it needs."""


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
    return Proposal(highest.level, _decided(highest, known)) if highest else Proposal(0)


def _holds(rule: LevelRule, known: Mapping[str, bool | None]) -> bool:
    return holds(read_formula(rule.when), _counted(rule, known)) is True


def _decided(rule: LevelRule, known: Mapping[str, bool | None]) -> dict[str, bool | None]:
    leaves = deciding(read_formula(rule.when), _counted(rule, known))
    return {leaf.name: known[leaf.name] for leaf in leaves}


def _counted(rule: LevelRule, known: Mapping[str, bool | None]) -> Facts:
    """Return the answers as the rule reads them: as they are where that is enough."""
    facts = Facts(answers=known)
    if holds(read_formula(rule.when), facts) is True:
        return facts
    counts_as = rule.unknown == "yes"
    answers = {code: counts_as if given is None else given for code, given in known.items()}
    return Facts(answers=answers)


def in_words(proposal: Proposal, playbook: Playbook) -> Said:
    """Say which level is proposed, and which answers decided that."""
    if not proposal.level:
        return Said(
            "Het draaiboek stelt niveau 0 voor: geen van de regels geldt.",
            "The playbook proposes level 0: none of the rules holds.",
        )
    asked = [each for each in playbook.questions if each.code in proposal.decided]
    why = [
        Said("{question} {answer}", "{question} {answer}").filled(
            question=said_of(question.text), answer=_ANSWERED[proposal.decided[question.code]]
        )
        for question in asked
    ]
    form = Said(
        "Het draaiboek stelt niveau {level} voor. {why}",
        "The playbook proposes level {level}. {why}",
    )
    return form.filled(
        level=said_of(proposal.level),
        why=Said(" ".join(each.nl for each in why), " ".join(each.en for each in why)),
    )


_ANSWERED: Mapping[bool | None, Said] = {
    True: Said("Ja.", "Yes."),
    False: Said("Nee.", "No."),
    None: Said(
        "Onbekend, en dat telt hier mee voor dit niveau.",
        "Unknown, and that counts towards this level here.",
    ),
}
