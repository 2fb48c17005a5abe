import re

import pytest

from calamity.gateways.carrier import CODES, Trouble, meaning_of


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
