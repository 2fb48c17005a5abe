"""Webhooks to the product: what is said, in order per text, and how that goes wrong on purpose."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable
from urllib.parse import urldefrag, urljoin
from uuid import uuid4

from msgspec import structs

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.book import Book
from calamity.sandbox.faults import CALLBACK, INBOUND, Fault, FaultBox
from calamity.sandbox.forms import call_status_form, inbound_form, status_form
from calamity.sandbox.poster import Poster
from calamity.sandbox.records import PhoneCall, Post, Text
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.transcript import Transcript
from calamity.sandbox.twiml import BadTwiml, Verb, read_twiml

_log = logging.getLogger(__name__)

_USUAL_SECONDS = 2.0
_BATCH_SECONDS = 5.0
_MOST_REDIRECTS = 10
_WEBHOOK_FAILED = 11200
_FORGED = {"delivered": "failed", "undelivered": "delivered", "failed": "delivered"}

Hearer = Callable[[Post, tuple[Verb, ...]], None]


class Hooks:
    """Post webhooks, a limited number at once and one after the other for the same text.

    *hear* is told what the product answered in TwiML to a text from a phone.
    """

    def __init__(
        self,
        book: Book,
        agenda: Agenda,
        faults: FaultBox,
        poster: Poster,
        transcript: Transcript,
    ) -> None:
        self.hear: Hearer | None = None
        self._book = book
        self._agenda = agenda
        self._faults = faults
        self._poster = poster
        self._transcript = transcript
        self._settings: SandboxSettings = book.settings
        self._chains: dict[str, deque[Post]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._overtaken: dict[str, Post] = {}
        self._stuck: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        faults.listen(self._try_stuck)

    @property
    def pending(self) -> int:
        """How many webhooks still have to be posted."""
        return len(self._book.posts)

    async def start(self) -> None:
        """Begin to post, first what an earlier run left."""
        self._poster.start()
        workers = range(self._settings.webhooks_at_once)
        self._tasks = [asyncio.create_task(self._work()) for _ in workers]
        for post in sorted(self._book.posts.values(), key=lambda one: one.id):
            if post.due is None:
                self._line_up(post)
            else:
                self._agenda.at(post.due, self._go_alone, post)

    async def stop(self) -> None:
        """Stop posting; what is pending stays in the ledger."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.stop()

    # What to say ----------------------------------------------------------------------------

    def tell_status(self, text: Text) -> None:
        """Post a status callback, if the text or its service asked for one."""
        url = text.callback
        if url is None and text.service is not None:
            url = self._settings.service_callbacks.get(text.service)
        if url is None:
            return
        form = status_form(text, self._settings.account_sid)
        fault = self._faults.pick(CALLBACK, to=text.to)
        self._send_off(Post(0, "status", text.sid, text.to, url, form), fault)

    def tell_inbound(self, text: Text) -> None:
        """Post a text from a phone to the product."""
        url = self._settings.webhook_url
        if url is None:
            self.alert(text.sid, None, _WEBHOOK_FAILED, "no webhook is configured")
            return
        form = inbound_form(text, self._settings.account_sid)
        fault = self._faults.pick(INBOUND, to=text.sender)
        fallback = self._settings.fallback_url
        post = Post(0, "inbound", text.sid, text.sender, url, form, fallback=fallback)
        self._send_off(post, fault)

    def tell_call(self, call: PhoneCall, status: str) -> None:
        """Post what became of a call, if it asked for that."""
        if call.callback is None:
            return
        form = call_status_form(call, self._settings.account_sid, status)
        call.sequence += 1
        fault = self._faults.pick(CALLBACK, to=call.to)
        post = Post(0, "call", call.sid, call.to, call.callback, form, method=call.callback_method)
        self._send_off(post, fault)

    def tell(self, post: Post) -> None:
        """Post something else that belongs to a call."""
        self._queue(post)

    def alert(self, sid: str, url: str | None, code: int, reason: str) -> None:
        """Write down that a webhook failed for good, as Twilio's debugger does."""
        self._transcript.add("alert", code=code, sid=sid, url=url, reason=reason)

    # How it goes wrong ----------------------------------------------------------------------

    def _send_off(self, post: Post, fault: Fault | None) -> None:
        flaw = "" if fault is None else fault.kind.partition("-")[2]
        if fault is None:
            self._queue(post)
        elif flaw == "drop":
            self._transcript.add(f"{post.kind}-dropped", sid=post.sid, form=post.form)
        elif flaw in {"delay", "batch"}:
            self._hold(post, _release_at(flaw, fault, self._agenda.clock.now()))
        elif flaw == "duplicate":
            for _ in range(fault.times + 1):
                self._queue(structs.replace(post))
        elif flaw == "reorder":
            seconds = _USUAL_SECONDS if fault.seconds is None else fault.seconds
            self._overtaken[post.sid] = self._book.queue(post)
            self._agenda.at(self._agenda.clock.now() + seconds, self._let_go, post)
            return
        else:
            self._spoil(post, flaw)
            self._queue(post)
        if self._overtaken:
            held_back = self._overtaken.get(post.sid)
            if held_back is not None:
                self._let_go(held_back)

    def _hold(self, post: Post, due: float) -> None:
        post.due = due
        self._agenda.at(due, self._go_alone, self._book.queue(post))

    def _spoil(self, post: Post, flaw: str) -> None:
        named = "CallStatus" if post.kind == "call" else "MessageStatus"
        if flaw == "extra-field":
            post.form["RawDlrDoneDate"] = "2611211030"
        elif flaw == "unknown-status":
            post.form |= {name: "shipped" for name in (named, "SmsStatus") if name in post.form}
        elif flaw == "no-error-code":
            post.form.pop("ErrorCode", None)
        elif flaw == "forged":
            status = _FORGED.get(post.form[named], "delivered")
            form = post.form | {n: status for n in (named, "SmsStatus") if n in post.form}
            self._queue(structs.replace(post, form=form, flaw="forged", token=str(uuid4())))
        else:
            post.flaw = flaw

    # In which order -------------------------------------------------------------------------

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

    def _let_go(self, post: Post, _: float = 0) -> None:
        if self._overtaken.get(post.sid) is post:
            del self._overtaken[post.sid]
            self._line_up(post)

    def _go_alone(self, post: Post, _: float) -> None:
        self._line_up(post, alone=True)

    def _try_stuck(self) -> None:
        """Post what waited for the webhooks to come up again."""
        stuck, self._stuck = self._stuck, []
        for key in stuck:
            self._ready.put_nowait(key)

    async def _work(self) -> None:
        while True:
            key = await self._ready.get()
            chain = self._chains[key]
            post = chain[0]
            if self._faults.in_force("webhooks-down", to=post.phone):
                self._stuck.append(key)
                continue
            try:
                await self._deliver(post)
            except Exception:
                _log.exception("A webhook could not be posted; the others go on.")
            self._book.posted(post)
            chain.popleft()
            if chain:
                self._ready.put_nowait(key)
            else:
                del self._chains[key]

    # Posting --------------------------------------------------------------------------------

    async def _deliver(self, post: Post) -> None:
        if post.kind != "inbound":
            reply = await self._poster.post(post, post.url, post.form, post.method)
            if not reply.is_fine:
                self.alert(post.sid, post.url, _WEBHOOK_FAILED, str(reply.outcome))
            return
        read = await self.read(post)
        if read is not None and read[0] and self.hear is not None:
            self.hear(post, read[0])

    async def read(self, post: Post) -> tuple[tuple[Verb, ...], str] | None:
        """Ask the product for TwiML, at the fallback if that fails; None if both do.

        Return the verbs, and the address of the document they are in.
        """
        try:
            return await self._read_at(post, post.url, post.form, post.method)
        except BadTwiml as failure:
            code = failure.code
        if post.fallback is None:
            return None
        form = {**post.form, "ErrorCode": str(code), "ErrorUrl": post.url}
        try:
            return await self._read_at(post, post.fallback, form, post.fallback_method)
        except BadTwiml:
            return None

    async def _read_at(
        self, post: Post, url: str, form: dict[str, str], method: str
    ) -> tuple[tuple[Verb, ...], str]:
        said: list[Verb] = []
        for _ in range(_MOST_REDIRECTS):
            verbs = await self._read_once(post, url, form, method)
            if post.kind == "twiml":
                # A call walks on by itself when it has come to a redirect.
                return verbs, url
            away = next((place for place, one in enumerate(verbs) if one.name == "Redirect"), None)
            said += verbs[:away]
            if away is None:
                return tuple(said), url
            method = verbs[away].get("method", "POST")
            url = urljoin(urldefrag(url).url, verbs[away].text)
        self.alert(post.sid, url, _WEBHOOK_FAILED, "too many redirects")
        raise BadTwiml(_WEBHOOK_FAILED)

    async def _read_once(
        self, post: Post, url: str, form: dict[str, str], method: str
    ) -> tuple[Verb, ...]:
        code, reason = _WEBHOOK_FAILED, "the webhooks are down"
        if not self._faults.in_force("webhooks-down", to=post.phone):
            reply = await self._poster.post(post, url, form, method)
            reason = str(reply.outcome)
            if reply.is_fine:
                try:
                    return read_twiml(reply.content_type, reply.body)
                except BadTwiml as failure:
                    code, reason = failure.code, "the TwiML cannot be read"
        self.alert(post.sid, url, code, reason)
        raise BadTwiml(code)


def _release_at(flaw: str, fault: Fault, now: float) -> float:
    if flaw == "delay":
        return now + (_USUAL_SECONDS if fault.seconds is None else fault.seconds)
    # Everything of the same span goes out together, at its end.
    span = fault.seconds or _BATCH_SECONDS
    return (math.floor(now / span) + 1) * span
