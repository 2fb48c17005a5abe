"""Taking a timeline out of the house, and verifying it here."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Literal

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from calamity.actions import export
from calamity.domain.export import csv_lines, json_line
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import Line, Verdict
from calamity.store.timeline import walk
from calamity.web.api.timeline import need_calamity
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

Format = Literal["zip", "jsonl", "csv"]
_TYPES: dict[Format, str] = {
    "zip": "application/zip",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
}
_CHUNK = 64 * 1024


@camel
class TimelineVerdict(Verdict, frozen=True):
    """What checking the timeline in the database found."""


@get(
    "/calamities/{calamity_id:str}/timeline/export",
    guards=[needs(Permission.EXPORT_TIMELINE)],
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, media_type="application/zip", description="The export."
        )
    },
    name="api.timeline.export",
)
async def take_out(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    as_format: Annotated[Format, QueryParameter(name="format")] = "zip",
) -> Stream:
    """Export the whole timeline: a ZIP with its verifier, JSON Lines, or CSV."""
    await need_calamity(house, actor, calamity_id)
    chunks = _zip(house, actor, calamity_id)
    if as_format != "zip":
        chunks = _gathered(_lines(house, actor, calamity_id, as_format))
    name = f"timeline-{calamity_id}.{as_format}"
    return Stream(
        chunks,
        media_type=_TYPES[as_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _zip(house: House, actor: Actor, calamity_id: str) -> AsyncIterator[bytes]:
    async with house.database.reading() as session:
        async for chunk in export.export_timeline(
            session, actor, calamity_id, now(), zone=house.terms.zone
        ):
            yield chunk


async def _lines(
    house: House, actor: Actor, calamity_id: str, as_format: Format
) -> AsyncIterator[bytes]:
    write: Callable[[Line], bytes]
    if as_format == "jsonl":
        write = _json_writer(actor)
    else:
        rows = _csv_rows(house, actor, waiting := deque[Line]())
        yield next(rows)

        def write(line: Line) -> bytes:
            waiting.append(line)
            return next(rows)

    async with house.database.reading() as session:
        async for stored in walk(session, calamity_id):
            erased = stored.body is None
            yield write(Line(stored.header, stored.hash, stored.salt, stored.body, erased=erased))


def _json_writer(actor: Actor) -> Callable[[Line], bytes]:
    return lambda line: json_line(line, reader=actor.sees[0])


def _csv_rows(house: House, actor: Actor, waiting: deque[Line]) -> Iterator[bytes]:
    """Return the head of the CSV file, then a row for each line that was put in *waiting*."""

    def lines() -> Iterator[Line]:
        while True:
            yield waiting.popleft()

    return csv_lines(lines(), reader=actor.sees[0], zone=house.terms.zone)


async def _gathered(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small parts, for each one sent costs a turn of the loop."""
    chunk: list[bytes] = []
    size = 0
    async for part in parts:
        chunk.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(chunk)
            chunk, size = [], 0
    yield b"".join(chunk)


@get(
    "/calamities/{calamity_id:str}/timeline/verification",
    guards=[needs(Permission.SEE_TIMELINE)],
    name="api.timeline.verify",
)
async def verify(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> TimelineVerdict:
    """Check the timeline against its own hashes, its head and the key of the municipality."""
    async with house.database.reading() as session:
        verdict = await export.verify_timeline(session, actor, calamity_id)
    return wired(verdict, TimelineVerdict)


router = Router("/", route_handlers=[take_out, verify], tags=["Timeline"])
