"""What was corrected of a timeline: for pages that show lines without the timeline around them."""

from collections.abc import Mapping

from msgspec import structs

from calamity.domain.timeline import Corrected, EntryKind, Visibility
from calamity.store.timeline import TimelineReader
from calamity.web.pages.scene import Scene
from calamity.web.views.room import Mended

Mends = Mapping[int, Mended]
_MOST = 500


async def mends_of(scene: Scene, reader: TimelineReader) -> Mends:
    """Return how lines were corrected, by their number, of what officials may see.

    *reader* reads all of the timeline: of an earlier moment is told that a correction came later,
    and not its words.
    """
    found = await reader.newest(
        scene.calamity.id, (Visibility.OFFICIALS,), limit=_MOST, kind=EntryKind.CORRECTION
    )
    mends: dict[int, Mended] = {}
    for line, _ in reversed(found):
        if line.refers_to is None:
            continue
        before = mends.get(line.refers_to, Mended(line.refers_to))
        if scene.until is not None and line.recorded_at >= scene.until:
            later = before.later or line.recorded_at
            mends[line.refers_to] = structs.replace(before, later=later)
        else:
            text = line.happening.text if isinstance(line.happening, Corrected) else None
            mends[line.refers_to] = structs.replace(before, text=text)
    return mends
