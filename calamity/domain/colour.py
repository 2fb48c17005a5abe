"""Colours as WCAG 2.2 weighs them: luminance, contrast, and shades between two of them."""

import re

from msgspec import Struct

BLACK, WHITE = "#000000", "#ffffff"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 255
# Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
_WEIGHTS = (0.2126, 0.7152, 0.0722)
_LINEAR_BELOW = 0.04045
_FLARE = 0.05


class Shade(Struct, frozen=True):
    """A colour on the way from another to black or white, and how far it went."""

    colour: str
    steps: int


def is_colour(text: str) -> bool:
    """Tell whether this is a colour as we write them: # and six hexadecimal digits."""
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """Return how light a colour is, from 0 for black to 1 for white."""
    return sum(
        weight * _linear(channel / 255)
        for weight, channel in zip(_WEIGHTS, _channels(colour), strict=True)
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast between two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + _FLARE) / (dark + _FLARE)


def mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with a *share* (0 to 1) of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def shades(colour: str) -> list[Shade]:
    """Return a colour's shades towards black and white, the nearest first."""
    return [
        Shade(mixed(colour, end, step / _STEPS), step)
        for step in range(1, _STEPS + 1)
        for end in (BLACK, WHITE)
    ]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4
