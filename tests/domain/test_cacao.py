"""CACAO documents: valid by the published schemas, sound by our own rules, there and back again."""

import contextlib
import copy
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from calamity.domain.cacao import (
    CacaoFaults,
    Origin,
    read_cacao,
    sign_cacao,
    signatures_of,
    write_cacao,
)
from calamity.domain.cacao.conditions import as_formula, as_pattern
from calamity.domain.cacao.terms import EXTENSION
from calamity.domain.playbook import Playbook, Repeat
from calamity.domain.playbook.formula import Facts, holds, read_formula
from calamity.domain.playbook_check import canonical
from tests.make import make_playbook, make_step
from tests.shipped import FOLDER, read_shipped

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = Origin("Gemeente Oeverlanden", AT - timedelta(days=30), AT - timedelta(days=2))
SHARED = Path(os.environ.get("CALAMITY_SHARED", Path(__file__).parents[3] / "shared"))
SCHEMAS = SHARED / "data/cacao-schemas/schemas"


def rich() -> Playbook:
    """Return a playbook that uses what the language has."""
    plain = make_playbook()
    steps = [
        *plain.steps,
        make_step("late", start=f"{plain.steps[0].code} + 30m", due=f"{plain.steps[0].code} + 2h"),
        make_step("later", start="late + 10m", due="late + 1h", when="level >= 2 and a"),
        make_step(
            "again",
            start="T+1h",
            due="T+2h",
            repeat=Repeat(until=plain.phases[-1].code, at=["10:00", "17:00"]),
        ),
        make_step("day", start="T + 1y - 30d @ 10:00", due="T + 1y - 20d"),
    ]
    questions = [{"code": "a", "text": {"nl": "Was het hier?", "en": "Was it here?"}}]
    document = msgspec.json.decode(canonical(msgspec.structs.replace(plain, steps=steps)))
    return msgspec.convert(document | {"questions": questions}, Playbook)


def sent(document: Any) -> bytes:
    """Return a document as it travels."""
    return json.dumps(document).encode()


SHIPPED = [read_shipped(path) for path in sorted(FOLDER.glob("*/v*.yaml"))]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """Return the published schemas."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"the schemas of CACAO are not at {SCHEMAS}")
    resources = []
    for path in SCHEMAS.rglob("*.json"):
        schema = json.loads(path.read_text())
        # They use "unevaluatedProperties", which is younger than the draft that they name. Taken
        # at its word it would refuse every command: the schema that all commands share is closed.
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        if path.name == "command-data.json":
            del schema["unevaluatedProperties"]
        resources.append((schema["$id"], Resource.from_contents(schema)))
    registry: Registry[Any] = Registry().with_resources(resources)
    root = json.loads((SCHEMAS / "playbook.json").read_text())
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return Draft202012Validator(root, registry=registry)


@pytest.mark.parametrize(
    "playbook", [rich(), *SHIPPED], ids=lambda each: f"{each.slug} {each.version}"
)
def test_what_we_write_is_valid_by_the_published_schemas(
    validator: Draft202012Validator, playbook: Playbook
) -> None:
    document = sign_cacao(write_cacao(playbook, ORIGIN), secret(), "Gemeente Oeverlanden", AT)
    problems = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(document)]
    assert problems == []


@pytest.mark.parametrize(
    "playbook", [rich(), *SHIPPED], ids=lambda each: f"{each.slug} {each.version}"
)
def test_a_playbook_comes_back_as_it_was(playbook: Playbook) -> None:
    back = read_cacao(sent(write_cacao(playbook, ORIGIN)), at=AT)
    assert back.is_ours
    assert back.crossings == []
    assert canonical(msgspec.convert(back.playbook, Playbook)) == canonical(playbook)


def test_the_example_of_the_field_comes_in_as_a_draft() -> None:
    path = SHARED / "data/cacao-example.json"
    if not path.exists():
        pytest.skip(f"the example is not at {path}")
    document = json.loads(path.read_text())
    read = read_cacao(sent(document), at=datetime(2026, 6, 1, tzinfo=UTC))
    assert not read.is_ours
    assert [step["title"]["nl"] for step in read.playbook["steps"]][:2] == [
        "Call out rapid-response team",
        "Call deputies",
    ]
    assert [each.is_good for each in read.signatures] == [True, True]
    assert any("repeat" in each.en for each in read.crossings)


def secret() -> bytes:
    """Return a key."""
    return bytes(range(32))


def test_a_signature_holds_until_a_letter_changes() -> None:
    document = sign_cacao(write_cacao(rich(), ORIGIN), secret(), "Gemeente Oeverlanden", AT)
    document = sign_cacao(document, bytes(range(1, 33)), "Goedkeurder", AT)
    signed = signatures_of(document)
    public = Ed25519PrivateKey.from_private_bytes(secret()).public_key().public_bytes_raw().hex()
    assert [each.is_good for each in signed] == [True, True]
    assert signed[0].key == public
    changes: tuple[dict[str, Any], ...] = (
        {"name": document["name"] + "."},
        {"modified": "2026-11-21T12:00:00.000Z"},
        {"labels": []},
    )
    for change in changes:
        assert not any(each.is_good for each in signatures_of(document | change))
    document["signatures"][0]["signee"] = "Een ander"
    assert [each.is_good for each in signatures_of(document)] == [False, True]


@pytest.mark.parametrize(
    "signature",
    [None, 7, {}, {"public_key": "?"}, {"public_key": "AAAA", "algorithm": "Ed25519"}],
)
def test_a_signature_that_cannot_be_read_is_not_good(signature: Any) -> None:
    assert not signatures_of(write_cacao(rich(), ORIGIN) | {"signatures": [signature]})[0].is_good


def test_what_another_program_changed_comes_across_and_is_told() -> None:
    playbook = rich()
    document = write_cacao(playbook, ORIGIN)
    document["name"] = "Een andere naam"
    actions = {
        extension["step"]["code"]: (name, action)
        for name, action in document["workflow"].items()
        if "step" in (extension := action.get("step_extensions", {}).get(EXTENSION, {}))
    }
    first = playbook.steps[0].code
    actions[first][1]["delay"] = 5 * 60_000
    guard = next(s for s in document["workflow"].values() if s["type"] == "if-condition")
    guard["condition"] = "__level__:value >= 3"
    document["playbook_variables"]["__level__"] = {"type": "integer"}
    back = read_cacao(sent(document), at=AT)
    read = msgspec.convert(back.playbook, Playbook)
    assert read.title.nl == "Een andere naam"
    assert read.step(first).start == "T+5m"
    assert read.step("later").when == "level >= 3"
    assert {each.where for each in back.crossings} == {f"steps.{first}", "steps.later"}


def broken(rule: str) -> Any:
    """Return a document with one thing wrong."""
    document = copy.deepcopy(write_cacao(rich(), ORIGIN))
    workflow = document["workflow"]
    actions = [step for step in workflow.values() if step["type"] == "action"]
    plain = [n for n, s in workflow.items() if s["type"] == "action" and "on_completion" in s]
    ends = [name for name, step in workflow.items() if step["type"] == "end"]
    last = [name for name in plain if workflow[name]["on_completion"] in ends]
    nested: Any = {}
    for _ in range(60):
        nested = {"a": nested}
    changes: dict[str, tuple[Any, Any]] = {
        "dangling": (workflow[document["workflow_start"]], {"on_completion": other("action")}),
        "two-ways-out": (workflow[plain[0]], {"on_success": ends[0]}),
        "modified-before-created": (document, {"modified": "2020-01-01T00:00:00.000Z"}),
        "unknown-agent": (actions[0], {"agent": other("group")}),
        "revoked": (document, {"revoked": True}),
        "no-milliseconds": (document, {"created": "2026-01-01T00:00:00Z"}),
        "unknown-field": (document, {"x_owner": "?"}),
        "no-start": (document, {"workflow_start": ends[0]}),
        "unreachable": (workflow, {other("action"): {"type": "action"}}),
        "loop": (workflow[plain[0]], {"on_completion": plain[0]}),
        "unknown-variable": (actions[0]["commands"][0], {"command": "__wie__:value"}),
        "calls-itself": (
            workflow,
            {other("playbook-action"): {"type": "playbook-action", "playbook_id": document["id"]}},
        ),
        "contact": (
            next(iter(document["agent_definitions"].values())),
            {"contact": {"phone": "?"}},
        ),
        "secrets": (document, {"authentication_info_definitions": {"http-basic": {}}}),
        "not-valid-now": (document, {"valid_until": "2025-01-01T00:00:00.000Z"}),
        "not-cacao": (document, {"spec_version": "cacao-1.0"}),
        "wrong-type": (workflow, {plain[0]: []}),
        "too-deep": (document, {"playbook_extensions": nested}),
        "too-many-steps": (workflow, {other("end", n): {"type": "end"} for n in range(600)}),
        "shared-end": (workflow[last[0]], {"on_completion": workflow[last[1]]["on_completion"]}),
    }
    place, change = changes[rule]
    place.update(change)
    return document


def other(kind: str, number: int = 1) -> str:
    """Return an identifier that no document has."""
    return f"{kind}--{number:08}-1111-4111-8111-111111111111"


FAULTS = (
    "dangling", "two-ways-out", "shared-end", "modified-before-created", "unknown-agent", "revoked",
    "no-milliseconds", "unknown-field", "no-start", "unreachable", "loop", "unknown-variable",
    "calls-itself", "contact", "secrets", "not-valid-now", "not-cacao", "wrong-type", "too-deep",
    "too-many-steps",
)  # fmt: skip


@pytest.mark.parametrize("rule", FAULTS)
def test_what_the_schemas_let_through_is_refused(rule: str) -> None:
    with pytest.raises(CacaoFaults) as refused:
        read_cacao(sent(broken(rule)), at=AT)
    assert rule in {each.rule for each in refused.value.faults}
    assert all(each.nl and each.en for each in refused.value.faults)


def test_a_document_that_is_too_large_is_refused_for_that() -> None:
    with pytest.raises(CacaoFaults) as refused:
        read_cacao(b" " * (2 * 1024 * 1024 + 1), at=AT)
    assert [each.rule for each in refused.value.faults] == ["too-large"]


def test_every_reason_has_a_test() -> None:
    from calamity.domain.cacao import soundness

    assert {*FAULTS, "too-large"} == set(soundness._WORDS)


@pytest.mark.parametrize("source", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000])
def test_nonsense_is_refused(source: bytes) -> None:
    with pytest.raises(CacaoFaults):
        read_cacao(source, at=AT)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "workflow", "name", "on_completion", "agent", "next_steps", "commands", "cases"]
    ), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_whatever_stands_in_a_field_it_is_read_or_refused(value: Any) -> None:
    document = copy.deepcopy(write_cacao(rich(), ORIGIN))
    name = next(n for n, s in document["workflow"].items() if s["type"] == "action")
    for place in (document, document["workflow"], document["workflow"][name]):
        for field in list(place)[:12]:
            held = place[field]
            place[field] = value
            with contextlib.suppress(CacaoFaults):
                read_cacao(sent(document), at=AT)
            place[field] = held


NAMES = st.sampled_from(["a", "b", "level", "phase", "S1"])


def formulas() -> st.SearchStrategy[str]:
    """Return formulas of every shape."""
    leaf = st.sampled_from(["a", "b", "level >= 2", "phase = acute", "S1 = 1", "a = unknown"])
    return st.recursive(
        leaf,
        lambda inner: (
            st.builds("({} and {})".format, inner, inner)
            | st.builds("({} or {})".format, inner, inner)
            | st.builds("not ({})".format, inner)
        ),
        max_leaves=6,
    )


@given(
    formulas(),
    st.sampled_from([True, False, None]),
    st.sampled_from([True, False, None]),
    st.integers(0, 3),
    st.sampled_from(["acute", "recover"]),
)
def test_a_condition_means_the_same_on_both_sides(
    formula: str, a: bool | None, b: bool | None, level: int, phase: str
) -> None:
    facts = Facts(
        {"a": a, "b": b}, {"level": level}, phase, ["acute", "recover"], {"S1": frozenset({"1"})}
    )
    back = as_formula(as_pattern(formula))
    assert back is not None
    assert holds(read_formula(back), facts) == holds(read_formula(formula), facts)


@pytest.mark.parametrize("pattern", ["ipv4-addr:value = 1", "__level__:value >= 'x'", "", "a AND"])
def test_a_condition_of_others_may_be_unreadable(pattern: str) -> None:
    assert as_formula(pattern) is None
