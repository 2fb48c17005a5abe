"""A live page stays true: news, lost connections and sessions; and a form is sent once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.gallery import STORY

READY = "html[data-ready]"
LIVE = "main[data-stream]"


@pytest.fixture
def room(gallery: str, chromium: Browser) -> Iterator[Page]:
    STORY.down = STORY.signed_out = False
    STORY.asked_after.clear()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{gallery}/nl/room")
    page.wait_for_selector(READY)
    yield page
    STORY.down = STORY.signed_out = False
    context.close()


def test_news_appears_and_what_a_person_does_stays(room: Page) -> None:
    room.click("#part-timeline > details > summary")
    room.fill("#entry-text", "Ik ben nog aan het typen")
    room.focus("#entry-text")
    STORY.add("Feit: de school blijft morgen open.")
    room.wait_for_selector("text=de school blijft morgen open", timeout=5000)
    assert room.input_value("#entry-text") == "Ik ben nog aan het typen"
    assert room.evaluate("document.activeElement.id") == "entry-text"
    assert room.locator("#part-timeline > details").get_attribute("open") is not None
    assert "Tijdlijn (1)" in (room.text_content("#news") or "")
    assert room.locator(".entry.is-new").count() == 1
    assert room.evaluate("window.scrollY") >= 0


def test_a_lost_connection_is_told_and_made_good(room: Page) -> None:
    STORY.down = True
    room.wait_for_selector("#connection:not([hidden])", timeout=10_000)
    words = room.text_content("#connection") or ""
    assert words.strip().startswith("Geen verbinding sinds ")
    assert " uur" in words
    STORY.add("Feit: gemist tijdens de storing.")
    STORY.down = False
    room.wait_for_selector("text=gemist tijdens de storing", timeout=20_000)
    room.wait_for_selector("#connection[hidden]", state="attached", timeout=10_000)
    assert STORY.asked_after[0] == "58"


def test_a_stream_resumes_after_the_last_line_that_it_saw(room: Page) -> None:
    STORY.add("Feit: nog een regel.")
    room.wait_for_selector("text=nog een regel", timeout=5000)
    seen = STORY.timeline.entries[0].sequence
    STORY.asked_after.clear()
    room.evaluate("window.dispatchEvent(new Event('online'))")
    room.wait_for_timeout(600)
    assert STORY.asked_after
    assert STORY.asked_after[-1] == str(seen)


def test_a_lost_session_leads_to_the_sign_in_page(room: Page) -> None:
    STORY.signed_out = True
    STORY.add("Feit: alleen voor wie is ingelogd.")
    link = room.wait_for_selector("#connection a", timeout=5000)
    assert link is not None
    assert (link.get_attribute("href") or "").startswith("/sign-in?next=")
    assert room.locator("#part-tasks").count() == 1


def test_a_task_is_done_in_its_place(room: Page) -> None:
    tasks = room.locator("#part-tasks .task:not(.task--duty)")
    before = tasks.count()
    # The answer is asked for by itself: that the page then shows it is what is tested here.
    with room.expect_response("**/tasks/*/done", timeout=20_000) as answered:
        tasks.locator("button:has-text('Klaar')").first.click()
    assert answered.value.status == 200
    expect(tasks).to_have_count(before - 1, timeout=20_000)
    assert room.url.endswith("/nl/room")


def test_direct_danger_keeps_nothing(gallery: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{gallery}/nl/check-in")
    page.wait_for_selector(READY)
    page.fill("#well", "iets")
    page.check("input[name=gate][value=yes]")
    assert page.is_visible("text=Bel nu 112")
    assert not page.is_visible("#well")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    context.close()


def test_a_second_press_sends_nothing(gallery: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sent: list[str] = []
    page.route("**/confirm", lambda route: sent.append(route.request.post_data or ""))
    page.goto(f"{gallery}/nl/activate-review")
    page.wait_for_selector(READY)
    button = page.locator(".confirm .nl-button--primary")
    button.evaluate("(it) => { it.click(); it.click(); }")
    page.wait_for_timeout(300)
    assert len(sent) == 1
    assert "idempotency_key=k-1" in sent[0]
    context.close()
