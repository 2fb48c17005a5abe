"""Conditions and proposals: what holds, and how a person reads it."""

import pytest
from msgspec.structs import replace

from calamity.domain.conditions import formula_in_words, proposal_in_words
from calamity.domain.errors import Refused
from calamity.domain.playbook import Decision, LevelRule, Question, Words
from calamity.domain.proposal import propose_level
from tests.make import make_playbook, make_step

QUESTIONS = [
    Question(code="here", text=Words(nl="Is het hier gebeurd?", en="Did it happen here?")),
    Question(
        code="known",
        text=Words(nl="Woont het slachtoffer hier?", en="Does the victim live here?"),
    ),
]  # fmt: skip
FLAG = Decision(
    question=Words(nl="Vlag?", en="Flag?"),
    options=[Words(nl="Halfstok", en="Half-mast"), Words(nl="Niet", en="Not")],
)
PLAYBOOK = replace(
    make_playbook(),
    questions=QUESTIONS,
    steps=[make_step("flag", act=FLAG, title=Words(nl="Vlag", en="Flag"))],
    levels=[
        LevelRule(level=1, when="known"),
        LevelRule(level=3, when="here", unknown="no"),
        LevelRule(level=2, when="known and not here", unknown="yes"),
    ],
)


@pytest.mark.parametrize(
    ("formula", "nl", "en"),
    [
        ("level >= 2", "sociaal niveau 2 of hoger", "social level 2 or higher"),
        ("grip < 3", "GRIP lager dan 3", "GRIP lower than 3"),
        ("threat != 4", "niet dreigingsniveau 4", "not threat level 4"),
        ("phase = after", "in de fase Nazorg", "in the phase Nazorg"),
        ("phase < after", "vóór de fase Nazorg", "before the phase Nazorg"),
        ("here", "“Is het hier gebeurd?” ja", "“Did it happen here?” yes"),
        ("here = unknown", "“Is het hier gebeurd?” onbekend", "“Did it happen here?” unknown"),
        ("flag = 1", "bij “Vlag” is gekozen: Halfstok", "at “Flag” was chosen: Half-mast"),
        ("flag = skipped", "“Vlag” is overgeslagen", "“Flag” was skipped"),
        (
            "level = 1 and (here or not known)",
            "sociaal niveau 1 en (“Is het hier gebeurd?” ja of niet (“Woont het slachtoffer hier?”"
            " ja))",
            "social level 1 and (“Did it happen here?” yes or not (“Does the victim live here?”"
            " yes))",
        ),
    ],
)
def test_a_condition_reads_as_a_person_says_it(formula, nl, en):
    assert formula_in_words(formula, PLAYBOOK, "nl") == nl
    assert formula_in_words(formula, PLAYBOOK, "en") == en


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({}, 0),
        ({"here": "yes"}, 3),
        ({"known": "yes", "here": "yes"}, 3),
        ({"known": "yes", "here": "no"}, 2),
        ({"known": "unknown", "here": "no"}, 2),
        ({"known": "no", "here": "no"}, 0),
        ({"known": "yes", "here": "unknown"}, 1),
    ],
)
def test_the_highest_level_that_holds_is_proposed(answers, level):
    proposal = propose_level(PLAYBOOK, answers)
    assert proposal is not None
    assert proposal.level == level
    assert str(level) in proposal_in_words(proposal, PLAYBOOK, "nl")


def test_a_playbook_without_questions_proposes_nothing():
    assert propose_level(make_playbook(), {}) is None
    with pytest.raises(Refused):
        propose_level(make_playbook(), {"here": "yes"})
