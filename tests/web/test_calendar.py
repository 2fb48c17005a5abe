"""One's own calendar: what is ahead for this person, without any person in it."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from calamity.actions.decide import NewSummary, summarise
from calamity.actions.matters import NewStatement, state
from calamity.actions.tasks import hand_task
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.timeline import Visibility
from calamity.store import accounts
from calamity.store.calendars import CalendarReader
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from calamity.web.calendar import as_ics
from calamity.web.language import Language
from tests.make import Town
from tests.web.api_stage import Api
from tests.web.pages_stage import LOGINS, Visit, second_visit
from tests.web.room_stage import TERMS, Stage, moment, set_stage

SAY = Language("nl", ZoneInfo("Europe/Amsterdam"))


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def make_link(visit: Visit) -> str:
    await visit.open("/calendar")
    await visit.send("/calendar")
    assert visit.seen is not None
    return "/calendar/" + visit.text.split("/calendar/")[1].split("</textarea")[0]


async def test_each_person_reads_what_is_ahead_for_them_and_nothing_of_people(stage: Stage) -> None:
    said_at = moment() + timedelta(hours=2)
    async with stage.database.transaction() as session:
        summary = NewSummary(["Het is rustig."], said_at)
        await summarise(session, stage.town.coordinator, stage.id, summary, at=moment())
        due = {}
        for owner, visibility in (
            ("COM", "team"),
            ("iemand", "officials"),
            ("LEI", "coordinators"),
        ):
            decided = NewStatement(
                kind="decision", text="Vertrouwelijk", owner=owner, due_at=said_at,
                visibility=Visibility(visibility),
            )  # fmt: skip
            seq = await state(session, stage.town.coordinator, stage.id, decided, at=moment())
            due[owner] = f"matter-{stage.id}-{seq}@calamity"
        done = NewStatement(kind="fact", text="Feit", due_at=said_at)
        await state(session, stage.town.coordinator, stage.id, done, at=moment())
    read = {}
    for role in (UserRole.COORDINATOR, UserRole.RESPONDER, UserRole.OFFICIAL):
        async with stage.visit(role) as visit:
            link = await make_link(visit)
            assert stage.app is not None
            async with second_visit(stage.app) as stranger:
                answer = await stranger.open(link)
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        for person in stage.town.named(""):
            assert person.name not in answer.text
            assert person.phone not in answer.text
        for login in LOGINS.values():
            assert login not in answer.text
        assert "Vertrouwelijk" not in answer.text
        assert "iemand" not in answer.text
        read[role] = {str(each["uid"]): each for each in Calendar.from_ical(answer.text).events}
    update = read[UserRole.OFFICIAL][f"update-{stage.id}@calamity"]
    assert abs(update.start - said_at) < timedelta(seconds=1)
    assert str(update["summary"]) == "Aanslag elders: next update for officials"
    assert list(read[UserRole.OFFICIAL]) == [f"update-{stage.id}@calamity"]
    matters = {
        role: {uid for uid in found if uid.startswith("matter-")} for role, found in read.items()
    }
    assert matters[UserRole.COORDINATOR] == set(due.values())
    event = read[UserRole.COORDINATOR][due["COM"]]
    assert str(event["summary"]) == "Aanslag elders: a decision is to be carried out"
    assert str(event["url"]).endswith(f"/matters/decision/{due['COM'].split('-')[-1][:-9]}")
    assert matters[UserRole.RESPONDER] == set()
    tasks = {
        role: {uid for uid in found if uid.startswith("task-")} for role, found in read.items()
    }
    assert tasks[UserRole.RESPONDER]
    assert tasks[UserRole.RESPONDER] <= tasks[UserRole.COORDINATOR]
    uid = min(tasks[UserRole.RESPONDER])
    other = Actor(stage.town.id, "com1", UserRole.RESPONDER, recipient_id=stage.town["com1"].id)
    async with stage.database.reading() as session:
        made = await as_ics(
            session, CalendarReader(other, "nl"), SAY, public_url="https://x.example", at=moment()
        )
    assert b"UID:update-" in made
    assert b"UID:task-" not in made
    assert [line for line in made.decode().split() if line.startswith("UID:matter-")] == [
        f"UID:{due['COM']}"
    ]
    assert f"/calamities/{stage.id}/tasks/" in str(read[UserRole.RESPONDER][uid]["url"])
    async with stage.database.transaction() as session:
        await hand_task(
            session, stage.wakes, TERMS, stage.town.coordinator,
            uid.removeprefix("task-").removesuffix("@calamity"), role="COM", at=moment(),
        )  # fmt: skip
        handed = await as_ics(
            session, CalendarReader(other, "nl"), SAY, public_url="https://x.example", at=moment()
        )
    assert f"UID:{uid}" in handed.decode(), "it is theirs now"


async def test_a_link_ends_when_it_is_replaced_withdrawn_or_its_account_is_disabled(
    stage: Stage,
) -> None:
    async with stage.visit() as visit:
        first = await make_link(visit)
        second = await make_link(visit)
        assert (await visit.open(first)).status_code == 404
        assert (await visit.open(second)).status_code == 200
        await visit.open("/calendar")
        assert second not in visit.text
        await visit.send("/calendar/withdraw")
        assert (await visit.open(second)).status_code == 404
        third = await make_link(visit)
        user = stage.town.coordinator.user_id
        assert user is not None
        async with stage.database.transaction() as session:
            await accounts.disable_user(session, stage.town.id, user, moment())
        assert (await visit.open(third)).status_code == 404


async def test_a_program_makes_a_link_in_the_name_of_an_account_only(api: Api) -> None:
    made = await api.post("/v1/calendar-link", as_="contact1")
    assert made.status_code == 201
    assert made.json()["url"].endswith("/calamity.ics")
    assert (await api.post("/v1/calendar-link", as_="official")).status_code == 400
    assert (await api.ask("DELETE", "/v1/calendar-link", "contact1")).status_code == 204
