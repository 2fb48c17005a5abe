"""The officials' page as it was: what was written down by then, and nothing that came later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calamity.actions.check_in import close_round, take_in_mood
from calamity.actions.decide import NewSummary, correct, erase, set_level, set_phase, summarise
from calamity.actions.matters import NewStatement, state
from calamity.actions.tasks import hand_task, start_task
from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.past import last_line_before
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.room_stage import TERMS, Stage, set_stage

Ago = Callable[[int], datetime]


@pytest.fixture
def ago() -> Ago:
    """How long ago something was, counted in whole minutes from when the test begins."""
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    return lambda minutes: minute - timedelta(minutes=minutes)


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def live(stage: Stage, ago: Ago) -> int:
    """Let a quarter of an hour pass on the page; return the entry of the first sentences."""
    task = {name: await stage.task(name) for name in ("give", "ask")}
    by, database, wakes = stage.town.coordinator, stage.database, stage.wakes
    async with database.transaction() as session:
        await start_task(session, wakes, TERMS, by, task["give"].id, at=ago(17))
    async with database.transaction() as session:
        said = NewSummary(["Het is onrustig.", "Wij gaan op straat."], ago(7))
        first = await summarise(session, by, stage.id, said, at=ago(15))
    async with database.transaction() as session:
        await start_task(session, wakes, TERMS, by, task["ask"].id, at=ago(13))
    row = await stage.round()
    async with database.transaction() as session:
        for number in range(1, 9):
            await take_in_mood(
                session, row.id, stage.town.id, stage.town[f"kf{number}"].id, mood=3,
                reply_id=None, at=ago(12),
            )  # fmt: skip
        await close_round(session, wakes, stage.town.id, row.id, at=ago(11), early=True)
    async with database.transaction() as session:
        await set_level(
            session, wakes, TERMS, by, stage.id, kind="social", value=2, reason="Er is onrust.",
            at=ago(9),
        )  # fmt: skip
        await set_phase(
            session, wakes, TERMS, by, stage.id, phase="after", reason="Het ergste is voorbij.",
            at=ago(9),
        )  # fmt: skip
    async with database.transaction() as session:
        choose = (await stage.task("choose")).id
        await hand_task(session, wakes, TERMS, by, choose, role="COM", at=ago(8))
    async with database.transaction() as session:
        await correct(session, by, stage.id, first, text="Wij bleven binnen.", at=ago(5))
    async with database.transaction() as session:
        await summarise(session, by, stage.id, NewSummary(["Het is rustig."], None), at=ago(3))
    return first


async def test_each_minute_shows_what_was_known_then_and_marks_what_changed_since(
    stage: Stage, ago: Ago
) -> None:
    first = await live(stage, ago)
    page = f"/calamities/{stage.id}/officials/as-of"
    async with stage.visit(UserRole.OFFICIAL) as visit:

        async def seen(minutes: int) -> str:
            answer = await visit.open(f"{page}?at={ago(minutes):%Y-%m-%dT%H:%M}%2B00:00")
            assert answer.status_code == 200, answer.text[:500]
            return visit.visible()

        words = await seen(18)
        assert "This is how it stood on" in words
        assert "The team has not written a summary yet." in words
        assert "Nothing has left yet." in words
        assert "Acute" in words or "Acuut" in words
        assert "Nobody has been asked" in words

        words = await seen(14)
        assert "Wij gaan op straat." in words
        assert "Corrected later" in words
        assert "Wij bleven binnen." not in words
        assert "Het is rustig." not in words
        assert "Next update at" in words
        assert "we feel with you" in words
        assert "Er is onrust." not in words
        assert "Nobody has been asked" in words
        # Nothing moves and nothing can be done here; what can be sent is a question for a moment.
        assert "data-live" not in visit.text
        assert "data-stream" not in visit.text
        assert "data-until" not in visit.text
        assert visit.text.split("<main")[1].split("</main>")[0].count('method="post"') == 0

        assert "The first picture comes at" in await seen(12)
        words = await seen(10)
        assert "at least 5 people answered" in words
        assert "Stap choose team leader" in words
        words = await seen(6)
        assert "Stap choose press officer" in words, "it was handed over meanwhile"
        assert "Er is onrust." in words
        assert "Update is late." in words
        assert "Wij gaan op straat." in words
        words = await seen(4)
        assert "Corrected: Wij bleven binnen." in words
        assert "Corrected later" not in words
        assert "Het is rustig." in await seen(2)

        async with stage.database.transaction() as session:
            await erase(
                session, stage.town.coordinator, stage.id, first, ground="Een naam.", at=ago(1)
            )
        words = await seen(14)
        assert "Wij gaan op straat." not in words
        assert "The words of this line were erased." in words


async def test_moments_have_addresses_and_what_is_not_over_is_now(stage: Stage, ago: Ago) -> None:
    await live(stage, ago)
    page = f"/calamities/{stage.id}/officials/as-of"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        for query in ("?step=1", f"?at={ago(9000):%Y-%m-%dT%H:%M}"):
            assert (await visit.open(page + query)).status_code == 303
            assert (await visit.follow()).status_code == 200
            assert "The team has not written a summary yet." in visit.visible()
        assert 'rel="prev"' not in visit.text
        after = visit.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
        await visit.open(after)
        assert "Sleutelfiguren: 8 messages planned." in visit.visible()
        for query in ("?step=0", "?step=99", "?step=x"):
            assert (await visit.open(page + query)).status_code == 404
        assert (await visit.open(page + "?at=gisteren")).status_code == 400
        local = f"{datetime.now(UTC):%Y-%m-%dT%H:%M}%2B00:00"
        assert (await visit.open(f"{page}?at={local}")).status_code == 303
        assert visit.seen is not None
        assert visit.seen.headers["location"] == f"/calamities/{stage.id}/officials"
    async with stage.visit(UserRole.RESPONDER) as visit:
        assert (await visit.open(page)).status_code == 403


async def test_what_counts_is_when_it_was_written_down(stage: Stage, ago: Ago) -> None:
    await live(stage, ago)
    before = await last_line_before(stage.database, stage.id, ago(10))
    async with stage.database.transaction() as session:
        entry = NewStatement(kind="fact", text="Laat opgeschreven", happened_at=ago(14))
        late = await state(session, stage.town.coordinator, stage.id, entry, at=ago(1))
    assert await last_line_before(stage.database, stage.id, ago(10)) == before < late
    assert await last_line_before(stage.database, stage.id, ago(0)) > late
    assert await last_line_before(stage.database, stage.id, ago(60)) == 0
