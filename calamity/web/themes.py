"""The looks of municipalities: theme files of this installation, as style sheets of our own.

A folder holds `default.json` for pages before sign-in and for who has no file, and `SLUG.json` for
each municipality that has its own. Sheets and logos are served under the hash of what they hold,
so that a browser keeps them until they change.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from calamity.domain.errors import Refused
from calamity.domain.theme import SCHEMES, FileToken, FontToken, Palette, Theme, palette, read_theme
from calamity.web.paths import path
from calamity.web.views.frame import Dress

DEFAULT = "default"
_LARGEST_LOGO = 40_000
_LOGOS = {".svg": "image/svg+xml", ".png": "image/png"}
_PNG = b"\x89PNG\r\n\x1a\n"
_MARK = 16
_SHEET = "text/css"
# Which of the properties that our styles read (`frontend/theme.css`) each colour becomes.
_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "accent": (
        "--basis-color-action-1-inverse-bg-default", "--basis-color-accent-1-border-default",
    ),
    "accent_text": (
        "--basis-color-action-1-inverse-color-default",
        "--basis-color-action-1-inverse-color-hover",
        "--basis-color-action-1-inverse-color-active",
    ),
    "accent_hover": (
        "--basis-color-accent-1-inverse-bg-hover", "--basis-color-accent-1-inverse-bg-active",
        "--basis-color-accent-1-border-hover", "--basis-color-accent-1-border-active",
    ),
    "link": ("--basis-color-accent-1-color-default",),
    "link_hover": (
        "--basis-color-accent-1-color-hover", "--basis-color-accent-1-color-active",
    ),
    "focus": ("--focus",),
    "header": ("--header",),
    "header_text": ("--header-ink", "--header-quiet", "--header-mark", "--header-line"),
    "soft": ("--basis-color-accent-1-bg-subtle",),
    "strong": ("--basis-color-accent-1-bg-hover", "--basis-color-accent-1-bg-active"),
}  # fmt: skip


class _File(Struct, frozen=True):
    body: bytes
    kind: str


class Themes:
    """The themes of an installation, read and measured once, when it starts."""

    def __init__(self, dresses: Mapping[str, Dress], files: Mapping[str, _File]) -> None:
        self._dresses = dresses
        self._files = files

    @property
    def names(self) -> list[str]:
        """The short names of municipalities with a theme, and `default` where there is one."""
        return sorted(self._dresses)

    def of(self, slug: str) -> Dress | None:
        """Return what pages of a municipality wear; for nobody's, the default."""
        return self._dresses.get(slug) or self._dresses.get(DEFAULT)

    def file(self, name: str) -> tuple[bytes, str] | None:
        """Return a sheet or a logo with its media type."""
        found = self._files.get(name)
        return (found.body, found.kind) if found else None


def read_themes(folder: str) -> Themes:
    """Read the themes of an installation; none for no folder.

    Raises Refused, naming file and token, for the first that cannot be used.
    """
    dresses: dict[str, Dress] = {}
    files: dict[str, _File] = {}
    if folder and not Path(folder).is_dir():
        raise Refused(
            f"CALAMITY_THEMES names no folder: {folder}. See infra/README.md.",
            field="CALAMITY_THEMES",
        )
    for file in sorted(Path(folder).glob("*.json")) if folder else ():
        dresses[file.stem] = _dressed(file, files)
    return Themes(dresses, files)


def read_theme_file(file: Path) -> Theme:
    """Read and measure one theme with its logo. Raises Refused, naming file and token."""
    return _dressed_theme(file, {})[0]


def _dressed(file: Path, files: dict[str, _File]) -> Dress:
    theme, logo = _dressed_theme(file, files)
    sheet = _kept(files, _File(sheet_of(theme).encode(), _SHEET), ".css")
    is_own = isinstance(theme.font, FontToken) and theme.font.value != "Source Sans 3"
    return Dress(sheet=sheet, logo=logo, without_our_font=is_own)


def _dressed_theme(file: Path, files: dict[str, _File]) -> tuple[Theme, str | None]:
    try:
        theme = read_theme(file.read_bytes(), file.name)
    except OSError as error:
        raise Refused(f"The theme {file.name} cannot be read: {error.strerror}.") from error
    if not isinstance(theme.logo, FileToken):
        return theme, None
    name = theme.logo.value
    return theme, _kept(files, _logo(file, name), Path(name).suffix)


def _logo(file: Path, name: str) -> _File:
    """Read the logo beside a theme: one file there, small, and really of its kind."""
    logo = file.parent / name
    kind = _LOGOS.get(logo.suffix)
    wrong = f"The theme {file.name} cannot be used: logo "
    if kind is None or Path(name).name != name:
        raise Refused(wrong + "must name an .svg or .png file beside it.", field="logo")
    try:
        body = logo.read_bytes()
    except OSError as error:
        raise Refused(wrong + f"names {name}: {error.strerror}.", field="logo") from error
    if len(body) > _LARGEST_LOGO:
        raise Refused(wrong + f"is larger than {_LARGEST_LOGO // 1000} kB.", field="logo")
    if not (body.startswith(_PNG) if kind == "image/png" else b"<svg" in body):
        raise Refused(wrong + f"is not what its name says: {name}.", field="logo")
    return _File(body, kind)


def _kept(files: dict[str, _File], file: _File, suffix: str) -> str:
    name = sha256(file.body).hexdigest()[:_MARK] + suffix
    files[name] = file
    return path("theme", file=name)


def sheet_of(theme: Theme) -> str:
    """Return the style sheet of a theme: custom properties, and nothing that is no token."""
    light, dark = (_properties(palette(theme, scheme)) for scheme in SCHEMES)
    font = (
        f":root{{--face:{theme.font.value},sans-serif}}\n"
        if isinstance(theme.font, FontToken) and theme.font.value == "system-ui"
        else ""
    )
    # Paper is white, also for who reads in the dark.
    at_night = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"{font}:root{{{light}}}\n{at_night}\n"


def _properties(shown: Palette) -> str:
    return ";".join(
        f"{name}:{getattr(shown, token)}" for token, names in _PROPERTIES.items() for name in names
    )
