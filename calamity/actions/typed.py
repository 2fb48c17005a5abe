"""What a coordinator typed and people will read: where to look again before it leaves."""

from collections.abc import Iterator

from calamity.domain.activation import Inputs
from calamity.domain.plan import LookAgainAt
from calamity.domain.privacy import scan_leaving
from calamity.domain.texts import clean_for_display
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods


async def typed_warnings(
    session: Session, municipality_id: str, inputs: Inputs
) -> list[LookAgainAt]:
    """Return what in the inputs of an activation deserves a second look; it blocks nothing."""
    places = {place.name for place in await list_neighbourhoods(session, municipality_id)}
    return [
        LookAgainAt(field, found.kind, clean_for_display(words[found.start : found.end]))
        for field, words in _typed(inputs)
        for found in scan_leaving(words, known_places=places)
    ]


def _typed(inputs: Inputs) -> Iterator[tuple[str, str]]:
    for language, words in inputs.incident.items():
        yield f"inputs.incident.{language}", words
    if inputs.place:
        yield "inputs.place", inputs.place
