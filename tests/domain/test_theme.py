"""Themes: measured as WCAG says, refused with the token's name and a shade that is enough."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.domain.colour import contrast, mixed
from calamity.domain.errors import Refused
from calamity.domain.theme import SCHEMES, Theme, pairs, palette, read_theme

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
ADVICE = re.compile(r"The nearest that is enough: (light|dark)\.([a-z-]+) (#[0-9a-f]{6})")


def theme(**schemes: dict[str, str]) -> bytes:
    return json.dumps(
        {
            scheme: {name: {"$type": "color", "$value": value} for name, value in tokens.items()}
            for scheme, tokens in schemes.items()
        }
    ).encode()


def refused(raw: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_theme(raw, "oeverlanden.json")
    return caught.value.message


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.542, abs=0.001)
    assert contrast("#ff0000", "#0000ff") == pytest.approx(2.149, abs=0.001)
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"


def test_the_house_itself_is_clear() -> None:
    assert read_theme(b"{}", "default.json") == Theme()
    for scheme in SCHEMES:
        assert all(pair.is_clear for pair in pairs(scheme, palette(Theme(), scheme)))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"light": {"acent": {"$value": "#135666"}}}', "unknown field `acent` - at `$.light`"),
        (b'{"light": {"accent": "#135666"}}', "$.light.accent"),
        (b'{"css": "body{}"}', "unknown field `css`"),
        (b'{"font": {"$value": "Comic Sans MS"}}', "$.font"),
        (b'{"light": {"accent": {"$value": "#135666", "x": 1}}}', "unknown field `x`"),
        (b"nothing", "malformed"),
        (theme(dark={"header-text": "white"}), "dark.header-text is no colour"),
        (theme(light={"link": "#135666;}body{display:none"}), "light.link is no colour"),
    ],
)
def test_what_is_no_token_of_ours_is_named(raw: bytes, words: str) -> None:
    said = refused(raw)
    assert said.startswith("The theme oeverlanden.json cannot be used: ")
    assert words in said


@pytest.mark.parametrize(
    ("scheme", "tokens", "words"),
    [
        ("light", {"accent": "#ff9900"}, "words on the accent (#ffffff on #ff9900) make a "
         "contrast of 2.14 to 1, and it takes 4.5 to 1"),
        ("light", {"link": "#7a8b90"}, "light.link and light.accent: links on"),
        ("dark", {"link": "#135666"}, "dark.link and dark.accent: links on"),
        ("dark", {"focus": "#0f181c"}, "the focus on"),
        ("light", {"header": "#154273"}, "words in the header (#13232a on #154273)"),
        ("dark", {"header": "#ffffff"}, "words in the header (#e8eff1 on #ffffff)"),
        ("light", {"accent": "#ffd60a", "accent-text": "#13232a", "link": "#135666"},
         "the accent on paper"),
    ],
)  # fmt: skip
def test_what_is_too_faint_is_told_with_its_figure(
    scheme: str, tokens: dict[str, str], words: str
) -> None:
    said = refused(theme(**{scheme: tokens}))
    assert words in said
    assert ADVICE.search(said)


@given(COLOURS, COLOURS, COLOURS, COLOURS, st.sampled_from(SCHEMES))
def test_whoever_follows_the_advice_ends_with_a_theme_that_people_can_read(
    accent: str, focus: str, header: str, words: str, scheme: str
) -> None:
    tokens = {"accent": accent, "focus": focus, "header": header, "header-text": words}
    said = ""
    for _ in range(8):
        try:
            read = read_theme(theme(**{scheme: tokens}), "x.json")
        except Refused as error:
            said = error.message
            tokens |= {token: colour for _, token, colour in ADVICE.findall(said)}
            if "No shade of it is enough" in said:
                break
        else:
            shown = palette(read, "light" if scheme == "light" else "dark")
            assert contrast(shown.header_text, shown.header) >= 4.5
            assert contrast(shown.accent_text, shown.accent) >= 4.5
            return
    assert "No shade of it is enough" in said
