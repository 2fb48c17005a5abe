"""The real app in a real Chromium: the room stays true, and a form survives a reload."""

import re
import time

import httpx
from playwright.sync_api import Browser, Page

from calamity.domain.permissions import UserRole
from tests.make import PASSWORD
from tests.web.browser_stage import READY, SIDEWAYS, Server, browsing, sign_in
from tests.web.pages_stage import LOGINS


def write_line(server: Server, text: str) -> None:
    """Add a line as a colleague at another desk does."""
    with httpx.Client(base_url=server.address) as desk:
        token = _token(desk.get("/sign-in").text)
        form = {"_csrf_token": token, "login": LOGINS[UserRole.COORDINATOR], "password": PASSWORD}
        assert desk.post("/sign-in", data=form).status_code == 303
        path = f"/calamities/{server.calamity}/timeline"
        token = _token(desk.get(path).text)
        form = {"_csrf_token": token, "kind": "fact", "text": text, "visibility": "officials"}
        assert desk.post(path, data=form).status_code == 303


def _token(page: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _seconds_until_seen(page: Page, server: Server, number: int) -> float:
    words = f"Er is nieuws, nummer {number}."
    write_line(server, words)
    committed = time.monotonic()
    page.wait_for_selector(f"text={words}", timeout=5000)
    return time.monotonic() - committed


def test_the_room_shows_a_commit_within_a_second_and_resumes_after_a_cut(
    server: Server, chromium: Browser
) -> None:
    with browsing(chromium, width=1280) as (page, said):
        with server.running():
            sign_in(page, server, UserRole.COORDINATOR)
            page.goto(f"{server.address}/calamities/{server.calamity}")
            page.wait_for_selector(READY)
            page.wait_for_timeout(500)
            assert page.evaluate(SIDEWAYS) <= 0
            # The best of three: the machine of a test may be busy with something else.
            assert min(_seconds_until_seen(page, server, number) for number in range(3)) < 1
            assert said == []
        page.wait_for_selector("#connection:not([hidden])", timeout=10_000)
        with server.running():
            write_line(server, "Geschreven terwijl de verbinding weg was.")
            page.wait_for_selector("text=Geschreven terwijl de verbinding weg was.", timeout=25_000)
            page.wait_for_selector("#connection", state="hidden", timeout=10_000)
            write_line(server, "En weer gewoon verder.")
            page.wait_for_selector("text=En weer gewoon verder.", timeout=2000)
        # The browser itself says that the server was away; nothing else may be said.
        assert [words for words in said if "ERR_" not in words] == []


def test_a_part_answers_in_its_place_and_what_somebody_types_elsewhere_stays(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=1280) as (page, said):
        sign_in(page, server, UserRole.COORDINATOR)
        page.goto(f"{server.address}/calamities/{server.calamity}")
        page.wait_for_selector(READY)
        page.click("#part-timeline > details > summary")
        page.fill("#entry-text", "Ik ben nog aan het typen")
        page.click("#part-roster .person >> nth=0 >> summary")
        page.click("#part-roster .person >> nth=0 >> button[value=coming]")
        page.wait_for_selector("#part-roster >> text=1 komt", timeout=3000)
        assert page.url.endswith(server.calamity)
        assert page.input_value("#entry-text") == "Ik ben nog aan het typen"
        page.click("#part-timeline form button[type=submit] >> nth=0")
        page.wait_for_selector(".entry__body >> text=Ik ben nog aan het typen", timeout=3000)
        assert said == []


def test_a_line_is_corrected_on_a_phone_and_what_was_typed_survives(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, said):
        sign_in(page, server, UserRole.COORDINATOR)
        write_line(server, "Drie klassen hebben vragen.")
        page.goto(f"{server.address}/calamities/{server.calamity}/timeline")
        page.wait_for_selector(READY)
        line = page.locator(".entry", has_text="Drie klassen hebben vragen.")
        anchor = line.get_attribute("id")
        line.get_by_role("link", name="regel").click()
        page.wait_for_selector(READY)
        assert page.evaluate(SIDEWAYS) <= 0
        assert page.input_value("#text") == "Drie klassen hebben vragen."
        page.fill("#text", "Vier klassen hebben vragen.")
        page.reload()
        page.wait_for_selector(READY)
        assert page.input_value("#text") == "Vier klassen hebben vragen."
        page.get_by_role("button", name="Voeg de verbetering toe").click()
        page.wait_for_selector("del >> text=Drie klassen hebben vragen.")
        assert page.is_visible(".entry__body >> text=Vier klassen hebben vragen.")
        page.get_by_role("link", name="Terug naar de tijdlijn").click()
        page.wait_for_selector(f"#{anchor}:target del >> text=Drie klassen hebben vragen.")
        page.get_by_role("link", name=re.compile("^verbeterd door regel")).click()
        page.wait_for_selector(READY)
        assert page.input_value("#text") == "Vier klassen hebben vragen."
        assert page.evaluate("Object.keys(localStorage).length") == 0
        page.get_by_role("link", name="Terug naar de tijdlijn").click()
        page.get_by_role("link", name="Bestand toevoegen").click()
        page.wait_for_selector(READY)
        assert page.evaluate(SIDEWAYS) <= 0
        letter = {"name": "van Jan.txt", "mimeType": "text/plain", "buffer": b"Morgen open."}
        page.locator("#file").set_input_files(letter)
        page.get_by_label("Wat is het?").fill("Brief aan ouders")
        page.get_by_label("Nee", exact=True).check()
        page.get_by_label("Ik heb het hele bestand doorgekeken").check()
        page.get_by_label("Waarom hoort het op de tijdlijn?").fill("Voor alle scholen")
        page.get_by_role("button", name="Bestand toevoegen").click()
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Bestand downloaden (TXT, 1 kB)").click()
        assert downloading.value.path().read_bytes() == b"Morgen open."
        assert "Jan" not in downloading.value.suggested_filename
        assert said == []


def test_officials_see_news_by_themselves(server: Server, chromium: Browser) -> None:
    with server.running(), browsing(chromium, width=1280) as (page, said):
        sign_in(page, server, UserRole.OFFICIAL)
        page.goto(f"{server.address}/calamities/{server.calamity}/officials")
        page.wait_for_selector(READY)
        page.wait_for_timeout(500)
        with httpx.Client(base_url=server.address) as desk:
            form = {"login": LOGINS[UserRole.COORDINATOR], "password": PASSWORD}
            desk.post("/sign-in", data=form | {"_csrf_token": _token(desk.get("/sign-in").text)})
            room = f"/calamities/{server.calamity}"
            token = _token(desk.get(room).text)
            said_now = {"first": "Het is stil.", "second": "Wij zijn er.", "third": "Tot straks."}
            desk.post(
                f"{room}/sentences",
                data=said_now | {"next_update_at": "23:55", "_csrf_token": token},
            )
        page.wait_for_selector("text=Wij zijn er.", timeout=1500)
        assert said == []


def test_the_form_on_a_phone_keeps_its_draft_over_a_reload(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, said):
        page.goto(server.address + server.link)
        page.wait_for_selector(READY)
        assert page.evaluate(SIDEWAYS) <= 0
        page.check("input[name=gate][value=no]")
        page.check("input[name=mood][value='3']")
        page.fill("#well", "Buren helpen elkaar")
        page.reload()
        page.wait_for_selector(READY)
        assert page.is_checked("input[name=mood][value='3']")
        assert page.input_value("#well") == "Buren helpen elkaar"
        page.check("input[name=direction][value=same]")
        page.check("input[name=certainty][value='2']")
        page.click(".checkin button[type=submit]:visible")
        page.wait_for_url("**/thanks")
        page.goto(server.address + server.link)
        page.wait_for_selector(READY)
        assert page.input_value("#well") == ""
        assert said == []


def test_a_coordinator_keeps_what_is_known_and_promised_on_a_phone(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, said):
        sign_in(page, server, UserRole.COORDINATOR)
        room = f"{server.address}/calamities/{server.calamity}"
        page.goto(f"{room}/matters/fact")
        page.wait_for_selector(READY)
        page.fill("#text", "De school is dicht")
        page.get_by_role("button", name="Voeg een feit toe").click()
        page.get_by_role("link", name="De school is dicht").click()
        page.get_by_role("link", name="Verstuur dit feit").click()
        page.wait_for_selector(READY)
        page.select_option("#audience", "street")
        page.get_by_role("button", name="Kijk wie wat krijgt").click()
        page.wait_for_selector("text=3 mensen krijgen dit")
        page.get_by_role("button", name="Verstuur dit aan 3 mensen").click()
        page.wait_for_selector("text=De woorden zijn onderweg.")
        page.goto(f"{room}/matters/fact")
        page.get_by_role("link", name="De school is dicht").click()
        page.wait_for_selector("text=3 mensen lazen dit in een bericht")
        page.fill("#reason", "De directie belde")
        page.get_by_role("button", name="Trek het in").click()
        page.get_by_role("link", name="Bekijk de verbetering").click()
        page.wait_for_selector(READY)
        assert page.input_value("#nl").startswith("Verbetering. Eerder schreven we: De school")
        assert page.evaluate(SIDEWAYS) <= 0
        page.get_by_role("button", name="Kijk wie wat krijgt").click()
        page.get_by_role("button", name="Verstuur dit aan 3 mensen").click()
        page.wait_for_selector("text=De woorden zijn onderweg.")
        page.goto(f"{room}/matters/commitment")
        page.wait_for_selector(READY)
        for field, words in (("text", "We komen langs"), ("to", "de clubs"), ("owner", "COM")):
            page.fill(f"#{field}", words)
        page.fill("#due_at", "2020-01-02T18:00")
        page.get_by_role("button", name="Voeg een toezegging toe").click()
        page.wait_for_selector("text=Het staat op de tijdlijn.")
        page.goto(room)
        page.wait_for_selector(READY)
        late = page.locator("#part-tasks .task").first
        assert "We komen langs" in late.inner_text()
        late.get_by_role("link", name="Nagekomen of niet?").click()
        page.check("input[value=kept]")
        page.fill("#reason", "Gedaan")
        page.get_by_role("button", name="Zet het op de tijdlijn").click()
        page.wait_for_selector(".flash >> text=nagekomen")
        page.goto(f"{room}/handovers")
        page.wait_for_selector(READY)
        assert "We komen langs" in page.input_value("#text")
        page.get_by_role("button", name="Draag over").click()
        page.wait_for_selector("text=Niemand heeft dit nog overgenomen.")
        assert page.evaluate(SIDEWAYS) <= 0
        assert said == []


def test_a_watch_is_begun_on_a_phone_and_an_official_sees_it_end(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=360) as (page, said):
        sign_in(page, server, UserRole.COORDINATOR)
        page.goto(f"{server.address}/activate/small")
        page.wait_for_selector(READY)
        for field, words in (
            ("title", "Knal bij het station"), ("incident", "een knal bij het station"),
            ("place", "Stadhuis"), ("social_level_reason", "Vragen van inwoners"),
            ("watch_reason", "De politie belt terug"),
        ):  # fmt: skip
            page.fill(f"#{field}", words)
        page.check("input[name=exercise][value=no]")
        page.check("input[name=scope][value=watch]")
        page.get_by_role("button", name="Verder: zien wie wat krijgt").click()
        page.wait_for_selector("text=Na deze knop krijgen 3 mensen een bericht.")
        assert page.evaluate(SIDEWAYS) <= 0
        page.get_by_role("button", name="Eerst afwachten").dblclick()
        page.wait_for_url("**/calamities/*")
        page.wait_for_selector("#watch >> text=De politie belt terug")
        room = page.url
        with browsing(chromium, width=1280) as (wall, heard):
            sign_in(wall, server, UserRole.OFFICIAL)
            wall.goto(f"{room}/officials")
            wall.wait_for_selector("#watch >> text=alleen het snelteam")
            wall.wait_for_selector(READY)
            page.get_by_role("link", name="Doorgaan of stoppen").click()
            page.wait_for_selector(READY)
            assert page.evaluate(SIDEWAYS) <= 0
            page.fill("#go-on-reason", "Het is een aanslag")
            page.get_by_role("button", name="Start het hele draaiboek").dblclick()
            page.wait_for_selector(".flash >> text=Het hele draaiboek is gestart.")
            assert page.locator("#watch").count() == 0
            page.wait_for_selector("text=Het hele draaiboek start; het afwachten dat")
            wall.wait_for_selector("#watch", state="detached", timeout=5000)
            assert said == heard == []
