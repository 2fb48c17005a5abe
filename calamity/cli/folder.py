"""`calamity playbooks folder`."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from calamity.cli.operator import acting, by_someone, for_municipality, now, run_async, say

if TYPE_CHECKING:
    from calamity.web.views.previews import Folder


@click.command(epilog="Example: calamity playbooks folder attack-elsewhere --out folder.pdf")
@click.argument("named", metavar="SLUG")
@click.option("--version", "number", type=int, help="Which version; else the newest.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF."
)
@click.option(
    "--language", type=click.Choice(("nl", "en")), default="nl", show_default=True, help="Of it."
)
@click.option("--names", is_flag=True, help="With the names and numbers of the rapid team.")
@for_municipality
@by_someone
def folder(
    *,
    named: str,
    number: int | None,
    out: Path,
    language: str,
    names: bool,
    slug: str | None,
    by: str,
) -> None:
    """Write the emergency folder as a PDF: checklists, role cards and texts, to keep on paper."""
    from calamity.web.folder import as_pdf

    made = run_async(_folder(named, number, language, names=names, slug=slug, by=by))
    out.write_bytes(run_async(as_pdf(made)))
    say(f"{out}: the emergency folder of {named}.")


async def _folder(
    named: str, number: int | None, language: str, *, names: bool, slug: str | None, by: str
) -> "Folder":
    from calamity.actions.preview import team_of_today
    from calamity.cli.operator import settings_now
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.municipalities import get_municipality
    from calamity.store.playbooks import list_versions
    from calamity.web.folder import folder_of
    from calamity.web.language import languages

    needed = Permission.SEE_PEOPLE if names else Permission.SEE_PLAYBOOKS
    async with acting(slug, by, needed) as (session, actor):
        versions = await list_versions(session, actor.municipality_id, named)
        found = next((each for each in versions if number in (None, each.number)), None)
        if found is None:
            raise NotFound(
                f"{named}: no such version. See: calamity playbooks list", field="version"
            )
        municipality = await get_municipality(session, actor.municipality_id)
        team = await team_of_today(session, actor) if names else []
    spoken = languages(settings_now().zone)[language]
    return folder_of(found.playbook, spoken, municipality.name, version=found, team=team, at=now())
