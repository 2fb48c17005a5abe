"""Words on the wire and back, codes with a meaning, and ids that meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.texts import GSM_BASIC, GSM_EXTENSION, parts, segments
from calamity.gateways.carrier import meaning_of
from calamity.gateways.smpp.alphabet import read, written
from calamity.gateways.smpp.statuses import refusal, sid_of
from calamity.gateways.smpp_codes import ALIKE

_WORDS = st.text(st.sampled_from(GSM_BASIC + GSM_EXTENSION), max_size=700) | st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("ë👍a€"), max_size=400
)


@given(_WORDS)
def test_parts_are_those_that_were_counted_and_come_back_as_they_left(words):
    cost = segments(words)
    found = parts(words)
    assert len(found) == cost.parts
    assert "".join(found) == words
    data_coding, octets = written(words)
    most = 160 if data_coding == 0 else 140
    head = 6 if len(octets) > 1 else 0
    assert all(len(each) + head <= most for each in octets)
    assert "".join(read(each, data_coding) for each in octets) == words


@pytest.mark.parametrize("coding", [0x00, 0x01, 0x03, 0x04, 0x08, 0xF1, 0xF5])
@given(octets=st.binary(max_size=160))
def test_any_octets_can_be_read(coding, octets):
    assert isinstance(read(octets, coding), str)


@pytest.mark.parametrize("code", sorted(ALIKE))
def test_each_code_has_words_in_both_languages(code):
    meaning = meaning_of(code)
    assert meaning.nl
    assert meaning.en


@pytest.mark.parametrize("status", [0x05, 0x0D, 0x0E, 0x0F, 0x53])
def test_what_keeps_us_out_stops_everyone(status):
    assert meaning_of(refusal(status).code).stops_everyone


def test_any_status_has_an_outcome():
    for status in [*range(1, 0x500), 0xFFFFFFFF]:
        assert refusal(status).reason


@pytest.mark.parametrize(
    ("ids", "answer", "receipt"),
    [
        ("same", "00012AB", "12ab"),
        ("same", "8f14e45f-ceea-467f", "8F14E45F-CEEA-467F"),
        ("same", "x" * 64, "X" * 64),
        ("hex-then-decimal", "4E20", "0000020000"),
        ("decimal-then-hex", "20000", "4e20"),
        ("hex-then-decimal", "no-number", "NO-NUMBER"),
    ],
)
def test_ids_meet(ids, answer, receipt):
    sid = sid_of(answer, ids)
    assert sid == sid_of(receipt, ids, is_receipt=True)
    assert len(sid) <= 40
