"""What people take along, in a real Chromium: the situation report, and one's own calendar."""

import httpx
from playwright.sync_api import Browser

from calamity.domain.permissions import UserRole
from tests.web.browser_stage import READY, SIDEWAYS, Server, browsing, sign_in


def test_a_report_is_written_on_a_phone_and_read_on_another(
    server: Server, chromium: Browser
) -> None:
    with server.running():
        with browsing(chromium, width=360) as (page, said):
            sign_in(page, server, UserRole.COORDINATOR)
            page.goto(f"{server.address}/calamities/{server.calamity}")
            page.get_by_role("link", name="Schrijf het situatierapport").click()
            page.wait_for_selector(READY)
            assert page.evaluate(SIDEWAYS) <= 0
            page.get_by_label("6. Wat goed gaat").fill("Buren koken voor elkaar.")
            page.get_by_label("Ik heb op namen gelet").check()
            page.get_by_role("button", name="Sla op en geef vrij").click()
            page.wait_for_selector("text=Versie 1 is vrijgegeven.")
            assert page.evaluate(SIDEWAYS) <= 0
            page.get_by_text("Kopieer kop voor kop naar LCMS").click()
            page.get_by_role("button", name="Kopieer 6. Wat goed gaat").click()
            page.get_by_role("button", name="Gekopieerd").wait_for()
            assert page.evaluate("document.activeElement.value") == "Buren koken voor elkaar."
            with page.expect_download() as download:
                page.get_by_role("link", name="PDF, om te printen").click()
            assert download.value.path().read_bytes()[:5] == b"%PDF-"
            assert said == []
        with browsing(chromium, width=360) as (page, said):
            sign_in(page, server, UserRole.OFFICIAL)
            page.goto(f"{server.address}/calamities/{server.calamity}/officials")
            page.get_by_role("link", name="Situatierapport, versie 1").click()
            page.wait_for_selector("text=Buren koken voor elkaar.")
            assert page.get_by_role("link", name="Schrijf de volgende versie").count() == 0
            assert said == []


def test_a_calendar_link_is_made_on_a_phone_shown_once_and_withdrawn(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, said):
        sign_in(page, server, UserRole.RESPONDER)
        page.get_by_role("link", name="Mijn overleggen en deadlines").click()
        page.get_by_role("button", name="Maak een link").click()
        url = page.get_by_label("Adres van de agenda").input_value()
        assert page.evaluate(SIDEWAYS) <= 0
        feed = server.address + url[url.index("/calendar/") :]
        assert httpx.get(feed).text.startswith("BEGIN:VCALENDAR")
        page.goto(f"{server.address}/calendar")
        assert url not in page.content()
        page.get_by_role("button", name="Trek de link in").click()
        page.wait_for_selector("text=De link werkt niet meer.")
        assert httpx.get(feed).status_code == 404
        assert said == []
