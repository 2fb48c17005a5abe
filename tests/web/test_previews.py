"""Previews: the timeline for a chosen T0, the texts of real recipients, the folder on paper."""

import io
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
from litestar import Litestar

from calamity.domain.permissions import UserRole
from calamity.domain.playbook import Repeat
from calamity.domain.preview import in_order_of_time
from calamity.store.database import Database
from calamity.store.stops import stop
from calamity.web.folder import as_pdf, folder_of
from calamity.web.language import languages
from tests.make import STEPS, T0, Town, make_approved, make_playbook, make_step
from tests.web.api_stage import Api
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

HERE = "/playbooks/small/versions/1"
ZONE = ZoneInfo("Europe/Amsterdam")
NIGHT = datetime(2026, 11, 28, 2, 30, tzinfo=ZONE)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
        await stop(session, town["com3"].id, T0)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        made.client.headers["Accept-Language"] = "nl"
        yield made


def _read(pdf: bytes) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    # Names in a narrow column are broken over lines.
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_repeats_are_written_out_and_the_phases_keep_their_order() -> None:
    playbook = make_playbook(
        steps=[
            *STEPS[:3],
            make_step("daily", due="T+1h", repeat=Repeat(until="after", at=["10:00", "17:00"])),
            make_step("level", due="T+3h", when="level >= 2"),
        ]
    )
    planned = in_order_of_time(playbook, NIGHT, ZONE)
    daily = [each.start_at.astimezone(ZONE) for each in planned if each.step.code == "daily"]
    assert [f"{at:%d %H:%M}" for at in daily] == [
        "28 10:00", "28 17:00", "29 10:00", "29 17:00",
    ]  # fmt: skip
    level = next(each for each in planned if each.step.code == "level")
    assert level.only_if is not None
    assert "2" in level.only_if.nl
    assert [each.due_at for each in planned] == sorted(each.due_at for each in planned)


async def test_the_page_shows_times_and_the_texts_of_real_people(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open(f"{HERE}/preview?at=2026-11-28T02:30")
    assert "za 28 nov 02.35 uur" in visit.visible()
    assert "Khalid, we leven mee." in visit.text, "the longest name of those who read Dutch"
    await visit.open(f"{HERE}/preview?at=9999-12-31T00:00")
    assert visit.seen is not None
    assert visit.seen.status_code == 422


async def test_a_program_reads_the_same_times_and_texts(api: Api) -> None:
    place = "/v1/playbooks/small/versions/1/preview"
    said = (await api.get(f"{place}?at=2026-11-28T02:30:00%2B01:00")).json()
    first = next(each for each in said["steps"] if each["step"] == STEPS[0].code)
    assert datetime.fromisoformat(first["startAt"]) == NIGHT
    assert {"due", "dueAt", "onlyIf", "goesOn", "isAutomatic"} <= first.keys()
    texts = [text for each in said["texts"] for text in each["texts"] if text["isReal"]]
    assert any("we leven mee" in text["example"] and text["parts"] for text in texts)
    later = (await api.get(place)).json()
    assert later["t0"] != said["t0"]
    for never in ("nooit", "9999-12-31T00:00:00Z"):
        assert (await api.get(f"{place}?at={never}")).status_code == 400


async def test_who_may_not_activate_sees_no_names(visit: Visit, town: Town) -> None:
    await visit.sign_in(UserRole.OFFICIAL)
    await visit.open(f"{HERE}/preview")
    assert "we leven mee" in visit.text
    names = {person.name.partition(" ")[0] for person in town.people.values()}
    assert not [name for name in names if f"{name}," in visit.text]
    said = await visit.open(f"{HERE}/folder.pdf?names=yes")
    assert said.status_code == 403


@pytest.mark.parametrize(
    ("language", "heading"), [("nl", "Het eerste uur"), ("en", "The first hour")]
)
async def test_the_folder_is_a_tagged_pdf(visit: Visit, language: str, heading: str) -> None:
    await visit.sign_in()
    visit.client.headers["Accept-Language"] = language
    said = await visit.open(f"{HERE}/folder.pdf")
    assert said.headers["content-type"] == "application/pdf"
    reader, text = _read(said.content)
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == language
    assert reader.metadata is not None
    assert reader.metadata.title.startswith("Klein" if language == "nl" else "Small")
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert heading in text
    for step in STEPS:
        assert f"Stap {step.code}" in text, step.code
    assert "Lea Voorn" not in text


async def test_names_and_numbers_are_in_it_only_when_asked(visit: Visit) -> None:
    await visit.sign_in()
    said = await visit.open(f"{HERE}/folder.pdf?names=yes")
    _, text = _read(said.content)
    assert "1. Lea Voorn, " in text
    assert "Cato Zeelt" not in text, "who stopped is not called"


async def test_the_page_to_print_holds_the_same(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open(f"{HERE}/folder")
    for step in STEPS:
        assert f"Stap {step.code}" in visit.text
    assert "Voorn" not in visit.text.split("<main", 1)[1]


async def test_words_of_a_playbook_are_never_read_as_markup(database: Database, town: Town) -> None:
    nasty = make_step("write", title=STEPS[0].title.__class__(nl='#read("x") *a* $b$', en="#x"))
    playbook = make_playbook(version=2, steps=[*STEPS[:4], nasty, *STEPS[5:]])
    async with database.transaction() as session:
        version = await make_approved(session, town, playbook)
    spoken = languages(ZONE)["nl"]
    made = folder_of(version.playbook, spoken, "Oeverlanden", version=version, at=T0)
    _, text = _read(await as_pdf(made))
    assert '#read("x") *a* $b$' in text.replace("”", '"').replace("“", '"')
