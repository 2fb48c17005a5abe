import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.privacy import Finding, Kind, scan, scan_leaving

# Numbers and names here are made up; the account numbers are the banks' published examples.
BLOCKED = [
    (Kind.BSN, "zijn bsn is 123456782"),
    (Kind.BSN, "BSN:111222333"),
    (Kind.BSN, "nummer 123 456 782 genoemd"),
    (Kind.BSN, "nummer 123-456-782 genoemd"),
    (Kind.BSN, "nummer 1234.56.782, meer niet"),
    (Kind.BSN, "(123456782)"),
    (Kind.BSN, "0123456782 en 123456782."),
    (Kind.PHONE, "bel 0970-10240012"),
    (Kind.PHONE, "bel 097010240012 nu"),
    (Kind.PHONE, "bel +31 970 102 40012"),
    (Kind.PHONE, "bel 0031970-10240012"),
    (Kind.PHONE, "app +3197010240012"),
    (Kind.PHONE, "nr (0970) 10240012"),
    (Kind.PHONE, "tel:0970.1024.0012"),
    (Kind.PHONE, "06 - 12 34 56 78"),
    (Kind.PHONE, "via 033-4690000 bereikbaar"),
    (Kind.PHONE, "٠٩٧٠١٠٢٤٠٠١٢"),
    (Kind.PHONE, "+32 470 00 00 00 is het nummer"),
    (Kind.EMAIL, "mail naar j.jansen@example.nl"),
    (Kind.EMAIL, "J.JANSEN@EXAMPLE.NL"),
    (Kind.EMAIL, "jan+buurt@mail.example.co.uk"),
    (Kind.EMAIL, "jan(at)example.nl"),
    (Kind.EMAIL, "jan @ example.nl"),
    (Kind.EMAIL, "<jan@example.org>"),
    (Kind.PROFILE, "zie https://www.facebook.com/jan.jansen.12"),
    (Kind.PROFILE, "facebook.com/buurtbewoner"),
    (Kind.PROFILE, "https://instagram.com/iemand_uit_de_wijk"),
    (Kind.PROFILE, "https://www.tiktok.com/@iemand"),
    (Kind.PROFILE, "x.com/iemand/status/12345"),
    (Kind.PROFILE, "twitter.com/iemand"),
    (Kind.PROFILE, "https://www.linkedin.com/in/iemand-123/"),
    (Kind.PROFILE, "t.me/buurtgroep"),
    (Kind.PROFILE, "https://wa.me/3197010240012"),
    (Kind.PROFILE, "snapchat.com/add/iemand"),
    (Kind.PROFILE, "HTTPS://M.FACEBOOK.COM/IEMAND"),
    (Kind.HANDLE, "filmpje van @iemand_123"),
    (Kind.HANDLE, "@buurtnieuws schrijft dat"),
    (Kind.HANDLE, "gedeeld (@Iemand.X)"),
    (Kind.PLATE, "auto met AB-12-CD"),
    (Kind.PLATE, "kenteken 12-AB-34"),
    (Kind.PLATE, "kenteken 12-34-AB"),
    (Kind.PLATE, "een busje, XP-12-KL"),
    (Kind.PLATE, "kenteken xp-12-kl"),
    (Kind.PLATE, "DF-GH-12"),
    (Kind.PLATE, "12-DF-GH"),
    (Kind.PLATE, "de auto 12-DFG-3"),
    (Kind.PLATE, "1-DFG-23 stond daar"),
    (Kind.PLATE, "scooter D-123-FG"),
    (Kind.PLATE, "SV-123-K"),
    (Kind.PLATE, "RX-123-T"),
    (Kind.PLATE, "auto GVJ56T"),
    (Kind.PLATE, "auto H 12 NDB"),
    (Kind.IBAN, "rekening NL91ABNA0417164300"),
    (Kind.IBAN, "NL91 ABNA 0417 1643 00 voor de actie"),
    (Kind.IBAN, "nl91 abna 0417 1643 00"),
    (Kind.IBAN, "NL00ABNA0417164300 met een typfout"),
    (Kind.IBAN, "BE68 5390 0754 7034"),
    (Kind.IBAN, "DE89370400440532013000"),
    (Kind.ADDRESS, "op 1234 AB 12"),
    (Kind.ADDRESS, "op 1234AB, nr. 12"),
    (Kind.ADDRESS, "1234ab 12"),
    (Kind.ADDRESS, "1234 AB-7"),
    (Kind.ADDRESS, "Dorpsweg 12, 1234 AB"),
    (Kind.ADDRESS, "Dorpsweg 12a 1234AB"),
    (Kind.ADDRESS, "postcode 9876 XZ huisnummer 101"),
]  # fmt: skip

NAMES = [
    "Fatima zegt dat het rustig is",
    "ik sprak Jan",
    "Volgens De Vries is er niets aan de hand",
    "gesproken met meneer Jansen",
    "mevrouw Yılmaz belde",
    "dhr. Bakker",
    "de familie Öztürk wil hulp",
    "Karim's winkel is dicht",
    "oom Henk komt langs",
    "ze heet Samira El Amrani",
    "verteld door Pieter van den Berg",
    "door van der Meer verteld",
    "El Amrani was erbij",
    "de zoon van Ahmed",
    "hij noemde Wout Koelman",
    "gesprek met Oksana over school",
    "Mohamed en Lotte helpen mee",
    "Zeynep: het gaat goed",
    "gesproken (met Ria)",
    "wijkagent Pietersen liep er",
]

CLEAN = [
    "",
    "Het is rustig in de wijk.",
    "De sfeer in Kruiskamp is rustig",
    "De Kruiskamp is vandaag drukker dan gisteren",
    "Veel mensen in de Vogelbuurt blijven binnen",
    "In de Jan Steenstraat staan bloemen",
    "Op het Stationsplein was een groep van 25 mensen",
    "Bij de Prins Hendriklaan is vernieling",
    "In het Willem de Zwijgerpark was een wake",
    "De Annastraat is afgesloten",
    "Het Rode Kruis deelt soep uit",
    "Leger des Heils is aanwezig",
    "Veiligheidsregio Utrecht komt langs",
    "Den Haag geeft om 14.00 uur een persconferentie",
    "De Tweede Kamer praat er morgen over",
    "Slachtofferhulp Nederland zit in het buurthuis",
    "Er zijn vragen in Amsterdam Zuid en in Rotterdam West",
    "Koningsdag ging gewoon door",
    "Zaterdag 12 oktober is er een tocht om 19.30 uur",
    "12-03-2024 om 14:00",
    "2024-03-12",
    "van 12.30 tot 14.00 uur",
    "25 tot 30 mensen, 3 politieauto's",
    "Bel 112 bij gevaar",
    "Bel 0900-8844 voor de politie",
    "Bel gratis 0800-0113",
    "De gemeente is bereikbaar via 14 033",
    "meer dan 1200 reacties",
    "1500 op 3 plekken",
    "2024 in 12 wijken",
    "zaaknummer 123456789",
    "zaaknummer 000000000",
    "dossier 1234567",
    "bedrag van 1.250.000 euro",
    "getal 123456783",
    "lijn 12 en lijn 7 rijden niet",
    "op de A28 bij afrit 8",
    "de N-201 is dicht",
    "vlucht MH-17",
    "covid-19 en 4-5 mei",
    "groep 7 en 8 van de school",
    "4-5 jongeren, 10-15 ouderen",
    "om 12-13 uur",
    "24-7 bereikbaar",
    "code ABC123",
    "KB-12",
    "postcodegebied 1234",
    "postcode 1234 AB",
    "https://www.oeverlanden.example/nieuws/12",
    "zie de site van de gemeente: oeverlanden.example",
    "een bericht op Facebook en Instagram",
    "er gaat een filmpje rond op TikTok",
    "https://www.facebook.com",
    "een livestream op x",
    "mail ons via het formulier",
    "@ 14.00 uur",
    "prijs 5 @ 2 euro",
    "IBAN is nodig",
    "NL91 is geen rekening",
    "Weet ik niet",
    "Geen. Wel veel vragen over school",
    "OUDERS ZIJN BOOS OP DE SCHOOL",
    "SAMENHORIGHEID IN DE WIJK",
    "Men zegt: Niemand luistert",
    "Wil je vragen of het buurthuis open kan",
    "Mensen gaan naar het Wijkcentrum De Brug",
    "De jongeren van de voetbalclub ruimen op",
    "Ouders wachten bij basisschool De Regenboog",
    "People are calm. Many questions about the march",
    "Women from the Tuesday group cook together",
    "herdenking in de Grote Kerk",
    "meneer is boos",
    "de heer des huizes",
]


def test_there_are_enough_examples() -> None:
    assert len(BLOCKED) >= 60
    assert len(CLEAN) >= 60


@pytest.mark.parametrize(("kind", "text"), BLOCKED)
def test_personal_data_is_blocked(kind: Kind, text: str) -> None:
    found = [finding for finding in scan(text) if finding.severity == "blocked"]
    assert [finding.kind for finding in found] == [kind]


@pytest.mark.parametrize("text", NAMES)
def test_a_likely_name_gives_a_warning(text: str) -> None:
    findings = scan(text)
    assert findings
    assert {(finding.kind, finding.severity) for finding in findings} == {(Kind.NAME, "warning")}


@pytest.mark.parametrize("text", CLEAN)
def test_words_about_a_neighbourhood_pass(text: str) -> None:
    assert scan(text) == []


def test_a_finding_points_at_the_words() -> None:
    text = "Fatima zegt: bel 0970-10240012 of mail f@example.nl, rekening NL91ABNA0417164300."
    assert [(text[found.start : found.end], found.kind) for found in scan(text)] == [
        ("Fatima", Kind.NAME),
        ("0970-10240012", Kind.PHONE),
        ("f@example.nl", Kind.EMAIL),
        ("NL91ABNA0417164300", Kind.IBAN),
    ]


def test_a_name_is_pointed_at_as_a_whole() -> None:
    text = "gesproken met Pieter van den Berg over school"
    (found,) = scan(text)
    assert text[found.start : found.end] == "Pieter van den Berg"


def test_a_known_place_is_not_a_person() -> None:
    text = "in Hoge Vries was het druk"
    assert scan(text) == [] or scan(text)[0].kind is Kind.NAME
    assert scan("bewoners van Berg en Sara Hoeve", known_places=["Berg", "Sara Hoeve"]) == []
    assert scan("bewoners van Berg en Sara Hoeve") != []


@given(st.text(max_size=300) | st.text(st.sampled_from("0123456789 -.@NLABab/+:"), max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    findings = scan(text)
    for one, next_one in itertools.pairwise(findings):
        assert one.end <= next_one.start
    assert all(0 <= found.start < found.end <= len(text) for found in findings)


@given(
    st.from_regex(r"[a-z ]{0,20}", fullmatch=True), st.from_regex(r"[a-z ,]{0,20}", fullmatch=True)
)
def test_personal_data_is_found_in_any_sentence(before: str, after: str) -> None:
    for secret, kind in (("123456782", Kind.BSN), ("AB-12-CD", Kind.PLATE),
                         ("+3197010240012", Kind.PHONE), ("j@example.nl", Kind.EMAIL)):  # fmt: skip
        found = scan(f"{before} {secret} {after}")
        assert [finding.kind for finding in found] == [kind]


@pytest.mark.parametrize("text", ["a" * 20_000, "1 " * 10_000, "A " * 10_000, "AB12 " * 4_000,
                                  "a.a@" * 5_000, "De " * 7_000])  # fmt: skip
def test_a_long_text_is_scanned_quickly(text: str) -> None:
    begun = time.perf_counter()
    scan(text)
    assert time.perf_counter() - begun < 2


def test_a_finding_never_holds_the_words() -> None:
    assert set(Finding.__struct_fields__) == {"kind", "severity", "start", "end"}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Lees bit.ly/3xYz", [Kind.SHORT_LINK]),
        ("Lees https://tinyurl.com/abc en kom", [Kind.SHORT_LINK]),
        ("Bel Fatima op 0970-10240012", [Kind.NAME, Kind.PHONE]),
        ("Meer op https://www.oeverlanden.example/wijk", []),
        ("Stuur het op t.co", [Kind.SHORT_LINK]),
        ("Om 9.30 uur, cafe de Brug", []),
        ("Kijk op orbit.ly of habit.ly/x", []),
        ("", []),
    ],
)
def test_a_text_that_leaves_is_looked_at_again(text: str, kinds: list[Kind]) -> None:
    found = scan_leaving(text)
    assert [each.kind for each in found] == kinds
    assert all(each.severity == "warning" for each in found)
