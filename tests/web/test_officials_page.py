"""The officials' page: for officials, with their picture, and made once for everyone who asks."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select, update

from calamity.actions.check_in import close_round, take_in_mood
from calamity.actions.decide import NewSummary, summarise
from calamity.actions.matters import NewStatement, state
from calamity.domain.permissions import UserRole
from calamity.domain.timeline import Visibility
from calamity.store.database import Database
from calamity.store.sessions import ABSOLUTE, IDLE
from calamity.store.tables import SessionRow
from calamity.store.wakes import Wakes
from calamity.web import live
from tests.make import Town
from tests.web.pages_stage import second_visit
from tests.web.room_stage import Stage, moment, set_stage


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def test_officials_see_how_it_stands_and_what_was_told_verbatim(stage: Stage) -> None:
    await stage.start("give")
    async with stage.database.transaction() as session:
        said = NewSummary(["Het is rustig.", "Wij zijn op straat.", "Morgen meer."], moment())
        await summarise(session, stage.town.coordinator, stage.id, said, at=moment())
    async with stage.visit(UserRole.OFFICIAL) as visit:
        answer = await visit.open(f"/calamities/{stage.id}/officials")
        assert answer.status_code == 200
        words = visit.visible()
        for part in ("Het is rustig.", "Wij zijn op straat.", "Morgen meer.", "Acuut"):
            assert part in words
        assert "[first name], we feel with you. Call [phone number]. [contact person]" in words
        assert "8 people" in words
        assert "Update is late." in words
        for lever in ("/sentences", "/levels/", "/tasks/"):
            assert lever not in visit.text
        for person in (*stage.town.named("kf"), *stage.town.named("lei")):
            assert person.name not in words


async def test_officials_see_only_what_is_theirs(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        for text, visibility in (
            ("Alleen voor ons", Visibility.COORDINATORS), ("Voor het team", Visibility.TEAM),
            ("Voor bestuurders", Visibility.OFFICIALS),
        ):  # fmt: skip
            entry = NewStatement(kind="fact", text=text, visibility=visibility)
            await state(session, stage.town.coordinator, stage.id, entry, at=moment())
    path = f"/calamities/{stage.id}/timeline"
    seen = {}
    for role in (UserRole.COORDINATOR, UserRole.RESPONDER, UserRole.OFFICIAL):
        async with stage.visit(role) as visit:
            assert (await visit.open(path)).status_code == 200
            seen[role] = [
                text
                for text in ("Alleen voor ons", "Voor het team", "Voor bestuurders")
                if text in visit.text
            ]
            assert ("/export" in visit.text) == (role is UserRole.COORDINATOR)
    assert seen[UserRole.COORDINATOR] == ["Alleen voor ons", "Voor het team", "Voor bestuurders"]
    assert seen[UserRole.RESPONDER] == ["Voor het team", "Voor bestuurders"]
    assert seen[UserRole.OFFICIAL] == ["Voor bestuurders"]


async def test_officials_get_the_coarser_picture(stage: Stage) -> None:
    await stage.start("give")
    await stage.start("ask")
    row = await stage.round()
    async with stage.database.transaction() as session:
        for number in range(1, 9):
            await take_in_mood(
                session, row.id, stage.town.id, stage.town[f"kf{number}"].id, mood=3,
                reply_id=None, at=moment(),
            )  # fmt: skip
        await close_round(session, stage.wakes, stage.town.id, row.id, at=moment(), early=True)
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(f"/calamities/{stage.id}/officials")
        assert "at least 5 people answered" in visit.visible()
        assert f"/calamities/{stage.id}/officials/parts/picture" in visit.text
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(f"/calamities/{stage.id}")
        assert "at least 3 people answered" in visit.visible()
        assert (await visit.open(f"/calamities/{stage.id}/officials")).status_code == 403


async def test_a_part_is_made_once_per_line_of_the_timeline(stage: Stage) -> None:
    path = f"/calamities/{stage.id}/officials/parts/head"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        first = (await visit.open(path)).text
        assert stage.app is not None
        kept = stage.app.state["official_parts"]
        assert (await visit.open(path)).text == first
        assert len(kept._kept) == 1
        assert "_csrf_token" not in first
        async with stage.database.transaction() as session:
            entry = NewStatement(kind="fact", text="Nieuws", visibility=Visibility.OFFICIALS)
            await state(session, stage.town.coordinator, stage.id, entry, at=moment())
        together = (await visit.open(f"{path},told")).text
        assert [together.count(f'data-live="{part}"') for part in ("head", "told")] == [1, 1]
        assert len(kept._kept) == 3
        await visit.open(path)
        assert len(kept._kept) == 3


async def test_the_timeline_pages_filters_and_checks(stage: Stage) -> None:
    path = f"/calamities/{stage.id}/timeline"
    async with stage.database.transaction() as session:
        for number in range(60):
            entry = NewStatement(kind="note", text=f"Regel nummer {number}")
            await state(session, stage.town.coordinator, stage.id, entry, at=moment())
    async with stage.visit() as visit:
        await visit.open(f"{path}?kind=note")
        assert "Regel nummer 59" in visit.text
        assert "Regel nummer 5<" not in visit.text
        older = visit.text.split('href="?before=')[1].split('"')[0]
        await visit.open(f"{path}?before={older}")
        assert "Regel nummer 5<" in visit.text
        assert "Regel nummer 59" not in visit.text
        await visit.open(f"{path}?search=nummer 42")
        assert visit.text.count("Regel nummer") == 1
        await visit.open(f"{path}?check=1")
        assert "lines are whole" in visit.visible()
        answer = await visit.open(f"{path}/export")
        assert answer.headers["content-type"] == "application/zip"
        assert answer.content[:2] == b"PK"


async def test_a_line_is_added_and_a_wrong_one_keeps_its_words(stage: Stage) -> None:
    path = f"/calamities/{stage.id}/timeline"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(path)
        assert "coordinators only" not in visit.visible()
        answer = await visit.send(path, {"kind": "fact", "text": "Rust op het plein",
                                         "happened_at": "later"})  # fmt: skip
        assert answer.status_code == 422
        assert "Rust op het plein</textarea>" in visit.text
        await visit.send(path, {"kind": "fact", "text": "Rust op het plein", "happened_at": ""})
        await visit.follow()
        assert "Rust op het plein" in visit.visible()


async def test_a_wall_says_in_time_when_somebody_must_sign_in_on_it_again(stage: Stage) -> None:
    wall, part = (f"/calamities/{stage.id}/officials/{each}" for each in ("wall", "parts/end"))

    async def ending(left: timedelta) -> datetime:
        """Let every session have so much left of its longest time."""
        async with stage.database.transaction() as session:
            began = moment() + left - ABSOLUTE
            await session.sql.execute(update(SessionRow).values(created_at=began))
        stage.app.state.house.visitors.forget()
        return moment() + left

    async with stage.visit(UserRole.OFFICIAL) as visit, second_visit(stage.app) as other:
        await visit.open(wall)
        assert "signed in until" not in visit.visible()
        [seconds] = re.findall(r'data-live-in="(\d+)"', visit.text)
        assert 0 <= 11.5 * 3600 + 1 - int(seconds) < 60, "it looks again half an hour before"
        await ending(timedelta(minutes=31))
        assert "signed in until" not in (await visit.open(part)).text
        ends = await ending(timedelta(minutes=20))
        clock = f"{ends.astimezone(stage.app.state.house.settings.zone):%H:%M}"
        await visit.open(part)
        assert f"This screen is signed in until {clock}." in visit.visible()
        [seconds] = re.findall(r'data-live-in="(\d+)"', visit.text)
        assert 0 <= 20 * 60 + 1 - int(seconds) < 60, "and at the very end"
        await visit.open(wall)
        assert f"This screen is signed in until {clock}." in visit.visible()
        # What officials share of the page is not what it says of one's own sign-in.
        await other.sign_in(UserRole.OFFICIAL)
        await other.open(f"/calamities/{stage.id}/officials/parts/wall,end")
        assert 'id="part-wall"' in other.text
        assert "signed in until" not in other.visible()
        await ending(timedelta(seconds=-1))
        assert (await visit.open(part)).headers["location"].startswith("/sign-in")


async def test_a_screen_that_follows_the_stream_is_in_use_until_its_session_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(live, "_BEAT_SECONDS", 0.1)

    async def last_used(at: datetime) -> None:
        async with stage.database.transaction() as session:
            await session.sql.execute(update(SessionRow).values(seen_at=at))

    async def is_used(since: datetime) -> bool:
        async with stage.database.reading() as session:
            return (await session.sql.scalars(select(SessionRow.seen_at))).one() >= since

    async def becomes(is_so: Callable[[], Awaitable[bool]]) -> bool:
        for _ in range(100):
            if await is_so():
                return True
            await asyncio.sleep(0.1)
        return False

    async def is_watched() -> bool:
        return bool(stage.app.state.live.viewers)

    async with stage.visit(UserRole.OFFICIAL) as visit:
        stream = f"/v1/calamities/{stage.id}/timeline/stream"
        watching = asyncio.create_task(visit.open(stream))
        assert await becomes(is_watched)
        began = moment()
        await last_used(began - IDLE + timedelta(minutes=5))
        assert await becomes(lambda: is_used(began))
        assert not watching.done()
        await last_used(began - IDLE)
        answer = await asyncio.wait_for(watching, 10)
        assert b"event: beat" in answer.content
