"""The studio over HTTP: who may write, what a look says, saving without scripts, and submitting."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from calamity.actions import drafts
from calamity.actions.publish import publish_block
from calamity.domain.permissions import UserRole
from calamity.domain.playbook_life import DocumentKind
from calamity.domain.playbook_text import blank, plain_of
from calamity.store.blocks import blocks_of
from calamity.store.database import Database
from calamity.store.drafts import Draft, get_draft, list_drafts
from calamity.store.playbooks import find_version
from tests.make import T0, Town
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        yield made


@pytest.fixture
async def draft(town: Town, database: Database) -> Draft:
    async with database.transaction() as session:
        return await drafts.begin_blank(session, town.author, "new-plan", at=T0)


async def posted(visit: Visit, path: str, body: dict[str, Any]) -> Any:
    token = visit.fields("/sign-out")["_csrf_token"][0]
    headers = {"x-csrftoken": token, "content-type": "application/json"}
    return await visit.client.post(path, content=json.dumps(body), headers=headers)


async def test_only_who_may_publish_comes_in(visit: Visit, draft: Draft) -> None:
    here = f"/playbooks/drafts/{draft.id}"
    for role, status in ((UserRole.COORDINATOR, 200), (UserRole.ADMINISTRATOR, 200),
                         (UserRole.OFFICIAL, 403), (UserRole.RESPONDER, 403)):  # fmt: skip
        visit.client.cookies.clear()
        await visit.sign_in(role)
        assert (await visit.open(here)).status_code == status
        assert (await visit.open(f"{here}/submit")).status_code == status
        await visit.open("/playbooks")
        assert ("Drafts" in visit.visible()) is (status == 200)
        for move in ("look", "save", "merge"):
            answer = await posted(visit, f"{here}/{move}", {"nonsense": 1})
            assert answer.status_code == (400 if status == 200 else 403), (role, move)
    answer = await visit.client.post(f"{here}/look", content="{}")
    assert answer.status_code == 403


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_pages_are_valid(
    visit: Visit, draft: Draft, language: str, tmp_path: Path
) -> None:
    await visit.sign_in()
    files = []
    for name, part in (("studio", "steps/0"), ("general", "general"), ("message", "messages/0")):
        await visit.open(
            f"/playbooks/drafts/{draft.id}?part={part}", **{"accept-language": language}
        )
        assert visit.seen is not None
        file = tmp_path / f"{name}.html"
        file.write_text(visit.seen.text)
        files.append(file)
    await visit.open(f"/playbooks/drafts/{draft.id}/submit", **{"accept-language": language})
    (tmp_path / "submit.html").write_text(visit.seen.text if visit.seen else "")
    done = await asyncio.to_thread(
        subprocess.run,
        [ROOT / "node_modules/.bin/html-validate", "--config", ROOT / "tests/web/htmlvalidate.json",
         *files, tmp_path / "submit.html"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


async def test_a_look_stores_nothing_and_tells_all(
    visit: Visit, draft: Draft, database: Database, town: Town
) -> None:
    await visit.sign_in()
    await visit.open(f"/playbooks/drafts/{draft.id}")
    look = f"/playbooks/drafts/{draft.id}/look"
    change = {"part": "roles/0", "fields": [["task.nl", "Leidt."], ["task.en", "Leads."]]}
    seen = (await posted(visit, look, {"source": draft.source, "change": change})).json()
    assert plain_of(seen["source"])["roles"][0]["task"] == {"nl": "Leidt.", "en": "Leads."}
    assert seen["faults"] == []
    broken = draft.source.replace("role: LEI", "role: XXX")
    change = {"part": "steps/0"}
    seen = (await posted(visit, look, {"source": broken, "change": change})).json()
    errors = [fault for fault in seen["faults"] if fault["severity"] == "error"]
    assert [(fault["part"], fault["field"]) for fault in errors] == [("steps/0", "role")]
    assert "XXX (unknown)" in seen["html"]["form"]
    assert 'aria-invalid="true"' in seen["html"]["form"]
    seen = (await posted(visit, look, {"source": "a: [", "change": change})).json()
    assert seen["faults"][0]["severity"] == "error"
    async with database.reading() as session:
        assert (await get_draft(session, town.id, draft.id)).revision == 1


async def test_without_scripts_the_source_is_saved_and_a_clash_keeps_both(
    visit: Visit, draft: Draft, database: Database, town: Town
) -> None:
    here = f"/playbooks/drafts/{draft.id}"
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open(here)
    token = visit.fields(here)["_csrf_token"][0]
    async with database.transaction() as session:
        await drafts.save(session, town.author, draft.id, draft.source + "# a\n", revision=1, at=T0)
    mine = draft.source.replace("Acuut", "Nu meteen")
    form = {"_csrf_token": (None, token), "revision": (None, "1"), "source": (None, mine)}
    answer = await visit.client.post(here, files=form)
    assert answer.status_code == 409
    assert "Nu meteen" in answer.text
    assert 'name="revision" value="2"' in answer.text
    form["revision"] = (None, "2")
    answer = await visit.client.post(here, files=form, follow_redirects=False)
    assert answer.status_code == 303
    async with database.reading() as session:
        assert (await get_draft(session, town.id, draft.id)).source == mine


async def test_warnings_are_confirmed_before_a_draft_is_a_version(
    visit: Visit, draft: Draft, database: Database, town: Town
) -> None:
    here = f"/playbooks/drafts/{draft.id}/submit"
    source = blank("new-plan") + "valid_months: 0\n"
    async with database.transaction() as session:
        await drafts.save(session, town.author, draft.id, source, revision=1, at=T0)
    await visit.sign_in()
    await visit.open(here)
    assert "The draft still has errors" in visit.visible()
    unused = "  - code: all-others\n    title: { nl: a, en: b }\n    of: professionals\nmessages:"
    source = blank("new-plan").replace("messages:", unused, 1)
    async with database.transaction() as session:
        await drafts.save(session, town.author, draft.id, source, revision=2, at=T0)
    await visit.open(here)
    answer = await visit.send(here, {"seen": ""})
    assert answer.status_code == 422
    await visit.open(here)
    answer = await visit.send(here, {"seen": "yes"})
    assert answer.status_code == 303
    async with database.reading() as session:
        version = await find_version(session, town.id, "new-plan", 1)
        assert version is not None
        assert not version.is_approved
        assert await list_drafts(session, town.id) == []


async def test_a_block_is_written_submitted_and_approved_by_who_did_not_write_it(
    visit: Visit, database: Database, town: Town
) -> None:
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open("/playbooks")
    await visit.send("/playbooks/drafts", {"slug": "shared", "kind": "block"})
    here = (await visit.follow()).url.path
    # The forms of a block offer the codes of the block itself.
    source = blank("shared", DocumentKind.BLOCK) + "roles:\n  - { code: LOG, not_with: [] }\n"
    change = {"part": "roles/0", "fields": [["code", "REC"]]}
    seen = (await posted(visit, f"{here}/look", {"source": source, "change": change})).json()
    assert [code for code, _ in seen["names"]["roles"]] == ["REC"]
    await visit.open(f"{here}/submit")
    assert "Wrote in this draft, and may not approve it" in visit.visible()
    await visit.send(f"{here}/submit")
    there = (await visit.follow()).url.path
    assert there == "/blocks/shared/versions/1"
    words = visit.visible()
    assert "waits for a second person" in words
    assert "Every word, as it was written" in words
    assert f"{there}/approve" not in visit.text
    token = visit.fields("/sign-out")
    assert (await visit.client.post(f"{there}/approve", data=token)).status_code == 409
    visit.client.cookies.clear()
    await visit.sign_in(UserRole.COORDINATOR)
    await visit.open("/playbooks")
    assert f'href="{there}"' in visit.text
    await visit.open(there)
    await visit.send(f"{there}/approve")
    await visit.follow()
    assert "both signatures are sound" in visit.visible()
    async with database.reading() as session:
        assert list(await blocks_of(session, town.id)) == [("shared", 1)]
    await visit.send(f"{there}/revoke", {"reason": "Een fout nummer."})
    await visit.follow()
    assert "Een fout nummer." in visit.visible()
    async with database.reading() as session:
        assert await blocks_of(session, town.id) == {}


async def test_what_differs_in_a_block_is_said_when_two_save_it_and_between_versions(
    visit: Visit, database: Database, town: Town
) -> None:
    await visit.sign_in()
    await visit.open("/playbooks")
    await visit.send("/playbooks/drafts", {"slug": "shared", "kind": "block"})
    here = (await visit.follow()).url.path
    base = blank("shared", DocumentKind.BLOCK)
    theirs, ours = (base.replace("New block", new) for new in ("Theirs", "Ours"))
    body = {"source": theirs, "revision": 1, "base": base}
    assert (await posted(visit, f"{here}/save", body)).status_code == 200
    answer = await posted(visit, f"{here}/save", body | {"source": ours})
    assert answer.status_code == 409
    for words in ("The title changes.", "It becomes: “Theirs”", "It becomes: “Ours”"):
        assert words in answer.json()["clash"]

    async with database.transaction() as session:
        for number, source in ((1, base), (2, ours)):
            numbered = source.replace("version: 1", f"version: {number}")
            await publish_block(session, town.author, numbered, "draft.yaml", at=T0)
    await visit.open("/blocks/shared/versions/2")
    assert "/blocks/shared/compare?old=1&new=2" in visit.text
    await visit.open("/blocks/shared/compare?old=1&new=2")
    assert "the block: The title changes. It was: “New block” It becomes: “Ours”" in visit.visible()
    assert 'href="/blocks/shared/versions/2"' in visit.text


async def test_a_number_that_somebody_made_up_is_no_fault_of_ours(
    visit: Visit, draft: Draft
) -> None:
    await visit.sign_in()
    here = f"/playbooks/drafts/{draft.id}"
    await visit.open(f"{here}/submit")
    for revision in ("\u00b2", "9" * 30, "", "-1"):
        answer = await visit.client.post(
            f"{here}/submit", data=visit.fields(f"{here}/submit") | {"revision": revision}
        )
        assert answer.status_code == 422, revision
    body = {"source": draft.source, "revision": 10**30, "base": draft.source}
    await visit.open(here)
    assert (await posted(visit, f"{here}/save", body)).status_code == 400
    for kind in ("playbooks", "blocks"):
        there = f"/{kind}/small/versions/{'9' * 30}"
        assert (await visit.client.get(there)).status_code == 404, there
    await visit.open("/playbooks")
    odd = visit.fields("/sign-out") | {"from_version": "playbook/small/\u00b2"}
    answer = await visit.client.post("/playbooks/drafts", data=odd, follow_redirects=False)
    assert answer.headers["location"] == "/playbooks"
