"""`calamity municipality`."""

import re

import rich_click as click

from calamity.cli.operator import as_json, now, opened, run_async, say, say_json, settings_now

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,59}")


@click.group()
def municipality() -> None:
    """Municipalities: every other thing belongs to one."""


@municipality.command(
    epilog="Example: calamity municipality create --slug amersfoort --name Amersfoort "
    "--crisis-phone '033 469 51 11'"
)
@click.option("--slug", required=True, help="A short name: small letters, digits and hyphens.")
@click.option("--name", required=True, help="The name as it stands in texts.")
@click.option("--crisis-phone", required=True, help="The number that people can call.")
@as_json
def create(slug: str, name: str, crisis_phone: str, *, is_json: bool) -> None:
    """Make a municipality, with a key of its own for signing timelines."""
    made = run_async(_create(slug, name, crisis_phone))
    if is_json:
        say_json(made)
        return
    say(f"{made['name']} ({made['slug']}) is there. Crisis phone: {made['crisisPhone']}.")
    say("Next: calamity neighbourhoods import FILE.geojson")


async def _create(slug: str, name: str, crisis_phone: str) -> dict[str, str]:
    from calamity.domain.errors import Refused
    from calamity.domain.phone import read_any_phone
    from calamity.domain.playbook import LONGEST
    from calamity.store.municipalities import add_municipality

    if not _SLUG.fullmatch(slug):
        raise Refused("The slug is a short name: small letters, digits and hyphens.", field="slug")
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST["municipality"]:
        raise Refused(
            f"The name has at most {LONGEST['municipality']} characters: it stands in every text.",
            field="name",
        )
    phone = read_any_phone(crisis_phone, field="crisis-phone")
    async with opened(settings_now()) as database, database.transaction() as session:
        made = await add_municipality(
            session, slug=slug, name=name, crisis_phone=phone.e164, at=now()
        )
    return {"id": made.id, "slug": made.slug, "name": made.name, "crisisPhone": phone.shown}
