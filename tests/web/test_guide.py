"""The first exercise: offered to who is new, led by the timeline, put away and fetched back."""

import re
from html import unescape
from pathlib import Path

import pytest

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from calamity.web.pages.guide import reach_of
from calamity.web.views.guide import Reach
from tests.make import Town, make_approved, make_playbook, make_terms
from tests.web.pages_stage import add_accounts, make_app, visiting
from tests.web.room_stage import Stage, set_stage

OFFER = "Do your first exercise (10 minutes)"


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path, is_exercise=True)


async def test_the_room_follows_what_really_happens_and_is_put_away(stage: Stage) -> None:
    async with stage.visit() as visit:
        assert OFFER not in (await visit.open("/")).text, "this account began one"
        room = f"/calamities/{stage.id}"
        await visit.open(room)
        assert "Step 1 of 6: See who answers" in visit.visible()
        assert "every text goes to a practice phone" in visit.visible()
        assert "127.0.0.1:8001" in visit.text
        await stage.text(stage.town["lei1"], "1")
        await visit.open(f"{room}/parts/guide")
        assert "Step 2 of 6: Do a task, or skip it" in visit.visible()
        await visit.open(room)
        task = await stage.task("choose")
        await visit.send(f"{room}/tasks/{task.id}/skip", {"reason": "Niet nodig."})
        await visit.open(room)
        assert "Step 3 of 6: Write what you know" in visit.visible()

        await visit.send("/guide", {"show": "away"})
        await visit.follow()
        assert "Aanslag elders" in visit.visible(), "the same room"
        assert "of 6" not in visit.visible()
        await visit.open("/help")
        await visit.send("/guide", {"show": "shown"})
        await visit.open(room)
        assert "Step 3 of 6: Write what you know" in visit.visible()
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(room)
        assert "of 6" not in visit.visible(), "who may not steer has no use for it"
        assert (await visit.open(f"{room}/parts/guide")).status_code == 404


async def test_who_never_did_one_is_led_to_the_real_page_with_an_exercise_chosen(
    database: Database, town: Town, database_url: str, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        await add_accounts(session, town)
        await make_approved(session, town, make_playbook())
    async with visiting(make_app(database_url, tmp_path)) as visit:
        await visit.sign_in()
        await visit.open("/")
        assert OFFER in visit.visible()
        assert "every text goes to a practice phone" in visit.visible()
        link = re.search(r'href="(/activate/small\?[^"]+)"', visit.text)
        assert link
        await visit.open(unescape(link[1]))
        assert visit.fields("/activate/small/review")["exercise"] == ["yes"]
        assert '<option value="10" selected>' in visit.text
        await visit.open("/")
        await visit.send("/guide", {"show": "away"})
        await visit.follow()
        assert OFFER not in visit.visible()
    async with visiting(make_app(database_url, tmp_path)) as visit:
        await visit.sign_in(UserRole.RESPONDER)
        await visit.open("/")
        assert OFFER not in visit.visible(), "who may not start one"


async def test_a_contact_person_reads_in_an_exercise_what_to_try(stage: Stage) -> None:
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open("/inbox")
        assert "This is an exercise" in visit.visible()
        assert "every text goes to a practice phone" in visit.visible()


def test_it_says_truly_whom_an_exercise_reaches() -> None:
    assert reach_of(make_terms()) == Reach(phones=True)
    some = make_terms(allowed_in_exercise=frozenset({"+31970000001", "+31970000002"}))
    assert reach_of(some) == Reach(phones=False, numbers=2)
    none = make_terms(allowed_in_exercise=frozenset())
    assert reach_of(none) == Reach(phones=False, numbers=0)
