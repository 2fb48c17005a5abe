"""The rules for moments, conditions, repeats, exclusions, words per audience and plain words."""

import itertools
import time
from datetime import date

import pytest
from playbook_samples import FILENAME, RICH, SMALL, line_of
from test_playbook_check import BROKEN

from calamity.domain.playbook_check import Fault, check, read
from calamity.domain.playbook_check.faults import MAX_FAULTS
from calamity.domain.playbook_check.readable import hard_words
from calamity.domain.playbook_check.said import asks_who
from calamity.domain.playbook_check.wording import RULES


def rules(source: str) -> list[str]:
    return [fault.rule for fault in check(source, FILENAME)]


def test_the_rich_playbook_of_these_tests_is_sound():
    assert check(RICH, FILENAME) == []
    assert read(RICH, FILENAME).card("talk").minutes == 60


LONG = " ".join(["woord"] * 26)
# As BROKEN in test_playbook_check, for what SMALL does not have.
CASES = [
    # Codes
    ("not_with: [NET]", "not_with: [NIT]", None, "unknown-code", "no role NIT. Did", "LEI, NET"),
    ("not_with: [NET]", "not_with: [NET, LEI]", None, "not-with-itself", "itself", "not_with"),
    ("not_with: [LEI]", "not_with: []", "not_with: [NET]", "one-sided", "NET does not",
     "both ways"),
    ("cards: [talk]", "cards: [tolk]", None, "unknown-code", "no card tolk. Did you", "talk"),
    ("      street:\n", "      stret:\n", "stret:\n        nl", "unknown-code",
     "no audience stret", "street"),
    ("      street:\n", "      friends:\n", "friends:\n        nl", "unused", "text for the",
     "Use it"),
    ("code: sorrow", "code: level", None, "reserved-code", "level means", "another"),
    ("code: acute", "code: T", None, "reserved-code", "T means", "another"),
    ("code: S8", "code: and", None, "reserved-code", "and means", "another"),
    ("code: S8", "code: later", "The picture }]\n  - code: later", "ambiguous-code",
     "also that of a phase", "moments"),
    ("code: sure", "code: S1", "en: Is there sorrow? }\n  - code: S1", "ambiguous-code",
     "also that of a step", "code"),
    ("    cards: [talk]\n", "", "code: talk", "unused", "card talk", "Use it"),
    # Moments
    ("start: acute + 1h", "start: akute + 1h", None, "unknown-code", "phase or step akute",
     "acute"),
    ("due: S2 + 2h", "due: S22 + 2h", None, "unknown-code", "phase or step S22", "S2,"),
    ("due: T + 1y", "due: 2031-02-31", None, "never-comes", "no calendar has", "2027"),
    ("due: T + 1y", "due: T - 1y", "due: T - 1y", "never-comes", "before what it counts", "T+4h"),
    ("start: acute + 1h", "start: S2 - 10m", None, "never-comes", "before what it counts", "T+4h"),
    ("due: T + 1y", "due: T + 9999y", None, "never-comes", "goes that far", "T+4h"),
    ("start: acute + 1h", "start: S7 + 1h", "code: S7", "cyclic-steps", "S7 > S7", "T0"),
    ("due: T+1h\n    act: { kind: dispatch, audience: friends",
     "due: S7 + 1h\n    act: { kind: dispatch,"
     " audience: friends", "code: S2", "cyclic-steps", "S2 > S7 > S2", "T0"),
    ("due: T+2d", "due: S9 + 1h", None, "may-never-come", "only if S8 = 1", "same condition"),
    ("start: T+0m\n", "start: T+0m @ 09:00\n", "due: T+0m @ 17:00", "due-may-come-first",
     "another", "same time"),
    ("due: S2 + 2h", "due: T+30m", None, "due-before-start", "T+30m, before", "same as start"),
    ("due: T + 1y\n", "due: soon\n", "due: soon", "unknown-code", "phase or step soon", "S11"),
    # Repeats
    ("repeat: { every: 12h, until", "repeat: { until", None, "repeat-how", "every or at", "12h"),
    ("every: 12h, until: T+3d", 'every: 12h, at: ["09:00"], until: T+3d', None, "repeat-how",
     "either", "every"),
    ('at: ["09:00", "17:00"]', 'at: ["17:00", "09:00"]', None, "repeat-times", "order", "earliest"),
    ('at: ["09:00", "17:00"]', 'at: ["09:00", "09:00"]', None, "repeat-times", "twice", "once"),
    ("every: 12h, until: T+3d", "every: 12h, until: T+0m", None, "until-before-start", "T+0m",
     "later"),
    ("every: 12h, until: T+3d", "every: 1h, until: T+3d", None, "repeat-too-often", "60", "longer"),
    ("every: 12h, until: T+3d", "every: 0m, until: T+3d", None, "repeat-too-often", "60", "longer"),
    ("every: 12h, until: T+3d", "every: 20m, until: 2099-03-18", None, "repeat-too-often", "60",
     "longer"),
    ("until: later }", "until: T+40d }", None, "repeat-too-often", "60", "earlier"),
    ("until: later }", "until: latr }", None, "unknown-code", "phase or step latr", "later"),
    ("due: T+5m\n", "due: T+5m\n    repeat: { every: 1h, until: T+3h }\n", "until: T+3h",
     "repeat-call-out", "not repeated", "Remove"),
    # Conditions
    ("when: S8 = 1", "when: S8 ==", None, "formula", "character 5, at =.", "(a and b)"),
    ("when: S8 = 1", "when: (sorrow", None, "formula", "the end", "(a and b)"),
    ("when: S8 = 1", "when: sorrow or", None, "formula", "the end", "(a and b)"),
    ("when: S8 = 1", "when: S8 = 3", None, "cannot-compare", "S8 = 3", "done | skipped | 1 | 2"),
    ("when: S8 = 1", "when: S8 > 1", None, "cannot-compare", "S8 > 1", "S8 = done"),
    ("when: S8 = 1", "when: S2 = 1", None, "cannot-compare", "S2 = 1", "S2 = done"),
    ("when: S8 = 1", "when: level = 4", None, "cannot-compare", "level = 4", "level >= 0 (0-3)"),
    ("when: S8 = 1", "when: level", "NET\n    due: T+6h\n    when: level", "cannot-compare",
     "level = yes", "level >= 0"),
    ("when: S8 = 1", "when: phase = latr", None, "cannot-compare", "latr", "acute | later"),
    ("when: S8 = 1", "when: sorrow = maybe", None, "cannot-compare", "maybe", "yes | no | unknown"),
    ("when: S8 = 1", "when: sorow", None, "unknown-code", "sorow. Did you mean sorrow", "sure"),
    ("when: sorrow and not sure,", "when: sorrow and not sore,", None, "unknown-code", "sore",
     "sorrow"),
    ("when: sorrow and not sure,", "when: level = 1,", None, "unknown-code", "no question or name",
     "sorrow"),
    ("  - code: sure\n", "  - code: other\n    text: { nl: Anders?, en: Else? }\n  - code: sure\n",
     "code: other", "unused", "question other", "Use it"),
    # Acts
    ("due: T+6h\n", "due: T+6h\n    automatic: true\n", "due: T+6h\n    automatic: true",
     "form-needs-person", "fills itself", "Remove"),
    # What is heard
    ("    start: T+3d\n    due: T+4d\n    act:\n      kind: dispatch\n      audience: friends",
     "    due: T+1h\n    act:\n      kind: dispatch\n      audience: friends", "message: K4",
     "asked-never-told", "Key figures are asked", "give message"),
    # The words
    ("to_be_checked: [tr]", "to_be_checked: [tr, pl]", None, "nothing-to-check", "pl", "Take pl"),
    ("        en: \"For your work: {link}\"\n", "", "street:\n        nl", "missing-language",
     "English",
     "Add en"),
    ("Voor uw werk: {link}", "Voor uw werk: {link}" + " xx" * 99, None, "too-many-parts", "3 SMS",
     "Leave out"),
    ("Voor uw werk: {link}", "Voor uw moskee: {link}", None, "loaded-word", "moskee", "without"),
    ("Voor uw werk: {link}", "Bel 06 12345678: {link}", None, "contact-details", "number",
     "{phone}"),
    ("Voor uw werk: {link}", "Ideeën: {link}", None, "not-gsm", "ë", 'Write "e"'),
    ("Feiten: {link}", "Wie heeft dit gezegd? {link}", None, "asks-who", "Wie heeft", "never who"),
    ("Facts: {link}", "Tell us who said this. {link}", None, "asks-who", "who said", "never who"),
    ("nl: Is er verdriet?", "nl: Welk geloof speelt mee?", None, "asks-who", "Welk geloof",
     "never"),
    ("Feiten: {link}", "Wij melden ons derhalve: {link}", None, "hard-word", "derhalve", "daarom"),
    ("en: Something happened.", "en: It is prior to this.", None, "hard-word", "prior to",
     "before"),
    ("Feiten: {link}", "Wij " + "gaan " * 14 + "mee: {link}", None, "long-sentence", "16 words; 15",
     "two sentences"),
    ("nl: Ga in een kring zitten.", f"nl: {LONG}.", None, "long-sentence", "26 words; 25", "two"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[3]}-{case[1][-20:]!a}")
def test_each_fault_has_its_line_its_words_and_its_cure(case):
    old, new, place, rule, message, cure = case
    assert old in RICH
    source = RICH.replace(old, new, 1)

    found = [fault for fault in check(source, FILENAME) if fault.rule == rule]

    assert found, [str(fault) for fault in check(source, FILENAME)]
    fault = found[0]
    assert fault.line == line_of((place or new).strip("\n"), source), str(fault)
    assert message in fault.message, fault.message
    assert cure in fault.cure, fault.cure
    assert fault.severity == RULES[rule].severity
    assert fault.message_nl != fault.message


def test_every_rule_is_tried():
    elsewhere = {"too-large", "not-utf8", "empty", "too-deep", "too-many", "too-many-faults",
                 "over-budget", "person-decides",
                 # in this file
                 "past-date", "never-closed", "no-quiet", "levels-without-questions",
                 # in test_playbook_blocks
                 "unknown-block", "unknown-block-version", "other-block", "blocks-clash",
                 "is-block", "no-block"}  # fmt: skip
    assert {case[3] for case in BROKEN + CASES} | elsewhere == set(RULES)


def test_a_date_that_is_over_is_told_when_the_day_is_known():
    source = RICH.replace("due: T + 1y\n", "due: 2027-03-18 @ 10:00\n")

    told = [check(source, FILENAME, today=day) for day in (date(2027, 3, 18), date(2027, 3, 19))]

    assert [[fault.rule for fault in faults] for faults in told] == [[], ["past-date"]]
    assert [fault.severity for fault in told[1]] == ["warning"]
    assert check(source, FILENAME) == []


def test_quiet_hours_that_last_no_time_are_told():
    times = "quiet_hours:\n  start: '{}'\n  end: '{}'\n"

    assert rules(SMALL + times.format("07:00", "07:00")) == ["no-quiet"]
    assert rules(SMALL + times.format("22:00", "07:00")) == []
    assert RULES["no-quiet"].severity == "warning"


def test_levels_without_a_question_are_told():
    source = SMALL + "levels:\n  - { level: 1, when: threat >= 4 }\n"

    assert rules(source) == ["levels-without-questions"]


def test_who_gets_words_gets_the_closing_ones_too():
    closing = SMALL.replace(
        "  - code: P1\n",
        "  - code: K9\n    kind: close\n    texts:\n      nl: Dank. {sender} {phone}\n"
        "      en: Thanks. {sender} {phone}\n  - code: P1\n",
    ).replace("      audience: friends\n      message: K1\n", "      audience: friends\n"
              "      message: K9\n")  # fmt: skip

    (fault,) = check(closing, FILENAME)

    assert (fault.rule, fault.severity) == ("never-closed", "warning")
    assert fault.message.startswith("Professionals get words")


def test_a_repeated_message_counts_each_time_against_the_budget():
    repeated = SMALL.replace(
        "    due: T+1h\n    act: { kind: dispatch, audience: friends, message: K1 }",
        "    due: T+1h\n    repeat: { every: 6h, until: T+1d }\n"
        "    act: { kind: dispatch, audience: friends, message: K1 }",
    )

    faults = check(repeated, FILENAME)

    assert {fault.rule for fault in faults} == {"over-budget"}
    assert "4 messages within a day of T+0m; the budget is 2" in faults[0].message


def test_order_is_held_against_expected_moments():
    follows = SMALL.replace("start: T+25h", "start: S2 + 30m").replace("due: T+28h", "due: T+30h")
    too_late = follows.replace("    start: S2 + 30m", "    start: acute + 30m")

    assert check(follows, FILENAME) == []
    assert "ask-before-give" in rules(too_late)


def test_a_time_of_day_is_tried_for_every_hour_of_t0():
    always = SMALL.replace("due: T+28h", "due: T+20h @ 12:00").replace("T+25h", "T+50h")
    never = SMALL.replace("due: T+28h", "due: T+25h @ 12:00")

    assert "due-before-start" in rules(always)
    assert rules(never) == []


def test_what_lasts_until_a_date_cannot_be_counted_without_t0():
    dated = RICH.replace("until: later }", "until: 2027-03-18 }")

    assert check(dated, FILENAME) == []


def test_a_date_that_never_comes_is_told_as_it_is_written():
    (fault,) = check(RICH.replace("due: T+6h", "due: 2026-02-31"), FILENAME)

    assert fault.message == "The moment 2026-02-31 never comes: no calendar has that date."


def test_a_hundred_moments_that_follow_each_other_are_told_quickly():
    steps = "".join(
        f"  - code: X{number}\n    phase: acute\n    title: {{ nl: a, en: b }}\n    role: LEI\n"
        f"    start: X{(number + 1) % 110} + 1m @ 10:00\n    due: X{(number + 1) % 110} + 1h\n"
        for number in range(110)
    )

    faults: list[Fault] = check(SMALL.replace("changes:", steps + "changes:"), FILENAME)

    assert [fault.rule for fault in faults] == ["cyclic-steps"]
    assert len(faults) <= MAX_FAULTS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie heeft dat gezegd?", "nl"),
        ("Van wie hoorde u het?", "nl"),
        ("Waar komen deze mensen vandaan?", "nl"),
        ("Meld namen van de jongens.", "nl"),
        ("Who did this?", "en"),
        ("Where are they from?", "en"),
        ("Send us their names.", "en"),
        ("Bunu kim yaptı?", "tr"),
        ("من قال هذا؟", "ar"),
        ("Kto to zrobił?", "pl"),
        ("Хто це зробив?", "uk"),
    ],
)
def test_a_question_for_a_person_is_found(text, language):
    assert asks_who(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Het hoeft niet. Noem geen namen.",
        "Wij vragen niet wie iets zei.",
        "Wat speelt er in uw wijk?",
        "Who needs help can call {phone}.",
        "It is voluntary. Please give no names.",
        "Hoe gaat het met wie er wonen?",
    ],
)
def test_an_honest_sentence_asks_for_nobody(text):
    assert asks_who(text, "en" if text[0] in "WI" and "no" in text and "ou" in text else "nl") == []


def test_a_hard_phrase_of_several_words_is_found_as_one():
    assert hard_words("Dit is in het kader van rust.", "nl") == [("in het kader van", "voor, bij")]
    assert hard_words("Wij zijn er voor u.", "nl") == []


def test_every_phrase_of_the_list_is_found():
    from calamity.domain.playbook_check.readable import _hard

    for language, words in _hard().items():
        for phrase, plain in words.items():
            assert (phrase, plain) in hard_words(f"Zo {phrase} dus.", language)


def test_the_longest_plan_with_times_of_day_is_checked_within_a_second():
    steps = "".join(
        f"  - code: X{number}\n    phase: acute\n    title: {{ nl: a, en: b }}\n    role: LEI\n"
        f"    start: X{number + 1} + 1m @ 10:00\n    due: X{number + 1} + 1h @ 17:00\n"
        for number in range(110)
    )
    source = SMALL.replace("changes:", steps.replace("X110", "S1") + "changes:")
    started = time.process_time()

    faults = check(source, FILENAME)

    assert time.process_time() - started < 1
    assert {fault.severity for fault in faults} <= {"warning"}


def test_no_plain_word_in_the_list_is_hard_itself():
    from calamity.domain.playbook_check.readable import _hard

    for language, words in _hard().items():
        plain = set(itertools.chain.from_iterable(plain.split(", ") for plain in words.values()))
        assert not plain & words.keys(), language
    assert len(_hard()["nl"]) > 150
