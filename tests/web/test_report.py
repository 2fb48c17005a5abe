"""The situation report: drafted from the timeline, written and released by people, then fixed."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calamity.actions.check_in import close_round, take_in_mood
from calamity.actions.decide import correct
from calamity.actions.matters import MatterEnd, NewStatement, end_matter, state
from calamity.actions.report import NewReport, release_report, save_report
from calamity.domain.errors import Conflict, Forbidden, Refused
from calamity.domain.permissions import UserRole
from calamity.domain.report import LONGEST, Heading
from calamity.domain.timeline import EntryKind, ReportReleased, Visibility
from calamity.store.database import Database
from calamity.store.rounds import list_pictures
from calamity.store.timeline import TimelineReader
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.room_stage import Stage, moment, set_stage


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def close_a_round(stage: Stage) -> None:
    """Let eight people answer, of whom five stand behind what officials see."""
    await stage.start("give")
    await stage.start("ask")
    row = await stage.round()
    async with stage.database.transaction() as session:
        for number in range(1, 9):
            await take_in_mood(
                session, row.id, stage.town.id, stage.town[f"kf{number}"].id,
                mood=3 if number < 8 else 5, reply_id=None, at=moment(),
            )  # fmt: skip
        await close_round(session, stage.wakes, stage.town.id, row.id, at=moment(), early=True)


async def say_some(stage: Stage) -> None:
    """Write what officials see, what only the team sees, and a correction."""
    boss = stage.town.coordinator
    async with stage.database.transaction() as session:
        for kind, words, visibility in (
            ("fact", "Mensen leggen bloemen neer.", Visibility.OFFICIALS),
            ("rumour", "Er zou een tweede dader zijn.", Visibility.OFFICIALS),
            ("fact", "Alleen voor het team.", Visibility.TEAM),
        ):
            await state(
                session,
                boss,
                stage.id,
                NewStatement(kind=kind, text=words, visibility=visibility),
                at=moment(),
            )
        for given in (
            {"kind": "fact", "part": "we_do_not_know", "text": "Of er meer daders zijn"},
            {"kind": "decision", "text": "De hal gaat open", "owner": "LEI",
             "due_at": moment() + timedelta(hours=3)},
            {"kind": "rumour", "text": "De dader woont hier", "harm": "grave", "owner": "COM",
             "status": "untrue", "answer": "Dat klopt niet"},
        ):  # fmt: skip
            statement = NewStatement(**given, visibility=Visibility.OFFICIALS)
            await state(session, boss, stage.id, statement, at=moment())
        ended = NewStatement(kind="fact", text="Dit is voorbij.", visibility=Visibility.OFFICIALS)
        seq = await state(session, boss, stage.id, ended, at=moment())
        await end_matter(
            session, boss, stage.id, seq, MatterEnd(seq, "withdrawn", "Anders"), at=moment()
        )
        wrong = NewStatement(
            kind="measure", text="De markt is dicht.", visibility=Visibility.OFFICIALS,
            actual_risk="klein", felt_risk="groot", ends_at=moment() + timedelta(days=1),
        )  # fmt: skip
        seq = await state(session, boss, stage.id, wrong, at=moment())
        await correct(session, boss, stage.id, seq, text="De markt is open.", at=moment())


def must_say_how_matters_stand(words: str, boxes: dict[Heading, str]) -> None:
    assert "Dit is voorbij." not in words
    assert "Of er meer daders zijn" in boxes[Heading.UNKNOWN]
    assert "Of er meer daders zijn" not in boxes[Heading.BEHAVIOUR]
    assert re.search(r"De hal gaat open \(Owner: .+\. Before .+\)", boxes[Heading.TOLD])
    assert "De markt is open. (Owner: " not in boxes[Heading.TOLD]
    assert "De markt is open. (Actual risk: klein. Felt risk: groot. Ends " in boxes[Heading.TOLD]
    assert (
        "De dader woont hier (It is not true. Our answer: Dat klopt niet)"
        in (boxes[Heading.QUESTIONS])
    )
    assert "tweede dader zijn. (Heard, not checked.)" in boxes[Heading.QUESTIONS]


async def test_the_timeline_drafts_people_write_and_officials_read_the_last_one(
    stage: Stage,
) -> None:
    await close_a_round(stage)
    await say_some(stage)
    report = f"/calamities/{stage.id}/report"
    async with stage.visit() as visit:
        await visit.open(f"{report}/draft")
        words = visit.visible()
        order = [
            words.index(part)
            for part in (
                "1. What residents think and feel", "At least 6 people",
                "2. What people do", "Mensen leggen bloemen neer.", "What only the team sees",
                "Alleen voor het team.", "3. Which questions and rumours", "tweede dader",
                "4. What we told and did", "De markt is open.", "6. What goes well",
            )
        ]  # fmt: skip
        assert order == sorted(order)
        assert "De markt is dicht." not in words
        boxes = {each: visit.text.split(f'name="{each}"')[1].split(">", 1)[1].split("</text")[0]
                 for each in Heading}  # fmt: skip
        assert "Alleen voor het team." not in "".join(boxes.values())
        must_say_how_matters_stand(words, boxes)
        sent = {heading.value: boxes[heading] for heading in Heading}
        answer = await visit.send(f"{report}/draft", sent | {"act": "release"})
        assert answer.status_code == 422
        assert "Write at least one thing that goes well." in visit.visible()
        assert "Mensen leggen bloemen neer." in visit.text
        sent["well"] = "Buren koken voor elkaar."
        await visit.send(f"{report}/draft", sent | {"act": "release", "confirmed": "true"})
        await visit.follow()
        assert "Version 1 is released." in visit.visible()
        await visit.open(f"{report}/draft")
        later = {**sent, "well": "Buren koken voor elkaar.\nDe scholen zijn open.", "behaviour": ""}
        await visit.send(f"{report}/draft", later | {"act": "save"})
        assert (await visit.follow()).status_code == 200
        assert "differs from version 1" in visit.visible()
    async with stage.visit(UserRole.OFFICIAL) as visit:
        await visit.open(f"/calamities/{stage.id}/officials")
        assert "Situation report, version 1" in visit.visible()
        await visit.open(report)
        assert "Mensen leggen bloemen neer." in visit.visible()
        assert "De scholen zijn open." not in visit.visible()
        assert "/draft" not in visit.text
        assert (await visit.open(f"{report}/draft")).status_code == 403
    async with stage.visit() as visit:
        await visit.open(f"{report}/draft")
        await visit.send(f"{report}/draft", later | {"act": "release", "confirmed": "true"})
        await visit.follow()
        words = visit.visible()
        assert "New since version 1: 2. What people do; 6. What goes well." in words
        assert "new De scholen zijn open." in words
        assert "new Buren koken" not in words
        await visit.open(f"{report}/versions/1")
        assert "There is a newer version." in visit.visible()
        assert "De scholen zijn open." not in visit.visible()
    entries = await TimelineReader(stage.database).newest(
        stage.id, (Visibility.OFFICIALS,), limit=5, kind=EntryKind.REPORT
    )
    happenings = [line.happening for line, _ in entries]
    assert [each.number for each in happenings if isinstance(each, ReportReleased)] == [2, 1]
    assert {line.actor_role for line, _ in entries} == {"coordinator"}


async def test_a_release_is_refused_where_it_would_harm_and_stands_once_made(stage: Stage) -> None:
    boss, town = stage.town.coordinator, stage.town
    good = {Heading.WELL: "Het is stil."}

    async def save(texts: dict[Heading, str], revision: int) -> int:
        async with stage.database.transaction() as session:
            draft = await save_report(
                session, boss, stage.id, NewReport(texts), revision=revision, at=moment()
            )
        return draft.revision

    async def release(revision: int, actor=boss, **more: bool) -> int:
        async with stage.database.transaction() as session:
            made = await release_report(
                session, actor, stage.id, revision=revision, at=moment(), **more
            )
        return made.number

    first = await save(good | {Heading.MOOD: f"{town['kf1'].name} is bang."}, 0)
    for field, texts in (
        (Heading.MOOD, {Heading.MOOD: f"{town['kf1'].name} is bang."}),
        (Heading.TOLD, {Heading.TOLD: "Bel 06-12345678."}),
        (Heading.TOLD, {Heading.TOLD: "Gebeld met Jan van der Berg."}),
    ):
        first = await save(good | texts, first)
        with pytest.raises(Refused) as refused:
            await release(first)
        assert refused.value.field == field
    with pytest.raises(Refused) as refused:
        await save(good | {Heading.TOLD: "x" * (LONGEST + 1)}, first)
    assert refused.value.field == Heading.TOLD
    with pytest.raises(Conflict, match="saved this report meanwhile"):
        await save(good, first - 1)
    with pytest.raises(Conflict, match="saved this report meanwhile"):
        await release(first - 1)
    assert await release(first, confirmed=True) == 1
    with pytest.raises(Conflict, match="Nothing changed since version 1"):
        await release(first, confirmed=True)
    with pytest.raises(Forbidden):
        await release(first, actor=town.official)
    for change in ("UPDATE report SET number = 7", "DELETE FROM report"):
        with pytest.raises(DBAPIError):
            async with stage.database.transaction() as session:
                await session.sql.execute(text(change))


async def test_every_form_holds_the_same_words_and_says_what_is_new(stage: Stage) -> None:
    boss = stage.town.coordinator
    await close_a_round(stage)
    for revision, words in enumerate(("Het is stil.", "Het is stil.\nDe markt is <open> #let.")):
        async with stage.database.transaction() as session:
            given = NewReport({Heading.WELL: words})
            await save_report(session, boss, stage.id, given, revision=revision, at=moment())
            await release_report(session, boss, stage.id, revision=revision + 1, at=moment())
    files = f"/calamities/{stage.id}/report/versions/2/files"
    async with stage.visit(UserRole.OFFICIAL) as visit:
        answer = await visit.open(f"{files}/lcms")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        plain = answer.text
        pdf = PdfReader(io.BytesIO((await visit.open(f"{files}/pdf")).content))
        docx = Document(io.BytesIO((await visit.open(f"{files}/docx")).content))
        assert (await visit.open(f"{files}/xlsx")).status_code == 404
    assert "6. Wat goed gaat [37 van 1500 tekens]\nHet is stil.\nDe markt is <open> #let." in plain
    assert "Nieuw sinds versie 1: 6. Wat goed gaat." in plain
    assert plain.index("1. Wat inwoners") < plain.index("8. Wat we niet weten")
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "nl"
    assert b"pdfuaid" in pdf.trailer["/Root"]["/Metadata"].get_data()
    paper = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "(nieuw) De markt is <open> #let." in paper
    assert "(nieuw) Het is stil." not in paper
    headings = [each.text for each in docx.paragraphs if each.style.name == "Heading 1"]
    assert headings[5] == "6. Wat goed gaat"
    assert len(headings) == 8
    assert "(nieuw) De markt is <open> #let." in [each.text for each in docx.paragraphs]
    assert docx.core_properties.language == "nl-NL"


async def test_the_map_holds_the_picture_of_then_and_only_what_officials_see(stage: Stage) -> None:
    boss = stage.town.coordinator
    await close_a_round(stage)
    async with stage.database.transaction() as session:
        given = NewReport({Heading.WELL: "Het is stil."})
        await save_report(session, boss, stage.id, given, revision=0, at=moment())
        await release_report(session, boss, stage.id, revision=1, at=moment())
        team = (await list_pictures(session, stage.id, "team"))[0]
        officials = (await list_pictures(session, stage.id, "officials"))[0]
    assert len(team.picture.groups) > len(officials.picture.groups)
    async with stage.visit() as visit:
        answer = await visit.open(f"/calamities/{stage.id}/report/versions/1/files/geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    found = answer.json()
    assert [each["properties"]["codes"] for each in found["features"]] == [
        *(list(cell.places) for cell in officials.picture.groups),
        *([code] for code in officials.picture.white_spots),
    ]
    assert found["features"][0]["properties"]["mood"] == 3
    assert found["features"][0]["properties"]["people_at_least"] >= 5
    assert 5 not in [each["properties"].get("mood") for each in found["features"]]


async def test_who_saves_over_another_sees_what_both_wrote_and_loses_nothing(stage: Stage) -> None:
    draft = f"/calamities/{stage.id}/report/draft"

    async def theirs() -> None:
        async with stage.database.transaction() as session:
            given = NewReport({Heading.WELL: "De scholen zijn open."})
            boss = stage.town.coordinator
            await save_report(session, boss, stage.id, given, revision=0, at=moment())

    async with stage.visit() as visit:
        await visit.open(draft)
        await theirs()
        ours = {"well": "Buren koken voor elkaar.", "act": "save"}
        assert (await visit.send(draft, ours)).status_code == 422
        assert "saved this report meanwhile" in visit.visible()
        assert ">Buren koken voor elkaar.</textarea>" in visit.text
        assert "What coordinator@oeverlanden saved meanwhile De scholen zijn open." in (
            visit.visible()
        )
        both = {"well": "Buren koken voor elkaar.\nDe scholen zijn open.", "act": "save"}
        assert (await visit.send(draft, both)).status_code == 303
        await visit.follow()
        assert "saved meanwhile" not in visit.visible()
        assert "Buren koken voor elkaar.\nDe scholen zijn open.</textarea>" in visit.text
