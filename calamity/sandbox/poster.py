"""One webhook over the wire: signed, followed where it is sent on, tried again as it asks."""

import asyncio
import time
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit, urlunsplit

import aiohttp
from msgspec import Struct
from yarl import URL

from calamity.sandbox.patience import Patience
from calamity.sandbox.records import Post
from calamity.sandbox.settings import SandboxSettings, is_loopback, origin_of
from calamity.sandbox.signatures import Signer
from calamity.sandbox.transcript import Transcript

_REDIRECTS = 10
_RETRY_PAUSE_SECONDS = 0.1
_LARGEST_ANSWER = 65_536
_SUCCESS = 2
_WRITTEN_DOWN = 2000


class Reply(Struct, frozen=True):
    """What came of a webhook: a status, or the name of what went wrong instead."""

    outcome: int | str
    content_type: str = ""
    body: bytes = b""

    @property
    def is_fine(self) -> bool:
        """Whether the product took it."""
        return isinstance(self.outcome, int) and self.outcome // 100 == _SUCCESS


class Poster:
    """Post webhooks of the product, and nowhere else than this machine allows."""

    def __init__(self, transcript: Transcript, settings: SandboxSettings) -> None:
        self._transcript = transcript
        self._settings = settings
        self._signer = Signer(settings)
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Open for business."""
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def post(self, post: Post, url: str, form: dict[str, str], method: str) -> Reply:
        """Post a form to *url*, again as often as the fragment of the address asks for."""
        bare, fragment = urldefrag(url)
        patience = Patience.of(fragment)
        if method == "GET":
            parts = urlsplit(bare)
            query = "&".join(part for part in (parts.query, urlencode(form)) if part)
            bare = urlunsplit((*parts[:3], query, ""))
        reply = Reply("refused")
        for attempt in range(patience.retries + 1):
            if attempt:
                await asyncio.sleep(_RETRY_PAUSE_SECONDS)
            began = time.perf_counter()
            reply = await self._once(post, bare, form, method, patience)
            self._transcript.add(
                f"{post.kind}-webhook",
                sid=post.sid,
                url=bare,
                form=form,
                attempt=attempt + 1,
                outcome=reply.outcome,
                answer=reply.body[:_WRITTEN_DOWN].decode("utf-8", "replace"),
                seconds=round(time.perf_counter() - began, 4),
            )
            if reply.is_fine or not patience.tries_again(reply.outcome):
                break
        return reply

    async def _once(
        self, post: Post, url: str, form: dict[str, str], method: str, patience: Patience
    ) -> Reply:
        assert self._session is not None  # noqa: S101 - start() comes first
        signed, target = self._addresses(url)
        headers = self._signer.headers(post, signed, form if method == "POST" else {})
        data = urlencode(form).encode() if method == "POST" else None
        try:
            for _ in range(_REDIRECTS + 1):
                if not self._may_reach(target):
                    return Reply("not on this machine")
                async with self._session.request(
                    method,
                    URL(target, encoded=True),
                    data=data,
                    headers=headers,
                    timeout=_timeout(patience),
                    allow_redirects=False,
                ) as response:
                    body = await _read(response)
                    following = response.headers.get("Location")
                    if response.status not in {301, 302, 303, 307, 308} or following is None:
                        kind = response.headers.get("Content-Type", "")
                        return Reply(response.status, kind, body)
                # Twilio follows with GET and without the form, whatever the kind of redirect.
                target, method, data = urljoin(target, following), "GET", None
                headers.pop("Content-Type", None)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            return Reply("ct")
        except TimeoutError:
            return Reply("rt")
        except (aiohttp.ClientError, ValueError) as error:
            return Reply(type(error).__name__)
        return Reply("too many redirects")

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


def _timeout(patience: Patience) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=patience.total,
        connect=patience.connect,
        sock_connect=patience.connect,
        sock_read=patience.read,
    )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer, no more of it than a TwiML document may hold."""
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > _LARGEST_ANSWER:
            return body[:_LARGEST_ANSWER]
    return body
