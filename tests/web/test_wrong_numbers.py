"""Who works with people sees which number does not work, and what to do about it."""

from pathlib import Path

import pytest

from calamity.domain.permissions import UserRole
from calamity.store import numbers
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import T0, Town
from tests.web.room_stage import Stage, set_stage


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    stage = await set_stage(database, wakes, town, database_url, tmp_path)
    async with database.transaction() as session:
        for name, code in (("lei1", 21614), ("kf1", 30005)):
            await numbers.mark_wrong(session, town[name].id, code, T0)
    return stage


async def test_the_people_page_names_the_team_and_counts_key_figures(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open("/people")
        words = visit.visible()
        assert "Numbers that do not work" in words
        assert "do not arrive since Mon 23 Nov 10:30. This number cannot receive texts" in words
        assert "The number of one key figure does not work." in words
        assert stage.town["kf1"].name not in words
        assert stage.town["lei1"].phone not in visit.text
        await visit.open("/people", **{"accept-language": "nl"})
        assert "Dit nummer kan geen sms ontvangen" in visit.visible()


async def test_the_room_and_the_contact_person_see_it_where_they_look(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}")
        assert "This number cannot receive texts" in visit.visible()
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        for path in ("/inbox", f"/inbox/{stage.town['kf1'].id}"):
            await visit.open(path)
            assert "This number is no longer in use." in visit.visible()
        await visit.open(f"/inbox/{stage.town['kf3'].id}")
        assert "no longer in use" not in visit.visible()


async def test_nothing_is_said_when_all_numbers_work(stage: Stage, town: Town) -> None:
    async with stage.database.transaction() as session:
        row = await session.sql.get_one(numbers.RecipientRow, town["lei1"].id)
        row.number_failed_at = None
        row = await session.sql.get_one(numbers.RecipientRow, town["kf1"].id)
        row.number_failed_at = None
    async with stage.visit() as visit:
        await visit.open("/people")
        assert "Numbers that do not work" not in visit.visible()
