"""What the web tests stand on: the gallery under real headers, and a real Chromium."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from calamity.store.database import Database
from tests.web.api_stage import Api, staged
from tests.web.gallery import serving

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    with serving() as address:
        yield address


# Per module: while Playwright runs, its loop is in the way of tests that are async themselves.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """The JSON API over each database."""
    async with staged(database) as stage:
        yield stage
