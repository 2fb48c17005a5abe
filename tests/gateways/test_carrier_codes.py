import re

import pytest

from calamity.gateways.carrier import CODES, NextChannel, Trouble, meaning_of


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_is_explained_in_two_languages(code):
    meaning = CODES[code]

    for sentence in (meaning.nl, meaning.en):
        assert 20 < len(sentence) <= 160
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert not re.search(r"\d{5}|Twilio|twilio|DLR|MSISDN|carrier error", sentence)
    assert meaning.nl != meaning.en


@pytest.mark.parametrize(
    ("code", "kind", "retry"),
    [
        (21211, Trouble.CONTACT, False),
        (21610, Trouble.OPTED_OUT, False),
        (20003, Trouble.CONFIG, False),
        (20429, Trouble.CAPACITY, True),
        (30003, Trouble.TRANSIENT, True),
        (30007, Trouble.BLOCKED, False),
        (30036, Trouble.EXPIRED, False),
        (21617, Trouble.BUG, False),
    ],
)
def test_codes_tell_who_can_do_something(code, kind, retry):
    meaning = meaning_of(code)

    assert (meaning.kind, meaning.retry) == (kind, retry)


@pytest.mark.parametrize("code", [None, 12345, -1, 10**9])
def test_an_unknown_code_is_an_ordinary_failure(code):
    assert meaning_of(code).kind == Trouble.UNKNOWN


def test_what_needs_a_person_is_never_tried_again_by_itself():
    for_a_person = {Trouble.CONTACT, Trouble.OPTED_OUT, Trouble.CONFIG, Trouble.BUG}

    assert not [code for code, known in CODES.items() if known.kind in for_a_person and known.retry]


CONTRACT = (
    20003, 20404, 20429, 20500, 20503, 21211, 21212, 21606, 21603, 21659, 21660, 21408, 21601,
    21602, 21604, 21609, 21610, 21611, 21612, 21614, 21617, 21624, 21663, 21670, 30700, 13803,
    21701, 21702, 21703, 21704, 21705, 30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008,
    30017, 30034, 30036, 30042, 30410, 30450, 63003, 63016, 63018, 63024, 63032, 14107, 14109,
    11200, 12100, 12300, 57012,
)  # fmt: skip


@pytest.mark.parametrize("code", CONTRACT)
def test_every_code_of_the_contract_is_known(code):
    assert code in CODES
    assert isinstance(meaning_of(code).next_channel, NextChannel)


@pytest.mark.parametrize(
    ("code", "channel"),
    [
        (21211, NextChannel.E_MAIL),
        (21610, NextChannel.VOICE),
        (21614, NextChannel.VOICE),
        (30003, NextChannel.VOICE),
        (30005, NextChannel.E_MAIL),
        (30007, NextChannel.OTHER_WORDS),
        (20429, NextChannel.TEXT_LATER),
        (20003, NextChannel.OTHER_ROUTE),
        (63016, NextChannel.OTHER_ROUTE),
        (12345, NextChannel.VOICE),
    ],
)
def test_codes_tell_how_to_reach_the_person_after_all(code, channel):
    assert meaning_of(code).next_channel is channel


def test_only_what_stops_everyone_holds_the_lane():
    stops = {code for code, meaning in CODES.items() if meaning.stops_everyone}

    assert {401, 403, 20003, 20404, 30002, 21606, 21603, 21701} <= stops
    assert stops.isdisjoint({21211, 21408, 21610, 21612, 21614, 21617, 63016, 20429})
