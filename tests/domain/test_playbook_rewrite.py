"""A changed document goes into the text that people wrote, and nothing else in it moves."""

import copy
import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calamity.domain.errors import Refused
from calamity.domain.playbook_text import blank, plain_of, rewritten

ROOT = Path(__file__).parents[2] / "playbooks"
SHIPPED = sorted(ROOT.glob("*/v*.yaml")) + sorted(ROOT.glob("blocks/*/v*.yaml"))
SMALL = """\
# A head that stays.
slug: small   # and this
title: { nl: "Een: titel", en: A title }
roles:
  # The leader.
  - code: A
    title: { nl: a, en: b }

  - code: B   # second
    title:
      nl: >-
        Een lange
        tekst
      en: x
    not_with: [A]
# Above the steps.
steps:
- code: S1
  act: {kind: round, audiences: [x, y]}
# The end."""
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn"]),
    max_size=40,
) | st.sampled_from(
    ["", "no", "12", "a: b", "# x", "- y", "{z}", "[", "a, b", "'", '"', "x #y", "a\nb", " a ",
     "&a", "*a", "!t", "%", "@", "`", "?", "? a", "null", "~", "true", "1.5", "word " * 40, "---"]
)  # fmt: skip
VALUES = WORDS | st.integers(-999, 999) | st.booleans()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        found += places(child, (*path, key))
    return found


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize("source", [SMALL, blank("small"), *(path.read_text() for path in SHIPPED)])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_change_is_written_and_nothing_else_moves(source: str, data: st.DataObject) -> None:
    document = plain_of(source)
    wanted = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(wanted)))
        parent, key = at(wanted, path[:-1]), path[-1]
        kind = data.draw(st.sampled_from(["set", "remove", "double", "move", "add"]))
        if kind == "set":
            parent[key] = data.draw(VALUES | st.dictionaries(st.sampled_from("abc"), WORDS))
        elif kind == "remove" and len(parent) > 1:
            del parent[key]
        elif kind == "add" and isinstance(parent, dict):
            # A copy: what is drawn a second time may not have been changed meanwhile.
            added = data.draw(VALUES | st.lists(WORDS) | st.just([{"nl": "a", "en": "b"}]))
            parent["new"] = copy.deepcopy(added)
        elif isinstance(parent, list):
            other = data.draw(st.integers(0, len(parent) - 1))
            parent.insert(
                other, copy.deepcopy(parent[key]) if kind == "double" else parent.pop(key)
            )
        else:
            parent["copy"] = copy.deepcopy(parent[key])
    result = rewritten(source, wanted)
    assert plain_of(result) == wanted


@pytest.mark.parametrize("source", [SMALL, *(path.read_text() for path in SHIPPED)])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_new_word_touches_one_place(source: str, data: st.DataObject) -> None:
    document = plain_of(source)
    path = data.draw(
        st.sampled_from(
            [each for each in places(document) if not isinstance(at(document, each), dict | list)]
        )
    )
    wanted = copy.deepcopy(document)
    at(wanted, path[:-1])[path[-1]] = "nieuw woord"
    before, after = source.splitlines(), rewritten(source, wanted).splitlines()
    changed = [
        code for code in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if code[0] != "equal"
    ]  # fmt: skip
    assert len(changed) == 1
    assert changed[0][4] - changed[0][3] <= 1 or "{" in before[changed[0][1]]
    assert [line for line in before if "#" in line] == [
        line for line in after if "#" in line
    ] or "#" in before[changed[0][1]]


def test_moving_a_part_takes_its_comment_along() -> None:
    document = plain_of(SMALL)
    wanted = copy.deepcopy(document)
    wanted["roles"].reverse()
    result = rewritten(SMALL, wanted)
    assert plain_of(result) == wanted
    assert sorted(filter(None, SMALL.splitlines())) == sorted(filter(None, result.splitlines()))
    assert result.index("code: B") < result.index("# The leader.") < result.index("code: A")


@pytest.mark.parametrize("gone", [["slug"], ["slug", "version"], ["slug", "version", "scenario"]])
def test_the_first_fields_can_go_together(gone: list[str]) -> None:
    source = blank("small")
    wanted = {key: value for key, value in plain_of(source).items() if key not in gone}
    assert rewritten(source, wanted) == source.split("\n", len(gone))[len(gone)]


def test_windows_lines_and_a_byte_order_mark_stay() -> None:
    source = "\ufeff" + SMALL.replace("\n", "\r\n")
    wanted = plain_of(source)
    wanted["slug"] = "other"
    assert rewritten(source, wanted) == source.replace("slug: small", "slug: other")


@pytest.mark.parametrize("bad", ["a: [", "a: &x 1\nb: *x", "a: 1\na: 2", "a: !!str 1", ""])
def test_what_the_checker_cannot_read_is_left_alone(bad: str) -> None:
    with pytest.raises(Refused):
        rewritten(bad, {"a": 1})
