"""The playbooks that ship, taken together: what a municipality may count on in each of them."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from calamity.domain.playbook import (
    CallOut,
    Decision,
    Dispatch,
    Expected,
    Group,
    MessageKind,
    Round,
    Scenario,
)
from calamity.domain.playbook.formula import Facts, holds, leaves, read_formula
from calamity.domain.preview import in_order_of_time
from calamity.domain.proposal import propose_level
from tests.shipped import BLOCKS, FOLDER, read_shipped

LANGUAGES = {"nl", "en", "ar", "tr", "pl", "uk"}
DAY = 24 * 3600


def newest():
    found = {}
    for path in sorted(FOLDER.glob("*/v*.yaml")):
        playbook = read_shipped(path)
        found[playbook.slug] = max(found.get(playbook.slug, playbook), playbook, key=version)
    return [found[slug] for slug in sorted(found)]


def version(playbook):
    return playbook.version


PLAYBOOKS = newest()
each = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.slug)


def sent(playbook, group):
    """Steps that send something to a group, with the code of the message."""
    audiences = {one.code for one in playbook.audiences if one.of is group}
    for step in playbook.steps:
        if isinstance(step.act, Dispatch) and step.act.audience in audiences:
            yield step, step.act.message
        if isinstance(step.act, Round) and audiences & set(step.act.audiences):
            yield step, step.act.message


def test_every_scenario_has_a_playbook():
    assert {playbook.scenario for playbook in PLAYBOOKS} == set(Scenario)


def test_every_block_and_every_card_is_of_use():
    used = {(use.block, use.version) for playbook in PLAYBOOKS for use in playbook.uses}
    named = {card for playbook in PLAYBOOKS for step in playbook.steps for card in step.cards}
    cards = {card.code for block in BLOCKS.values() for card in block.cards}

    assert used == set(BLOCKS)
    assert cards <= named


@each
def test_key_figures_read_everything_in_their_own_language(playbook):
    codes = {code for _, code in sent(playbook, Group.KEY_FIGURES)}

    assert codes
    for code in codes:
        assert set(playbook.message(code).texts) == LANGUAGES, code


@each
def test_the_first_words_to_key_figures_and_all_with_a_link_can_be_known_by_the_check_word(
    playbook,
):
    expected = Expected(playbook)
    steps = sorted(
        sent(playbook, Group.KEY_FIGURES), key=lambda each: expected.seconds(each[0].start)
    )
    first = steps[0][1]

    for code in {code for _, code in steps}:
        for language, text in playbook.message(code).texts.items():
            if code == first or "{link}" in text:
                assert "{check_word}" in text, (code, language)


def test_only_an_attack_here_wakes_key_figures_at_night():
    alarms = {
        (playbook.slug, code)
        for playbook in PLAYBOOKS
        for _, code in sent(playbook, Group.KEY_FIGURES)
        if playbook.message(code).alarm
    }

    assert alarms == {("attack-here", "K1")}


@each
def test_only_the_call_out_runs_by_itself(playbook):
    automatic = [step for step in playbook.steps if step.automatic]

    assert all(isinstance(step.act, CallOut) for step in automatic)
    # Aftercare takes over a team that is there already.
    assert len(automatic) == (0 if playbook.scenario is Scenario.AFTERCARE else 1)


@each
def test_last_words_leave_only_once_the_mayor_has_decided(playbook):
    closing = [
        step
        for group in (Group.KEY_FIGURES, Group.PROFESSIONALS, Group.CONTACT_PERSONS)
        for step, code in sent(playbook, group)
        if playbook.message(code).kind is MessageKind.CLOSE
    ]

    assert len(closing) >= 3
    for step in closing:
        (decided,) = {leaf.name for leaf in leaves(read_formula(step.when))}
        assert playbook.step(decided).role == "BUR"
        assert isinstance(playbook.step(decided).act, Decision)


@each
def test_who_talks_with_key_figures_is_not_the_link_with_the_police(playbook):
    assert "OOV" in playbook.role("NET").not_with
    assert "NET" in playbook.role("OOV").not_with


@each
def test_all_that_was_asked_is_told_back(playbook):
    expected = Expected(playbook)
    for group in (Group.KEY_FIGURES, Group.PROFESSIONALS):
        steps = [(step, playbook.message(code).kind) for step, code in sent(playbook, group)]
        asks = [expected.seconds(step.start) for step, kind in steps if kind is MessageKind.ASK]
        gives = [expected.seconds(step.start) for step, kind in steps if kind is MessageKind.GIVE]
        if asks:
            assert max(gives) > min(asks), group
            assert min(gives) < min(asks), group


@pytest.mark.parametrize("slug", ["attack-here", "aftercare"])
def test_the_anniversary_begins_by_asking_people(slug):
    playbook = next(each for each in PLAYBOOKS if each.slug == slug)
    expected = Expected(playbook)
    asked, words = playbook.step("J1"), playbook.step("J2")

    assert expected.seconds(asked.start) == (365 - 60) * DAY
    assert expected.seconds(asked.due) < expected.seconds(words.start) < 365 * DAY
    assert not asked.may_skip


@pytest.mark.parametrize(
    ("yes", "level"),
    [
        ("ab", 3),
        ("hi", 3),
        ("ac", 2),
        ("ade", 2),
        ("h", 2),
        ("gf", 2),
        ("a", 1),
        ("ad", 1),
        ("g", 1),
        ("f", 1),
        ("bc", 1),
        ("", 0),
        ("i", 0),
    ],
)
def test_the_questions_propose_a_level(yes, level):
    block = BLOCKS["levels", 1]
    facts = Facts(answers={question.code: question.code in yes for question in block.questions})

    proposed = [rule.level for rule in block.levels if holds(read_formula(rule.when), facts)]

    assert max(proposed, default=0) == level


@pytest.mark.parametrize("hour", [0, 6, 9, 12, 18, 23])
@pytest.mark.parametrize(
    ("slug", "each_day"),
    [
        # On the third day one more, which asks key figures as well.
        ("attack-here", [4, 3, 3, 2, 2, 2, 2]),
        # The last is that of recovery.
        ("attack-elsewhere", [1, 1, 1, 1, 0, 0, 0]),
    ],
)
def test_professionals_are_asked_in_the_rhythm_of_the_scenario(slug, each_day, hour):
    (playbook,) = (each for each in newest() if each.slug == slug)
    zone = ZoneInfo("Europe/Amsterdam")
    t0 = datetime(2027, 3, 3, hour, tzinfo=zone)

    days = Counter(
        int((planned.start_at - t0).total_seconds() // DAY)
        for planned in in_order_of_time(playbook, t0, zone)
        if isinstance(planned.step.act, Round) and "professionals" in planned.step.act.audiences
    )

    assert [days[day] for day in range(7)] == each_day


@pytest.mark.parametrize(
    ("slug", "yes", "level"),
    [
        # Violence here is level 3 in general; these two have a rule of their own for it.
        ("attack-here", "ab", 3), ("riots", "ab", 2), ("place-of-worship", "abd", 2),
        ("riots", "abi", 3), ("riots", "abj", 3), ("riots", "hi", 3), ("riots", "gf", 2),
        ("place-of-worship", "adj", 3), ("place-of-worship", "adi", 3),
        ("place-of-worship", "hi", 3), ("place-of-worship", "ac", 2), ("riots", "e", 1),
        # What others add stands beside the general rule.
        ("attack-abroad", "jc", 2), ("attack-abroad", "h", 2), ("attack-abroad", "ab", 3),
        ("rumour", "gi", 2), ("rumour", "gf", 2), ("threat", "j", 1), ("threat", "ac", 2),
        ("planned-event", "k", 1), ("planned-event", "e", 1), ("prolonged-tension", "k", 2),
    ],
)  # fmt: skip
def test_a_scenario_may_propose_another_level(slug, yes, level):
    (playbook,) = (each for each in newest() if each.slug == slug)
    answers = {each.code: "yes" if each.code in yes else "no" for each in playbook.questions}

    proposed = propose_level(playbook, answers)

    assert proposed is not None
    assert proposed.level == level


def test_who_does_not_know_is_rather_alert_too_soon():
    by_level = {rule.level: rule.unknown for rule in BLOCKS["levels", 1].levels}

    assert by_level == {3: "no", 2: "no", 1: "yes"}


def opened(slug, *, level=1, **chosen):
    """The conditional steps that open once these decisions were taken at this level."""
    playbook = next(each for each in PLAYBOOKS if each.slug == slug)
    facts = Facts(
        numbers={"level": level},
        outcomes={step: frozenset({"done", str(option)}) for step, option in chosen.items()},
    )
    return {
        step.code
        for step in playbook.steps
        if step.when is not None and holds(read_formula(step.when), facts) is True
    }


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, set()),
        ({"S81": 1}, {"S82"}),
        ({"S81": 3}, {"S82"}),
        ({"S81": 4}, {"S11"}),
        ({"S81": 4, "S85": 2}, {"S11", "S82"}),
        ({"S81": 4, "S85": 4}, {"S11", "S88"}),
    ],
)
def test_what_is_said_of_a_rumour_follows_from_what_was_found_out(chosen, words):
    assert opened("rumour", **chosen) & {"S11", "S82", "S88"} == words


def test_each_prepared_scenario_opens_its_own_steps_and_a_calm_day_opens_none():
    courses = {f"V{number}" for number in range(30, 36)}
    by_choice = {option: opened("planned-event", V21=option) & courses for option in range(1, 5)}

    assert by_choice[1] == set()
    assert by_choice[2] - by_choice[3] == {"V30"}
    assert by_choice[3] - by_choice[2] == {"V31"}
    # What happens here is told by the playbook for here.
    assert by_choice[4] == {"V32"}


def test_who_heard_of_an_event_hears_that_it_is_called_off():
    told = {"V09", "V10", "V11"}

    assert not opened("planned-event", V08=1) & told
    assert opened("planned-event", V08=3) & (told | {"V20", "V21", "V37"}) == told


def test_whoever_extends_standing_ready_decides_anew():
    threat = next(each for each in PLAYBOOKS if each.slug == "threat")

    assert threat.step("S105").repeat.every == "7d"
    assert "S38" in opened("threat", S105=1)
    assert "S38" not in opened("threat", S105=2)


def test_prepared_words_stay_where_they_are_while_nothing_happens():
    prepared = {"S102", "S103", "S104"}

    assert not opened("threat", S101=1) & prepared
    assert opened("threat", S101=2) & prepared == prepared


@each
def test_a_calm_town_does_less(playbook):
    assert opened(playbook.slug, level=0) < opened(playbook.slug, level=2)
