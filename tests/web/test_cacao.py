"""CACAO through the page and the API: out signed, in by the way of all bundles, origin and all."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar

from calamity.actions.bundles import look_at
from calamity.actions.cacao import export_cacao
from calamity.actions.imports import bring_in
from calamity.actions.trust import trust
from calamity.domain.bundle import opened
from calamity.domain.cacao import Origin, sign_cacao, write_cacao
from calamity.domain.errors import Conflict
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook_life import key_fingerprint
from calamity.store.database import Database
from calamity.store.drafts import list_drafts
from calamity.store.imports import get_import, list_imports
from tests.make import T0, Town, later, make_playbook
from tests.web.api_stage import Api
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

CONFIRM = "/playbooks/import/confirm"
UPLOAD = {"nothing": ("nothing", b"", "application/octet-stream")}
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


async def _look(visit: Visit, data: bytes) -> int:
    await visit.open("/playbooks/import")
    files = {"file": ("theirs.json", data, "application/json")}
    return (await visit.send("/playbooks/import", files=files)).status_code


async def test_what_we_write_comes_back_whole_and_a_key_is_trusted_or_not(
    database: Database, town: Town
) -> None:
    administrator = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    at = later(days=3)
    async with database.transaction() as session:
        document, number = await export_cacao(session, town.author, "small", None, at=at)
        look = await look_at(session, town.author, opened(document, at=at))
        (one,) = look.playbooks
        assert (number, one.standing, one.crossings) == (1, "same", ())
        assert look.signer.trusted_as == "Oeverlanden"
        theirs = opened(_theirs(), at=at)
        with pytest.raises(Conflict, match="Nobody here trusts the key"):
            await bring_in(session, town.author, theirs, at=at)
        await trust(session, administrator, "Waterstad, gebeld", _fingerprint(), at=at)
        assert (await look_at(session, town.author, theirs)).signer.trusted_as is not None
        (done,) = await bring_in(session, town.author, theirs, submit=True, at=at)
        assert (done.slug, done.became, done.number) == ("theirs", "submitted", 1)
        came = await get_import(session, town.id, done.import_id or "")
    assert came.playbook == THEIRS
    assert came.provenance.municipality == "Waterstad"
    assert came.provenance.cacao.startswith("playbook--")


async def test_one_of_several_who_signed_is_enough(database: Database, town: Town) -> None:
    administrator = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    twice = sign_cacao(msgspec.json.decode(_theirs()), bytes(32), "Regio", later(days=2))
    bundle = opened(msgspec.json.encode(twice), at=later(days=3))
    key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw().hex()
    async with database.transaction() as session:
        await trust(session, administrator, "Regio", key_fingerprint(key), at=T0)
        assert (await look_at(session, town.author, bundle)).signer.trusted_as == "Regio"


async def test_a_foreign_document_is_a_draft_to_finish_with_its_origin(
    visit: Visit, database: Database, town: Town
) -> None:
    await visit.sign_in()
    await _look(visit, json.dumps(FOREIGN).encode())
    for words in ("Niemand heeft", "Het wordt een concept", "Nog af te maken in het concept"):
        assert words in visit.visible()
    for _ in range(2):
        await _look(visit, json.dumps(FOREIGN).encode())
        said = await visit.send(CONFIRM, {"become": "submitted"}, files=UPLOAD)
        assert said.status_code == 303
    async with database.reading() as session:
        draft = (await list_drafts(session, town.id))[0]
        (came,) = await list_imports(session, town.id)
        assert "Close the gate" in draft.source
        assert (draft.import_id, came.playbook) == (came.id, None)
        assert came.provenance.cacao == FOREIGN["id"]
        with pytest.raises(Conflict, match="Finish the draft"):
            _ = came.whole


@pytest.mark.parametrize(("slug", "version"), [("../../x", 10**12), (["x"], True), ("x" * 999, 0)])
async def test_what_a_stranger_calls_a_document_breaks_no_list(
    database: Database, town: Town, slug: object, version: object
) -> None:
    document = write_cacao(THEIRS, Origin("Waterstad", T0, later(days=1)))
    (extension,) = document["playbook_extensions"].values()
    extension |= {"slug": slug, "version": version}
    data = msgspec.json.encode(document)
    async with database.transaction() as session:
        bundle = opened(data, at=later(days=3))
        (done,) = await bring_in(session, town.author, bundle, at=later(days=3))
    assert (done.standing, done.became) == ("unfinished", "draft")
    async with database.reading() as session:
        (came,) = await list_imports(session, town.id)
    assert (came.slug, came.number) == ("playbook", 1)


async def test_a_bad_document_is_refused_in_words_and_changes_nothing(
    visit: Visit, database: Database, town: Town
) -> None:
    await visit.sign_in()
    forged = json.loads(_theirs())
    forged["name"] = "Iets anders"
    assert await _look(visit, json.dumps(forged).encode()) == 422
    assert "klopt niet" in visit.visible()
    broken = FOREIGN | {"workflow_start": "start--61a6c41e-6efc-4516-a242-dfbc5c89d599"}
    assert await _look(visit, json.dumps(broken).encode()) == 422
    assert "Er is niets veranderd" in visit.visible()
    async with database.reading() as session:
        assert await list_imports(session, town.id) == []


async def test_the_api_exports_looks_and_takes_in(api: Api) -> None:
    document = await api.get("/v1/playbooks/small/versions/1/cacao")
    assert document.json()["spec_version"] == "cacao-2.0"
    assert len(document.json()["signatures"]) == 1
    sent = {"content": _theirs(), "headers": {"Content-Type": "application/json"}}
    look = (await api.ask("POST", "/v1/playbook-bundle/look", **sent)).json()
    assert (look["signer"]["municipality"], look["signer"]["trustedAs"]) == ("Waterstad", None)
    assert look["playbooks"][0]["slug"] == "theirs"
    assert (await api.ask("POST", "/v1/playbook-bundle", **sent)).status_code == 409
    foreign = sent | {"content": json.dumps(FOREIGN).encode()}
    seen = (await api.ask("POST", "/v1/playbook-bundle/look", **foreign)).json()["playbooks"][0]
    assert (seen["standing"], bool(seen["crossings"]), bool(seen["faults"])) == (
        "unfinished", True, True,
    )  # fmt: skip
    taken = await api.ask("POST", "/v1/playbook-bundle", **foreign)
    assert taken.json()["playbooks"][0]["draftId"]
    bad = {"content": b'{"spec_version": "cacao-2.0"}', "headers": sent["headers"]}
    refused = await api.ask("POST", "/v1/playbook-bundle", **bad)
    assert (refused.status_code, bool(refused.json()["errors"])) == (400, True)
