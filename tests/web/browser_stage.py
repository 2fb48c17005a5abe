"""The real app on a port of its own, a calamity in it, and a browser that hears complaints."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page
from sqlmodel import select

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.outbox import BODY
from calamity.store.tables import MessageRow
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.apps import give_back
from tests.make import PASSWORD, SECRET, Town, make_town
from tests.postgres import run_apart
from tests.web.pages_stage import LOGINS, make_app
from tests.web.room_stage import set_stage

READY = "html[data-ready]"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Server:
    """The real web process on a port of its own; it can be stopped and started again there."""

    url: str
    folder: Path
    port: int = 0
    calamity: str = ""
    link: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it is reached, from when it first ran."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let it run for a while."""
        app = make_app(self.url, self.folder, **self.environ)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port,
            log_level="error", timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
            give_back(app)


def set_server(database_url: str, folder: Path) -> Server:
    """Prepare a server over a database with a calamity in it, whose people are asked."""
    made = Server(database_url, folder)

    async def play() -> None:
        database = Database(database_url, Vault(SECRET))
        await database.open()
        async with database.transaction() as session:
            town: Town = await make_town(session)
        stage = await set_stage(database, Wakes(database), town, database_url, folder)
        await stage.start("facts")
        await stage.start("ask")
        made.calamity = stage.id
        async with database.reading() as session:
            body = await session.sql.scalar(
                select(MessageRow.body).where(
                    MessageRow.recipient_id == town["pro1"].id, MessageRow.purpose == "ask"
                )
            )
            made.link = "/f/" + session.vault.open_text(BODY, body).rsplit("/f/", 1)[1].strip()
        await database.close()

    run_apart(play())
    return made


@contextmanager
def browsing(chromium: Browser, *, width: int) -> Iterator[tuple[Page, list[str]]]:
    """Open a page that remembers what the console said."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, locale="nl-NL", reduced_motion="reduce"
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page, said
    with suppress(Exception):
        context.close()


def sign_in(page: Page, server: Server, role: UserRole) -> None:
    """Sign in as the person with this role."""
    page.goto(f"{server.address}/sign-in")
    page.fill("[name=login]", LOGINS[role])
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{server.address}/")
