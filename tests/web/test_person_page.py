"""How one person can be reached is corrected by who looks after them, and by nobody else."""

from pathlib import Path

import pytest

from calamity.domain.permissions import UserRole
from calamity.store import numbers, stops
from calamity.store.database import Database
from calamity.store.people import Recipient, list_recipients
from calamity.store.wakes import Wakes
from tests.make import T0, Town
from tests.web.api_stage import Api
from tests.web.room_stage import Stage, set_stage

NEW = "06 12345678"
KEPT = "+31612345678"


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    stage = await set_stage(database, wakes, town, database_url, tmp_path)
    async with database.transaction() as session:
        await numbers.mark_wrong(session, town["lei1"].id, 30005, T0)
        await stops.stop(session, town["kf3"].id, T0)
    return stage


async def kept(database: Database, who: str) -> Recipient:
    async with database.reading() as session:
        return (await list_recipients(session, [who]))[who]


async def test_a_corrected_number_is_no_longer_marked_and_the_rest_is_kept(stage: Stage) -> None:
    lei = stage.town["lei1"]
    there = f"/people/{lei.id}"
    async with stage.visit() as visit:
        await visit.open("/people")
        assert f'href="{there}"' in visit.text
        await visit.open(there)
        assert lei.phone not in visit.text
        sent = {"phone": NEW, "email": "lea@oeverlanden.example", "check_word": "anker"}
        assert (await visit.send(there, sent)).status_code == 303
        await visit.follow()
        assert "The change is kept." in visit.visible()
        assert "lea@oeverlanden.example" in visit.visible()
        assert "Numbers that do not work" not in visit.visible()
        found = await kept(stage.database, lei.id)
        assert (found.phone, found.email, found.check_word) == (
            KEPT, "lea@oeverlanden.example", "anker",
        )  # fmt: skip
        await visit.open(there)
        assert visit.fields(there)["check_word"] == ["anker"]
        await visit.send(there, {"phone": "", "email": "", "check_word": ""})
    found = await kept(stage.database, lei.id)
    assert (found.phone, found.email, found.check_word) == (KEPT, "", "")


@pytest.mark.parametrize(
    ("changes", "english", "dutch"),
    [
        ({"phone": "030 1234567"}, "This is a landline", "vast"),
        ({"phone": "com1"}, "Somebody else here has this number.", "Iemand anders"),
        ({"phone": "kf3"}, "The owner of this number said STOP", "De eigenaar van dit nummer hee"),
        ({"email": "lea at home"}, "This is not an e-mail address.", "geen e-mailadres"),
        ({"check_word": "a b"}, "one word of 3 to 20 letters", "3 tot 20 letters"),
        ({"check_word": "ideeën"}, "makes every SMS longer", "langer"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_changes(
    stage: Stage, changes: dict[str, str], english: str, dutch: str
) -> None:
    lei = stage.town["lei1"]
    there = f"/people/{lei.id}"
    before = await kept(stage.database, lei.id)
    sent = {
        name: stage.town[value].phone if value in stage.town.people else value
        for name, value in changes.items()
    }
    async with stage.visit() as visit:
        for language, words in (("en", english), ("nl", dutch)):
            visit.client.headers["accept-language"] = language
            await visit.open(there)
            assert (await visit.send(there, sent)).status_code == 422
            assert words in visit.visible()
    assert await kept(stage.database, lei.id) == before


async def test_a_key_figure_is_corrected_by_their_own_contact_person_alone(stage: Stage) -> None:
    mine, other = stage.town["kf1"], stage.town["kf2"]
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(f"/inbox/{mine.id}")
        there = f"/people/{mine.id}"
        assert f'href="{there}"' in visit.text
        await visit.open(there)
        assert (await visit.send(there, {"check_word": "zwaan"})).status_code == 303
        await visit.follow()
        assert mine.name in visit.visible()
        assert (await visit.open(f"/people/{other.id}")).status_code == 404
        assert (await visit.open(f"/people/{stage.town['lei1'].id}")).status_code == 403
    assert (await kept(stage.database, mine.id)).check_word == "zwaan"
    async with stage.visit() as visit:
        assert (await visit.open(f"/people/{mine.id}")).status_code == 404
        assert mine.name not in visit.text


async def test_the_api_changes_what_is_given_and_leaves_the_rest(api: Api) -> None:
    who = api.town["lei1"].id
    place = f"/v1/people/{who}"
    body = {"email": "lea@oeverlanden.example", "checkWord": "anker"}
    assert (await api.ask("PATCH", place, json=body)).status_code == 204
    assert (await api.ask("PATCH", place, json={"checkWord": ""})).status_code == 204
    found = await kept(api.house.database, who)
    assert (found.email, found.check_word) == ("lea@oeverlanden.example", "")
    wrong = await api.ask("PATCH", place, json={"email": "x"})
    assert wrong.status_code == 400
    assert "naam@gemeente.nl" in wrong.text
    for role in ("contact1", "official"):
        assert (await api.ask("PATCH", place, role, json=body)).status_code in {403, 404}
    figure = f"/v1/people/{api.town['kf1'].id}"
    assert (await api.ask("PATCH", figure, json=body)).status_code == 404
    assert (await api.ask("PATCH", figure, "contact1", json=body)).status_code == 204
