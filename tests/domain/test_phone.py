import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.errors import Refused
from calamity.domain.phone import is_e164, masked, read_any_phone, read_phone

# What contact lists hold. The number itself belongs to no one.
SAME_NUMBER = [
    "+3197010240012",
    "+31 97010240012",
    "+31 970 102 40012",
    "+31-970-102-40012",
    "+31 (0)970 10240012",
    "+31(0)97010240012",
    "+31 097010240012",
    "+31097010240012",
    "0031 97010240012",
    "003197010240012",
    "0031(0)970-10240012",
    "00 31 970 102 40012",
    "097010240012",
    "0970-10240012",
    "0970 10240012",
    "0970 102 40 012",
    "0970.102.40012",
    "0970/10240012",
    "(0970) 10240012",
    "97010240012",
    "970 10240012",
    "tel:+31-970-10240012",
    "whatsapp:+3197010240012",
    "sms:+3197010240012",
    "Tel. 0970-10240012",
    "mobiel: 0970-10240012",
    " +3197010240012 ",
    "\t+3197010240012\n",
    "'+3197010240012",
    "'097010240012",
    "=+3197010240012",
    "+3197010240012;ext=12",
    "+3197010240012\x00",
    "\u200e+3197010240012",
    "\u200f+3197010240012\u200f",
    "\ufeff+3197010240012",
    "+31\u00a0970\u00a010240012",
    "+31\u202f970\u202f10240012",
    "+31\u2011970\u201110240012",
    "+31–970–10240012",
    "+٣١٩٧٠١٠٢٤٠٠١٢",
    "٠٩٧٠١٠٢٤٠٠١٢",
    "+۳۱۹۷۰۱۰۲۴۰۰۱۲",
    "＋３１９７０１０２４００１２",
    "０９７０１０２４００１２",
    "O970 10240012",
]


def test_there_are_46_ways_to_write_a_number() -> None:
    assert len(set(SAME_NUMBER)) == 46


@pytest.mark.parametrize("raw", SAME_NUMBER)
def test_a_number_is_read_as_people_write_it(raw: str) -> None:
    phone = read_phone(raw)
    assert phone.e164 == "+3197010240012"
    assert (phone.kind, phone.country) == ("mobile", "NL")
    assert phone.shown == "+31 970 102 40012"


@pytest.mark.parametrize(
    ("raw", "e164", "country"),
    [
        ("+32 470 00 00 00", "+32470000000", "BE"),
        ("+49 1512 0000000", "+4915120000000", "DE"),
        ("+5999 510 0000", "+59995100000", "CW"),
        ("+297 560 0000", "+2975600000", "AW"),
    ],
)
def test_mobile_numbers_of_other_places_are_read(raw: str, e164: str, country: str) -> None:
    phone = read_phone(raw)
    assert (phone.e164, phone.country) == (e164, country)


def test_the_default_country_can_be_another() -> None:
    assert read_phone("0470 00 00 00", "BE").e164 == "+32470000000"


@pytest.mark.parametrize("raw", ["+31 20 624 0000", "033-4690000"])
def test_a_landline_is_refused_in_its_own_words(raw: str) -> None:
    with pytest.raises(Refused, match="landline"):
        read_phone(raw)


@pytest.mark.parametrize("raw", ["0900-8844", "0800 0000", "088 7500000", "085 0000000", "14 033"])
def test_service_numbers_are_refused_for_sms(raw: str) -> None:
    with pytest.raises(Refused):
        read_phone(raw)


@pytest.mark.parametrize(
    "raw",
    ["", " ", "geen", "06", "0970-1024001", "0970-102400123", "+31", "+999 0970 10240012", "112",
     "3,197E+12", "3.197E+12", "1e400", "x" * 300, "9" * 300, "٫", "+++", "\ud800"],
)  # fmt: skip
def test_what_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(Refused):
        read_phone(raw)


@pytest.mark.parametrize(
    "raw",
    ["+3197010240012, +3197010240013", "097010240012/097010240013", "097010240012;0970-10240013"],
)
def test_two_numbers_in_one_field_are_refused(raw: str) -> None:
    with pytest.raises(Refused, match="one phone number"):
        read_phone(raw)


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ()/.-]{4,20}", fullmatch=True))
def test_a_refusal_never_repeats_what_was_typed(raw: str) -> None:
    refusal = phone = None
    try:
        phone = read_phone(raw, field="phone")
    except Refused as refused:
        refusal = refused
    if refusal is not None:
        assert refusal.field == "phone"
        assert refusal.__cause__ is None
        assert re.findall(r"\d+", refusal.message) in ([], ["06", "12345678"])
    if phone is not None:
        assert is_e164(phone.e164)
        assert read_phone(phone.e164) == phone
        assert read_phone(phone.shown) == phone


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("14 033", "other"), ("033-4690000", "landline"), ("0900-8844", "other"),
     ("+3197010240000", "mobile")],
)  # fmt: skip
def test_numbers_that_people_call_may_be_of_any_kind(raw: str, kind: str) -> None:
    assert read_any_phone(raw).kind == kind


@pytest.mark.parametrize("raw", ["+3197010240012", "+1415555", "+319701025000"])
def test_the_carriers_form_is_recognised(raw: str) -> None:
    assert is_e164(raw)


@pytest.mark.parametrize(
    "raw",
    ["3197010240012", "+0197010240012", "+31 97010240012", "+3197010240012\n", " +3197010240012",
     "whatsapp:+3197010240012", "+٣١٩٧٠١٠٢٤٠٠١٢", "+123456", "+1234567890123456", "", "KPN",
     "+３１９７０１０２４０"],
)  # fmt: skip
def test_any_other_form_is_not_the_carriers(raw: str) -> None:
    assert not is_e164(raw)


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+3197010240012", "+31 97 ••• ••12"),
        ("+32470000034", "+32 47 ••• ••34"),
        ("+29012345", "+290 ••• ••45"),
        ("+9991234567", "••• ••67"),
        ("KPN", "•••"),
    ],
)
def test_a_masked_number_reveals_four_digits_at_most(e164: str, shown: str) -> None:
    assert masked(e164) == shown


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_no_number_can_be_read_back_from_its_mask(e164: str) -> None:
    shown = masked(e164).split(" ", 1)[-1]
    assert len(re.findall(r"\d", shown)) <= 4
