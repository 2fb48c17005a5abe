"""A sandbox on a free port, a client of Twilio's own, and a product that takes webhooks."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from yarl import URL

from calamity.sandbox.server import serve
from calamity.sandbox.settings import SandboxSettings

SENDER = "+3197010250000"
PERSON = "+3197010240000"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PlainHttp(AsyncHttpClient):
    """Twilio's requests to our origin, without its own session and its missing timeouts."""

    def __init__(self, origin: str, session: aiohttp.ClientSession) -> None:
        super().__init__(logging.getLogger("sandbox.tests"), True, 20)
        self.origin, self.session = origin, session

    async def request(  # noqa: PLR0917 - the order is twilio's
        self, method, url, params=None, data=None, headers=None, auth=None, **_: Any
    ) -> Response:
        asked = urlsplit(url)
        url = f"{self.origin}{asked.path}" + (f"?{asked.query}" if asked.query else "")
        headers = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        async with self.session.request(
            method,
            URL(url, encoded=True),
            params=params,
            data=data,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            return Response(answer.status, (await answer.read()).decode(), answer.headers)


class Sandbox:
    """One running sandbox, as a test sees it."""

    def __init__(
        self, settings: SandboxSettings, port: int, session: aiohttp.ClientSession
    ) -> None:
        self.settings = settings
        self.port = port
        self.session = session
        self.origin = f"http://127.0.0.1:{port}"
        self.base = f"/2010-04-01/Accounts/{settings.account_sid}"
        self.twilio = Client(
            settings.account_sid,
            settings.auth_token,
            http_client=PlainHttp(self.origin, session),
        )

    async def raw(
        self, method: str, path: str, *, key: tuple[str, str] | None = None, **rest: Any
    ) -> aiohttp.ClientResponse:
        key = key or (self.settings.account_sid, self.settings.auth_token)
        headers = {"Authorization": aiohttp.encode_basic_auth(*key), **rest.pop("headers", {})}
        answer = await self.session.request(
            method, self.origin + path, headers=headers, allow_redirects=False, **rest
        )
        await answer.read()
        return answer

    async def create(self, **form: str) -> tuple[int, dict[str, Any]]:
        answer = await self.raw("POST", self.base + "/Messages.json", data=form)
        return answer.status, json.loads(await answer.read())

    async def send(self, body: str = "Kunt u komen?", **form: str) -> dict[str, Any]:
        status, payload = await self.create(**{"To": PERSON, "From": SENDER, "Body": body, **form})
        assert status == 201, payload
        return payload

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        url = URL(f"{self.origin}/sandbox{path.replace('+', '%2B')}", encoded=True)
        async with self.session.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            text = await answer.text()
            if answer.content_type == "application/jsonl":
                return [json.loads(line) for line in text.splitlines()]
            return json.loads(text) if text else None

    async def fault(self, kind: str, **rest: Any) -> None:
        await self.control("POST", "/faults", {"kind": kind, **rest})

    async def texts(self, body: str, *, number: str = PERSON, to: str = SENDER) -> dict[str, Any]:
        form = {"body": body, "to": to}
        return await self.control("POST", f"/phones/{number}/texts", form)

    async def turn(self, state: str, number: str = PERSON) -> None:
        await self.control("POST", f"/phones/{number}/state", {"state": state})

    async def clock(self, **form: Any) -> None:
        await self.control("POST", "/clock", form)

    async def alerts(self) -> list[dict[str, Any]]:
        return await self.control("GET", "/alerts")

    async def status_of(self, sid: str) -> str:
        answer = await self.raw("GET", f"{self.base}/Messages/{sid}.json")
        return (await answer.json())["status"]

    async def until(self, sid: str, *statuses: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            answer = await self.raw("GET", f"{self.base}/Messages/{sid}.json")
            payload = await answer.json()
            return payload if payload["status"] in statuses else None

        return await eventually(look)


async def eventually(look: Callable[[], Awaitable[Any]], *, seconds: float = 10) -> Any:
    """Ask until there is an answer."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)


class Hook:
    """What arrived at the product."""

    def is_signed(self, origin: str, token: str) -> bool:
        validator = RequestValidator(token)
        signature = self.headers["X-Twilio-Signature"]
        return validator.validate(origin + self.path, self.form, signature)

    def __init__(self, request: web.Request, raw: bytes, at: int) -> None:
        self.at = at
        self.method = request.method
        self.path = request.path_qs
        self.headers = request.headers
        self.raw = raw
        self.form = dict(parse_qsl(raw.decode(), keep_blank_values=True))


class Product:
    """A stand-in for the product: it notes each webhook and answers what it was told."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self.answers: dict[str, list[int]] = {}
        self.says: dict[str, list[str]] = {}
        self.content_type = "text/xml"
        self.delay = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self.location: str | None = None
        self.origin = ""

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.hooks.append(Hook(request, raw, len(self.hooks)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.delay:
            await asyncio.sleep(self.delay)
        self.at_once -= 1
        answers = self.answers.get(request.path, [])
        says = self.says.get(request.path, [])
        status = answers.pop(0) if answers else 200 if says else 204
        headers = {"Location": self.location} if self.location and status // 100 == 3 else {}
        if says and status == 200:
            document = says.pop(0) if len(says) > 1 else says[0]
            kind = self.content_type
            return web.Response(body=document.encode(), headers={"Content-Type": kind})
        return web.Response(status=status, headers=headers)

    async def got(self, count: int, path: str = "", *, seconds: float = 10) -> list[Hook]:
        async def look() -> list[Hook] | None:
            mine = [hook for hook in self.hooks if hook.path.startswith(path)]
            return mine if len(mine) >= count else None

        return await eventually(look, seconds=seconds)

    def statuses(self, sid: str) -> list[str]:
        return [h.form["MessageStatus"] for h in self.hooks if h.form.get("MessageSid") == sid]


@asynccontextmanager
async def running(**rest: Any) -> AsyncIterator[Sandbox]:
    """Run a sandbox that is quick, unless the test says otherwise."""
    usual = {"senders": {SENDER: 1000.0}, "delivery_seconds": 0.05, "calls_per_second": 50.0}
    settings = SandboxSettings(**{**usual, **rest})
    port = free_port()
    task = asyncio.create_task(serve(settings, "127.0.0.1", port, install_signals=False))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        sandbox = Sandbox(settings, port, session)
        try:
            await eventually(lambda: _answers(sandbox, task))
            yield sandbox
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _answers(sandbox: Sandbox, task: asyncio.Task[None]) -> bool:
    if task.done():
        task.result()
    try:
        await sandbox.control("GET", "/health")
    except aiohttp.ClientConnectorError:
        return False
    return True


def shared_file(name: str) -> Path | None:
    """Return a file of the shared data, if it is on this machine."""
    root = Path(__file__).resolve().parents[2]
    folders = [os.environ.get("CALAMITY_SHARED"), str(root.parent / "shared")]
    for folder in folders:
        if folder and (path := Path(folder) / "data" / name).is_file():
            return path
    return None
