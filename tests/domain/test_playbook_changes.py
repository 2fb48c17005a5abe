from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from calamity.domain.playbook import (
    Act,
    Audience,
    CallOut,
    Card,
    FactCard,
    Message,
    Phase,
    Playbook,
    Question,
    Role,
    Step,
    StopCondition,
    Words,
)
from calamity.domain.playbook_changes import _HEAD, _NAMES, compare
from calamity.domain.playbook_check import read

FILE = Path(__file__).parents[2] / "playbooks" / "attack-elsewhere" / "v1.yaml"
OLD = read(FILE.read_bytes(), str(FILE))


def changed(**changes) -> Playbook:
    return replace(OLD, **changes)


def words(new: Playbook) -> list[str]:
    return [f"{change.where}: {change.en}" for change in compare(OLD, new)]


def with_step(code: str, **changes) -> Playbook:
    return changed(
        steps=[replace(step, **changes) if step.code == code else step for step in OLD.steps]
    )


def test_nothing_differs_from_itself():
    assert compare(OLD, OLD) == []


def test_a_changed_text_is_shown_before_and_after():
    (message, *rest) = OLD.messages
    texts = {**message.texts, "nl": "Nieuwe woorden"}

    (line,) = words(changed(messages=[replace(message, texts=texts), *rest]))

    assert line.startswith(f"message {message.code}: text (nl) was: {message.texts['nl']}")
    assert line.endswith("becomes: Nieuwe woorden")


def test_changed_times_are_shown():
    assert words(with_step("S04", due="T+7m")) == [
        f"step S04: due was: {OLD.step('S04').due} - becomes: T+7m"
    ]


def test_a_changed_quota_is_shown():
    act = OLD.step("S04").act
    assert isinstance(act, CallOut)

    assert words(with_step("S04", act=replace(act, quota=act.quota + 1))) == [
        f"step S04: quota was: {act.quota} - becomes: {act.quota + 1}"
    ]


def test_another_act_is_shown():
    (line,) = words(with_step("S04", act=None))
    assert line == "step S04: now: nothing (was: call-out)."


def test_a_form_instead_of_nothing_is_shown():
    (line,) = words(with_step("S01", act=FactCard()))
    assert line == "step S01: now: fact card (was: nothing)."


def test_words_for_one_audience_and_a_new_question_are_shown():
    (message, *rest) = OLD.messages
    own = {"professionals": {"nl": "Dag", "en": "Day"}}
    question = Question("here", Words("Is het hier?", "Is it here?"))

    lines = words(
        changed(messages=[replace(message, for_audience=own), *rest], questions=[question])
    )

    assert lines == [
        f"message {message.code}: words per audience was: nothing - becomes: "
        "professionals: nl: Dag, en: Day",
        "question here: question here is new.",
    ]


def test_new_and_removed_steps_are_shown():
    first, *rest = OLD.steps

    lines = words(changed(steps=[*rest, replace(first, code="NEW")]))

    assert f"step NEW: step NEW is new: {first.title.en}." in lines
    assert f"step {first.code}: step {first.code} was removed: {first.title.en}." in lines


def test_another_order_is_shown():
    first, second, *rest = OLD.steps
    assert words(changed(steps=[second, first, *rest])) == ["steps: steps: another order."]


@pytest.mark.parametrize(
    "part",
    [Role, Phase, Audience, Message, Step, Question, StopCondition, Card, *get_args(Act), Playbook],
)
def test_every_field_of_a_playbook_has_a_name_in_words(part):
    told_elsewhere = {"code", "texts", "act"} if part is not Playbook else {
        "slug", "version", "changes", "roles", "phases", "audiences", "messages", "steps",
        "questions", "stop", "cards",
    }  # fmt: skip
    fields = set(part.__struct_fields__) - told_elsewhere
    assert fields <= set(_NAMES)
    if part is Playbook:
        assert fields == set(_HEAD)


def test_every_change_is_said_in_both_languages():
    new = msgspec.structs.replace(OLD, valid_months=3, quiet_hours=type(OLD.quiet_hours)("21:00"))
    for change in compare(OLD, new):
        assert change.nl != change.en
