"""Read the people of a municipality from a CSV file, with every fault and its cure, line by line.

Columns, Dutch or English: soort/kind, naam/name, telefoon/phone, e-mail, taal/language,
controlewoord/check_word, deelt_telefoon/shares_phone (ja on each line of people who share a phone);
for the rapid team
rol/role and rang/rank (1 first, 2 and up deputies); for key figures wijk/neighbourhood,
kring/circle, contactpersoon/contact_person, afgesproken_op/agreed_on, wil_vragen/asks (ja or nee),
rust_van/quiet_from, rust_tot/quiet_until; for professionals organisatie/organisation and wijk.
"""

import csv
import datetime
import io
from collections.abc import Collection, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from calamity.domain.people_columns import (
    COLUMNS,
    REQUIRED,
    CellFault,
    PersonKind,
    bare_cell,
    column_of,
    is_forbidden,
    read_cell,
)
from calamity.domain.phone import Phone

MOST_LINES = 50_000
LARGEST_FILE = 20_000_000

Delimiter = Literal[";", ",", "\t"]


class PersonLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One good line of the file."""

    line: int
    kind: PersonKind
    name: str
    phone: Phone
    email: str | None = None
    language: str = "nl"
    check_word: str | None = None
    shares_phone: bool = False
    role: str | None = None
    rank: int | None = None
    neighbourhood: str | None = None
    circle: str | None = None
    contact_person: str | None = None
    agreed_on: datetime.date | None = None
    asks: bool = False
    quiet_from: str | None = None
    quiet_until: str | None = None
    organisation: str | None = None

    @property
    def who(self) -> tuple[str, str]:
        """The number and, for people who share one, the name: what tells one from another."""
        return self.phone.e164, self.name.casefold() if self.shares_phone else ""


class LineFault(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong in one place. It never repeats what stands there; line 0 is the whole file."""

    line: int
    column: str
    problem: str
    cure: str

    def __str__(self) -> str:
        place = f"Line {self.line}" if self.line else "File"
        column = f", {self.column}" if self.column else ""
        return f"{place}{column}: {self.problem} {self.cure}"


class PeopleFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file holds: the lines without a fault, and all faults."""

    rows: list[PersonLine]
    faults: list[LineFault]
    delimiter: Delimiter
    encoding: str


# Which columns say something about which kind; another filled cell is a fault, since it would be
# kept without a purpose.
_ONE_EACH = {
    "email": "Line {} gives this person another e-mail address.",
    "check_word": "Line {} gives this person another check word.",
}
_FOR_ALL = {"kind", "name", "phone", "email", "language", "check_word"}
_COLUMNS_OF = {
    PersonKind.RESPONDER: _FOR_ALL | {"role", "rank"},
    PersonKind.KEY_FIGURE: _FOR_ALL
    | {"neighbourhood", "circle", "contact_person", "agreed_on", "asks"}
    | {"quiet_from", "quiet_until", "shares_phone"},
    PersonKind.PROFESSIONAL: _FOR_ALL | {"neighbourhood", "organisation", "shares_phone"},
    PersonKind.CONTACT_PERSON: _FOR_ALL,
    PersonKind.OFFICIAL: _FOR_ALL,
}
_NEEDED_BY = {
    PersonKind.RESPONDER: ("role",),
    PersonKind.KEY_FIGURE: ("neighbourhood", "contact_person"),
    PersonKind.PROFESSIONAL: ("organisation",),
}


def read_people(
    data: bytes, *, country: str = "NL", contact_persons: Collection[str] | None = None
) -> PeopleFile:
    """Read all lines; a good line is kept even if others are not, and the caller decides.

    *contact_persons* are the names already known. If given, a contact person who is neither known
    nor in the file is a fault.
    """
    if len(data) > LARGEST_FILE:
        return _unreadable("The file is larger than 20 MB.", "Split it.")
    text, encoding = _decoded(data)
    if text is None:
        return _unreadable("The file is no text.", "Save it as CSV UTF-8, not as a workbook.")
    first, body = _without_sep(text)
    delimiter = _delimiter(body)
    reader = _FileReader(country)
    try:
        reader.read(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter), first)
    except csv.Error:
        reader.fault(0, "", "A quotation mark is not closed.", "Check the quotation marks.")
    if contact_persons is not None:
        reader.check_contact_persons(contact_persons)
    bad = {fault.line for fault in reader.faults}
    rows = [row for row in reader.rows if row.line not in bad]
    faults = sorted(reader.faults, key=lambda fault: fault.line)
    return PeopleFile(rows, faults, delimiter, encoding)


def _unreadable(problem: str, cure: str) -> PeopleFile:
    return PeopleFile([], [LineFault(0, "", problem, cure)], ";", "")


def _decoded(data: bytes) -> tuple[str | None, str]:
    """Return the text and its encoding: UTF-8, UTF-16, or what Excel writes on Windows."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return None, ""
    encodings = ["utf-8-sig", "cp1252"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data[:200]:
        encodings = ["utf-16-be" if data[:1] == b"\x00" else "utf-16-le"]
    for encoding in encodings:
        try:
            return data.decode(encoding), "utf-8" if encoding == "utf-8-sig" else encoding
        except UnicodeDecodeError:
            continue
    return None, ""


def _without_sep(text: str) -> tuple[int, str]:
    """Return the number of the first line, and the text without Excel's line "sep=;"."""
    head, _, rest = text.partition("\n")
    return (2, rest) if head.strip().casefold().startswith("sep=") else (1, text)


def _delimiter(text: str) -> Delimiter:
    """Take the delimiter that makes the most known columns of the header."""
    header = text.lstrip("\r\n").partition("\n")[0]
    choices: tuple[Delimiter, ...] = (";", ",", "\t")
    return max(
        choices, key=lambda mark: sum(column_of(cell) is not None for cell in header.split(mark))
    )


class _FileReader:
    """Gathers rows and faults while it goes through the file."""

    def __init__(self, country: str) -> None:
        self.country = country
        self.rows: list[PersonLine] = []
        self.faults: list[LineFault] = []
        self.headers: dict[str, str] = {}
        self.order: list[str | None] = []
        self.seen: dict[tuple[str, str, str], int] = {}
        self.names: dict[str, tuple[int, str, bool]] = {}
        self.given: dict[tuple[str, str, str], tuple[int, str]] = {}

    def fault(self, line: int, column: str, problem: str, cure: str) -> None:
        self.faults.append(LineFault(line, self.headers.get(column, column), problem, cure))

    def read(self, records: Iterator[list[str]], first: int) -> None:
        numbered = _numbered(records, first)
        line, header = next(numbered, (first, []))
        self._read_header(line, header)
        if self.faults:
            return
        for count, (line, record) in enumerate(numbered, start=1):
            if count > MOST_LINES:
                self.fault(line, "", "There are more than 50,000 lines.", "Split the file.")
                return
            self._read_record(line, record)
        if not (self.rows or self.faults):
            self.fault(0, "", "There is no one in the file.", "Put one person on each line.")

    def _read_header(self, line: int, header: list[str]) -> None:
        for cell in header:
            column = column_of(cell)
            self.order.append(column)
            if column in self.headers:
                self.fault(line, cell.strip(), "The column occurs twice.", "Keep one of them.")
            elif column is not None:
                self.headers[column] = cell.strip()
            elif is_forbidden(cell):
                self.fault(
                    line,
                    cell.strip(),
                    "This must not be kept about a person.",
                    "Remove the column from the file, and from where it came from.",
                )
            elif cell.strip():
                known = ", ".join(names[0] for names in COLUMNS.values())
                self.fault(line, cell.strip()[:40], "The column is unknown.", f"Known: {known}.")
        for column in REQUIRED:
            if column not in self.headers:
                names = COLUMNS[column]
                self.fault(line, names[0], "The column is missing.", "Name it in the first line.")

    def _read_record(self, line: int, record: list[str]) -> None:
        if any(cell.strip() for cell in record[len(self.order) :]):
            cure = "Put a text that holds the delimiter between quotation marks."
            self.fault(line, "", "There are more cells than columns.", cure)
            return
        before = len(self.faults)
        values: dict[str, object] = {"line": line}
        for column, cell in zip(self.order, record, strict=False):
            text = bare_cell(cell)
            if column is None or not text:
                continue
            try:
                values[column] = read_cell(column, text, self.country)
            except CellFault as fault:
                self.fault(line, column, fault.problem, fault.cure)
                values[column] = None
        self._check_required(line, values)
        if len(self.faults) > before:
            return
        if values["kind"] is PersonKind.RESPONDER:
            values.setdefault("rank", 1)
        row = msgspec.convert(values, PersonLine)
        self._check_sense(row)
        self._check_twice(row)
        self._check_alike(row)
        self.rows.append(row)

    def _check_required(self, line: int, values: dict[str, object]) -> None:
        kind = values.get("kind")
        needed = REQUIRED + (_NEEDED_BY.get(kind, ()) if isinstance(kind, PersonKind) else ())
        for column in needed:
            if column not in values:
                name = COLUMNS[column][0]
                self.fault(line, column, "The cell is empty.", f"Fill in {name} for this person.")
        if isinstance(kind, PersonKind):
            for column in values.keys() - _COLUMNS_OF[kind] - {"line"}:
                if values[column] is not False:
                    self.fault(line, column, "This is not kept for this kind.", "Empty the cell.")

    def _check_sense(self, row: PersonLine) -> None:
        if row.asks and row.agreed_on is None:
            cure = "Fill in when the person agreed, or put nee."
            self.fault(row.line, "asks", "Nobody is asked without an agreement.", cure)
        if (row.quiet_from is None) != (row.quiet_until is None):
            self.fault(
                row.line, "quiet_from", "Half of the quiet hours is missing.", "Fill in both."
            )

    def _check_twice(self, row: PersonLine) -> None:
        """One number is one person; a person may stand in several kinds, and hold several roles.

        People who share a phone say so on each of their lines.
        """
        line, name, shares = self.names.setdefault(
            row.phone.e164, (row.line, row.name, row.shares_phone)
        )
        if name.casefold() != row.name.casefold() and not (shares and row.shares_phone):
            problem = f"Line {line} has the same number with another name."
            cure = "Give each person an own number, or say on both lines that they share a phone."
            self.fault(row.line, "phone", problem, cure)
            return
        place = (*row.who, f"{row.kind} {row.role or ''}")
        line = self.seen.setdefault(place, row.line)
        if line != row.line:
            problem = f"Line {line} says the same."
            self.fault(row.line, "phone", problem, "Remove one of the two lines.")

    def _check_alike(self, row: PersonLine) -> None:
        """Check that a person has one e-mail address and one check word, on however many lines."""
        for column, problem in _ONE_EACH.items():
            value = getattr(row, column)
            if not value:
                continue
            line, first = self.given.setdefault((*row.who, column), (row.line, value))
            if first.casefold() != value.casefold():
                cure = "Keep one of the two, or leave one of the cells empty."
                self.fault(row.line, column, problem.format(line), cure)

    def check_contact_persons(self, known: Collection[str]) -> None:
        here = {row.name for row in self.rows if row.kind is PersonKind.CONTACT_PERSON}
        names = {name.casefold() for name in (*known, *here)}
        for row in self.rows:
            if row.contact_person and row.contact_person.casefold() not in names:
                problem = "This contact person is not known."
                cure = "Add a line for the contact person, or check the spelling."
                self.fault(row.line, "contact_person", problem, cure)


def _numbered(records: Iterator[list[str]], first: int) -> Iterator[tuple[int, list[str]]]:
    """Give each record that is not empty the number of the line on which it begins."""
    line = first
    for record in records:
        begins = line
        line = first + getattr(records, "line_num", 0)
        if any(cell.strip() for cell in record):
            yield begins, record
