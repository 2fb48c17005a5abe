"""A person with a browser, without the browser: pages, cookies and forms with their token."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from argon2 import PasswordHasher
from litestar import Litestar

from calamity.domain.permissions import UserRole
from calamity.settings import read_settings
from calamity.store import accounts
from calamity.store.database import Session
from tests.apps import app_for, give_back
from tests.make import PASSWORD, SECRET, T0, Town

_WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LOGINS: dict[UserRole, str] = {
    UserRole.COORDINATOR: "coordinator@oeverlanden",
    UserRole.OFFICIAL: "official@oeverlanden",
    UserRole.CONTACT_PERSON: "contact1@oeverlanden",
    UserRole.RESPONDER: "responder@oeverlanden",
    UserRole.PROFESSIONAL: "professional@oeverlanden",
    UserRole.ADMINISTRATOR: "administrator@oeverlanden",
    UserRole.NETWORK_MANAGER: "network@oeverlanden",
    UserRole.PRIVACY_OFFICER: "privacy@oeverlanden",
    UserRole.INFORMATION_MANAGER: "information@oeverlanden",
}


def make_app(database_url: str, folder: Path, **environ: str) -> Litestar:
    """Return the whole web process over a database, without a worker."""
    settings = read_settings(
        {
            "CALAMITY_DATABASE_URL": database_url,
            "CALAMITY_SECRET_KEY": SECRET,
            "CALAMITY_VAR": str(folder),
            **environ,
        }
    )
    return app_for(settings)


async def add_accounts(session: Session, town: Town) -> None:
    """Add the accounts that the town itself does not have."""
    for role, person in (
        (UserRole.RESPONDER, "lei1"),
        (UserRole.PROFESSIONAL, "pro1"),
        (UserRole.ADMINISTRATOR, None),
        (UserRole.NETWORK_MANAGER, None),
        (UserRole.PRIVACY_OFFICER, None),
        (UserRole.INFORMATION_MANAGER, None),
    ):
        await accounts.add_user(
            session,
            town.id,
            login=LOGINS[role],
            name=LOGINS[role],
            role=role,
            password_hash=_WEAK.hash(PASSWORD),
            recipient_id=town[person].id if person else None,
            at=T0,
        )


class _Fields(HTMLParser):
    """Reads what the form with one action would send as it stands."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.is_in = action, False
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.is_in = given.get("action") == self.action
        is_sent = given.get("type") not in ("radio", "checkbox", "file") or "checked" in given
        if self.is_in and tag == "input" and given.get("name") and is_sent:
            self.fields.append((given["name"] or "", given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_in = False


class Visit:
    """One browser: what it last saw, and what it can press."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.seen: httpx.Response | None = None

    @property
    def text(self) -> str:
        """The page that is on the screen."""
        assert self.seen is not None
        return unescape(self.seen.text)

    async def open(self, path: str, **headers: str) -> httpx.Response:
        """Open a page; redirects are shown, not followed."""
        self.seen = await self.client.get(path, headers=headers, follow_redirects=False)
        return self.seen

    def fields(self, action: str) -> dict[str, list[str]]:
        """Return what a form on the screen would send."""
        assert self.seen is not None
        reader = _Fields(action)
        reader.feed(self.seen.text)
        found: dict[str, list[str]] = {}
        for name, value in reader.fields:
            found.setdefault(name, []).append(value)
        assert "_csrf_token" in found, f"no form for {action}"
        return found

    async def send(
        self, action: str, filled: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """Press the button of the form on the screen, with *filled* changed in it."""
        fields = self.fields(action) | dict(filled or {})
        self.seen = await self.client.post(action, data=fields, follow_redirects=False, **more)
        return self.seen

    async def sign_in(self, role: UserRole = UserRole.COORDINATOR) -> None:
        """Sign in as the person with this role."""
        await self.enter(LOGINS[role])

    async def enter(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Fill in the form to sign in."""
        await self.open("/sign-in")
        return await self.send("/sign-in", {"login": login, "password": password})

    async def follow(self) -> httpx.Response:
        """Go where the last answer sent the browser."""
        assert self.seen is not None
        assert self.seen.status_code == 303, self.seen.text[:2000]
        return await self.open(self.seen.headers["location"])

    def visible(self) -> str:
        """Return the words on the screen, without tags."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text))


def set_cookies(answer: httpx.Response, *, https: bool) -> set[str]:
    """Return the bare names of the cookies an answer gives or takes; each is as it must be."""
    names = set()
    for header in answer.headers.get_list("set-cookie"):
        [cookie] = SimpleCookie(header).values()
        assert cookie.key.startswith("__Host-") is https, header
        assert bool(cookie["secure"]) is https, header
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "lax"), header
        assert cookie["httponly"], header
        names.add(cookie.key.removeprefix("__Host-"))
    return names


@asynccontextmanager
async def visiting(app: Litestar) -> AsyncIterator[Visit]:
    """Start an application and open a browser on it."""
    is_up, is_over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In a task of its own: a fixture may end in another task than it began in.
        async with app.lifespan():
            is_up.set()
            await is_over.wait()

    living = asyncio.create_task(live())
    await is_up.wait()
    try:
        async with second_visit(app) as visit:
            yield visit
    finally:
        is_over.set()
        await living
        give_back(app)


@asynccontextmanager
async def second_visit(app: Litestar) -> AsyncIterator[Visit]:
    """Open another browser on an application that runs already."""
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar has its own ASGI types
    scheme = urlsplit(app.state.house.settings.public_url).scheme
    base_url = f"{scheme}://testserver.local"
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        client.headers["accept-language"] = "en"
        yield Visit(client)
