"""Every page in both languages, under StrictUndefined: words, forms, and HTML that is valid."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec import structs

from calamity.web.render import TEMPLATES
from calamity.web.views.picture import Coverage, NeighbourhoodMood, Picture
from calamity.web.views.room import PicturePart
from tests.web import samples
from tests.web.gallery import RENDERER

ROOT = Path(__file__).parents[2]
RULES = ROOT / "tests/web/htmlvalidate.json"
LANGUAGES = ("nl", "en")


def rendered(name: str, language: str) -> str:
    template, view, changes = samples.PAGES[name]
    return RENDERER.page(template, samples.frame(language, **changes), view)


class Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.posts = 0
        self.tokens = 0
        self.styles: list[str] = []
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and (given.get("method") or "get").lower() == "post":
            self.posts += 1
        if tag == "input" and given.get("name") == "_csrf_token":
            assert given["value"] == "csrf-token-of-the-sample"
            self.tokens += 1
        if "style" in given or tag == "style":
            self.styles.append(tag)
        if any(name.startswith("on") for name in given):
            self.styles.append(f"{tag} with a handler")
        if tag == "script":
            self.scripts.append(given)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", samples.PAGES)
def test_every_page_renders_in_its_language(name: str, language: str) -> None:
    page = rendered(name, language)
    assert f'<html lang="{language}"' in page
    assert page.count("<h1") == 1
    assert page.rstrip().endswith("</html>")


def test_above_a_form_every_question_without_an_answer_is_named() -> None:
    page = rendered("activate-form-questions", "nl")
    assert '<a href="#answer-here">Is het hier gebeurd? Kies een van de antwoorden.</a>' in page


def test_a_long_reason_of_a_level_is_folded_and_a_short_one_is_not() -> None:
    head = RENDERER.partial("summary", samples.frame("en", **samples.LIVE), samples.SUMMARY)
    folded = re.findall(r'<details[^>]*data-keep="why-(\w+)".*?</details>', head, re.DOTALL)
    assert folded == ["social"]
    assert "bang om naar huis" in head
    assert "Geen opschaling" in head


def _rows_of(picture: Picture) -> list[str]:
    part = PicturePart(calamity="c-1", picture=picture)
    table = RENDERER.partial("picture", samples.frame("en", **samples.LIVE), part)
    rows = re.findall(r'<th scope="row">(.*?)</th>', table, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def test_neighbourhoods_that_count_together_are_one_row_of_a_picture() -> None:
    names = samples.NAMES
    both = f"{min(names[2:4])}, {max(names[2:4])} these 2 neighbourhoods together"
    rows = _rows_of(samples.PICTURE)
    assert both in rows
    assert set(rows) - {both} == {*names[:2], *names[4:9]}
    rolled_up = structs.replace(
        samples.PICTURE,
        neighbourhoods=tuple(
            NeighbourhoodMood(
                code=name, name=name, status="too-few", coverage=Coverage(asked=34),
                with_names=tuple(other for other in names[:9] if other != name),
            )
            for name in names[:9]
        ),
    )  # fmt: skip
    assert _rows_of(rolled_up) == ["All neighbourhoods together"]


@pytest.mark.parametrize("name", samples.PAGES)
def test_every_post_carries_a_token_and_nothing_is_inline(name: str) -> None:
    forms = Forms()
    forms.feed(rendered(name, "nl"))
    assert forms.tokens == forms.posts
    assert forms.styles == []
    for script in forms.scripts:
        assert script.get("type") == "application/json" or script.get("nonce") == "bm9uY2U"


@pytest.mark.parametrize("name", samples.PARTIALS)
def test_a_part_is_the_same_in_the_page_and_by_itself(name: str) -> None:
    view = samples.PARTIALS[name]
    where = {
        "officials_head": "officials",
        "situation": "officials",
        "told": "officials",
        "wall": "wall",
        "wall_end": "wall",
        "inbox": "inbox",
    }.get(name, "room")
    template, page_view, changes = samples.PAGES[where]
    frame = samples.frame("nl", **changes)
    part = RENDERER.partial(name, frame, view)
    page = RENDERER.page(template, frame, page_view)
    squeezed = re.sub(r"\s+", " ", part).strip()
    assert squeezed in re.sub(r"\s+", " ", page)
    live = re.search(r'data-live="([\w-]+)" data-live-url="([^"]+)"', part)
    assert live is not None
    assert live[2].endswith("/" + ("people" if name == "inbox" else live[1]))


def test_every_template_is_shown_somewhere() -> None:
    shown = {template for template, _, _ in samples.PAGES.values()}
    # The studio needs its server: test_studio_pages and test_studio_browser show it.
    shown |= {"studio"}
    assert shown == {path.stem for path in (TEMPLATES / "pages").glob("*.html")}
    places = [*TEMPLATES.rglob("*.html"), TEMPLATES.parent / "render.py"]
    words = "".join(path.read_text() for path in places)
    answered = (TEMPLATES.parent / "pages/studio/saving.py").read_text()
    for part in (TEMPLATES / "partials").glob("*.html"):
        assert f"partials/{part.name}" in words or f'"{part.stem}"' in answered, part.name


def test_what_people_wrote_is_escaped() -> None:
    told = samples.officials.Told(
        at=samples.NOW, audience="<b>", people=1, text="<script>x</script>\nb"
    )
    view = samples.officials.Situation(calamity="c-1", told=(told,))
    part = RENDERER.partial("told", samples.frame("nl"), view)
    assert "<script>" not in part
    assert "&lt;script&gt;x&lt;/script&gt;<br>b" in part


def test_a_viewer_without_permission_sees_no_acts() -> None:
    for name in ("room", "timeline-line"):
        template, view, _ = samples.PAGES[name]
        page = RENDERER.page(template, samples.frame("nl", viewer=samples.PROFESSIONAL), view)
        for path in ("/levels/", "/close", "/acknowledgements", "/done", "/skip", "/corrections"):
            assert path not in page
        assert 'action="/calamities' not in page


def test_an_exercise_is_marked_on_every_page() -> None:
    for name in samples.PAGES:
        template, view, changes = samples.PAGES[name]
        page = RENDERER.page(template, samples.frame("nl", **(changes | samples.EXERCISE)), view)
        assert "banner--exercise" in page, name
        assert "<title>OEFENING - " in page, name


def test_the_html_is_valid(tmp_path: Path) -> None:
    for name in samples.PAGES:
        (tmp_path / f"{name}.html").write_text(rendered(name, "nl"))
    checked = subprocess.run(
        [
            ROOT / "node_modules/.bin/html-validate", "--config", RULES,
            "--formatter", "text", *sorted(tmp_path.glob("*.html")),
        ],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[:6000] + checked.stderr[:2000]
