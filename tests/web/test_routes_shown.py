"""How the routes for texts stand: in the room, for the administrator, and for Prometheus."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from calamity.actions.routes import Said, take_in
from calamity.actions.terms import Route
from calamity.domain.permissions import UserRole
from calamity.domain.routes import Heard, answered
from calamity.store import routes
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import SENDER, Town
from tests.web.pages_stage import make_app, visiting
from tests.web.room_stage import Stage, set_stage

TWO = {
    "CALAMITY_CARRIER": "sandbox,smpp",
    "CALAMITY_SMPP_HOST": "smsc.example.nl",
    "CALAMITY_SMPP_SYSTEM_ID": "calamity",
    "CALAMITY_SMPP_PASSWORD": "secret",
    "CALAMITY_SMPP_FROM": "+3197010250077=5",
}
NIGHT = datetime(2026, 11, 22, 2, 12, tzinfo=UTC)


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def opens(stage: Stage, name: str, code: int | None = 20003) -> None:
    said = Said(Heard.OURS, code)
    async with stage.database.transaction() as session:
        await take_in(session, Route(name, {SENDER: 1.0}), [said], NIGHT)


async def test_the_room_says_calmly_by_which_route_texts_leave_and_why(stage: Stage) -> None:
    app = make_app(stage.url, stage.folder, **TWO)
    async with visiting(app) as visit:
        await visit.sign_in()
        part = f"/calamities/{stage.id}/parts/messages"
        assert "instead of" not in (await visit.open(part)).text
        await opens(stage, "smpp")
        assert "Since" not in (await visit.open(part)).text, "texts leave as they always do"
        await opens(stage, "sandbox", None)
        await visit.open(part)
        assert "03:12 texts do not get through." in visit.visible()
        assert "Calamity keeps every text and tries again by itself" in visit.visible()
        async with stage.database.transaction() as session:
            before = await routes.change(session, "sandbox", lambda breaker: breaker)
            await routes.change(session, "sandbox", answered)
        await visit.open(part)
        assert "The provider answers again: the next text shows" in visit.visible()
        async with stage.database.transaction() as session:
            await routes.change(session, "sandbox", lambda _: before)
            await routes.change(session, "smpp", lambda _: routes.Standing().breaker)
        await visit.open(part)
        assert (
            "03:12 texts leave by the provider over SMPP instead of the practice network. The "
            "provider does not answer, or too late."
        ) in visit.visible()


async def test_the_administrator_sees_the_table_with_what_the_code_means(stage: Stage) -> None:
    await opens(stage, "sandbox")
    app = make_app(stage.url, stage.folder, **TWO)
    async with visiting(app) as visit:
        await visit.sign_in(UserRole.ADMINISTRATOR)
        await visit.open("/settings/carrier")
        seen = visit.visible()
        assert "the provider over SMPP · new texts leave here" in seen
        assert "Does not work; it is asked again by itself." in seen
        assert "the credentials are wrong" in seen
        async with stage.database.transaction() as session:
            await routes.change(session, "sandbox", answered)
        await visit.open("/settings/carrier")
        assert "one text shows whether it takes them" in visit.visible()


async def test_health_and_metrics_name_what_does_not_work_and_the_node_stays_ready(
    stage: Stage,
) -> None:
    app = make_app(stage.url, stage.folder, **TWO)
    async with visiting(app) as visit:
        assert (await visit.open("/health/ready")).json() == {"status": "ready"}
        await opens(stage, "sandbox")
        answer = await visit.open("/health/ready")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ready", "routes_open": "sandbox"},
        )
        lines = (await visit.open("/metrics")).text.splitlines()
        assert 'calamity_route_state{route="sandbox"} 2.0' in lines
        assert 'calamity_route_state{route="smpp"} 0.0' in lines
        assert 'calamity_route_moved_messages{route="sandbox"} 0.0' in lines
