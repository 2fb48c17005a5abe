"""Conditions and proposals: what holds, and how a person reads it."""

import pytest
from msgspec.structs import replace

from calamity.domain.errors import Refused
from calamity.domain.playbook import Decision, LevelRule, Question, Words
from calamity.domain.playbook_prose import condition, step_name
from calamity.domain.proposal import in_words, propose_level
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
        ("level >= 2", "het sociale niveau is 2 of hoger", "the social level is 2 or higher"),
        ("grip < 3", "GRIP is lager dan 3", "GRIP is below 3"),
        ("threat != 4", "het dreigingsniveau is niet 4", "the threat level is not 4"),
        ("phase = after", "de fase is Nazorg", "the phase is Nazorg"),
        ("phase < after", "de fase Nazorg is nog niet begonnen", "the phase Nazorg has not begun"),
        (
            "here = unknown",
            "het antwoord op “Is het hier gebeurd?” is onbekend",
            "the answer to “Did it happen here?” is unknown",
        ),
        (
            "flag = 1",
            "bij {name} is gekozen: “Halfstok”",
            "in {name} this was chosen: “Half-mast”",
        ),
        ("flag = skipped", "{name} is overgeslagen", "{name} is skipped"),
        (
            "level = 1 and (here or not known)",
            "het sociale niveau is 1 en (het antwoord op “Is het hier gebeurd?” is ja of niet:"
            " (het antwoord op “Woont het slachtoffer hier?” is ja))",
            "the social level is 1 and (the answer to “Did it happen here?” is yes or not:"
            " (the answer to “Does the victim live here?” is yes))",
        ),
    ],
)
def test_a_condition_reads_as_a_person_says_it(formula, nl, en):
    name, said = step_name(PLAYBOOK, "flag"), condition(formula, PLAYBOOK)
    assert (said.nl, said.en) == (nl.format(name=name.nl), en.format(name=name.en))


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
    assert str(level) in in_words(proposal, PLAYBOOK).nl


def test_a_proposal_names_only_the_answers_that_decided():
    rules = [LevelRule(level=2, when="(here and known) or (known and not here)", unknown="yes")]
    playbook = replace(PLAYBOOK, levels=rules)
    said = {
        (here, known): in_words(propose_level(playbook, {"here": here, "known": known}), playbook)
        for here, known in (("yes", "yes"), ("no", "yes"), ("no", "unknown"))
    }
    level = "Het draaiboek stelt niveau 2 voor."
    assert said["yes", "yes"].nl == (
        f"{level} Is het hier gebeurd? Ja. Woont het slachtoffer hier? Ja."
    )
    assert said["no", "yes"].en == (
        "The playbook proposes level 2. Did it happen here? No. Does the victim live here? Yes."
    )
    assert said["no", "unknown"].nl == (
        f"{level} Is het hier gebeurd? Nee. Woont het slachtoffer hier? Onbekend, en dat telt"
        " hier mee voor dit niveau."
    )
    either = replace(playbook, levels=[LevelRule(level=1, when="here or (known and not here)")])
    proposal = propose_level(either, {"here": "yes", "known": "yes"})
    assert proposal.decided == {"here": True}, "one answer is enough"


def test_a_playbook_without_questions_proposes_nothing():
    assert propose_level(make_playbook(), {}) is None
    with pytest.raises(Refused):
        propose_level(make_playbook(), {"here": "yes"})
