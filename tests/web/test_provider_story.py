"""With a work account in a real browser: away to the provider, back in, and out again."""

import re
import socket
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.provider.stage import provider_running
from tests.web.test_room_browser import Server, browsing


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def come_in(page: Page) -> None:
    page.fill("[name=login]", "noor")
    page.fill("[name=password]", "whatever they have")
    page.get_by_role("button", name="Sign-in").click()


def test_a_coordinator_comes_in_with_the_work_account(
    chromium: Browser, town, sqlite_url: str, tmp_path: Path
) -> None:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with provider_running(
        public, backchannel=f"{public}/sign-in/provider/back-channel"
    ) as provider:
        server = Server(sqlite_url, tmp_path, port)
        server.environ = provider.settings(CALAMITY_PUBLIC_URL=public)
        with server.running(), browsing(chromium, width=360) as (page, said):
            page.goto(f"{public}/playbooks")
            page.get_by_role("link", name="Inloggen met je werkaccount").click()
            page.wait_for_url(f"{provider.issuer}/**")
            come_in(page)
            page.get_by_role("button", name="Continue").click()
            page.wait_for_url(f"{public}/playbooks")
            expect(page.locator(".person-menu__who")).to_have_text(re.compile("Noor Vermeer"))
            cookies = {each["name"]: each for each in page.context.cookies(public)}
            assert cookies["calamity_session"]["httpOnly"]
            assert "calamity_ceremony" not in cookies

            # Who shows again who they are leaves from a form here, and comes back.
            page.goto(f"{public}/account/prove?next=/playbooks")
            page.wait_for_url(f"{provider.issuer}/**")
            come_in(page)
            page.wait_for_url(f"{public}/playbooks")

            # Out here is out there.
            page.get_by_role("button", name="Uitloggen").click()
            page.wait_for_url(f"{provider.issuer}/session/end**")
            page.get_by_role("button", name="Yes, sign me out").click()
            page.wait_for_url("**/sign-in")
            expect(page.locator(".flash")).to_contain_text("hier en bij je werkaccount")
            page.get_by_text("Met een naam en een wachtwoord van Calamity zelf").click()
            expect(page.locator("#login")).to_be_visible()

            # Out there, by another product of the municipality, is out here.
            page.goto(f"{public}/sign-in/provider?next=/playbooks")
            come_in(page)
            page.get_by_role("button", name="Continue").click()
            page.wait_for_url(f"{public}/playbooks")
            page.goto(f"{provider.issuer}/session/end")
            page.get_by_role("button", name="Yes, sign me out").click()
            provider.said("told")
            page.goto(f"{public}/playbooks")
            page.wait_for_url("**/sign-in?next=**")
            assert [line for line in said if line.startswith(public)] == []
