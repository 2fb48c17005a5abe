"""Officials ask for an update; the team sees it at once, and answers with sentences or words."""

from pathlib import Path

import pytest

from calamity.actions.decide import NewSummary, summarise
from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.requests import list_requests
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.room_stage import Stage, moment, set_stage


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def test_a_question_reaches_the_room_once_and_new_sentences_answer_it(stage: Stage) -> None:
    ask, here = f"/calamities/{stage.id}/update-requests", f"/calamities/{stage.id}/officials"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(here)
        assert f'href="{ask}"' in visit.text
        await visit.open(ask)
        answer = await visit.send(ask, {"words": "Bel Jan op 06 12345678"})
        assert answer.status_code == 422
        assert "This text holds personal data" in visit.visible()
        await visit.send(ask, {"words": "Zijn de scholen open?"})
        await visit.follow()
        assert "Zijn de scholen open?" in visit.visible()
        assert "Asked by" in visit.visible()
        async with stage.database.reading() as session:
            asked = await list_requests(session, stage.id)
        await visit.open(ask)
        assert "You need not ask again." in visit.visible()
        assert f'action="{ask}"' not in visit.text
        # A second press, of a page that stood open, is the same question; another one waits.
        token = {"_csrf_token": visit.fields("/sign-out")["_csrf_token"][0]}
        for words, status in (("", 303), ("Zijn de scholen open?", 303), ("Iets anders", 422)):
            again = await visit.client.post(
                ask, data=token | {"words": words}, follow_redirects=False
            )
            assert again.status_code == status
        async with stage.database.reading() as session:
            assert await list_requests(session, stage.id) == asked
        assert len(asked) == 1
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}/parts/tasks")
        assert "asked by officials" in visit.visible()
        assert "Zijn de scholen open?" in visit.visible()
        assert f"{ask}/{asked[0].seq}" in visit.text
    async with stage.database.transaction() as session:
        said = NewSummary(["De scholen zijn open."], None)
        await summarise(session, stage.town.coordinator, stage.id, said, at=moment())
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}/parts/tasks")
        assert "Zijn de scholen open?" not in visit.visible()
        await visit.open(f"{ask}/{asked[0].seq}")
        assert "New sentences were put on the page." in visit.visible()
        assert f'action="{ask}/{asked[0].seq}"' not in visit.text


async def test_an_answer_in_words_is_read_by_officials_and_given_once(stage: Stage) -> None:
    ask = f"/calamities/{stage.id}/update-requests"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(ask)
        await visit.send(ask)
    async with stage.database.reading() as session:
        (asked,) = await list_requests(session, stage.id)
    assert asked.words is None
    one = f"{ask}/{asked.seq}"
    async with stage.visit() as visit:
        await visit.open(one)
        assert "How does it stand?" in visit.visible()
        fields = visit.fields(one)
        await visit.send(one, {"text": "Alles is rustig."})
        await visit.follow()
        again = await visit.client.post(
            one, data=fields | {"text": ["Nog eens."]}, follow_redirects=False
        )
        assert again.status_code == 422
        assert "This request was answered before." in again.text
        assert (await visit.open(f"{ask}/1")).status_code == 404
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(f"/calamities/{stage.id}/officials")
        assert "Answered: Alles is rustig." in visit.visible()
        await visit.open(ask)
        assert f'action="{ask}"' in visit.text


async def test_the_button_is_large_when_the_promised_update_is_late(stage: Stage) -> None:
    here, link = f"/calamities/{stage.id}/officials", f"/calamities/{stage.id}/update-requests"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(here)
        assert f'nl-button--secondary" href="{link}"' in visit.text
        async with stage.database.transaction() as session:
            said = NewSummary(["Straks meer."], moment())
            await summarise(session, stage.town.coordinator, stage.id, said, at=moment())
        await visit.open(here)
        assert f'nl-button--primary" href="{link}"' in visit.text
