"""A few seeded runs on each database; `make chaos` does two hundred."""

import asyncio

import pytest

from tests.chaos.__main__ import databases
from tests.chaos.run import run

SEEDS = (1, 2, 7)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_whatever_befalls_an_exercise_its_history_holds(
    kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "postgres":
        request.getfixturevalue("postgres")  # says so where there is none

    with databases(kind) as (make, _):
        urls = [make() for _ in SEEDS]

        async def together() -> None:
            async with asyncio.TaskGroup() as group:
                runs = [
                    group.create_task(run(seed, url)) for seed, url in zip(SEEDS, urls, strict=True)
                ]
            for one in runs:
                # A history in which nothing happened proves nothing.
                history = one.result()
                assert len(history.messages) > len(history.ladders) > 0
                assert history.replies
                assert history.posted

        asyncio.run(together())
