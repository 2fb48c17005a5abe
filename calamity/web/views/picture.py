"""Pictures: what closed rounds say per neighbourhood, and the map that shows it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """The outline of a neighbourhood on the drawn map, with a place for its label."""

    d: str
    x: float
    y: float


class Coverage(Struct, frozen=True, forbid_unknown_fields=True):
    """How many were asked and how many answered: silence is coverage, not calm.

    *answered* is unknown where telling it could give someone away.
    """

    asked: int
    answered: int | None = None


class NeighbourhoodMood(Struct, frozen=True, forbid_unknown_fields=True):
    """What a picture says of one neighbourhood.

    With *status* merged the figures are those of the cell with all of *with_names*; with too-few
    there is no mood; with not-asked nobody was asked.
    """

    code: str
    name: str
    status: Literal["shown", "merged", "too-few", "not-asked"]
    coverage: Coverage | None = None
    share: Literal["under-half", "half-or-more"] | None = None
    mood: int | None = None
    spread: Literal["close", "mixed"] | None = None
    behind: int = 0
    trend: Literal["calmer", "same", "more-tense", "not-comparable"] | None = None
    with_names: tuple[str, ...] = ()
    shape: Shape | None = None


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """What one closed round says, after suppression."""

    round: str
    number: int
    closed_at: datetime
    threshold: int
    coverage: Coverage
    neighbourhoods: tuple[NeighbourhoodMood, ...]
    viewbox: str = "0 0 600 420"


class TrendRound(Struct, frozen=True, forbid_unknown_fields=True):
    """A closed round in the trend."""

    number: int
    closed_at: datetime
    coverage: Coverage


class TrendLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One neighbourhood through the rounds: its mood in each, or none where it was not shown."""

    name: str
    moods: tuple[int | None, ...]


class Trend(Struct, frozen=True, forbid_unknown_fields=True):
    """The pictures of a calamity, one after the other."""

    rounds: tuple[TrendRound, ...] = ()
    lines: tuple[TrendLine, ...] = ()


class RoundPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page of one round: its picture, or when it will come."""

    calamity: str
    title: str
    number: int
    closes_at: datetime
    question: str
    picture: Picture | None = None
    trend: Trend = Trend()
    geojson: dict[str, object] | None = None
