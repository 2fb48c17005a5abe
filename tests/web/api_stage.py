"""The API on a stage: two municipalities, a token for every role, and a checker of each answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from litestar.datastructures import State
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from calamity.domain.permissions import UserRole
from calamity.gateways.twilio_webhooks import WebhookReader
from calamity.settings import Settings
from calamity.store import accounts
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.matters import MatterReader
from calamity.store.timeline import TimelineReader
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from calamity.web.api import api_routers, openapi_config
from calamity.web.auth import forget_after_writing
from calamity.web.errors import EXCEPTION_HANDLERS, MEDIA_TYPE
from calamity.web.headers import security_headers
from calamity.web.house import House, now
from calamity.web.themes import read_themes
from calamity.web.visitors import Visitors
from tests.make import PASSWORD, SECRET, Town, make_terms, make_town

ORIGIN = "http://calamity.example"
_DOCUMENT: list[bytes] = []
INCIDENT = {"nl": "Aanslag in een andere stad", "en": "Attack in another city"}


def make_house(database: Database) -> House:
    """Return a house in which no worker lives."""
    wakes = Wakes(database)
    timeline = TimelineReader(database)
    return House(
        settings=Settings(secret_key=SECRET, public_url="https://calamity.example"),
        terms=make_terms(),
        database=database,
        wakes=wakes,
        inbox=Inbox(database, wakes),
        timeline=timeline,
        matters=MatterReader(timeline),
        webhooks=WebhookReader(
            "https://calamity.example", "AC" + "0" * 32, ["0" * 32], frozenset()
        ),
        visitors=Visitors(),
        themes=read_themes(""),
    )


def make_app() -> Litestar:
    """Return the API alone, with the headers of the real thing; its house is put in its state."""
    return Litestar(
        [*api_routers()],
        state=State(),
        openapi_config=openapi_config(),
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[security_headers(production=True), forget_after_writing],
        logging_config=None,
    )


def new_calamity(key: str = "request-1", **changes: Any) -> dict[str, Any]:
    """Return the body that activates the small playbook in a new calamity."""
    given: dict[str, Any] = {
        "slug": "small",
        "requestKey": key,
        "title": "Aanslag elders",
        "inputs": {"incident": INCIDENT, "affected": ["W1"]},
        "levels": {"social": 1, "socialReason": "Er zijn zorgen in de stad."},
    }
    return given | changes


@dataclass
class Api:
    """A client that speaks for any role of either municipality."""

    house: House
    app: Litestar
    client: httpx.AsyncClient
    town: Town
    other: Town
    tokens: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    contract: OpenAPI | None = None

    async def ask(
        self, method: str, path: str, as_: str | None = "coordinator", **more: Any
    ) -> httpx.Response:
        """Send a request with the token of a role, and check the answer against the document."""
        headers = more.pop("headers", {})
        if as_ is not None:
            headers = {"Authorization": f"Bearer {self.tokens[as_]}"} | headers
        response = await self.client.request(method, path, headers=headers, **more)
        self.check(response)
        return response

    async def get(self, path: str, as_: str | None = "coordinator", **more: Any) -> httpx.Response:
        """Read."""
        return await self.ask("GET", path, as_, **more)

    async def post(
        self, path: str, body: Any = None, as_: str | None = "coordinator", **more: Any
    ) -> httpx.Response:
        """Write JSON."""
        return await self.ask("POST", path, as_, json=body, **more)

    def check(self, response: httpx.Response) -> None:
        """Hold an answer against the OpenAPI document."""
        assert response.headers.get("API-Version") == "1.0.0", response.request.url
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        is_json = "json" in response.headers.get("Content-Type", "application/json").split(";")[0]
        if self.contract is None or not is_json or response.headers.get("Content-Disposition"):
            return
        url = response.request.url
        asked = MockRequest(
            ORIGIN, response.request.method.lower(), url.path, args=dict(url.params.multi_items())
        )
        said = MockResponse(
            response.content,
            status_code=response.status_code,
            headers=dict(response.headers),
            content_type=response.headers.get("Content-Type", "application/json"),
        )
        self.contract.validate_response(asked, said)

    async def calamity(self, **changes: Any) -> str:
        """Activate the small playbook and return the id of its calamity."""
        made = await self.post("/v1/calamities", new_calamity(**changes))
        assert made.status_code == 201, made.text
        found: str = made.json()["calamityId"]
        return found


@cache
def _contract(document: bytes) -> OpenAPI:
    """Read the document once for all tests, for that takes seconds."""
    config = Config(extra_media_type_deserializers={MEDIA_TYPE: msgspec.json.decode})
    return OpenAPI.from_dict(
        msgspec.json.decode(document) | {"servers": [{"url": ORIGIN}]}, config=config
    )


async def _bound_token(
    session: Any, town: Town, role: UserRole, recipient_id: str | None, login: str
) -> str:
    user_id = await accounts.add_user(
        session, town.id, login=login, name=login, role=role, password_hash=PASSWORD,
        recipient_id=recipient_id, at=now(),
    )  # fmt: skip
    return await accounts.add_token(
        session, town.id, name=login, role=role, at=now(), user_id=user_id
    )


Cast = tuple[Town, Town, dict[str, str]]
"""Both towns, and the tokens."""


async def cast(url: str) -> Cast:
    """Settle both towns in a migrated, empty database, with tokens for everyone."""
    database = Database(url, Vault(SECRET))
    await database.open()
    tokens: dict[str, str] = {}
    async with database.transaction() as session:
        town = await make_town(session)
        other = await make_town(session, slug="bergen", name="Bergen")
        for role in UserRole:
            tokens[role] = await accounts.add_token(
                session, town.id, name=role, role=role, at=now()
            )
        tokens["elsewhere"] = await accounts.add_token(
            session, other.id, name="elsewhere", role=UserRole.COORDINATOR, at=now()
        )
        tokens["official elsewhere"] = await accounts.add_token(
            session, other.id, name="official", role=UserRole.OFFICIAL, at=now()
        )
        tokens["second"] = await accounts.add_token(
            session, town.id, name="second", role=UserRole.COORDINATOR, at=now()
        )
        for name, role in (
            ("contact1", UserRole.CONTACT_PERSON),
            ("contact2", UserRole.CONTACT_PERSON),
            ("pro1", UserRole.PROFESSIONAL),
        ):
            tokens[name] = await _bound_token(
                session, town, role, town[name].id, f"program-{name}@oeverlanden"
            )
        tokens["network manager"] = await _bound_token(
            session, town, UserRole.NETWORK_MANAGER, None, "program-network@oeverlanden"
        )
    await database.close()
    return town, other, tokens


@cache
def _app() -> Litestar:
    return make_app()


@asynccontextmanager
async def staged(database: Database, found: Cast) -> AsyncIterator[Api]:
    """Set the stage on a database that holds the cast."""
    town, other, tokens = found
    house = make_house(database)
    app = _app()
    app.state["house"] = house
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        api = Api(house, app, client, town, other, tokens)
        if not _DOCUMENT:
            _DOCUMENT.append((await client.get("/v1/openapi.json")).content)
        # Making the document takes a second: the other tests get the same one.
        app.state.openapi_document = _DOCUMENT[0]
        api.document = msgspec.json.decode(_DOCUMENT[0])
        api.contract = _contract(_DOCUMENT[0])
        yield api
