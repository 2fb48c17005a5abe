"""Signals in a real Chromium: told once, by one tab, only with consent, and without a name."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlmodel import col, update

from calamity.actions.receive import read_inbox
from calamity.domain.permissions import UserRole
from calamity.domain.receipts import InboundText
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.tables import TaskRow
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import PASSWORD, SECRET, SENDER, Town, make_town
from tests.postgres import run_apart
from tests.web.pages_stage import LOGINS
from tests.web.room_stage import TERMS, moment, set_stage
from tests.web.test_room_browser import READY, Server, _token, sign_in

WROTE = "Bij ons is het rustig, maar Moniek vraagt of de school open is."
# What a tab tells, also before it was loaded anew; the real notification and the real tone follow.
HOOK = """
  window.tones = [];
  const note = (words, options) => {
    const before = JSON.parse(sessionStorage.told ?? "[]");
    sessionStorage.told = JSON.stringify([...before, words + JSON.stringify(options)]);
  };
  window.Notification = class extends Notification {
    constructor(words, options) {
      super(words, options);
      note(words, options);
    }
  };
  const showNotification = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function (words, options) {
    note(words, options);
    return showNotification.call(this, words, options);
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    tones.push(this.frequency.value);
    start.call(this, at);
  };
"""
# Chrome on Android: a page may not show a message by itself.
ANDROID = """
  const RealNotification = Notification;
  window.Notification = class {
    constructor() { throw new TypeError("Illegal constructor"); }
    static get permission() { return RealNotification.permission; }
    static requestPermission() { return RealNotification.requestPermission(); }
  };
"""
# A browser that has no workers, or lets this page have none.
WITHOUT_WORKER = "Object.defineProperty(navigator, 'serviceWorker', { value: undefined });"
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration.getNotifications()).map((each) => [each.title, each.data]);
}"""
# The worker hears a tap on the message; what it would do to a window is written down.
TAPPED = """async (title) => {
  const done = [];
  clients.openWindow = (place) => done.push(["open", place]);
  WindowClient.prototype.focus = function () { done.push(["focus", new URL(this.url).pathname]); };
  let working;
  ExtendableEvent.prototype.waitUntil = (work) => { working = work; };
  const messages = await registration.getNotifications();
  const notification = messages.find((each) => each.title === title);
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  await working;
  const left = await registration.getNotifications();
  return [done, left.some((each) => each.title === title)];
}"""
GONE = "navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)"
SETTLED = "navigator.locks.request('calamity-told', () => true)"
REFRESH = "dispatchEvent(new Event('online'))"
HANDOVER = "Calamiteit: een overdracht wacht op iemand"
TRIAL = "Calamiteit: zo ziet een melding eruit"


def acting(server: Server, act: Callable[[Database, Wakes], Coroutine[Any, Any, None]]) -> None:
    """Do something as another process would."""

    async def play() -> None:
        database = Database(server.url, Vault(SECRET))
        await database.open()
        await act(database, Wakes(database))
        await database.close()

    run_apart(asyncio.wait_for(play(), 20))


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> tuple[Server, Town, str]:
    server = Server(database_url, tmp_path)
    kept: list[tuple[Town, str]] = []

    async def play(database: Database, wakes: Wakes) -> None:
        async with database.transaction() as session:
            town = await make_town(session)
        stage = await set_stage(database, wakes, town, database_url, tmp_path)
        await stage.start("give")
        server.calamity = stage.id
        kept.append((town, (await stage.task("choose")).id))

    acting(server, play)
    return server, *kept[0]


def watching(
    chromium: Browser, server: Server, role: UserRole, path: str, kind: str
) -> BrowserContext:
    """Open a browser that allows notifications, signed in and on a page."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="nl-NL")
    context.grant_permissions(["notifications"], origin=server.address)
    context.add_init_script(f"{{ {kind} }}")
    context.add_init_script(HOOK)
    page = context.new_page()
    sign_in(page, server, role)
    page.goto(server.address + path)
    page.wait_for_selector(READY)
    return context


def told(context: BrowserContext) -> list[str]:
    """Return what all tabs told, after each of them has looked."""
    for page in context.pages:
        page.evaluate(SETTLED)
    kept = "JSON.parse(sessionStorage.told ?? '[]')"
    return [words for page in context.pages for words in page.evaluate(kept)]


def hand_over(server: Server, role: str) -> None:
    """Hand a role over, as a colleague at another desk does."""
    with httpx.Client(base_url=server.address) as desk:
        form = {"login": LOGINS[UserRole.RESPONDER], "password": PASSWORD}
        desk.post("/sign-in", data=form | {"_csrf_token": _token(desk.get("/sign-in").text)})
        path = f"/calamities/{server.calamity}/handovers"
        form = {"_csrf_token": _token(desk.get(path).text), "role": role, "text": "Alles rustig."}
        assert desk.post(path, data=form).status_code == 303


def test_one_tab_tells_of_what_is_new_once_and_is_muted_at_will(
    stage: tuple[Server, Town, str], chromium: Browser
) -> None:
    server, _, task = stage
    with server.running():
        path = f"/calamities/{server.calamity}"
        context = watching(chromium, server, UserRole.COORDINATOR, path, ANDROID)
        page = context.pages[0]
        assert context.service_workers == [], "nobody agreed yet"
        page.click("text=Ja, laat het weten")
        mute = page.get_by_role("button", name="Signalen staan aan. Zet ze stil")
        mute.wait_for()
        assert [TRIAL in each for each in told(context)] == [True]
        assert page.evaluate("tones") == [523, 659]
        assert not page.is_visible("text=Ja, laat het weten")
        other = context.new_page()
        other.goto(server.address + path)
        other.wait_for_selector(READY)
        other.get_by_role("button", name="Signalen staan aan. Zet ze stil").wait_for()

        hand_over(server, "NET")
        for each in (page, other):
            each.wait_for_selector(".task--duty >> text=netwerkbeheerder", timeout=5000)
        assert sorted(each.split("{")[0] for each in told(context)) == [
            HANDOVER, TRIAL,
        ]  # fmt: skip
        assert page.title() == other.title() == "(1) Aanslag elders - Calamity"
        # The browser itself shows them, and a tap brings the page forward.
        assert sorted(page.evaluate(SHOWN)) == [[HANDOVER, path], [TRIAL, path]]
        [worker] = context.service_workers
        assert worker.evaluate(TAPPED, HANDOVER) == [[["focus", path]], False]
        # The same page again: what was told stays told.
        other.reload()
        other.wait_for_selector(READY)
        other.get_by_role("button", name="Signalen staan aan. Zet ze stil").wait_for()
        page.evaluate(REFRESH)
        assert len(told(context)) == 2

        other.close()
        # Nobody writes anything: it is the clock that makes a task late.
        tones = len(page.evaluate("tones"))
        acting(server, _due_in(task, seconds=3))
        page.evaluate(REFRESH)
        page.wait_for_selector(f"#task-{task}.task--late", timeout=9000)
        assert any("Calamiteit: er is iets te laat" in each for each in told(context))
        assert page.evaluate("tones")[tones:] == [784, 659, 784], "urgent sounds otherwise"

        mute.click()
        page.get_by_role("button", name="Signalen zijn stil. Zet ze aan").wait_for()
        before = told(context)
        assert page.title() == "Aanslag elders - Calamity"
        hand_over(server, "LEI")
        page.wait_for_selector(".task--duty >> nth=1", timeout=5000)
        assert told(context) == before
        # The page is no longer open: it is opened anew. And who wants no messages has no worker.
        page.goto(f"{server.address}/account")
        assert worker.evaluate(TAPPED, TRIAL) == [[["open", path]], False]
        page.get_by_label("Een melding van de browser").uncheck()
        page.wait_for_function(GONE)
        context.close()


def _due_in(task: str, *, seconds: int) -> Callable[[Database, Wakes], Coroutine[Any, Any, None]]:
    async def act(database: Database, _: Wakes) -> None:
        due = moment() + timedelta(seconds=seconds)
        async with database.transaction() as session:
            await session.sql.execute(
                update(TaskRow).where(col(TaskRow.id) == task).values(due_at=due)
            )

    return act


def test_a_contact_person_hears_that_somebody_wrote_and_never_what_or_who(
    stage: tuple[Server, Town, str], chromium: Browser
) -> None:
    server, town, _ = stage
    person = town["kf1"]

    async def write(database: Database, wakes: Wakes) -> None:
        text = InboundText("SM" + "a" * 32, person.phone, SENDER, WROTE)
        await Inbox(database, wakes).keep(text, moment())
        async with database.transaction() as session:
            await read_inbox(session, wakes, TERMS, at=moment())

    with server.running():
        context = watching(chromium, server, UserRole.CONTACT_PERSON, "/account", WITHOUT_WORKER)
        page = context.pages[0]
        box = page.get_by_label("Een melding van de browser")
        box.check()
        page.get_by_role("button", name="Signalen staan aan. Zet ze stil").wait_for()
        page.goto(f"{server.address}/inbox")
        page.wait_for_selector(READY)
        page.get_by_role("button", name="Signalen staan aan. Zet ze stil").wait_for()
        assert [TRIAL in each for each in told(context)] == [True]
        acting(server, write)
        page.evaluate(REFRESH)
        page.wait_for_selector("text=Moniek", timeout=5000)
        _, said = told(context)
        assert said.startswith("Calamiteit: een nieuw antwoord wacht op jou{")
        assert "Moniek" not in said
        assert person.name not in said
        assert person.phone not in said
        assert page.evaluate("tones") == [], "only the way that was chosen"
        assert page.title() == "Mijn mensen - Calamity"
        _says_no(page, server)
        context.close()


def _says_no(page: Page, server: Server) -> None:
    """Take it all back; the offer comes once, and no thanks is an answer too."""
    page.goto(f"{server.address}/account")
    page.get_by_label("Een melding van de browser").uncheck()
    page.goto(f"{server.address}/inbox")
    page.get_by_role("button", name="Nee, dank je").click()
    page.reload()
    page.wait_for_selector(READY)
    page.wait_for_selector("[data-signals]", state="attached")
    assert not page.is_visible("text=Nee, dank je")
    assert page.evaluate("localStorage.getItem('calamity-signals')") is not None
