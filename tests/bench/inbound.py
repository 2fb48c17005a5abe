"""Inbound: signed replies per second, each committed before its answer.

The reference is the same process with an inbox that keeps nothing.
"""

import asyncio
from typing import Any

from sqlalchemy import func, select

from calamity.store.database import Database
from calamity.store.tables import ReplyRow
from calamity.store.vault import Vault
from tests.bench.figures import Aim, Figure
from tests.bench.stage import DATABASES, Stage, process, say
from tests.make import SECRET

_CONNECTIONS = 64
_STORM_RATE = 500
_STORM_SECONDS, _QUICK_SECONDS = 60, 6
_COPIES = 20
_LATEST_MS = 1000


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    replies = 2_000 if stage.quick else 8_000
    figures = []
    for kind in DATABASES:
        say(f"inbound on {kind}: {replies:,} signed replies over {_CONNECTIONS} connections")
        rate = Figure("signed replies in", kind, "replies/s", Aim(0.8))
        late = Figure(f"their p99 at {_CONNECTIONS} connections", kind, "ms")
        url = stage.url(kind)
        with (
            process("server", what="product", url=url) as ours,
            # A second process may not own the same SQLite file.
            process("server", what="product", url=stage.url(kind), keeps=False) as bare,
        ):
            for number in range(stage.rounds + 1):
                pair = (ours, bare) if number % 2 else (bare, ours)
                found = {id(each): replies_in(each, replies, f"{kind}-{number}") for each in pair}
                if number:
                    rate.add(found[id(ours)]["rate"], found[id(bare)]["rate"])
                    late.add(found[id(ours)]["p99"], found[id(bare)]["p99"])
        figures += [rate, late, *_storm(stage, kind)]
    return figures


def _storm(stage: Stage, kind: str) -> list[Figure]:
    """Post each reply many times over, at a steady rate (W-20 of the carrier's contract)."""
    seconds = _QUICK_SECONDS if stage.quick else _STORM_SECONDS
    posts = _STORM_RATE * seconds
    replies = posts // _COPIES
    say(f"inbound on {kind}: {_STORM_RATE} posts/s for {seconds} s, each reply {_COPIES} times")
    url = stage.url(kind)
    with (
        process("server", what="product", url=url) as ours,
        process(
            "load", what="storm", run=f"{kind}-storm", port=ours["port"], rate=_STORM_RATE,
            connections=_CONNECTIONS, requests=posts, replies=replies,
        ) as found,
    ):  # fmt: skip
        pass
    at_most = {"is_least": False, "of_ratio": False}
    late = Figure(
        f"p99 of {_STORM_RATE} posts/s of duplicates", kind, "ms", Aim(_LATEST_MS, **at_most)
    )
    late.add(found["p99"])
    lost = Figure("replies lost or doubled by it", kind, "replies", Aim(0, **at_most))
    lost.add(abs(replies - asyncio.run(_kept(url))))
    return [late, lost]


async def _kept(url: str) -> int:
    database = Database(url, Vault(SECRET))
    await database.open()
    try:
        async with database.reading() as session:
            return await session.sql.scalar(select(func.count()).select_from(ReplyRow)) or 0
    finally:
        await database.close()


def replies_in(server: dict[str, Any], replies: int, run: str) -> dict[str, float]:
    """Post signed replies to a server; return what `load` measured."""
    with process(
        "load", what="inbound", run=run, port=server["port"], connections=_CONNECTIONS,
        requests=replies,
    ) as found:  # fmt: skip
        return found
