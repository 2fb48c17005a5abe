"""Webhooks to the product: signed as Twilio signs them, in order per text, kept until posted."""

import asyncio
import logging
import time
from collections import deque
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit, urlunsplit
from uuid import uuid4

import aiohttp
import phonenumbers
from msgspec import structs
from yarl import URL

from calamity.sandbox.book import Book
from calamity.sandbox.faults import Fault, FaultBox
from calamity.sandbox.patience import Patience
from calamity.sandbox.records import Post, Text
from calamity.sandbox.settings import SandboxSettings, is_loopback, origin_of
from calamity.sandbox.signatures import Signer
from calamity.sandbox.transcript import Transcript

_log = logging.getLogger(__name__)

_REDIRECTS = 10
_RETRY_PAUSE_SECONDS = 0.1
_REORDER_SECONDS = 2.0
_STATUS_FAULTS = frozenset(
    {
        "callback-drop", "callback-delay", "callback-duplicate", "callback-reorder",
        "callback-bad-signature", "callback-stale-token", "callback-extra-field",
        "callback-unknown-status", "callback-no-error-code",
    }
)  # fmt: skip
_INBOUND_FAULTS = frozenset(
    {"inbound-drop", "inbound-delay", "inbound-duplicate", "inbound-bad-signature"}
)


class Hooks:
    """Post webhooks, a limited number at once and one after the other for the same text."""

    def __init__(
        self, book: Book, faults: FaultBox, transcript: Transcript, settings: SandboxSettings
    ) -> None:
        self._book = book
        self._faults = faults
        self._transcript = transcript
        self._settings = settings
        self._signer = Signer(settings)
        self._chains: dict[str, deque[Post]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._held: dict[str, Post] = {}
        self._later: set[asyncio.TimerHandle] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def pending(self) -> int:
        """How many webhooks still have to be posted."""
        return len(self._book.posts)

    async def start(self) -> None:
        """Begin to post, first what an earlier run left."""
        limit = self._settings.webhooks_at_once
        connector = aiohttp.TCPConnector(limit=limit)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)
        self._tasks = [asyncio.create_task(self._work(self._session)) for _ in range(limit)]
        for post in sorted(self._book.posts.values(), key=lambda one: one.id):
            self._line_up(post)

    async def stop(self) -> None:
        """Stop posting; what is pending stays in the ledger."""
        for handle in self._later:
            handle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # What to say ----------------------------------------------------------------------------

    def tell_status(self, text: Text) -> None:
        """Post a status callback, if the text asked for one."""
        if text.callback is None:
            return
        form = {
            "AccountSid": self._settings.account_sid,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": text.status,
            "SmsSid": text.sid,
            "SmsStatus": text.status,
            "To": text.to,
        }
        if text.service is not None:
            form["MessagingServiceSid"] = text.service
        if text.error is not None:
            form["ErrorCode"] = str(text.error)
        fault = self._faults.pick(_STATUS_FAULTS, to=text.to)
        post = Post(0, "status", text.sid, text.callback, form, str(uuid4()))
        self._send_off(post, fault)

    def tell_inbound(self, text: Text) -> None:
        """Post a text from a phone to the product."""
        url = self._settings.webhook_url
        if url is None:
            self._alert(text.sid, None, "no webhook is configured")
            return
        form = {
            **dict.fromkeys(("ToState", "ToCity", "FromZip", "FromState", "FromCity", "ToZip"), ""),
            "ToCountry": _country(text.to),
            "SmsMessageSid": text.sid,
            "NumMedia": str(text.media),
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "Body": text.body,
            "FromCountry": _country(text.sender),
            "To": text.to,
            "NumSegments": str(text.parts),
            "MessageSid": text.sid,
            "AccountSid": self._settings.account_sid,
            "From": text.sender,
            "ApiVersion": "2010-04-01",
        }
        fault = self._faults.pick(_INBOUND_FAULTS, to=text.sender)
        fallback = self._settings.fallback_url
        post = Post(0, "inbound", text.sid, url, form, str(uuid4()), fallback)
        self._send_off(post, fault)

    # In which order -------------------------------------------------------------------------

    def _send_off(self, post: Post, fault: Fault | None) -> None:
        flaw = "" if fault is None else fault.kind.partition("-")[2]
        if fault is None:
            self._queue(post)
        elif flaw == "drop":
            self._transcript.add(f"{post.kind}-dropped", sid=post.sid, form=post.form)
        elif flaw == "delay":
            self._after(2.0 if fault.seconds is None else fault.seconds, self._book.queue(post))
        elif flaw == "duplicate":
            for _ in range(fault.times + 1):
                self._queue(structs.replace(post))
        elif flaw == "reorder":
            held = self._held[post.sid] = self._book.queue(post)
            seconds = _REORDER_SECONDS if fault.seconds is None else fault.seconds
            self._call_later(seconds, self._release, held)
            return
        else:
            self._spoil(post, flaw)
            self._queue(post)
        held_back = self._held.get(post.sid)
        if held_back is not None:
            self._release(held_back)

    def _spoil(self, post: Post, flaw: str) -> None:
        if flaw == "extra-field":
            post.form["RawDlrDoneDate"] = "2611211030"
        elif flaw == "unknown-status":
            post.form |= {"MessageStatus": "shipped", "SmsStatus": "shipped"}
        elif flaw == "no-error-code":
            post.form.pop("ErrorCode", None)
        else:
            post.flaw = flaw

    def _queue(self, post: Post) -> None:
        self._line_up(self._book.queue(post))

    def _line_up(self, post: Post, *, alone: bool = False) -> None:
        key = f"{post.sid} {post.id}" if alone else post.sid
        chain = self._chains.get(key)
        if chain is None:
            self._chains[key] = deque([post])
            self._ready.put_nowait(key)
        else:
            chain.append(post)

    def _release(self, post: Post) -> None:
        if self._held.get(post.sid) is post:
            del self._held[post.sid]
            self._line_up(post)

    def _after(self, seconds: float, post: Post) -> None:
        def go() -> None:
            self._line_up(post, alone=True)

        self._call_later(seconds, go)

    def _call_later(self, seconds: float, call: object, *arguments: Post) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            self._later.discard(handle)
            if callable(call):
                call(*arguments)

        handle = loop.call_later(seconds, run)
        self._later.add(handle)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            key = await self._ready.get()
            chain = self._chains[key]
            post = chain[0]
            try:
                await self._deliver(session, post)
            except Exception:
                _log.exception("A webhook could not be posted; the others go on.")
            self._book.posted(post)
            chain.popleft()
            if chain:
                self._ready.put_nowait(key)
            else:
                del self._chains[key]

    # Posting --------------------------------------------------------------------------------

    async def _deliver(self, session: aiohttp.ClientSession, post: Post) -> None:
        outcome = await self._try(session, post, post.url, post.form)
        if _is_fine(outcome):
            return
        self._alert(post.sid, post.url, str(outcome))
        if post.fallback is not None:
            form = {**post.form, "ErrorCode": "11200", "ErrorUrl": post.url}
            outcome = await self._try(session, post, post.fallback, form)
            if not _is_fine(outcome):
                self._alert(post.sid, post.fallback, str(outcome))

    async def _try(
        self, session: aiohttp.ClientSession, post: Post, url: str, form: dict[str, str]
    ) -> int | str:
        bare, fragment = urldefrag(url)
        patience = Patience.of(fragment)
        outcome: int | str = "refused"
        for attempt in range(patience.retries + 1):
            if attempt:
                await asyncio.sleep(_RETRY_PAUSE_SECONDS)
            began = time.perf_counter()
            outcome = await self._post(session, post, bare, form, patience)
            self._transcript.add(
                f"{post.kind}-webhook",
                sid=post.sid,
                url=bare,
                form=form,
                attempt=attempt + 1,
                outcome=outcome,
                seconds=round(time.perf_counter() - began, 4),
            )
            if _is_fine(outcome) or not patience.tries_again(outcome):
                break
        return outcome

    async def _post(
        self,
        session: aiohttp.ClientSession,
        post: Post,
        url: str,
        form: dict[str, str],
        patience: Patience,
    ) -> int | str:
        timeout = aiohttp.ClientTimeout(
            total=patience.total,
            connect=patience.connect,
            sock_connect=patience.connect,
            sock_read=patience.read,
        )
        signed, target = self._addresses(url)
        headers = self._signer.headers(post, signed, form)
        data: bytes | None = urlencode(form).encode()
        method = "POST"
        try:
            for _ in range(_REDIRECTS + 1):
                if not self._may_reach(target):
                    return "not on this machine"
                async with session.request(
                    method,
                    URL(target, encoded=True),
                    data=data,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                ) as response:
                    await response.read()
                    following = response.headers.get("Location")
                    if response.status not in {301, 302, 303, 307, 308} or following is None:
                        return response.status
                # Twilio follows with GET and without the form, whatever the kind of redirect.
                target, method, data = urljoin(target, following), "GET", None
                headers.pop("Content-Type", None)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            return "ct"
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            return "rt" if isinstance(error, TimeoutError) else type(error).__name__
        return "too many redirects"

    def _addresses(self, url: str) -> tuple[str, str]:
        """Return the address that is signed, and the one on this machine that is called."""
        settings = self._settings
        if settings.sign_as is None or settings.webhook_url is None:
            return url, url
        public, parts = urlsplit(settings.sign_as), urlsplit(url)
        here = urlsplit(origin_of(settings.webhook_url))
        if (parts.scheme, parts.netloc) not in {(public.scheme, public.netloc), here[:2]}:
            return url, url
        rest = (parts.path, parts.query, "")
        return urlunsplit((*public[:2], *rest)), urlunsplit((*here[:2], *rest))

    def _may_reach(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or host is None:
            return False
        return is_loopback(host) or host in self._settings.callback_hosts

    def _alert(self, sid: str, url: str | None, reason: str) -> None:
        self._transcript.add("alert", code=11200, sid=sid, url=url, reason=reason)


def _is_fine(outcome: int | str) -> bool:
    return isinstance(outcome, int) and outcome // 100 == 2  # noqa: PLR2004 - the family of success


def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
