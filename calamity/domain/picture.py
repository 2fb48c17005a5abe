"""The picture: what a closed round says per neighbourhood, without giving anyone away.

Cells here are tiny, so hiding small ones is not enough (primary and complementary suppression, as
statistics offices do it; the rules are choices of design.md, promises 7 and 8, and of SN-01 to
SN-06). Why no published picture, nor any series of them, settles what one person answered:

* A picture is a function of one closed round; a late answer changes nothing that was published.
* Neighbourhoods are first joined by how many people answered, whatever they said. Only then is a
  cell with fewer than *k* moods joined with a next one, and with which one again depends on counts
  of answers only. So everything published stays the same when the people within one such first
  cell, of whom there are at least *k*, trade answers: who is settled, is settled with all of them.
* What a cell shows never settles all of them: the lower median and one of two words for the
  spread leave at least two values for each, from three moods on (hence k >= 3). How many had no
  view (0) is not shown, only that at least so many stand behind the mood, in steps of two or more.
* Every cell of a picture is published, so no total minus its parts leaves a hidden rest.
* The pictures for officials and the public are computed from the published picture of the team.

Silence is coverage: who was asked and did not answer counts in *asked*, never as calm.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

TEAM, OFFICIALS, PUBLIC = 3, 5, 10
NO_VIEW, CALM, UNSAFE = 0, 1, 5
APART = 2

Spread = Literal["close", "mixed"]
Status = Literal["shown", "merged", "too-few"]
Coverage = Literal["under-half", "half-or-more"]
Trend = Literal["calmer", "same", "more-tense", "not-comparable"]


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A neighbourhood and the codes of those that it touches."""

    code: str
    name: str
    neighbours: tuple[str, ...] = ()


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What one person answered about one neighbourhood; 0 says: no view."""

    place: str
    mood: Annotated[int, Meta(ge=NO_VIEW, le=UNSAFE)]


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """One or more neighbourhoods with one mood, as published.

    *mood* is the lower median of those who had a view; *behind* says how many those are at least.
    Where they are too few, only who was asked is told, and a coarse *coverage* if that is safe.
    """

    places: tuple[str, ...]
    asked: int
    answered: int | None
    mood: int | None
    spread: Spread | None
    status: Status
    behind: int = 0
    coverage: Coverage | None = None


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """What a closed round says; each place is in one cell or is a white spot: nobody was asked."""

    groups: tuple[Cell, ...]
    white_spots: tuple[str, ...]
    asked: int
    answered: int | None
    k: int


class _Group(Struct, frozen=True):
    """Parts on their way to become a cell: *size* decides with whom, *stands* whether at all."""

    places: frozenset[str]
    parts: tuple[int, ...]
    size: int
    stands: int

    @property
    def first(self) -> str:
        return min(self.places)

    def joined(self, other: "_Group") -> "_Group":
        return _Group(
            self.places | other.places,
            self.parts + other.parts,
            self.size + other.size,
            self.stands + other.stands,
        )


def team_picture(
    places: Sequence[Place],
    answers: Iterable[Answer],
    asked: Mapping[str, int],
    k: int = TEAM,
) -> Picture:
    """Compute the picture for the team: each cell has at least *k* people who gave a mood.

    Who answered counts as asked, also where *asked* knows nothing of it. Refuses k below 3.
    """
    if k < TEAM:
        raise ValueError("fewer than three people cannot stand behind a mood unseen")
    ground = _Ground(places)
    moods = _moods_per_place(ground, answers)
    people = {code: max(asked.get(code, 0), len(moods[code])) for code in ground.codes}
    if unknown := set(asked) - set(ground.codes):
        raise ValueError(f"places that are not in this municipality: {len(unknown)}")
    parts = [code for code in ground.codes if people[code]]
    groups = ground.roll_up(
        [
            _Group(frozenset([code]), (index,), len(moods[code]), len(moods[code]))
            for index, code in enumerate(parts)
        ],
        k,
    )
    by_views = [_with_views(group, moods) for group in groups]
    cells = [
        _cell(
            sorted(group.places),
            asked=sum(people[code] for code in group.places),
            moods=[mood for code in group.places for mood in moods[code]],
            k=k,
        )
        for group in ground.roll_up(by_views, k)
    ]
    white_spots = tuple(code for code in ground.codes if not people[code])
    return _picture(cells, white_spots, k)


def coarser(picture: Picture, places: Sequence[Place], k: int = OFFICIALS) -> Picture:
    """Join the cells of a published *picture* until at least *k* people stand behind each.

    It reads nothing but what *picture* tells, so whoever holds both learns nothing more. The mood
    is the lower median of the moods of the cells, each as heavy as the number who answered.
    """
    if k < picture.k:
        raise ValueError("a coarser picture needs more people behind each cell, not fewer")
    ground = _Ground(places)
    cells = picture.groups
    groups = ground.roll_up(
        [
            _Group(frozenset(cell.places), (index,), cell.behind, cell.behind)
            for index, cell in enumerate(cells)
        ],
        k,
    )
    joined = [_join([cells[index] for index in group.parts], k) for group in groups]
    return _picture(joined, picture.white_spots, k)


def trend(previous: Picture, now: Picture) -> dict[tuple[str, ...], Trend]:
    """Say per cell of *now* whether its mood moved, where *previous* has the very same cell."""
    before = {cell.places: cell.mood for cell in previous.groups}
    return {cell.places: _move(before.get(cell.places), cell.mood) for cell in now.groups}


def _move(before: int | None, now: int | None) -> Trend:
    if before is None or now is None:
        return "not-comparable"
    if now == before:
        return "same"
    return "calmer" if now < before else "more-tense"


class _Ground:
    """The places of one municipality and which of them touch, whichever of the two says so."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.codes = sorted(place.code for place in places)
        self.position = {code: index for index, code in enumerate(self.codes)}
        if len(self.position) != len(places):
            raise ValueError("two places have the same code")
        self.touching: dict[str, set[str]] = {code: set() for code in self.codes}
        for place in places:
            for other in place.neighbours:
                if other in self.position and other != place.code:
                    self.touching[place.code].add(other)
                    self.touching[other].add(place.code)

    def roll_up(self, groups: Iterable[_Group], k: int) -> list[_Group]:
        """Join groups until *k* stand in each, smallest first, or until one is left."""
        owner = {code: group for group in groups for code in group.places}
        while True:
            standing = sorted(set(owner.values()), key=_by_size)
            weak = next((group for group in standing if group.stands < k), None)
            if weak is None or len(standing) == 1:
                return sorted(standing, key=lambda group: group.first)
            joined = weak.joined(self._partner(weak, owner, k))
            owner.update(dict.fromkeys(joined.places, joined))

    def _partner(self, group: _Group, owner: Mapping[str, _Group], k: int) -> _Group:
        """Choose the neighbour that makes the smallest group that suffices, else the largest."""

        def preference(other: _Group) -> tuple[bool, int, int, str]:
            size = group.size + other.size
            return (size < k, size if size >= k else -size, len(other.places), other.first)

        near = self._nearest(group, owner)
        return min(near, key=preference) if near else self._next_by_code(group, owner)

    def _nearest(self, group: _Group, owner: Mapping[str, _Group]) -> set[_Group]:
        """Return the groups that touch, or else those behind the fewest white spots."""
        seen = set(group.places)
        edge = seen
        while edge:
            edge = {other for code in edge for other in self.touching[code]} - seen
            seen = seen | edge
            if near := {owner[code] for code in edge if code in owner}:
                return near
        return set()

    def _next_by_code(self, group: _Group, owner: Mapping[str, _Group]) -> _Group:
        """Return the group next to an island in the order of codes."""
        own = [self.position[code] for code in group.places]
        others = [code for code in self.codes if code in owner and code not in group.places]

        def gap(code: str) -> tuple[int, str]:
            return (min(abs(self.position[code] - position) for position in own), code)

        return owner[min(others, key=gap)]


def _by_size(group: _Group) -> tuple[int, str]:
    return (group.size, group.first)


def _moods_per_place(ground: _Ground, answers: Iterable[Answer]) -> dict[str, list[int]]:
    moods: dict[str, list[int]] = defaultdict(list)
    for answer in answers:
        if answer.place not in ground.position:
            raise ValueError("an answer about a place that is not in this municipality")
        if not NO_VIEW <= answer.mood <= UNSAFE:
            raise ValueError("a mood is a digit from 0 to 5")
        moods[answer.place].append(answer.mood)
    return moods


def _with_views(group: _Group, moods: Mapping[str, Sequence[int]]) -> _Group:
    views = sum(1 for code in group.places for mood in moods[code] if mood != NO_VIEW)
    return _Group(group.places, group.parts, group.size, views)


def _cell(places: Sequence[str], *, asked: int, moods: Sequence[int], k: int) -> Cell:
    views = sorted(mood for mood in moods if mood != NO_VIEW)
    if len(views) < k:
        return _too_few(places, asked, len(moods), k)
    return Cell(
        places=tuple(places),
        asked=asked,
        answered=len(moods),
        mood=views[(len(views) - 1) // 2],
        spread="mixed" if views[-1] - views[0] >= APART else "close",
        status="shown" if len(places) == 1 else "merged",
        behind=_at_least(len(views), k),
    )


def _at_least(count: int, k: int) -> int:
    """Round down to a step. Steps lie two or more apart, so that none of them says how many."""
    steps = (k, *(step for step in (OFFICIALS, PUBLIC) if step >= k + APART))
    return max(step for step in steps if step <= count)


def _too_few(places: Sequence[str], asked: int, answered: int | None, k: int) -> Cell:
    coverage: Coverage | None = None
    # With very few asked, even a half would tell of one person whether he or she answered.
    if asked >= k and answered is not None:
        coverage = "half-or-more" if 2 * answered >= asked else "under-half"
    return Cell(
        places=tuple(places),
        asked=asked,
        answered=None,
        mood=None,
        spread=None,
        status="too-few",
        coverage=coverage,
    )


def _join(cells: Sequence[Cell], k: int) -> Cell:
    if len(cells) == 1 and (cells[0].mood is None or cells[0].behind >= k):
        return cells[0]
    places = sorted(code for cell in cells for code in cell.places)
    asked, answered = sum(cell.asked for cell in cells), _answered(cells)
    behind = sum(cell.behind for cell in cells)
    weights: Counter[int] = Counter()
    for cell in cells:
        if cell.mood is not None:
            weights[cell.mood] += cell.answered or 0
    if behind < k:
        return _too_few(places, asked, answered, k)
    return Cell(
        places=tuple(places),
        asked=asked,
        answered=answered,
        mood=_weighted_lower_median(weights),
        spread=_joined_spread(cells, sorted(weights)),
        status="merged",
        behind=behind,
    )


def _joined_spread(cells: Iterable[Cell], moods: Sequence[int]) -> Spread:
    apart = moods[-1] - moods[0] >= APART
    return "mixed" if apart or any(cell.spread == "mixed" for cell in cells) else "close"


def _weighted_lower_median(weights: Mapping[int, int]) -> int:
    half, below = sum(weights.values()), 0
    for mood in sorted(weights):
        below += weights[mood]
        if 2 * below >= half:
            return mood
    raise ValueError("no mood to take the median of")


def _answered(cells: Sequence[Cell]) -> int | None:
    counts = [cell.answered for cell in cells if cell.answered is not None]
    return None if any(cell.answered is None for cell in cells) else sum(counts)


def _picture(cells: Sequence[Cell], white_spots: tuple[str, ...], k: int) -> Picture:
    return Picture(
        groups=tuple(cells),
        white_spots=white_spots,
        asked=sum(cell.asked for cell in cells),
        answered=_answered(cells),
        k=k,
    )
