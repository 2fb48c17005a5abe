"""Entries keep their promise: readable for ever, chained, and told apart when tampered with."""

import hashlib
import json
import time
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from timeline_samples import (
    EVERYONE,
    KEY,
    OTHER_SECRET,
    START,
    appended,
    erased,
    note,
    rebuilt,
    rehashed,
    sealed,
    story,
)

from calamity.domain.timeline import (
    GENESIS,
    EntryKind,
    Fault,
    Happening,
    Header,
    Line,
    Sign,
    Verdict,
    Visibility,
    canonical_header,
    canonical_time,
    commitment,
    decode_happening,
    encode_happening,
    header_hash,
    is_signed,
    kind_of,
    public_key,
    sign,
    verify,
)

SAMPLES = (Path(__file__).parent / "samples" / "happenings.jsonl").read_bytes().splitlines()


def tag(kind: type) -> str:
    return str(msgspec.inspect.type_info(kind).tag)


# -- happenings


def test_every_tag_has_a_stored_sample_that_still_reads():
    assert isinstance(Happening, types.UnionType)
    sampled = [json.loads(sample)["type"] for sample in SAMPLES]

    assert set(sampled) == {tag(kind) for kind in get_args(Happening)}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: json.loads(sample)["type"])
def test_a_stored_sample_says_the_same_when_written_again(sample):
    happening = decode_happening(sample)

    written = json.loads(encode_happening(happening))
    assert json.loads(sample).items() <= written.items()
    assert isinstance(kind_of(happening), EntryKind)


def test_tags_are_hyphenated():
    assert all(set(tag(kind)) <= set("abcdefghijklmnopqrstuvwxyz-") for kind in get_args(Happening))


def test_an_unknown_field_is_refused():
    with pytest.raises(msgspec.ValidationError):
        decode_happening(b'{"type":"calamity-closed","reason":"x","by":"someone"}')


def test_a_summary_has_three_sentences_at_most():
    with pytest.raises(msgspec.ValidationError):
        decode_happening(b'{"type":"summary-written","sentences":["a","b","c","d"]}')


def test_a_time_in_a_body_has_a_zone():
    with pytest.raises(msgspec.ValidationError):
        decode_happening(b'{"type":"next-update-set","at":"2026-01-31T12:00:00"}')


@pytest.mark.parametrize("kind", ["social", "grip", "threat"])
def test_each_level_has_its_own_kind_of_entry(kind):
    happening = decode_happening(
        b'{"type":"level-set","kind":"%s","value":2,"previous":1,"reason":"x"}' % kind.encode()
    )

    assert kind_of(happening) == {"social": "level"}.get(kind, kind)


# -- who sees what


def test_each_level_sees_its_own_entries_and_those_meant_for_more():
    c, t, o = Visibility.COORDINATORS, Visibility.TEAM, Visibility.OFFICIALS

    assert [[reader.sees(entry) for entry in (c, t, o)] for reader in (c, t, o)] == [
        [True, True, True],
        [False, True, True],
        [False, False, True],
    ]


# -- the chain


def test_a_header_is_hashed_as_sorted_compact_json():
    header = story()[5].header

    assert canonical_header(header).decode() == (
        '{"actor_role":"coordinator","calamity_id":"C1",'
        f'"commitment":"{header.commitment}","happened_at":"2026-01-31T12:00:06.000000Z",'
        f'"kind":"correction","previous":"{header.previous}",'
        '"recorded_at":"2026-01-31T12:00:06.000007Z","refers_to":4,"seq":6,'
        '"visibility":"officials"}'
    )
    assert header_hash(header) == hashlib.sha256(canonical_header(header)).hexdigest()


@given(st.text(), st.text(), st.integers(), st.none() | st.integers())
def test_the_standard_library_writes_a_header_alike(calamity, role, seq, refers_to):
    header = replace(
        story()[0].header, calamity_id=calamity, actor_role=role, seq=seq, refers_to=refers_to
    )
    text = canonical_header(header)

    again = json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert again.encode() == text


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_the_same_whatever_its_zone(at):
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        return

    assert canonical_time(at) == canonical_time(utc)
    assert datetime.fromisoformat(canonical_time(at)) == utc
    assert len(canonical_time(at)) == len("2026-01-31T12:00:00.000000Z")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        canonical_time(datetime(2026, 1, 31))  # noqa: DTZ001 - that is the point
    assert canonical_time(START.astimezone(timezone(timedelta(hours=2)))).startswith(
        "2026-01-31T12"
    )


def test_a_commitment_is_the_hash_of_salt_and_body():
    salt = bytes(16)

    assert commitment(salt, b"x") == hashlib.sha256(salt + b"x").hexdigest()
    with pytest.raises(ValueError, match="16"):
        commitment(b"short", b"x")


def test_a_header_can_be_stored_and_read_again():
    header = story()[5].header

    assert msgspec.json.decode(msgspec.json.encode(header), type=Header) == header


def test_hashing_a_header_is_quick():
    header = story()[0].header
    started = time.perf_counter()
    for _ in range(2000):
        header_hash(header)

    # Thousands of replies may come at once; 50 microseconds each is ten times what it takes.
    assert time.perf_counter() - started < 2000 * 50e-6


def test_a_signature_belongs_to_one_key_and_one_head():
    head = hashlib.sha256(b"head").hexdigest()
    signature = sign(bytes(32), head)
    key = public_key(bytes(32))

    assert is_signed(key, head, signature)
    assert not is_signed(KEY, head, signature)
    assert not is_signed(key, GENESIS, signature)
    assert not is_signed("not hex", head, signature)


# -- the verdict


def found(verdict: Verdict) -> tuple[str, int, int]:
    assert not verdict.intact
    assert verdict.fault is not None
    assert verdict.line is not None
    assert verdict.seq is not None
    return verdict.fault.value, verdict.line, verdict.seq


def test_a_whole_timeline_is_intact():
    lines = story()

    verdict = verify(lines, key=KEY, count=10, head=lines[-1].hash)

    assert verdict == Verdict(
        intact=True, lines=10, head=lines[-1].hash, seals=2, sealed=9, public_key=KEY
    )


def test_a_timeline_without_entries_is_intact():
    assert verify([]) == Verdict(intact=True, lines=0, head=GENESIS)


def test_an_erased_body_does_not_break_the_chain():
    verdict = verify(erased(story(), 2), key=KEY)

    assert (verdict.intact, verdict.erased) == (True, 1)


def test_a_body_that_is_gone_without_an_erasure_is_missed():
    lines = story()
    lines[1] = replace(lines[1], salt=None, body=None, erased=True)

    verdict = verify(lines)

    assert found(verdict) == ("changed", 2, 2)
    assert verdict.sign is Sign.BODY


def test_a_body_may_be_hidden_from_those_who_may_not_see_it_only():
    lines = story()
    for seq in (2, 3, 8):
        lines[seq - 1] = replace(lines[seq - 1], salt=None, body=None, hidden=True)

    assert verify(lines, reader=Visibility.OFFICIALS).hidden == 3
    assert verify(lines, reader=Visibility.OFFICIALS).intact
    assert found(verify(lines, reader=Visibility.TEAM)) == ("changed", 2, 2)


def moved(lines: list[Line], start: int, to: int) -> list[Line]:
    lines.insert(to - 1, lines.pop(start - 1))
    return lines


def with_first(lines: list[Line], **changes: object) -> list[Line]:
    return [rehashed(lines[0], **changes), *lines[1:]]


def forged(lines: list[Line], after: int, **changes: object) -> list[Line]:
    """Insert a line that answers to its own hashes."""
    line = appended(lines[:after], note("Verzonnen"))[-1]
    return [*lines[:after], rehashed(line, **changes), *lines[after:]]


BODY = encode_happening(note("Iets anders"))
TAMPERING: dict[str, tuple[Callable[[list[Line]], list[Line]], tuple[str, int, int]]] = {
    "body": (lambda x: [*x[:3], replace(x[3], body=BODY), *x[4:]], ("changed", 4, 4)),
    "salt": (lambda x: [*x[:3], replace(x[3], salt=bytes(16)), *x[4:]], ("changed", 4, 4)),
    "short salt": (lambda x: [*x[:3], replace(x[3], salt=b""), *x[4:]], ("changed", 4, 4)),
    "hash": (lambda x: [*x[:3], replace(x[3], hash=GENESIS), *x[4:]], ("changed", 4, 4)),
    "header": (
        lambda x: [*x[:3], replace(x[3], header=replace(x[3].header, seq=9)), *x[4:]],
        ("changed", 4, 4),
    ),
    "header and hash": (
        lambda x: [*x[:3], rehashed(x[3], actor_role="mayor"), *x[4:]],
        ("changed", 4, 4),
    ),
    "last header and hash": (
        lambda x: [*x[:-1], rehashed(x[-1], previous=GENESIS)],
        ("changed", 9, 9),
    ),
    "link": (lambda x: [*x[:3], rehashed(x[3], previous=GENESIS), *x[4:]], ("changed", 4, 4)),
    "first link": (lambda x: with_first(x, previous="1" * 64), ("changed", 1, 1)),
    "first removed": (lambda x: x[1:], ("removed", 1, 1)),
    "one removed": (lambda x: [*x[:3], *x[4:]], ("removed", 4, 4)),
    "three removed": (lambda x: [*x[:3], *x[6:]], ("removed", 4, 4)),
    "last removed": (lambda x: x[:-1], ("removed", 10, 10)),
    "repeated": (lambda x: [*x[:4], x[3], *x[4:]], ("inserted", 5, 4)),
    "repeated later": (lambda x: [*x[:6], x[1], *x[6:]], ("inserted", 7, 2)),
    "repeated before": (lambda x: [*x[:2], x[6], *x[2:]], ("inserted", 3, 7)),
    "appended": (lambda x: appended(x, note("Nog iets")), ("inserted", 11, 11)),
    "forged, linked": (lambda x: forged(x, 4), ("inserted", 5, 5)),
    "forged, loose": (lambda x: forged(x, 4, previous=GENESIS), ("inserted", 5, 5)),
    "swapped": (lambda x: moved(x, 4, 5), ("reordered", 4, 5)),
    "moved down": (lambda x: moved(x, 3, 8), ("reordered", 3, 4)),
    "moved up": (lambda x: moved(x, 8, 3), ("reordered", 3, 8)),
    "first moved": (lambda x: moved(x, 1, 10), ("reordered", 1, 2)),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_the_first_line_at_fault_is_named(name):
    tamper, expected = TAMPERING[name]
    lines = story()

    verdict = verify(tamper(story()), key=KEY, count=10, head=lines[-1].hash)

    assert found(verdict) == expected


def test_a_rebuilt_chain_is_betrayed_by_its_seal():
    lines = story()
    lines[6] = replace(lines[6], body=BODY)

    verdict = verify(rebuilt(lines))

    assert found(verdict) == ("changed", 9, 9)
    assert (verdict.sign, verdict.sealed) == (Sign.SEAL, 4)


def test_a_seal_with_another_key_is_no_seal():
    lines = sealed(appended([], note("Eerste")), OTHER_SECRET)

    assert verify(lines).public_key == public_key(OTHER_SECRET)
    assert found(verify(lines, key=KEY)) == ("changed", 2, 2)


def test_two_seals_with_different_keys_do_not_go_together():
    lines = sealed(sealed(appended([], note("Eerste"))), OTHER_SECRET)

    assert found(verify(lines)) == ("changed", 3, 3)


def test_a_seal_that_signs_something_else_is_no_seal():
    lines = sealed(appended([], note("Eerste")))
    seal = json.loads(lines[1].body or b"")
    for change in ({"head_hash": GENESIS}, {"head_seq": 2}, {"signature": "00"}, {"type": "x"}):
        forgery = replace(lines[1], body=json.dumps({**seal, **change}).encode())

        assert found(verify(rebuilt([lines[0], forgery]))) == ("changed", 2, 2)


def test_a_rebuilt_chain_without_seals_is_betrayed_by_its_noted_head():
    lines = [appended([], note("Eerste"))[0]]
    other = rebuilt([replace(lines[0], body=BODY)])

    assert verify(other).intact
    assert found(verify(other, count=1, head=lines[0].hash)) == ("changed", 1, 1)


def test_faults_and_kinds_are_words():
    assert {fault.value for fault in Fault} == {"changed", "removed", "inserted", "reordered"}
    assert EntryKind("next-update") is EntryKind.NEXT_UPDATE
    assert EVERYONE is Visibility.OFFICIALS
