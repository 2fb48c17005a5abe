"""The situation report as the timeline drafts it: a beginning, which people then write.

The words drafted are those that officials may read already, for a report goes to them and beyond.
What only the team sees stands beside the headings, to be said in one's own words or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from calamity.domain.report import HEADING_OF, LONGEST, Heading, Report, fitting
from calamity.domain.timeline import (
    Corrected,
    DispatchQueued,
    EntryKind,
    Happening,
    Statement,
    Visibility,
)
from calamity.store import rounds
from calamity.store.database import Session
from calamity.store.rounds import PublishedPicture
from calamity.store.timeline import Line, TimelineReader
from calamity.web.pages.scene import Scene
from calamity.web.pages.tasks import open_decisions
from calamity.web.picture_words import named, not_asked, picture_lines

_MOST = 100
_OFFICIALS = (Visibility.OFFICIALS,)


class Drafted(Struct, frozen=True):
    """What the timeline has for a report: words for it, and lines that only the team sees."""

    report: Report
    team_only: dict[Heading, list[str]]


async def draft_report(scene: Scene, session: Session, reader: TimelineReader) -> Drafted:
    """Draft the report of a calamity in the language of the scene."""
    pictures = await rounds.list_pictures(session, scene.calamity.id, "officials", limit=1)
    picture = pictures[0] if pictures else None
    lines: defaultdict[Heading, list[str]] = defaultdict(list)
    lines[Heading.MOOD] += _mood(scene, picture)
    lines[Heading.TOLD] += await _told(scene, reader)
    lines[Heading.OUTLOOK] += _outlook(scene)
    lines[Heading.UNKNOWN] += _unknown(scene, picture)
    for decision in await open_decisions(scene, session):
        due = scene.language.moment(decision.due)
        lines[Heading.DECISION].append(f"{decision.title} ({decision.role}, {due})")
    team_only: defaultdict[Heading, list[str]] = defaultdict(list)
    for line, words in await _said(scene, reader):
        heading = HEADING_OF[line.kind]
        kept = lines if line.visibility is Visibility.OFFICIALS else team_only
        kept[heading].append(f"{scene.language.moment(line.happened_at)}: {_one_line(words)}")
    texts = {heading: fitting(lines[heading], LONGEST) for heading in Heading}
    round_id = picture.round_id if picture else None
    language = "en" if scene.language.code == "en" else "nl"
    return Drafted(Report(language, texts, round_id), dict(team_only))  # type: ignore[arg-type]


async def _said(scene: Scene, reader: TimelineReader) -> list[tuple[Line, str]]:
    """Return what people wrote of these kinds, as it holds now, the newest first.

    An entry that refers to an earlier one takes its place: with its own words, or, where it has
    none, by ending it. That is how a correction works, and whatever else people say of a matter.
    """
    kinds = (*HEADING_OF, EntryKind.CORRECTION)
    found: list[Line] = []
    for kind in kinds:
        lines = await reader.newest(scene.calamity.id, scene.actor.sees, limit=_MOST, kind=kind)
        found += [line for line, _ in lines]
    first = {line.seq: line for line in found}
    newest: dict[int, tuple[Line, str]] = {}
    for line in sorted(found, key=lambda each: -each.seq):
        root = _root(line, first)
        if root is not None and root.seq not in newest:
            newest[root.seq] = (root, _words(line.happening))
    return [(root, words) for root, words in newest.values() if words and root.body is not None]


def _root(line: Line, by_number: dict[int, Line]) -> Line | None:
    """Return the first entry of the matter that *line* speaks of."""
    found: Line | None = line
    while found is not None and found.refers_to is not None:
        found = by_number.get(found.refers_to)
    return found if found is not None and found.kind in HEADING_OF else None


def _words(happening: Happening | None) -> str:
    return happening.text if isinstance(happening, Statement | Corrected) else ""


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _mood(scene: Scene, picture: PublishedPicture | None) -> Iterable[str]:
    if picture is None:
        return [scene.language.text("There is no picture of the mood yet: no round has closed.")]
    return picture_lines(
        picture.picture, picture.number, picture.published_at, scene.places, scene.language
    )


async def _told(scene: Scene, reader: TimelineReader) -> Sequence[str]:
    say = scene.language
    told = []
    for line, _ in await reader.newest(
        scene.calamity.id, _OFFICIALS, limit=_MOST, kind=EntryKind.DISPATCH
    ):
        it = line.happening
        if isinstance(it, DispatchQueued) and it.recipients:
            words, _ = scene.verbatim(it.texts, it.message_code)
            told.append(
                say.plural(
                    "%(moment)s, %(who)s (%(num)s person): %(words)s",
                    "%(moment)s, %(who)s (%(num)s people): %(words)s",
                    it.recipients,
                    moment=say.moment(line.happened_at),
                    who=scene.title(it.audience),
                    words=_one_line(words),
                )
            )
    return told


def _outlook(scene: Scene) -> Iterable[str]:
    say, calamity = scene.language, scene.calamity
    yield say.text(
        "Phase: %(phase)s, since %(moment)s.",
        phase=scene.title(calamity.phase),
        moment=say.moment(calamity.phase_since),
    )
    if calamity.next_update_at is not None:
        yield say.text("Next update: %(moment)s.", moment=say.moment(calamity.next_update_at))


def _unknown(scene: Scene, picture: PublishedPicture | None) -> Iterable[str]:
    say = scene.language
    if picture is None:
        yield say.text("We do not know yet how the neighbourhoods feel.")
        return
    few = tuple(
        code for cell in picture.picture.groups if cell.mood is None for code in cell.places
    )
    if few:
        yield say.text("Too few answers: %(names)s.", names=named(few, scene.places))
    if picture.picture.white_spots:
        yield not_asked(picture.picture, scene.places, say)
