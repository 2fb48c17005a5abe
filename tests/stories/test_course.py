"""An exercise at tempo: phases change, steps end and repeat, a level rises, and nodes die."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from msgspec import structs
from sqlalchemy import text

from calamity.domain.playbook import Dispatch, Message, MessageKind, Playbook, Repeat
from calamity.store.database import Database
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.actions.play import Play
from tests.make import MESSAGES, STEPS, make_activation, make_playbook, make_step, make_terms
from tests.make import make_town as town_of
from tests.stories.nursery import QuickStage
from tests.stories.stage import SECRET, Stage, staged, until

TEMPO = 60
WORDS = {
    "again": "Steeds weer: {link}",
    "raised": "Het niveau is hoger: {link}",
    "begun": "De nazorg is begonnen: {link}",
    "followed": "De eerste stap is klaar: {link}",
}
PEOPLE = 3
"""Professionals, who hear each of these words."""


_PHASES = [
    structs.replace(phase, starts="T+4h") if phase.code == "after" else phase
    for phase in make_playbook().phases
]


def _playbook() -> Playbook:
    def told(code: str, **changes: object):
        act = Dispatch(audience="street", message=code)
        return make_step(code, automatic=True, act=act, **changes)

    return make_playbook(
        phases=_PHASES,
        messages=[
            *MESSAGES,
            *(
                Message(code=code, kind=MessageKind.GIVE, texts={"nl": words, "en": words})
                for code, words in WORDS.items()
            ),
        ],
        steps=[
            *(step for step in STEPS if step.code != "call"),
            make_step("called", act=STEPS[0].act),
            make_step("first", due="T+20h"),
            told("again", start="T+5m", repeat=Repeat(until="after", every="5m")),
            told("raised", when="level >= 2"),
            told("begun", phase="after", start="after + 3m", due="after + 1h"),
            told("followed", start="first + 3m", due="first + 1h"),
        ],
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_nodes_die_while_the_course_changes(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        town = await town_of(session, key_figures=2, playbook=_playbook())
    numbers = [person.phone for person in town.people.values()]
    async with staged(database_url, tmp_path, numbers=numbers, kind=QuickStage) as stage:
        terms = make_terms(public_url=stage.url, is_sandbox=False)
        play = Play(database, Wakes(database), town, terms)
        nodes = {"web": "serve", "work": "work"} if database.is_postgres else {"run": "run"}
        for name, command in nodes.items():
            stage.start(name, command)
        await stage.is_ready()
        made = await make_activation(
            database, play.wakes, town, terms=terms, at=datetime.now(UTC), is_exercise=True,
            tempo=TEMPO,
        )  # fmt: skip
        course = _Course(stage, play, nodes, made.calamity_id)
        await course.until("again", done=1)
        async with course.dead():
            await play.set_level(made.calamity_id, 2, datetime.now(UTC))
        await course.until("raised", done=1)
        async with course.dead():
            # Long enough for more than one time of what repeats.
            await asyncio.sleep(11)
            await play.finish(made.calamity_id, "first", datetime.now(UTC))
        await course.until("followed", done=1)
        async with course.dead():
            await play.set_phase(made.calamity_id, "after", datetime.now(UTC))
        await course.until("begun", done=1)
        await _nothing_lost_nothing_doubled(course)
    await database.close()


class _Course:
    """What the story looks at while it runs."""

    def __init__(self, stage: Stage, play: Play, nodes: dict[str, str], calamity_id: str) -> None:
        self.stage, self.play, self.nodes, self.id = stage, play, nodes, calamity_id

    def dead(self):
        """Kill every node; what happens inside happens while nothing runs."""
        return _Dead(self)

    async def states(self, step: str) -> list[str]:
        return [row.state for row in await self.play.tasks(self.id, step)]

    async def until(self, step: str, *, done: int) -> None:
        async def is_done() -> bool:
            return (await self.states(step)).count("done") >= done

        await until(is_done, seconds=60, what=f"{step} done\n{self.stage.logs()}")


class _Dead:
    def __init__(self, course: _Course) -> None:
        self._course = course

    async def __aenter__(self) -> None:
        for name in self._course.nodes:
            self._course.stage.kill(name)

    async def __aexit__(self, *_: object) -> None:
        for name, command in self._course.nodes.items():
            self._course.stage.start(name, command)
        await self._course.stage.is_ready()


async def _nothing_lost_nothing_doubled(course: _Course) -> None:
    rows = await course.play.tasks(course.id, "again")
    assert [row.occurrence for row in rows] == list(range(1, len(rows) + 1))
    states = Counter(row.state for row in rows)
    assert states["missed"] >= 1, "the long outage passed over one time at least"
    assert set(states) == {"done", "missed"}, "the repeat ended with its phase"
    expected = Counter(dict.fromkeys(WORDS, PEOPLE)) | Counter(again=states["done"] * PEOPLE)
    assert await _written(course) == expected

    async def settled() -> bool:
        return await _waiting(course) == 0

    await until(settled, seconds=60, what=f"all texts\n{course.stage.logs()}")
    arrived = await _arrived(course)
    # A node that died while it sent left texts in doubt: those are never sent again unasked.
    assert not arrived - expected, "a text left twice"
    assert (expected - arrived).total() <= await _waiting(course, "in_doubt")


async def _written(course: _Course) -> Counter[str]:
    """Count the messages by their words, as the rows say."""
    async with course.play.database.reading() as session:
        rows = await session.sql.execute(
            text(
                "SELECT dispatch.message_code, count(*) FROM message"
                " JOIN dispatch ON dispatch.id = message.dispatch_id GROUP BY 1"
            )
        )
        return Counter({row[0]: row[1] for row in rows})


async def _waiting(course: _Course, *states: str) -> int:
    named = ", ".join(f"'{state}'" for state in states or ("ready", "sending"))
    async with course.play.database.reading() as session:
        found = await session.sql.scalar(
            text(f"SELECT count(*) FROM message WHERE state IN ({named})")  # noqa: S608 - ours
        )
    return found or 0


async def _arrived(course: _Course) -> Counter[str]:
    """Count the texts by their words, as the carrier has them."""
    async with aiohttp.ClientSession() as client:
        texts = await course.stage.texts(client)
    return Counter(
        code
        for sent in texts
        for code, words in WORDS.items()
        if words.split(":", maxsplit=1)[0] in sent["body"]
    )
