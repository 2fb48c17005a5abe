"""Taking timelines out and verifying them, on both databases."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from calamity.actions.export import export_timeline, verify_timeline
from calamity.domain.errors import Forbidden
from calamity.domain.timeline import Fault, Statement, Verdict, Visibility
from calamity.store.database import Database
from calamity.store.timeline import append, destroy_key
from tests.make import T0, Town, later, make_activation

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
async def calamity_id(database: Database, town: Town, wakes) -> str:
    activation = await make_activation(database, wakes, town)
    async with database.transaction() as session:
        for number in range(12):
            await append(
                session,
                activation.calamity_id,
                Statement(kind="fact", text=f"=Feit {number} é"),
                by_role="coordinator",
                at=later(minutes=number),
                visibility=list(Visibility)[number % 3],
            )
    return activation.calamity_id


async def taken_out(database: Database, town: Town, calamity_id: str, **more) -> zipfile.ZipFile:
    async with database.reading() as session:
        chunks = [
            chunk
            async for chunk in export_timeline(
                session, town.coordinator, calamity_id, later(days=1), zone=ZONE, **more
            )
        ]
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


async def verdict_on(database: Database, town: Town, calamity_id: str) -> Verdict:
    async with database.reading() as session:
        return await verify_timeline(session, town.coordinator, calamity_id)


def run_verifier(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "verify_timeline.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_an_export_verifies_by_itself(database, town, calamity_id, tmp_path):
    parcel = await taken_out(database, town, calamity_id)

    assert parcel.testzip() is None
    assert set(parcel.namelist()) == {
        "timeline.jsonl", "timeline.csv", "manifest.json", "verify_timeline.py", "README.txt",
    }  # fmt: skip
    parcel.extractall(tmp_path)
    done = run_verifier(tmp_path)
    assert (done.returncode, "INTACT" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("level", list(Visibility))
async def test_what_the_reader_may_not_see_keeps_its_header_only(
    database, town, calamity_id, tmp_path, level
):
    parcel = await taken_out(database, town, calamity_id, reader=level)

    lines = [json.loads(line) for line in parcel.read("timeline.jsonl").splitlines()]
    for line in lines:
        sees = level.sees(Visibility(line["header"]["visibility"]))
        assert (line["body"] is not None, line["hidden"]) == (sees, not sees)
    parcel.extractall(tmp_path)
    assert run_verifier(tmp_path).returncode == 0


async def test_a_changed_export_is_seen_through(database, town, calamity_id, tmp_path):
    parcel = await taken_out(database, town, calamity_id)
    parcel.extractall(tmp_path)
    file = tmp_path / "timeline.jsonl"
    file.write_bytes(file.read_bytes().replace("Feit 3 é".encode(), "Feit 4 é".encode()))

    assert run_verifier(tmp_path).returncode == 1


async def test_a_spreadsheet_runs_nothing_of_the_csv(database, town, calamity_id):
    content = (await taken_out(database, town, calamity_id, words=lambda _: "=1+1")).read(
        "timeline.csv"
    )
    assert b";=" not in content
    assert content.count(b"'=1+1") > 12


async def test_an_official_takes_nothing_out(database, town, calamity_id):
    with pytest.raises(Forbidden):
        async with database.reading() as session:
            await anext(export_timeline(session, town.official, calamity_id, T0, zone=ZONE))


async def test_the_timeline_in_the_database_verifies(database, town, calamity_id):
    verdict = await verdict_on(database, town, calamity_id)

    assert verdict.intact
    assert verdict.lines > 12


async def _tamper(database: Database, *statements: str) -> None:
    """Do what only who owns the database can: go round its own guard."""
    async with database.transaction() as session:
        connection = await session.sql.connection()
        if database.is_postgres:
            await connection.execute(text("ALTER TABLE entry DISABLE TRIGGER USER"))
            await connection.execute(text("ALTER TABLE entry_body DISABLE TRIGGER USER"))
        else:
            rows = await connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            for (name,) in rows.all():
                await connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE entry SET actor_role = 'official' WHERE seq = 6", Fault.CHANGED),
        ("UPDATE entry SET kind = 'no-such-kind' WHERE seq = 6", Fault.CHANGED),
        (
            "UPDATE entry_body SET body = (SELECT body FROM entry_body o WHERE o.seq = 7) "
            "WHERE seq = 6",
            Fault.CHANGED,
        ),
        ("DELETE FROM entry WHERE seq = 6", Fault.REMOVED),
    ],
)
async def test_tampering_is_named_with_its_line(database, town, calamity_id, statement, fault):
    await _tamper(database, statement)

    verdict = await verdict_on(database, town, calamity_id)

    assert (verdict.intact, verdict.fault, verdict.line) == (False, fault, 6)


async def test_a_lost_end_is_missed(database, town, calamity_id):
    before = await verdict_on(database, town, calamity_id)
    await _tamper(database, "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)")

    verdict = await verdict_on(database, town, calamity_id)

    assert (verdict.fault, verdict.line) == (Fault.REMOVED, before.lines)


async def test_a_body_without_key_and_without_erasure_is_a_fault(database, town, calamity_id):
    async with database.transaction() as session:
        await destroy_key(session, calamity_id, 6)

    verdict = await verdict_on(database, town, calamity_id)

    assert (verdict.fault, verdict.line) == (Fault.CHANGED, 6)
