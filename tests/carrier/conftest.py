from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from calamity.store.database import Database
from tests.carrier.stage import Desk, Product, desk_at, product_at
from tests.make import Town


@pytest.fixture
async def product(database_url: str, tmp_path: Path) -> AsyncIterator[Product]:
    """The product over HTTP, on each database."""
    async with product_at(database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def desk(
    database: Database, database_url: str, town: Town, tmp_path: Path
) -> AsyncIterator[Desk]:
    """The product, the sandbox and a worker, on each database."""
    async with desk_at(database, database_url, town, tmp_path) as made:
        yield made
