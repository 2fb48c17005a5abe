"""The calamity room over the real app: what each role sees, and what a coordinator does there."""

import html
from pathlib import Path

import pytest

from calamity.actions.check_in import take_in_mood
from calamity.actions.tasks import finish_task
from calamity.domain.permissions import UserRole
from calamity.store.calamities import get_calamity
from calamity.store.call_outs import rosters
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.room_stage import TERMS, Stage, moment, set_stage

PARTS = ("summary", "roster", "tasks", "messages", "rounds", "timeline", "picture", "letters")
HX = {"hx-request": "true"}


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def test_the_room_has_all_its_parts_and_each_part_comes_alone(stage: Stage) -> None:
    async with stage.visit() as visit:
        answer = await visit.open(f"/calamities/{stage.id}")
        assert answer.status_code == 200
        assert f'data-stream="/v1/calamities/{stage.id}/timeline/stream"' in answer.text
        for part in (*PARTS, "situation"):
            assert f'id="part-{part}"' in answer.text
        assert "Lea Voorn" in visit.visible()
        for part in PARTS:
            answer = await visit.open(f"/calamities/{stage.id}/parts/{part}")
            assert answer.status_code == 200
            assert f'data-live="{part}"' in answer.text
            assert "<html" not in answer.text
        answer = await visit.open(f"/calamities/{stage.id}/parts/tasks,roster,tasks")
        assert [answer.text.count(f'data-live="{part}"') for part in ("tasks", "roster")] == [1, 1]
        answer = await visit.open(f"/calamities/{stage.id}/parts/tasks,cellar")
        assert answer.status_code == 404


async def test_the_room_is_for_the_team(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    async with stage.visit(None) as visit:
        answer = await visit.open(room)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in?next=%2Fcalamities%2F{stage.id}"
        for role in UserRole:
            await visit.sign_in(role)
            is_team = role in (UserRole.COORDINATOR, UserRole.RESPONDER)
            for path in (room, f"{room}/parts/tasks", f"{room}/parts/messages"):
                assert (await visit.open(path)).status_code == (200 if is_team else 403)
            visit.client.cookies.clear()


async def test_a_responder_sees_the_team_and_no_key_figure_and_no_levers(stage: Stage) -> None:
    await stage.start("give")
    await stage.text(stage.town["kf1"], "Moeders vragen of de school open is")
    async with stage.visit(UserRole.RESPONDER) as visit:
        page = (await visit.open(f"/calamities/{stage.id}")).text
        assert "Lea Voorn" in page
        for person in stage.town.named("kf"):
            assert person.name not in page
            assert person.phone not in page
        assert "Moeders vragen" not in page
        for lever in ("/levels/", "/phase", "/close", "/acknowledgements", "/enough", "/letters/"):
            assert lever not in page
        task = await stage.task("ask")
        page = (await visit.open(f"/calamities/{stage.id}/tasks/{task.id}")).text
        assert "/start" not in page
        assert (await visit.open(f"/calamities/{stage.id}/parts/letters")).status_code == 404


async def test_another_municipality_sees_nothing(stage: Stage, database: Database) -> None:
    from tests.make import make_town

    async with database.transaction() as session:
        await make_town(session, slug="elders", name="Elders")
    async with stage.visit(None) as visit:
        await visit.enter("coordinator@elders")
        for path in ("", "/officials", "/timeline", "/parts/tasks", "/officials/parts/head"):
            assert (await visit.open(f"/calamities/{stage.id}{path}")).status_code == 404


async def test_an_answer_by_phone_is_written_down_and_enough_ends_the_call_out(
    stage: Stage,
) -> None:
    call_out, ladder = await stage.ladder(stage.town["lei1"])
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        act = f"{room}/call-outs/{call_out}/acknowledgements"
        answer = await visit.send(act, {"person": ladder, "answer": "coming"}, headers=HX)
        assert answer.status_code == 200
        assert 'data-live="roster"' in answer.text
        assert "is coming" in visit.visible()
        await visit.open(room)
        await visit.send(f"{room}/call-outs/{call_out}/enough")
        await visit.follow()
        assert "Call-out ended" in visit.visible()
        assert f"/call-outs/{call_out}/enough" not in visit.text
    async with stage.database.reading() as session:
        roster = (await rosters(session, stage.id))[0]
    assert (roster.state, roster.coming) == ("filled", 1)


async def test_enough_twice_is_told_and_changes_nothing(stage: Stage) -> None:
    call_out, _ = await stage.ladder(stage.town["lei1"])
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        seen = await visit.open(room)
        await visit.send(f"{room}/call-outs/{call_out}/enough")
        visit.seen = seen
        answer = await visit.send(f"{room}/call-outs/{call_out}/enough", headers=HX)
        assert answer.status_code == 422
        assert "This call-out is over." in visit.visible()


async def test_a_level_needs_a_reason_and_what_was_typed_stays(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/levels/social", {"value": "2", "reason": " "})
        assert answer.status_code == 422
        assert "Give the reason for this level." in visit.visible()
        await visit.send(f"{room}/levels/social", {"value": "9", "reason": "Veel onrust op school"})
        assert "Veel onrust op school</textarea>" in visit.text
        await visit.send(f"{room}/levels/social", {"value": "3", "reason": "Veel onrust op school"})
        await visit.follow()
        assert "The level is set." in visit.visible()
        assert "Social level from 1 to 3." in visit.visible()


async def test_a_phase_must_be_one_of_the_playbook(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/phase", {"phase": "nonsense", "reason": "Rust"})
        assert answer.status_code == 422
        await visit.send(f"{room}/phase", {"phase": "after", "reason": "Rust"})
        await visit.follow()
        assert "Phase: Nazorg." in visit.visible()


async def test_a_task_is_done_skipped_with_a_reason_and_decided(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    skipped, write, choose = [await stage.task(step) for step in ("facts", "write", "choose")]
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/tasks/{skipped.id}/skip", {"reason": ""}, headers=HX)
        assert answer.status_code == 422
        assert "Say why this step is left out." in visit.visible()
        await visit.send(
            f"{room}/tasks/{skipped.id}/skip", {"reason": "Staat al online"}, headers=HX
        )
        assert "Staat al online" in visit.visible()
        assert f"{room}/tasks/{write.id}/skip" not in visit.text
        await visit.open(f"{room}/tasks/{write.id}")
        await visit.send(f"{room}/tasks/{write.id}/done", {"note": "Verslag gemaakt"})
        await visit.follow()
        assert "Verslag gemaakt" in visit.visible()
        await visit.open(f"{room}/tasks/{choose.id}")
        answer = await visit.send(f"{room}/tasks/{choose.id}/decide", {"reason": "Uit respect"})
        assert answer.status_code == 422
        assert "Choose one of the options." in visit.visible()
        await visit.send(
            f"{room}/tasks/{choose.id}/decide", {"option": "0", "reason": "Uit respect"}
        )
        await visit.follow()
        assert "Flag at half-mast? Ja. Uit respect" in visit.visible()


async def test_a_task_is_given_to_another_role_once_and_counts_there(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    await stage.text(stage.town["com1"], "1")
    write = await stage.task("write")
    page, given = f"{room}/tasks/{write.id}", {"to": "COM", "why": "Wij bellen de scholen"}
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(page)
        name = stage.town["com1"].name
        assert f'<option value="COM">press officer: {name}</option>' in visit.text
        assert '<option value="NET">network keeper</option>' in visit.text
        assert '<option value="LEI">' not in visit.text
        for typed, said in (
            ({"to": ""}, "Choose one of the roles."),
            (given | {"why": "Bel 0612345678"}, "This text holds personal data."),
        ):
            answer = await visit.send(f"{page}/hand", typed)
            assert answer.status_code == 422
            assert said in visit.visible()
            assert '<details class="fold" id="hand" open>' in visit.text
        for typed in (given, given, given | {"to": "NET"}, given):
            await visit.send(f"{page}/hand", typed | {"idempotency_key": "one-and-the-same"})
            await visit.follow()
        assert "Role network keeper" in visit.visible(), "once to each, however often it came"
        await visit.send(f"{page}/hand", {"to": "COM"})
    assert (await stage.task("write")).role == "COM"
    async with stage.visit() as visit:
        await visit.open(room)
        words = visit.visible()
        line = 'Task write "Stap write" handed from team leader to press officer.'
        assert words.count(line) == 1
        assert "Wij bellen de scholen" in words
        await visit.open(f"{room}/handovers")
        assert line in html.unescape(visit.text), "the next shift reads it"
        await visit.open(page)
        async with stage.database.transaction() as session:
            await finish_task(
                session, stage.wakes, TERMS, stage.town.coordinator, write.id, note="Klaar",
                at=moment(),
            )  # fmt: skip
        await visit.send(f"{page}/hand", {"to": "NET"})
        assert "It cannot be handed over any more." in visit.visible()
        assert 'id="hand"' not in visit.text


async def test_a_task_says_who_would_get_what_before_it_starts(stage: Stage) -> None:
    give = await stage.task("give")
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        page = await visit.open(f"{room}/tasks/{give.id}")
        assert "Start: 8 people get a text" in visit.visible()
        # The second time as a phone sends it that did not hear our answer.
        for _ in range(2):
            visit.seen = page
            await visit.send(f"{room}/tasks/{give.id}/start")
            await visit.follow()
            assert "The task runs." in visit.visible()
        assert "0 of 8 delivered" in visit.visible()
        await visit.open(f"{room}/tasks/{give.id}")
        assert f"{room}/tasks/{give.id}/start" not in visit.text


async def test_a_round_is_opened_by_hand_and_closed_early_once_confirmed(stage: Stage) -> None:
    await stage.start("give")
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/rounds", {"closes_after": "2h"}, headers=HX)
        assert answer.status_code == 422
        await visit.open(room)
        asked = {"closes_after": "2h", "audiences": ["friends"]}
        await visit.send(f"{room}/rounds", asked, headers=HX)
        assert "0 of 8 answered" in visit.visible()
        row = await stage.round()
        await _answer_all(stage, row.id)
        assert (await visit.open(f"{room}/parts/picture")).status_code == 200
        assert "The first picture comes at" in visit.visible()
        await visit.open(room)
        answer = await visit.send(f"{room}/rounds/{row.id}/close", headers=HX)
        assert answer.status_code == 422
        assert (await stage.round()).closed_at is None
        await visit.send(f"{room}/rounds/{row.id}/close", {"sure": "yes"})
        await visit.follow()
        assert "8 of 8 people answered" in visit.visible()
        page = await visit.open(f"{room}/rounds/{row.id}")
        assert "Hoe" in page.text or "Mood?" in page.text
        assert '<path class="map__area' in page.text
    for role, status in ((UserRole.OFFICIAL, 200), (UserRole.PROFESSIONAL, 403)):
        async with stage.visit(role) as visit:
            assert (await visit.open(f"{room}/rounds/{row.id}")).status_code == status


async def _answer_all(stage: Stage, round_id: str) -> None:
    async with stage.database.transaction() as session:
        for number in range(1, 9):
            await take_in_mood(
                session, round_id, stage.town.id, stage.town[f"kf{number}"].id,
                mood=1 + number % 4, reply_id=None, at=moment(),
            )  # fmt: skip


async def test_a_text_of_the_team_that_nobody_understood_waits_for_a_coordinator(
    stage: Stage,
) -> None:
    await stage.text(stage.town["com1"], "Ik zit in de trein, wat is er aan de hand?")
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        assert "Ik zit in de trein" in visit.visible()
        act = next(
            each.split('"')[0] for each in visit.text.split('action="') if "/handled" in each[:200]
        )
        await visit.send(act, headers=HX)
        assert "Ik zit in de trein" not in visit.visible()
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(room)
        assert "Ik zit in de trein" not in visit.visible()


async def test_three_sentences_go_to_the_officials_and_wrong_ones_come_back(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    said = {"first": "Het is rustig.", "second": "Wij zijn op straat.", "third": "Morgen meer."}
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/sentences", said | {"next_update_at": "kwart voor tien"})
        assert answer.status_code == 422
        assert "Het is rustig." in visit.text
        await visit.send(f"{room}/sentences", said | {"next_update_at": "23:55", "here": "room"})
        assert visit.seen is not None
        assert visit.seen.headers["location"] == room
        await visit.follow()
        assert "Next update at" in visit.visible()


async def test_closing_needs_a_reason_and_then_nothing_can_be_steered(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    async with stage.visit() as visit:
        await visit.open(room)
        answer = await visit.send(f"{room}/close", {"reason": ""})
        assert answer.status_code == 422
        assert "Give the reason for closing." in visit.visible()
        await visit.send(f"{room}/close", {"reason": "De rust is terug."})
        await visit.follow()
        assert "Closed" in visit.visible()
        for lever in ("/levels/", "/phase", "/sentences", "/enough", "/skip", 'e="kind"'):
            assert lever not in visit.text
    async with stage.database.reading() as session:
        assert (await get_calamity(session, stage.town.id, stage.id)).closed_at is not None


async def test_a_forged_form_changes_nothing(stage: Stage) -> None:
    async with stage.visit() as visit:
        answer = await visit.client.post(
            f"/calamities/{stage.id}/close", data={"reason": "weg ermee"}
        )
        assert answer.status_code == 403
