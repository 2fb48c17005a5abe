"""Kill -9 at fifty random moments of an activation: nothing is lost, nothing is sent twice."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from calamity.actions.activate import activate
from calamity.domain.activation import ActivationRequest, Inputs, Levels
from calamity.domain.playbook import Audience, Dispatch, Group, Playbook, QuietHours
from calamity.store.database import Database
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import (
    CALL_OUT,
    MESSAGES,
    STEPS,
    Town,
    make_playbook,
    make_step,
    make_terms,
    make_town,
)
from tests.stories.nursery import QuickStage
from tests.stories.stage import SECRET, Stage, staged, until

KILLS = 50
KEY_FIGURES = 80
RATE = 8.0
TEMPO = 60
PACE = 5.0
SEED = 20261121


def _playbook() -> Playbook:
    """Two dispatches and a call-out with its timers, all automatic, over the minute of kills."""
    steps = [
        *(step for step in STEPS if step.code == "call"),
        make_step("give", automatic=True, act=Dispatch(audience="friends", message="K1")),
        make_step(
            "facts", start="T+5m", automatic=True, act=Dispatch(audience="street", message="P1")
        ),
    ]
    return make_playbook(
        steps=steps,
        messages=[message for message in MESSAGES if message.code not in ("K4", "K9", "P6")],
        audiences=[
            Audience(code="friends", title=steps[0].title, of=Group.KEY_FIGURES),
            Audience(code="street", title=steps[0].title, of=Group.PROFESSIONALS),
        ],
        quiet_hours=QuietHours(start="00:00", end="00:00"),
    )


async def _activated(database: Database, town: Town, stage: Stage) -> datetime:
    at = datetime.now(UTC)
    async with database.transaction() as session:
        await activate(
            session,
            Wakes(database),
            make_terms(rate=RATE, public_url=stage.url, is_sandbox=False, allowed_in_exercise=None),
            town.coordinator,
            ActivationRequest(
                slug="small",
                request_key="kill-story",
                inputs=Inputs({"nl": "een aanslag elders"}, place="stadhuis"),
                levels=Levels(1, "oefening"),
                is_exercise=True,
                tempo=TEMPO,
            ),
            at=at,
        )
    return at


async def _open_messages(database: Database) -> int:
    async with database.reading() as session:
        return (
            await session.sql.scalar(
                text("SELECT count(*) FROM message WHERE state IN ('ready', 'sending', 'in_doubt')")
            )
            or 0
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_fifty_kills_lose_nothing_and_double_nothing(
    database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    database = Database(database_url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        town = await make_town(session, key_figures=KEY_FIGURES, playbook=_playbook())
    numbers = [person.phone for person in town.people.values()]
    kind = partial(QuickStage, pace=PACE)
    async with staged(database_url, tmp_path, numbers=numbers, rate=RATE, kind=kind) as stage:
        nodes = ("web", "work") if database.is_postgres else ("run",)
        for node in nodes:
            stage.start(node, {"web": "serve"}.get(node, node))
        await stage.is_ready()
        activated_at = await _activated(database, town, stage)
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.0, 0.9))
            victim = chance.choice(nodes)
            stage.kill(victim)
            stage.start(victim, {"web": "serve"}.get(victim, victim))
            await stage.is_ready()
        await until(
            lambda: _all_settled(database),
            seconds=240,
            every=0.5,
            what=f"every message settled\n{stage.logs()}",
        )
        async with aiohttp.ClientSession() as client:
            sent = await stage.texts(client)
        await _nothing_lost_nothing_doubled(database, sent)
        await _timers_kept_their_time(database, activated_at)
    await database.close()


async def _all_settled(database: Database) -> bool:
    return await _open_messages(database) == 0 and await _ladders_at_rest(database)


async def _ladders_at_rest(database: Database) -> bool:
    async with database.reading() as session:
        return not await session.sql.scalar(
            text("SELECT count(*) FROM ladder WHERE next_due_at IS NOT NULL")
        )


async def _nothing_lost_nothing_doubled(database: Database, sent: list[dict[str, str]]) -> None:
    async with database.reading() as session:
        rows = (
            await session.sql.execute(
                text("SELECT sid, state, is_alarm, purpose, recipient_id FROM message")
            )
        ).all()
    states = Counter(row.state for row in rows)
    assert states["accepted"] + states["cancelled"] == len(rows), states
    accepted = {row.sid for row in rows if row.state == "accepted"}
    assert len(accepted) == states["accepted"], "two messages claim the same text"
    at_carrier = {text["sid"] for text in sent}
    assert accepted <= at_carrier, "the carrier never had a text that we call accepted"
    # Texts that the carrier has beyond our rows are second copies. Ordinary texts may have none;
    # an alarm may, marked as such.
    copies = [text for text in sent if text["sid"] not in accepted]
    assert all(text["body"].endswith("(herhaald)") for text in copies), copies
    times = Counter((text["to"], text["body"]) for text in sent)
    assert max(times.values()) == 1, times.most_common(3)
    gives = [row for row in rows if row.purpose == "give"]
    assert len(gives) == KEY_FIGURES + 3
    assert len({row.recipient_id for row in gives}) == len(gives)


async def _timers_kept_their_time(database: Database, activated_at: datetime) -> None:
    """Reminders and deputies come once, not before their time, whatever was killed meanwhile."""
    async with database.reading() as session:
        ladders = (
            await session.sql.execute(
                text("SELECT rank, state, called_at, reminded_at FROM ladder ORDER BY role, rank")
            )
        ).all()
        doubled = await session.sql.scalar(
            text(
                "SELECT count(*) FROM (SELECT ladder_id FROM message WHERE ladder_id IS NOT NULL"
                " GROUP BY ladder_id, purpose HAVING count(*) > 1) AS twice"
            )
        )
    assert doubled == 0
    reminder = timedelta(minutes=int(CALL_OUT.reminder_after[:-1])) / TEMPO
    for ladder in ladders:
        assert ladder.reminded_at is not None
        assert ladder.reminded_at - ladder.called_at >= reminder / timedelta(microseconds=1) - 1
    primaries = [ladder for ladder in ladders if ladder.rank == 1]
    late = max(ladder.called_at for ladder in primaries) - int(activated_at.timestamp() * 1e6)
    assert late < 1_000_000
