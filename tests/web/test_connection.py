"""A connection that is lost: what was sent is kept, said, and taken in once, by the real server."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlmodel import select

from calamity.actions.check_in import close_round
from calamity.actions.tasks import skip_task
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.timeline import EntryKind
from calamity.store.database import Database, Session
from calamity.store.rounds import list_rounds
from calamity.store.tables import CheckInRow, EntryRow, MunicipalityRow, TaskRow
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import SECRET
from tests.postgres import run_apart
from tests.web.browser_stage import READY, Server, browsing, sign_in
from tests.web.room_stage import TERMS, moment

T = TypeVar("T")
WAITS = "Bewaard op dit apparaat"
REFUSED = "Dit kon niet meer aangenomen worden"
KEPT = "Object.keys(localStorage).filter((name) => /^(kept|draft):/.test(name))"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def at_the_database(server: Server, work: Callable[[Database, Session], Awaitable[T]]) -> T:
    """Do something at the server's database, as a colleague elsewhere would."""

    async def do() -> T:
        database = Database(server.url, Vault(SECRET))
        await database.open()
        try:
            async with database.transaction() as session:
                return await work(database, session)
        finally:
            await database.close()

    return run_apart(do())


async def _moods(_: Database, session: Session) -> list[tuple[int, bool]]:
    rows = await session.sql.scalars(select(CheckInRow))
    return [(row.mood, row.superseded_at is None) for row in rows]


def fill_in(page: Page, server: Server, mood: int) -> None:
    page.goto(server.address + server.link)
    page.wait_for_selector(READY)
    page.check("input[name=gate][value=no]")
    page.check(f"input[name=mood][value='{mood}']")
    page.check("input[name=direction][value=same]")
    page.check("input[name=certainty][value='2']")
    page.fill("#well", "Buren helpen elkaar")


def press_send(page: Page) -> None:
    page.click(".checkin button[type=submit]:visible")


def test_a_check_in_without_connection_is_kept_and_counts_once(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, _):
        fill_in(page, server, 3)
        page.context.set_offline(True)
        press_send(page)
        expect(page.locator("#kept")).to_contain_text(WAITS)
        assert at_the_database(server, _moods) == []
        page.context.set_offline(False)
        page.wait_for_url("**/thanks")
        assert page.evaluate(KEPT) == []
        assert at_the_database(server, _moods) == [(3, True)]

        # The server takes it in, and the answer is lost on the way.
        fill_in(page, server, 4)

        def lose(route: Route) -> None:
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
                route.abort()
            else:
                route.continue_()

        page.route("**/f/*", lose)
        press_send(page)
        expect(page.locator("#kept")).to_contain_text(WAITS)
        page.unroute("**/f/*")
        page.reload()
        page.wait_for_url("**/thanks")
        assert sorted(at_the_database(server, _moods)) == [(3, False), (4, True)]
        assert page.evaluate(KEPT) == []


def test_a_check_in_for_a_round_that_closed_meanwhile_is_shown_again(
    server: Server, chromium: Browser
) -> None:
    async def close(database: Database, session: Session) -> bool:
        row = (await list_rounds(session, server.calamity))[0]
        wakes = Wakes(database)
        return await close_round(
            session, wakes, row.municipality_id, row.id, at=moment(), early=True
        )

    with server.running(), browsing(chromium, width=360) as (page, _):
        fill_in(page, server, 5)
        page.context.set_offline(True)
        press_send(page)
        expect(page.locator("#kept")).to_contain_text(WAITS)
        assert at_the_database(server, close)
        page.context.set_offline(False)
        expect(page.locator("#kept")).to_contain_text(REFUSED)
        expect(page.locator("#kept")).to_contain_text("Deze ronde sloot")
        expect(page.locator("#kept")).to_contain_text("Je had geschreven: Buren helpen elkaar")
        assert at_the_database(server, _moods) == []
        page.get_by_role("button", name="Gooi het weg").click()
        expect(page.locator("#kept")).to_be_hidden()
        assert page.evaluate(KEPT) == []


def skip_with_reason(page: Page, step: str, reason: str) -> None:
    task = page.locator("#part-tasks .task", has_text=f"Stap {step}").first
    task.locator("summary").click()
    task.locator("textarea").fill(reason)
    task.get_by_role("button", name="Sla over met deze reden").click()


def test_tasks_are_done_and_skipped_without_connection_once(
    server: Server, chromium: Browser
) -> None:
    async def states(_: Database, session: Session) -> dict[str, str]:
        return {row.step: str(row.state) for row in await session.sql.scalars(select(TaskRow))}

    async def told(_: Database, session: Session) -> int:
        found = await session.sql.scalars(select(EntryRow).where(EntryRow.kind == EntryKind.TASK))
        return len(list(found))

    async def colleague_skips(database: Database, session: Session) -> None:
        row = (await session.sql.scalars(select(TaskRow).where(TaskRow.step == "choose"))).one()
        town = (await session.sql.scalars(select(MunicipalityRow))).one()
        actor = Actor(town.id, "colleague", UserRole.COORDINATOR)
        await skip_task(
            session, Wakes(database), TERMS, actor, row.id, reason="Al besloten.", at=moment()
        )

    with server.running(), browsing(chromium, width=1280) as (page, _):
        sign_in(page, server, UserRole.COORDINATOR)
        page.goto(f"{server.address}/calamities/{server.calamity}")
        page.wait_for_selector(READY)
        before = at_the_database(server, told)
        page.context.set_offline(True)
        write = page.locator("#part-tasks .task", has_text="Stap write")
        write.get_by_role("button", name="Klaar").click()
        skip_with_reason(page, "give", "De boodschap ging al mondeling rond.")
        skip_with_reason(page, "choose", "Dit wacht tot morgen.")
        kept = page.locator("#kept")
        expect(kept.get_by_text(WAITS)).to_have_count(3)
        expect(kept).to_contain_text("Sla over: Stap give")
        at_the_database(server, colleague_skips)
        page.context.set_offline(False)
        sent = "Alsnog verstuurd: Klaar: Stap write, Sla over: Stap give"
        expect(kept).to_contain_text(sent, timeout=25_000)  # it tries again every 15 seconds
        expect(kept).to_contain_text(REFUSED)
        expect(kept).to_contain_text("Deze taak was al gestart of afgerond.")
        expect(kept).to_contain_text("Je had geschreven: Dit wacht tot morgen.")
        expect(page.locator("#part-tasks .task", has_text="Stap give")).to_have_count(0)
        now = at_the_database(server, states)
        assert (now["write"], now["give"], now["choose"]) == ("done", "skipped", "skipped")
        assert at_the_database(server, told) == before + 3
        page.reload()
        expect(kept).to_contain_text(REFUSED)
        assert len(page.evaluate(KEPT)) == 1
        page.get_by_role("button", name="Uitloggen").click()
        page.wait_for_url("**/sign-in")
        assert page.evaluate(KEPT) == []
        expect(kept).to_be_hidden()
