"""A municipality's own colours: a closed list of tokens, refused where people could not read.

The file is data, in the format of the Design Tokens Community Group; no rule of style in it reaches
a page. What it leaves out stays as the house has it. From its few tokens follow the shades that our
pages paint with (`Palette`), and each pair of those that lies on each other is measured.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from calamity.domain.colour import BLACK, WHITE, contrast, is_colour, luminance, mixed, shades
from calamity.domain.errors import Refused

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
TEXT, SHAPE = 4.5, 3.0
"""The least contrast of words, and of what is no word but must be seen (WCAG 1.4.3 and 1.4.11)."""
_SOFT, _STRONG = 0.07, 0.2
_HOVER = 0.2


class _Token(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    description: str = field(name="$description", default="")


class ColourToken(_Token, frozen=True, kw_only=True):
    """One colour, as # and six hexadecimal digits."""

    value: str = field(name="$value")
    type: Literal["color"] = field(name="$type", default="color")


class FontToken(_Token, frozen=True, kw_only=True):
    """One of the font families that we ship, or that of the reader's own device."""

    value: Literal["Source Sans 3", "system-ui"] = field(name="$value")
    type: Literal["fontFamily"] = field(name="$type", default="fontFamily")


class FileToken(_Token, frozen=True, kw_only=True):
    """The name of a file beside the theme."""

    value: str = field(name="$value")


class Tokens(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The colours that a municipality may choose, for one scheme."""

    accent: ColourToken | UnsetType = UNSET
    """Buttons that count, and marks."""
    accent_text: ColourToken | UnsetType = UNSET
    """Words on the accent."""
    link: ColourToken | UnsetType = UNSET
    """Links and buttons of less weight; the accent, unless given."""
    focus: ColourToken | UnsetType = UNSET
    """The line around what the keyboard is at."""
    header: ColourToken | UnsetType = UNSET
    """The bar at the top of each page."""
    header_text: ColourToken | UnsetType = UNSET
    """Words in it."""


class Theme(Struct, frozen=True, forbid_unknown_fields=True):
    """What a theme file says."""

    light: Tokens = Tokens()
    dark: Tokens = Tokens()
    font: FontToken | UnsetType = UNSET
    logo: FileToken | UnsetType = UNSET
    description: str = field(name="$description", default="")


class Palette(Struct, frozen=True):
    """Every colour of a scheme that a theme decides, also those that follow from others."""

    accent: str
    accent_text: str
    accent_hover: str
    link: str
    link_hover: str
    focus: str
    header: str
    header_text: str
    soft: str
    """A whisper of the accent, behind words."""
    strong: str
    """A little more of it: behind what the pointer is at."""


class Ground(Struct, frozen=True):
    """What the house paints itself in one scheme; `frontend/theme.css` says the same."""

    paper: str
    surface: str
    ink: str
    quiet: str
    others: Mapping[str, str]
    """The other backgrounds on which links stand."""


GROUNDS: Mapping[Scheme, Ground] = {
    "light": Ground(
        "#f4f6f6", "#ffffff", "#13232a", "#4a5c62",
        {"sandbox": "#e7ecec", "watch-soft": "#fff6dd", "bad-soft": "#fdeeee",
         "good-soft": "#e4f4ea", "exercise-soft": "#f3ebfa"},
    ),
    "dark": Ground(
        "#0f181c", "#162127", "#e8eff1", "#a9bac0",
        {"sandbox": "#22313a", "watch-soft": "#33290c", "bad-soft": "#3a1a1b",
         "good-soft": "#12311f", "exercise-soft": "#2a1d38"},
    ),
}  # fmt: skip
_HOUSE: Mapping[Scheme, Mapping[str, str]] = {
    "light": {"accent": "#135666", "accent_text": "#ffffff", "focus": "#13232a"},
    "dark": {"accent": "#8fd0dd", "accent_text": "#162127", "focus": "#ffd60a"},
}


class Pair(Struct, frozen=True):
    """Two colours that lie on each other, and the tokens from which they follow."""

    what: str
    colour: str
    under: str
    least: float
    tokens: tuple[str, ...]

    @property
    def contrast(self) -> float:
        """The contrast between them."""
        return contrast(self.colour, self.under)

    @property
    def is_clear(self) -> bool:
        """Whether people can tell them apart."""
        return self.contrast >= self.least


def read_theme(raw: bytes, name: str) -> Theme:
    """Read a theme file and measure it.

    Raises Refused, naming the token, for one that we do not know, for what is no colour, and for a
    pair of colours that is too faint, with the nearest shade that is not.
    """
    try:
        theme = msgspec.json.decode(raw, type=Theme)
    except msgspec.DecodeError as error:
        known = ", ".join(each.encode_name for each in msgspec.structs.fields(Tokens))
        raise Refused(
            f"The theme {name} cannot be used: {error}. It holds light and dark, each with any of "
            f"{known}, and font and logo; see infra/README.md.",
            field="theme",
        ) from error
    faults = list(_no_colours(theme)) or [
        fault for scheme in SCHEMES for fault in _faint(scheme, _given(theme, scheme))
    ]
    if faults:
        raise Refused(f"The theme {name} cannot be used: " + " ".join(faults), field="theme")
    return theme


def palette(theme: Theme, scheme: Scheme) -> Palette:
    """Return what our pages paint with in one scheme."""
    return _palette(scheme, _given(theme, scheme))


def pairs(scheme: Scheme, shown: Palette) -> Iterator[Pair]:
    """Return each pair of colours that a theme decides and that our pages lay on each other."""
    ground = GROUNDS[scheme]
    accent, link = ("accent",), ("link", "accent")
    words = (
        ("words on the accent", shown.accent_text, shown.accent, ("accent-text", "accent")),
        (
            "words on the accent under the pointer",
            shown.accent_text, shown.accent_hover, ("accent-text", "accent"),
        ),
        ("words in the header", shown.header_text, shown.header, ("header-text", "header")),
        ("words on a whisper of the accent", ground.ink, shown.soft, accent),
        ("quiet words on a whisper of the accent", ground.quiet, shown.soft, accent),
        ("links on a whisper of the accent", shown.link, shown.soft, link),
        ("links under the pointer", shown.link_hover, shown.strong, link),
    )  # fmt: skip
    for what, colour, under, tokens in words:
        yield Pair(what, colour, under, TEXT, tokens)
    under_all = {"paper": ground.paper, "surface": ground.surface} | dict(ground.others)
    for name, under in under_all.items():
        yield Pair(f"links on {name}", shown.link, under, TEXT, link)
        yield Pair(f"the focus on {name}", shown.focus, under, SHAPE, ("focus",))
    yield Pair("the focus on a whisper of the accent", shown.focus, shown.soft, SHAPE, ("focus",))
    for name, under in (("paper", ground.paper), ("surface", ground.surface)):
        yield Pair(f"the accent on {name}", shown.accent, under, SHAPE, accent)


def _given(theme: Theme, scheme: Scheme) -> dict[str, str]:
    tokens: Tokens = getattr(theme, scheme)
    return {
        each.name: token.value
        for each in msgspec.structs.fields(Tokens)
        if isinstance(token := getattr(tokens, each.name), ColourToken)
    }


def _no_colours(theme: Theme) -> Iterator[str]:
    for scheme in SCHEMES:
        for name, value in _given(theme, scheme).items():
            if not is_colour(value):
                yield (
                    f"{_spelled(scheme, name)} is no colour: write # and six hexadecimal digits, "
                    "as #135666."
                )


def _palette(scheme: Scheme, given: Mapping[str, str]) -> Palette:
    ground = GROUNDS[scheme]
    it = {"header": ground.surface, "header_text": ground.ink, **_HOUSE[scheme], **given}
    accent, link = it["accent"], it.get("link", it["accent"])
    words_are_lighter = luminance(it["accent_text"]) > luminance(accent)
    return Palette(
        accent=accent,
        accent_text=it["accent_text"],
        accent_hover=mixed(accent, BLACK if words_are_lighter else WHITE, _HOVER),
        link=link,
        link_hover=mixed(link, ground.ink, _HOVER),
        focus=it["focus"],
        header=it["header"],
        header_text=it["header_text"],
        soft=mixed(ground.surface, accent, _SOFT),
        strong=mixed(ground.surface, accent, _STRONG),
    )


def _faint(scheme: Scheme, given: Mapping[str, str]) -> Iterator[str]:
    """Say of each token pair what is too faint in it; the faintest stands for its like."""
    found: dict[tuple[str, ...], Pair] = {}
    for pair in pairs(scheme, _palette(scheme, given)):
        worst = found.get(pair.tokens)
        if not pair.is_clear and (worst is None or _shortfall(pair) > _shortfall(worst)):
            found[pair.tokens] = pair
    for pair in found.values():
        named = " and ".join(_spelled(scheme, token) for token in pair.tokens)
        yield (
            f"{named}: {pair.what} ({pair.colour} on {pair.under}) make a contrast of "
            f"{_floor(pair.contrast)} to 1, and it takes {pair.least} to 1. "
            f"{_advice(scheme, given, pair.tokens)}"
        )


def _shortfall(pair: Pair) -> float:
    return pair.least / pair.contrast


def _floor(contrast: float) -> float:
    """Round down, so that what is too faint never reads as if it were not."""
    return int(contrast * 100) / 100


def _advice(scheme: Scheme, given: Mapping[str, str], tokens: tuple[str, ...]) -> str:
    """Name the smallest change of one token that makes each pair of these tokens clear."""
    best: tuple[int, str, str] | None = None
    for token in tokens:
        name = token.replace("-", "_")
        if name not in given:
            continue
        for shade in shades(given[name]):
            if best is not None and shade.steps >= best[0]:
                break
            changed = _palette(scheme, {**given, name: shade.colour})
            if all(each.is_clear for each in pairs(scheme, changed) if token in each.tokens):
                best = (shade.steps, _spelled(scheme, name), shade.colour)
                break
    if best is None:
        return "No shade of it is enough: choose another colour, or leave it out."
    return f"The nearest that is enough: {best[1]} {best[2]}."


def _spelled(scheme: Scheme, name: str) -> str:
    return f"{scheme}.{name.replace('_', '-')}"
