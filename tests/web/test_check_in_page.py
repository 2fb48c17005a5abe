"""The check-in form: by a link of one's own or with an account; until the round closes."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlmodel import col, select

from calamity.actions.check_in import CheckInForm, close_round
from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.outbox import BODY
from calamity.store.rounds import FORM
from calamity.store.sent_forms import is_first
from calamity.store.tables import CheckInRow, MessageRow, SentFormRow
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.pages_stage import Visit
from tests.web.room_stage import Stage, moment, set_stage

FILLED = {
    "gate": "no", "mood": "4", "direction": "more-tense", "sources": ["seen", "residents"],
    "signals": ["staying-in", "shouting"], "needs": ["act-oneself"], "well": "Buren helpen elkaar",
    "advice": "Wees zichtbaar", "certainty": "3",
}  # fmt: skip


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    stage = await set_stage(database, wakes, town, database_url, tmp_path)
    await stage.start("facts")
    await stage.start("ask")
    return stage


async def link_of(stage: Stage, name: str = "pro1") -> str:
    """Return the path in the text that somebody got."""
    async with stage.database.reading() as session:
        row = await session.sql.scalar(
            select(MessageRow).where(
                MessageRow.recipient_id == stage.town[name].id, MessageRow.purpose == "ask"
            )
        )
        assert row is not None
        body = session.vault.open_text(BODY, row.body)
    return "/f/" + body.rsplit("/f/", 1)[1].strip()


async def answers(stage: Stage) -> list[CheckInRow]:
    async with stage.database.reading() as session:
        return list(
            await session.sql.scalars(select(CheckInRow).order_by(col(CheckInRow.received_at)))
        )


async def post(visit: Visit, path: str, **changes: object) -> None:
    """Send the form as a browser without our cookies does."""
    visit.seen = await visit.client.post(path, data=FILLED | changes, follow_redirects=False)


async def test_the_link_opens_the_form_for_whoever_has_it_and_looking_does_nothing(
    stage: Stage,
) -> None:
    link = await link_of(stage)
    async with stage.visit(None) as visit:
        assert (await visit.open(link)).status_code == 200
        assert "Wijk 1" in visit.visible()
        assert stage.town["pro1"].name not in visit.text
        assert (await visit.open("/f/not-a-link")).status_code == 404
    assert await answers(stage) == []


async def test_a_form_is_stored_sealed_and_a_second_one_replaces_it(stage: Stage) -> None:
    link = await link_of(stage)
    async with stage.visit(None) as visit:
        await post(visit, link)
        await visit.follow()
        assert "Thank you" in visit.visible()
        await visit.open(link)
        assert "A new one replaces it." in visit.visible()
        await post(visit, link, mood="2")
    first, second = await answers(stage)
    assert (first.mood, first.superseded_at is None) == (4, False)
    assert (second.mood, second.superseded_at) == (2, None)
    assert first.form is not None
    form = msgspec.json.decode(stage.database.vault.open(FORM, first.form), type=CheckInForm)
    assert form.signals == ["staying-in", "shouting"]
    assert (form.goes_well, form.direction, form.certainty) == (
        "Buren helpen elkaar", "more-tense", 3,
    )  # fmt: skip


async def test_a_form_that_comes_again_counts_once(stage: Stage) -> None:
    link, key = await link_of(stage), {"idempotency_key": "0b6c5d4e-1f0a-4a53-9f5e-6a3a2b1c0d9e"}
    write = (await stage.task("write")).id
    async with stage.visit(None) as visit:
        await post(visit, link, mood="9", **key)
        assert visit.seen is not None
        assert visit.seen.status_code == 422
        for mood in ("4", "2"):
            await post(visit, link, mood=mood, **key)
            await visit.follow()
            assert "Thank you" in visit.visible()
    assert [row.mood for row in await answers(stage)] == [4]
    async with stage.visit() as visit:
        done = f"/calamities/{stage.id}/tasks/{write}/done"
        for sent, status in ((key, 303), (key, 303), ({}, 422)):
            await visit.open(f"/calamities/{stage.id}")
            token = re.search(r'name="_csrf_token" value="([^"]+)"', visit.text)
            assert token is not None
            answer = await visit.client.post(done, data=sent | {"_csrf_token": token[1]})
            assert answer.status_code == status, sent
    rows = await forms_taken_in(stage)
    assert len(rows) == 2
    later = moment() + timedelta(days=3)
    async with stage.database.transaction() as session:
        assert await is_first(session, by="somebody", key="another", at=later)
    assert len(await forms_taken_in(stage)) == 1


async def forms_taken_in(stage: Stage) -> list[SentFormRow]:
    async with stage.database.reading() as session:
        return list(await session.sql.scalars(select(SentFormRow)))


async def test_direct_danger_stores_nothing(stage: Stage) -> None:
    link = await link_of(stage)
    async with stage.visit(None) as visit:
        for path in (link, f"{link}/danger"):
            await post(visit, path, gate="yes")
            await visit.follow()
            assert "Call 112 now" in visit.visible()
            assert "Buren helpen elkaar" not in visit.text
    assert await answers(stage) == []


async def test_personal_data_is_refused_beside_its_field_and_the_rest_is_kept(
    stage: Stage,
) -> None:
    link = await link_of(stage)
    async with stage.visit(None) as visit:
        await post(visit, link, advice="Bel 06-12345678")
        assert visit.seen is not None
        assert visit.seen.status_code == 422
        assert 'id="advice-error"' in visit.text
        assert "Buren helpen elkaar" in visit.text
        assert 'value="4" required checked' in visit.text
        await post(visit, link, mood="")
        assert "Choose how the mood is" in visit.visible()
    assert await answers(stage) == []


async def test_a_closed_round_is_told_and_takes_nothing_in(stage: Stage) -> None:
    link, row = await link_of(stage), await stage.round()
    async with stage.database.transaction() as session:
        await close_round(session, stage.wakes, stage.town.id, row.id, at=moment(), early=True)
    async with stage.visit(None) as visit:
        await visit.open(link)
        assert "This round closed" in visit.visible()
        await post(visit, link)
        assert "This round closed" in visit.visible()
    assert await answers(stage) == []


async def test_a_professional_fills_it_in_with_an_account(stage: Stage) -> None:
    path = f"/check-in/{(await stage.round()).id}"
    async with stage.visit(UserRole.PROFESSIONAL) as visit:
        await visit.open(path)
        await visit.send(path, FILLED)
        await visit.follow()
        assert "Thank you" in visit.visible()
        forged = await visit.client.post(path, data=FILLED)
        assert forged.status_code == 403
    assert [row.recipient_id for row in await answers(stage)] == [stage.town["pro1"].id]
    async with stage.visit(UserRole.COORDINATOR) as visit:
        assert (await visit.open(path)).status_code == 403
