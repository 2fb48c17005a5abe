"""The head of a calamity's pages: what it is, its phase, and the three levels."""

import asyncio
from collections.abc import Mapping

from calamity.actions.decide import LevelKind
from calamity.domain.timeline import EntryKind
from calamity.store.past import Reader
from calamity.web.pages.mended import Mends
from calamity.web.pages.scene import Scene
from calamity.web.pages.watch import watch_view
from calamity.web.sentences import own_words
from calamity.web.views import room
from calamity.web.views.frame import Form

LEVELS: tuple[tuple[LevelKind, EntryKind, str], ...] = (
    ("social", EntryKind.LEVEL, "social_level"),
    ("grip", EntryKind.GRIP, "grip"),
    ("threat", EntryKind.THREAT, "threat"),
)
"""The levels with the kind of their entries and the column of the calamity."""


async def summary_view(
    scene: Scene,
    reader: Reader,
    failed: str = "",
    form: Form | None = None,
    mends: Mends | None = None,
) -> room.Summary:
    """Return the head of the room: what this is, the phase and the three levels.

    With *mends* the reasons say that they were corrected.
    """
    calamity, code = scene.calamity, scene.language.code
    phases: dict[str, str] = {}
    for playbook in reversed(scene.playbooks):
        phases.update((each.code, each.title.in_language(code)) for each in playbook.phases)
    first = scene.pinned[0] if scene.pinned else None
    inputs = first.inputs if first else None
    watch = await watch_view(scene, reader)
    levels = await asyncio.gather(
        *(
            _level(scene, reader, kind, entry, column, mends=mends or {})
            for kind, entry, column in LEVELS
        )
    )
    return room.Summary(
        calamity=calamity.id,
        title=calamity.title,
        incident=inputs.incident_in(code) if inputs else "",
        phase=room.PhaseChoice(calamity.phase, _phase(scene, phases)),
        phase_since=calamity.phase_since,
        phases=tuple(room.PhaseChoice(each, title) for each, title in phases.items()),
        levels=tuple(levels),
        playbooks=tuple(
            (version.slug, version.number, version.playbook.title.in_language(code))
            for version in (scene.versions[each.id] for each in scene.pinned)
        ),
        started_at=calamity.opened_at,
        neighbourhoods=tuple(
            scene.places.get(each, each) for each in (inputs.affected if inputs else ())
        ),
        place=inputs.place if inputs else "",
        meeting_time=(
            scene.language.clock(inputs.meeting_at) if inputs and inputs.meeting_at else ""
        ),
        closed_at=calamity.closed_at,
        review_at=calamity.review_at,
        review_late=calamity.review_at is not None and calamity.review_at < scene.at,
        watch=watch,
        failed=failed,
        form=form or Form(),
    )


def _phase(scene: Scene, titles: Mapping[str, str]) -> str:
    code = scene.calamity.phase
    return titles.get(code, code) or scene.language.text("not known: these words were erased")


async def _level(
    scene: Scene, reader: Reader, kind: LevelKind, entry: EntryKind, column: str, *, mends: Mends
) -> room.Level:
    value: int | None = getattr(scene.calamity, column)
    if kind == "threat" and not value:
        value = None  # nobody has set it
    found = await reader.newest(scene.calamity.id, scene.actor.sees, limit=1, kind=entry)
    if not found:
        return room.Level(kind, value)
    line = found[0][0]
    happening = line.happening
    if happening is None and scene.until is not None:
        value = None  # it stood in the words that were erased, and nowhere else
    return room.Level(
        kind, value, line.happened_at, scene.who(line.actor_role),
        own_words(happening, scene.language) if happening else None,
        is_erased=happening is None, mended=mends.get(line.seq),
    )  # fmt: skip
