"""Running the sandbox, on its own or beside the product in one loop."""

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from calamity.sandbox.app import create_sandbox
from calamity.sandbox.settings import SandboxSettings, is_loopback


class SandboxProtocol(HttpToolsProtocol):
    """Let the application cut a connection, as a carrier in trouble does."""

    def on_message_begin(self) -> None:
        """Hand the transport over with each request."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment] # an extension of our own
        scope["extensions"] = {"sandbox.transport": self.transport}


class _Server(uvicorn.Server):
    async def serve_quietly(self, door: socket.socket) -> None:
        await self._serve([door])


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
    config = uvicorn.Config(
        create_sandbox(settings),
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
    server = _Server(config)
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
