"""After STOP somebody phones to hear whether it was meant, and says so; START lifts it."""

from pathlib import Path

import pytest

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.api_stage import Api
from tests.web.room_stage import Stage, set_stage

ASKS = "Call to hear whether that was meant"


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def test_the_contact_person_phones_and_ticks_it_off(stage: Stage) -> None:
    person = stage.town["kf1"]
    await stage.text(person, "STOP")
    there, done = f"/inbox/{person.id}", f"/people/{person.id}/stop-checked"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open("/inbox")
        assert "Said STOP: call to check" in visit.visible()
        assert ASKS in visit.visible()
        assert f"tel:{person.phone}" in visit.text, "whom to phone"
        await visit.open(there)
        assert f"tel:{person.phone}" in visit.text
        assert (await visit.send(done)).status_code == 303
        await visit.follow()
        assert "It is noted that you called." in visit.visible()
        assert ASKS not in visit.visible()
        assert f"tel:{person.phone}" not in visit.text, "STOP still holds"
        await stage.text(person, "START")
        await stage.text(person, "STOP")
        await visit.open(there)
        assert ASKS in visit.visible(), "each STOP is one of its own"
        await stage.text(person, "START")
        await visit.open(there)
        assert ASKS not in visit.visible()
        assert f"tel:{person.phone}" in visit.text


async def test_a_stop_of_the_team_is_for_who_looks_after_the_people(stage: Stage) -> None:
    person = stage.town["lei1"]
    await stage.text(person, "STOP")
    await stage.text(stage.town["kf2"], "STOP")
    done = f"/people/{person.id}/stop-checked"
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}")
        assert ASKS in visit.visible()
        await visit.open("/people")
        assert ASKS in visit.visible()
        assert stage.town["kf2"].name not in visit.visible()
        assert (await visit.send(done)).status_code == 303
        await visit.follow()
        assert ASKS not in visit.visible()


async def test_the_api_ticks_off_only_ones_own_people(api: Api) -> None:
    for name, mine, others in (
        ("kf1", "contact1", ("contact2", "coordinator")),
        ("lei1", "coordinator", ("contact1", "official")),
    ):
        place = f"/v1/people/{api.town[name].id}/check-stop"
        for role in others:
            assert (await api.post(place, as_=role)).status_code in {403, 404}
        assert (await api.post(place, as_=mine)).status_code == 204
