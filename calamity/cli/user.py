"""`calamity user`."""

import sys

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
)

ROLES = (
    "coordinator", "responder", "contact-person", "professional", "official", "administrator",
    "network-manager", "privacy-officer", "information-manager",
)  # fmt: skip


@click.group()
def user() -> None:
    """Accounts: who may sign in."""


@user.command(
    epilog="Example: calamity user create --login coordinator@example.nl --name 'Team east' "
    "--role coordinator"
)
@click.option("--login", required=True, help="An e-mail address or a short name.")
@click.option("--name", required=True, help="The name as colleagues see it.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the account may do.")
@click.option("--phone", help="The number of the same person, once imported.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--work-account",
    "is_of_provider",
    is_flag=True,
    help="Signs in with the work account under this login, and has no password here.",
)
@for_municipality
@by_someone
@as_json
def create(
    *,
    login: str,
    name: str,
    role: str,
    phone: str | None,
    slug: str | None,
    by: str,
    password_stdin: bool,
    is_of_provider: bool,
    is_json: bool,
) -> None:
    """Make an account; without a password one is made up and printed once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    made = run_async(
        _create(
            slug, by, login=login, name=name, role=role, phone=phone, password=password,
            is_of_provider=is_of_provider,
        )
    )  # fmt: skip
    if is_json:
        say_json(made)
        return
    say(f"The account {made['login']} ({role}) is there.")
    if made["password"]:
        say(f"Password, shown only now: {made['password']}")


async def _create(
    slug: str | None,
    by: str,
    *,
    login: str,
    name: str,
    role: str,
    phone: str | None,
    password: str | None,
    is_of_provider: bool,
) -> dict[str, str | None]:
    from calamity.actions.accounts import create_user
    from calamity.domain.permissions import Permission, UserRole

    async with acting(slug, by, Permission.MANAGE_ACCOUNTS) as (session, actor):
        user_id, made = await create_user(
            session,
            actor,
            login=login,
            name=name,
            role=UserRole(role),
            password=password,
            phone=phone,
            is_of_provider=is_of_provider,
            at=now(),
        )
    return {"id": user_id, "login": login.strip().casefold(), "password": made}


@user.command(name="list", epilog="Example: calamity user list --json")
@for_municipality
@by_someone
@as_json
def list_(slug: str | None, by: str, *, is_json: bool) -> None:
    """List the accounts."""
    from calamity.domain.permissions import Permission
    from calamity.store.accounts import Account, list_users

    async def work() -> list[Account]:
        async with acting(slug, by, Permission.MANAGE_ACCOUNTS) as (session, actor):
            return await list_users(session, actor.municipality_id)

    found = run_async(work())
    if is_json:
        say_json(found)
        return
    say_table(
        ("LOGIN", "ROLE", "NAME", ""),
        [(a.login, a.role, a.name, "disabled" if a.is_disabled else "") for a in found],
    )


@user.command(epilog="Example: calamity user disable former.colleague@example.nl")
@click.argument("login")
@for_municipality
@by_someone
def disable(login: str, slug: str | None, by: str) -> None:
    """Disable an account and end its sessions."""
    run_async(_disable(login, slug, by))
    say(f"{login} can no longer sign in.")


async def _disable(login: str, slug: str | None, by: str) -> None:
    from calamity.actions.accounts import disable_user
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.accounts import find_user

    async with acting(slug, by, Permission.MANAGE_ACCOUNTS) as (session, actor):
        found = await find_user(session, login.strip().casefold())
        if found is None:
            raise NotFound("This account does not exist. See: calamity user list", field="login")
        await disable_user(session, actor, found.id, at=now())


@user.command(epilog="Example: calamity user reset lone.administrator@example.nl")
@click.argument("login")
@for_municipality
@by_someone
def reset(login: str, slug: str | None, by: str) -> None:
    """Take the second steps of somebody who lost them away, and end their sessions."""
    run_async(_reset(login, slug, by))
    say(f"{login} signs in with the password alone, until a second step is set up again.")


async def _reset(login: str, slug: str | None, by: str) -> None:
    from calamity.actions.second_step import reset_factors
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.accounts import find_user

    async with acting(slug, by, Permission.MANAGE_ACCOUNTS) as (session, actor):
        found = await find_user(session, login.strip().casefold())
        if found is None:
            raise NotFound("This account does not exist. See: calamity user list", field="login")
        await reset_factors(session, actor, found.id, at=now())
