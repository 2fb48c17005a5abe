"""Two routes at work: the sandbox over HTTP, and an SMSC over SMPP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from calamity.actions.routes import Said, take_in
from calamity.domain.channels import Channel
from calamity.domain.routes import Breaker, Heard
from calamity.gateways.mail import MailCarrier, mail_server_of
from calamity.gateways.smpp import SmppCarrier, smpp_account_of
from calamity.gateways.twilio import TwilioAccount, TwilioCarrier
from calamity.store import routes
from calamity.store.database import Database
from calamity.store.routes import Standing
from calamity.store.tables import MessageRow
from calamity.web.house import now
from calamity.worker import Worker
from calamity.worker.lanes import Lane
from tests.carrier.stage import ACCOUNT, PUBLIC, SHORT, TOKEN, Desk, Product, product_at, rows
from tests.make import SENDER, Town
from tests.sandbox.sandbox_stage import Sandbox, free_port, running
from tests.smpp.stage import QUICK, Smsc, bound, smsc_running
from tests.stories.stage import until

SECOND = "+3197010250077"
"""Our number at the SMSC."""


class TwoRoutes(Desk):
    """A desk with a second route; `twilio` is the sandbox, and can be out of reach."""

    def __init__(
        self, product: Product, sandbox: Sandbox, smsc: Smsc, database: Database, town: Town
    ) -> None:
        self.smsc = smsc
        house = product.house
        self.smpp = SmppCarrier(smpp_account_of(house.settings), house.inbox.keep, QUICK)
        super().__init__(product, sandbox, database, town)

    def another_worker(self) -> Worker:
        """Return the worker of another node."""
        house = self.product.house
        return Worker(
            house.database, house.wakes, self.carrier, house.terms, inbox=house.inbox,
            by_route={"twilio": self.carrier, "smpp": self.smpp},
            others={Channel.EMAIL: MailCarrier(mail_server_of(house.settings))},
        )  # fmt: skip

    def cut_off(self) -> None:
        """Let every connection to the first carrier be refused."""
        account = TwilioAccount(
            account_sid=ACCOUNT, public_url=PUBLIC, auth_token=TOKEN,
            origin=f"http://127.0.0.1:{free_port()}",
        )  # fmt: skip
        self.worker.carriers["twilio"] = TwilioCarrier(account, SHORT)

    async def mend(self) -> None:
        """Let the first carrier be reached again."""
        await self.worker.carriers["twilio"].close()
        self.worker.carriers["twilio"] = self.carrier

    async def standing(self, name: str = "twilio") -> Standing:
        """Return how a route stands."""
        async with self.database.reading() as session:
            return (await routes.standings(session)).get(name, Standing())

    async def opens(self, name: str = "twilio") -> None:
        """Let a route open, as when its carrier does not know our credentials."""
        async with self.database.transaction() as session:
            route = next(each for each in self.worker.terms.routes if each.name == name)
            await take_in(session, route, [Said(Heard.OURS, 20003)], now())

    async def pause_is_over(self, name: str = "twilio") -> None:
        """Let the moment come at which an open route is asked again."""

        def rule(breaker: Breaker) -> Breaker:
            return replace(breaker, due_at=now() - timedelta(seconds=1))

        async with self.database.transaction() as session:
            await routes.change(session, name, rule)

    async def bound(self) -> None:
        """Be let in by the SMSC, for a worker of which each step is taken by the test."""
        await self.smpp.start()
        await bound(self.smpp)

    async def run(self, sender: str) -> None:
        """Let everything leave that is due on a number."""
        await asyncio.wait_for(Lane(self.worker, sender).run(), 20)

    async def messages(self, *ids: str) -> list[MessageRow]:
        """Return these messages, or all."""
        found: list[MessageRow] = await rows(self.database, MessageRow)
        return [row for row in found if not ids or row.id in ids]

    async def all_are(self, state: str, *ids: str) -> list[MessageRow]:
        """Wait until these messages are in a state, and return them."""

        async def so() -> list[MessageRow]:
            found = await self.messages(*ids)
            return found if all(row.state == state for row in found) else []

        found: list[MessageRow] = await until(so)
        return found

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Let the worker run by itself."""
        working = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


@asynccontextmanager
async def two_routes(
    database: Database, database_url: str, town: Town, folder: Path, **changes: Any
) -> AsyncIterator[TwoRoutes]:
    """Serve the product with two routes; *changes* are settings."""
    port, mail_port = free_port(), free_port()
    async with (
        smsc_running() as smsc,
        running(
            account_sid=ACCOUNT, auth_token=TOKEN, senders={SENDER: 1000.0}, mail_port=mail_port,
            webhook_url=f"http://127.0.0.1:{port}/hooks/twilio/inbound", sign_as=PUBLIC,
        ) as sandbox,
        product_at(
            database_url, folder, port=port,
            **{
                "CALAMITY_TWILIO_ORIGIN": sandbox.origin,
                "CALAMITY_CARRIER": "twilio,smpp",
                "CALAMITY_SMPP_HOST": "127.0.0.1",
                "CALAMITY_SMPP_PORT": str(smsc.port),
                "CALAMITY_SMPP_TLS": "off",
                "CALAMITY_SMPP_SYSTEM_ID": "calamity",
                "CALAMITY_SMPP_PASSWORD": "secret",
                "CALAMITY_SMPP_FROM": f"{SECOND}=1000",
                "CALAMITY_SMTP_HOST": "127.0.0.1",
                "CALAMITY_SMTP_PORT": str(mail_port),
                "CALAMITY_SMTP_SECURITY": "none",
                "CALAMITY_SMTP_FROM": "crisis@oeverlanden.example",
                **changes,
            },
        ) as product,
    ):  # fmt: skip
        desk = TwoRoutes(product, sandbox, smsc, database, town)
        try:
            yield desk
        finally:
            await desk.smpp.close()
            await desk.carrier.close()
