"""One line of the timeline on its own page: who sees it, how it is corrected and erased."""

import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from calamity.actions.decide import erase
from calamity.actions.matters import NewStatement, state
from calamity.domain.permissions import UserRole
from calamity.domain.timeline import Corrected, Erased, Visibility
from calamity.store.database import Database
from calamity.store.timeline import Line, TimelineReader
from calamity.store.wakes import Wakes
from calamity.web.paths import path
from tests.make import Town, make_town
from tests.web.pages_stage import Visit, second_visit
from tests.web.room_stage import Stage, moment, set_stage

WORDS = "Drie klassen hebben vragen"
ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def write(stage: Stage, text: str = WORDS, visibility: Visibility = Visibility.TEAM) -> int:
    """Write a line as the coordinator, about nine minutes ago, and return its number."""
    at = moment()
    entry = NewStatement(
        kind="fact", text=text, visibility=visibility, happened_at=at - timedelta(minutes=9)
    )
    async with stage.database.transaction() as session:
        return await state(session, stage.town.coordinator, stage.id, entry, at=at)


async def newest(stage: Stage) -> Line:
    """Return the last line as it is kept."""
    reader = TimelineReader(stage.database)
    return (await reader.newest(stage.id, tuple(Visibility), limit=1))[0][0]


def place(stage: Stage, sequence: int, act: str = "line") -> str:
    return path(f"timeline_{act}", calamity=stage.id, sequence=sequence)


async def post(visit: Visit, action: str, **filled: str) -> httpx.Response:
    """Send a form that is not on the screen, as a page does that is out of date."""
    token = visit.fields("/sign-out")["_csrf_token"]
    visit.seen = await visit.client.post(action, data={"_csrf_token": token, **filled})
    return visit.seen


def in_field(visit: Visit, field: str) -> str:
    """Return what stands in a text field on the screen."""
    found = re.search(rf'<textarea[^>]* id="{field}"[^>]*>(.*?)</textarea>', visit.text, re.DOTALL)
    assert found is not None, field
    return found[1]


async def test_every_line_leads_to_its_own_page_and_carries_no_form(stage: Stage) -> None:
    sequence = await write(stage)
    async with stage.visit() as visit:
        for screen in (path("timeline", calamity=stage.id), path("room", calamity=stage.id)):
            await visit.open(screen)
            assert f'id="entry-{sequence}"' in visit.text
            assert f'href="{place(stage, sequence)}"' in visit.text
            for act in ("/corrections", "/erasures"):
                assert act not in visit.text
        await visit.open(path("timeline", calamity=stage.id) + "?everything=1")
        for number in range(1, sequence + 1):
            assert f'href="{place(stage, number)}"' in visit.text
            assert (await visit.client.get(place(stage, number))).status_code == 200


async def test_a_page_says_what_happened_who_when_for_whom_and_its_check_number(
    stage: Stage,
) -> None:
    sequence = await write(stage, f"{WORDS}\nin <groep> 8")
    line = await newest(stage)
    async with stage.visit() as visit:
        await visit.open(place(stage, sequence))
        words = visit.visible()
        for part in (f"Line {sequence}", "fact What is certain.", "Role coordinator", "team"):
            assert part in words
        assert f"{WORDS}<br>in <groep> 8</p>" in visit.text
        assert "&lt;groep&gt;" in (visit.seen.text if visit.seen else "")
        at = [each.astimezone(ZONE) for each in (line.happened_at, line.recorded_at)]
        assert f"Happened {at[0]:%A}, {at[0].day} {at[0]:%B %Y}, {at[0]:%H:%M}" in words
        assert f"Written down {at[1]:%A}, {at[1].day} {at[1]:%B %Y}, {at[1]:%H:%M}" in words
        number = visit.text.split('<code class="hash')[1].split("</code>")[0]
        assert re.sub(r"<[^>]*>", "", number.partition(">")[2]) == line.hash
        assert in_field(visit, "text") == f"{WORDS}\nin <groep> 8"


async def test_a_line_that_is_not_for_you_is_not_there(stage: Stage) -> None:
    hidden = await write(stage, visibility=Visibility.COORDINATORS)
    team = await write(stage)
    shown = await write(stage, visibility=Visibility.OFFICIALS)
    sees = {
        UserRole.COORDINATOR: {hidden, team, shown},
        UserRole.RESPONDER: {team, shown},
        UserRole.CONTACT_PERSON: {team, shown},
        UserRole.OFFICIAL: {shown},
    }
    async with stage.visit(None) as visit:
        for role, seen in sees.items():
            await visit.sign_in(role)
            nowhere = await visit.open(place(stage, shown + 1))
            assert nowhere.status_code == 404
            for sequence in (hidden, team, shown):
                answer = await visit.open(place(stage, sequence))
                assert answer.status_code == (200 if sequence in seen else 404)
                if sequence in seen:
                    assert WORDS in visit.text
                else:
                    assert _told(answer) == _told(nowhere)
            visit.client.cookies.clear()
        for role in (UserRole.ADMINISTRATOR, UserRole.PROFESSIONAL):
            await visit.sign_in(role)
            assert (await visit.open(place(stage, shown))).status_code == 403
            visit.client.cookies.clear()


def _told(answer: httpx.Response) -> str:
    """Return what a page tells, without its reference, which differs each time."""
    return re.sub(r"\b[0-9a-f]{8}\b", "", answer.text.partition("<main")[2].partition("</main>")[0])


async def test_nobody_corrects_what_they_may_not_see(stage: Stage) -> None:
    hidden = await write(stage, visibility=Visibility.COORDINATORS)
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(path("timeline", calamity=stage.id))
        answer = await post(visit, place(stage, hidden, "correct"), text="Iets anders")
        assert answer.status_code == 404
        assert WORDS not in answer.text
        await visit.open(path("timeline", calamity=stage.id))
        answer = await post(visit, place(stage, hidden, "erase"), ground="Zomaar")
        assert answer.status_code == 403
    assert (await newest(stage)).seq == hidden


async def test_another_municipality_finds_no_line(stage: Stage, database: Database) -> None:
    sequence = await write(stage, visibility=Visibility.OFFICIALS)
    async with database.transaction() as session:
        await make_town(session, slug="elders", name="Elders")
    async with stage.visit(None) as visit:
        await visit.enter("coordinator@elders")
        for number in (sequence, sequence + 1):
            assert (await visit.open(place(stage, number))).status_code == 404
        for act, filled in (("correct", {"text": "x"}), ("erase", {"ground": "xyz"})):
            await visit.open("/")
            answer = await post(visit, place(stage, sequence, act), **filled)
            assert answer.status_code == 404
    assert (await newest(stage)).seq == sequence


@pytest.mark.parametrize("number", ["0", "-1", str(2**31 - 1), str(2**63), "een"])
async def test_a_number_that_no_line_has_is_not_found(stage: Stage, number: str) -> None:
    timeline = path("timeline", calamity=stage.id)
    async with stage.visit() as visit:
        await visit.open(timeline)
        for act, filled in (("corrections", {"text": "x"}), ("erasures", {"ground": "xyz"})):
            token = {"_csrf_token": visit.fields("/sign-out")["_csrf_token"]}
            answer = await visit.client.post(f"{timeline}/{number}/{act}", data=token | filled)
            assert answer.status_code == 404
        assert (await visit.open(f"{timeline}/{number}")).status_code == 404


async def test_a_correction_begins_with_the_words_that_stand_there(stage: Stage) -> None:
    sequence = await write(stage)
    act = place(stage, sequence, "correct")
    async with stage.visit(UserRole.RESPONDER) as visit:
        await visit.open(place(stage, sequence))
        assert in_field(visit, "text") == WORDS
        assert "/erasures" not in visit.text
        await visit.send(act, {"text": WORDS})
        assert visit.text.count("These words stand there already. Change what is wrong.") == 2
        assert (await newest(stage)).seq == sequence
        answer = await visit.send(act, {"text": "Vier klassen hebben vragen"})
        assert answer.headers["location"] == place(stage, sequence)
        await visit.follow()
        assert "The correction is on the timeline." in visit.visible()
        assert f"<del>{WORDS}</del>" in visit.text
        assert "Vier klassen hebben vragen" in visit.visible()
        assert f'href="{place(stage, sequence + 1)}"' in visit.text
        assert act not in visit.text
    made = await newest(stage)
    assert made.happening == Corrected(refers_to=sequence, text="Vier klassen hebben vragen")
    assert made.visibility is Visibility.TEAM


async def test_a_correction_can_be_corrected_and_each_leads_to_the_other(stage: Stage) -> None:
    sequence = await write(stage)
    async with stage.visit() as visit:
        for number, text in ((sequence, "Vier klassen"), (sequence + 1, "Vijf klassen")):
            await visit.open(place(stage, number))
            await visit.send(place(stage, number, "correct"), {"text": text})
        await visit.open(place(stage, sequence + 1))
        assert "<del>Vier klassen</del>" in visit.text
        assert WORDS in visit.visible()
        assert "Vijf klassen" in visit.visible()
        for number in (sequence, sequence + 2):
            assert f'href="{place(stage, number)}"' in visit.text
        await visit.open(place(stage, sequence + 2))
        assert in_field(visit, "text") == "Vijf klassen"
        assert f'href="{place(stage, sequence + 1)}"' in visit.text


@pytest.mark.parametrize(
    ("text", "problem"), [("  ", "Fill this in."), ("x" * 4001, "Use at most 4000 characters.")]
)
async def test_a_correction_that_is_refused_keeps_what_was_typed(
    stage: Stage, text: str, problem: str
) -> None:
    sequence = await write(stage)
    async with stage.visit() as visit:
        await visit.open(place(stage, sequence))
        answer = await visit.send(place(stage, sequence, "correct"), {"text": text})
        assert answer.status_code == 422
        assert f">Correct: {problem}</a>" in visit.text
        assert in_field(visit, "text") == text
        assert f'<p class="line__words">{WORDS}</p>' in visit.text
        await visit.send(place(stage, sequence, "correct"), {"text": "Vier klassen"})
        await visit.follow()
        assert "Vier klassen" in visit.visible()
    assert (await newest(stage)).seq == sequence + 1


async def test_who_corrects_second_hears_of_the_first_and_keeps_the_words(stage: Stage) -> None:
    sequence = await write(stage)
    act = place(stage, sequence, "correct")
    async with stage.visit() as first:
        assert stage.app is not None
        async with second_visit(stage.app) as second:
            await second.sign_in(UserRole.RESPONDER)
            await second.open(place(stage, sequence))
            await first.open(place(stage, sequence))
            await first.send(act, {"text": "Vier klassen"})
            answer = await second.send(act, {"text": "Vijf klassen"})
            assert answer.status_code == 422
            assert f"Line {sequence + 1} corrected this line before." in second.visible()
            assert f'href="{place(stage, sequence + 1)}"' in second.text
            assert "Vier klassen" in second.visible()
            assert in_field(second, "text") == "Vijf klassen"
            assert act not in second.text
    assert (await newest(stage)).seq == sequence + 1


async def test_erased_words_are_gone_everywhere_and_the_ground_stays(stage: Stage) -> None:
    sequence = await write(stage)
    async with stage.visit() as visit:
        await visit.open(place(stage, sequence))
        act = place(stage, sequence, "erase")
        for ground, problem in (("", "Fill this in."), ("x" * 501, "Use at most 500 characters.")):
            answer = await visit.send(act, {"ground": ground})
            assert answer.status_code == 422
            assert f">Erase these words: {problem}</a>" in visit.text
            assert in_field(visit, "ground") == ground
            assert in_field(visit, "text") == WORDS
        answer = await visit.send(act, {"ground": "Er stond een naam in"})
        assert answer.headers["location"] == place(stage, sequence)
        await visit.follow()
        assert "The text was erased. The line stays." in visit.visible()
        assert "Er stond een naam in" in visit.visible()
        assert f'href="{place(stage, sequence + 1)}"' in visit.text
        for left in (WORDS, "/corrections", "/erasures"):
            assert left not in visit.text
        await visit.open(place(stage, sequence + 1))
        assert f'href="{place(stage, sequence)}"' in visit.text
        assert "/erasures" not in visit.text
        await visit.open(path("timeline", calamity=stage.id) + "?check=1")
        assert "lines are whole" in visit.visible()
        assert WORDS not in visit.text
    assert (await newest(stage)).happening == Erased(
        refers_to=sequence, ground="Er stond een naam in"
    )


async def test_erasing_twice_or_correcting_what_was_erased_is_told(stage: Stage) -> None:
    sequence = await write(stage)
    async with stage.visit() as visit:
        await visit.open(place(stage, sequence))
        await visit.send(place(stage, sequence, "erase"), {"ground": "Verzoek"})
        await visit.follow()
        for act, field, typed in (
            ("erase", "ground", "Nog een verzoek"), ("correct", "text", "Vier klassen"),
        ):  # fmt: skip
            answer = await post(visit, place(stage, sequence, act), **{field: typed})
            assert answer.status_code == 422
            assert "The text of this entry was erased before." in visit.visible()
            assert in_field(visit, field) == typed
            assert WORDS not in visit.text
    assert (await newest(stage)).seq == sequence + 1


async def test_the_ground_is_found_behind_many_other_erasures(stage: Stage) -> None:
    first = await write(stage)
    coordinator, at = stage.town.coordinator, moment()
    async with stage.database.transaction() as session:
        await erase(session, coordinator, stage.id, first, ground="De eerste grond", at=at)
        for number in range(201):
            entry = NewStatement(kind="note", text=f"Regel {number}")
            seq = await state(session, coordinator, stage.id, entry, at=at)
            await erase(session, coordinator, stage.id, seq, ground=f"Grond {number}", at=at)
    async with stage.visit() as visit:
        await visit.open(place(stage, first))
        assert "De eerste grond" in visit.visible()
        await visit.open(place(stage, seq))
        assert "Grond 200" in visit.visible()
        assert "De eerste grond" not in visit.visible()


async def test_what_the_system_wrote_has_no_form_and_officials_only_read(stage: Stage) -> None:
    shown = await write(stage, visibility=Visibility.OFFICIALS)
    async with stage.visit() as visit:
        await visit.open(place(stage, 1))
        assert "Calamity opened" in visit.visible()
        for act in ("/corrections", "/erasures"):
            assert act not in visit.text
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(place(stage, shown))
        assert WORDS in visit.visible()
        assert "<textarea" not in visit.text
        answer = await post(visit, place(stage, shown, "correct"), text="Vier klassen")
        assert answer.status_code == 403
