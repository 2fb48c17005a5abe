"""Where the built scripts and styles are, by the names that the build gave them."""

from functools import cache
from pathlib import Path

import msgspec

DIST = Path(__file__).parent / "assets" / "dist"
PREFIX = "/assets/"


class Chunk(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of the build's manifest; fields that we do not use are left out."""

    file: str
    css: list[str] = []
    assets: list[str] = []


@cache
def manifest() -> dict[str, Chunk]:
    """Read the build's manifest, once."""
    try:
        raw = (DIST / "manifest.json").read_bytes()
    except FileNotFoundError as error:
        raise RuntimeError("the pages have no scripts and styles yet: run 'npm ci'") from error
    return msgspec.json.decode(raw, type=dict[str, Chunk])


def script(entry: str) -> str:
    """Return the address of an entry's script."""
    return PREFIX + manifest()[entry].file


def styles(entry: str) -> tuple[str, ...]:
    """Return the addresses of the style sheets that belong to an entry."""
    return tuple(PREFIX + name for name in manifest()[entry].css)


def font(ending: str = "latin-wght-normal") -> str | None:
    """Return the address of the font file that the first paint needs, to preload it."""
    for chunk in manifest().values():
        for name in (chunk.file, *chunk.assets):
            if name.endswith(".woff2") and f"sans-3-{ending}" in name:
                return PREFIX + name
    return None
