"""A small HTTP server that speaks like the carrier, and behaves badly on request."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

_USUAL_CODE = 21211
SID = "SM" + "1" * 32
CREATED = "Thu, 24 Aug 2023 05:01:45 +0000"


def resource(**changes: object) -> dict[str, object]:
    """Return a message as the carrier describes it, with all its twenty fields."""
    return {
        "account_sid": "AC" + "0" * 32,
        "api_version": "2010-04-01",
        "body": "Bent u er? JA 4821",
        "date_created": CREATED,
        "date_sent": None,
        "date_updated": CREATED,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+3197010250001",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": SID,
        "status": "queued",
        "subresource_uris": {},
        "to": "+3197010240001",
        "uri": "/2010-04-01/x.json",
        **changes,
    }


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class BadCarrier:
    """Answers each request after *mode*, and remembers the forms that it was sent."""

    def __init__(self) -> None:
        self.mode = "accept"
        self.code: object = _USUAL_CODE
        self.retry_after: str | None = None
        self.answer: object = resource()
        self.forms: list[dict[str, str]] = []
        self.requests: list[web.BaseRequest] = []
        self.origin = ""
        self._runner: web.ServerRunner | None = None
        self._let_go = asyncio.Event()

    async def start(self) -> None:
        port = free_port()
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.origin = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        self._let_go.set()
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        mode: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
        mode = getattr(self, "_" + self.mode.replace("-", "_"))
        return await mode(request)

    async def _accept(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(self.answer, status=201)

    async def _list(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(self.answer)

    async def _hang(self, _: web.BaseRequest) -> web.StreamResponse:
        await self._let_go.wait()
        return web.Response()

    async def _reset(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _disconnect(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def _truncated(self, request: web.BaseRequest) -> web.StreamResponse:
        begun = web.StreamResponse(status=201, headers={"Content-Length": "2000"})
        await begun.prepare(request)
        await begun.write(json.dumps(resource()).encode()[:80])
        assert request.transport is not None
        request.transport.close()
        return begun

    async def _trickle(self, request: web.BaseRequest) -> web.StreamResponse:
        begun = web.StreamResponse(status=201)
        await begun.prepare(request)
        while not self._let_go.is_set():
            await begun.write(b" ")
            await asyncio.sleep(0.02)
        return begun

    async def _huge(self, request: web.BaseRequest) -> web.StreamResponse:
        begun = web.StreamResponse(status=201)
        await begun.prepare(request)
        with contextlib.suppress(ConnectionError):
            while not self._let_go.is_set():
                await begun.write(b" " * (1 << 18))
        return begun

    async def _success(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(self.answer, status=self.code)

    async def _bare(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=self.code)

    async def _html(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<p>Welkom</p>", content_type="text/html", status=200)

    async def _garbled(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b'{"sid": "\xff\xfe', content_type="application/json", status=201)

    async def _empty(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=201)

    async def _refuse(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._error(400)

    async def _unauthorised(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._error(401)

    async def _not_found(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._error(404)

    async def _forbidden_html(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<p>Nee</p>", content_type="text/html", status=403)

    async def _problem(self, _: web.BaseRequest) -> web.StreamResponse:
        problem = {"type": "about:blank", "title": "No", "status": 400, "code": self.code}
        return web.json_response(problem, status=400)

    async def _busy(self, _: web.BaseRequest) -> web.StreamResponse:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        code = 20429 if self.code == _USUAL_CODE else self.code
        return web.json_response({"code": code, "status": 429}, status=429, headers=headers)

    async def _fault(self, _: web.BaseRequest) -> web.StreamResponse:
        return self._error(500)

    async def _fault_html(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<p>Storing</p>", content_type="text/html", status=503)

    async def _redirect(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": self.origin + "/elsewhere"})

    def _error(self, status: int) -> web.StreamResponse:
        body: dict[str, Any] = {
            "code": self.code,
            # The real carrier repeats the number in its message.
            "message": "The number +3197010240001 is not good",
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": status,
        }
        return web.json_response(body, status=status)
