"""A running sandbox, and a product that takes its webhooks."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from sandbox_stage import Product, Sandbox, free_port, running


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    product = Product()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", product.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    product.origin = f"http://127.0.0.1:{port}"
    yield product
    await runner.cleanup()


@pytest.fixture
async def sandbox(product: Product) -> AsyncIterator[Sandbox]:
    async with running(
        webhook_url=product.origin + "/hooks/twilio/inbound",
        fallback_url=product.origin + "/hooks/twilio/inbound-fallback",
    ) as sandbox:
        yield sandbox
