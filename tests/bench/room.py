"""The room of a long calamity: how soon it opens, and how soon it is true again after a commit.

Five hundred viewers watch its stream all the while.
"""

import asyncio
import subprocess
from typing import Any

from calamity.web.auth import COOKIE
from tests.bench.figures import Aim, Figure
from tests.bench.live import to_the_last, watching
from tests.bench.room_town import Prepared, prepare_room
from tests.bench.stage import DATABASES, Stage, process, say

_OPENS = Aim(300, is_least=False, of_ratio=False)
_IS_TRUE = Aim(1_000, is_least=False, of_ratio=False)
_EVENTS = 5
_WAITS = 300
"""How long a page waits for more news before it fetches its parts (`live.js`), in milliseconds."""
_OF_OFFICIALS = ("head", "situation", "told", "picture")
_OF_THE_ROOM = (
    "summary", "letters", "tasks", "situation", "roster", "rounds", "picture", "timeline",
    "messages",
)  # fmt: skip
_AT_ONCE = 64
_TEAM = 5


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    entries, people, viewers = (1_000, 100, 100) if stage.quick else (10_000, 1_000, 500)
    figures = []
    for kind in DATABASES:
        say(f"room on {kind}: {entries:,} entries, {people:,} key figures, {viewers} viewers")
        url = stage.url(kind)
        made = asyncio.run(prepare_room(url, key_figures=people, entries=entries))
        stream = f"/v1/calamities/{made.calamity}/timeline/stream"
        with (
            process("server", what="product", url=url, calamity=made.calamity) as server,
            watching(server["port"], stream, _cookie(made.coordinator), viewers) as crowd,
        ):
            desk = _Desk(server["port"], made, crowd, viewers, kind)
            for number in range(stage.rounds + 1):
                desk.look(asked=20 if stage.quick else 100, counts=number > 0)
        figures += desk.figures
    return figures


def _cookie(session: str) -> dict[str, str]:
    # The bench's public address is one of https.
    return {"Cookie": f"__Host-{COOKIE}={session}"}


class _Desk:
    """One server with its viewers, and the figures of it."""

    def __init__(
        self, port: int, made: Prepared, crowd: subprocess.Popen[str], viewers: int, kind: str
    ) -> None:
        self._port, self._crowd, self._viewers = port, crowd, viewers
        self._room, self._made = f"/calamities/{made.calamity}", made
        names = {
            "room": ("the room opens, p50", _OPENS),
            "room p99": ("the room opens, p99", _OPENS),
            "officials": ("the officials' page opens, p50", _OPENS),
            "officials p99": ("the officials' page opens, p99", _OPENS),
            "frame": (f"commit to the frame of the last of {viewers} viewers", _IS_TRUE),
            "screens": (f"commit to the parts of {viewers} officials", _IS_TRUE),
            "team": (f"commit to the parts of {_TEAM} in the room", _IS_TRUE),
        }
        self._by_name = {
            name: Figure(words, kind, "ms", aim) for name, (words, aim) in names.items()
        }

    @property
    def figures(self) -> list[Figure]:
        return list(self._by_name.values())

    def look(self, *, asked: int, counts: bool) -> None:
        """Open the pages, and wait for news, once; the first time is a warming up."""
        official = f"{self._room}/officials"
        pages = {
            "room": (self._room, self._made.coordinator),
            "officials": (official, self._made.official),
        }
        found: dict[str, float] = {}
        for name, (path, session) in pages.items():
            times = self._ask(path, session, requests=asked, connections=1)
            found |= {name: times["p50"], f"{name} p99": times["p99"]}
        frame = found["frame"] = to_the_last(self._port, self._crowd, _EVENTS)
        # As a browser does: all parts of its page at once.
        screens = f"{official}/parts/{','.join(_OF_OFFICIALS)}"
        team = f"{self._room}/parts/{','.join(_OF_THE_ROOM)}"
        fetched = self._fetched(screens, self._made.official, self._viewers)
        found["screens"] = frame + _WAITS + fetched
        found["team"] = frame + _WAITS + self._fetched(team, self._made.coordinator, _TEAM)
        if counts:
            for name, milliseconds in found.items():
                self._by_name[name].add(milliseconds)

    def _fetched(self, path: str, session: str, people: int) -> float:
        """Return in how many milliseconds everybody has these parts."""
        done = self._ask(path, session, requests=people, connections=min(people, _AT_ONCE))
        return 1000 * people / float(done["rate"])

    def _ask(self, path: str, session: str, **given: Any) -> dict[str, Any]:
        with process(
            "load",
            what="ask",
            port=self._port,
            path=path,
            headers=_cookie(session),
            among=1,
            **given,
        ) as found:
            return found
