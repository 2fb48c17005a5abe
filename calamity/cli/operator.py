"""What every command shares: the database, who acts, and how outcomes are shown."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from calamity.domain.permissions import Actor, Permission
    from calamity.settings import Settings
    from calamity.store.database import Database, Session

Command = TypeVar("Command", bound=Callable[..., Any])
Outcome = TypeVar("Outcome")

OPERATOR = "operator"
"""The login of who works at the machine itself and names nobody with --by."""


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def for_municipality(command: Command) -> Command:
    """Add the option that names the municipality."""
    return click.option(
        "--municipality",
        "slug",
        metavar="SLUG",
        help="Which municipality; not needed while there is only one.",
    )(command)


def by_someone(command: Command) -> Command:
    """Add the option that names who acts."""
    return click.option(
        "--by",
        metavar="LOGIN",
        default=OPERATOR,
        show_default=True,
        help="Who does this: an account's login, or a name for the record.",
    )(command)


def as_json(command: Command) -> Command:
    """Add the option that asks for JSON."""
    return click.option(
        "--json", "is_json", is_flag=True, help="Print JSON, for programs to read."
    )(command)


def settings_now() -> "Settings":
    """Return the settings of this process."""
    from calamity.settings import read_settings

    return read_settings()


def run_async(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run the work of a command to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def connected(settings: "Settings") -> AsyncIterator["Database"]:
    """Connect to the database, whatever is in it. Raises Unavailable when nothing answers."""
    from calamity.domain.errors import CalamityError, Unavailable
    from calamity.store.database import Database
    from calamity.store.vault import Vault

    database = Database(settings.database_url, Vault(settings.secret_key))
    try:
        await database.open()
    except CalamityError:
        raise
    except Exception as error:
        raise Unavailable(
            f"The database does not answer ({type(error).__name__}). Check CALAMITY_DATABASE_URL, "
            "and that the database runs.",
            field="CALAMITY_DATABASE_URL",
        ) from error
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened(settings: "Settings") -> AsyncIterator["Database"]:
    """Open the database beside a running product; an empty one gets its tables first.

    Raises Conflict for the schema of another version, and Unavailable when nothing answers.
    """
    async with connected(settings) as database:
        await _ready(database)
        yield database


async def _ready(database: "Database") -> None:
    from calamity.domain.errors import Conflict
    from calamity.store.migrate import is_current, migrate
    from calamity.store.readiness import is_empty

    if await is_current(database):
        return
    if not await is_empty(database):
        raise Conflict("The database belongs to another version. Run: calamity migrate")
    await migrate(database)


@asynccontextmanager
async def acting(
    slug: str | None, by: str, permission: "Permission"
) -> AsyncIterator[tuple["Session", "Actor"]]:
    """Open one transaction for one actor, who must have this permission."""
    async with opened(settings_now()) as database, database.transaction() as session:
        yield session, await actor_for(session, slug, by, permission)


async def actor_for(
    session: "Session", slug: str | None, by: str, permission: "Permission"
) -> "Actor":
    """Return the account *by*, or the operator under that name, in a role that may do this."""
    from calamity.domain.permissions import Actor, UserRole
    from calamity.store.accounts import find_user
    from calamity.store.municipalities import find_municipality

    municipality = await find_municipality(session, slug)
    account = await find_user(session, by)
    if account is not None and account.municipality_id == municipality.id:
        actor = Actor(municipality.id, by, UserRole(account.role), account.id, account.recipient_id)
        actor.must(permission)
        return actor
    # Who works at the machine can do anything with its database: the rules still apply, and the
    # record says under which name it was done.
    actors = (Actor(municipality.id, by, role) for role in UserRole)
    return next(actor for actor in actors if actor.may(permission))


def say(text: str = "") -> None:
    """Print a line."""
    click.echo(text)


def say_json(value: object) -> None:
    """Print a value as JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def say_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns, as wide as what stands in them."""
    table = [[str(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(headers))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())


def say_notes(notes: Iterable[str]) -> None:
    """Print what is worth knowing."""
    for note in notes:
        say(f"Note: {note}")
