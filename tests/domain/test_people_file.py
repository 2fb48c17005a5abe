import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.people_columns import PersonKind
from calamity.domain.people_file import PeopleFile, PersonLine, read_people

HEADER = (
    "soort;naam;telefoon;taal;rol;rang;wijk;kring;contactpersoon;afgesproken_op;wil_vragen;"
    "rust_van;rust_tot;organisatie"
)
KEY_FIGURE = (
    "sleutelfiguur;Truus;0970-10240025;nl;;;Binnenstad;winkeliers;Marit Wolthuis;11-03-2026;ja;"
    "21:00;08.30;"
)
RESPONDER = "snelteam;Hanneke Terpstra;+31 970 102 40001;;LEI;;;;;;;;;"
CONTACT = "contactpersoon;Marit Wolthuis;0970 10240013;nl;;;;;;;;;;"
PROFESSIONAL = "professional;Eva Lammers;097010240017;nl;;;Zilverkamp;;;;;;;onderwijs"
OFFICIAL = "bestuurder;Mirjam de Groot;0031970-10240023;;;;;;;;;;;"
ALL = [RESPONDER, KEY_FIGURE, CONTACT, PROFESSIONAL, OFFICIAL]


def read(*lines: str, header: str = HEADER) -> PeopleFile:
    return read_people("\n".join((header, *lines)).encode())


def the_fault(*lines: str, header: str = HEADER) -> tuple[int, str, str]:
    (fault,) = read(*lines, header=header).faults
    assert fault.cure
    return fault.line, fault.column, fault.problem


def with_cell(line: str, column: str, cell: str) -> str:
    cells = line.split(";")
    cells[HEADER.split(";").index(column)] = cell
    return ";".join(cells)


def test_a_key_figure_is_read_whole() -> None:
    (row,) = read(KEY_FIGURE).rows
    assert row == PersonLine(
        line=2,
        kind=PersonKind.KEY_FIGURE,
        name="Truus",
        phone=row.phone,
        language="nl",
        neighbourhood="Binnenstad",
        circle="winkeliers",
        contact_person="Marit Wolthuis",
        agreed_on=datetime.date(2026, 3, 11),
        asks=True,
        quiet_from="21:00",
        quiet_until="08:30",
    )
    assert row.phone.e164 == "+3197010240025"
    assert row.phone.shown == "+31 970 102 40025"


def test_every_kind_of_person_is_read() -> None:
    found = read(*ALL)
    assert found.faults == []
    assert [row.kind for row in found.rows] == [
        PersonKind.RESPONDER,
        PersonKind.KEY_FIGURE,
        PersonKind.CONTACT_PERSON,
        PersonKind.PROFESSIONAL,
        PersonKind.OFFICIAL,
    ]
    assert found.rows[0].rank == 1
    assert found.rows[0].role == "LEI"
    assert found.rows[3].organisation == "education"
    assert [row.line for row in found.rows] == [2, 3, 4, 5, 6]


def test_english_names_mean_the_same() -> None:
    header = (
        "Kind,Name,Phone,Language,Role,Rank,Neighbourhood,Circle,Contact person,Agreed on,Asks,"
        "Quiet from,quiet-until,Organisation"
    )
    line = (
        "key figure,Truus,+3197010240025,NL,,,Binnenstad,winkeliers,Marit Wolthuis,2026-03-11,yes,"
        "21:00,8:30,"
    )
    found = read(line, header=header)
    assert found.delimiter == ","
    assert found.rows == read(KEY_FIGURE).rows


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252")],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_spreadsheets_write_is_read(
    delimiter: str, encoding: str, told: str, end: str
) -> None:
    text = end.join((HEADER, KEY_FIGURE.replace("Truus", "Zoë"), RESPONDER, "")).replace(
        ";", delimiter
    )
    found = read_people(text.encode(encoding))
    assert found.faults == []
    assert [row.name for row in found.rows] == ["Zoë", "Hanneke Terpstra"]
    assert (found.delimiter, found.encoding) == (delimiter, told)


def test_the_separator_line_of_excel_is_passed_over() -> None:
    found = read_people(("sep=;\r\n" + HEADER + "\r\n" + OFFICIAL).encode())
    assert [row.line for row in found.rows] == [3]


def test_empty_lines_are_passed_over_and_lines_keep_their_numbers() -> None:
    found = read("", RESPONDER, ";;;;;;;;;;;;;", OFFICIAL)
    assert [row.line for row in found.rows] == [3, 5]


def test_a_quoted_cell_may_hold_delimiter_and_line_break() -> None:
    found = read(KEY_FIGURE.replace("winkeliers", '"winkels; en\nmarkt"'), OFFICIAL)
    assert found.rows[0].circle == "winkels; en markt"
    assert [row.line for row in found.rows] == [2, 4]


def test_a_short_line_and_another_order_do_no_harm() -> None:
    found = read("Mirjam de Groot;bestuurder;097010240023", header="naam;soort;telefoon;taal")
    assert found.rows[0].kind is PersonKind.OFFICIAL
    assert found.rows[0].language == "nl"


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("soort", "informant", "not known"),
        ("soort", "", "empty"),
        ("naam", "", "empty"),
        ("naam", "=HYPERLINK(1)", "spreadsheet runs"),
        ("naam", "+Truus", "spreadsheet runs"),
        ("naam", "@Truus", "spreadsheet runs"),
        ("naam", "x" * 81, "longer than 80"),
        ("telefoon", "", "empty"),
        ("telefoon", "3,1970102E+12", "rounded"),
        ("telefoon", "3.1970102E+12", "rounded"),
        ("telefoon", "3E12", "rounded"),
        ("telefoon", "0970-1024002", "No such number"),
        ("telefoon", "033-4690000", "landline"),
        ("telefoon", "0900-8844", "cannot get an SMS"),
        ("telefoon", "onbekend", "not a phone number"),
        ("telefoon", "097010240025 / 097010240026", "more than one number"),
        ("telefoon", "=097010240025", "spreadsheet runs"),
        ("taal", "xx", "language"),
        ("wijk", "", "empty"),
        ("contactpersoon", "", "empty"),
        ("afgesproken_op", "31-02-2026", "not a date"),
        ("afgesproken_op", "gisteren", "not a date"),
        ("afgesproken_op", "03/2026", "not a date"),
        ("afgesproken_op", "1-1-1970", "not a date"),
        ("afgesproken_op", "", "without an agreement"),
        ("wil_vragen", "soms", "not known"),
        ("rust_van", "25:00", "not a time"),
        ("rust_van", "avond", "not a time"),
        ("rust_van", "", "Half of the quiet hours"),
        ("rol", "LEI", "not kept for this kind"),
        ("organisatie", "zorg", "not kept for this kind"),
        ("kring", "-1+cmd", "spreadsheet runs"),
    ],
)
def test_a_wrong_cell_is_named_with_line_and_column(column: str, cell: str, words: str) -> None:
    line, named, problem = the_fault(OFFICIAL, with_cell(KEY_FIGURE, column, cell))
    assert line == 3
    assert words in problem
    if words not in ("without an agreement", "Half of the quiet hours"):
        assert named == column
    assert len(read(OFFICIAL, with_cell(KEY_FIGURE, column, cell)).rows) == 1


@pytest.mark.parametrize(
    ("line", "column", "cell", "words"),
    [
        (RESPONDER, "rol", "", "empty"),
        (RESPONDER, "rol", "team leider", "code of a role"),
        (RESPONDER, "rang", "0", "1 to 9"),
        (RESPONDER, "rang", "eerste", "1 to 9"),
        (RESPONDER, "kring", "winkeliers", "not kept for this kind"),
        (PROFESSIONAL, "organisatie", "", "empty"),
        (PROFESSIONAL, "organisatie", "politiek", "not known"),
        (PROFESSIONAL, "wil_vragen", "ja", "not kept for this kind"),
        (CONTACT, "wijk", "Binnenstad", "not kept for this kind"),
    ],
)
def test_each_kind_has_its_own_columns(line: str, column: str, cell: str, words: str) -> None:
    number, named, problem = the_fault(with_cell(line, column, cell))
    assert (number, named) == (2, column)
    assert words in problem


def test_every_fault_of_every_line_is_told() -> None:
    bad = with_cell(with_cell(KEY_FIGURE, "taal", "xx"), "telefoon", "06")
    found = read(bad, OFFICIAL, with_cell(RESPONDER, "rol", ""))
    assert [(fault.line, fault.column) for fault in found.faults] == [
        (2, "telefoon"), (2, "taal"), (4, "rol"),
    ]  # fmt: skip
    assert [row.line for row in found.rows] == [3]
    assert str(found.faults[2]).startswith("Line 4, rol: ")


@pytest.mark.parametrize(
    "cell",
    ["'097010240025", "'+3197010240025", '"=""097010240025"""', "97010240025", "3197010240025",
     "3197010240025.0", " +31 970 102 40025 ", "\u202a+3197010240025\u202c"],
)  # fmt: skip
def test_what_excel_does_to_a_number_is_undone(cell: str) -> None:
    (row,) = read(with_cell(KEY_FIGURE, "telefoon", cell)).rows
    assert row.phone.e164 == "+3197010240025"


def test_a_name_may_begin_with_an_apostrophe() -> None:
    (row,) = read(with_cell(OFFICIAL, "naam", "'t Hart")).rows
    assert row.name == "'t Hart"


def test_controls_in_a_cell_are_taken_out() -> None:
    (row,) = read(with_cell(KEY_FIGURE, "kring", "win\x07kel\u202eiers  \t oost")).rows
    assert row.circle == "winkeliers oost"


@pytest.mark.parametrize(
    "column",
    ["religie", "Geloof", "geloofsovertuiging", "religion", "nationaliteit", "Nationality",
     "herkomst", "land van herkomst", "afkomst", "etniciteit", "origin", "geboortedatum", "BSN",
     "politieke voorkeur", "partij", "mening", "gezondheid", "betrouwbaarheid", "reliability",
     "invloed", "geslacht", "seksuele gerichtheid"],
)  # fmt: skip
def test_what_must_not_be_kept_is_refused_in_its_own_words(column: str) -> None:
    line, named, problem = the_fault(KEY_FIGURE + ";x", header=f"{HEADER};{column}")
    assert (line, named) == (1, column)
    assert "must not be kept" in problem
    assert read(KEY_FIGURE + ";x", header=f"{HEADER};{column}").rows == []


def test_an_unknown_column_is_refused() -> None:
    line, named, problem = the_fault(KEY_FIGURE + ";x", header=f"{HEADER};schoenmaat")
    assert (line, named) == (1, "schoenmaat")
    assert "unknown" in problem


def test_a_column_may_not_occur_twice() -> None:
    assert "twice" in the_fault(header=f"{HEADER};phone")[2]


def test_a_missing_column_is_named() -> None:
    assert the_fault("snelteam;Ilse", header="soort;naam")[1] == "telefoon"


def test_too_many_cells_are_a_fault() -> None:
    assert "more cells" in the_fault(KEY_FIGURE + ";;x")[2]
    assert read(KEY_FIGURE + ";;;").faults == []


def test_the_same_line_twice_is_a_fault() -> None:
    line, column, problem = the_fault(RESPONDER, OFFICIAL, RESPONDER)
    assert (line, column) == (4, "telefoon")
    assert "Line 2" in problem


def test_the_same_number_under_two_names_is_a_fault() -> None:
    other = with_cell(OFFICIAL, "telefoon", "+3197010240001")
    line, _, problem = the_fault(RESPONDER, other)
    assert line == 3
    assert "another name" in problem


@pytest.mark.parametrize(
    ("column", "one", "other", "words"),
    [
        ("e-mail", "h@oever.example", "t@oever.example", "another e-mail address"),
        ("controlewoord", "anker", "zwaan", "another check word"),
    ],
)
def test_one_person_with_two_addresses_or_words_is_a_fault(
    column: str, one: str, other: str, words: str
) -> None:
    deputy = with_cell(with_cell(RESPONDER, "rol", "SOC"), "rang", "2")

    def lines(*cells: str) -> str:
        rows = zip((RESPONDER, deputy), cells, strict=True)
        return "\n".join([f"{HEADER};{column}", *(f"{row};{cell}" for row, cell in rows)])

    (fault,) = read_people(lines(one, other).encode()).faults
    assert (fault.line, fault.column) == (3, column)
    assert "Line 2" in fault.problem
    assert words in fault.problem
    assert one not in str(fault)
    for cells in ((one, ""), ("", one), (one, one.upper())):
        assert read_people(lines(*cells).encode()).faults == []


def test_one_person_may_hold_two_roles_and_be_a_contact_person() -> None:
    deputy = with_cell(with_cell(RESPONDER, "rol", "SOC"), "rang", "2")
    contact = with_cell(with_cell(CONTACT, "naam", "Hanneke Terpstra"), "telefoon", "097010240001")
    found = read(RESPONDER, deputy, contact)
    assert found.faults == []
    assert len(found.rows) == 3


def test_a_contact_person_must_be_known_when_the_known_are_given() -> None:
    alone = f"{HEADER}\n{KEY_FIGURE}".encode()
    assert read_people(alone).faults == []
    (fault,) = read_people(alone, contact_persons=["Lieke van Assen"]).faults
    assert (fault.line, fault.column) == (2, "contactpersoon")
    assert read_people(alone, contact_persons=["marit wolthuis"]).faults == []
    assert (
        read_people(f"{HEADER}\n{KEY_FIGURE}\n{CONTACT}".encode(), contact_persons=[]).faults == []
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "missing"),
        (b"PK\x03\x04rest", "no text"),
        (b"\xd0\xcf\x11\xe0rest", "no text"),
        (b"\xff\xfea", "no text"),
        (HEADER.encode(), "no one"),
        (b" " * 20_000_001, "20 MB"),
        (f'{HEADER}\nsnelteam;"{"x" * 200_000}'.encode(), "quotation mark"),
    ],
)
def test_a_file_that_is_no_list_is_refused(data: bytes, words: str) -> None:
    found = read_people(data)
    assert found.rows == []
    assert words in found.faults[0].problem
    assert found.faults[0].cure


def test_a_file_has_a_largest_number_of_lines() -> None:
    lines = [f"bestuurder;A;{number}" for number in range(50_002)]
    found = read(*lines, header="soort;naam;telefoon")
    assert found.faults[-1].line == 50_002
    assert "50,000" in found.faults[-1].problem


def test_local_numbers_follow_the_country() -> None:
    data = f"{HEADER}\n{with_cell(OFFICIAL, 'telefoon', '0470 00 00 00')}".encode()
    assert read_people(data, country="BE").rows[0].phone.e164 == "+32470000000"
    assert read_people(data).rows == []


@given(st.lists(st.text(max_size=12), min_size=14, max_size=14))
def test_a_fault_never_repeats_the_cell(cells: list[str]) -> None:
    marked = [f"geheim{cell}" for cell in cells]
    for cell, column in zip(marked, HEADER.split(";"), strict=True):
        found = read_people(f"{HEADER}\n{with_cell(KEY_FIGURE, column, cell)}".encode(
            errors="surrogatepass"))  # fmt: skip
        assert "geheim" not in " ".join(str(fault) for fault in found.faults)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_no_file_breaks_the_reader(data: bytes) -> None:
    for attempt in (data, HEADER.encode() + b"\n" + data):
        found = read_people(attempt)
        assert found.rows or found.faults
