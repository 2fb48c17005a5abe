"""Forms of every part: unchanged they say the same, changed they say what was filled in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect, structs

from calamity.domain.errors import Refused
from calamity.domain.playbook import Block, CallOut, Playbook
from calamity.domain.playbook.moments import read_moment
from calamity.domain.playbook_check import canonical, check, examine, read
from calamity.domain.playbook_form import (
    Field,
    Move,
    Names,
    block_parts,
    filled,
    form_of,
    meetings,
    moved,
    outline_of,
    path_of,
    place_of,
    renamed,
    together,
    value_at,
)
from calamity.domain.playbook_form.labels import HELP_NL
from calamity.domain.playbook_prose import PARTS
from calamity.domain.playbook_text import blank, plain_of, rewritten
from tests.shipped import BLOCKS, FOLDER

SHIPPED = sorted(FOLDER.glob("*/v*.yaml"))
WHOLE = [path for path in SHIPPED if "\nuses:" not in path.read_text()]
"""Those that are whole by themselves; the others are built of blocks."""
BUILT = [path for path in SHIPPED if path not in WHOLE]


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def sent_by(fields: Any) -> Iterator[tuple[str, str]]:  # noqa: C901 - one case for each control
    """What a browser sends of a form that nobody touched."""
    for field in fields:
        match field.control:
            case "group" | "list" | "dict" | "act":
                yield f"{field.name}.#", "1"
                if field.control == "act":
                    yield f"{field.name}.kind", field.value
                if field.control == "group" and field.optional:
                    yield f"{field.name}.!", "1"
                    if field.value is not None:
                        yield f"{field.name}.?", "1"
                yield from sent_by(field.fields)
            case "refs":
                yield field.name, ""
                yield from ((field.name, each) for each in field.value)
            case "unreadable":
                pass
            case "flag":
                yield field.name, "yes" if field.value else "no"
            case "moment":
                yield from moment_sent(field)
            case "length" | "offset":
                text = field.value.removeprefix("T+")
                yield f"{field.name}.number", text[:-1]
                yield f"{field.name}.unit", text[-1:]
            case _:
                yield field.name, "" if field.value is None else str(field.value)


def moment_sent(field: Field) -> Iterator[tuple[str, str]]:
    if not field.value:
        yield f"{field.name}.base", ""
        return
    when = read_moment(field.value)
    yield f"{field.name}.base", "date" if when.date else when.base
    yield f"{field.name}.date", when.base if when.date else ""
    yield f"{field.name}.clock", when.clock
    for place, shift in zip(("", "2"), when.shifts, strict=False):
        yield f"{field.name}.number{place}", str(abs(shift.number))
        yield f"{field.name}.unit{place}", shift.unit
        yield f"{field.name}.way{place}", "-" if shift.number < 0 else "+"


def sent(fields: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in sent_by(fields):
        found.setdefault(name, []).append(value)
    return found


def whole(source: str) -> Playbook:
    document = examine(source, "draft.yaml", BLOCKS)[0]
    assert isinstance(document, Playbook)
    return document


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_a_form_that_nobody_touched_changes_nothing(path: Path) -> None:
    source = path.read_text()
    plain, names = plain_of(source), Names(whole(source))
    entries = [
        entry
        for group in outline_of(plain, names.playbook, block_parts(plain, BLOCKS))
        for entry in group.entries
    ]
    for entry in entries:
        if not entry.block:
            form = form_of(plain, entry.path, names)
            assert filled(plain, entry.path, sent(form.fields)) == value_at(plain, entry.path)
    assert len(entries) > 50
    blocks = {entry.block for entry in entries} - {""}
    assert blocks <= {use.block for use in names.playbook.uses}
    assert bool(blocks) == (path in BUILT)
    general = form_of(plain, ("general",), names)
    assert filled(plain, ("general",), sent(general.fields)) == plain


@pytest.mark.parametrize("path", BUILT, ids=name_of)
def test_a_step_of_a_block_becomes_our_own_and_is_changed_alone(path: Path) -> None:
    source = path.read_text()
    playbook, plain = whole(source), plain_of(source)
    parts = block_parts(plain, BLOCKS)
    place = next(place for place in parts if place[2] == "steps")
    part = parts[place][1]
    plain, at = moved(plain, Move("own", "/".join(map(str, place))), place, part)
    fields = sent(form_of(plain, at, Names(whole(rewritten(source, plain)))).fields)
    fields["title.nl"] = ["Bij ons anders"]
    plain["steps"][at[1]] = filled(plain, at, fields)
    changed = whole(rewritten(source, plain))
    code = plain["steps"][at[1]]["code"]
    assert changed.step(code) == structs.replace(
        playbook.step(code), title=structs.replace(playbook.step(code).title, nl="Bij ons anders")
    )
    others = [step for step in playbook.steps if step.code != code]
    assert [step for step in changed.steps if step.code != code] == others
    assert [use.block for use in changed.uses] == [use.block for use in playbook.uses]


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_a_changed_deputy_time_is_that_struct_and_one_line(path: Path) -> None:
    source = path.read_text()
    playbook, plain = read(source, "draft.yaml"), plain_of(source)
    index = next(at for at, step in enumerate(playbook.steps) if isinstance(step.act, CallOut))
    place = ("steps", index)
    fields = sent(form_of(plain, place, Names(playbook)).fields)
    fields["act.deputy_after.number"] = ["47"]
    plain["steps"][index] = filled(plain, place, fields)
    result = rewritten(source, plain)
    step = playbook.steps[index]
    assert isinstance(step.act, CallOut)
    act = structs.replace(step.act, deputy_after="47m")
    steps = [*playbook.steps]
    steps[index] = structs.replace(step, act=act)
    wanted = structs.replace(playbook, steps=steps)
    assert canonical(read(result, "draft.yaml")) == canonical(wanted)
    before, after = source.splitlines(), result.splitlines()
    assert len(set(after) - set(before)) == 1
    assert [line for line in after if line in before] == [line for line in before if line in after]


def test_moments_keep_their_writing_and_take_another() -> None:
    source = blank("small").replace("due: T+1h", "due: acute + 60m @ 17:00")
    plain = plain_of(source)
    names = Names(whole(source))
    fields = sent(form_of(plain, ("steps", 0), names).fields)
    assert filled(plain, ("steps", 0), fields)["due"] == "acute + 60m @ 17:00"
    fields["due.clock"] = [""]
    fields["due.number"], fields["due.unit"] = ["2"], ["h"]
    assert filled(plain, ("steps", 0), fields)["due"] == "acute + 2h"
    fields["due.base"] = ["T"]
    assert filled(plain, ("steps", 0), fields)["due"] == "T+2h"
    fields["due.base"], fields["due.date"] = ["date"], ["2031-03-18"]
    fields["due.number"] = [""]
    assert filled(plain, ("steps", 0), fields)["due"] == "2031-03-18"


def test_another_act_begins_with_what_both_have() -> None:
    source = blank("small")
    plain = plain_of(source)
    fields = sent(form_of(plain, ("steps", 0), Names(whole(source))).fields)
    fields["act.kind"] = ["call-out"]
    step = filled(plain, ("steps", 0), fields)
    assert step["act"]["message"] == "K1"
    assert step["act"]["quota"] == 1
    fields["act.kind"] = [""]
    assert "act" not in filled(plain, ("steps", 0), fields)


def test_a_repeat_comes_and_goes() -> None:
    source = blank("small")
    plain = plain_of(source)
    names = Names(whole(source))
    fields = sent(form_of(plain, ("steps", 0), names).fields)
    fields["repeat.?"] = ["1"]
    plain["steps"][0] = filled(plain, ("steps", 0), fields)
    assert plain["steps"][0]["repeat"] == {"until": "T+1h"}
    fields = sent(form_of(plain, ("steps", 0), names).fields)
    del fields["repeat.?"]
    assert "repeat" not in filled(plain, ("steps", 0), fields)


def test_parts_are_added_doubled_moved_and_taken_out() -> None:
    plain = plain_of(blank("small"))
    plain, at = moved(plain, Move("add", "steps"), path_of("steps"))
    assert at == ("steps", 1)
    assert plain["steps"][1]["code"] == "S02"
    assert (plain["steps"][1]["phase"], plain["steps"][1]["role"]) == ("acute", "LEI")
    plain, at = moved(plain, Move("double", "steps/1"), path_of("steps/1"))
    assert plain["steps"][2]["code"] == "S03"
    plain, at = moved(plain, Move("up", "steps/2"), path_of("steps/2"))
    assert [step["code"] for step in plain["steps"]] == ["S01", "S03", "S02"]
    plain, at = moved(plain, Move("remove", "steps/0"), path_of("steps/0"))
    assert [step["code"] for step in plain["steps"]] == ["S03", "S02"]
    plain, at = moved(plain, Move("add", "messages/0/texts/tr"), path_of("messages/0/texts/tr"))
    assert plain["messages"][0]["texts"]["tr"] == ""
    plain, at = moved(plain, Move("add", "triggers"), path_of("triggers"))
    plain, at = moved(plain, Move("remove", "triggers/0"), path_of("triggers/0"))
    assert "triggers" not in plain
    with pytest.raises(Refused):
        moved(plain, Move("up", "steps/9"), path_of("steps/9"))


def test_a_part_of_a_block_becomes_an_own_copy_in_its_place() -> None:
    block = msgspec.convert(
        {
            "block": "records", "version": 1, "title": {"nl": "a", "en": "a"},
            "purpose": {"nl": "a", "en": "a"}, "changes": [{"nl": "a", "en": "a"}],
            "roles": [
                {"code": "LOG", "title": {"nl": "l", "en": "l"}, "task": {"nl": "l", "en": "l"}}
            ],
        },
        Block,
    )  # fmt: skip
    blocks = {("records", 1): block}
    source = blank("small") + "uses:\n  - { block: records, version: 1 }\n"
    plain = plain_of(source)
    parts = block_parts(plain, blocks)
    assert list(parts) == [("uses", 0, "roles", 0)]
    document = examine(source, "draft.yaml", blocks)[0]
    assert document is not None
    assert place_of("uses[0].roles[0].title.nl") == ("uses/0/roles/0", "title.nl")
    assert place_of("steps[3].act.roles[1]") == ("steps/3", "act.roles.1")
    assert place_of("limits.we_do[0]") == ("general", "limits.we_do.0")
    groups = outline_of(plain, document, parts)
    roles = next(group for group in groups if group.name == "roles")
    assert [(entry.code, entry.block) for entry in roles.entries] == [
        ("LEI", ""),
        ("LOG", "records"),
    ]
    path = ("uses", 0, "roles", 0)
    plain, at = moved(plain, Move("own", "uses/0/roles/0"), path, parts[path][1])
    assert at == ("roles", 1)
    assert block_parts(plain, blocks) == {}
    result = rewritten(source, plain)
    assert result.startswith(source[: source.index("phases:")])
    assert not [f for f in check(result, "draft.yaml", blocks) if f.severity == "error"]


def test_what_no_form_can_show_stays_as_it_is() -> None:
    source = blank("small").replace("due: T+1h", "due: [1, 2]\n    strange: yes")
    plain = plain_of(source)
    form = form_of(plain, ("steps", 0), Names(whole(source)))
    assert [field.name for field in form.fields if field.control == "unreadable"] == ["due"]
    step = filled(plain, ("steps", 0), sent(form.fields) | {"title.nl": ["Nieuw"]})
    assert step["due"] == [1, 2]
    assert step["strange"] == "yes"
    assert step["title"]["nl"] == "Nieuw"


def test_every_field_has_help_in_dutch() -> None:
    missing, seen = set(), set()

    def walk(kind: Any) -> None:
        if isinstance(kind, inspect.Metadata):
            said = (kind.extra_json_schema or {}).get("description")
            if said and said not in HELP_NL:
                missing.add(said)
            walk(kind.type)
        elif isinstance(kind, inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                walk(field.type)
        for name in ("item_type", "key_type", "value_type"):
            if hasattr(kind, name):
                walk(getattr(kind, name))
        for each in getattr(kind, "types", ()):
            walk(each)

    walk(inspect.type_info(Playbook))
    walk(inspect.type_info(Block))
    assert missing == set()
    assert set(PARTS) <= {field.name for field in structs.fields(Playbook)}


def test_two_people_at_one_document_lose_nothing() -> None:
    base = plain_of(blank("small"))
    theirs, ours = plain_of(blank("small")), plain_of(blank("small"))
    theirs["title"]["nl"] = "Van hen"
    theirs["roles"].append({**base["roles"][0], "code": "NEW"})
    ours["steps"][0]["due"] = "T+2h"
    ours["title"]["nl"] = "Van ons"
    ours["messages"].append({**base["messages"][0], "code": "K2"})
    found = {meeting.part: meeting.side for meeting in meetings(base, theirs, ours)}
    assert found == {
        "playbook/title": "both", "roles/NEW": "theirs", "steps/S01": "ours", "messages/K2": "ours",
    }  # fmt: skip
    both = together(theirs, ours, ["steps/S01", "messages/K2"])
    assert both["title"]["nl"] == "Van hen"
    assert [role["code"] for role in both["roles"]] == ["LEI", "NEW"]
    assert [message["code"] for message in both["messages"]] == ["K1", "K2"]
    assert both["steps"][0]["due"] == "T+2h"
    assert together(theirs, ours, found) == ours
    assert together(theirs, ours, []) == theirs


RENAMED = """\
slug: plan
roles: [{ code: LEI, not_with: [LOG] }, { code: LOG, not_with: [LEI] }]
phases: [{ code: acute }, { code: later }]
audiences: [{ code: all }, { code: some }]
messages: [{ code: K1, for_audience: { all: { nl: all } } }]
questions: [{ code: a }, { code: b }]
levels: [{ level: 1, when: (a and b) or not a }]
cards: [{ code: stick }]
steps:
  - { code: S1, phase: acute, role: LEI, due: T+1h, cards: [stick] }
  - code: S10
    phase: later
    role: LOG
    title: { nl: Na S1 en a, en: After S1 and a }
    start: acute + 2h @ 17:00
    due: S1 + 30m
    when: level >= 1 and phase = acute and S1 = 1 and not a
    repeat: { every: 1h, until: later }
    act: { kind: round, audiences: [all, some], message: K1, form: K1 }
"""


@pytest.mark.parametrize(
    ("part", "new", "count", "said"),
    [
        ("steps/0", "S2", 2, ("due: S2 + 30m", "and S2 = 1", "Na S1 en a", "code: S10")),
        ("phases/0", "first", 3, ("phase: first,", "start: first + 2h @ 17:00", "phase = first")),
        ("phases/1", "after", 2, ("phase: after", "until: after")),
        ("roles/0", "BOSS", 2, ("not_with: [BOSS]", "role: BOSS")),
        ("messages/0", "K9", 2, ("message: K9", "form: K9")),
        ("audiences/0", "each", 2, ("audiences: [each, some]", "each: { nl: all }")),
        ("questions/0", "q", 3, ("(q and b) or not q", "and not q", "en: After S1 and a")),
        ("cards/0", "talk", 1, ("cards: [talk]",)),
        ("steps/1", "S11", 0, ("code: S11", "S1 + 30m")),
    ],
)  # fmt: skip
def test_what_names_a_part_follows_its_new_code(
    part: str, new: str, count: int, said: tuple[str, ...]
) -> None:
    before, path = plain_of(RENAMED), path_of(part)
    after = plain_of(RENAMED)
    value_at(after, path)["code"] = new
    whole, places = renamed(before, after, path)
    assert places == count
    source = rewritten(RENAMED, whole)
    assert [words for words in said if words not in source] == []


@pytest.mark.parametrize(
    ("part", "new", "said"),
    [
        ("steps/0", "S10", "already"), ("steps/0", "acute", "already"), ("roles/0", "", None),
        ("roles/0", "two words", "begins with a letter"),
        ("roles/0", "x" * 41, "begins with a letter"),
    ],
)  # fmt: skip
def test_a_code_that_is_taken_or_none_is_refused_and_a_blank_one_is_left_to_the_check(
    part: str, new: str, said: str | None
) -> None:
    before, after = plain_of(RENAMED), plain_of(RENAMED)
    value_at(after, path_of(part))["code"] = new
    if said is None:
        assert renamed(before, after, path_of(part)) == (after, 0)
        return
    with pytest.raises(Refused, match=said):
        renamed(before, after, path_of(part))


def test_a_code_that_two_parts_share_is_renamed_alone() -> None:
    twice = RENAMED.replace("code: S10", "code: S1")
    before, after = plain_of(twice), plain_of(twice)
    after["steps"][1]["code"] = "S2"
    whole, places = renamed(before, after, ("steps", 1))
    assert (whole, places) == (after, 0)
