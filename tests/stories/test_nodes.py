"""Two web and two worker processes on one PostgreSQL: nothing runs twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from calamity.actions.activate import activate
from calamity.domain.activation import ActivationRequest, Inputs, Levels
from calamity.domain.playbook import Dispatch, Playbook, QuietHours
from calamity.store.database import Database
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import STEPS, make_playbook, make_step, make_terms, make_town
from tests.stories.nursery import QuickStage
from tests.stories.stage import SECRET, free_port, staged, until

KEY_FIGURES = 150
CALAMITIES = 3


def _playbook() -> Playbook:
    codes = ("call", "choose")
    steps = [step for step in STEPS if step.code in codes]
    steps.insert(
        1, make_step("give", automatic=True, act=Dispatch(audience="friends", message="K1"))
    )
    return make_playbook(steps=steps, quiet_hours=QuietHours(start="00:00", end="00:00"))


@pytest.mark.slow
async def test_no_task_reminder_or_message_runs_twice(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        town = await make_town(session, key_figures=KEY_FIGURES, playbook=_playbook())
    numbers = [person.phone for person in town.people.values()]
    async with staged(
        postgres_url, tmp_path, numbers=numbers, rate=400.0, kind=QuickStage
    ) as stage:
        second = free_port()
        stage.start("web1", "serve")
        stage.start("web2", "serve", port=second)
        stage.start("work1", "work")
        stage.start("work2", "work")
        await stage.is_ready()
        await stage.is_ready(second)
        terms = make_terms(rate=400.0, public_url=stage.url, is_sandbox=False)

        async def one(number: int) -> None:
            async with database.transaction() as session:
                await activate(
                    session,
                    Wakes(database),
                    terms,
                    town.coordinator,
                    ActivationRequest(
                        slug="small",
                        request_key=f"nodes-story-{number}",
                        inputs=Inputs({"nl": "een aanslag elders"}),
                        levels=Levels(1, "oefening"),
                        is_exercise=True,
                        tempo=60,
                    ),
                    at=datetime.now(UTC),
                )

        await asyncio.gather(*(one(number) for number in range(CALAMITIES)))

        async def at_rest() -> bool:
            async with database.reading() as session:
                waiting = await session.sql.scalar(
                    text(
                        "SELECT (SELECT count(*) FROM message"
                        " WHERE state IN ('ready', 'sending', 'in_doubt'))"
                        " + (SELECT count(*) FROM ladder WHERE next_due_at IS NOT NULL)"
                    )
                )
            return waiting == 0

        await until(at_rest, seconds=90, what=f"all at rest\n{stage.logs()}")
        async with aiohttp.ClientSession() as client:
            sent = await stage.texts(client)
        async with database.reading() as session:
            states = dict(
                (
                    await session.sql.execute(
                        text("SELECT state, count(*) FROM message GROUP BY state")
                    )
                ).all()
            )
            dispatches = await session.sql.scalar(text("SELECT count(*) FROM dispatch"))
            reminders = (
                await session.sql.execute(
                    text(
                        "SELECT count(*), count(DISTINCT ladder_id) FROM message"
                        " WHERE purpose = 'reminder'"
                    )
                )
            ).one()
            finished = await session.sql.scalar(
                text("SELECT count(*) FROM entry WHERE kind = 'dispatch'")
            )
    await database.close()
    assert set(states) == {"accepted"}
    assert len(sent) == states["accepted"]
    assert max(Counter(each["sid"] for each in sent).values()) == 1
    assert dispatches == CALAMITIES
    assert reminders[0] == reminders[1] > 0
    assert finished == CALAMITIES * 2
