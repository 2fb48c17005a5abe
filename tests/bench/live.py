"""Live: one entry, really committed, to a thousand viewers, against a bare broadcaster."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.figures import Aim, Figure
from tests.bench.long_timeline import CALAMITY, prepare
from tests.bench.stage import DATABASES, ROOT, Stage, end, process, say

_GAP_SECONDS = 0.2


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    viewers, events = (200, 5) if stage.quick else (1_000, 20)
    figures = []
    for kind in DATABASES:
        say(f"live on {kind}: {viewers:,} viewers, {events} entries a round")
        url = stage.url(kind)
        _, token, _ = asyncio.run(prepare(url))
        figure = Figure(
            f"one entry to the last of {viewers:,} viewers", kind, "ms", Aim(2.5, is_least=False)
        )
        path = f"/v1/calamities/{CALAMITY}/timeline/stream"
        headers = {"Authorization": f"Bearer {token}"}
        with (
            process("server", what="product", url=url, calamity=CALAMITY) as ours,
            process("server", what="broadcast") as bare,
            watching(ours["port"], path, headers, viewers) as our_crowd,
            watching(bare["port"], "/", {}, viewers) as their_crowd,
        ):
            for number in range(stage.rounds + 1):
                our = to_the_last(ours["port"], our_crowd, events)
                their = to_the_last(bare["port"], their_crowd, events)
                if number:
                    figure.add(our, their)
        figures.append(figure)
    return figures


@contextmanager
def watching(
    port: int, path: str, headers: dict[str, str], viewers: int
) -> Iterator[subprocess.Popen[str]]:
    """Let so many viewers open a stream; what they saw is read with `to_the_last`."""
    given = {"what": "watch", "port": port, "path": path, "headers": headers, "viewers": viewers}
    crowd = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", json.dumps(given)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _next(crowd)  # everyone had the first beat
        yield crowd
    finally:
        end(crowd)


def _next(crowd: subprocess.Popen[str], seq: int = 0) -> dict[str, Any]:
    assert crowd.stdout is not None
    while line := crowd.stdout.readline():
        said: dict[str, Any] = json.loads(line)
        if said["seq"] == seq:
            return said
    raise RuntimeError("the viewers went away")


def to_the_last(port: int, crowd: subprocess.Popen[str], events: int) -> float:
    """Return the median of milliseconds from the call of `append` to the last viewer."""
    times = []
    for _ in range(events):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/bench/append", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            said = json.loads(answer.read())
        times.append((_next(crowd, said["seq"])["at"] - said["begun"]) / 1e6)
        time.sleep(_GAP_SECONDS)
    return statistics.median(times)
