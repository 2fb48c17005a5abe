"""CACAO through the page, the API and the command: out signed, in as a draft with its story."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar

from calamity.actions.cacao import bring_cacao, export_cacao
from calamity.actions.drafts import submit
from calamity.actions.trust import trust
from calamity.domain.cacao import Origin, sign_cacao, write_cacao
from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook_check import canonical
from calamity.domain.playbook_life import key_fingerprint
from calamity.store.database import Database
from calamity.store.drafts import list_drafts
from calamity.store.playbooks import find_version
from tests.make import T0, Town, later, make_playbook
from tests.web.api_stage import Api
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

SECRET = bytes(range(32))
THEIRS = make_playbook(slug="theirs")
FOREIGN = {
    "type": "playbook",
    "spec_version": "cacao-2.0",
    "id": "playbook--61a6c41e-6efc-4516-a242-dfbc5c89d562",
    "name": "Block an address",
    "created_by": "identity--61a6c41e-6efc-4516-a242-dfbc5c89d563",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "workflow_start": "start--61a6c41e-6efc-4516-a242-dfbc5c89d564",
    "workflow": {
        "start--61a6c41e-6efc-4516-a242-dfbc5c89d564": {
            "type": "start",
            "on_completion": "action--61a6c41e-6efc-4516-a242-dfbc5c89d565",
        },
        "action--61a6c41e-6efc-4516-a242-dfbc5c89d565": {
            "type": "action",
            "name": "Close the gate",
            "on_completion": "end--61a6c41e-6efc-4516-a242-dfbc5c89d566",
            "commands": [{"type": "manual", "command": "Close it"}],
            "agent": "group--61a6c41e-6efc-4516-a242-dfbc5c89d567",
        },
        "end--61a6c41e-6efc-4516-a242-dfbc5c89d566": {"type": "end"},
    },
    "agent_definitions": {
        "group--61a6c41e-6efc-4516-a242-dfbc5c89d567": {"type": "group", "name": "Guards"}
    },
}


def _theirs(name: str = "Waterstad") -> bytes:
    document = write_cacao(THEIRS, Origin(name, T0, later(days=1)))
    return msgspec.json.encode(sign_cacao(document, SECRET, name, later(days=2)))


def _fingerprint() -> str:
    key = Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes_raw().hex()
    return key_fingerprint(key)


@pytest.fixture
async def visit(
    town: Town, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Visit]:
    async with database.transaction() as session:
        await add_accounts(session, town)
    app: Litestar = make_app(database_url, tmp_path)
    async with visiting(app) as made:
        made.client.headers["Accept-Language"] = "nl"
        yield made


async def test_what_we_write_comes_back_as_a_whole_version(database: Database, town: Town) -> None:
    async with database.transaction() as session:
        document, number = await export_cacao(session, town.author, "small", None, at=later(days=3))
        look, draft = await bring_cacao(session, town.author, document, at=later(days=3))
        assert (number, look.is_ours, look.crossings) == (1, True, [])
        assert [each.trusted_as for each in look.signatures] == ["Oeverlanden"]
        assert look.version == 2, "we have version 1 already"
        version = await submit(
            session, town.author, draft.id, revision=draft.revision, at=later(days=3)
        )
        first = await find_version(session, town.id, "small", 1)
    assert first is not None
    again = msgspec.structs.replace(version.playbook, version=1)
    assert canonical(again) == canonical(first.playbook)


async def test_a_key_is_trusted_or_somebody_says_that_it_does_not_matter(
    database: Database, town: Town
) -> None:
    administrator = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="Nobody here trusts the key"):
            await bring_cacao(session, town.author, _theirs(), at=later(days=3))
        look, _ = await bring_cacao(
            session, town.author, _theirs(), although_untrusted=True, at=later(days=3)
        )
        assert [each.trusted_as for each in look.signatures] == [None]
        await trust(session, administrator, "Waterstad", _fingerprint(), at=later(days=3))
        look, draft = await bring_cacao(session, town.author, _theirs(), at=later(days=3))
        assert [each.trusted_as for each in look.signatures] == ["Waterstad"]
        assert draft.slug == "theirs"


async def test_a_forged_document_changes_nothing(database: Database, town: Town) -> None:
    document = json.loads(_theirs())
    document["name"] = "Iets anders"
    forged = json.dumps(document).encode()
    async with database.transaction() as session:
        with pytest.raises(Refused, match="does not hold"):
            await bring_cacao(
                session, town.author, forged, although_untrusted=True, at=later(days=3)
            )
        assert await list_drafts(session, town.id) == []


async def test_the_page_takes_a_foreign_document_as_a_draft_to_finish(
    visit: Visit, database: Database, town: Town
) -> None:
    await visit.sign_in()
    await visit.open("/playbooks/cacao")
    file = {"file": ("theirs.json", json.dumps(FOREIGN).encode(), "application/json")}
    said = await visit.send("/playbooks/cacao", files=file)
    assert said.status_code == 200, visit.visible()
    assert "Bewaard als concept" in visit.text
    assert "Niemand heeft het ondertekend" in visit.text
    assert "Nog af te maken in het concept" in visit.text
    async with database.reading() as session:
        [draft] = await list_drafts(session, town.id)
    assert "Close the gate" in draft.source


async def test_the_page_asks_before_it_takes_a_key_that_nobody_knows(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open("/playbooks/cacao")
    file = {"file": ("theirs.json", _theirs(), "application/json")}
    said = await visit.send("/playbooks/cacao", files=file)
    assert said.status_code == 422
    assert "Nog niet overgenomen" in visit.text
    said = await visit.send("/playbooks/cacao", {"although_untrusted": "yes"}, files=file)
    assert said.status_code == 200, visit.visible()
    await visit.open("/playbooks/cacao")
    broken = {"file": ("x.json", b'{"type": "playbook"}', "application/json")}
    said = await visit.send("/playbooks/cacao", files=broken)
    assert said.status_code == 422
    assert "Er is niets veranderd" in visit.text


async def test_the_api_exports_looks_and_takes_in(api: Api) -> None:
    document = await api.get("/v1/playbooks/small/versions/1/cacao")
    assert document.json()["spec_version"] == "cacao-2.0"
    assert len(document.json()["signatures"]) == 1
    sent = {"content": _theirs(), "headers": {"Content-Type": "application/json"}}
    look = await api.ask("POST", "/v1/cacao?look=true", **sent)
    assert look.json()["draftId"] is None
    assert look.json()["look"]["slug"] == "theirs"
    assert (await api.ask("POST", "/v1/cacao", **sent)).status_code == 409
    taken = await api.ask("POST", "/v1/cacao?althoughUntrusted=true", **sent)
    assert taken.json()["draftId"]
    bad = await api.ask(
        "POST", "/v1/cacao", content=b"{}", headers={"Content-Type": "application/json"}
    )
    assert bad.status_code == 400
    assert bad.json()["errors"]
