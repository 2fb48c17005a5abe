"""People and neighbourhoods from files, on both databases."""

import time
from pathlib import Path

import msgspec
import pytest

import calamity.demo
from calamity.actions.neighbourhoods import import_neighbourhoods
from calamity.actions.people import PeopleFaults, PeopleReport, import_people
from calamity.domain.districts import DistrictFaults
from calamity.domain.errors import Forbidden
from calamity.domain.permissions import Actor, UserRole
from calamity.store import people, questions, stops
from calamity.store.database import Database
from calamity.store.municipalities import add_municipality, list_neighbourhoods
from tests.make import T0, Town, later

DEMO = Path(next(iter(calamity.demo.__path__)))
HEADER = "soort;naam;telefoon;taal;rol;rang;wijk;kring;contactpersoon;afgesproken_op;wil_vragen"
TEAM = "snelteam;Anna Zwaan;06 97 01;nl;LEI;1;;;;;"
CONTACT = "contactpersoon;Tessa Nieuw;+31 970 102 45001;nl;;;;;;;"
FIGURE = "sleutelfiguur;Truus;0031 97010245002;nl;;;Wijk 1;sport;Tessa Nieuw;1-3-2026;ja"


def file_of(*lines: str) -> bytes:
    return "\r\n".join((HEADER, *lines)).encode()


async def take_in(
    database: Database, actor: Actor, data: bytes, *, skip_bad: bool = False
) -> PeopleReport:
    async with database.transaction() as session:
        return await import_people(session, actor, data, skip_bad=skip_bad, at=T0)


async def faults_of(database: Database, actor: Actor, *lines: str) -> list[tuple[int, str, str]]:
    with pytest.raises(PeopleFaults) as refused:
        await take_in(database, actor, file_of(*lines))
    return [(fault.line, fault.column, fault.problem) for fault in refused.value.faults]


async def everyone(database: Database, municipality_id: str) -> dict[str, object]:
    """What is stored of the people of a municipality, without what changes by itself."""
    async with database.reading() as session:
        members = (await people.take_snapshot(session, municipality_id)).members
        owners = await people.list_recipients(session, {one.recipient_id for one in members})
    return {
        "members": sorted(msgspec.json.encode(one) for one in members),
        "owners": {who: (one.name, one.phone, one.language) for who, one in owners.items()},
    }


async def test_a_person_is_added_and_shown_in_international_form(database, town: Town):
    report = await take_in(database, town.author, file_of(CONTACT, FIGURE))

    assert [(line.line, line.result, line.shown) for line in report.lines] == [
        (2, "added", "+31 970 102 45001"),
        (3, "added", "+31 970 102 45002"),
    ]
    async with database.reading() as session:
        figures = await people.list_key_figures(session, town.id)
    (truus,) = [one for one in figures if one.name == "Truus"]
    assert (truus.neighbourhood, truus.circle, truus.agreed_on, truus.asks) == (
        "Wijk 1", "sport", "2026-03-01", True,
    )  # fmt: skip
    assert truus.contact_person == "Tessa Nieuw"


async def test_a_key_figure_may_stand_before_their_contact_person(database, town: Town):
    report = await take_in(database, town.author, file_of(FIGURE, CONTACT))

    assert [line.result for line in report.lines] == ["added", "added"]


async def test_a_key_figure_may_know_a_stored_contact_person(database, town: Town):
    line = FIGURE.replace("Tessa Nieuw", "tessa winde")

    report = await take_in(database, town.author, file_of(line))

    assert report.added == 1


async def test_importing_twice_changes_nothing(database, town: Town):
    data = file_of(CONTACT, FIGURE, "snelteam;Jan;+3197010245003;nl;LEI;3;;;;;")
    await take_in(database, town.author, data)
    before = await everyone(database, town.id)

    again = await take_in(database, town.author, data)

    assert {line.result for line in again.lines} == {"same"}
    assert await everyone(database, town.id) == before


async def test_a_changed_line_changes_that_person_only(database, town: Town):
    await take_in(database, town.author, file_of(CONTACT, FIGURE))

    report = await take_in(database, town.author, file_of(CONTACT, FIGURE.replace("Wijk 1", "w2")))

    assert [line.result for line in report.lines] == ["same", "changed"]


async def test_several_roles_share_one_person(database, town: Town):
    report = await take_in(
        database,
        town.author,
        file_of(
            "snelteam;Jan;06 97 0102 4500 3;nl;LEI;3;;;;;".replace("06 97", "+3197"),
            "snelteam;Jan;+3197010245003;nl;COM;4;;;;;",
            "contactpersoon;Jan;+3197010245003;nl;;;;;;;",
        ),
    )

    assert report.added == 3
    async with database.reading() as session:
        jan = await people.find_recipient(session, town.id, "+3197010245003")
        members = (await people.take_snapshot(session, town.id)).members
    assert jan is not None
    assert len([one for one in members if one.recipient_id == jan.id]) == 3


async def test_one_bad_line_keeps_everybody_out(database, town: Town):
    before = await everyone(database, town.id)

    found = await faults_of(database, town.author, CONTACT, FIGURE.replace("Wijk 1", "Nergens"))

    assert found == [(3, "wijk", "There is no such neighbourhood.")]
    assert await everyone(database, town.id) == before


async def test_bad_lines_can_be_skipped(database, town: Town):
    data = file_of(CONTACT, FIGURE.replace("1-3-2026", "1-3-2126"), TEAM)

    report = await take_in(database, town.author, data, skip_bad=True)

    assert [(line.line, line.result) for line in report.lines] == [
        (2, "added"), (3, "bad"), (4, "bad"),
    ]  # fmt: skip
    assert (report.added, report.bad) == (1, 2)
    assert all(line.faults for line in report.lines if line.result == "bad")


async def test_a_file_without_a_good_line_is_refused_even_when_skipping(database, town: Town):
    with pytest.raises(PeopleFaults):
        await take_in(database, town.author, file_of(TEAM), skip_bad=True)


async def test_what_only_the_database_knows_is_checked(database, town: Town):
    found = await faults_of(
        database,
        town.author,
        FIGURE,
        CONTACT.replace("Tessa Nieuw", "Tom Kolblei"),
        FIGURE.replace("Truus", "Bep")
        .replace("45002", "45003")
        .replace("Tessa Nieuw", "Tom Kolblei"),
        CONTACT.replace("45001", "45004").replace(";nl;", ";tr;"),
        "snelteam;Tessa Nieuw;+3197010245004;nl;LEI;3;;;;;",
        FIGURE.replace("45002", "45005").replace("sport", "s" * 70),
        FIGURE.replace("45002", "45006").replace("1-3-2026", "24-11-2026"),
    )

    assert [(line, column) for line, column, _ in found] == [
        (4, "contactpersoon"), (6, "taal"), (7, "kring"), (8, "afgesproken_op"),
    ]  # fmt: skip
    assert found[0][2] == "More than one contact person has this name."


async def test_the_day_of_the_import_is_a_good_day_to_agree(database, town: Town):
    line = FIGURE.replace("1-3-2026", "23-11-2026")

    report = await take_in(database, town.author, file_of(CONTACT, line))

    assert report.bad == 0


async def test_an_unknown_contact_person_is_a_fault(database, town: Town):
    assert await faults_of(database, town.author, FIGURE) == [
        (2, "contactpersoon", "This contact person is not known."),
    ]


async def test_nobody_is_their_own_contact_person(database, town: Town):
    line = FIGURE.replace("Truus", "Tessa Nieuw").replace("0031 97010245002", "+3197010245001")

    found = await faults_of(database, town.author, CONTACT, line)

    assert found == [(3, "contactpersoon", "A key figure cannot be their own contact person.")]


async def test_who_said_stop_is_not_added_again(database, town: Town):
    async with database.transaction() as session:
        await stops.stop(session, town["kf1"].id, T0)

    line = FIGURE.replace("0031 97010245002", town["kf1"].phone).replace(
        "Tessa Nieuw", "Tessa Winde"
    )
    ((number, column, problem),) = await faults_of(database, town.author, line)

    assert (number, column) == (2, "telefoon")
    assert "STOP" in problem


async def test_an_official_gets_no_number_but_the_advice_to_make_an_account(database, town: Town):
    report = await take_in(
        database, town.author, file_of("bestuurder;Mia;+3197010245009;nl;;;;;;;")
    )

    (line,) = report.lines
    assert line.result == "skipped"
    assert "account" in line.note
    async with database.reading() as session:
        assert await people.find_recipient(session, town.id, "+3197010245009") is None


async def test_a_role_that_no_playbook_uses_is_noted(database, town: Town):
    report = await take_in(
        database, town.author, file_of("snelteam;Jan;+3197010245003;nl;XYZ;1;;;;;")
    )

    assert report.added == 1
    assert any("XYZ" in note for note in report.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_what_excel_writes_is_read(sqlite_url, encoding, delimiter):
    database, actor = await _empty_town(sqlite_url)
    text = f"{HEADER}\r\ncontactpersoon;Ömer Çelik;+3197010245001;nl;;;;;;;".replace(";", delimiter)

    report = await take_in(database, actor, text.encode(encoding))

    assert report.added == 1
    async with database.reading() as session:
        found = await people.find_recipient(session, actor.municipality_id, "+3197010245001")
    await database.close()
    assert found is not None
    assert found.name == "Ömer Çelik"


async def test_a_workbook_is_refused_with_the_cure(database, town: Town):
    with pytest.raises(PeopleFaults, match="CSV UTF-8"):
        await take_in(database, town.author, b"PK\x03\x04 a workbook")


async def test_a_role_without_the_right_imports_nothing(database, town: Town):
    with pytest.raises(Forbidden):
        await take_in(database, town.official, file_of(CONTACT))


async def _empty_town(url: str) -> tuple[Database, Actor]:
    from calamity.store.vault import Vault
    from tests.make import SECRET

    database = Database(url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        made = await add_municipality(
            session, slug="oeverlanden", name="Oeverlanden", crisis_phone="+3197010240999", at=T0
        )
    return database, Actor(made.id, "importer", UserRole.ADMINISTRATOR)


async def test_the_demo_files_import_and_import_again(sqlite_url):
    database, actor = await _empty_town(sqlite_url)
    for expected in ("added", "same"):
        async with database.transaction() as session:
            places = await import_neighbourhoods(
                session, actor, (DEMO / "wijken.geojson").read_bytes(), at=later(days=1)
            )
            report = await import_people(
                session, actor, (DEMO / "people.csv").read_bytes(), skip_bad=False, at=later(days=1)
            )
        kept = {line.result for line in report.lines if line.kind != "official"}
        assert kept == {expected}
        assert getattr(places, expected) == 13
    await database.close()


async def test_broken_districts_are_told_one_by_one(database, town: Town):
    data = (DEMO / "wijken.geojson").read_bytes().replace(b"WK990101", b"GM990101")

    with pytest.raises(DistrictFaults) as refused:
        async with database.transaction() as session:
            await import_neighbourhoods(session, town.author, data, at=T0)

    assert [fault.feature for fault in refused.value.faults] == [1]
    async with database.reading() as session:
        assert len(await list_neighbourhoods(session, town.id)) == 4


async def test_districts_that_are_not_in_the_file_stay(database, town: Town):
    async with database.transaction() as session:
        report = await import_neighbourhoods(
            session, town.author, (DEMO / "wijken.geojson").read_bytes(), at=T0
        )

    assert report.added == 13
    assert any("W1, W2, W3, W4" in note for note in report.notes)


def _many(count: int) -> bytes:
    lines = [CONTACT]
    lines += [
        f"sleutelfiguur;Naam {number};+3197010{260000 + number:06};nl;;;WK9901{number % 13 + 1:02};"
        "sport;Tessa Nieuw;1-3-2026;ja"
        for number in range(count)
    ]
    return file_of(*lines)


@pytest.mark.slow
async def test_ten_thousand_lines_are_taken_in_within_half_a_minute(sqlite_url):
    database, actor = await _empty_town(sqlite_url)
    async with database.transaction() as session:
        await import_neighbourhoods(session, actor, (DEMO / "wijken.geojson").read_bytes(), at=T0)
    for expected in ("added", "same"):
        begun = time.monotonic()
        report = await take_in(database, actor, _many(10_000))
        took = time.monotonic() - begun
        print(f"10,000 lines, {expected}: {took:.1f} s")
        assert getattr(report, expected) == 10_001
        assert took < 30
    await database.close()


SHARED = f"{HEADER};deelt_telefoon;controlewoord"


async def test_two_people_may_share_a_phone_when_both_lines_say_so(database, town: Town):
    other = FIGURE.replace("Truus", "Teun")
    for results in (["added"] * 3, ["same"] * 3):
        data = "\r\n".join((SHARED, f"{CONTACT};;", f"{FIGURE};ja;", f"{other};ja;anker"))
        report = await take_in(database, town.author, data.encode())
        assert [line.result for line in report.lines] == results
    async with database.reading() as session:
        index = session.vault.index("+3197010245002")
        both = [who for who, _ in await people.recipients_by_index(session, index)]
        found = await people.list_recipients(session, both)
        sharing = await questions.sharing_a_phone(session)
    assert sorted((one.name, one.check_word) for one in found.values()) == [
        ("Teun", "anker"), ("Truus", ""),
    ]  # fmt: skip
    assert sharing == set(both)


async def test_a_check_word_stays_until_another_is_agreed(database, town: Town):
    for word, kept in (("anker", "anker"), ("", "anker"), ("kompas", "kompas")):
        await take_in(database, town.author, f"{SHARED}\r\n{CONTACT};;{word}".encode())
        async with database.reading() as session:
            found = await people.find_recipient(session, town.id, "+3197010245001")
        assert found is not None
        assert found.check_word == kept


@pytest.mark.parametrize("word", ["twee woorden", "ab", "1234", "ideeën", "x" * 21])
async def test_a_check_word_is_one_plain_word(database, town: Town, word):
    with pytest.raises(PeopleFaults):
        await take_in(database, town.author, f"{SHARED}\r\n{CONTACT};;{word}".encode())
