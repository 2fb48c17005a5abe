"""`calamity token`."""

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
)
from calamity.cli.user import ROLES


@click.group()
def token() -> None:
    """Bearer tokens: programs that use the API."""


@token.command(epilog="Example: calamity token create --role coordinator --name dashboard")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the program may do.")
@click.option("--name", required=True, help="Which program it is for; shown in the record.")
@for_municipality
@by_someone
@as_json
def create(role: str, name: str, slug: str | None, by: str, *, is_json: bool) -> None:
    """Make a token and print it; it cannot be shown again."""
    made = run_async(_create(role, name, slug, by))
    if is_json:
        say_json({"token": made, "role": role, "name": name})
    else:
        say(made)


async def _create(role: str, name: str, slug: str | None, by: str) -> str:
    from calamity.actions.accounts import create_token
    from calamity.domain.permissions import Permission, UserRole

    async with acting(slug, by, Permission.MANAGE_ACCOUNTS) as (session, actor):
        return await create_token(session, actor, name=name, role=UserRole(role), at=now())
