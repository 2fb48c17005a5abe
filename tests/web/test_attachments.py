"""Files on the timeline: asked about, kept, read by who may, erased, taken along, and checked."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calamity.actions.decide import erase
from calamity.actions.export import export_timeline, verify_timeline
from calamity.domain.audit import Deed, Ground
from calamity.domain.permissions import UserRole
from calamity.domain.timeline import Fault, Visibility
from calamity.store.audit import Wanted, list_audit
from calamity.store.database import Database
from calamity.store.entry_files import read_file
from calamity.store.wakes import Wakes
from tests.domain.test_attachment import odt, pdf, png, saying
from tests.make import Town, add_responder
from tests.web.api_stage import Api
from tests.web.pages_stage import Visit
from tests.web.room_stage import Stage, moment, set_stage

SAID = {
    "title": "Brief aan ouders", "reason": "De school stuurt hem vanmiddag",
    "personal_data": "no", "confirmed": "true", "visibility": "team",
}  # fmt: skip
LETTER = b"Morgen is de school open. Zonnebloempje."


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def send_file(visit: Visit, stage: Stage, data: bytes, **changes: str) -> int:
    action = f"/calamities/{stage.id}/timeline/files"
    await visit.open(action)
    named = {"file": ("Jan Jansen 06-12345678.exe", data, "text/html")}
    answer = await visit.send(action, SAID | changes, files=named)
    return answer.status_code


async def test_a_file_is_asked_about_kept_and_handed_to_who_may_read_its_line(
    stage: Stage,
) -> None:
    file = f"/calamities/{stage.id}/timeline"
    async with stage.visit() as visit:
        for said, data, changes in (
            ("does not belong on the timeline", LETTER, {"personal_data": "yes"}),
            ("Look through the whole file first", LETTER, {"confirmed": ""}),
            ("personal data in this file", b"Bel 06-12345678", {}),
            ("personal data in this file", pdf(saying("Bel 06-12345678")), {}),
            ("This text holds personal data", LETTER, {"title": "Brief van 06-12345678"}),
            ("Fill this in.", LETTER, {"reason": ""}),
            ("no file that can be kept", b"\xff\xd8\xff\xe0", {}),
            ("at most 5 MB", b"a" * (5 * 1024 * 1024 + 1), {}),
        ):
            assert await send_file(visit, stage, data, **changes) == 422
            assert said in visit.visible()
        assert await send_file(visit, stage, b"a" * (6 * 1024 * 1024)) == 413
        assert await send_file(visit, stage, LETTER) == 303
        await visit.follow()
        shown = visit.visible()
        assert "The file is on the timeline." in shown
        assert "File added: Brief aan ouders (TXT, 1 kB)." in shown
        assert "Jansen" not in visit.text
        assert visit.seen is not None
        seq = int(str(visit.seen.url).rsplit("/", 1)[1].split("?")[0])
        await visit.open(f"{file}?kind=attachment")
        assert "Download the file (TXT, 1 kB)" in visit.visible()
        assert "could not read" not in shown
        assert await send_file(visit, stage, pdf(), visibility="officials") == 303
        await visit.follow()
        assert "We could not read the words in it, or not all of them." in visit.visible()
        assert await send_file(visit, stage, pdf(saying("De school is open."))) == 303
        await visit.follow()
        assert "could not read" not in visit.visible()
    async with stage.visit(UserRole.RESPONDER) as visit:
        answer = await visit.open(f"{file}/{seq}/file")
        assert answer.content == LETTER
        headers = answer.headers
        assert headers["content-disposition"] == f'attachment; filename="line-{seq}.txt"'
        assert headers["content-type"] == "text/plain; charset=utf-8"
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        await visit.open(f"{file}/files")
        assert "Only a coordinator, or who keeps the timeline" in visit.visible()
        assert 'type="file"' not in visit.text
    async with stage.visit(UserRole.OFFICIAL) as visit:
        assert (await visit.open(f"{file}/{seq}/file")).status_code == 404
        answer = await visit.open(f"{file}/{seq + 1}/file")
        assert answer.headers["content-type"] == "application/pdf"
        assert (await visit.open(f"{file}/{seq - 1}/file")).status_code == 404
    async with stage.database.reading() as session:
        wanted = Wanted(deed=Deed.TOOK_FILE)
        looks = await list_audit(session, stage.town.id, wanted, most=9)
    assert [(each.role, each.line.where, each.line.ground) for each in looks] == [
        ("official", f"timeline/{seq + 1}/file", Ground.TIMELINE),
        ("responder", f"timeline/{seq}/file", Ground.TIMELINE),
    ]


async def test_of_the_team_only_who_keeps_the_timeline_adds_files(stage: Stage) -> None:
    form = f"/calamities/{stage.id}/timeline/files"
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(f"/calamities/{stage.id}/timeline")
        token = visit.fields(f"/calamities/{stage.id}/timeline")["_csrf_token"]
        named = {"file": ("x.txt", LETTER)}
        refused = await visit.client.post(form, data=SAID | {"_csrf_token": token}, files=named)
        assert refused.status_code == 403
        async with stage.database.transaction() as session:
            await add_responder(session, stage.town.id, stage.town["lei1"], "LOG", 1)
        assert await send_file(visit, stage, LETTER) == 303
    for role in (UserRole.INFORMATION_MANAGER, UserRole.CONTACT_PERSON, UserRole.OFFICIAL):
        async with stage.visit(role) as visit:
            assert (await visit.open(form)).status_code == 403


async def taken_along(stage: Stage, reader: Visibility, folder: Path) -> zipfile.ZipFile:
    async with stage.database.reading() as session:
        chunks = [
            chunk
            async for chunk in export_timeline(
                session, stage.town.coordinator, stage.id, moment(), zone=ZoneInfo("UTC"),
                reader=reader,
            )
        ]  # fmt: skip
    parcel = zipfile.ZipFile(io.BytesIO(b"".join(chunks)))
    parcel.extractall(folder)
    return parcel


def verified(folder: Path, program: str) -> int:
    return subprocess.run(
        [sys.executable, program], cwd=folder, capture_output=True, check=False
    ).returncode


async def test_a_file_is_proven_by_the_chain_and_erased_with_its_line(
    stage: Stage, tmp_path: Path
) -> None:
    boss = stage.town.coordinator
    async with stage.visit() as visit:
        seqs = []
        for data, visibility in ((LETTER, "team"), (odt(), "officials"), (LETTER, "coordinators")):
            assert await send_file(visit, stage, data, visibility=visibility) == 303
            seqs.append(int(visit.seen.headers["location"].rsplit("/", 1)[1].split("?")[0]))
        first, second, third = seqs
        for change in ("UPDATE entry_file SET content = content", "DELETE FROM entry_file"):
            with pytest.raises(DBAPIError, match="is refused"):
                async with stage.database.transaction() as session:
                    await session.sql.execute(text(change))
        parcel = await taken_along(stage, Visibility.COORDINATORS, tmp_path / "all")
        assert parcel.read(f"attachments/{first}.txt") == LETTER
        assert {f"attachments/{second}.odt", f"attachments/{third}.txt"} <= set(parcel.namelist())
        assert verified(tmp_path / "all", "verify_timeline.py") == 0
        assert verified(tmp_path / "all", "verify_files.py") == 0
        (tmp_path / f"all/attachments/{first}.txt").write_bytes(LETTER + b" ")
        assert verified(tmp_path / "all", "verify_files.py") == 1
        parcel = await taken_along(stage, Visibility.OFFICIALS, tmp_path / "some")
        assert [name for name in parcel.namelist() if "/" in name] == [f"attachments/{second}.odt"]
        assert verified(tmp_path / "some", "verify_files.py") == 0
        async with stage.database.transaction() as session:
            stored = await session.sql.scalar(
                text(f"SELECT content FROM entry_file WHERE seq = {first}")  # noqa: S608 - a number
            )
            assert b"Zonnebloempje" not in bytes(stored)
            await erase(session, boss, stage.id, first, ground="Op verzoek", at=moment())
        async with stage.database.reading() as session:
            assert await read_file(session, stage.id, first) is None
            assert (await verify_timeline(session, boss, stage.id)).intact
        assert (
            await visit.open(f"/calamities/{stage.id}/timeline/{first}/file")
        ).status_code == 404
        await exchange(stage.database, second, third)
        async with stage.database.reading() as session:
            verdict = await verify_timeline(session, boss, stage.id)
        assert (verdict.intact, verdict.fault, verdict.seq) == (False, Fault.CHANGED, second)
        answer = await visit.open(f"/calamities/{stage.id}/timeline/{second}/file")
        assert answer.status_code == 409


async def exchange(database: Database, one: int, other: int) -> None:
    """Do what only who owns the database can: put another file in the place of one."""
    drop = "DROP TRIGGER entry_file_no_update" + (" ON entry_file" if database.is_postgres else "")
    async with database.transaction() as session:
        await session.sql.execute(text(drop))
        await session.sql.execute(
            text(
                f"UPDATE entry_file SET content = (SELECT content FROM entry_file o "  # noqa: S608 - numbers
                f"WHERE o.seq = {other}) WHERE seq = {one}"
            )
        )


async def test_a_program_adds_a_file_and_reads_it(api: Api) -> None:
    place = f"/v1/calamities/{await api.calamity()}"
    said = {"title": "Brief", "reason": "Voor ouders", "personalData": "no", "confirmed": "true"}
    sent = {"files": {"file": ("x.pdf", LETTER, "application/pdf")}}
    made = await api.ask("POST", f"{place}/attachments", data=said, **sent)
    assert made.status_code == 201, made.text
    assert made.json()["wordsRead"] is True
    entry = (await api.get(f"{place}/timeline/{made.json()['seq']}")).json()
    assert (entry["kind"], entry["body"]["kind"], entry["body"]["size"]) == (
        "attachment", "txt", len(LETTER),
    )  # fmt: skip
    drawn = await api.ask("POST", f"{place}/attachments", data=said, files={"file": ("x", png())})
    assert drawn.json()["wordsRead"] is False
    file = f"{place}/timeline/{entry['seq']}/file"
    assert (await api.get(file)).content == LETTER
    assert (await api.get(file, "official")).status_code == 404
    assert (await api.get(file, "elsewhere")).status_code == 404
    for given, status, field in (
        (said | {"personalData": "yes"}, 400, "personalData"),
        (said | {"confirmed": "false"}, 400, "confirmed"),
        (said | {"colour": "red"}, 400, "colour"),
        ({"title": "Brief"}, 400, "reason"),
    ):
        refused = await api.ask("POST", f"{place}/attachments", data=given, **sent)
        assert refused.status_code == status
        assert field in refused.text
    assert (await api.ask("POST", f"{place}/attachments", data=said)).status_code == 400
    assert (
        await api.ask("POST", f"{place}/attachments", "responder", data=said, **sent)
    ).status_code == 403
