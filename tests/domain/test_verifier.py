"""The verifier that ships inside an export finds any change, without anything of ours."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from timeline_samples import (
    KEY,
    OTHER_SECRET,
    SECRET,
    appended,
    erased,
    exported,
    manifest,
    note,
    rebuilt,
    rehashed,
    sealed,
    story,
)

import calamity
from calamity.domain.timeline import GENESIS, Line, Visibility, public_key, sign, verify

SCRIPT = Path(calamity.__file__).parent / "store" / "export" / "verify_timeline.py"
WHOLE = exported(story())


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module, for questions that are asked thousands of times."""
    module = ModuleType("verify_timeline")
    exec(compile(SCRIPT.read_bytes(), SCRIPT, "exec"), module.__dict__)  # noqa: S102 - our file
    return module


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script alone: no packages, no environment, no current directory of ours."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


def judged(tmp_path: Path, timeline: bytes, end: bytes | None = None, *more: str):
    (tmp_path / "timeline.jsonl").write_bytes(timeline)
    if end is not None:
        (tmp_path / "manifest.json").write_bytes(end)
    done = run(tmp_path, *more)
    assert done.stderr == ""
    return done.returncode, done.stdout


# -- the file itself


def test_the_script_is_short_and_needs_nothing():
    source = SCRIPT.read_text()
    imports = {
        line.split()[1] for line in source.splitlines() if line.startswith(("import", "from"))
    }

    assert len(source.splitlines()) < 150
    assert imports <= set(sys.stdlib_module_names)
    # What Python 3.9 does not have would stop a reader who has nothing newer.
    ast.parse(source, feature_version=(3, 9))
    assert " | None" not in source


# -- files that are whole


def test_a_whole_file_is_intact(tmp_path):
    lines = story()

    code, said = judged(tmp_path, WHOLE, manifest(lines, secret=SECRET))

    assert code == 0
    assert said.startswith("IN ORDE / INTACT.\n10 regels / lines; ")
    assert f": 10; {KEY}\n" in said
    assert "compare" in said


def test_a_key_that_was_got_by_another_way_is_believed(tmp_path):
    code, said = judged(tmp_path, WHOLE, manifest(story()), *ALL, KEY)

    assert code == 0
    assert f": 9; {KEY}\n" in said
    assert "compare" not in said


ALL = ("timeline.jsonl", "manifest.json")


def test_without_a_manifest_it_says_what_it_cannot_see(tmp_path):
    code, said = judged(tmp_path, exported(story()[:-1]))

    assert code == 0
    assert "a lost end goes unseen" in said


@pytest.mark.parametrize("reader", list(Visibility))
def test_a_file_for_fewer_eyes_still_verifies(tmp_path, reader):
    timeline = exported(story(), reader)

    code, _ = judged(tmp_path, timeline, manifest(story(), reader))

    assert code == 0
    assert (b"Gerucht" in timeline) == (reader is Visibility.COORDINATORS)
    assert (b"Dank" in timeline) == (reader is not Visibility.OFFICIALS)


def test_an_erased_body_is_no_tampering(tmp_path):
    lines = erased(story(), 4)

    code, _ = judged(tmp_path, exported(lines), manifest(lines))

    assert code == 0
    assert b"dicht" not in exported(lines)


# -- files that are not


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def changed(x: list[bytes]) -> list[bytes]:
    return [*x[:3], x[3].replace(b"dicht", b"open"), *x[4:]]


def emptied(x: list[bytes]) -> list[bytes]:
    line = json.loads(x[3])
    line.update(body=None, salt=None, erased=True)
    return [*x[:3], dumped(line), *x[4:]]


def hidden(x: list[bytes]) -> list[bytes]:
    line = json.loads(x[3])
    line.update(body=None, salt=None, hidden=True)
    return [*x[:3], dumped(line), *x[4:]]


def remarked(x: list[bytes]) -> list[bytes]:
    return [*x[:3], dumped({**json.loads(x[3]), "remark": "verzonnen"}), *x[4:]]


def dumped(line: object) -> bytes:
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


TAMPERING: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "changed": (changed, "line 4 was changed"),
    "body taken out": (emptied, "line 4 was changed"),
    "body hidden": (hidden, "line 4 was changed"),
    "remark added": (remarked, "line 4 was changed"),
    "removed": (lambda x: [*x[:3], *x[4:]], "line 4 was removed"),
    "first removed": (lambda x: x[1:], "line 1 was removed"),
    "truncated": (lambda x: x[:-2], "line 9 was removed"),
    "cut in the last line": (lambda x: [*x[:-1], x[-1][:-9]], "line 10 was changed"),
    "last newline cut": (lambda x: [*x[:-1], x[-1][:-1]], "line 10 was changed"),
    "inserted": (lambda x: [*x[:5], x[2], *x[5:]], "line 6 was inserted"),
    "blank inserted": (lambda x: [*x[:5], b"\n", *x[5:]], "line 6 was inserted"),
    "nonsense inserted": (lambda x: [*x[:5], b"[1]\n", b"\xff\n", *x[5:]], "line 6 was inserted"),
    "appended": (lambda x: [*x, x[-1]], "line 11 was inserted"),
    "reordered": (lambda x: [*x[:5], x[6], x[5], *x[7:]], "line 6 was reordered"),
    "all unreadable but one": (lambda x: [b"{}\n"] * 3 + x[3:4], "line 1 was changed"),
}
NL = {"changed": "anders", "removed": "weg", "inserted": "extra", "reordered": "verplaatst"}


@pytest.mark.parametrize("name", TAMPERING)
def test_the_first_line_at_fault_is_named_in_both_languages(tmp_path, name):
    tamper, words = TAMPERING[name]

    code, said = judged(tmp_path, b"".join(tamper(lines_of(WHOLE))), manifest(story()))

    _, number, _, fault = words.split()
    assert code == 1
    assert said.startswith(
        f"NIET IN ORDE: regel {number} is {NL[fault]}.\nTAMPERED WITH: {words}.\n"
    )


def test_a_chain_rebuilt_without_the_key_is_betrayed_by_its_seal(tmp_path):
    lines = story()
    lines[5] = replace(lines[5], body=b'{"type":"corrected","refers_to":4,"text":"Anders"}')
    forgery = rebuilt(lines)

    code, said = judged(tmp_path, exported(forgery), manifest(forgery))

    assert code == 1
    assert "line 9 was changed" in said
    assert "signed up to: 4" in said


def test_a_chain_rebuilt_with_another_key_does_not_fool_who_knows_the_key(tmp_path):
    forgery = sealed(appended([], note("Verzonnen")), OTHER_SECRET)
    end = manifest(forgery, secret=OTHER_SECRET)

    code, said = judged(tmp_path, exported(forgery), end)
    assert code == 0
    assert public_key(OTHER_SECRET) in said

    code, said = judged(tmp_path, exported(forgery), end, *ALL, KEY)
    assert code == 1
    assert "line 2 was changed" in said


def test_a_manifest_signed_with_another_key_is_not_believed(tmp_path):
    code, said = judged(tmp_path, WHOLE, manifest(story(), secret=OTHER_SECRET))

    assert code == 1
    assert "line 10 was changed" in said


def test_a_manifest_with_another_head_is_a_change_at_the_end(tmp_path):
    lines = story()
    other = [*lines[:-1], rehashed(lines[-1], actor_role="mayor")]

    code, said = judged(tmp_path, exported(other), manifest(lines))

    assert code == 1
    assert "line 10 was changed" in said


# -- nothing to judge


def test_what_cannot_be_judged_is_said_so(tmp_path):
    assert run(tmp_path).returncode == 2
    assert judged(tmp_path, b"")[0] == 2
    assert judged(tmp_path, b"hello\nworld\n")[0] == 2
    assert run(tmp_path, "timeline.jsonl", "nowhere.json").returncode == 2
    assert judged(tmp_path, WHOLE, b"not json")[0] == 2
    assert judged(tmp_path, WHOLE, b"{}")[0] == 2
    assert judged(tmp_path, WHOLE, b"[]")[0] == 2


def test_a_file_without_signatures_is_not_vouched_for_by_a_key(tmp_path):
    lines = appended([], note("Eerste"))

    code, said = judged(tmp_path, exported(lines), manifest(lines), *ALL, KEY)

    assert code == 2
    assert "NO VERDICT" in said


# -- any change whatever


def verdict_of(script: ModuleType, data: bytes, end: dict | None = None) -> str | None:
    *parts, tail = data.split(b"\n")
    lines = [script._read(part, 0) for part in parts] + [(None, False)] * bool(tail)
    fault, line, _, _ = script._judge(lines, end or {"count": 10}, None)
    return fault and f"{fault} {line}"


@settings(max_examples=1500, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_changed_byte_is_found_in_its_own_line(script, at, byte):
    mutated = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]

    expected = None if mutated == WHOLE else f"changed {WHOLE[:at].count(10) + 1}"
    assert verdict_of(script, mutated) == expected


def test_a_salt_in_another_spelling_is_a_change_too(script):
    salt = json.loads(lines_of(WHOLE)[3])["salt"].encode()

    assert verdict_of(script, WHOLE.replace(salt, salt.upper())) == "changed 4"
    assert verdict_of(script, WHOLE.replace(salt, salt[:2] + b" " + salt[2:])) == "changed 4"


@settings(max_examples=500, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), more=st.binary(max_size=3), less=st.integers(0, 3))
def test_any_byte_put_in_or_taken_out_is_found(script, at, more, less):
    mutated = WHOLE[:at] + more + WHOLE[at + less :]

    assert (verdict_of(script, mutated) is None) == (mutated == WHOLE)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.data())
def test_signatures_are_checked_as_the_library_checks_them(script, secret, head, data):
    key, signature = public_key(secret), sign(secret, head.hex())

    assert script._is_signed(key, head.hex(), signature)
    at = data.draw(st.integers(0, 511))
    wrong = bytearray.fromhex(signature)
    wrong[at // 8] ^= 1 << at % 8
    seal = {"head_seq": 1, "head_hash": head.hex(), "public_key": key}
    text = json.dumps({**seal, "signature": wrong.hex()})
    assert script._seal(text, [GENESIS, head.hex()], None)[0] == 0


@st.composite
def tampered(draw: st.DrawFn) -> list[Line]:
    """Lines after one to three acts of somebody who knows the format but not the key."""
    lines = story()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        to = draw(st.integers(0, len(lines) - 1))
        act = draw(
            st.sampled_from(["cut", "move", "copy", "role", "seq", "link", "empty", "forge"])
        )
        line = lines[at]
        if act in {"cut", "move"}:
            lines.pop(at)
        if act in {"move", "copy"}:
            lines.insert(to, line)
        if act in {"role", "seq", "link"}:
            new = {"role": {"actor_role": "x"}, "seq": {"seq": to + 1}, "link": {"previous": "0"}}
            lines[at] = rehashed(line, **new[act])
        if act == "empty":
            lines[at] = replace(line, body=None, salt=None, erased=True)
        if act == "forge":
            lines.insert(at, appended(lines[:at], note("Verzonnen"))[-1])
    return lines


@settings(max_examples=400, deadline=None)
@given(tampered())
def test_the_script_and_the_domain_judge_alike(script, lines):
    head = story()[-1].hash
    ours = verify(lines, count=10, head=head)

    theirs = verdict_of(script, exported(lines), {"count": 10, "head_hash": head})

    assert theirs == (None if ours.fault is None else f"{ours.fault.value} {ours.line}")
    assert (theirs is None) == (lines == story())
