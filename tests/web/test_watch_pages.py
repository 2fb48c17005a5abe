"""A watch in the browser and through the API, on both databases: begin, go on, or stand down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from calamity.domain.permissions import UserRole
from calamity.store.calamities import list_calamities
from calamity.store.database import Database
from calamity.store.outbox import backlog
from tests.make import STEPS, Town, make_approved, make_playbook, make_step
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting
from tests.web.test_pages_activation import FILLED

WATCHING: dict[str, Any] = FILLED | {"exercise": "no", "scope": "watch"}
WHY = {"watch_reason": "De politie belt terug"}


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
        told = next(step.act for step in STEPS if step.code == "give")
        soon = make_step("soon", automatic=True, act=told)
        await make_approved(session, town, make_playbook(version=2, steps=[*STEPS, soon]))
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        await made.sign_in()
        yield made


async def _begin(visit: Visit, database: Database, town: Town) -> str:
    await visit.open("/activate/small")
    answer = await visit.send("/activate/small/review", WATCHING)
    assert answer.status_code == 422
    assert "Say what you wait for." in visit.visible()
    assert (await visit.send("/activate/small/review", WATCHING | WHY)).status_code == 200
    words = visit.visible()
    assert "Only watching for now: the rapid team alone." in words
    assert words.count("waits until the watch ends") == 6
    assert "After this button 3 people get a text." in words
    assert (await visit.send("/activate/small/confirm")).status_code == 303
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
    return calamity.id


async def _ready(database: Database) -> int:
    async with database.reading() as session:
        return (await backlog(session))["ready"]


async def test_a_watch_is_begun_seen_everywhere_and_ended(
    visit: Visit, app: Litestar, database: Database, town: Town
) -> None:
    calamity = await _begin(visit, database, town)
    assert await _ready(database) == 3
    room = f"/calamities/{calamity}"
    for page in (room, f"{room}/officials"):
        await visit.open(page)
        words = visit.visible()
        assert "No key figure and nobody else outside the team hears from us yet." in words
        assert "De politie belt terug" in words
    await visit.open(room)
    assert "waits until the watch ends" in visit.visible()
    assert f'href="{room}/watch"' in visit.text
    assert f'action="{room}/rounds"' not in visit.text
    assert f'action="{room}/close"' not in visit.text
    await visit.open("/")
    assert "on watch" in visit.visible()
    assert "the rapid team alone" in visit.visible()
    await visit.open(f"/activate/small?calamity={calamity}")
    assert "This calamity is on watch." in visit.visible()
    # What would leave is shown, and nothing left by looking.
    await visit.open(f"{room}/watch")
    words = visit.visible()
    assert "After this button 4 people get a text at once." in words
    assert "After this button 3 people of the team get these words." in words
    assert await _ready(database) == 3
    assert (await visit.send(f"{room}/watch/end", {"reason": " "})).status_code == 422
    assert "Say why the whole playbook starts." in visit.visible()
    first, second = await asyncio.gather(
        *(visit.send(f"{room}/watch/end", {"reason": "Zeker"}) for _ in range(2))
    )
    assert (first.status_code, second.status_code) == (303, 303)
    assert await _ready(database) == 3 + 4
    await visit.open(room)
    words = visit.visible()
    assert "hears from us yet" not in words.split("Timeline")[0]
    assert "The whole playbook starts; the watch that began" in words
    assert "5 steps that waited count from this moment." in words
    assert (await visit.open(f"{room}/watch")).status_code == 303


async def test_standing_down_closes_without_asking_for_more(
    visit: Visit, database: Database, town: Town
) -> None:
    calamity = await _begin(visit, database, town)
    await visit.open(f"/calamities/{calamity}/watch")
    assert (
        await visit.send(f"/calamities/{calamity}/watch/stand-down", {"reason": "Loos"})
    ).status_code == 303
    await visit.open(f"/calamities/{calamity}")
    words = visit.visible()
    assert "The team stood down and the calamity is closed." in words
    assert "Only watching" not in words.split("Timeline")[0]
    assert (await visit.open(f"/calamities/{calamity}/watch")).status_code == 303


async def test_officials_do_not_decide(
    visit: Visit, app: Litestar, database: Database, town: Town
) -> None:
    calamity = await _begin(visit, database, town)
    async with visiting(app) as official:
        await official.sign_in(UserRole.OFFICIAL)
        await official.open(f"/calamities/{calamity}/officials")
        assert "De politie belt terug" in official.visible()
        assert "Go on, or stand down" not in official.visible()
        assert (await official.open(f"/calamities/{calamity}/watch")).status_code == 403
