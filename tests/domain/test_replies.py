import itertools
import re
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.replies import (
    Access,
    AutoReply,
    CallMe,
    Coded,
    Digit,
    Echo,
    Help,
    InWords,
    No,
    Pause,
    Reading,
    SomeoneElse,
    Start,
    Stop,
    Tapback,
    Unclear,
    Yes,
    is_digit,
    read_reply,
)

ANSWERS: list[tuple[Reading, list[str]]] = [
    (Stop(), ["STOP", "stop", "Stop.", "STOP!", "“Stop”", " stop \n", "STOPPEN", "afmelden",
              "AFMELDEN!", "Unsubscribe", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT", "STOPALL",
              "İPTAL", "iptal", "توقف", "СТОП", "Rezygnuję", "stop?"]),
    (Start(), ["START", "start", "Aanmelden", "UNSTOP", "başla", "СТАРТ"]),
    (Help(), ["HELP", "hulp", "Hulp!!!", "INFO", "help?", "sos", "yardım", "YARDIM", "مساعدة",
              "pomoc", "Допомога", "112", "help me!", "Help ons", "we hebben hulp nodig",
              "Bel 112!", "ساعدوني", "Yardım edin"]),
    (CallMe(), ["BEL", "bel", "Bel me", "bel mij aub.", "Bel me terug!", "call me", "Zadzwoń",
                "ZADZWOŃ DO MNIE", "اتصل بي", "Подзвоніть"]),
    (Yes(), ["JA", "ja", "Ja!", "ja.", " ja ", "\u00a0ja\u00a0", "j\u200ba", "ｊａ", "Ja graag",
             "ja, dat is goed", "ja hoor", "ja 👍", "Ja 🙏🏽", "YES", "yes please", "EVET", "evet",
             "نعم", "نعم!", "نَعَم", "أجل", "TAK", "tak, proszę", "ТАК", "так"]),
    (No(), ["NEE", "nee", "Nee, dank je", "nee hoor.", "liever niet", "NO", "no thanks", "HAYIR",
            "hayır", "HAYİR", "hayir", "لا", "ﻻ", "لا.", "NIE", "Nie, dziękuję", "НІ", "ні"]),
    (Pause(7), ["PAUZE", "pauze 7", "Pauze 7 dagen.", "7 dagen pauze", "pauze 1 week", "PAUZE ٧",
                "pause 7 days", "7 gün ara ver", "przerwa 7 dni", "пауза 7", "PAUZE７", "pauze!"]),
    (Pause(90), ["PAUZE 90"]),
    (Pause(1), ["pauze 1 dag", "PAUZE1"]),
    (SomeoneElse(), ["ANDER", "ander!", "Iemand anders", "verkeerd nummer", "Wrong number",
                     "başkası", "رقم خاطئ", "inny", "інший"]),
    (Access(), ["INZAGE", "inzage?", "Mijn gegevens", "access", "verilerim", "بياناتي",
                "moje dane", "мої дані"]),
    (InWords(1), ["ik kom", "Ik kom!", "ik kom eraan", "Ja, ik kom", "I'm coming", "I’m coming",
                  "on my way", "onderweg"]),
    (InWords(2), ["kan niet", "Ik kan niet.", "ik kan niet komen", "Nee, ik kan niet", "lukt niet",
                  "can't", "I can’t make it"]),
    (InWords(3), ["later", "LATER", "Ik kom later", "running late"]),
    (Digit(1), ["1", " 1 ", "1.", "1!", "(1)", "1)", "１", "١", "۱", "1️⃣", "1⃣", "①", "१", '"1"',
                "*1*", "1\u200b", "\u200e1", "1\n", "\x001"]),
    (Digit(0), ["0", "٠", "۰", "０", "0️⃣"]),
    (Digit(5), ["5", "٥", "۵", "５", "5️⃣"]),
    (Digit(9), ["9", "٩", "۹", "９", "9️⃣"]),
    (Tapback(), [
        "Vond “Oproep. Antwoord JA of NEE” leuk",
        "Vond “Antwoord 1 of 2” niet leuk",
        'Vond "Antwoord 1 of 2" geweldig',
        "Lachte om “Overleg om 9.30”",
        "Benadrukte “STOP”",
        "Zette vraagtekens bij “Antwoord JA”",
        "Liked “Antwoord JA of NEE”",
        'Loved "1"',
        "Disliked “Reply YES or NO”",
        "Emphasized “regel 1\nregel 2”",
        "Questioned “1”",
        "Reacted 😂 to “Antwoord 1”",
        "Reageerde met 👍 op “Antwoord 1 of 2”",
        "Removed a like from “Antwoord 1 of 2”",
        "👍 to “Antwoord JA of NEE”",
        "\u200b👍\u200b to “\u200aAntwoord JA\u200a”",
        "❤️ op “Antwoord 1”",
        "Polubiono „Odpowiedz 1”",
    ]),
    (AutoReply(), [
        "I’m driving with Do Not Disturb While Driving turned on. I’ll see your message later.",
        "(I’m not receiving notifications. If this is urgent, reply “urgent” to notify me.)",
        "Ik ben aan het autorijden.",
        "Ik rijd nu",
        "I'm driving right now",
        "Niet storen tijdens autorijden is ingeschakeld. Ik lees je bericht later.",
        "Automatisch antwoord: ik ben er niet. Antwoord JA als het haast heeft.",
        "Out of office until Monday",
        "Auto-reply: STOP",
        "Ik ben momenteel afwezig. Maandag ben ik weer bereikbaar.",
        "Otomatik yanıt: toplantıdayım",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reading"), [(body, reading) for reading, bodies in ANSWERS for body in bodies]
)
def test_a_reply_is_read_as_meant(body: str, reading: Reading) -> None:
    assert read_reply(body) == reading


FOR_A_PERSON = [
    "", " ", "\x00", "?", "...", "👍", "ok", "Oké", "prima", "tamam",
    "2 maar iets later", "1 of 2", "1 2", "12", "10", "01", "1,5", "1.5", "1-5", "1/2", "½", "1️⃣2️⃣",
    "een", "ja of nee", "ja nee", "nee ja", "JA NEE", "yes no", "ja maar niet vandaag", "Ja?",
    "misschien", "JA 482", "JA 48213", "4821", "14821", "JA 4821 NEE 4822", "NEE 4821 JA",
    "JA 4821 4822", "ja 4821?", "-1 4821", "ja, om 1930 uur", "STOP 4821", "PAUZE 0", "PAUZE 91",
    "pauze 14 weken", "even niet bellen", "het is een ander", "STOP PLEASE",
    "stop aub", "stop er niet mee",
    "ik wil niet stoppen", "we zitten vast op 3e", "we zitten vast op 3", "kan niet wachten",
    "Ik rijd nu naar het plein, er is brand", "ik ben afwezig", "ik kom niet als het donker is",
    "please do not disturb me again", "Help ons, er is brand", "hij vond “dat” leuk",
    "ja ik wil info", "nee bel me niet", "STOP START", "1 STOP", "https://example.nl/1", "a",
    "ja 19:30", "ja 19.30", "1 48 21", "JA 06 12 34 56 78", "2 4 8 2 1",
    "janee", "Ik ben momenteel afwezig maar het gaat goed in de wijk",
]  # fmt: skip


@pytest.mark.parametrize("body", FOR_A_PERSON)
def test_what_is_not_wholly_an_answer_is_kept_for_a_person(body: str) -> None:
    assert isinstance(read_reply(body), Unclear)


@pytest.mark.parametrize(
    ("body", "hint"),
    [("3?", 3), ("3 👍", 3), ("٣؟", 3), ("-2", 2), ("3+", 3), ("2 maar iets later", None),
     ("1 of 2", None), ("1 2", None), ("12?", None), ("ja 1", None)],
)  # fmt: skip
def test_a_hint_is_given_only_for_one_digit_without_words(body: str, hint: int | None) -> None:
    assert read_reply(body) == Unclear(digit_hint=hint)


def _plain(kind: type) -> list[tuple[str, Reading]]:
    return [
        (body, reading)
        for reading, bodies in ANSWERS
        if isinstance(reading, kind)
        for body in bodies
        if re.fullmatch(r"\w[\w ]*\w|\d", body)
    ]


CONTROLS = (Stop, Start, Help, CallMe, SomeoneElse, Access)
SPOKEN = [pair for kind in (*CONTROLS, Yes, No, InWords) for pair in _plain(kind)]
AROUND = st.text(st.sampled_from(" \u00a0\u200b\u200e\t\n.!,;:…\"'()"), max_size=6)


@given(st.sampled_from(SPOKEN), AROUND, AROUND, st.randoms(use_true_random=False))
def test_case_space_and_end_marks_change_no_answer(
    pair: tuple[str, Reading], before: str, after: str, random: object
) -> None:
    body, reading = pair
    mixed = "".join(
        char.upper() if random.random() < 0.5 else char  # type: ignore[attr-defined]
        for char in body
    )
    assert read_reply(before + mixed + after) == reading


@given(
    st.integers(0, 9),
    st.sampled_from(
        ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９", "०१२३४५६७८९"]
    ),
    AROUND,
    AROUND,
)
def test_a_digit_counts_in_every_script(value: int, script: str, before: str, after: str) -> None:
    assert read_reply(before + script[value] + after) == Digit(value)


@given(st.integers(0, 9), st.text(st.sampled_from("abcdefghij é"), min_size=1, max_size=30))
def test_a_digit_with_words_is_never_an_answer(value: int, words: str) -> None:
    if words.strip():
        assert read_reply(f"{value} {words}") == Unclear()
        assert read_reply(f"{words} {value}") == Unclear()


@given(st.text(max_size=200))
def test_any_text_can_be_read(body: str) -> None:
    reading = read_reply(body)
    assert msgspec.convert(msgspec.to_builtins(reading), Reading) == reading


YES_WORDS = [body for body, _ in _plain(Yes)]
NO_WORDS = [body for body, _ in _plain(No)]


@pytest.mark.parametrize(("yes", "no"), list(itertools.product(YES_WORDS, NO_WORDS)))
def test_both_yes_and_no_is_no_answer(yes: str, no: str) -> None:
    for glue in (" ", ", ", " / ", "\n"):
        assert read_reply(yes + glue + no) == Unclear()
        assert read_reply(no + glue + yes) == Unclear()


def test_our_own_words_quoted_back_are_never_an_answer() -> None:
    for word in ("JA", "NEE", "STOP", "1", "HELP"):
        assert read_reply(f"Vond “{word}” leuk") == Tapback()
        assert read_reply(f"> {word}") not in (Yes(), No(), Stop(), Digit(1), Help())


@pytest.mark.parametrize(
    "body",
    ["vond “" * 10_000, "👍 to “" * 5_000, "1" * 64_000, "ja " * 20_000, "(" * 64_000,
     "removed " * 8_000, "ik ben momenteel afwezig " * 2_500],
)  # fmt: skip
def test_a_long_text_is_read_quickly(body: str) -> None:
    begun = time.perf_counter()
    assert isinstance(read_reply(body, ours=[body[:600], "a" * 600]), Unclear | Tapback)
    assert time.perf_counter() - begun < 1


CODED = [
    (Yes(), ["JA 4821", "ja4821", "Ja, 4821!", "4821 JA", "4821ja", "JA\u00a04821",
             "JA\u200b4821", "J\u200bA 48\u200b21", "ＪＡ　４８２１", "JA ٤٨٢١", "نعم ٤٨٢١",
             "EVET 4821", "TAK 4821", "так 4821", "yes #4821", "ja code 4821", "Ja, code: 4821.",
             "Ja graag 4821 👍", "(4821) ja", "JA 48 21", "ja 4 8 2 1", "48\u00a021 ja",
             "JA ٤٨ ٢١"]),
    (No(), ["NEE 4821", "HAYIR 4821", "hayır 4821", "HAYİR 4821", "لا ٤٨٢١", "4821 لا", "nie 4821",
            "ні4821", "no thanks 4821"]),
    (Digit(1), ["1 4821", "4821 1", "1, 4821", "١ ٤٨٢١", "１ ４８２１", "1 code 4821", "1\n4821"]),
    (InWords(1), ["ik kom 4821", "4821 onderweg"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "answer"), [(body, answer) for answer, bodies in CODED for body in bodies]
)
def test_r01_r02_an_answer_may_carry_a_code_on_either_side(body: str, answer: Reading) -> None:
    assert read_reply(body) == Coded(answer, "4821")  # type: ignore[arg-type]  # answers alone


SCRIPTS = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９", "०१२३४५६७८९"]


@given(
    st.sampled_from([pair for kind in (Yes, No, InWords, Digit) for pair in _plain(kind)]),
    st.integers(0, 9999),
    st.sampled_from(SCRIPTS),
    st.sampled_from(["{0} {1}", "{0}\u00a0{1}", "{0}, {1}", "{0}: {1}", "{0}\n{1}", "{0} code {1}",
                     "{0} #{1}", "{1} {0}", "{1}, {0}"]),
    AROUND,
)  # fmt: skip
def test_r01_a_code_is_read_in_every_script_and_on_either_side(
    pair: tuple[str, Reading], code: int, script: str, shape: str, after: str
) -> None:
    body, answer = pair
    digits = "".join(script[int(char)] for char in f"{code:04}")
    text = shape.format(body, digits)
    assert read_reply(text + after) == Coded(answer, f"{code:04}")  # type: ignore[arg-type]


@given(st.sampled_from(SPOKEN), st.sampled_from(SPOKEN), st.integers(1000, 9999))
def test_r04_two_answers_with_codes_are_none(
    one: tuple[str, Reading], other: tuple[str, Reading], code: int
) -> None:
    assert read_reply(f"{one[0]} {code} {other[0]} {code + 1}") == Unclear()


@given(st.integers(-5, 400), st.sampled_from(["PAUZE", "pause", "przerwa", "пауза"]))
def test_a_pause_has_an_end_that_can_be_kept(days: int, word: str) -> None:
    read = read_reply(f"{word} {days}")
    if 0 < days <= 90:
        assert read == Pause(days)
    elif days > 90 or days == 0:
        assert read == Unclear()


OURS = [
    "Sfeer? 1 = rustig, 5 = onveilig, 0 = geen idee. Het hoeft niet. Geen namen. 010 1234",
    "JA",
]


@pytest.mark.parametrize(
    "body",
    [OURS[0], OURS[0].upper(), f"> {OURS[0]}", f"“{OURS[0]}”", OURS[0][:40], OURS[0][-40:],
     f"{OURS[0]} 👍", f"❤️ {OURS[0]}"],
)  # fmt: skip
def test_r06_our_own_text_sent_back_is_an_echo(body: str) -> None:
    assert read_reply(body, ours=OURS) == Echo()


@pytest.mark.parametrize(
    "body", [f"{OURS[0]} klopt niet", f"Ja. {OURS[0]}", OURS[0][:12], OURS[0][10:50], "rustig"]
)
def test_r10_what_a_person_adds_to_our_text_is_for_a_person(body: str) -> None:
    assert isinstance(read_reply(body, ours=OURS), Unclear)


def test_an_answer_is_no_echo_of_a_short_text_of_ours() -> None:
    assert read_reply("JA", ours=OURS) == Yes()


def test_a_mood_is_known_for_one_with_and_without_a_code() -> None:
    assert is_digit(read_reply("3"))
    assert is_digit(read_reply("3 4821"))
    assert not is_digit(read_reply("ja 4821"))
    assert not is_digit(read_reply("driehonderd"))
