"""`calamity neighbourhoods`."""

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
    say_notes,
)

if TYPE_CHECKING:
    from calamity.actions.neighbourhoods import NeighbourhoodReport


@click.group()
def neighbourhoods() -> None:
    """Neighbourhoods: the districts (wijken) of CBS."""


@neighbourhoods.command(
    name="import", epilog="Example: calamity neighbourhoods import wijken.geojson"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@for_municipality
@by_someone
@as_json
def import_(file: Path, slug: str | None, by: str, *, is_json: bool) -> None:
    """Take in a district file of CBS or PDOK (GeoJSON); again is no harm."""
    report = run_async(_import(file, file.read_bytes(), slug, by))
    if is_json:
        say_json(report)
        return
    say(f"Neighbourhoods: {report.added} added, {report.changed} changed, {report.same} the same.")
    say_notes(report.notes)


async def _import(file: Path, data: bytes, slug: str | None, by: str) -> "NeighbourhoodReport":
    from calamity.actions.neighbourhoods import import_neighbourhoods
    from calamity.cli.faults import telling
    from calamity.domain.permissions import Permission

    async with acting(slug, by, Permission.IMPORT) as (session, actor):
        with telling(file):
            return await import_neighbourhoods(session, actor, data, at=now())
