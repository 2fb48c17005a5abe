"""`calamity demo`: a fictional town with people, playbooks and accounts."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from calamity.cli.operator import as_json, now, opened, run_async, say, say_json, settings_now

if TYPE_CHECKING:
    from calamity.domain.permissions import Actor
    from calamity.settings import Settings
    from calamity.store.database import Database, Session

MUNICIPALITY = "oeverlanden"
_DOMAIN = "oeverlanden.example"


class _Account(msgspec.Struct, frozen=True):
    """An account of the demo: what it is for, and whose number it is bound to."""

    login: str
    role: str
    name: str
    phone: str | None = None


# The numbers are those of the demo's people file, in which these people have the same names.
_ACCOUNTS = (
    _Account("coordinator", "coordinator", "Coördinator van dienst"),
    _Account("coordinator2", "coordinator", "Tweede coördinator"),
    _Account("official", "official", "Mirjam de Groot"),
    _Account("official2", "official", "Pascal Winters"),
    _Account("contact1", "contact-person", "Marit Wolthuis", "+3197010240013"),
    _Account("contact2", "contact-person", "Deniz Karaman", "+3197010240014"),
    _Account("contact3", "contact-person", "Samir Ouchen", "+3197010240015"),
    _Account("contact4", "contact-person", "Lieke van Assen", "+3197010240016"),
    _Account("responder", "responder", "Hanneke Terpstra", "+3197010240001"),
    _Account("responder2", "responder", "Tijmen Vossen", "+3197010240011"),
    _Account("professional", "professional", "Eva Lammers", "+3197010240017"),
    _Account("professional2", "professional", "Ramon Pieters", "+3197010240018"),
    _Account("network", "network-manager", "Netwerkbeheerder"),
    _Account("privacy", "privacy-officer", "Functionaris gegevensbescherming"),
    _Account("administrator", "administrator", "Beheerder"),
)


class DemoLogins(msgspec.Struct, frozen=True):
    """How to sign in to the demo; kept in a file that only its owner can read."""

    password: str
    logins: dict[str, str]
    """Role by login."""


@click.command(epilog="Example: calamity demo")
@as_json
def demo(*, is_json: bool) -> None:
    """Load a fictional town into an empty database, with people, playbooks and accounts."""
    from calamity.cli.progress import waiting

    settings = settings_now()
    with waiting("Loading the demo"):
        logins = run_async(_demo(settings))
    if is_json:
        say_json(logins)
        return
    say_logins(logins)
    say("Volgende stap: calamity run")
    say("Next step: calamity run")


async def _demo(settings: "Settings") -> DemoLogins | None:
    from calamity.domain.errors import Conflict

    async with opened(settings) as database:
        if not await load_if_empty(settings, database) and not await _is_there(database):
            raise Conflict(
                "There is a municipality already, and the demo goes into an empty database only. "
                "Set CALAMITY_VAR to another folder to try it."
            )
    return read_logins(settings)


def say_logins(logins: DemoLogins | None) -> None:
    """Print how to sign in."""
    if logins is None:
        say("De demo is er, maar var/demo.json met het wachtwoord is weg.")
        say("The demo is there, but var/demo.json with its password is gone.")
        return
    say(f"Demo-accounts; wachtwoord / password: {logins.password}")
    for login, role in logins.logins.items():
        say(f"  {login:40} {role}")


def read_logins(settings: "Settings") -> DemoLogins | None:
    """Return how to sign in to the demo, or None where that is not known."""
    try:
        return msgspec.json.decode(_file(settings).read_bytes(), type=DemoLogins)
    except (OSError, msgspec.DecodeError):
        return None


def _file(settings: "Settings") -> Path:
    return Path(settings.var) / "demo.json"


async def _is_there(database: "Database") -> bool:
    from calamity.domain.errors import NotFound
    from calamity.store.municipalities import find_municipality

    async with database.reading() as session:
        try:
            return (await find_municipality(session, MUNICIPALITY)).slug == MUNICIPALITY
        except NotFound:
            return False


async def load_if_empty(settings: "Settings", database: "Database") -> bool:
    """Load the demo unless there is a municipality; return whether it was loaded now."""
    from calamity.actions.accounts import generate_password
    from calamity.cli.phones import announce
    from calamity.domain.errors import Refused
    from calamity.store.municipalities import count_municipalities

    async with database.reading() as session:
        if await count_municipalities(session):
            return False
    if settings.env == "production":
        raise Refused("The demo has no place in production: its accounts share one password.")
    password = generate_password()
    async with database.transaction() as session:
        await _load(session, password)
        _keep(settings, password)
    await announce(settings, database)
    return True


def _keep(settings: "Settings", password: str) -> None:
    """Write the logins down before the commit, for a password that is lost opens nothing."""
    logins = {f"{each.login}@{_DOMAIN}": each.role for each in _ACCOUNTS}
    path = _file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(DemoLogins(password, logins))))


async def _load(session: "Session", password: str) -> None:
    from calamity.actions.neighbourhoods import import_neighbourhoods
    from calamity.actions.people import import_people
    from calamity.domain.permissions import Actor, UserRole
    from calamity.store.municipalities import add_municipality

    folder = Path(__file__).parents[1] / "demo"
    town = msgspec.json.decode((folder / "municipality.json").read_bytes(), type=dict[str, str])
    made = await add_municipality(session, **town, at=now())
    administrator = Actor(made.id, "demo", UserRole.ADMINISTRATOR)
    districts = (folder / "wijken.geojson").read_bytes()
    await import_neighbourhoods(session, administrator, districts, at=now())
    people = (folder / "people.csv").read_bytes()
    await import_people(session, administrator, people, skip_bad=False, at=now())
    actors = await _accounts(session, administrator, password)
    await _playbooks(session, actors["coordinator"], actors["coordinator2"])


async def _accounts(
    session: "Session", administrator: "Actor", password: str
) -> "dict[str, Actor]":
    from calamity.actions.accounts import create_user
    from calamity.domain.permissions import Actor, UserRole

    actors: dict[str, Actor] = {}
    for each in _ACCOUNTS:
        login, role = f"{each.login}@{_DOMAIN}", UserRole(each.role)
        user_id, _ = await create_user(
            session,
            administrator,
            login=login,
            name=each.name,
            role=role,
            password=password,
            phone=each.phone,
            at=now(),
        )
        actors[each.login] = Actor(administrator.municipality_id, login, role, user_id)
    return actors


async def _playbooks(session: "Session", author: "Actor", colleague: "Actor") -> None:
    from calamity.actions.publish import approve, publish, publish_block
    from calamity.cli.playbook_files import files_in, is_block, tree

    for file in files_in(tree()):
        put_down = publish_block if is_block(file) else publish
        version = await put_down(session, author, file.read_bytes(), str(file.resolve()), at=now())
        await approve(session, colleague, version.slug, version.number, kind=version.kind, at=now())
