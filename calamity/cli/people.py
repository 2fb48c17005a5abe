"""`calamity people`."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from calamity.cli.operator import (
    actor_for,
    as_json,
    by_someone,
    for_municipality,
    now,
    opened,
    run_async,
    say,
    say_json,
    say_notes,
    settings_now,
)

if TYPE_CHECKING:
    from calamity.actions.people import PeopleReport


@click.group()
def people() -> None:
    """People: the rapid team, contact persons, key figures and professionals."""


@people.command(name="import", epilog="Example: calamity people import mensen.csv --skip-bad")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--skip-bad", is_flag=True, help="Take in the good lines; without it, all or none.")
@for_municipality
@by_someone
@as_json
def import_(file: Path, slug: str | None, by: str, *, skip_bad: bool, is_json: bool) -> None:
    """Take in people from a CSV file; again changes nothing.

    Columns: soort, naam, telefoon, taal, rol, rang, wijk, kring, contactpersoon, afgesproken_op,
    wil_vragen, rust_van, rust_tot, organisatie - or their English names.
    """
    report = run_async(_import(file, file.read_bytes(), slug, by, skip_bad=skip_bad))
    if is_json:
        say_json(report)
        return
    _say_lines(file, report)
    say(
        f"People: {report.added} added, {report.changed} changed, {report.same} the same, "
        f"{report.skipped} skipped, {report.bad} bad."
    )
    say_notes(report.notes)


async def _import(
    file: Path, data: bytes, slug: str | None, by: str, *, skip_bad: bool
) -> "PeopleReport":
    from calamity.actions.people import import_people
    from calamity.cli.faults import telling
    from calamity.cli.phones import announce
    from calamity.cli.progress import waiting
    from calamity.domain.permissions import Permission

    settings = settings_now()
    async with opened(settings) as database:
        async with database.transaction() as session:
            actor = await actor_for(session, slug, by, Permission.IMPORT)
            with telling(file), waiting("Reading people"):
                report = await import_people(session, actor, data, skip_bad=skip_bad, at=now())
        await announce(settings, database)
    return report


def _say_lines(file: Path, report: "PeopleReport") -> None:
    from calamity.cli.faults import line_of

    for line in report.lines:
        for fault in line.faults:
            say(line_of(file, fault))
        if not line.faults:
            note = f"  {line.note}" if line.note else ""
            say(f"{file}:{line.line}: {line.result:8} {line.kind:15} {line.shown}{note}")
