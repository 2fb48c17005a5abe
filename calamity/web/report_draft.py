"""The situation report as the timeline drafts it: a beginning, which people then write.

The words drafted are those that officials may read already, for a report goes to them and beyond.
What only the team sees stands beside the headings, to be said in one's own words or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, structs

from calamity.domain.matters import Matter
from calamity.domain.report import LONGEST, Heading, Report, fitting, heading_of
from calamity.domain.timeline import Corrected, DispatchQueued, EntryKind, Statement, Visibility
from calamity.store import rounds
from calamity.store.database import Session
from calamity.store.matters import list_matters
from calamity.store.rounds import PublishedPicture
from calamity.store.timeline import Line, TimelineReader
from calamity.web.matter_sentences import particulars
from calamity.web.pages.scene import Scene
from calamity.web.pages.task_lines import open_decisions
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
    for each in await _said(scene, session, reader):
        kept = lines if each.visibility is Visibility.OFFICIALS else team_only
        kept[each.heading].append(f"{scene.language.moment(each.at)}: {_one_line(each.words)}")
    texts = {heading: fitting(lines[heading], LONGEST) for heading in Heading}
    round_id = picture.round_id if picture else None
    language = "en" if scene.language.code == "en" else "nl"
    return Drafted(Report(language, texts, round_id), dict(team_only))  # type: ignore[arg-type]


class _Said(Struct, frozen=True):
    seq: int
    heading: Heading
    visibility: Visibility
    at: datetime
    words: str


async def _said(scene: Scene, session: Session, reader: TimelineReader) -> list[_Said]:
    """Return what people wrote, as it holds now, the newest first; what ended is left out."""
    matters = await list_matters(session, scene.calamity.id, scene.actor.sees)
    found = [_of_matter(scene, each) for each in matters if each.is_open]
    found += await _interpretations(scene, reader)
    return sorted(found, key=lambda each: -each.seq)


def _of_matter(scene: Scene, matter: Matter) -> _Said:
    """Write a matter with what belongs to it: who and before when, both risks, what we answer."""
    said = structs.replace(matter.now, why=None)
    if said.kind == "rumour":
        # Readers need to know whether it is true and what to say, not how we weigh it and who asks.
        said = structs.replace(said, owner=None, due_at=None, spread=None, harm=None, told=None)
    more = particulars(said, scene.language, scene.names)
    if said.kind == "rumour" and said.status in (None, "new"):
        more.insert(0, scene.language.text("Heard, not checked."))
    words = said.in_language(scene.language.code) + (f" ({' '.join(more)})" if more else "")
    at = matter.versions[0].happened_at
    return _Said(matter.version, heading_of(said), matter.visibility, at, words)


async def _interpretations(scene: Scene, reader: TimelineReader) -> list[_Said]:
    """Return how people read it, in the words of the last correction where there is one."""
    found: list[Line] = []
    for kind in (EntryKind.INTERPRETATION, EntryKind.CORRECTION):
        lines = await reader.newest(scene.calamity.id, scene.actor.sees, limit=_MOST, kind=kind)
        found += [line for line, _ in lines]
    said: dict[int, _Said] = {}
    home: dict[int, int] = {}
    for line in sorted(found, key=lambda each: each.seq):
        match line.happening:
            case Statement() as it:
                home[line.seq] = line.seq
                text = it.in_language(scene.language.code)
                said[line.seq] = _Said(
                    line.seq, heading_of(it), line.visibility, line.happened_at, text
                )
            case Corrected(refers_to=wrong, text=text) if wrong in home:
                first = home[line.seq] = home[wrong]
                said[first] = structs.replace(said[first], seq=line.seq, words=text)
            case None if line.refers_to in home:
                # The last words were erased, and those before them were wrong.
                first = home[line.refers_to]
                said[first] = structs.replace(said[first], words="")
            case _:
                pass
    return [each for each in said.values() if each.words]


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
