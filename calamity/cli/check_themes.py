"""What `calamity doctor` says of the looks of municipalities."""

from calamity.cli.finding import Finding
from calamity.domain.errors import Refused
from calamity.settings import Settings
from calamity.web.themes import DEFAULT, read_themes


def check_themes(settings: Settings, slugs: list[str] | None) -> Finding:
    """Read and measure the themes; without *slugs* (no database) nobody knows whose they are."""
    try:
        names = read_themes(settings.themes).names
    except Refused as error:
        return Finding("themes", "fault", error.message, "Correct this file, or take it away.")
    strangers = [name for name in names if slugs is not None and name not in (DEFAULT, *slugs)]
    if strangers:
        cure = f"Name a theme by the short name of its municipality, or {DEFAULT}."
        return Finding("themes", "warning", f"of no municipality: {', '.join(strangers)}", cure)
    return Finding("themes", "ok", ", ".join(names) or "that of the house")
