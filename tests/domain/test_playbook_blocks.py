"""Blocks: a playbook that is built with them is whole, once and for ever."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from playbook_samples import FILENAME, SMALL

from calamity.domain.playbook import Block, Expected, LevelRule, Prose, Question, Use, Words
from calamity.domain.playbook_check import (
    PlaybookFaults,
    canonical,
    check,
    fingerprint,
    read,
    read_block,
    read_document,
)

WHOLE = read(SMALL, FILENAME)
PARTS = ("roles", "audiences", "messages", "steps")
BLOCK_FILE = "playbooks/blocks/core/v1.yaml"


def block(name: str = "core", version: int = 1, **parts) -> Block:
    return Block(
        name, version, Words("Kern", "Core"), Prose("Een deel.", "A part."),
        [Words("Eerste.", "First.")], **parts,
    )  # fmt: skip


CORE = block(**{name: getattr(WHOLE, name) for name in PARTS})
CORES = {("core", 1): CORE}
BARE = replace(WHOLE, roles=[], audiences=[], messages=[], steps=[], uses=[Use("core", 1)])


def source_of(playbook) -> bytes:
    """Return the document as its author wrote it: without what is to come from blocks."""
    return canonical(playbook)


def faults_of(playbook, blocks=None) -> list[tuple[str, str]]:
    found = check(source_of(playbook), FILENAME, CORES if blocks is None else blocks)
    return [(fault.rule, fault.path) for fault in found]


def test_a_playbook_may_take_all_its_parts_from_a_block():
    built = read(source_of(BARE), FILENAME, CORES)

    assert built == replace(WHOLE, uses=[Use("core", 1, fingerprint(CORE))])


def test_building_a_whole_document_again_changes_nothing_even_without_the_block():
    built = read(source_of(BARE), FILENAME, CORES)

    assert read(canonical(built), FILENAME, CORES) == built
    assert read(canonical(built), FILENAME) == built
    assert fingerprint(read(canonical(built), FILENAME)) == fingerprint(built)


def test_a_part_that_the_document_holds_itself_takes_the_place_of_the_block_s():
    leader = replace(WHOLE.roles[0], task=Words("Leidt anders.", "Leads otherwise."))

    built = read(source_of(replace(BARE, roles=[leader])), FILENAME, CORES)

    assert built.roles == [leader, WHOLE.roles[1]]


def test_own_steps_stand_among_those_of_the_block_in_order_of_time():
    early = replace(WHOLE.steps[1], code="X1", start="T+30m", due="T+2h", act=None)
    late = replace(WHOLE.steps[1], code="X2", start="S4 + 1h", due="T+4d", act=None)

    built = read(source_of(replace(BARE, steps=[late, early])), FILENAME, CORES)

    assert [step.code for step in built.steps] == ["S1", "S2", "S3", "X1", "S4", "X2", "S5", "S6"]


def test_own_rules_for_a_level_take_the_place_of_those_of_the_block_for_that_level():
    general = [LevelRule(3, "sure"), LevelRule(2, "grip >= 2"), LevelRule(2, "grip >= 1")]
    own = [LevelRule(2, "threat >= 4"), LevelRule(2, "threat >= 5")]
    asked = [Question("sure", Words("Zeker?", "Certain?"))]
    blocks = {("core", 1): replace(CORE, levels=general)}

    built = read(source_of(replace(BARE, levels=own, questions=asked)), FILENAME, blocks)

    assert built.levels == [general[0], *own]


def test_other_lists_have_the_blocks_in_order_of_use_and_then_their_own():
    more = block("more", roles=[replace(WHOLE.roles[0], code="MOR")])
    own = replace(WHOLE.roles[0], code="OWN")
    playbook = replace(BARE, roles=[own], uses=[Use("more", 1), Use("core", 1)])

    built = read(source_of(playbook), FILENAME, {**CORES, ("more", 1): more})

    assert [role.code for role in built.roles] == ["MOR", "LEI", "NET", "OWN"]


def test_the_same_part_in_two_blocks_counts_once_and_another_must_be_settled():
    leader = WHOLE.roles[0]
    same, other = block("same", roles=[leader]), block("same", roles=[replace(leader, minimum=2)])
    playbook = replace(BARE, uses=[Use("core", 1), Use("same", 1)])

    def blocks(second):
        return {**CORES, ("same", 1): second}

    assert read(source_of(playbook), FILENAME, blocks(same)).roles == WHOLE.roles
    assert faults_of(playbook, blocks(other)) == [("blocks-clash", "uses[1]")]
    settled = replace(playbook, roles=[leader])
    assert read(source_of(settled), FILENAME, blocks(other)).roles == WHOLE.roles


@pytest.mark.parametrize(
    ("use", "rule", "path"),
    [
        (Use("cor", 1), "unknown-block", "uses[0].block"),
        (Use("core", 2), "unknown-block-version", "uses[0].version"),
    ],
)
def test_a_block_that_is_not_there_is_the_only_fault(use, rule, path):
    assert faults_of(replace(BARE, uses=[use])) == [(rule, path)]
    with pytest.raises(PlaybookFaults):
        read(source_of(replace(BARE, uses=[use])), FILENAME, CORES)


def test_a_block_used_twice_is_told():
    assert faults_of(replace(BARE, uses=[Use("core", 1)] * 2)) == [("duplicate-code", "uses[1]")]


def test_a_whole_document_that_was_built_with_other_words_is_told_and_left_as_it_is():
    built = read(source_of(BARE), FILENAME, CORES)
    elsewhere = {("core", 1): replace(CORE, title=Words("Anders", "Other"))}

    (fault,) = check(canonical(built), FILENAME, elsewhere)

    assert (fault.rule, fault.severity, fault.path) == ("other-block", "warning", "uses[0].sha256")
    assert read(canonical(built), FILENAME, elsewhere) == built


def test_what_is_left_out_without_a_block_is_missing():
    without = replace(BARE, uses=[])

    assert {path for rule, path in faults_of(without) if rule == "missing-field"} == set(PARTS)


def test_a_fault_in_a_block_stands_at_its_use_and_names_the_place_in_the_block():
    steps = [replace(WHOLE.steps[0], role="XXX"), *WHOLE.steps[1:]]
    broken = {("core", 1): replace(CORE, steps=steps)}

    (fault,) = check(source_of(BARE), FILENAME, broken)

    assert (fault.rule, fault.path) == ("unknown-code", "uses[0].steps[0].role")


def test_a_fault_of_its_own_keeps_its_place_in_the_file():
    wrong = replace(WHOLE.steps[1], code="X1", role="XXX", start="T+5m", act=None)

    assert faults_of(replace(BARE, steps=[wrong])) == [("unknown-code", "steps[0].role")]


def test_a_list_that_grows_too_long_with_its_blocks_is_told():
    many = [replace(WHOLE.roles[0], code=f"R{number}") for number in range(29)]

    assert ("too-many", "roles") in faults_of(replace(BARE, roles=many))


def test_what_a_block_holds_for_others_is_not_told_as_unused():
    more = [*WHOLE.roles, replace(WHOLE.roles[0], code="MOR")]

    assert faults_of(BARE, {("core", 1): replace(CORE, roles=more)}) == []


# --- A block by itself


def test_a_block_is_checked_by_itself_and_read():
    source = canonical(CORE)

    assert check(source, BLOCK_FILE) == []
    assert read_block(source, BLOCK_FILE) == CORE
    assert read_document(source, BLOCK_FILE) == CORE
    assert canonical(msgspec.json.decode(source, type=Block)) == source


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"block": "other"}, "slug-path"),
        ({"version": 2}, "version-path"),
        ({"roles": [WHOLE.roles[0]] * 2}, "duplicate-code"),
        ({"steps": [replace(WHOLE.steps[1], start="2026-02-31")]}, "never-comes"),
        ({"steps": [replace(WHOLE.steps[1], when="a or")]}, "formula"),
        ({"messages": [replace(WHOLE.messages[1], texts={"nl": "Dag"})]}, "missing-language"),
        ({"purpose": Prose("Dit is derhalve zo.", "A part.")}, "hard-word"),
    ],
)
def test_a_fault_in_a_block_is_told_where_the_block_stands(changes, rule):
    found = {fault.rule for fault in check(canonical(replace(CORE, **changes)), BLOCK_FILE)}

    assert rule in found


def test_a_block_may_name_what_only_the_playbook_holds():
    assert check(canonical(block(steps=[WHOLE.steps[1]])), BLOCK_FILE) == []


def test_a_playbook_is_no_block_and_a_block_no_playbook():
    with pytest.raises(PlaybookFaults) as caught:
        read_block(SMALL, FILENAME)
    assert [fault.rule for fault in caught.value.faults] == ["no-block"]
    with pytest.raises(PlaybookFaults) as caught:
        read(canonical(CORE), BLOCK_FILE)
    assert [fault.rule for fault in caught.value.faults] == ["is-block"]


# --- However a playbook is cut into blocks, the whole is the same


JUNK = [None, True, 0, -1, 9**30, "", "x", "\n", "T", "9999-12-31", [], [1, []], {}, {"": ""}]


def places(value, path=()):
    """Every place in a document of plain values, the whole itself left out."""
    if not isinstance(value, dict | list):
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        yield from places(each, (*path, key))


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_whatever_stands_anywhere_beside_a_block_is_told(data):
    sha256 = data.draw(st.sampled_from(["", "0" * 64]))
    own = replace(WHOLE, roles=[], uses=[Use("core", 1, sha256)])
    document = msgspec.json.decode(canonical(own))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from([*places(document)]))
        held = document
        for key in way:
            held = held[key]
        held[last] = data.draw(st.sampled_from(JUNK))
    source = msgspec.json.encode(document)

    faults = check(source, FILENAME, CORES)

    for fault in faults:
        assert fault.line >= 1
        assert all((fault.message, fault.cure, fault.message_nl, fault.cure_nl))
    if any(fault.severity == "error" for fault in faults):
        with pytest.raises(PlaybookFaults):
            read(source, FILENAME, CORES)


def test_steps_that_cannot_be_read_beside_a_block_are_told():
    source = msgspec.json.encode(
        msgspec.json.decode(source_of(BARE)) | {"steps": [1, "a", None, ["x"], {}]}
    )

    faults = check(source, FILENAME, CORES)

    assert [fault.path for fault in faults[:4]] == [f"steps[{index}]" for index in range(4)]
    assert {fault.rule for fault in faults} == {"wrong-type", "missing-field"}


def test_a_fingerprint_that_is_none_is_told_with_one_that_is():
    source = source_of(replace(BARE, uses=[Use("core", 1, "zz")]))

    (fault,) = check(source, FILENAME, CORES)

    assert fault.rule == "wrong-form"
    assert len(fault.cure.rpartition(" ")[2].rstrip(".")) == 64


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_however_a_playbook_is_cut_into_blocks_the_whole_is_the_same(data):
    cut: dict[str, dict[str, list]] = {"own": {}, "one": {}, "two": {}}
    for name in PARTS:
        for part in getattr(WHOLE, name):
            where = data.draw(st.sampled_from(["own", "one", "two"]))
            cut[where].setdefault(name, []).append(part)
    blocks = {(name, 1): block(name, **cut[name]) for name in ("one", "two")}
    own = {name: cut["own"].get(name, []) for name in PARTS}
    source = replace(WHOLE, **own, uses=[Use("one", 1), Use("two", 1)])

    built = read(source_of(source), FILENAME, blocks)

    for name in PARTS:
        codes = [part.code for part in getattr(built, name)]
        assert sorted(codes) == sorted(part.code for part in getattr(WHOLE, name))
        assert {part.code: part for part in getattr(built, name)} == {
            part.code: part for part in getattr(WHOLE, name)
        }
    starts = [Expected(built).seconds(step.start) for step in built.steps]
    assert starts == sorted(starts)
    assert read(canonical(built), FILENAME) == built
