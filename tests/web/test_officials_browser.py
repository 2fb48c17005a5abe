"""Officials in a real Chromium: they ask, look back by keyboard, and hang the page on a wall."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page
from sqlmodel import update

from calamity.actions.decide import NewSummary, summarise
from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.sessions import ABSOLUTE
from calamity.store.tables import SessionRow
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import SECRET, Town, make_town
from tests.postgres import run_apart
from tests.web.room_stage import moment, set_stage
from tests.web.test_room_browser import READY, Server, browsing, sign_in, write_line

QUESTION = "Zijn de scholen morgen open?"
NEWS = "De scholen zijn morgen open."
SIGN = ".stale:not([hidden])"
END = ".walltop__end p"


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Server:
    """A calamity of twenty minutes ago, with sentences of ten minutes ago."""
    made = Server(database_url, tmp_path)

    async def play() -> None:
        database = Database(database_url, Vault(SECRET))
        await database.open()
        async with database.transaction() as session:
            town: Town = await make_town(session)
        stage = await set_stage(database, Wakes(database), town, database_url, tmp_path)
        async with database.transaction() as session:
            said = NewSummary(["Het is onrustig in de stad."], moment() - timedelta(minutes=1))
            at = moment() - timedelta(minutes=10)
            await summarise(session, town.coordinator, stage.id, said, at=at)
        made.calamity = stage.id
        await database.close()

    run_apart(play())
    return made


def silence(wall: Page, seconds: int) -> None:
    wall.evaluate(f"document.querySelector('[data-wall]').dataset.silence = '{seconds}'")


def ask(page: Page, desk: Page, room: str) -> None:
    """The promised time has passed: the way to ask stands out, and the room has it at once."""
    desk.goto(room)
    desk.wait_for_selector(READY)
    page.goto(f"{room}/officials")
    page.click("a.nl-button--primary >> text=Vraag om een update")
    page.fill("[name=words]", QUESTION)
    page.click("text=Vraag het team")
    page.wait_for_selector(f"#part-situation >> text={QUESTION}")
    desk.wait_for_selector(f"#part-tasks >> text={QUESTION}", timeout=5000)


def look_back(page: Page) -> None:
    """Slide to the first moment by keyboard, and go back to now."""
    page.click("text=Hoe het eerder was")
    page.wait_for_selector("text=Zo stond het op")
    page.wait_for_selector("text=Het is onrustig in de stad.")
    page.wait_for_selector(f"{READY} #step[aria-valuetext]")
    page.focus("#step")
    page.keyboard.press("ArrowLeft")
    assert "Calamiteit geopend" in (page.get_attribute("#step", "aria-valuetext") or "")
    page.wait_for_url("**/as-of?at=**")
    page.wait_for_selector("text=Het team schreef nog geen samenvatting.")
    assert QUESTION not in page.inner_text("main")
    page.click("a >> text=Terug naar nu")


def hang(page: Page, room: str) -> Page:
    """Open the page for a wall: nothing to press, no scrolling, and a clock that goes."""
    wall = page.context.new_page()
    wall.set_viewport_size({"width": 1280, "height": 720})
    far = page.context.new_cdp_session(wall)
    far.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    wall.goto(f"{room}/officials/wall")
    wall.wait_for_selector("text=Het is onrustig in de stad.")
    assert wall.locator("form, nav").count() == 0
    assert wall.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    wall.wait_for_selector("[data-wall-clock] >> text=/..\\...\\.../")
    shown = wall.inner_text("[data-wall-clock]")
    home = moment().astimezone(ZoneInfo("Europe/Amsterdam"))
    hours = {f"{each:%H}" for each in (home, home - timedelta(minutes=1))}
    assert shown[:2] in hours, "the time of the municipality, not of the device"
    wall.locator("[data-wall-clock]").filter(has_not_text=shown).wait_for()
    assert not wall.is_visible(SIGN)
    return wall


def nearly_over(server: Server) -> None:
    """Let twenty minutes be left of every session."""

    async def play() -> None:
        database = Database(server.url, Vault(SECRET))
        await database.open()
        async with database.transaction() as session:
            began = moment() + timedelta(minutes=20) - ABSOLUTE
            await session.sql.execute(update(SessionRow).values(created_at=began))
        await database.close()

    run_apart(play())


def write_sentences(desk: Page, room: str) -> None:
    desk.goto(room)
    desk.click("summary >> text=Schrijf de drie zinnen")
    for name in ("first", "second", "third"):
        desk.fill(f"[name={name}]", NEWS)
    desk.fill("[name=next_update_at]", "23:59")
    desk.click("text=Zet deze op de pagina")
    desk.wait_for_selector(READY)
    assert QUESTION not in desk.inner_text("#part-tasks")


def test_officials_ask_look_back_and_hang_the_page_on_a_wall(
    server: Server, chromium: Browser
) -> None:
    with (
        browsing(chromium, width=1280) as (page, said),
        browsing(chromium, width=1280) as (desk, _),
    ):
        with server.running():
            room = f"{server.address}/calamities/{server.calamity}"
            sign_in(page, server, UserRole.OFFICIAL)
            sign_in(desk, server, UserRole.COORDINATOR)
            ask(page, desk, room)
            look_back(page)
            wall = hang(page, room)
        # The server is gone: after the silence the wall says since when, big and with a sign.
        silence(wall, 1)
        wall.wait_for_selector(SIGN, timeout=10_000)
        assert "Niet bijgewerkt sinds" in wall.inner_text(".stale__words")
        assert wall.is_visible(".stale__sign")
        assert not wall.is_visible(END)
        silence(wall, 600)
        nearly_over(server)
        with server.running():
            wall.wait_for_selector(SIGN, state="hidden", timeout=25_000)
            # Its longest time is nearly over: it says so, and still fits.
            assert "Dit scherm is ingelogd tot" in wall.inner_text(END)
            assert wall.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
            write_sentences(desk, room)
            wall.wait_for_selector(f"text={NEWS}", timeout=10_000)
            # Signed out elsewhere: the next thing that happens finds a screen that may not see it.
            page.goto(f"{server.address}/")
            page.click("text=Uitloggen")
            write_line(server, "Er is nieuws.")
            wall.wait_for_selector("text=Log opnieuw in op dit scherm", timeout=10_000)
            assert NEWS not in wall.inner_text("body")
            assert not wall.is_visible(END)
            assert wall.title() == "Calamity"
        assert [words for words in said if "Content Security Policy" in words] == []
