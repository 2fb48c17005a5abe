"""The API of the carrier, in Twilio's words: /2010-04-01 and Lookup v2."""

import asyncio
import base64
import re
import time

from litestar.types import Receive, Scope, Send

from calamity.sandbox.account import Account
from calamity.sandbox.calling import Calling
from calamity.sandbox.errors import Refusal
from calamity.sandbox.faults import AFTER, BEFORE, Fault, FaultBox
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.texting import Texting
from calamity.sandbox.transcript import Transcript
from calamity.sandbox.wire import (
    Answer,
    Call,
    Handler,
    Hangup,
    hang_up,
    header,
    read_call,
    send_answer,
    send_spoiled,
    standard_headers,
)

_BEFORE = {
    "unauthorised": (20003, 401),
    "suspended": (20005, 403),
    "too-many": (20429, 429),
    "error-before": (20500, 500),
    "unavailable-before": (20503, 503),
}
_ACCOUNT_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/(.+)\.json")
_LOOKUP_PATH = re.compile(r"/v2/PhoneNumbers/([^/]+)")


class Api:
    """An ASGI application that takes texts and calls in and tells about them."""

    def __init__(
        self,
        texting: Texting,
        calling: Calling,
        account: Account,
        faults: FaultBox,
        transcript: Transcript,
    ) -> None:
        settings = self._settings = account.settings
        self._account = account
        self._faults = faults
        self._transcript = transcript
        self._keys = _accepted_keys(settings)
        self._at_once = 0
        self._routes = [*texting.routes(), *calling.routes(), *account.routes()]
        self._creates = {texting.create, calling.create}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and write both down."""
        if self._faults.in_force("refused"):
            # The port is shut; this connection was open before.
            await hang_up(scope)
            return
        began = time.perf_counter()
        self._at_once += 1
        call: Call | None = None
        fault: Fault | None = None
        try:
            call = await read_call(scope, receive)
            answer, fault = await self._answer(call, header(scope, b"authorization"))
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.payload())
        except Hangup:
            return
        finally:
            self._at_once -= 1
        self._note(call, answer, fault, began)
        body = answer.body()
        if fault is not None:
            await send_spoiled(fault.kind, fault.seconds, scope, send, answer)
            return
        seconds = time.perf_counter() - began
        headers = standard_headers(len(body), at_once=self._at_once + 1, seconds=seconds)
        await send_answer(send, answer.status, [*headers, *answer.headers], body)

    def _note(self, call: Call | None, answer: Answer, fault: Fault | None, began: float) -> None:
        payload = answer.payload if isinstance(answer.payload, dict) else {}
        # A page of many resources would fill the memory; its resources were answered before.
        is_page = "page_size" in payload
        self._transcript.add(
            "request",
            method=call.method if call else None,
            path=call.raw_path if call else None,
            form=call.form if call else None,
            status=answer.status,
            sid=payload.get("sid"),
            code=payload.get("code"),
            answer=None if is_page else answer.payload,
            fault=fault.kind if fault else None,
            seconds=round(time.perf_counter() - began, 4),
        )

    async def _answer(self, call: Call, authorization: bytes) -> tuple[Answer, Fault | None]:
        if authorization not in self._keys:
            raise Refusal(20003, 401)
        if self._faults.in_force("api-down", to=call.form.get("To")):
            raise Refusal(20503, 503)
        if lookup := _LOOKUP_PATH.fullmatch(call.path):
            return self._account.look_up(call, lookup[1]), None
        place = _ACCOUNT_PATH.fullmatch(call.path)
        if place is None or place[1] != self._settings.account_sid:
            raise Refusal(20404, 404)
        for pattern, methods in self._routes:
            if found := pattern.fullmatch(place[2]):
                handler = methods.get(call.method)
                if handler is None:
                    raise Refusal(20004, 405)
                if handler in self._creates:
                    return await self._create_or_fail(call, handler)
                return await handler(call, found[1]), None
        raise Refusal(20404, 404)

    async def _create_or_fail(self, call: Call, create: Handler) -> tuple[Answer, Fault | None]:
        to = call.form.get("To")
        before = self._faults.pick(BEFORE, to=to)
        if before is not None:
            code, status = _BEFORE[before.kind]
            headers: tuple[tuple[bytes, bytes], ...] = ()
            if before.kind == "too-many":
                wait = 1 if before.seconds is None else round(before.seconds)
                headers = ((b"retry-after", b"%d" % wait),)
            return Answer(status, Refusal(code, status).payload(), headers), None
        answer = await create(call, "")
        after = self._faults.pick(AFTER, to=to)
        if after is not None and after.kind == "slow":
            # The first callbacks may now overtake the answer.
            await asyncio.sleep(2.0 if after.seconds is None else after.seconds)
            return answer, None
        return answer, after


def _accepted_keys(settings: SandboxSettings) -> frozenset[bytes]:
    pairs = [(settings.account_sid, settings.auth_token)]
    if settings.second_token is not None:
        pairs.append((settings.account_sid, settings.second_token))
    if settings.api_key is not None and settings.api_secret is not None:
        pairs.append((settings.api_key, settings.api_secret))
    return frozenset(
        b"Basic " + base64.b64encode(f"{user}:{secret}".encode()) for user, secret in pairs
    )
