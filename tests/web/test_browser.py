# ruff: noqa: E501 - scripts for the browser read best on one line
"""Every page in a real Chromium: no errors, no violations, no sideways scrolling, axe content."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.web import samples

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()
AXE_FUNCTION = "() => {" + AXE + "}"
RUN_AXE = """async (rules) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, { runOnly: rules ?? tags });
  return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
}"""
OPEN_ALL = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, .nl-button, .tick, .moods__choice, .mainnav a, input, select, textarea")]
  .filter((e) => e.offsetParent && e.type !== "hidden" && !e.closest(".tick, .moods__choice") || e.matches(".tick, .moods__choice"))
  .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
  .map((e) => e.outerHTML.slice(0, 90))"""

# WCAG 1.4.12, and 1.4.4 as a browser that enlarges text does it.
SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"
ENLARGED = "html { font-size: 200% !important }"
DRESS = """(rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
}"""
# An excerpt of what stands in full on a page of its own may be cut off.
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((e) => {
  const style = getComputedStyle(e);
  return e.offsetParent && /hidden|clip/.test(style.overflowX + style.overflowY) && !e.closest("input, svg, .visually-hidden, .contact__excerpt, .meter")
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map((e) => e.outerHTML.slice(0, 90))"""
MOVING = """() => document.getAnimations().length + [...document.querySelectorAll("*")].filter((e) => {
  const style = getComputedStyle(e);
  return [style.animationDuration, style.transitionDuration].some((each) => each.split(",").some((one) => parseFloat(one) > 0)) || style.scrollBehavior === "smooth";
}).length"""
UNTOLD = """() => [...document.querySelectorAll("svg.map, [data-chart]")].filter((e) => {
  // A chart that was not opened yet has its name ready; whoever draws it says that it is an image.
  if (e.dataset.label) return !e.closest("section, main").querySelector("table");
  const name = e.getAttribute("aria-label") ?? document.getElementById(e.getAttribute("aria-labelledby"))?.textContent ?? e.querySelector(":scope > title")?.textContent;
  return e.getAttribute("role") !== "img" || !name?.trim() || !e.closest("section, main").querySelector("table, .wall__moods");
}).map((e) => e.outerHTML.slice(0, 120))"""


# On paper nothing can be pressed or filled in, but for a form that is there to be.
PRESSED = """() => [...document.querySelectorAll("nav, form, button, a.nl-button, input, select, textarea")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".visually-hidden") && (!e.closest(".on-paper") || e.matches("button, a")))
  .map((e) => e.outerHTML.slice(0, 90))"""


class Watched:
    """One tab in which page after page opens; it hears what each of them complains of.

    A tab of its own for each page would start a process, and load everything anew, each time.
    """

    def __init__(self, browser: Browser) -> None:
        context = browser.new_context(reduced_motion="reduce", bypass_csp=False)
        self.page = context.new_page()
        self.said: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def open(self, address: str, *, width: int) -> Page:
        """Open a page as someone does who was never here before."""
        page = self.page
        page.goto("about:blank")
        page.context.clear_cookies()
        self.said.clear()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Watched:
    """The tab that the tests of this module share."""
    return Watched(chromium)


def axe(page: Page, *rules: str) -> list[str]:
    # Through the debugger, so that the page's own policy stays in force.
    if not page.evaluate("'axe' in window"):  # half a megabyte: once per page
        page.evaluate("(" + AXE_FUNCTION + ")()")
    return list(page.evaluate(RUN_AXE, list(rules) or None))


def test_a_link_opens_what_it_points_to_and_paper_shows_all(gallery: str, tab: Watched) -> None:
    page = tab.open(f"{gallery}/nl/playbook", width=360)
    folds, message = page.locator("details.fold--read"), page.locator("#message-K1")
    assert folds.evaluate_all("all => all.filter((one) => one.open).length") == 0
    # The step that sends it is folded too: by keyboard, as a person without a mouse would.
    phase = page.locator("details.fold--read", has=page.locator("a[href='#message-K1']")).first
    phase.locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator("a[href='#message-K1']").first.click()
    assert message.locator("blockquote").first.is_visible()
    opened = folds.evaluate_all("all => all.filter((one) => one.open).length")
    assert opened == 2
    assert folds.count() > opened
    page.emulate_media(media="print")
    shown = page.locator(".fold--read .step, .fold--read .message").evaluate_all(
        "all => all.map((one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.getBoundingClientRect().height > 0)"
    )
    page.emulate_media(media="screen")
    assert len(shown) > 2
    assert all(shown)


@pytest.mark.parametrize("name", samples.PAGES)
def test_every_page_is_clean_and_accessible(name: str, gallery: str, tab: Watched) -> None:
    page = tab.open(f"{gallery}/nl/{name}", width=1280)
    assert page.evaluate(SIDEWAYS) <= 0
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SIDEWAYS) <= 0, "opened"
    assert page.evaluate(SMALL_TARGETS) == []
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, "color-contrast", "link-in-text-block") == [], "dark"
    page.emulate_media(color_scheme="light")
    fits_paper(page, name)
    fits_a_phone(page, name)
    assert tab.said == []


def fits_paper(page: Page, name: str) -> None:
    """The same page as printed on A4: all that was folded for the screen, and nothing to press."""
    page.set_viewport_size({"width": 794, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate(PRESSED) == [], "paper"
    assert page.evaluate(SIDEWAYS) <= 0, "paper"
    if samples.PAGES[name][0] != "wall":
        assert "Waterveen" in page.inner_text("body")
    page.emulate_media(media="screen")


def fits_a_phone(page: Page, name: str) -> None:
    """The same page on a small screen, with more space between letters, and in large text."""
    # 320 is also what is left of 1280 at a zoom of 400 %.
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate(SIDEWAYS) <= 0, "phone"
    assert page.evaluate(SMALL_TARGETS) == []
    assert axe(page, "target-size", "scrollable-region-focusable") == []
    assert page.evaluate(UNTOLD) == []
    assert page.evaluate(MOVING) == 0
    page.evaluate(DRESS, SPACED)
    assert page.evaluate(SIDEWAYS) <= 0, "spaced"
    assert page.evaluate(CUT_OFF) == [], "spaced"
    if samples.PAGES[name][0] != "wall":  # in large text it is a page that scrolls, from 64rem on
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate(DRESS, ENLARGED)
        assert page.evaluate(SIDEWAYS) <= 0, "enlarged"
        assert page.evaluate(CUT_OFF) == [], "enlarged"


@pytest.mark.parametrize(
    "name", ["room", "officials", "check-in", "activate-form-wrong", "timeline-line-wrong"]
)
def test_pages_reflow_at_320_and_in_english(name: str, gallery: str, tab: Watched) -> None:
    page = tab.open(f"{gallery}/en/{name}", width=320)
    assert page.evaluate(SIDEWAYS) <= 0
    assert tab.said == []


def test_charts_come_when_wanted_and_break_no_policy(gallery: str, tab: Watched) -> None:
    page = tab.open(f"{gallery}/nl/round", width=1280)
    page.locator(".trend").scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart=trend] svg")
    page.click("[data-chart-open=map]")
    page.wait_for_selector("[data-chart=map] svg")
    page.hover("[data-chart=map] svg path >> nth=4", force=True)
    page.wait_for_timeout(300)
    assert page.get_attribute("[data-chart=map]", "aria-label")
    assert axe(page) == []
    assert tab.said == []


def test_the_start_page_asks_for_no_chart(gallery: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{gallery}/nl/start")
    page.wait_for_selector("html[data-ready]")
    assert not [url for url in asked if "charts" in url]
    assert all(url.startswith((gallery, "data:")) for url in asked)
    context.close()


def test_the_keyboard_reaches_the_content_first(gallery: str, tab: Watched) -> None:
    page = tab.open(f"{gallery}/nl/start", width=1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("nl-skip-link")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
