"""What the web tests stand on: the gallery under real headers, and a real Chromium."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from calamity.store.database import Database
from tests.postgres import Cluster, run_apart
from tests.templates import Templates
from tests.web.api_stage import Api, Cast, cast, staged
from tests.web.browser_stage import Server, set_server
from tests.web.gallery import serving


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def postgres_cast(postgres: Cluster, postgres_templates: Templates) -> tuple[str, Cast]:
    """The database that tests of the API copy, and who is in it."""
    name = postgres.create(postgres_templates[0])
    return name, run_apart(cast(postgres.url(name)))


@pytest.fixture(scope="session")
def sqlite_cast(
    sqlite_templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Cast]:
    """The same beside SQLite."""
    path = str(tmp_path_factory.mktemp("cast") / "cast.sqlite")
    shutil.copy(sqlite_templates[0], path)
    return path, run_apart(cast(f"sqlite:///{path}"))


@pytest.fixture
async def api(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Api]:
    """The JSON API over each database."""
    kind = "postgres" if database.is_postgres else "sqlite"
    _, found = request.getfixturevalue(f"{kind}_cast")
    async with staged(database, found) as stage:
        yield stage


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Server:
    """The web process, to run for a browser, with a calamity under way."""
    return set_server(database_url, tmp_path)
