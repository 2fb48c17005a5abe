"""Taking in people from a CSV file: all or nothing, unless told to skip what is bad.

Merging goes by phone number: one number is one recipient, who may hold several roles. People who
share a phone say so in the file, and are told apart by their names.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from calamity.domain.districts import short_name
from calamity.domain.errors import Refused
from calamity.domain.people_columns import COLUMNS, PersonKind
from calamity.domain.people_file import LineFault, PersonLine, read_people
from calamity.domain.permissions import Actor, Permission
from calamity.store.database import Session
from calamity.store.municipalities import Neighbourhood, list_neighbourhoods
from calamity.store.people_import import (
    Kept,
    NewKeyFigure,
    NewRecipient,
    contact_person_ids,
    contact_person_names,
    put_contact_persons,
    put_key_figures,
    put_professionals,
    put_recipients,
    put_responders,
    stopped_numbers,
)
from calamity.store.playbooks import list_versions

# A Dutch clock runs at most two hours ahead of UTC, so that is how early "today" can begin.
_AHEAD = timedelta(hours=2)
_LONGEST_CIRCLE = 60
_OFFICIAL = "Not kept here: make an account for this official (calamity user create)."

Result = Literal["added", "changed", "same", "skipped", "bad"]


class LineReport(Struct, frozen=True):
    """What became of one line. *shown* is the number as it was understood."""

    line: int
    kind: str
    shown: str
    result: Result
    faults: list[LineFault] = []
    note: str = ""


class PeopleReport(Struct, frozen=True):
    """What became of every line, in the order of the file."""

    lines: list[LineReport]
    added: int
    changed: int
    same: int
    skipped: int
    bad: int
    notes: list[str]


class PeopleFaults(Refused):
    """The file has faults, so nobody was taken in. *faults* holds them all, by line."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        many = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The file has {many}, and nobody was taken in. First: {faults[0]}", field="file"
        )
        self.faults = list(faults)


async def import_people(
    session: Session, actor: Actor, data: bytes, *, skip_bad: bool, at: datetime
) -> PeopleReport:
    """Take in the people of a file, and report on every line.

    Raises PeopleFaults when a line is bad and bad lines are not to be skipped, or when no line is
    good. The transaction must then be rolled back.
    """
    actor.must(Permission.IMPORT)
    file = await asyncio.to_thread(read_people, data)
    checker = await _checker(session, actor.municipality_id, at)
    good = checker.good_among(file.rows)
    faults = sorted([*file.faults, *checker.faults], key=lambda fault: fault.line)
    if faults and not (skip_bad and good):
        raise PeopleFaults(faults)
    writer = _Writer(session, actor.municipality_id, checker.places, at)
    lines = [*await writer.write(good), *_bad_lines(file.rows, faults)]
    counts = Counter(line.result for line in lines)
    return PeopleReport(
        lines=sorted(lines, key=lambda line: line.line),
        added=counts["added"],
        changed=counts["changed"],
        same=counts["same"],
        skipped=counts["skipped"],
        bad=counts["bad"],
        notes=[*await _notes_on_roles(session, actor, good), *_notes_on_agreements(good)],
    )


def _bad_lines(rows: Iterable[PersonLine], faults: Iterable[LineFault]) -> list[LineReport]:
    read = {row.line: row for row in rows}
    by_line: defaultdict[int, list[LineFault]] = defaultdict(list)
    for fault in faults:
        by_line[fault.line].append(fault)
    return [
        LineReport(
            line,
            read[line].kind if line in read else "",
            read[line].phone.shown if line in read else "",
            "bad",
            found,
        )
        for line, found in by_line.items()
    ]


async def _checker(session: Session, municipality_id: str, at: datetime) -> "_Checker":
    return _Checker(
        places=await list_neighbourhoods(session, municipality_id),
        stopped=await stopped_numbers(session, municipality_id),
        contacts=await contact_person_names(session, municipality_id),
        index=session.vault.index,
        at=at,
    )


class _Checker:
    """Checks what a file alone cannot tell: places, agreements, STOP, and who knows whom."""

    def __init__(
        self,
        *,
        places: Iterable[Neighbourhood],
        stopped: set[str],
        contacts: dict[str, str],
        index: Callable[[str], str],
        at: datetime,
    ) -> None:
        self.faults: list[LineFault] = []
        self.places = _Places(places)
        self._stopped = stopped
        self._contacts = contacts
        self._index = index
        self._today = (at + _AHEAD).date()
        self._languages: dict[tuple[str, str], tuple[int, str]] = {}
        self._by_name: defaultdict[str, set[str]] = defaultdict(set)

    def good_among(self, rows: Sequence[PersonLine]) -> list[PersonLine]:
        """Return the rows without a fault; key figures come after those who are to know them."""
        sound = [row for row in rows if self._is_sound(row)]
        self._learn_contacts(sound)
        good = [
            row for row in sound if row.kind is not PersonKind.KEY_FIGURE or self._has_contact(row)
        ]
        return sorted(good, key=lambda row: (row.kind is PersonKind.KEY_FIGURE, row.line))

    def _fault(self, row: PersonLine, column: str, problem: str, cure: str) -> None:
        self.faults.append(LineFault(row.line, COLUMNS[column][0], problem, cure))

    def _is_sound(self, row: PersonLine) -> bool:
        before = len(self.faults)
        if self._index(row.phone.e164) in self._stopped:
            self._fault(
                row,
                "phone",
                "The owner of this number said STOP, and only they can undo that.",
                "Remove the line. They can text START themselves.",
            )
        line, language = self._languages.setdefault(row.who, (row.line, row.language))
        if language != row.language:
            problem = f"Line {line} gives this person another language."
            self._fault(row, "language", problem, "Give the same language on both lines.")
        self._check_place(row)
        self._check_agreement(row)
        return len(self.faults) == before

    def _check_place(self, row: PersonLine) -> None:
        if row.neighbourhood is None:
            if row.kind is PersonKind.PROFESSIONAL:
                cure = "Fill in the neighbourhood in which this person works."
                self._fault(row, "neighbourhood", "The cell is empty.", cure)
            return
        found = self.places.named(row.neighbourhood)
        if len(found) == 1:
            return
        if found:
            problem, cure = "More than one neighbourhood has this name.", "Use its code."
        elif self.places.is_empty:
            problem = "There are no neighbourhoods yet."
            cure = "Import them first: calamity neighbourhoods import --help."
        else:
            problem = "There is no such neighbourhood."
            cure = f"Use its code or its name, such as {self.places.example}."
        self._fault(row, "neighbourhood", problem, cure)

    def _check_agreement(self, row: PersonLine) -> None:
        if row.agreed_on is not None and row.agreed_on > self._today:
            cure = "Fill in the day on which the person agreed, or leave the cell empty."
            self._fault(row, "agreed_on", "This date is still to come.", cure)
        if row.circle is not None and len(row.circle) > _LONGEST_CIRCLE:
            self._fault(row, "circle", "The text is longer than 60 characters.", "Shorten it.")

    def _learn_contacts(self, rows: Iterable[PersonLine]) -> None:
        """Know contact persons by name: those of the file, and those stored, under new names."""
        names = dict(self._contacts)
        for row in rows:
            index = self._index(row.phone.e164)
            if row.kind is PersonKind.CONTACT_PERSON or index in names:
                names[index] = row.name
        for index, name in names.items():
            self._by_name[name.casefold()].add(index)

    def contact_of(self, row: PersonLine) -> set[str]:
        """Return the indexes of the contact persons with the name in this row."""
        return self._by_name.get((row.contact_person or "").casefold(), set())

    def _has_contact(self, row: PersonLine) -> bool:
        found = self.contact_of(row)
        if len(found) == 1 and self._index(row.phone.e164) not in found:
            return True
        if not found:
            problem = "This contact person is not known."
            cure = "Add a line for the contact person, mend that line, or check the spelling."
        elif len(found) > 1:
            problem = "More than one contact person has this name."
            cure = "Give them names that tell them apart."
        else:
            problem = "A key figure cannot be their own contact person."
            cure = "Name the official who knows this person."
        self._fault(row, "contact_person", problem, cure)
        return False


class _Places:
    """Neighbourhoods by code, name, or name without the number of CBS."""

    def __init__(self, places: Iterable[Neighbourhood]) -> None:
        self._by_name: defaultdict[str, set[str]] = defaultdict(set)
        self.example = ""
        for place in places:
            self.example = self.example or short_name(place.name)
            for name in (place.code, place.name, short_name(place.name)):
                self._by_name[name.casefold()].add(place.id)

    @property
    def is_empty(self) -> bool:
        """Whether there is no neighbourhood at all."""
        return not self._by_name

    def named(self, name: str | None) -> set[str]:
        """Return the ids of the neighbourhoods with this name."""
        return self._by_name.get((name or "").casefold(), set())

    def one(self, name: str | None) -> str:
        """Return the id of the only neighbourhood with this name; the checker saw to that."""
        (found,) = self.named(name)
        return found


class _Writer:
    """Writes good rows, capacity by capacity, and reports on each."""

    def __init__(
        self, session: Session, municipality_id: str, places: _Places, at: datetime
    ) -> None:
        self._session = session
        self._municipality_id = municipality_id
        self._places = places
        self._at = at
        self._people: dict[tuple[str, str], Kept] = {}

    async def write(self, rows: Sequence[PersonLine]) -> list[LineReport]:
        """Write the rows and return what became of them."""
        officials = [row for row in rows if row.kind is PersonKind.OFFICIAL]
        kept = [row for row in rows if row.kind is not PersonKind.OFFICIAL]
        by_person: defaultdict[tuple[str, str], list[PersonLine]] = defaultdict(list)
        for row in kept:
            by_person[row.who].append(row)
        self._people = await put_recipients(
            self._session,
            self._municipality_id,
            {
                who: NewRecipient(
                    rows[-1].phone.e164,
                    rows[-1].name,
                    rows[-1].language,
                    next((row.check_word for row in rows if row.check_word), None),
                    next((row.email for row in rows if row.email), None),
                )
                for who, rows in by_person.items()
            },
            self._at,
        )
        lines = [
            LineReport(row.line, row.kind, row.phone.shown, "skipped", note=_OFFICIAL)
            for row in officials
        ]
        for kind, put in (
            (PersonKind.CONTACT_PERSON, self._contact_persons),
            (PersonKind.RESPONDER, self._responders),
            (PersonKind.PROFESSIONAL, self._professionals),
            (PersonKind.KEY_FIGURE, self._key_figures),
        ):
            of_kind = [row for row in kept if row.kind is kind]
            results = await put(of_kind)
            lines += [self._line(row, kept) for row, kept in zip(of_kind, results, strict=True)]
        return lines

    def _line(self, row: PersonLine, capacity: Kept) -> LineReport:
        puts = {capacity.put, self._people[row.who].put}
        result: Result = "same"
        if capacity.put == "added":
            result = "added"
        elif puts != {"same"}:
            result = "changed"
        return LineReport(row.line, row.kind, row.phone.shown, result)

    def _id(self, row: PersonLine) -> str:
        return self._people[row.who].id

    async def _contact_persons(self, rows: Sequence[PersonLine]) -> list[Kept]:
        return await put_contact_persons(
            self._session, self._municipality_id, [self._id(row) for row in rows]
        )

    async def _responders(self, rows: Sequence[PersonLine]) -> list[Kept]:
        return await put_responders(
            self._session,
            self._municipality_id,
            [(self._id(row), row.role or "", row.rank or 1) for row in rows],
        )

    async def _professionals(self, rows: Sequence[PersonLine]) -> list[Kept]:
        return await put_professionals(
            self._session,
            self._municipality_id,
            [
                (self._id(row), self._places.one(row.neighbourhood), row.organisation or "other")
                for row in rows
            ],
        )

    async def _key_figures(self, rows: Sequence[PersonLine]) -> list[Kept]:
        names = await contact_person_names(self._session, self._municipality_id)
        ids = await contact_person_ids(self._session, self._municipality_id)
        contacts = {name.casefold(): ids[index] for index, name in names.items()}
        return await put_key_figures(
            self._session,
            self._municipality_id,
            [
                NewKeyFigure(
                    recipient_id=self._id(row),
                    contact_person_id=contacts[(row.contact_person or "").casefold()],
                    neighbourhood_id=self._places.one(row.neighbourhood),
                    circle=row.circle or "",
                    agreed_on=row.agreed_on.isoformat() if row.agreed_on else "",
                    asks=row.asks,
                    quiet_from=row.quiet_from or "",
                    quiet_until=row.quiet_until or "",
                )
                for row in rows
            ],
        )


async def _notes_on_roles(session: Session, actor: Actor, rows: Iterable[PersonLine]) -> list[str]:
    held = {row.role for row in rows if row.role}
    if not held:
        return []
    versions = await list_versions(session, actor.municipality_id)
    used = {role.code for each in versions if each.is_approved for role in each.playbook.roles}
    if not used:
        return ["No playbook is approved yet, so roles could not be compared with one."]
    return [f"No approved playbook uses the role {role}." for role in sorted(held - used)]


def _notes_on_agreements(rows: Iterable[PersonLine]) -> list[str]:
    open_ones = sum(row.kind is PersonKind.KEY_FIGURE and row.agreed_on is None for row in rows)
    if not open_ones:
        return []
    who = "1 key figure has" if open_ones == 1 else f"{open_ones} key figures have"
    return [f"{who} no date of agreement, and will receive nothing until there is one."]
