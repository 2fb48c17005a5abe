"""Questions at activation, forms on tasks, cards: in the browser and through the API."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from calamity.domain.playbook import (
    Card,
    CardSection,
    LevelRule,
    Measure,
    Meeting,
    Prose,
    Question,
    RumourList,
    StopCondition,
    Words,
)
from calamity.domain.timeline import Statement
from calamity.store.database import Database
from calamity.store.timeline import TimelineReader
from calamity.store.wakes import Wakes
from tests.make import STEPS, Town, make_approved, make_playbook, make_step
from tests.web.api_stage import Api, new_calamity
from tests.web.room_stage import Stage, set_stage
from tests.web.test_pages_activation import FILLED

CARD = Card(
    code="stick", kind="conversation", title=Words(nl="De praatstok", en="The talking stick"),
    purpose=Prose(nl="Iedereen komt aan het woord.", en="Everybody gets a say."),
    sections=[CardSection(
        heading=Words(nl="Zo gaat het", en="How it goes"),
        lines=[Prose(nl="Wie de stok heeft, praat.", en="Who holds the stick, talks.")],
    )],
    minutes=45, needs=[Words(nl="Een stok", en="A stick")],
)  # fmt: skip
PLAYBOOK = make_playbook(
    version=2,
    questions=[Question(code="here", text=Words(nl="Is het hier gebeurd?", en="Was it here?"))],
    levels=[LevelRule(level=2, when="here")],
    stop=[StopCondition(code="calm", text=Words(nl="Het is rustig", en="It is calm"))],
    cards=[CARD],
    steps=[
        *STEPS,
        make_step("bob", act=Meeting(points=[Words(nl="De vlag", en="The flag")]), cards=["stick"]),
        make_step("told", act=RumourList(), who="partner"),
        make_step("police", act=Measure(what=Words(nl="Agenten te voet", en="Police on foot"))),
        make_step("broad", when="level >= 3"),
        make_step("visit", phase="after", start="after + 2h", due="after + 1d"),
    ],
)


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    async with database.transaction() as session:
        await make_approved(session, town, PLAYBOOK)
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def _statements(stage: Stage) -> list[Statement]:
    lines = await TimelineReader(stage.database).newest(
        stage.id, stage.town.coordinator.sees, limit=100
    )
    found = [line.happening for line, _ in lines]
    return [each for each in reversed(found) if isinstance(each, Statement)]


async def test_the_list_says_what_a_task_waits_for(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}")
        words = visit.visible()
    assert "only if: the social level is 3 or higher" in words
    assert "once this phase begins: Nazorg" in words
    assert "a partner does it" in words


async def test_a_meeting_without_an_owner_is_refused_and_keeps_what_was_typed(
    stage: Stage,
) -> None:
    task = await stage.task("bob")
    page = f"/calamities/{stage.id}/tasks/{task.id}"
    typed = {
        "picture": "Het is onrustig bij het plein", "judgement": "Het kan groter worden",
        "decision_3_text": "De vlag hangt halfstok", "decision_3_owner": "",
        "decision_3_due_at": "2027-01-02T18:00",
    }  # fmt: skip
    async with stage.visit() as visit:
        await visit.open(page)
        assert "The flag" in visit.visible()
        assert "The talking stick" in visit.visible()
        refused = await visit.send(f"{page}/done", typed)
        assert refused.status_code == 422
        assert "Name who does this." in visit.visible()
        assert "Het is onrustig bij het plein" in visit.text
        assert 'id="decision_3_owner-error"' in visit.text
        done = await visit.send(f"{page}/done", typed | {"decision_3_owner": "voorlichter"})
        assert done.status_code == 303
        tasks = (await visit.open(f"/calamities/{stage.id}/parts/tasks")).text
        assert "De vlag hangt halfstok" in tasks
        assert "Done or not?" in visit.visible()
    said = await _statements(stage)
    assert [each.kind for each in said] == ["note", "interpretation", "decision"]
    assert said[-1].owner == "voorlichter"
    assert said[-1].due_at == datetime(2027, 1, 2, 17, tzinfo=UTC)


async def test_rumours_and_a_measure_come_to_the_timeline(stage: Stage) -> None:
    async with stage.visit() as visit:
        for step, typed in (
            ("told", {"rumour_1_text": "Er rijdt een busje rond", "rumour_1_spread": "several",
                      "rumour_1_harm": "clear", "rumour_1_owner": "voorlichter"}),
            ("police", {"what": "Agenten te voet", "actual_risk": "Gelijk", "felt_risk": "Hoger",
                        "ends_at": "2099-01-02T18:00"}),
        ):  # fmt: skip
            page = f"/calamities/{stage.id}/tasks/{(await stage.task(step)).id}"
            await visit.open(page)
            assert (await visit.send(f"{page}/done", typed)).status_code == 303, visit.visible()
    rumour, measure = await _statements(stage)
    assert (rumour.spread, rumour.harm, rumour.due_at is None) == ("several", "clear", False)
    assert (measure.actual_risk, measure.felt_risk) == ("Gelijk", "Hoger")


async def test_a_card_can_be_read_and_a_missing_one_is_not_found(stage: Stage) -> None:
    async with stage.visit() as visit:
        page = await visit.open("/playbooks/small/versions/2/cards/stick")
        assert page.status_code == 200
        words = visit.visible()
        assert "Who holds the stick, talks." in words
        assert "45 minutes" in words
        assert (await visit.open("/playbooks/small/versions/2/cards/none")).status_code == 404
        await visit.open("/playbooks/small/versions/2")
        assert "one day after the phase Nazorg begins" in visit.visible()


async def test_the_questions_propose_a_level_and_another_one_needs_a_reason(stage: Stage) -> None:
    answered = FILLED | {"answer-here": "yes", "social_level_reason": ""}
    async with stage.visit() as visit:
        await visit.open("/activate/small")
        assert "Was it here?" in visit.visible()
        proposed = await visit.send(
            "/activate/small/review", answered | {"social_level": "", "answer-here": ""}
        )
        assert proposed.status_code == 422
        await visit.send("/activate/small/review", answered | {"social_level": ""})
        why = "proposes level 2. Was it here? Yes."
        assert why in visit.visible()
        other = await visit.send("/activate/small/review", answered | {"social_level": "1"})
        assert other.status_code == 422
        assert "Give the reason for another level." in visit.visible()
        same = await visit.send("/activate/small/review", answered | {"social_level": "2"})
        assert same.status_code == 200
        assert (await visit.send("/activate/small/confirm")).status_code == 303


async def test_closing_in_the_room_asks_what_is_so(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}")
        assert "It is calm" in visit.visible()
        close = f"/calamities/{stage.id}/close"
        assert (await visit.send(close, {"reason": "Klaar"})).status_code == 422
        assert "Say why it is closed all the same." in visit.visible()
        await visit.send(close, {"reason": "Klaar", "met": ["calm"]})
        await visit.open(f"/calamities/{stage.id}")
        assert "All stop conditions are met." in visit.visible()


async def test_the_room_says_when_it_is_reviewed(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}")
        assert "Is all this still needed? Decide before" in visit.visible()
        review = f"/calamities/{stage.id}/review"
        assert (await visit.send(review, {"reason": "Nog onrust"})).status_code == 303
        await visit.open(f"/calamities/{stage.id}")
        assert "Decided that all this is still needed." in visit.visible()


async def _published(api: Api) -> None:
    async with api.house.database.transaction() as session:
        await make_approved(session, api.town, PLAYBOOK)


async def test_the_api_proposes_takes_forms_and_closes(api: Api) -> None:
    await _published(api)
    asked = {"slug": "small", "answers": {"here": "yes"}}
    proposal = (await api.post("/v1/calamities/proposal", asked)).json()
    assert (proposal["level"], proposal["version"]) == (2, 2)
    assert proposal["reason"]["en"].endswith("Was it here? Yes.")
    body = new_calamity(levels={"social": 2})
    body["inputs"]["answers"] = {"here": "yes"}
    calamity = (await api.post("/v1/calamities", body)).json()["calamityId"]
    place = f"/v1/calamities/{calamity}"
    tasks: list[dict[str, Any]] = (await api.get(f"{place}/tasks")).json()["tasks"]
    by_step = {task["step"]: task for task in tasks}
    assert by_step["visit"]["waitsFor"] == "phase after"
    assert by_step["broad"]["onlyIf"]["nl"] == "het sociale niveau is 3 of hoger"
    done = f"{place}/tasks/{by_step['bob']['id']}/done"
    form = {"kind": "meeting", "picture": "Rustig", "judgement": "Houden zo",
            "decisions": [{"text": "Vlag halfstok", "owner": "COM"}]}  # fmt: skip
    refused = await api.post(done, {"form": form})
    assert refused.status_code == 400
    form["decisions"][0]["dueAt"] = "2027-01-02T18:00:00Z"  # type: ignore[index]  # a list above
    assert (await api.post(done, {"form": form})).json()["state"] == "done"
    reviewed = await api.post(f"{place}/review", {"reason": "Nog onrust"})
    assert reviewed.json()["reviewAt"] is not None
    assert (await api.post(f"{place}/close", {"reason": "Klaar"})).status_code == 400
    closed = await api.post(f"{place}/close", {"reason": "Klaar", "met": ["calm"]})
    assert closed.json()["closedAt"] is not None
