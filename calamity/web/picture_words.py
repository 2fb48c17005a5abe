"""A published picture in sentences, for whoever reads it without the map."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from calamity.domain.picture import Cell, Picture
from calamity.web.language import Language
from calamity.web.sentences import N_

MOODS = (
    "",
    N_("calm"),
    N_("some tension"),
    N_("restless"),
    N_("tense"),
    N_("unsafe"),
)
"""The words of the scale, by the mood they stand for."""


def picture_lines(
    picture: Picture, number: int, at: datetime, places: Mapping[str, str], say: Language
) -> Iterator[str]:
    """Say what the picture of a round shows, cell by cell, as it was published."""
    yield say.text(
        "Mood per neighbourhood, round %(number)s (%(moment)s):",
        number=number,
        moment=say.moment(at),
    )
    if picture.answered is None:
        yield say.text("Asked: %(asked)s people. Too few answers to count.", asked=picture.asked)
    else:
        yield say.text(
            "Asked: %(asked)s people. Answered: %(answered)s.",
            asked=picture.asked,
            answered=picture.answered,
        )
    for cell in picture.groups:
        yield "- " + _cell(cell, places, say)
    if picture.white_spots:
        yield "- " + not_asked(picture, places, say)
    yield say.text("A mood is an impression, not a measurement.")


def not_asked(picture: Picture, places: Mapping[str, str], say: Language) -> str:
    """Say where nobody was asked."""
    return say.text("Nobody asked: %(names)s.", names=named(picture.white_spots, places))


def named(codes: tuple[str, ...], places: Mapping[str, str]) -> str:
    """Return the names of neighbourhoods."""
    return ", ".join(places.get(code, code) for code in codes)


def _cell(cell: Cell, places: Mapping[str, str], say: Language) -> str:
    names = named(cell.places, places)
    if cell.mood is None:
        return say.text("%(names)s: too few answers.", names=names)
    said = say.text(
        "%(names)s: %(mood)s, %(word)s. At least %(behind)s people.",
        names=names,
        mood=cell.mood,
        word=say.text(MOODS[cell.mood]),
        behind=cell.behind,
    )
    alike = {
        "close": say.text("The answers are alike."),
        "mixed": say.text("The answers differ."),
    }
    return f"{said} {alike[cell.spread]}" if cell.spread else said
