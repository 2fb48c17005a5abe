"""The keyboard alone: from the way in to a task that is done, and where it is always shows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from calamity.domain.permissions import UserRole
from tests.make import PASSWORD
from tests.web.browser_stage import READY, Server, browsing
from tests.web.pages_stage import LOGINS

MOST_TABS = 150
AT = """() => {
  const at = document.activeElement;
  const box = at.getClientRects()[0];
  const style = getComputedStyle(at);
  const top = box && document.elementFromPoint(box.left + Math.min(box.width / 2, 12), box.top + box.height / 2);
  return {
    words: (at.innerText || at.getAttribute("aria-label") || "").trim().split("\\n")[0],
    name: at.id || at.name || "",
    value: at.value ?? "",
    shows: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isSeen: !!top && (at.contains(top) || top.contains(at) || [...(at.labels ?? [])].some((label) => label.contains(top))),
    jumps: !!document.querySelector('[tabindex]:not([tabindex="0"], [tabindex="-1"])'),
    html: at.outerHTML.slice(0, 120),
  };
}"""  # noqa: E501 - a script for the browser


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def tabs(page: Page) -> Iterator[dict[str, str]]:
    """Press Tab again and again; where it stops must show, and nothing may lie over it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        assert at["shows"], f"the focus does not show: {at['html']}"
        assert at["isSeen"], f"the focus is covered: {at['html']}"
        assert not at["jumps"]
        yield at
    pytest.fail("the keyboard does not get there")


def to_words(page: Page, words: str) -> None:
    assert next(at for at in tabs(page) if words in at["words"])


def to_field(page: Page, name: str, typed: str | None = None) -> None:
    assert next(at for at in tabs(page) if at["name"] == name)
    if typed is not None:
        page.keyboard.type(typed)


def test_a_task_is_done_from_sign_in_on_with_the_keyboard_alone(
    server: Server, chromium: Browser
) -> None:
    with server.running(), browsing(chromium, width=1280) as (page, said):
        page.goto(f"{server.address}/sign-in")
        page.wait_for_selector(READY)
        to_field(page, "login", LOGINS[UserRole.COORDINATOR])
        to_field(page, "password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{server.address}/")
        page.wait_for_selector(READY)
        to_words(page, "Start een draaiboek")
        page.keyboard.press("Enter")
        page.wait_for_url("**/activate")
        page.wait_for_selector(READY)
        to_words(page, "Klein")
        page.keyboard.press("Enter")
        page.wait_for_url("**/activate/small")
        page.wait_for_selector(READY)
        fields = {
            "title": "Oefening najaar", "incident": "een aanslag elders", "place": "Stadhuis",
            "meeting_time": "20:15", "social_level_reason": "Onrust",
        }  # fmt: skip
        for at in tabs(page):
            name = at["name"]
            if name == "exercise":
                while page.evaluate("document.activeElement.value") != "yes":
                    page.keyboard.press("ArrowDown")
                page.keyboard.press("Space")
            elif name in fields:
                page.keyboard.type(fields.pop(name))
            elif at["words"].startswith("Verder: zien wie"):
                break
        assert fields == {}
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Nakijken en bevestigen")
        page.wait_for_selector(READY)
        to_words(page, "Start de oefening")
        page.keyboard.press("Enter")
        page.wait_for_url("**/calamities/*")
        page.wait_for_selector(READY)
        to_words(page, "Klaar")
        done = page.locator("#part-tasks .task:has(:focus) h3").inner_text()
        page.keyboard.press("Space")
        expect(page.locator("#part-tasks .settled", has_text=done)).to_have_count(1)
        assert said == []
