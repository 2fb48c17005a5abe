"""The timeline as rows: only added to, chained, erasable, and quick to page through."""

# ruff: noqa: S608 - no SQL of these tests holds input

import asyncio
import itertools
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calamity.actions.publish import retire
from calamity.domain.bundle import Provenance
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.picture import Picture
from calamity.domain.playbook_check import canonical, fingerprint
from calamity.domain.timeline import (
    EntryKind,
    Erased,
    Fault,
    Line,
    Statement,
    Visibility,
    verify,
)
from calamity.store.calamities import add_calamity, get_calamity
from calamity.store.database import Database
from calamity.store.imports import add_import
from calamity.store.rounds import add_picture, add_round
from calamity.store.tables import RoundRow
from calamity.store.timeline import TimelineReader, append, destroy_key, walk
from tests.make import T0, Town, later, make_playbook

EVERYTHING = tuple(Visibility)


async def open_calamity(database: Database, town: Town) -> str:
    async with database.transaction() as session:
        row = await add_calamity(
            session, town.id, title="Aanslag", is_exercise=False, tempo=1, phase="acute", at=T0
        )
    return row.id


async def note(
    database, calamity_id, words="Het is rustig", *, visibility=Visibility.TEAM, kind="note"
):
    async with database.transaction() as session:
        return await append(
            session, calamity_id, Statement(kind=kind, text=words), by_role="coordinator", at=T0,
            visibility=visibility,
        )  # fmt: skip


async def verdict_on(database, calamity_id):
    async with database.reading() as session:
        lines = [
            Line(each.header, each.hash, each.salt, each.body, erased=each.body is None)
            async for each in walk(session, calamity_id)
        ]
    return verify(lines)


async def test_an_entry_follows_on_the_one_before(database, town):
    calamity_id = await open_calamity(database, town)
    assert [await note(database, calamity_id, f"{n}") for n in range(3)] == [1, 2, 3]
    verdict = await verdict_on(database, calamity_id)
    assert (verdict.intact, verdict.lines) == (True, 3)
    async with database.reading() as session:
        calamity = await get_calamity(session, town.id, calamity_id)
        assert (calamity.head_seq, calamity.head_hash) == (3, verdict.head)


async def test_entries_of_many_writers_make_one_chain_without_gaps(database, town):
    calamity_id = await open_calamity(database, town)

    async def write(who: int) -> list[int]:
        return [await note(database, calamity_id, f"{who}.{n}") for n in range(6)]

    seqs = await asyncio.gather(*(write(who) for who in range(8)))
    assert sorted(itertools.chain(*seqs)) == list(range(1, 49))
    verdict = await verdict_on(database, calamity_id)
    assert (verdict.intact, verdict.lines) == (True, 48)


# SQLite has one writer at a time.
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_writers_that_added_other_rows_first_do_not_wait_for_each_other(database, town):
    calamity_id = await open_calamity(database, town)
    both_added = asyncio.Barrier(2)

    async def write(number: int) -> int:
        async with database.transaction() as session:
            await add_round(
                session,
                RoundRow(
                    id=f"r{number}", municipality_id=town.id, calamity_id=calamity_id,
                    number=number, opened_at=T0, closes_at=later(hours=4), asked=0,
                ),
            )  # fmt: skip
            await both_added.wait()
            return await append(
                session, calamity_id, Statement(kind="note", text="x"), by_role="system", at=T0
            )

    assert sorted(await asyncio.gather(write(1), write(2))) == [1, 2]


async def test_an_entry_of_a_failed_transaction_leaves_no_gap(database, town):
    calamity_id = await open_calamity(database, town)
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await append(
                session, calamity_id, Statement(kind="note", text="x"), by_role="system", at=T0
            )
            raise ZeroDivisionError
    assert await note(database, calamity_id) == 1


async def history(database, town) -> str:
    """Put a row into every table that is only added to."""
    calamity_id = await open_calamity(database, town)
    async with database.transaction() as session:
        await append(
            session, calamity_id, Statement(kind="note", text="x"), by_role="system", at=T0,
            file=b"x",
        )  # fmt: skip
        await add_round(
            session,
            RoundRow(
                id="r1", municipality_id=town.id, calamity_id=calamity_id, number=1, opened_at=T0,
                closes_at=later(hours=4), asked=0,
            ),
        )  # fmt: skip
        await add_picture(
            session, calamity_id=calamity_id, round_id="r1", audience="team",
            picture=Picture((), (), 0, 0, 3), at=T0,
        )  # fmt: skip
        await retire(session, town.coordinator, "small", 1, "Er komt een andere.", at=T0)
        playbook = make_playbook()
        origin = Provenance("small", 1, fingerprint(playbook))
        document = canonical(playbook).decode()
        await add_import(session, town.id, document=document, provenance=origin, by="x", at=T0)
    return calamity_id


COLUMNS = {
    "entry": "actor_role", "entry_body": "body", "entry_file": "content",
    "playbook_version": "document",
    "approval": "approved_by", "picture": "document", "playbook_signature": "signature",
    "withdrawal": "reason", "person_key": "signing_key",
    "playbook_import": "document",
}  # fmt: skip


@pytest.mark.parametrize("table", COLUMNS)
async def test_the_database_refuses_to_change_history(database, town, table):
    await history(database, town)
    statements = [
        f"UPDATE {table} SET {COLUMNS[table]} = {COLUMNS[table]}", f"DELETE FROM {table}",
    ]  # fmt: skip
    if database.is_postgres:
        statements += [f"TRUNCATE {table} CASCADE"]
    for statement in statements:
        with pytest.raises(DBAPIError, match="is refused"):
            async with database.transaction() as session:
                await session.sql.execute(text(statement))
    async with database.reading() as session:
        assert await session.sql.scalar(text(f"SELECT count(*) FROM {table}")) > 0


async def test_a_key_may_be_destroyed_and_never_exchanged(database, town):
    await history(database, town)
    with pytest.raises(DBAPIError, match="is refused"):
        async with database.transaction() as session:
            await session.sql.execute(text("UPDATE entry_key SET key = key"))
    async with database.transaction() as session:
        await session.sql.execute(text("DELETE FROM entry_key"))


async def test_an_entry_belongs_to_a_calamity(database, town):
    with pytest.raises(NotFound):
        await note(database, "no-such-calamity")


async def change_behind_our_back(database, sql, table="entry"):
    drop = f"DROP TRIGGER {table}_no_update" + (f" ON {table}" if database.is_postgres else "")
    async with database.transaction() as session:
        await session.sql.execute(text(drop))
        await session.sql.execute(text(sql))


@pytest.mark.parametrize(
    "change", ["actor_role = 'official'", "happened_at = happened_at + 1", "kind = 'fact'"]
)
async def test_a_header_that_was_changed_is_found(database, town, change):
    calamity_id = await open_calamity(database, town)
    for number in range(5):
        await note(database, calamity_id, f"{number}")
    await change_behind_our_back(database, f"UPDATE entry SET {change} WHERE seq = 3")
    verdict = await verdict_on(database, calamity_id)
    assert (verdict.intact, verdict.fault, verdict.seq) == (False, Fault.CHANGED, 3)


async def test_an_erased_body_is_gone_and_the_chain_still_holds(database, town):
    calamity_id = await open_calamity(database, town)
    await note(database, calamity_id, "een vergissing")
    await note(database, calamity_id, "blijft")
    reader = TimelineReader(database)
    assert len(await reader.newest(calamity_id, EVERYTHING, limit=10)) == 2
    async with database.transaction() as session:
        await destroy_key(session, calamity_id, 1)
        await append(
            session, calamity_id, Erased(refers_to=1, ground="art. 17"), by_role="coordinator",
            at=T0, refers_to=1,
        )  # fmt: skip
    for each in (reader, TimelineReader(database)):
        erasure, kept, gone = [
            line for line, _ in await each.newest(calamity_id, EVERYTHING, limit=10)
        ]
        assert gone.body is None
        assert gone.happening is None
        assert kept.happening == Statement(kind="note", text="blijft")
        assert (erasure.kind, erasure.refers_to) == (EntryKind.ERASURE, 1)
    verdict = await verdict_on(database, calamity_id)
    assert (verdict.intact, verdict.erased) == (True, 1)


async def test_a_body_whose_key_vanished_without_an_erasure_is_found(database, town):
    calamity_id = await open_calamity(database, town)
    await note(database, calamity_id)
    async with database.transaction() as session:
        await destroy_key(session, calamity_id, 1)
    verdict = await verdict_on(database, calamity_id)
    assert (verdict.intact, verdict.seq) == (False, 1)


async def test_nothing_is_erased_twice(database, town):
    calamity_id = await open_calamity(database, town)
    await note(database, calamity_id)
    async with database.transaction() as session:
        await destroy_key(session, calamity_id, 1)
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await destroy_key(session, calamity_id, 1)
    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await destroy_key(session, calamity_id, 2)


async def seqs(lines):
    return [line.seq for line, _ in await lines]


async def test_pages_lead_back_to_the_first_entry(database, town):
    calamity_id = await open_calamity(database, town)
    for number in range(7):
        await note(database, calamity_id, f"{number}")
    reader = TimelineReader(database)
    assert await seqs(reader.newest(calamity_id, EVERYTHING, limit=3)) == [7, 6, 5]
    assert await seqs(reader.newest(calamity_id, EVERYTHING, limit=3, before=5)) == [4, 3, 2]
    assert await seqs(reader.newest(calamity_id, EVERYTHING, limit=3, before=2)) == [1]
    assert await seqs(reader.after(calamity_id, EVERYTHING, 5, limit=10)) == [6, 7]
    assert await reader.head(calamity_id) == 7
    assert await reader.head("no-such-calamity") == 0


async def test_a_reader_sees_what_the_role_may_see_and_no_more(database, town):
    calamity_id = await open_calamity(database, town)
    for visibility in (Visibility.COORDINATORS, Visibility.TEAM, Visibility.OFFICIALS):
        await note(database, calamity_id, visibility=visibility)
    reader = TimelineReader(database)
    for role, expected in (
        (UserRole.COORDINATOR, [3, 2, 1]), (UserRole.RESPONDER, [3, 2]), (UserRole.OFFICIAL, [3]),
        (UserRole.PROFESSIONAL, []), (UserRole.ADMINISTRATOR, []),
    ):  # fmt: skip
        sees = Actor(town.id, "x", role).sees
        assert await seqs(reader.newest(calamity_id, sees, limit=10)) == expected, role


async def test_one_kind_can_be_read_alone(database, town):
    calamity_id = await open_calamity(database, town)
    for kind in ("fact", "rumour", "fact", "note"):
        await note(database, calamity_id, kind=kind)
    reader = TimelineReader(database)
    facts = reader.newest(calamity_id, EVERYTHING, limit=10, kind=EntryKind.FACT)
    assert await seqs(facts) == [3, 1]


async def test_a_line_is_the_same_bytes_for_every_reader(database, town):
    calamity_id = await open_calamity(database, town)
    await note(database, calamity_id)
    reader = TimelineReader(database)
    first, again = [(await reader.newest(calamity_id, EVERYTHING, limit=1))[0][1] for _ in range(2)]
    assert first is again
    assert b'"text":"Het is rustig"' in first


async def test_a_page_is_read_anew_only_when_the_head_moved(database, town, monkeypatch):
    calamity_id = await open_calamity(database, town)
    await note(database, calamity_id)
    read, asked = database.rows, []

    async def count(sql, values):
        asked.append("FROM entry" in sql)
        return await read(sql, values)

    monkeypatch.setattr(database, "rows", count)
    reader = TimelineReader(database)
    first = await reader.newest(calamity_id, EVERYTHING, limit=10)
    assert await reader.newest(calamity_id, EVERYTHING, limit=10) == first
    assert asked.count(True) == 2, "headers and bodies, once"
    await note(database, calamity_id, "Onrustig")
    assert await seqs(reader.newest(calamity_id, EVERYTHING, limit=10)) == [2, 1]


async def test_many_who_ask_for_the_head_share_a_question_begun_after_they_asked(
    database, town, monkeypatch
):
    calamity_id = await open_calamity(database, town)
    reader, read, asked = TimelineReader(database), database.rows, []

    async def slowly(sql, values):
        asked.append(sql)
        found = await read(sql, values)
        await asyncio.sleep(0.05)
        return found

    monkeypatch.setattr(database, "rows", slowly)
    early = [asyncio.create_task(reader.head(calamity_id)) for _ in range(20)]
    await asyncio.sleep(0.02)
    seq = await note(database, calamity_id)
    late = [asyncio.create_task(reader.head(calamity_id)) for _ in range(20)]
    early[0].cancel()
    assert set(await asyncio.gather(*late)) == {seq}
    assert set(await asyncio.gather(*early[1:])) <= {seq - 1, seq}
    if database.is_postgres:
        assert len(asked) == 2


async def fill(database, calamity_id, many=30_000):
    """Add headers in bulk: plans depend on how many rows there are."""
    numbers = (
        f"SELECT g FROM generate_series(1, {many}) g"
        if database.is_postgres
        else "WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n "
        f"WHERE g < {many}) SELECT g FROM n"
    )
    async with database.transaction() as session:
        await session.sql.execute(
            text(
                "INSERT INTO entry (calamity_id, seq, happened_at, recorded_at, kind, actor_role, "
                "visibility, commitment, previous, hash) SELECT :id, g, g, g, CASE g % 5 WHEN 0 "
                "THEN 'fact' ELSE 'note' END, 'x', CASE g % 3 WHEN 0 THEN 'team' WHEN 1 THEN "
                f"'officials' ELSE 'coordinators' END, '', '', '' FROM ({numbers}) numbers"
            ),
            {"id": calamity_id},
        )
        await session.sql.execute(
            text("INSERT INTO entry_key SELECT calamity_id, seq, :key FROM entry"), {"key": b"k"}
        )
        await session.sql.execute(text("ANALYZE"))


async def test_a_page_is_read_by_an_index_and_never_sorted(database, town, monkeypatch):
    calamity_id = await open_calamity(database, town)
    await fill(database, calamity_id)
    read, plans = database.rows, []

    async def explain(sql, values):
        if "FROM entry" not in sql:
            return await read(sql, values)
        how = "EXPLAIN " if database.is_postgres else "EXPLAIN QUERY PLAN "
        plans.append("\n".join(str(row[-1]) for row in await read(how + sql, values)))
        return []

    monkeypatch.setattr(database, "rows", explain)
    reader = TimelineReader(database)
    for role in (UserRole.COORDINATOR, UserRole.RESPONDER, UserRole.OFFICIAL):
        sees = Actor(town.id, "x", role).sees
        for kind in (None, EntryKind.FACT):
            await reader.newest(calamity_id, sees, limit=50, kind=kind)
            await reader.newest(calamity_id, sees, limit=50, before=15_000, kind=kind)
        await reader.after(calamity_id, sees, 15_000, limit=50)
    assert len(plans) == 15
    for plan in plans:
        for slow in ("TEMP B-TREE", "SCAN", "Seq Scan", "Sort"):
            assert slow not in plan, plan
        assert "Index Scan" in plan or "USING INDEX" in plan or "USING PRIMARY KEY" in plan, plan
