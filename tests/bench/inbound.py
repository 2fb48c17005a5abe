"""Inbound: signed replies per second, each committed before its answer.

The reference is the same process with an inbox that keeps nothing.
"""

from typing import Any

from tests.bench.figures import Aim, Figure
from tests.bench.stage import DATABASES, Stage, process, say

_CONNECTIONS = 64


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
        figures += [rate, late]
    return figures


def replies_in(server: dict[str, Any], replies: int, run: str) -> dict[str, float]:
    """Post signed replies to a server; return what `load` measured."""
    with process(
        "load", what="inbound", run=run, port=server["port"], connections=_CONNECTIONS,
        requests=replies,
    ) as found:  # fmt: skip
        return found
