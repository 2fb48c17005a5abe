"""What every test may ask for: both databases, and a small town (`make.py`) to act in."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from calamity.actions.terms import Terms
from calamity.store.database import Database
from calamity.store.migrate import migrate
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import SECRET, Town, make_terms, make_town
from tests.postgres import Cluster, binaries, cluster, fast_folder, run_apart


async def _migrate(url: str) -> None:
    database = Database(url, Vault(SECRET))
    await database.open()
    await migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL cluster of our own; without PostgreSQL a visible skip, and a failure in CI."""
    found = binaries()
    if found is None:
        missing = "PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(missing)
        pytest.skip(missing)
    with cluster(found) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """A migrated database, to copy."""
    run_apart(_migrate(postgres.url(name := postgres.create())))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy."""
    path = tmp_path_factory.mktemp("template") / "calamity.sqlite"
    run_apart(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """A fresh, migrated SQLite database."""
    with tempfile.TemporaryDirectory(prefix="calamity-", dir=fast_folder()) as folder:
        yield f"sqlite:///{shutil.copy(sqlite_template, Path(folder) / 'calamity.sqlite')}"


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same, opened."""
    made = Database(database_url, Vault(SECRET))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def wakes(database: Database) -> Wakes:
    """Wakes that go nowhere until a test lets them `run`."""
    return Wakes(database)


@pytest.fixture
def terms() -> Terms:
    """The terms of a sandbox."""
    return make_terms()


@pytest.fixture
async def town(database: Database) -> Town:
    """A small municipality with an approved playbook."""
    async with database.transaction() as session:
        return await make_town(session)
