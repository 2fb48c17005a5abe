"""Running the sandbox, on its own or beside the product in one loop."""

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from calamity.sandbox.app import create_sandbox
from calamity.sandbox.faults import FaultBox
from calamity.sandbox.settings import SandboxSettings, is_loopback

_REFUSED_SECONDS, _LONGEST_REFUSED_SECONDS = 10.0, 600.0
_API_PATHS = ("/2010-04-01", "/v2/PhoneNumbers")


class SandboxProtocol(HttpToolsProtocol):
    """Let the application cut a connection, as a carrier in trouble does."""

    def on_message_begin(self) -> None:
        """Hand the transport over with each request."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment] # an extension of our own
        scope["extensions"] = {"sandbox.transport": self.transport}


class _Server(uvicorn.Server):
    """Serve the sandbox; while its fault says so, refuse every connection to the port."""

    def __init__(self, config: uvicorn.Config, faults: FaultBox) -> None:
        super().__init__(config)
        self._faults = faults
        self._is_shut = False
        self._opening: asyncio.Task[None] | None = None
        faults.listen(self._mind_door)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # A fault that stood when the process ended stands again.
        self._mind_door()

    async def serve_quietly(self, door: socket.socket) -> None:
        await self._serve([door])

    def _mind_door(self) -> None:
        if not self.started:
            return
        ordered = self._faults.in_force("refused")
        if ordered is not None and not self._is_shut:
            self._is_shut = True
            self._shut()
            wait = ordered.fault.seconds or _REFUSED_SECONDS
            # By the wall clock: nobody could mend it, because the panel is refused as well.
            later = min(wait, _LONGEST_REFUSED_SECONDS)
            asyncio.get_running_loop().call_later(later, self._faults.remove, ordered.id)
        elif ordered is None and self._is_shut and not self.should_exit:
            self._is_shut = False
            self._opening = asyncio.create_task(self._open())

    def _shut(self) -> None:
        for server in self.servers:
            server.close()
        self.servers.clear()
        for connection in list(self.server_state.connections):
            asked = getattr(connection, "scope", None) or {}
            transport = getattr(connection, "transport", None)
            if transport is not None and asked.get("path", "").startswith(_API_PATHS):
                transport.abort()

    async def _open(self) -> None:
        config, loop = self.config, asyncio.get_running_loop()

        def take_in() -> asyncio.Protocol:
            state = self.lifespan.state
            return SandboxProtocol(config=config, server_state=self.server_state, app_state=state)

        door = _open_door(config.host, config.port)
        self.servers.append(await loop.create_server(take_in, sock=door))


def _open_door(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that say they are TCP; else each
    # waits 40 ms for the caller's acknowledgement.
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
    except OSError:
        door.close()
        raise
    return door


async def serve(
    settings: SandboxSettings, host: str, port: int, *, install_signals: bool = True
) -> None:
    """Serve the practice network until cancelled or, with *install_signals*, told to stop."""
    if not is_loopback(host) and not settings.open_to_network:
        raise ValueError(f"The sandbox listens on this machine only; {host} is open to others.")
    app = create_sandbox(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=SandboxProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, app.state.sandbox.faults)
    # Bound here, so that a port in use is an error to read and not the end of the process.
    door = _open_door(host, port)
    if install_signals:
        await server.serve(sockets=[door])
        return
    running = asyncio.create_task(server.serve_quietly(door))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        await running
        raise
