"""Activating in the browser, on both databases: fill in, review, confirm, and never twice."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from calamity.actions.publish import approve, publish, retire, revoke
from calamity.domain.permissions import UserRole
from calamity.domain.playbook import Prose, Scenario
from calamity.domain.playbook_check import canonical
from calamity.domain.timeline import PlaybookActivated, decode_happening
from calamity.store.calamities import list_activations, list_calamities
from calamity.store.database import Database
from calamity.store.outbox import backlog
from calamity.store.playbooks import versions_at_work
from calamity.store.timeline import walk
from calamity.web.house import now
from tests.make import CALL_OUT, T0, Town, make_approved, make_playbook, make_step
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

FILLED: dict[str, Any] = {
    "title": "Aanslag elders", "incident": "een aanslag elders", "place": "Stadhuis, kamer 2",
    "meeting_time": "20:15", "exercise": "yes", "tempo": "10", "social_level": "2",
    "social_level_reason": "Onrust in de wijk", "grip": "0", "threat_level": "",
    "neighbourhoods": ["W1", "W3"],
}  # fmt: skip


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        await made.sign_in()
        yield made


async def _review(visit: Visit, **changes: Any) -> int:
    await visit.open("/activate/small")
    return (await visit.send("/activate/small/review", FILLED | changes)).status_code


async def test_the_whole_way_leads_to_the_room(
    visit: Visit, town: Town, database: Database
) -> None:
    await visit.open("/activate")
    assert 'href="/activate/small"' in visit.text
    assert await _review(visit) == 200
    words = visit.visible()
    assert "Wijk 1, Wijk 3" in words
    assert "Lea Voorn" in words
    assert "OEFENING" in words
    assert "3 people get a text at once" in words
    async with database.reading() as session:
        assert await list_calamities(session, town.id) == [], "a review has no side effects"
    answer = await visit.send("/activate/small/confirm")
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
        (activation,) = await list_activations(session, calamity.id)
        assert (await backlog(session))["ready"] == 3
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/calamities/{calamity.id}"
    assert (calamity.is_exercise, calamity.tempo, calamity.social_level) == (True, 10, 2)
    assert activation.inputs.affected == ["W1", "W3"]
    assert activation.inputs.meeting_at is not None


async def test_the_place_where_the_team_met_last_is_proposed(visit: Visit) -> None:
    await visit.open("/activate/small")
    assert visit.fields("/activate/small/review")["place"] == [""]
    assert await _review(visit) == 200
    await visit.send("/activate/small/confirm")
    await visit.open("/activate/small")
    assert visit.fields("/activate/small/review")["place"] == [FILLED["place"]]


async def test_playbooks_stand_by_what_happened_each_with_what_it_is_for(
    visit: Visit, town: Town, database: Database
) -> None:
    purpose = Prose(nl="Voor hier. We gaan naar buiten.", en="For here. We go outside.")
    here = make_playbook(slug="zuid", scenario=Scenario.ATTACK_HERE, purpose=purpose)
    async with database.transaction() as session:
        await make_approved(session, town, here)
    for page in ("/activate", "/", "/playbooks"):
        words = (await visit.open(page)).text
        titles = re.findall(r'<h\d[^>]*><a href="[^"]*/(zuid|small)\b', words)
        assert titles == ["zuid", "small"], page
        assert "For here." in words
        assert "We go outside." not in words
    words = (await visit.open("/activate")).text
    assert words.index("Call 112 first.") < words.index("/activate/zuid")


async def test_the_review_folds_what_leaves_only_when_somebody_starts_it(visit: Visit) -> None:
    assert await _review(visit) == 200
    by_itself, later = visit.text.split("What leaves only later, when somebody starts it (5)")
    assert [part.count('class="planned"') for part in (by_itself, later)] == [1, 5]
    assert "Stap call" in by_itself
    assert "Stap give" in later
    assert later.index("</details>") < later.index("Who fills which role")


async def test_the_key_is_made_with_the_form_so_two_reviews_activate_once(
    visit: Visit, town: Town, database: Database
) -> None:
    await visit.open("/activate/small")
    key = visit.fields("/activate/small/review")["idempotency_key"]
    await visit.send("/activate/small/review", FILLED)
    assert visit.fields("/activate/small/confirm")["idempotency_key"] == key
    fields = visit.fields("/activate/small/confirm")

    async def press() -> str:
        answer = await visit.client.post(
            "/activate/small/confirm", data=fields, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text[:1000]
        return str(answer.headers["location"])

    rooms = set(await asyncio.gather(press(), press(), press())) | {await press()}
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
        assert len(await list_activations(session, calamity.id)) == 1
        assert (await backlog(session))["ready"] == 3
    assert rooms == {f"/calamities/{calamity.id}"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Fill this in."),
        ("incident", "x" * 61, "Use at most 60 characters."),
        ("exercise", "", "Choose one of the answers."),
        ("social_level_reason", "", "Give the reason for this level."),
        ("grip", "3", "Give the reason for this level."),
        ("meeting_time", "half acht", "This cannot be read. Look at the example."),
        ("tempo", "61", "Choose 60 or less."),
        ("neighbourhoods", ["W1", "W99"], "Choose neighbourhoods from the list."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    visit: Visit, field: str, value: Any, words: str
) -> None:
    assert await _review(visit, **{field: value}) == 422
    assert words in visit.visible()
    if field != "title":
        assert 'value="Aanslag elders"' in visit.text
    assert 'value="W1" checked' in visit.text


async def test_all_faults_are_told_at_once(visit: Visit) -> None:
    assert await _review(visit, title="", incident="", place="", meeting_time="") == 422
    assert visit.visible().count("Fill this in.") == 8, "four above the form, four in it"
    assert "Where does the team meet? Fill this in." in visit.visible()


async def test_going_back_keeps_everything(visit: Visit) -> None:
    await _review(visit)
    fields = visit.fields("/activate/small/confirm") | {"back": ["1"]}
    visit.seen = await visit.client.post("/activate/small", data=fields)
    assert visit.seen.status_code == 200
    for value in ("Aanslag elders", "een aanslag elders", "Stadhuis, kamer 2", "20:15"):
        assert f'value="{value}"' in visit.text
    assert visit.fields("/activate/small/review")["neighbourhoods"] == ["W1", "W3"]
    again = {"social_level": "2", "tempo": "10", "grip": "0", "social_level_reason": "Onrust"}
    assert (await visit.send("/activate/small/review", again)).status_code == 200


async def test_the_version_on_the_review_is_the_version_that_starts(
    visit: Visit, town: Town, database: Database
) -> None:
    await _review(visit)
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(version=2))
    await visit.send("/activate/small/confirm")
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
        (version,) = (await versions_at_work(session, calamity.id)).values()
    assert version.number == 1


async def test_a_retired_version_starts_only_for_who_says_that_they_know(
    visit: Visit, town: Town, database: Database
) -> None:
    async with database.transaction() as session:
        await retire(session, town.coordinator, "small", 1, "Er komt een betere.", at=T0)
    assert (await visit.open("/activate/small")).status_code == 409, "nothing is in use"
    await visit.open("/activate")
    assert 'href="/activate/small?version=1"' in visit.text
    await visit.open("/playbooks/small/versions/1")
    assert 'href="/activate/small?version=1"' in visit.text
    await visit.open("/activate/small?version=1")
    assert "This version was taken out of use: Er komt een betere." in visit.visible()
    assert (await visit.send("/activate/small/review", FILLED)).status_code == 422
    assert "Tick this, or choose another playbook." in visit.visible()
    answer = await visit.send("/activate/small/review", FILLED | {"although": "yes"})
    assert answer.status_code == 200, visit.visible()[:2000]
    assert "This version was taken out of use: Er komt een betere." in visit.visible()
    confirmation = visit.fields("/activate/small/confirm")
    unticked = {name: each for name, each in confirmation.items() if name != "although"}
    assert (await visit.client.post("/activate/small/confirm", data=unticked)).status_code == 422
    await visit.send("/activate/small/confirm")
    await visit.follow()
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
        lines = [each async for each in walk(session, calamity.id)]
    said = [decode_happening(each.body) for each in lines]
    (started,) = [each for each in said if isinstance(each, PlaybookActivated)]
    assert (started.version, started.retired) == (1, True)
    async with database.transaction() as session:
        await revoke(session, town.coordinator, "small", 1, "Fout.", at=T0)
    assert (await visit.open("/activate/small?version=1")).status_code == 409
    answer = await visit.client.post("/activate/small/review", data=confirmation)
    assert answer.status_code == 409, "what was revoked starts for nobody, tick or not"
    assert "/activate/small?version=1" not in (await visit.open("/activate")).text


async def test_a_version_past_its_date_starts_only_for_who_says_that_they_know(
    visit: Visit, town: Town, database: Database
) -> None:
    long_ago, old = now() - timedelta(days=70), make_playbook(version=2, valid_months=1)
    async with database.transaction() as session:
        await publish(session, town.author, canonical(old), "v2.yaml", at=long_ago)
        await approve(session, town.coordinator, "small", 2, at=long_ago)
    await visit.open("/activate/small")
    assert "This version is past its date since" in visit.visible()
    assert (await visit.send("/activate/small/review", FILLED)).status_code == 422
    await visit.send("/activate/small/review", FILLED | {"although": "yes"})
    assert "This version is past its date since" in visit.visible()
    await visit.send("/activate/small/confirm")
    async with database.reading() as session:
        (calamity,) = await list_calamities(session, town.id)
        (version,) = (await versions_at_work(session, calamity.id)).values()
    assert version.number == 2


async def test_a_second_playbook_is_added_to_a_running_calamity(
    visit: Visit, town: Town, database: Database
) -> None:
    await _review(visit)
    await visit.send("/activate/small/confirm")
    steps = [make_step("call", due="T+5m", automatic=True, act=CALL_OUT)]
    async with database.transaction() as session:
        (calamity,) = await list_calamities(session, town.id)
        await make_approved(session, town, make_playbook(slug="second", steps=steps))
    await visit.open(f"/activate?calamity={calamity.id}")
    assert "This playbook is added to: Aanslag elders" in visit.visible()
    await visit.open(f"/activate/second?calamity={calamity.id}")
    assert "is-exercise" in visit.text
    filled = {name: FILLED[name] for name in ("incident", "place", "meeting_time")}
    assert (await visit.send("/activate/second/review", filled)).status_code == 200
    answer = await visit.send("/activate/second/confirm")
    assert answer.headers["location"] == f"/calamities/{calamity.id}"
    async with database.reading() as session:
        assert len(await list_activations(session, calamity.id)) == 2


@pytest.mark.parametrize("role", [UserRole.OFFICIAL, UserRole.CONTACT_PERSON, UserRole.RESPONDER])
async def test_only_a_coordinator_activates(visit: Visit, role: UserRole) -> None:
    await _review(visit)
    fields = visit.fields("/activate/small/confirm")
    visit.client.cookies.clear()
    await visit.sign_in(role)
    for path in ("/activate", "/activate/small"):
        assert (await visit.open(path)).status_code == 403
    await visit.open("/")
    fields["_csrf_token"] = visit.fields("/sign-out")["_csrf_token"]
    answer = await visit.client.post("/activate/small/confirm", data=fields)
    assert answer.status_code == 403


async def test_an_unknown_playbook_is_no_page(visit: Visit) -> None:
    assert (await visit.open("/activate/nothing")).status_code == 404


@pytest.mark.parametrize("place", ["bij Fatima", "0970-10240012", "bit.ly/3xYz"])
async def test_the_review_warns_of_what_should_not_leave_in_a_text(
    visit: Visit, place: str
) -> None:
    assert await _review(visit) == 200
    assert "Look again at" not in visit.visible()
    assert await _review(visit, place=place) == 200
    assert "Look again at" in visit.visible()
    answer = await visit.send("/activate/small/confirm")
    assert answer.status_code == 303, "the coordinator saw the warning and started"


async def test_the_review_says_what_makes_texts_longer_and_takes_a_suggestion(
    visit: Visit,
) -> None:
    assert await _review(visit, incident="onrust over ideeën") == 200
    assert "Suggestion: e" in visit.visible()
    assert "UCS-2 · " in visit.visible()
    assert 'name="plain" value="1"' in visit.text
    assert await _review(visit, incident="onrust over ideeën", plain="1") == 200
    assert 'name="plain"' not in visit.text
    assert "onrust over ideeen" in visit.visible()
    assert "Suggestion: e" not in visit.visible()
