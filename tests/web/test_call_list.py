"""The call list: who has not answered, in order, with numbers for who may see them."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from calamity.domain.permissions import UserRole
from calamity.domain.phone import read_any_phone
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.room_stage import Stage, set_stage


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


async def test_a_coordinator_prints_who_is_silent_in_the_order_of_the_ladder(stage: Stage) -> None:
    await stage.text(stage.town["com1"], "1")
    async with stage.visit() as visit:
        answer = await visit.open(f"/calamities/{stage.id}/call-list")
        words = visit.visible()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    order = [
        words.index(stage.town[name].name) for name in ("lei1", "lei2", "com2", "com3", "net1")
    ]
    assert order == sorted(order)
    assert stage.town["com1"].name not in words
    assert read_any_phone(stage.town["lei1"].phone).shown in words
    assert "1 of 2 people come" in words
    assert "an attack elsewhere" in words
    assert "1 = yes" not in words


async def test_a_responder_sees_the_list_and_no_numbers(stage: Stage) -> None:
    async with stage.visit(UserRole.RESPONDER) as visit:
        answer = await visit.open(f"/calamities/{stage.id}/call-list")
        words = visit.visible()
    assert answer.status_code == 200
    assert stage.town["lei1"].name in words
    assert "970" not in words
    assert "You do not see numbers" in words


async def test_the_list_is_a_tagged_pdf_with_numbers_for_who_may_see_them(stage: Stage) -> None:
    phone = read_any_phone(stage.town["lei1"].phone).shown
    said = {}
    for role in (UserRole.COORDINATOR, UserRole.RESPONDER):
        async with stage.visit(role) as visit:
            answer = await visit.open(f"/calamities/{stage.id}/call-list.pdf")
        assert answer.headers["cache-control"] == "no-store"
        paper = PdfReader(io.BytesIO(answer.content))
        assert b"pdfuaid" in paper.trailer["/Root"]["/Metadata"].get_data()
        words = " ".join(" ".join(each.extract_text() for each in paper.pages).split())
        assert stage.town["lei1"].name in words
        assert "Say who you are, and then:" in words
        said[role] = words
    assert phone in said[UserRole.COORDINATOR]
    assert phone not in said[UserRole.RESPONDER]


async def test_others_do_not_see_the_list(stage: Stage) -> None:
    async with stage.visit(UserRole.OFFICIAL) as visit:
        assert (await visit.open(f"/calamities/{stage.id}/call-list.pdf")).status_code == 403
        assert (await visit.open(f"/calamities/{stage.id}/call-list")).status_code == 403


async def test_looking_at_the_list_leaves_no_trace(stage: Stage) -> None:
    async with stage.visit() as visit:
        before = (await visit.open(f"/calamities/{stage.id}/timeline")).text.count("data-sequence")
        await visit.open(f"/calamities/{stage.id}/call-list")
        after = (await visit.open(f"/calamities/{stage.id}/timeline")).text.count("data-sequence")
    assert before == after


async def test_with_enough_people_there_is_nobody_to_call(stage: Stage) -> None:
    await stage.text(stage.town["com1"], "1")
    await stage.text(stage.town["lei1"], "1")
    async with stage.visit() as visit:
        await visit.open(f"/calamities/{stage.id}/call-list")
        assert "there is nobody to call" in visit.visible()
