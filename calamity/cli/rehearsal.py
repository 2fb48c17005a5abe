"""`calamity playbooks rehearse`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from calamity.cli.operator import (
    acting,
    as_json,
    by_someone,
    for_municipality,
    now,
    run_async,
    say,
    say_json,
    say_table,
    settings_now,
)

if TYPE_CHECKING:
    from calamity.domain.playbook_check import Blocks
    from calamity.domain.rehearsal import Rehearsal, RehearsalRequest

_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@click.command(
    epilog="Example: calamity playbooks rehearse attack-elsewhere --at '2026-11-28 02:30'"
)
@click.argument("named", metavar="SLUG|FILE")
@click.option("--version", "number", type=int, help="Which version; else the newest.")
@click.option("--at", type=click.DateTime(_MOMENTS), help="When it begins; else now.")
@click.option(
    "--answers",
    "answering",
    type=click.Choice(("all", "half", "none")),
    default="all",
    show_default=True,
    help="Who of those who are called or asked answers.",
)
@click.option("--level", type=click.IntRange(0, 3), help="Social level; else what it proposes.")
@for_municipality
@by_someone
@as_json
def rehearse(
    *,
    named: str,
    number: int | None,
    at: datetime | None,
    answering: str,
    level: int | None,
    slug: str | None,
    by: str,
    is_json: bool,
) -> None:
    """Play a playbook on paper with the people of today: nothing is sent and nothing is kept."""
    import msgspec

    from calamity.cli.playbook_files import blocks_beside
    from calamity.domain.rehearsal import RehearsalRequest

    begins = at.replace(tzinfo=settings_now().zone) if at else None
    request = msgspec.convert(
        {"at": begins, "answering": answering, "level": level}, RehearsalRequest
    )
    file = Path(named)
    work = (
        _of_file(file, file.read_bytes(), blocks_beside([file]), request, slug=slug, by=by)
        if file.is_file()
        else _of_version(named, number, request, slug=slug, by=by)
    )
    done = run_async(work)
    if is_json:
        say_json(done)
        return
    _say(done)


async def _of_file(
    file: Path,
    source: bytes,
    blocks: "Blocks",
    request: "RehearsalRequest",
    *,
    slug: str | None,
    by: str,
) -> "Rehearsal":
    from calamity.actions.blocks import read_with_blocks
    from calamity.actions.rehearse import rehearse as play
    from calamity.actions.terms import terms_of
    from calamity.cli.faults import telling
    from calamity.domain.permissions import Permission

    terms = terms_of(settings_now())
    async with acting(slug, by, Permission.SEE_PLAYBOOKS) as (session, actor):
        with telling(file):
            playbook = await read_with_blocks(session, actor, source, str(file), blocks)
        return await play(session, terms, actor, playbook, request=request, at=now())


async def _of_version(
    named: str, number: int | None, request: "RehearsalRequest", *, slug: str | None, by: str
) -> "Rehearsal":
    from calamity.actions.rehearse import rehearse as play
    from calamity.actions.terms import terms_of
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.playbooks import list_versions

    terms = terms_of(settings_now())
    async with acting(slug, by, Permission.SEE_PLAYBOOKS) as (session, actor):
        for version in await list_versions(session, actor.municipality_id, named):
            if number in (None, version.number):
                found = version.playbook
                return await play(session, terms, actor, found, request=request, at=now())
    raise NotFound(f"{named}: no such version. See: calamity playbooks list", field="version")


def _say(done: "Rehearsal") -> None:
    zone = settings_now().zone

    def local(at: datetime) -> str:
        return f"{at.astimezone(zone):%a %d-%m %H:%M}"

    say(f"{done.title.en}, version {done.version}. T0: {local(done.t0)}. Level {done.level}.")
    say()
    rows = [
        (local(event.at), event.step, event.said.en + _numbers(event.people, event.parts))
        for event in done.events
    ]
    say_table(("WHEN", "STEP", "WHAT"), rows)
    say()
    for title, stalls in (("It stalls:", True), ("Look at this:", False)):
        snags = [snag for snag in done.snags if snag.stalls is stalls]
        if snags:
            say(title)
        for snag in snags:
            say(f"- {snag.said.en}")
    say(f"{done.texts} texts, {done.parts} SMS parts, about EUR {done.cost:.2f}.")


def _numbers(people: int, parts: int) -> str:
    return f" ({people} people, {parts} SMS parts)" if parts else ""
