"""Servers of a bench, each a process of its own: the product, and the bare handlers beside it.

python -m tests.bench.server '{"what": "product", "url": "sqlite:///..."}'
"""

import asyncio
import importlib
import json
import logging
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

import structlog
import uvicorn
import uvloop
from jinja2 import Environment
from litestar import Litestar, MediaType, get
from msgspec import Struct, structs

from tests.bench.bench_client import ACCOUNT, PUBLIC, TOKEN
from tests.make import SECRET, SENDER, T0

FILES = 8192


def _say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


class _Server(uvicorn.Server):
    """Says on which port it listens, once it does."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            _say(port=self.servers[0].sockets[0].getsockname()[1])


def serve(app: Any) -> None:
    """Serve an ASGI application as `calamity serve` does."""
    _Server(
        uvicorn.Config(
            app, port=0, log_level="warning", access_log=False, ws="none", loop="uvloop",
            server_header=False, timeout_graceful_shutdown=1, backlog=FILES,
        )
    ).run()  # fmt: skip


class _NoInbox:
    """Keeps nothing: the same handler without its commit."""

    async def keep(self, event: object, at: datetime) -> None:
        return


def product(given: dict[str, Any]) -> None:
    """The web process of the product; `/bench/append` adds an entry and says when it began.

    With the address of a *carrier* it works too.
    """
    from calamity.app import create_app
    from calamity.domain.timeline import Statement
    from calamity.settings import Settings
    from calamity.store.timeline import append
    from calamity.worker import work

    settings = Settings(
        database_url=given["url"], secret_key=SECRET, public_url=PUBLIC, carrier="twilio",
        twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN, twilio_from=f"{SENDER}=10",
        twilio_origin=given.get("carrier", ""), log="json",
    )  # fmt: skip
    app = create_app(settings, worker=work if "carrier" in given else None)
    house = app.state.house
    if given.get("keeps") is False:
        app.state.house = structs.replace(house, inbox=_NoInbox())

    async def with_append(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/bench/append":
            await app(scope, receive, send)
            return
        begun = time.monotonic_ns()
        async with house.database.transaction() as session:
            seq = await append(
                session, given["calamity"], Statement("fact", "De school blijft morgen open."),
                by_role="coordinator", at=datetime.now(UTC),
            )  # fmt: skip
        await _answer(send, {"seq": seq, "begun": begun})

    serve(with_append)


async def _answer(send: Any, said: dict[str, int]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


class BareEntry(Struct, rename="camel"):
    """As many fields as a line of the timeline."""

    seq: int
    happened_at: datetime
    recorded_at: datetime
    kind: str
    actor_role: str
    visibility: str
    refers_to: int | None
    hash: str
    body: dict[str, str]


_PAGE = """<!doctype html><title>Timeline</title><ol>{% for entry in entries %}
<li class="entry--{{ entry.kind }}" id="entry-{{ entry.seq }}">
<time>{{ entry.happened_at.isoformat() }}</time>
<p>{{ entry.kind }}: {{ entry.body.text }}</p>
<p>line {{ entry.seq }} {{ entry.actor_role }} {{ entry.visibility }}</p></li>{% endfor %}</ol>"""


def entries(_: dict[str, Any]) -> None:
    """Bare Litestar handlers that return fifty structs from memory, as JSON and as a page."""
    body = {"type": "stated", "kind": "fact", "text": "De school blijft morgen open."}
    made = [
        BareEntry(seq, T0, T0, "fact", "coordinator", "officials", None, "0" * 64, body)
        for seq in range(1, 51)
    ]
    template = Environment(autoescape=True).from_string(_PAGE)

    @get("/json")
    async def fifty() -> list[BareEntry]:
        return made

    @get("/page", media_type=MediaType.HTML)
    async def page() -> str:
        return template.render(entries=made)

    serve(Litestar([fifty, page], openapi_config=None, logging_config=None))


def broadcast(_: dict[str, Any]) -> None:
    """A bare broadcaster: one write of the same bytes to each viewer."""
    viewers: list[Any] = []
    seen = 0

    class Viewer(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            nonlocal seen
            if data.startswith(b"POST"):
                begun, seen = time.monotonic_ns(), seen + 1
                words = b'{"kind":"fact","text":"De school blijft morgen open."}'
                frame = b"id: %d\nevent: entry\ndata: %b\n\n" % (seen, words)
                chunk = b"%x\r\n%b\r\n" % (len(frame), frame)
                for each in viewers:
                    each.write(chunk)
                said = json.dumps({"seq": seen, "begun": begun}).encode()
                head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(said)
                self.transport.write(head + said)
            else:
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                    b"transfer-encoding: chunked\r\n\r\n17\r\nevent: beat\ndata: {}\n\n\r\n"
                )
                viewers.append(self.transport)

        def connection_lost(self, _: Exception | None) -> None:
            if self.transport in viewers:
                viewers.remove(self.transport)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(
            Viewer, "127.0.0.1", 0, backlog=FILES
        )
        _say(port=server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(forever())


def bare(given: dict[str, Any]) -> None:
    """A bare application that imports the same libraries and answers one address."""
    for name in given["modules"]:
        importlib.import_module(name)

    @get("/health/ready", sync_to_thread=False)
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    serve(Litestar([ready], openapi_config=None, logging_config=None))


def main() -> None:
    given = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    {"product": product, "entries": entries, "broadcast": broadcast, "bare": bare}[given["what"]](
        given
    )


if __name__ == "__main__":
    main()
