"""A short storm on each database; `make chaos` does 200 of them.

In these two seeds the carrier, the database and our own processes die, texts leave whose answer is
lost, and replies come in two parts. Who breaks one reads in the failure how to repeat it.
"""

import pytest

from tests.chaos.run import run

SEEDS = {"sqlite": 359, "postgres": 179}


@pytest.mark.slow
async def test_a_storm_loses_nothing_and_doubles_nothing(
    database_url: str,
) -> None:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    history = await run(SEEDS[kind], database_url)
    assert history.creates
    assert history.replies
