"""The processes of the product: what they open, in which order, and how they stop."""

import asyncio
import signal
import socket
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
import uvloop

from calamity.app import create_app, house_of_settings
from calamity.cli.careful_http import CarefulHttp
from calamity.cli.operator import opened
from calamity.cli.phones import personas
from calamity.domain.errors import CalamityError, Refused
from calamity.log import set_up_logging
from calamity.settings import Settings
from calamity.store.database import Database
from calamity.store.migrate import migrate
from calamity.store.vault import Vault
from calamity.worker import work

_LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 5


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run a process in one loop until it ends, or SIGINT or SIGTERM asks it to."""

    async def main() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        for asked in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(asked, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main())
        except* CalamityError as group:
            raise _first(group) from None


def _first(group: BaseExceptionGroup[CalamityError]) -> CalamityError:
    found: Any = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, CalamityError)  # noqa: S101 - only these are caught
    return found


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process, and stops when its task is cancelled."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self.is_up.set()

    async def serve_until_cancelled(self, listening: socket.socket) -> None:
        running = asyncio.create_task(self._serve([listening]))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self.should_exit = True
            await running
            raise
        raise Refused("The web process did not start; the lines above say why.")


def _listen(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: only then does the loop send small answers at once.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Refused(
            f"{host}:{port} is not free ({error.strerror}). Stop what uses it, or set {setting} to "
            "another port.",
            field=setting,
        ) from error
    return listening


def _server(settings: Settings, *, worker: bool) -> _Server:
    return _Server(
        uvicorn.Config(
            create_app(settings, worker=work if worker else None),
            http=CarefulHttp,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.env == "production",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


async def _refuse_second_node(settings: Settings) -> None:
    """Say now, in one line, that SQLite has room for one process only."""
    if settings.is_postgres:
        return
    database = Database(settings.database_url, Vault(settings.secret_key))
    await database.open(as_node=True)
    await database.close()


async def everything(settings: Settings, *, with_demo: bool) -> None:
    """Migrate, then run web, worker and, on the sandbox carrier, the practice network."""
    from calamity.cli.demo import load_if_empty
    from calamity.cli.welcome import say_welcome

    set_up_logging(settings.log or "pretty")
    listening = _listen(settings.host, settings.port, "CALAMITY_PORT")
    await _refuse_second_node(settings)
    async with opened(settings) as database:
        await migrate(database)
        if with_demo:
            await load_if_empty(settings, database)
    server = _server(settings, worker=True)
    async with asyncio.TaskGroup() as group:
        if settings.has_sandbox:
            group.create_task(_sandbox(settings))
        group.create_task(server.serve_until_cancelled(listening))
        await server.is_up.wait()
        await say_welcome(settings)


async def web_only(settings: Settings) -> None:
    """Serve pages, the API and web hooks."""
    set_up_logging(settings.log or "pretty")
    listening = _listen(settings.host, settings.port, "CALAMITY_PORT")
    await _refuse_second_node(settings)
    async with opened(settings):
        pass
    await _server(settings, worker=False).serve_until_cancelled(listening)


async def worker_only(settings: Settings) -> None:
    """Do what is due."""
    set_up_logging(settings.log or "pretty")
    async with opened(settings):
        pass
    house = house_of_settings(settings)
    await house.database.open(as_node=True)
    try:
        await work(house)
    finally:
        await house.database.close()


async def sandbox_only(settings: Settings, host: str, knobs: dict[str, Any]) -> None:
    """Run the practice network with the people of the database; *knobs* are its own settings."""
    if not settings.has_sandbox:
        raise Refused(
            "The sandbox is for development: set CALAMITY_CARRIER to sandbox.",
            field="CALAMITY_CARRIER",
        )
    set_up_logging(settings.log or "pretty")
    _check_knobs(host, knobs)
    await _sandbox(settings, host, **knobs)


def _check_knobs(host: str, knobs: dict[str, Any]) -> None:
    from calamity.sandbox.script import read_script
    from calamity.sandbox.settings import is_loopback

    if not is_loopback(host) and not knobs.get("open_to_network"):
        raise Refused(
            "The sandbox listens on this machine only; add --i-know to let others in.",
            field="--host",
        )
    path = knobs.get("script")
    try:
        if path is not None:
            read_script(path)
    except ValueError as error:
        raise Refused(f"This is not a script of faults: {error}", field="--script") from None


async def _sandbox(settings: Settings, host: str = _LOOPBACK, **knobs: Any) -> None:
    from calamity.sandbox.server import serve
    from calamity.sandbox.settings import SandboxSettings, is_loopback

    _listen(host, settings.sandbox_port, "CALAMITY_SANDBOX_PORT").close()
    _listen(_LOOPBACK, settings.sandbox_mail_port, "CALAMITY_SANDBOX_MAIL_PORT").close()
    async with opened(settings) as database:
        people = await personas(database)
    here = f"http://{_LOOPBACK}:{settings.port}"
    is_public = not is_loopback(urlsplit(settings.public_url).hostname)
    await serve(
        SandboxSettings(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.auth_tokens[0],
            api_key=settings.twilio_api_key or None,
            api_secret=settings.twilio_api_secret or None,
            senders={n: rate for n, rate in settings.twilio_senders().items() if n.startswith("+")},
            webhook_url=f"{here}/hooks/twilio/inbound",
            fallback_url=f"{here}/hooks/twilio/inbound-fallback",
            sign_as=settings.public_url if is_public else None,
            database=str(Path(settings.var) / "sandbox.sqlite"),
            personas=tuple(people),
            mail_port=settings.sandbox_mail_port,
            **knobs,
        ),
        host,
        settings.sandbox_port,
        install_signals=False,
    )
