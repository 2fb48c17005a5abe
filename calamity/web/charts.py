"""Rows for charts and choices for forms: small shapes that templates hand on as data."""

from collections import Counter
from collections.abc import Iterable

from calamity.web.views.picture import Picture, RoundPage, Trend
from calamity.web.views.room import PicturePart
from calamity.web.views.start import Neighbourhood


def picture_rows(picture: Picture) -> list[dict[str, object]]:
    """Return one row per neighbourhood for the interactive map; what is hidden stays out."""
    return [
        {
            "name": area.name,
            "value": area.mood,
            "answered": area.coverage.answered if area.coverage else None,
            "asked": area.coverage.asked if area.coverage else None,
        }
        for area in picture.neighbourhoods
    ]


def trend_rows(trend: Trend) -> list[dict[str, object]]:
    """Return per round how many neighbourhoods had each mood: no neighbourhood is ranked."""
    rows: list[dict[str, object]] = []
    for place, closed in enumerate(trend.rounds):
        moods = Counter(line.moods[place] for line in trend.lines)
        rows.append({"round": closed.number, "moods": [moods[n] for n in range(1, 6)]})
    return rows


def picture_part(page: RoundPage) -> PicturePart:
    """Return the part that the page of a round shares with the room."""
    return PicturePart(
        calamity=page.calamity, picture=page.picture, trend=page.trend, geojson=page.geojson
    )


def neighbourhood_options(neighbourhoods: Iterable[Neighbourhood]) -> list[tuple[str, str]]:
    """Return the choices for a list of neighbourhoods."""
    return [(item.code, item.name) for item in neighbourhoods]
