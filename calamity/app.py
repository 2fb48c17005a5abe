"""The composition root of the web process: everything meets here, and nowhere else."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.static_files import create_static_files_router

from calamity.actions.terms import terms_of
from calamity.gateways.openid import OpenIdProvider, openid_account_of
from calamity.gateways.twilio import account_of
from calamity.gateways.twilio_webhooks import WebhookReader
from calamity.settings import Settings
from calamity.store.database import Database
from calamity.store.inbox import Inbox, Spool
from calamity.store.matters import MatterReader
from calamity.store.timeline import TimelineReader
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from calamity.web import assets, health
from calamity.web.api import api_routers, openapi_config
from calamity.web.auth import forget_after_writing
from calamity.web.back_channel import back_channel
from calamity.web.errors import EXCEPTION_HANDLERS
from calamity.web.headers import security_headers
from calamity.web.hooks import HOOKS
from calamity.web.house import House
from calamity.web.live import LiveTimelines, stream
from calamity.web.pages import PAGES
from calamity.web.pages.problems import problem_page
from calamity.web.render import Renderer
from calamity.web.themes import read_themes
from calamity.web.visitors import Visitors

log = structlog.get_logger(__name__)

# Pages, styles and scripts. A compressor would hold back what a stream says; fonts, pictures and
# PDF files are small already; and what programs ask is theirs to compress.
_AS_IT_IS = ["^/(v1|hooks|health|metrics)", r"\.(woff2|png|pdf|zip|ods)$", "/files/"]


def house_of_settings(settings: Settings) -> House:
    """Build the house; nothing connects yet.

    Raises Refused, with the cure, for a carrier's account that would reach nobody.
    """
    _refuse_account(settings)
    vault = Vault(settings.secret_key)
    database = Database(settings.database_url, vault)
    wakes = Wakes(database)
    spool = Spool(Path(settings.var) / "spool", vault, settings.spool_mb << 20)
    timeline = TimelineReader(database)
    return House(
        settings=settings,
        terms=terms_of(settings),
        database=database,
        wakes=wakes,
        inbox=Inbox(database, wakes, spool),
        timeline=timeline,
        matters=MatterReader(timeline),
        webhooks=WebhookReader(
            settings.public_url,
            settings.twilio_account_sid,
            # Without Twilio nothing that is posted in its name may be believed.
            settings.auth_tokens if settings.has_twilio else [secrets.token_hex()],
            frozenset(settings.twilio_senders()),
            settings.shared_keys if settings.has_twilio else {},
        ),
        visitors=Visitors(),
        themes=read_themes(settings.themes),
        provider=OpenIdProvider(account) if (account := openid_account_of(settings)) else None,
    )


def _refuse_account(settings: Settings) -> None:
    if settings.has_twilio:
        account_of(settings)
    if settings.has_smpp:
        # Only who takes this route waits for its library.
        from calamity.gateways.smpp import smpp_account_of

        smpp_account_of(settings)


def create_app(
    settings: Settings, *, worker: Callable[[House], Coroutine[Any, Any, None]] | None = None
) -> Litestar:
    """Return the web application; a *worker* works in the same process, for as long as it lives."""
    openapi: OpenAPIConfig = openapi_config()
    app = Litestar(
        route_handlers=[
            *HOOKS,
            back_channel,
            stream,
            health.live,
            health.ready,
            health.metrics,
            *api_routers(),
            *PAGES,
            create_static_files_router(path=assets.PREFIX, directories=[assets.DIST]),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[
            security_headers(production=settings.env == "production"),
            forget_after_writing,
        ],
        compression_config=CompressionConfig(
            "gzip", minimum_size=1000, gzip_compress_level=6, exclude=_AS_IT_IS
        ),
        openapi_config=openapi,
        lifespan=[_living],
        debug=False,
        logging_config=None,
    )
    furnish(app, settings, worker=worker)
    return app


def furnish(
    app: Litestar,
    settings: Settings,
    *,
    worker: Callable[[House], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Give an application what it works with; one that has stopped may be furnished anew.

    Its routes, and the headers for production, stay as they were made.
    """
    house = house_of_settings(settings)
    app.state = State(
        {
            "house": house,
            "live": LiveTimelines(house.database, house.timeline),
            "renderer": Renderer(settings.zone),
            "problem_page": problem_page,
            "worker": worker,
        }
    )


@asynccontextmanager
async def _living(app: Litestar) -> AsyncIterator[None]:
    house: House = app.state.house
    live: LiveTimelines = app.state.live
    await house.database.open(as_node=True)
    tasks = [asyncio.create_task(house.inbox.drain())]
    if app.state.worker:
        tasks.append(asyncio.create_task(app.state.worker(house)))
    try:
        yield
    finally:
        await live.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await house.database.close()
