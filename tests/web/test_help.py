"""Help: at the same place on every page, open at the part about that page, in both languages."""

import re

import pytest

from calamity.web.help import SECTIONS, section_of
from calamity.web.render import TEMPLATES
from tests.web import samples
from tests.web.gallery import RENDERER

LINK = re.compile(r'<p class="masthead__help"><a href="/help#([\w-]+)">')


def test_every_page_has_its_part_of_the_help_page() -> None:
    pages = [page for section in SECTIONS.values() for page in section]
    assert sorted(pages) == sorted({each.stem for each in (TEMPLATES / "pages").glob("*.html")})


@pytest.mark.parametrize("language", ["nl", "en"])
def test_help_stands_once_at_the_top_of_every_page_and_leads_to_words(language: str) -> None:
    help_page = RENDERER.page("help", samples.frame(language), None)
    parts = re.findall(r'<section class="help__part" id="([\w-]+)"', help_page)
    assert parts == list(SECTIONS)
    bodies = re.split(r'<section class="help__part"', help_page)[1:]
    assert all(re.search(r"<(p|li)>[^<]{20}", body) for body in bodies)
    listed = re.findall(r'<li><a href="#([\w-]+)">', help_page)
    assert listed == parts
    shown = {"studio"}  # beside a real draft only: tests/web/test_studio_pages.py
    for name, (template, view, changes) in samples.PAGES.items():
        shown.add(template)
        if template == "wall":
            continue  # a wall has no hands
        page = RENDERER.page(template, samples.frame(language, **changes), view)
        assert LINK.findall(page) == [section_of(template)], name
        assert page.count('"/help') == 1, name
        assert page.index("masthead__help") < page.index("<main"), name
    assert shown == {each.stem for each in (TEMPLATES / "pages").glob("*.html")}
