"""The timeline: fifty of a million entries, against a bare handler and a short timeline."""

import asyncio
from contextlib import ExitStack
from typing import Any

from tests.bench.figures import Aim, Figure
from tests.bench.long_timeline import CALAMITY, RARE, fill, prepare
from tests.bench.stage import DATABASES, Stage, process, say

_SHORT = 1_000
_CONNECTIONS = 16
_PLAIN: dict[str, Any] = {"headers": {}, "connections": _CONNECTIONS, "among": 1}


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    long = 50_000 if stage.quick else 1_000_000
    requests = 1_000 if stage.quick else 3_000
    say(f"timeline: putting {long:,} entries in both databases")
    towns: dict[tuple[str, int], tuple[str, str, str]] = {}
    for size in (long, _SHORT):
        urls = {kind: stage.url(kind) for kind in DATABASES}
        for kind, url in urls.items():
            _, token, cookie = asyncio.run(prepare(url))
            towns[kind, size] = (url, token, cookie)
        asyncio.run(fill(urls, size))
    figures = []
    for kind in DATABASES:
        say(f"timeline on {kind}: {requests:,} requests of each sort, {stage.rounds} rounds")
        figures += _measure(stage, kind, towns[kind, long], towns[kind, _SHORT], size=long)
    return figures


def _measure(
    stage: Stage, kind: str, long: tuple[str, str, str], short: tuple[str, str, str], *, size: int
) -> list[Figure]:
    requests = 1_000 if stage.quick else 3_000
    api = f"/v1/calamities/{CALAMITY}/timeline?limit=50"
    page = f"/calamities/{CALAMITY}/timeline"
    sorts = {
        "newest 50": api,
        "deep pages": f"{api}&before={{place}}",
        "a rare kind": f"{api}&kind={RARE.value}",
        "newest 50 as a page": page,
    }
    rates = {
        name: Figure(f"{name} of {size:,}, {_CONNECTIONS} connections", kind, "answers/s", Aim(0.4))
        for name in sorts
    }
    same = Figure(
        f"newest 50, p50 of {size:,} against {_SHORT:,}", kind, "ms", Aim(1.2, is_least=False)
    )
    with ExitStack() as exits:
        ours = exits.enter_context(process("server", what="product", url=long[0]))
        small = exits.enter_context(process("server", what="product", url=short[0]))
        bare = exits.enter_context(process("server", what="entries"))
        for number in range(stage.rounds + 1):
            their = {
                path: _ask(bare["port"], path, requests=requests)["rate"]
                for path in ("/json", "/page")
            }
            for name, path in sorts.items():
                asked = max(requests // 10, 50) if path == page else requests
                found = _ask(
                    ours["port"], path, headers=_headers(path, long), requests=asked,
                    among=size - 1_000,
                )  # fmt: skip
                if number:
                    rates[name].add(found["rate"], their["/page" if path == page else "/json"])
            one = [
                _ask(port, api, headers=_headers(api, town), requests=requests, connections=1)[
                    "p50"
                ]
                for port, town in ((ours["port"], long), (small["port"], short))
            ]
            if number:
                same.add(*one)
    return [*rates.values(), same]


def _headers(path: str, town: tuple[str, str, str]) -> dict[str, str]:
    _, token, cookie = town
    if path.startswith("/v1"):
        return {"Authorization": f"Bearer {token}"}
    return {"Cookie": f"calamity_session={cookie}"}


def _ask(port: int, path: str, **given: Any) -> dict[str, Any]:
    with process("load", what="ask", port=port, path=path, **_PLAIN | given) as found:
        return found
