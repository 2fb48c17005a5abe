"""A second step in a real browser: a passkey, codes, sessions, and rights for an hour."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.vault import Vault
from tests.make import PASSWORD, SECRET, make_town
from tests.postgres import run_apart
from tests.web.pages_stage import LOGINS, add_accounts
from tests.web.test_room_browser import Server, browsing

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Server:
    async def play() -> None:
        database = Database(sqlite_url, Vault(SECRET))
        await database.open()
        async with database.transaction() as session:
            await add_accounts(session, await make_town(session))
        await database.close()

    run_apart(play())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    # A passkey belongs to a name, not to a number.
    environ = {
        "CALAMITY_PUBLIC_URL": f"http://localhost:{port}", "CALAMITY_SECOND_FACTOR": "activate",
    }  # fmt: skip
    return Server(sqlite_url, tmp_path, port, environ=environ)


@contextmanager
def desk(chromium: Browser, width: int = 1280) -> Iterator[Page]:
    """A person at a desk of their own, with a key in it."""
    with browsing(chromium, width=width) as (page, said):
        tools = page.context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        yield page
        refused = ("401", "403", "422")
        assert [line for line in said if not any(code in line for code in refused)] == []


def enter(page: Page, home: str, role: UserRole) -> None:
    page.goto(f"{home}/sign-in")
    page.fill("[name=login]", LOGINS[role])
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def set_up_codes(mine: Page, home: str) -> tuple[str, list[str]]:
    """Sign in as a coordinator who has no second step yet; return the first code and the rest."""
    # The role can start a playbook: a password alone lets nobody in.
    enter(mine, home, UserRole.COORDINATOR)
    expect(mine.get_by_role("heading", level=1)).to_have_text("Codes van een app")
    assert "calamity_session" not in {each["name"] for each in mine.context.cookies(home)}
    mine.get_by_text("Scannen lukt niet").click()
    app = pyotp.TOTP(mine.locator("details code").inner_text())
    mine.fill("[name=code]", "000000")
    mine.get_by_role("button", name="Verder").click()
    expect(mine.locator("#code-error")).to_contain_text("niet de code van dit moment")
    first = app.now()
    mine.fill("[name=code]", first)
    mine.get_by_role("button", name="Verder").click()
    expect(mine.get_by_role("heading", level=1)).to_have_text("Herstelcodes")
    recovery = mine.locator("main li code").all_inner_texts()
    assert len(set(recovery)) == 10
    return first, recovery


def take_rights(theirs: Page, mine: Page, home: str) -> None:
    # An official adds a step of their own, and takes the rights of a coordinator.
    enter(theirs, home, UserRole.OFFICIAL)
    theirs.wait_for_url(f"{home}/")
    theirs.goto(f"{home}/account/passkeys")
    theirs.fill("[name=name]", "telefoon")
    theirs.get_by_role("button", name="Toegangssleutel maken").click()
    theirs.get_by_role("link", name="Ik heb ze bewaard").click()
    theirs.get_by_role("link", name="Noodtoegang nemen").click()
    theirs.fill("[name=reason]", "Niemand neemt de telefoon op.")
    theirs.get_by_role("button", name="Noodtoegang nemen").click()
    expect(theirs.locator(".banner--glass")).to_contain_text("Je hebt noodtoegang")
    theirs.goto(f"{home}/people")
    expect(theirs.locator(".banner--glass")).to_be_visible()

    mine.goto(f"{home}/playbooks")
    mine.get_by_role("link", name="Kijk het na").click()
    expect(mine.locator("blockquote")).to_have_text("Niemand neemt de telefoon op.")
    mine.get_by_role("button", name="Ik heb dit nagekeken").click()
    expect(mine.locator(".banner--glass")).to_have_count(0)
    theirs.get_by_role("button", name="Nu teruggeven").click()
    expect(theirs.locator(".banner--glass")).to_have_count(0)
    theirs.goto(f"{home}/people")
    expect(theirs.get_by_role("heading", level=1)).not_to_have_text("Mensen")


def test_a_coordinator_sets_up_steps_and_an_official_takes_rights(
    chromium: Browser, server: Server
) -> None:
    home = server.environ["CALAMITY_PUBLIC_URL"]
    with server.running(), desk(chromium) as mine, desk(chromium, 360) as theirs:
        first, recovery = set_up_codes(mine, home)

        # A passkey beside it.
        mine.goto(f"{home}/account/passkeys")
        mine.fill("[name=name]", "laptop")
        mine.get_by_role("button", name="Toegangssleutel maken").click()
        expect(mine.locator("main")).to_contain_text("De tweede stap is toegevoegd.")
        expect(mine.locator("main")).to_contain_text("laptop")

        # Out, and in again: the code of the set-up is used up, the passkey lets in.
        mine.get_by_role("button", name="Uitloggen").click()
        enter(mine, home, UserRole.COORDINATOR)
        mine.fill("[name=code]", first)
        mine.get_by_role("button", name="Verder").click()
        expect(mine.locator("#code-error")).to_contain_text("één keer te gebruiken")
        mine.get_by_role("button", name="Toegangssleutel gebruiken").click()
        mine.wait_for_url(f"{home}/")

        # A recovery code at another desk, once; and that session is ended from here.
        enter(theirs, home, UserRole.COORDINATOR)
        theirs.fill("[name=code]", recovery[0])
        theirs.get_by_role("button", name="Verder").click()
        expect(theirs.locator("main")).to_contain_text("Je hebt nog 9 herstelcodes over.")
        mine.goto(f"{home}/account")
        expect(mine.locator("#sessions-title ~ div tbody tr")).to_have_count(2)
        mine.get_by_role("button", name="Alle andere beëindigen").click()
        expect(mine.locator("main")).to_contain_text("Eén sessie is beëindigd.")
        theirs.goto(f"{home}/playbooks")
        theirs.wait_for_url("**/sign-in?**")
        enter(theirs, home, UserRole.COORDINATOR)
        theirs.fill("[name=code]", recovery[0])
        theirs.get_by_role("button", name="Verder").click()
        expect(theirs.locator("#code-error")).to_be_visible()

        take_rights(theirs, mine, home)
