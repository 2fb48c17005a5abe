"""The first minute in a real browser: sign in, start an exercise, be in its room."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from calamity.domain.permissions import UserRole
from tests.apps import give_back
from tests.make import PASSWORD, Town
from tests.web.pages_stage import LOGINS, make_app


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@contextlib.contextmanager
def _served(database_url: str, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = make_app(database_url, folder, CALAMITY_PUBLIC_URL=address)
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
        give_back(app)


@pytest.fixture
def address(town: Town, database_url: str, tmp_path: Path) -> Iterator[str]:
    with _served(database_url, tmp_path) as served:
        yield served


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="nl-NL", viewport={"width": 360, "height": 740})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None,
    )
    yield page
    context.close()
    assert wrong == []


def _sign_in(page: Page, address: str) -> None:
    page.goto(address + "/activate")
    page.fill("#login", LOGINS[UserRole.COORDINATOR])
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Inloggen").click()


def test_a_coordinator_starts_an_exercise_on_a_phone(page: Page, address: str) -> None:
    _sign_in(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Wat is er gebeurd?")
    page.get_by_role("link", name="Klein").click()
    page.fill("#title", "Oefening najaar")
    page.fill("#incident", "een aanslag elders")
    page.fill("#place", "Stadhuis, kamer 2")
    page.fill("#meeting_time", "20:15")
    page.check('input[name="exercise"][value="yes"]')
    page.fill("#social_level_reason", "Onrust in de wijk")
    page.locator("form[data-draft] button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nakijken en bevestigen")
    expect(page.locator("blockquote.sms").first).to_contain_text("OEFENING")
    expect(page.locator("details.fold blockquote.sms").first).to_be_hidden()
    page.get_by_role("button", name="Start de oefening").click()
    expect(page).to_have_url(re.compile(r"/calamities/[0-9a-f-]{36}$"))
    expect(page.locator(".banner--exercise")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("Oefening najaar")


def test_what_was_typed_survives_a_mistake_and_a_way_back(page: Page, address: str) -> None:
    _sign_in(page, address)
    page.goto(address + "/activate/small")
    page.fill("#title", "Oefening najaar")
    page.fill("#incident", "een aanslag elders")
    page.fill("#place", "Stadhuis")
    page.fill("#meeting_time", "20:15")
    page.check('input[name="exercise"][value="yes"]')
    page.fill("#social_level_reason", "Onrust")
    page.select_option("#grip", "2")
    page.locator("form[data-draft] button[type=submit]").click()
    expect(page.locator("#grip_reason-error")).to_contain_text("Geef de reden")
    expect(page.locator("#title")).to_have_value("Oefening najaar")
    page.fill("#grip_reason", "Regionale crisisorganisatie")
    page.locator("form[data-draft] button[type=submit]").click()
    page.get_by_role("button", name="Terug, iets veranderen").click()
    expect(page.locator("#grip_reason")).to_have_value("Regionale crisisorganisatie")
    expect(page.locator("#grip")).to_have_value("2")
    page.reload()


def test_the_language_changes_on_the_spot(page: Page, address: str) -> None:
    _sign_in(page, address)
    page.goto(address + "/neighbourhoods")
    page.get_by_role("button", name="Read this in English").click()
    expect(page).to_have_url(address + "/neighbourhoods")
    expect(page.get_by_role("heading", level=1)).to_have_text("Neighbourhoods")
