"""What every test may ask for: both databases, and a small town (`make.py`) to act in."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from calamity.actions.terms import Terms
from calamity.store.database import Database
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.chromium import ARGUMENTS, executable
from tests.machine import IN_CI, lacks
from tests.make import SECRET, Town, make_terms
from tests.postgres import Cluster, binaries, cluster, fast_folder, run_apart
from tests.templates import Templates, prepare

# A busy machine must not fail a property: how long an example takes is not one. CI tries the same
# examples each time, so that what it says of a change is about that change; chance is for the desk.
settings.register_profile("house", deadline=None, derandomize=IN_CI)
settings.load_profile("house")


# Per module: while Playwright runs, its loop is in the way of tests that are async themselves.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; each test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL cluster of our own; without PostgreSQL a visible skip, and a failure in CI."""
    found = binaries()
    if found is None:
        lacks("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH")
    with cluster(found) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_templates(postgres: Cluster) -> Templates:
    empty, full = postgres.create(), postgres.create()
    return empty, full, run_apart(prepare(postgres.url(empty), postgres.url(full)))


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    folder = tmp_path_factory.mktemp("template")
    empty, full = f"{folder}/empty.sqlite", f"{folder}/full.sqlite"
    return empty, full, run_apart(prepare(f"sqlite:///{empty}", f"sqlite:///{full}"))


def _source(request: pytest.FixtureRequest, kind: str) -> str:
    """Return the database to copy for a test: empty, or with those in it whom it asks for."""
    if "api" in request.fixturenames:
        return str(request.getfixturevalue(f"{kind}_cast")[0])
    return str(request.getfixturevalue(f"{kind}_templates")["town" in request.fixturenames])


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated SQLite database; the town is in it where the test asks for `town`."""
    source = _source(request, "sqlite")
    with tempfile.TemporaryDirectory(prefix="calamity-", dir=fast_folder()) as folder:
        yield f"sqlite:///{shutil.copy(source, Path(folder) / 'calamity.sqlite')}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: Cluster) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database; the town is in it likewise."""
    name = postgres.create(_source(request, "postgres"))
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
def town(request: pytest.FixtureRequest, database_url: str) -> Town:
    """A small municipality with an approved playbook."""
    kind = "postgres" if database_url.startswith("postgresql") else "sqlite"
    made: Town = request.getfixturevalue(f"{kind}_templates")[2]
    return made
