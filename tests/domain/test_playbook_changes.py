"""What differs, in words: between two documents, and between three."""

import inspect
import re
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from calamity.domain import playbook as language
from calamity.domain.playbook import (
    Block,
    CallOut,
    Card,
    CardSection,
    LevelRule,
    Playbook,
    Prose,
    Question,
    Repeat,
    StopCondition,
    Words,
)
from calamity.domain.playbook_changes import Change, compare, differences, in_short, merge
from calamity.domain.playbook_changes.compare import _ELSEWHERE, CODED, HEAD, LEVELS
from calamity.domain.playbook_changes.short import SHORT
from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_prose import Said, condition, moment, repeated
from tests.shipped import BLOCKS, FOLDER, read_shipped

FILES = [
    file.relative_to(FOLDER)
    for file in sorted(FOLDER.glob("*/v1.yaml")) + sorted(FOLDER.glob("*/v2.yaml"))
]
OLD = read_shipped(FOLDER / "attack-elsewhere" / "v1.yaml")


def changed(**changes) -> Playbook:
    return replace(OLD, **changes)


def english(new: Playbook, old: Playbook = OLD) -> list[str]:
    return [change.en for change in compare(old, new)]


def dutch(new: Playbook) -> list[str]:
    return [change.nl for change in compare(OLD, new)]


def with_step(code: str, **changes) -> Playbook:
    return changed(
        steps=[replace(step, **changes) if step.code == code else step for step in OLD.steps]
    )


def with_call_out(**changes) -> Playbook:
    return with_step("S04", act=replace(OLD.step("S04").act, **changes))


def words(text: str) -> Words:
    return Words(nl=f"{text} nl", en=text)


def test_nothing_differs_from_itself():
    assert compare(OLD, OLD) == []


def test_an_alderman_understands_that_the_deputy_comes_sooner():
    new = with_call_out(deputy_after="10m")
    assert english(new) == [
        "step S04 (Call out the rapid team): "
        "The deputy is now called after 10 instead of 15 minutes."
    ]
    assert dutch(new) == [
        "stap S04 (Snelteam oproepen): De vervanger wordt nu gebeld na 10 in plaats van 15 minuten."
    ]
    other_unit = english(with_call_out(deputy_after="1h"))[0]
    assert other_unit.endswith("called after one hour instead of 15 minutes.")


def test_a_moment_after_a_phase_is_said_in_words():
    (line,) = english(with_step("S05", due="acute + 2h"))
    assert line.endswith(
        "Must now be done: two hours after the phase First day begins, "
        "instead of 45 minutes after activation."
    )


def test_a_changed_text_is_shown_before_and_after():
    (message, *rest) = OLD.messages
    texts = {**message.texts, "nl": "Nieuwe woorden {link}"}
    (change,) = compare(OLD, changed(messages=[replace(message, texts=texts), *rest]))
    assert change.part == f"messages/{message.code}"
    assert (change.before.nl, change.after.nl) == (
        f"“{message.texts['nl']}”", "“Nieuwe woorden {link}”",
    )  # fmt: skip
    assert change.nl == (
        f"bericht {message.code}: De Nederlandse tekst wordt anders. "
        f"Was: “{message.texts['nl']}” Wordt: “Nieuwe woorden {{link}}”"
    )


def test_words_for_one_audience_are_named_by_its_title():
    (message, *rest) = OLD.messages
    audience = OLD.audiences[0]
    own = replace(message, for_audience={audience.code: {"nl": "Voor u", "en": "For you"}})
    lines = english(changed(messages=[own, *rest]))
    assert (
        f"message {message.code}: The English text for {audience.title.en} is new: “For you”"
        in (lines)
    )
    assert len(lines) == 2


def test_new_and_removed_steps_are_shown_by_title():
    first, *rest = OLD.steps
    lines = english(changed(steps=[*rest, replace(first, code="NEW")]))
    assert f"step NEW ({first.title.en}): is new." in lines
    assert f"step {first.code} ({first.title.en}): was removed." in lines


def test_another_order_is_shown():
    first, second, *rest = OLD.steps
    assert english(changed(steps=[second, first, *rest])) == [
        "parts “step”: stand in another order."
    ]


SAID = [
    (with_step("S04", act=None), "now does nothing instead of a call-out."),
    (with_call_out(quota=4), "Now 4 instead of 3 people must be coming."),
    (with_step("S05", automatic=True), "The step now runs by itself."),
    (with_step("S05", may_skip=False), "The step may not be skipped any more."),
    (with_step("S05", who="partner"), "now done by a partner instead of the municipality."),
    (
        with_step("S05", when="level >= 2 and not S03 = done"),
        "only if the social level is 2 or higher and not: (step S03",
    ),
    (with_step("S05", repeat=Repeat(until="acute", every="12h")), "now repeated: every 12 hours,"),
    (with_step("S07", help=None), "The explanation is gone. It was: "),
    (changed(valid_months=12), "now valid for 12 instead of 24 months."),
    (
        changed(quiet_hours=replace(OLD.quiet_hours, start="21:00")),
        "Quiet hours now begin at 21:00 instead of 22:00.",
    ),
    (
        changed(budget=replace(OLD.budget, asks_per_day=2)),
        "at most 2 instead of 1 questions a day.",
    ),
    (changed(triggers=[words("A rumour")]), "Triggers: added “A rumour”."),
    (
        changed(limits=replace(OLD.limits, we_do=OLD.limits.we_do[1:])),
        f"What we do: gone “{OLD.limits.we_do[0].en}”.",
    ),
    (
        changed(stop=[StopCondition("quiet", words("Quiet"))]),
        "stop condition quiet (Quiet): is new.",
    ),
    (changed(review_days=7), "decided anew every 7 instead of 14 days."),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SAID)))
def test_a_change_is_a_sentence(number):
    new, expected = SAID[number]
    (change,) = compare(OLD, new)
    assert expected in change.en
    assert change.nl != change.en


def test_the_proposal_of_a_level_is_said_with_the_questions_themselves():
    questions = [Question("near", words("Did it happen near us?"))]
    old = changed(questions=questions, levels=[LevelRule(2, "near")])
    new = changed(questions=questions, levels=[LevelRule(2, "near or threat > 4", unknown="yes")])
    (line,) = english(new, old)
    assert line == (
        "level 2: is now proposed if the answer to “Did it happen near us?” is yes or the threat "
        "level is above 4 (unknown counts as yes). "
        "It was: the answer to “Did it happen near us?” is yes."
    )
    assert english(changed(questions=questions), old) == [
        "level 2: is not proposed any more. "
        "It was: if the answer to “Did it happen near us?” is yes."
    ]


def test_a_card_is_compared_line_by_line():
    def card(*lines):
        section = CardSection(words("Begin"), [Prose(nl=line, en=line) for line in lines])
        return Card("stick", "conversation", words("Stick"), Prose(nl="x", en="x"), [section])

    (line,) = english(changed(cards=[card("a", "b")]), changed(cards=[card("a")]))
    assert line == "card stick (Stick): The text: added “Begin - a - b”; gone “Begin - a”."


STRUCTS = [
    each
    for _, each in inspect.getmembers(language, inspect.isclass)
    if issubclass(each, msgspec.Struct)
]
# What is said in another way than by field: see the functions named.
OTHERWISE = {
    "Words", "Prose", "Block",  # words themselves; what is built in before a version is stored
    "LevelRule",  # compare_levels
    "CardSection", "Use", "Repeat",  # said whole, by speak
}  # fmt: skip


@pytest.mark.parametrize(
    "part", [each for each in STRUCTS if each.__name__ not in OTHERWISE], ids=lambda x: x.__name__
)
def test_every_field_of_the_language_has_a_sentence(part):
    fields = {
        f"{part.__name__}.{name}" for name in part.__struct_fields__ if name not in _ELSEWHERE
    }
    if part is Playbook:
        apart = {*CODED, LEVELS, "slug", "version", "changes", "limits", "quiet_hours", "budget"}
        assert {*HEAD, *apart} == {*part.__struct_fields__}
        fields -= {f"Playbook.{name}" for name in apart}
    assert fields <= set(WORDINGS)


def test_no_sentence_is_left_over():
    fields = {f"{part.__name__}.{name}" for part in STRUCTS for name in part.__struct_fields__}
    assert set(WORDINGS) <= fields


def test_sentences_are_whole_in_both_languages():
    for key, wording in WORDINGS.items():
        for said in (wording.sentence, wording.off):
            if said is not None:
                assert said.nl != said.en, key
                assert ("{change}" in said.nl) == ("{change}" in said.en), key


@pytest.mark.parametrize(
    ("text", "en", "nl"),
    [
        ("T+0m", "at activation", "meteen bij de activering"),
        ("T+15m", "15 minutes after activation", "15 minuten na de activering"),
        ("acute", "when the phase First day begins", "bij het begin van de fase Eerste dag"),
        ("acute + 1h", "one hour after the phase First day begins",
         "één uur na het begin van de fase Eerste dag"),
        ("S04 + 30m", "30 minutes after step S04 (Call out the rapid team)",
         "30 minuten na stap S04 (Snelteam oproepen)"),
        ("S04", "as soon as step S04 (Call out the rapid team) is done",
         "zodra stap S04 (Snelteam oproepen) klaar is"),
        ("2027-03-18", "on 18 March 2027", "op 18 maart 2027"),
        ("2027-03-18 @ 10:00", "on 18 March 2027, at 10:00", "op 18 maart 2027, om 10.00 uur"),
        ("2027-03-18 - 7d", "seven days before 18 March 2027", "zeven dagen vóór 18 maart 2027"),
        ("T + 1y - 30d", "30 days before one year after activation",
         "30 dagen vóór één jaar na de activering"),
        ("T+0m @ 17:00", "the first 17:00 from: at activation",
         "de eerste keer dat het 17.00 uur is, vanaf: meteen bij de activering"),
    ],
)  # fmt: skip
def test_moments_in_words(text, en, nl):
    said = moment(text, OLD)
    assert (said.en, said.nl) == (en, nl)


@pytest.mark.parametrize(
    ("formula", "en"),
    [
        ("phase >= acute", "the phase is First day or later"),
        ("grip != 0", "GRIP is not 0"),
        ("S03 = skipped", "step S03 (Decide on the social level) is skipped"),
        ("S03 = 1", "in step S03 (Decide on the social level) this was chosen: “0, calm”"),
        ("level = 1 and (threat < 3 or grip = 2)",
         "the social level is 1 and (the threat level is below 3 or GRIP is 2)"),
        ("((", "(("),
    ],
)  # fmt: skip
def test_conditions_in_words(formula, en):
    assert condition(formula, OLD).en == en


def test_repeats_in_words():
    twice = Repeat(until="acute", at=["09:00", "17:00"])
    assert repeated(twice, OLD).en == (
        "every day at 09:00 and 17:00, until the phase First day begins"
    )
    assert repeated(twice, OLD).nl.endswith("tot het begin van de fase Eerste dag")


@pytest.mark.parametrize(("one", "other"), list(pairwise(FILES)), ids=str)
def test_whole_playbooks_are_compared_without_codes_of_the_language(one, other):
    old, new = (read_shipped(FOLDER / file) for file in (one, other))
    changes = compare(old, new)
    assert changes
    for change in changes:
        for said in (change.said.nl, change.said.en):
            assert not re.search(r"T\+\d|Words\(|\{change\}|None", said), said


def taken(items) -> set[str]:
    return {each.part for each in items}


def test_three_way_tells_who_changed_what():
    base = OLD
    theirs = replace(with_step("S05", due="T+7m"), valid_months=12)
    ours = replace(with_step("S05", due="T+9m"), review_days=7)
    found = {each.part: each for each in differences(base, theirs, ours)}
    assert set(found) == {"playbook/valid_months", "playbook/review_days", "steps/S05"}
    assert found["playbook/valid_months"].choice == "theirs"
    assert found["playbook/review_days"].choice == "ours"
    both = found["steps/S05"]
    assert (both.is_both, both.choice) == (True, None)
    assert both.theirs[0].en.endswith("7 instead of 45 minutes after activation.")
    assert both.ours[0].en.endswith("9 instead of 45 minutes after activation.")
    assert both.between[0].en.endswith("7 instead of 9 minutes after activation.")


def test_what_both_changed_in_the_same_way_is_no_difference():
    same = with_step("S05", due="T+7m")
    assert differences(OLD, same, same) == []


def test_without_a_common_origin_every_part_is_a_choice():
    (one,) = differences(None, with_step("S05", due="T+7m"), OLD)
    assert (one.choice, one.is_both, one.between[0].part) == (None, False, "steps/S05")


@pytest.mark.parametrize(("one", "other"), list(pairwise(FILES)), ids=str)
def test_taking_all_of_theirs_gives_theirs_and_nothing_gives_ours(one, other):
    ours, theirs = (read_shipped(FOLDER / file) for file in (one, other))
    parts = taken(differences(None, theirs, ours))
    change = words("Taken over.")

    all_theirs = merge(ours, theirs, parts, version=2, change=change)
    assert [each for each in compare(all_theirs, theirs) if not each.part.endswith("/")] == []
    assert (all_theirs.slug, all_theirs.version, all_theirs.changes) == (ours.slug, 2, [change])
    assert compare(merge(ours, theirs, (), version=2, change=change), ours) == []


def test_a_new_part_stands_behind_what_it_followed():
    new = replace(OLD.steps[3], code="NEW")
    theirs = changed(steps=[*OLD.steps[:4], new, *OLD.steps[4:]])
    merged = merge(OLD, theirs, {"steps/NEW"}, version=2, change=words("x"))
    assert merged.steps == theirs.steps


def test_a_change_says_where_it_is():
    (change,) = compare(OLD, with_call_out(quota=4))
    assert isinstance(change, Change)
    assert isinstance(OLD.step("S04").act, CallOut)
    assert (change.part, change.where.nl) == ("steps/S04", "stap S04 (Snelteam oproepen)")


def later_network(blocks: dict) -> tuple[Block, dict]:
    """A second version of the block `network`, with three other texts, and all blocks with it."""
    old = BLOCKS["network", 1]
    used = read_shipped(FOLDER / "attack-elsewhere" / "v2.yaml").messages
    three = [each.code for each in old.messages if each in used][:3]
    messages = [
        replace(each, texts=each.texts | {"nl": "Echt waar."}) if each.code in three else each
        for each in old.messages
    ]
    later = replace(old, version=2, messages=messages)
    return later, blocks | {("network", 2): later}


def test_many_differences_are_summed_up_with_what_comes_from_a_block():
    old = read_shipped(FOLDER / "attack-elsewhere" / "v2.yaml")
    later, blocks = later_network(BLOCKS)
    theirs = {each.code: each for each in later.messages}
    new = replace(
        old,
        uses=[replace(use, version=2) if use.block == "network" else use for use in old.uses],
        messages=[
            theirs[each.code] if each in BLOCKS["network", 1].messages else each
            for each in old.messages
        ],
        levels=[],
        steps=[replace(step, due="T+9d") for step in old.steps],
    )
    changes = compare(old, new)
    lines = in_short(changes, old, new, blocks)
    assert len(changes) > 40
    assert len(lines) <= SHORT
    assert lines[0].said == Said(
        "gebruikt blok network in versie 2 in plaats van 1: 3 wijzigingen (3 berichten anders).",
        "uses block network in version 2 instead of 1: 3 changes (3 messages different).",
    )
    english = "\n".join(line.said.en for line in lines)
    assert f"another moment for {len(old.steps)} steps: S02 (" in english
    assert f"and {len(old.steps) - 4} others." in english
    # Of blocks that nobody has here, the rest is counted by itself.
    alone = in_short(changes, old, new, {})
    assert alone[0].said.en == "uses block network in version 2 instead of 1."
    assert any(line.said.en.startswith("other words or cards with 3 messages") for line in alone)


def test_every_difference_between_shipped_versions_is_in_the_summary_and_it_is_short():
    for name in ("attack-elsewhere", "attack-here"):
        old, new = (read_shipped(FOLDER / name / f"v{number}.yaml") for number in (1, 2))
        changes = compare(old, new)
        lines = in_short(changes, old, new, BLOCKS)
        left_out = [c for c in changes if c.field == "Playbook.uses" or c.part.endswith("/")]
        assert sum(line.changes for line in lines) == len(changes) - len(left_out)
        assert len(lines) <= 15


def test_two_blocks_are_compared_by_the_same_sentences():
    old = BLOCKS["first-days", 1]
    first, *rest = old.steps
    title = Words("Anders", "Otherwise")
    new = replace(old, version=2, title=title, steps=[replace(first, due="T+9d"), *rest])
    changes = compare(old, new)
    assert [each.part for each in changes] == ["playbook/title", f"steps/{first.code}"]
    assert [str(line.said.en) for line in in_short(changes, old, new, {})] == [
        each.en for each in changes
    ]
    assert changes[0].en.startswith("the block: The title")
    emptied = replace(new, steps=[], messages=[], roles=[], cards=[])
    lines = in_short(compare(old, emptied), old, emptied, {})
    assert lines[0].said.en.startswith("the block itself: different in")
    assert any(line.said.nl.startswith("vervallen: ") for line in lines)


def test_a_few_differences_are_said_as_they_are():
    new = with_call_out(deputy_after="10m")
    (line,) = in_short(compare(OLD, new), OLD, new, {})
    assert line.said.en.endswith("The deputy is now called after 10 instead of 15 minutes.")
