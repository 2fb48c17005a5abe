"""The product over HTTP, a worker, and the sandbox as its carrier, in one loop."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import uvicorn
from multidict import MultiDict
from sqlalchemy import update
from sqlmodel import select
from twilio.request_validator import RequestValidator
from yarl import URL

from calamity.actions.compose import message_row
from calamity.cli.careful_http import CarefulHttp
from calamity.domain.dispatch import Urgency
from calamity.gateways.twilio import Patience, TwilioAccount, TwilioCarrier
from calamity.settings import Settings, read_settings
from calamity.store import outbox
from calamity.store.database import Database
from calamity.store.tables import MessageRow, QuarantineRow, ReceiptRow, ReplyRow
from calamity.web.house import House, now
from calamity.worker import Worker
from calamity.worker.doubts import settle_doubts
from calamity.worker.lanes import Lane
from tests.apps import app_for, give_back
from tests.make import SECRET, SENDER, Town, make_terms
from tests.sandbox.sandbox_stage import Sandbox, free_port, running

ACCOUNT = "AC5a4d0000" + "0" * 24
TOKEN = "5a4d0c0ffee05a4d0c0ffee05a4d0c0f"
NEXT_TOKEN = "fedcba9876543210fedcba9876543210"
PUBLIC = "https://crisis.example.nl"
SHORT = Patience(connect_seconds=1.0, read_seconds=2.0, total_seconds=3.0)
_SIDS = itertools.count(1)


def a_sid(kind: str = "SM") -> str:
    """Return an id as the carrier gives them, never the same."""
    return f"{kind}{next(_SIDS):032x}"


def environment(database_url: str, folder: Path, **changes: str) -> dict[str, str]:
    """Return what an operator sets for a product behind a public address."""
    return {
        "CALAMITY_VAR": str(folder),
        "CALAMITY_DATABASE_URL": database_url,
        "CALAMITY_SECRET_KEY": SECRET,
        "CALAMITY_PUBLIC_URL": PUBLIC,
        "CALAMITY_CARRIER": "twilio",
        "CALAMITY_TWILIO_ACCOUNT_SID": ACCOUNT,
        "CALAMITY_TWILIO_AUTH_TOKEN": TOKEN,
        "CALAMITY_TWILIO_ORIGIN": "http://127.0.0.1:9",
        "CALAMITY_TWILIO_FROM": f"{SENDER}=1000",
        "CALAMITY_LOG": "json",
        **changes,
    }


class Product:
    """The web process, and what it has kept."""

    def __init__(
        self, settings: Settings, house: House, port: int, client: aiohttp.ClientSession
    ) -> None:
        self.settings, self.house, self.client = settings, house, client
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def inbound(self, **changes: str) -> dict[str, str]:
        """Return the form of a text to our number."""
        return {
            "ToCountry": "NL",
            "ToCity": "",
            "MessageSid": a_sid(),
            "SmsStatus": "received",
            "From": "+3197010242001",
            "To": SENDER,
            "Body": "JA 4821",
            "NumMedia": "0",
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            **changes,
        }

    def receipt(self, sid: str, status: str, **changes: str) -> dict[str, str]:
        """Return the form of a receipt."""
        return {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "From": SENDER,
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": "+3197010242001",
            **changes,
        }

    def signed(
        self, path: str, form: Any, *, token: str = TOKEN, algorithm: str = "HMAC_SHA1"
    ) -> dict[str, str]:
        """Return the headers that Twilio's own code makes for this form."""
        pairs = list(form.items()) if isinstance(form, Mapping) else form
        signature = RequestValidator(token).compute_signature(
            PUBLIC + path, MultiDict(pairs), algorithm
        )
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature,
        }

    async def post(
        self,
        path: str,
        form: Any,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        body: Any = None,
        **signing: str,
    ) -> int:
        """Post a signed form, and return the status of the answer."""
        given = self.signed(path, form, **signing) | dict(headers or {})
        pairs = list(form.items()) if isinstance(form, Mapping) else form
        data = urlencode(pairs).encode() if body is None else body
        url = URL(self.url + path, encoded=True)
        async with self.client.request(
            method, url, data=data, headers=given, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status

    async def text(self, *, hook: str = "inbound", **changes: str) -> int:
        """Let a text come in."""
        return await self.post(f"/hooks/twilio/{hook}", self.inbound(**changes))

    async def says(self, sid: str, status: str, message_id: str | None = None, **more: str) -> int:
        """Let a receipt come in."""
        query = f"?m={message_id}" if message_id else ""
        return await self.post(f"/hooks/twilio/status{query}", self.receipt(sid, status, **more))


@asynccontextmanager
async def serving(settings: Settings, port: int) -> AsyncIterator[Product]:
    """Serve the product, as `calamity serve` does."""
    app = app_for(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, http=CarefulHttp, ws="none", lifespan="on",
            log_config=None, access_log=False, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    task = asyncio.create_task(server._serve())
    while not server.started:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.01)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as client:
        yield Product(settings, app.state.house, port, client)
    server.should_exit = True
    await task
    give_back(app)


@asynccontextmanager
async def product_at(
    database_url: str, folder: Path, *, port: int | None = None, **changes: str
) -> AsyncIterator[Product]:
    """Serve the product with these settings, on a free port unless one is given."""
    settings = read_settings(environment(database_url, folder, **changes))
    async with serving(settings, port or free_port()) as product:
        yield product


class Desk:
    """A worker of which each step is taken when the test says so."""

    def __init__(self, product: Product, sandbox: Sandbox, database: Database, town: Town) -> None:
        self.product, self.sandbox, self.database, self.town = product, sandbox, database, town
        self.carrier = TwilioCarrier(
            TwilioAccount(
                account_sid=ACCOUNT,
                public_url=PUBLIC,
                auth_token=TOKEN,
                origin=sandbox.origin,
            ),
            SHORT,
        )
        self.worker = self.another_worker()

    def another_worker(self) -> Worker:
        """Return the worker of another node."""
        house = self.product.house
        return Worker(
            house.database, house.wakes, self.carrier, make_terms(), inbox=house.inbox,
            receivers=[SENDER],
        )  # fmt: skip

    async def queue(self, many: int = 1, **changes: Any) -> list[str]:
        """Put texts for key figures into the outbox and return their ids."""
        people = itertools.cycle(self.town.named("kf"))
        at = now()
        async with self.database.transaction() as session:
            await outbox.ensure_lane(session, SENDER, 1000.0)
            rows = [
                message_row(
                    session,
                    at=at,
                    **{
                        "body": "Hallo, wij zijn er.",
                        "municipality_id": self.town.id,
                        "recipient_id": next(people).id,
                        "sender": SENDER,
                        "purpose": "give",
                        "urgency": Urgency.ORDINARY,
                        "is_alarm": False,
                        "due_at": at,
                        "valid_until": at + timedelta(hours=2),
                        **changes,
                    },
                )
                for _ in range(many)
            ]
            await outbox.add_messages(session, rows)
        return [row["id"] for row in rows]

    async def run_lane(self) -> None:
        """Let everything leave that is due."""
        await asyncio.wait_for(Lane(self.worker, SENDER).run(), 20)

    async def read_inbox(self) -> None:
        """Read what was posted."""
        await self.worker._inbox("")

    async def look(self) -> None:
        """Let the carrier be asked about what is in doubt."""
        await settle_doubts(self.worker)

    async def message(self, id_: str) -> MessageRow:
        """Return a message as it stands."""
        async with self.database.reading() as session:
            row = await session.sql.get(MessageRow, id_)
        assert row is not None
        return row

    async def later(self, id_: str, **span: float) -> None:
        """Let time pass for a message: what happened to it happened longer ago."""
        row = await self.message(id_)
        ago = timedelta(**span)

        def back(at: datetime | None) -> datetime | None:
            return at and at - ago

        async with self.database.transaction() as session:
            await session.sql.execute(
                update(MessageRow)
                .where(MessageRow.id == id_)
                .values(
                    claimed_at=back(row.claimed_at),
                    settled_at=back(row.settled_at),
                    due_at=back(row.due_at),
                )
            )

    async def at_carrier(self) -> list[dict[str, Any]]:
        """Return what the sandbox took from us, the newest first."""
        answer = await self.sandbox.raw("GET", f"{self.sandbox.base}/Messages.json?PageSize=500")
        return [
            each
            for each in (await answer.json())["messages"]
            if each["direction"].startswith("outbound")
        ]

    async def creates(self) -> int:
        """Return how many times a message was posted to the carrier."""
        entries = await self.sandbox.control("GET", "/transcript?kind=request&limit=1000")
        return sum(each["method"] == "POST" for each in entries)


@asynccontextmanager
async def desk_at(
    database: Database, database_url: str, town: Town, folder: Path, **rest: Any
) -> AsyncIterator[Desk]:
    """Serve the product and the sandbox, each as the other knows it."""
    port = free_port()
    # The sandbox signs for the public address, and connects to where a proxy would lead.
    async with (
        running(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            senders={SENDER: 1000.0},
            webhook_url=f"http://127.0.0.1:{port}/hooks/twilio/inbound",
            sign_as=PUBLIC,
            **rest,
        ) as sandbox,
        product_at(
            database_url, folder, port=port, CALAMITY_TWILIO_ORIGIN=sandbox.origin
        ) as product,
    ):
        desk = Desk(product, sandbox, database, town)
        await desk.carrier.start()
        try:
            yield desk
        finally:
            await desk.carrier.close()


async def rows(database: Database, table: type[Any]) -> list[Any]:
    """Return every row of a table."""
    async with database.reading() as session:
        return list(await session.sql.scalars(select(table)))


async def causes(database: Database) -> list[str]:
    """Return why things stand apart."""
    return sorted(row.cause for row in await rows(database, QuarantineRow))


__all__ = [
    "ACCOUNT", "NEXT_TOKEN", "PUBLIC", "SHORT", "TOKEN", "Desk", "Product", "QuarantineRow",
    "ReceiptRow", "ReplyRow", "a_sid", "causes", "desk_at", "environment", "product_at", "rows",
]  # fmt: skip
