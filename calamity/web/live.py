"""The live stream: every new line of a timeline, once encoded, to everyone who watches.

One feeder per calamity and kind of reader waits for the bell, reads the new lines by sequence
number and writes them down as frames; viewers send the frames that they have not sent yet. A viewer
that stops reading delays nobody, and one that comes back says where it was.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from urllib.parse import parse_qs

import structlog
from litestar import get
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Receive, Scope, Send
from msgspec import Struct

from calamity.domain.errors import NotFound
from calamity.domain.permissions import Permission
from calamity.domain.timeline import Visibility
from calamity.store.calamities import get_calamity
from calamity.store.database import Database
from calamity.store.timeline import NEWEST, Line, TimelineReader
from calamity.web.auth import house_of, visitor_of
from calamity.web.house import now
from calamity.web.visitors import Visitor

_POLL_SECONDS = 2.0
_BEAT_SECONDS = 15.0
_BEATS_PER_CHECK = 4
_KEPT_FRAMES = 1000
_PAGE = 500
_BEAT = b"event: beat\ndata: {}\n\n"
_CHANGED = b"event: message\ndata: {}\n\n"
_LAST: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}

log = structlog.get_logger(__name__)


def frame(line: Line, encoded: bytes) -> bytes:
    """Return a line as a frame of the stream; its id is the sequence number."""
    return b"id: %d\nevent: entry\ndata: %b\n\n" % (line.seq, encoded)


class _News(Struct, frozen=True):
    """What was published last, as the message for every viewer who had all before it."""

    place: int
    after: int
    """The sequence number before the first line of it."""
    seq: int
    beats: int
    message: HTTPResponseBodyEvent


class _Channel:
    """The frames of one calamity for one kind of reader, shared by all its viewers."""

    def __init__(self, calamity_id: str, sees: Sequence[Visibility], head: int) -> None:
        self.calamity_id = calamity_id
        self.sees = sees
        self.seq = head
        self.frames: list[tuple[int, bytes]] = []
        """Pairs of sequence number (0 for a beat) and bytes."""
        self.first = 0
        """How many frames were dropped before the first one kept."""
        self.news = asyncio.Event()
        self.latest: _News | None = None
        self.viewers = 0
        self.feeder: asyncio.Task[None] | None = None

    @property
    def end(self) -> int:
        """The place behind the last frame."""
        return self.first + len(self.frames)

    def publish(self, frames: Sequence[tuple[int, bytes]]) -> None:
        """Add frames and wake every viewer."""
        self.latest = self._news(frames)
        self.frames.extend(frames)
        surplus = len(self.frames) - _KEPT_FRAMES
        if surplus > 0:
            del self.frames[:surplus]
            self.first += surplus
        news, self.news = self.news, asyncio.Event()
        news.set()

    def _news(self, frames: Sequence[tuple[int, bytes]]) -> _News:
        lines = [number for number, _ in frames if number]
        return _News(
            place=self.end,
            after=lines[0] - 1 if lines else NEWEST,
            seq=lines[-1] if lines else 0,
            beats=_beats(frames),
            message=_body(body for _, body in frames),
        )


def _beats(frames: Sequence[tuple[int, bytes]]) -> int:
    return sum(1 for _, body in frames if body is _BEAT)


def _body(frames: Iterable[bytes]) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": b"".join(frames), "more_body": True}


class LiveTimelines:
    """All channels of this process."""

    def __init__(self, database: Database, reader: TimelineReader) -> None:
        self._database = database
        self._reader = reader
        self._channels: dict[tuple[str, tuple[Visibility, ...]], _Channel] = {}

    @property
    def viewers(self) -> int:
        """How many streams are open."""
        return sum(channel.viewers for channel in self._channels.values())

    async def join(self, calamity_id: str, sees: tuple[Visibility, ...]) -> _Channel:
        """Return the channel of a calamity for this kind of reader."""
        key = (calamity_id, sees)
        if key not in self._channels:
            head = await self._reader.head(calamity_id)
            # Another viewer may have opened the channel meanwhile.
            channel = self._channels.setdefault(key, _Channel(calamity_id, sees, head))
            if channel.feeder is None:
                channel.feeder = asyncio.create_task(self._feed(channel))
        self._channels[key].viewers += 1
        return self._channels[key]

    def leave(self, channel: _Channel) -> None:
        """Stop watching; the last viewer turns off the light."""
        channel.viewers -= 1
        if channel.viewers == 0:
            self._channels.pop((channel.calamity_id, tuple(channel.sees)), None)
            if channel.feeder is not None:
                channel.feeder.cancel()

    async def close(self) -> None:
        """End all streams, so that the process can stop."""
        for channel in tuple(self._channels.values()):
            if channel.feeder is not None:
                channel.feeder.cancel()

    async def since(
        self, calamity_id: str, sees: Sequence[Visibility], seq: int
    ) -> list[tuple[int, bytes]]:
        """Return the frames after a sequence number, a page at most."""
        lines = await self._reader.after(calamity_id, sees, seq, limit=_PAGE)
        return [(line.seq, frame(line, encoded)) for line, encoded in lines]

    async def _feed(self, channel: _Channel) -> None:
        bell = self._database.bell
        rung = bell.subscribe(channel.calamity_id)
        beat_at = asyncio.get_running_loop().time() + _BEAT_SECONDS
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), _POLL_SECONDS)
                was_rung = rung.is_set()
                rung.clear()
                try:
                    await self._take_in(channel, was_rung=was_rung)
                except Exception:
                    # The database may be away for a while; viewers wait, and lose nothing.
                    log.exception("live.not_read")
                    await asyncio.sleep(_POLL_SECONDS)
                if (time := asyncio.get_running_loop().time()) >= beat_at:
                    beat_at = time + _BEAT_SECONDS
                    channel.publish([(0, _BEAT)])
        finally:
            bell.unsubscribe(channel.calamity_id, rung)

    async def _take_in(self, channel: _Channel, *, was_rung: bool) -> None:
        frames = await self.since(channel.calamity_id, channel.sees, channel.seq)
        while frames:
            channel.seq = frames[-1][0]
            channel.publish(frames)
            was_rung = False
            more = len(frames) == _PAGE
            frames = (
                await self.since(channel.calamity_id, channel.sees, channel.seq) if more else []
            )
        if was_rung:
            channel.publish([(0, _CHANGED)])


# An @asgi handler would not do: Litestar 2.25 cannot route to one with a part in its path.
@get(
    "/v1/calamities/{calamity_id:str}/timeline/stream",
    include_in_schema=False,
    name="api.timeline.stream",
)
async def stream() -> ASGIApp:
    """Stream new timeline entries as server-sent events; resumes from `Last-Event-ID`."""
    return _stream


async def _stream(scope: Scope, receive: Receive, send: Send) -> None:
    connection: ASGIConnection = ASGIConnection(scope, receive, send)  # type: ignore[type-arg]
    visitor = await visitor_of(connection)
    if visitor is None or not visitor.actor.may(Permission.SEE_TIMELINE):
        await _refuse(send, 401 if visitor is None else 403)
        return
    house = house_of(connection)
    calamity_id = scope["path_params"]["calamity_id"]
    try:
        async with house.database.reading() as session:
            await get_calamity(session, visitor.actor.municipality_id, calamity_id)
    except NotFound:
        await _refuse(send, 404)
        return
    live: LiveTimelines = connection.app.state.live
    await _Viewer(connection, live, visitor, calamity_id).run(send, receive)


async def _refuse(send: Send, status: int) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"0")],
        }
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _resumes_after(connection: ASGIConnection, head: int) -> int:  # type: ignore[type-arg]
    """Return the sequence number after which this viewer wants lines; from now on by default."""
    said = connection.headers.get("last-event-id", "")
    if not said:
        said = parse_qs(connection.scope["query_string"].decode("ascii", "ignore")).get(
            "after", [""]
        )[0]
    return min(int(said), head) if said.isascii() and said.isdigit() else head


class _Viewer:
    """One open stream."""

    def __init__(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]
        live: LiveTimelines,
        visitor: Visitor,
        calamity_id: str,
    ) -> None:
        self._connection = connection
        self._live = live
        self._sees = visitor.actor.sees
        self._glass_until = visitor.glass_until
        self._calamity_id = calamity_id

    async def run(self, send: Send, receive: Receive) -> None:
        """Send frames until the viewer leaves, signs out, loses rights, or the process stops."""
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                ],
            }
        )
        # First join, then read what came before: a line may come twice, and is sent once.
        channel = await self._live.join(self._calamity_id, self._sees)
        me = asyncio.current_task()
        gone = asyncio.create_task(_wait_for_disconnect(receive, me))
        try:
            async with asyncio.timeout(self._seconds_left()):
                await self._send_all(channel, send)
        except TimeoutError:
            # The browser asks again at once, and sees what its own role may see.
            await send(_LAST)
        except asyncio.CancelledError:
            if not gone.done():
                raise
        finally:
            gone.cancel()
            self._live.leave(channel)

    async def _send_all(self, channel: _Channel, send: Send) -> None:
        seq = _resumes_after(self._connection, channel.seq)
        place = channel.end
        seq = await self._catch_up(channel, seq, send)
        beats = 0
        await send(_body([_BEAT]))
        while True:
            news, latest = channel.news, channel.latest
            if place == channel.end:
                await news.wait()
                continue
            if latest is not None and place == latest.place and seq <= latest.after:
                # Nearly always: the same bytes for everyone, put together once.
                place, seq, fresh_beats = channel.end, max(seq, latest.seq), latest.beats
                await send(latest.message)
            else:
                if place < channel.first:
                    place = channel.end
                    seq = await self._catch_up(channel, seq, send)
                fresh = channel.frames[place - channel.first :]
                place, fresh_beats = channel.end, _beats(fresh)
                wanted = [body for number, body in fresh if number == 0 or number > seq]
                seq = max([seq, *(number for number, _ in fresh)])
                if wanted:
                    await send(_body(wanted))
            beats += fresh_beats
            if beats >= _BEATS_PER_CHECK:
                beats = 0
                if not await self._is_still_welcome():
                    await send(_LAST)
                    return

    async def _catch_up(self, channel: _Channel, seq: int, send: Send) -> int:
        while frames := await self._live.since(self._calamity_id, channel.sees, seq):
            seq = frames[-1][0]
            await send(_body(body for _, body in frames))
            if len(frames) < _PAGE:
                break
        return seq

    def _seconds_left(self) -> float | None:
        """Return for how long taken rights last; None for a role of one's own."""
        if self._glass_until is None:
            return None
        return max((self._glass_until - now()).total_seconds(), 0)

    async def _is_still_welcome(self) -> bool:
        """Look the visitor up again: signing out ends the stream."""
        self._connection.scope["state"].pop("calamity_visitor", None)
        visitor = await visitor_of(self._connection)
        return visitor is not None and visitor.actor.sees == self._sees


async def _wait_for_disconnect(receive: Receive, viewer: asyncio.Task[None] | None) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if viewer is not None:
        viewer.cancel()
