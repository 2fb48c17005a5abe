"""The looks of a municipality: read at the start, worn by its own pages only, and still clear."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from calamity.cli.check_themes import check_themes
from calamity.domain.errors import Refused
from calamity.domain.permissions import UserRole
from calamity.domain.theme import GROUNDS, SCHEMES, Palette, Theme, palette, read_theme
from calamity.settings import Settings
from calamity.web.themes import read_themes
from tests.web.browser_stage import READY, Server, browsing, sign_in
from tests.web.test_browser import axe

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
BLUE = {
    "light": {
        "accent": {"$type": "color", "$value": "#154273"},
        "link": {"$value": "#01689b"},
        "header": {"$value": "#154273", "$description": "Ours since 2009."},
        "header-text": {"$value": "#ffffff"},
    },
    "dark": {
        "accent": {"$value": "#a9c7e8"},
        "header": {"$value": "#0b2440"},
        "header-text": {"$value": "#ffffff"},
    },
    "font": {"$type": "fontFamily", "$value": "system-ui"},
    "logo": {"$value": "wapen.svg"},
}
COMPUTED = """() => {
  const made = (name) => {
    const probe = document.createElement("i");
    document.body.append(probe);
    probe.setAttribute("class", "probe");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`.probe { color: var(${name}) }`);
    document.adoptedStyleSheets = [sheet];
    const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    document.adoptedStyleSheets = [];
    return "#" + [r, g, b].map((n) => n.toString(16).padStart(2, "0")).join("");
  };
  return (names) => Object.fromEntries(names.map((name) => [name, made(name)]));
}"""
READ = f"(names) => ({COMPUTED})()(names)"
SHOWN = {
    "accent": "--accent-fill", "accent_text": "--accent-fill-ink", "link": "--accent",
    "accent_hover": "--nl-button-primary-hover-background-color", "focus": "--focus",
    "link_hover": "--nl-button-secondary-hover-color", "header": "--header",
    "header_text": "--header-ink", "soft": "--accent-soft",
    "strong": "--nl-button-secondary-hover-background-color",
}  # fmt: skip
DERIVED = frozenset({"accent_hover", "link_hover", "soft", "strong"})
"""What follows from a theme's tokens; the house has shades of its own there."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "themes"
    made.mkdir()
    (made / "oeverlanden.json").write_text(json.dumps(BLUE))
    (made / "wapen.svg").write_text(LOGO)
    (made / "default.json").write_text('{"light": {"accent": {"$value": "#7a1f5c"}}}')
    return made


def _look(page: Page, *, but: frozenset[str] = frozenset()) -> dict[str, str]:
    names = {name: shown for name, shown in SHOWN.items() if name not in but}
    found = page.evaluate(READ, list(names.values()))
    return {name: found[shown] for name, shown in names.items()}


def _expected(shown: Palette, *, but: frozenset[str] = frozenset()) -> dict[str, str]:
    return {name: getattr(shown, name) for name in SHOWN if name not in but}


def test_pages_wear_what_their_municipality_chose_and_stay_clear(
    server: Server, folder: Path, chromium: Browser
) -> None:
    server.environ["CALAMITY_THEMES"] = str(folder)
    theirs = read_theme(json.dumps(BLUE).encode(), "oeverlanden.json")
    default = read_theme((folder / "default.json").read_bytes(), "default.json")
    with server.running(), browsing(chromium, width=1280) as (page, said):
        page.goto(f"{server.address}/sign-in")
        page.wait_for_selector(READY)
        assert _look(page) == _expected(palette(default, "light"))
        assert page.locator(".brand__logo").count() == 0
        sign_in(page, server, UserRole.COORDINATOR)
        for path in ("/", f"/calamities/{server.calamity}", "/activate/small"):
            page.goto(server.address + path)
            page.wait_for_selector(READY)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                assert _look(page) == _expected(palette(theirs, scheme)), (path, scheme)
                assert axe(page) == [], (path, scheme)
        assert page.evaluate("document.querySelector('.brand__logo').naturalWidth") > 0
        assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui")
        sheet = page.locator("link[rel=stylesheet]").last.get_attribute("href")
        answer = page.request.get(f"{server.address}{sheet}")
        assert "immutable" in answer.headers["cache-control"]
        assert page.request.get(f"{server.address}/theme/gone.css").status == 404
        page.goto(f"{server.address}/calamities/gone")
        assert page.locator(".brand__logo").count() == 1
        assert [words for words in said if "404" not in words] == []


def test_without_a_theme_pages_show_what_themes_are_measured_against(
    gallery: str, chromium: Browser
) -> None:
    with browsing(chromium, width=1280) as (page, said):
        page.goto(f"{gallery}/nl/start")
        page.wait_for_selector(READY)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert _look(page, but=DERIVED) == _expected(palette(Theme(), scheme), but=DERIVED)
            ground = GROUNDS[scheme]
            expected = {
                "--paper": ground.paper, "--surface": ground.surface, "--ink": ground.ink,
                "--quiet": ground.quiet, **{f"--{name}": at for name, at in ground.others.items()},
            }  # fmt: skip
            assert page.evaluate(READ, list(expected)) == expected
        assert said == []


def test_a_file_that_cannot_be_used_is_refused_at_the_start(folder: Path) -> None:
    def said() -> str:
        with pytest.raises(Refused) as caught:
            read_themes(str(folder))
        return caught.value.message

    for name, words in (
        ("../wapen.svg", "beside it"), ("wapen.html", "beside it"), ("gone.svg", "No such file"),
    ):  # fmt: skip
        (folder / "default.json").write_text(json.dumps({"logo": {"$value": name}}))
        assert words in said()
    (folder / "default.json").write_text('{"logo": {"$value": "wapen.png"}}')
    (folder / "wapen.png").write_text(LOGO)
    assert "is not what its name says" in said()
    (folder / "wapen.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40_000))
    assert "larger than 40 kB" in said()
    (folder / "default.json").write_text('{"light": {"accent": {"$value": "#ffd60a"}}}')
    assert "light.accent" in said()
    settings = Settings(themes=str(folder))
    assert check_themes(settings, ["oeverlanden"]).state == "fault"
    with pytest.raises(Refused, match="CALAMITY_THEMES names no folder"):
        read_themes(str(folder / "gone"))


def test_the_doctor_knows_whose_each_theme_is(folder: Path) -> None:
    settings = Settings(themes=str(folder))
    assert check_themes(settings, ["oeverlanden"]).state == "ok"
    stranger = check_themes(settings, ["elders"])
    assert (stranger.state, stranger.found) == ("warning", "of no municipality: oeverlanden")
    assert check_themes(settings, None).state == "ok"
    assert check_themes(Settings(), []).found == "that of the house"
