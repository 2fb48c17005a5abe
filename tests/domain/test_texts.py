import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.errors import Refused
from calamity.domain.texts import (
    EXERCISE_PREFIX,
    PLACEHOLDERS,
    CostlyCharacter,
    Segments,
    as_exercise,
    clean_for_display,
    costly_characters,
    fill,
    gsm_suggestion,
    placeholders,
    room_in,
    segments,
    spelled_plainly,
    without_sentence_of,
)

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = set("\f^{}\\[~]|€")


def slow_segments(text: str) -> Segments:
    """Count character by character, as the carrier's own calculator does."""
    gsm = all(char in BASIC or char in EXTENSION for char in text)
    if gsm:
        units = [2 if char in EXTENSION else 1 for char in text]
    else:
        units = [2 if ord(char) > 0xFFFF else 1 for char in text]
    one, several = (160, 153) if gsm else (70, 67)
    encoding = "GSM-7" if gsm else "UCS-2"
    if sum(units) <= one:
        return Segments(encoding, sum(units), 1 if text else 0)  # type: ignore[arg-type]
    parts, room = 1, several
    for unit in units:
        if unit > room:
            parts, room = parts + 1, several
        room -= unit
    return Segments(encoding, sum(units), parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a", "GSM-7", 1, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 1530, "GSM-7", 1530, 10),
        ("a" * 1531, "GSM-7", 1531, 11),
        ("a" * 1600, "GSM-7", 1600, 11),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2),
        ("€" * 77 + "a", "GSM-7", 155, 1),
        ("ë", "UCS-2", 1, 1),
        ("ë" * 70, "UCS-2", 70, 1),
        ("ë" * 71, "UCS-2", 71, 2),
        ("ë" * 66 + "👍" + "ë" * 66, "UCS-2", 134, 3),
        ("ë" * 65 + "👍" + "ë" * 67, "UCS-2", 134, 2),
        ("👍" * 35, "UCS-2", 70, 1),
        ("👍" * 36, "UCS-2", 72, 2),
        ("👍" * 67, "UCS-2", 134, 3),
        ("🇳🇱", "UCS-2", 4, 1),
        ("tab\t", "UCS-2", 4, 1),
        ("nul\x00", "UCS-2", 4, 1),
        ("\x1b", "UCS-2", 1, 1),
        ("’", "UCS-2", 1, 1),
        ("é è ö ü ä ñ à Ç É Å", "GSM-7", 19, 1),
        ("ç", "UCS-2", 1, 1),
        ("^{}\\[~]|€\f", "GSM-7", 20, 1),
        ("ë" * 70 + "a" * 600, "UCS-2", 670, 10),
        ("a" * 153 + "b" * 8, "GSM-7", 161, 2),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        ("€" + "a" * 158, "GSM-7", 160, 1),
        ("€" + "a" * 159, "GSM-7", 161, 2),
        ("a" * 152 + "€", "GSM-7", 154, 1),
        ("a" * 305 + "€", "GSM-7", 307, 3),
        ("ë" * 134, "UCS-2", 134, 2),
        ("ë" * 135, "UCS-2", 135, 3),
        ("a" * 70 + "’", "UCS-2", 71, 2),
        ("a" * 159 + "’", "UCS-2", 160, 3),
        ("İstanbul", "UCS-2", 8, 1),
        ("مرحبا", "UCS-2", 5, 1),
        ("👨\u200d👩\u200d👧", "UCS-2", 8, 1),
        ("\n" * 160, "GSM-7", 160, 1),
        ("{}" * 40, "GSM-7", 160, 1),
        ("[" * 81, "GSM-7", 162, 2),
        ("ë" * 67 + "👍" + "ë" * 66, "UCS-2", 135, 3),
    ],
)
def test_parts_are_counted_as_the_carrier_counts_them(
    text: str, encoding: str, units: int, parts: int
) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


@given(
    st.text(st.sampled_from("ab€[~\n"), max_size=700)
    | st.text(st.sampled_from("aë👍🇳€"), max_size=400)
)
def test_the_quick_count_equals_the_slow_one(text: str) -> None:
    assert segments(text) == slow_segments(text)


@given(st.text(max_size=200))
def test_any_text_can_be_counted(text: str) -> None:
    assert segments(text) == slow_segments(text)


def test_a_lone_surrogate_is_counted_and_not_a_crash() -> None:
    assert segments("a\ud83d") == Segments("UCS-2", 2, 1)


def test_placeholders_come_once_in_order() -> None:
    text = "{time}: {incident} in {municipality}, {time}, {Naam}"
    assert placeholders(text) == ["time", "incident", "municipality", "Naam"]


def test_a_text_without_braces_has_no_placeholders() -> None:
    assert placeholders("Overleg om 14.00 uur } {") == []


def test_values_take_the_place_of_placeholders() -> None:
    filled = fill(
        "{municipality}: overleg {time}.", {"municipality": "Oeverlanden", "time": "9.30"}
    )
    assert filled == "Oeverlanden: overleg 9.30."


@given(st.text(max_size=60))
def test_a_value_is_inserted_literally(value: str) -> None:
    filled = fill("A {incident} B {time}", {"incident": value, "time": "{incident}"})
    assert filled == f"A {value} B {{incident}}"


def test_an_unknown_placeholder_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"\{naam\}"):
        fill("Beste {naam}", {"naam": "x"})


def test_a_missing_value_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"\{time\}") as refusal:
        fill("Overleg {time}", {})
    assert refusal.value.field == "time"


@pytest.mark.parametrize("text", ["{}", "{ time }", "{time.__class__}", "{0}"])
def test_other_words_between_braces_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        fill(text, dict.fromkeys(PLACEHOLDERS, "x"))


@pytest.mark.parametrize(
    ("char", "suggestion"),
    [
        ("ë", "e"), ("ï", "i"), ("ó", "o"), ("á", "a"), ("í", "i"), ("ê", "e"), ("ç", "c"),
        ("Ó", "O"), ("’", "'"), ("“", '"'), ("–", "-"), ("…", "..."), ("\u00a0", " "),
        ("\t", " "), ("`", "'"), ("ğ", "g"), ("ı", "i"), ("ş", "s"), ("İ", "I"), ("ł", "l"),
        ("ĳ", "ij"), ("½", "1/2"), ("\u200b", ""),
        ("e", None), ("é", None), ("€", None), ("م", None), ("👍", None), ("д", None),
    ],
)  # fmt: skip
def test_a_character_gets_a_fitting_suggestion(char: str, suggestion: str | None) -> None:
    assert gsm_suggestion(char) == suggestion


@given(st.characters())
def test_a_suggestion_is_always_gsm(char: str) -> None:
    suggestion = gsm_suggestion(char)
    if suggestion is not None:
        assert segments(suggestion).encoding == "GSM-7"
        assert segments(char).encoding == "UCS-2"


@given(st.text(max_size=100))
def test_an_exercise_is_marked_once(text: str) -> None:
    marked = as_exercise(text)
    assert marked.startswith(EXERCISE_PREFIX)
    assert as_exercise(marked) == marked
    assert marked.endswith(text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x00b", "ab"),
        ("a\x1b[31mb", "a[31mb"),
        ("regel 1\r\nregel 2\rregel 3", "regel 1\nregel 2\nregel 3"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2067مرحبا\u2069", "مرحبا"),
        ("a\u061cb\u200ec", "abc"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\tb", "a b"),
        ("\ufeffa\ud800", "a"),
        ("ideeën", "ideeën"),
    ],
)
def test_controls_are_taken_out_for_display(raw: str, shown: str) -> None:
    assert clean_for_display(raw) == shown


@given(st.text(st.characters(max_codepoint=0x3000) | st.characters(categories=["Cc", "Cf"])))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_for_display(text)
    assert clean_for_display(once) == once
    assert "\x00" not in once


def test_what_makes_a_text_longer_comes_with_a_suggestion() -> None:
    assert costly_characters("ideeën ’s avonds, €5 voor 5 ideeën 👍") == [
        CostlyCharacter("👍", 1, 2, True, None),
        CostlyCharacter("ë", 2, 1, True, "e"),
        CostlyCharacter("’", 1, 1, True, "'"),
    ]
    assert costly_characters("€5 [of meer]") == [
        CostlyCharacter("€", 1, 2, False, None),
        CostlyCharacter("[", 1, 2, False, None),
        CostlyCharacter("]", 1, 2, False, None),
    ]
    assert costly_characters("Overleg om 9.30, café De Brug") == []


@given(st.text(st.sampled_from("abcë’€[👍\n {"), max_size=300))
def test_costly_characters_explain_the_whole_cost(text: str) -> None:
    found = costly_characters(text)
    extra = sum((each.units - 1) * each.count for each in found)
    cost = segments(text)
    assert cost.units == len(text) + extra
    assert (cost.encoding == "UCS-2") == any(each.forces_long for each in found)
    assert cost.units <= room_in(cost)


@given(st.text(max_size=200))
def test_taking_every_suggestion_leaves_only_what_has_none(text: str) -> None:
    plain = spelled_plainly(text)
    assert all(each.suggestion is None for each in costly_characters(plain))
    assert spelled_plainly(plain) == plain


def test_suggestions_save_parts() -> None:
    text = "We praten vanavond samen over ideeën voor de wijk – kom je ook? " + "a" * 60
    assert segments(text).parts == 2
    assert segments(spelled_plainly(text)).parts == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We leven mee. Woord: {check_word}. Bel {phone}.", "We leven mee. Bel {phone}."),
        ("{check_word}. Bel {phone}.", "Bel {phone}."),
        ("Bel {phone}. Ons woord is {check_word}", "Bel {phone}."),
        ("Bel {phone}\nOns woord is {check_word}\n{sender}", "Bel {phone}\n{sender}"),
        ("Bel {phone}.", "Bel {phone}."),
        ("Kom om 9.30, woord {check_word}. Bel {phone}.", "Bel {phone}."),
        ("Kom om 9.30! Woord {check_word}! Bel {phone}.", "Kom om 9.30! Bel {phone}."),
    ],
)
def test_a_sentence_without_a_value_is_left_out(text: str, left: str) -> None:
    assert without_sentence_of(text, "check_word") == left
