"""A rehearsal on paper through the page, the API and the command."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from calamity.domain.permissions import UserRole
from calamity.domain.playbook_check import canonical
from calamity.store.database import Database
from calamity.store.stops import stop
from tests.make import T0, Town, make_playbook
from tests.web.api_stage import Api
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

PAGE = "/playbooks/small/versions/1/rehearsal"


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
        await stop(session, town["net1"].id, T0)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        yield made


async def test_the_page_shows_what_happens_at_night(visit: Visit) -> None:
    await visit.sign_in()
    visit.client.headers["Accept-Language"] = "nl"
    await visit.open(PAGE)
    assert "Er wordt niets verstuurd" in visit.text
    assert 'id="rehearsed"' not in visit.text
    asked = "?at=2026-11-28T02:30&answering=half&level=&affected=W1"
    assert (await visit.open(PAGE + asked)).status_code == 200
    assert "za 28 nov 02.30 uur" in visit.visible()
    assert "Niemand heeft de rol netwerkbeheerder" in visit.visible()
    assert "Lea Voorn" in visit.text
    assert "wacht tot za 28 nov 07.00 uur" in visit.visible()


async def test_names_are_only_for_who_may_see_people(visit: Visit) -> None:
    await visit.sign_in(UserRole.OFFICIAL)
    await visit.open(PAGE + "?answering=all")
    assert 'id="rehearsed"' in visit.text
    assert "Voorn" not in visit.text


@pytest.mark.parametrize("query", ["at=yesterday", "level=9", "affected=WX", "answering=some"])
async def test_what_cannot_be_rehearsed_is_said_beside_its_field(visit: Visit, query: str) -> None:
    await visit.sign_in()
    said = await visit.open(f"{PAGE}?{query}")
    assert said.status_code == 422
    assert 'id="rehearsed"' not in visit.text
    assert query.partition("=")[0] in visit.text


async def test_the_api_rehearses_versions_and_drafts(api: Api) -> None:
    there = "/v1/playbooks/small/versions/1/rehearsals"
    done = await api.post(there, {"at": "2026-11-28T01:30:00Z", "answering": "none"})
    assert done.status_code == 200, done.text
    kinds = {snag["kind"] for snag in done.json()["snags"]}
    assert "quota" in kinds
    assert done.json()["t0"].startswith("2026-11-28T0")
    assert (await api.post(there, {"answering": "some"})).status_code == 400
    draft = await api.ask(
        "POST",
        "/v1/rehearsals?answering=half&level=2",
        content=canonical(make_playbook(version=2)),
        headers={"Content-Type": "application/yaml"},
    )
    assert draft.status_code == 200, draft.text
    assert (draft.json()["version"], draft.json()["level"]) == (2, 2)
    calamities = await api.get("/v1/calamities")
    assert calamities.json()["calamities"] == []
