"""A small web app that serves every sample page under the real security headers."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import uvicorn
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.static_files import create_static_files_router

from calamity.web.assets import DIST
from calamity.web.headers import csp_nonce, security_headers
from calamity.web.render import Renderer
from calamity.web.views import room
from tests.web import samples

RENDERER = Renderer(ZoneInfo("Europe/Amsterdam"))


class Story:
    """What changes while a live page is open."""

    def __init__(self) -> None:
        self.timeline = samples.TIMELINE
        self.tasks = samples.TASKS
        self.down = False
        self.bell = asyncio.Event()
        self.asked_after: list[str] = []
        self.signed_out = False

    def add(self, sentence: str) -> None:
        line = samples.entry(self.timeline.entries[0].sequence + 1, "fact", samples.NOW, sentence)
        self.timeline = msgspec.structs.replace(
            self.timeline, entries=(line, *self.timeline.entries)
        )


STORY = Story()


def _html(words: str, status: int = 200) -> Response[str]:
    return Response(words, media_type=MediaType.HTML, status_code=status)


@get("/{language:str}/{name:str}")
async def sample(request: Request, language: FromPath[str], name: FromPath[str]) -> Response[str]:
    template, view, changes = samples.PAGES[name]
    frame = samples.frame(language, **changes, nonce=csp_nonce(request.scope))
    return _html(RENDERER.page(template, frame, view))


@get("/calamities/{calamity:str}/parts/{part:str}")
async def part(calamity: FromPath[str], part: FromPath[str]) -> Response[str]:
    if STORY.down:
        return _html("down", 503)
    if STORY.signed_out:
        return _html("<h1>Inloggen</h1>")
    changing: dict[str, object] = {
        "timeline": STORY.timeline,
        "tasks": STORY.tasks,
        "guide": samples.GUIDE,
    }
    frame = samples.frame("nl", **samples.LIVE)
    views = {name: changing.get(name) or getattr(samples.ROOM, name) for name in part.split(",")}
    return _html("".join(RENDERER.partial(name, frame, view) for name, view in views.items()))


@get("/calamities/{calamity:str}/officials/parts/{part:str}")
async def officials_part(calamity: FromPath[str], part: FromPath[str]) -> Response[str]:
    parts = {
        "head": ("officials_head", samples.OFFICIALS.summary),
        "situation": ("situation", samples.OFFICIALS.situation),
        "told": ("told", samples.OFFICIALS.situation),
        "wall": ("wall", samples.WALL),
        "end": ("wall_end", samples.PARTIALS["wall_end"]),
        "picture": ("picture", samples.OFFICIALS.picture),
    }
    _, _, changes = samples.PAGES["wall"]
    frame = samples.frame("nl", **changes | {"here": "officials"})
    return _html(
        "".join(RENDERER.partial(parts[name][0], frame, parts[name][1]) for name in part.split(","))
    )


@post("/calamities/{calamity:str}/tasks/{task:str}/done", status_code=200)
async def done(calamity: FromPath[str], task: FromPath[str]) -> Response[str]:
    left = tuple(line for line in STORY.tasks.open if getattr(line, "id", "") != task)
    STORY.tasks = msgspec.structs.replace(STORY.tasks, open=left)
    return _html(RENDERER.partial("tasks", samples.frame("nl"), STORY.tasks))


@get("/v1/calamities/{calamity:str}/timeline/stream")
async def stream(
    request: Request, calamity: FromPath[str], after: FromQuery[int] = 0
) -> ServerSentEvent:
    seen = int(request.headers.get("Last-Event-ID") or after)
    STORY.asked_after.append(str(seen))

    async def frames() -> AsyncIterator[ServerSentEventMessage]:
        at = seen
        while not STORY.down:
            for entry in reversed(STORY.timeline.entries):
                if entry.sequence > at:
                    at = entry.sequence
                    yield ServerSentEventMessage(event="entry", id=str(at), data='{"kind":"fact"}')
            yield ServerSentEventMessage(event="beat", data="{}")
            await asyncio.sleep(0.2)

    return ServerSentEvent(frames())


def app() -> Litestar:
    return Litestar(
        [
            sample, part, officials_part, done, stream,
            create_static_files_router(path="/assets", directories=[Path(DIST)]),
        ],
        before_send=[security_headers(production=False)],
        openapi_config=None,
    )  # fmt: skip


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve the gallery on a free port, in a thread."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(
            app(), host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        STORY.down = True
        server.should_exit = True
        thread.join(10)


__all__ = ["STORY", "room", "serving"]
