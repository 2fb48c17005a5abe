"""What is said in a call: TwiML, verb by verb, with the keys that the person presses."""

import asyncio
from typing import Literal
from urllib.parse import urldefrag, urljoin

from msgspec import Struct

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.book import Book
from calamity.sandbox.forms import call_form
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.records import PhoneCall, Post, Said
from calamity.sandbox.twiml import BadTwiml, Verb, read_twiml

_LETTERS_PER_SECOND = 15
_MOST_LOOPS = 10
_PLAY_SECONDS = 3.0
_MOST_DOCUMENTS = 100
_APOLOGY = "An application error has occurred. Goodbye."
_UNKNOWN_VERB = 12200


class Deed(Struct, frozen=True):
    """One thing that the phone or the product does to a call."""

    kind: Literal["answer", "hang-up", "digit", "speech", "redirect", "finish"]
    what: str = ""
    method: str = "POST"
    twiml: str | None = None


class HungUp(Exception):
    """One of the two sides has ended the call."""

    def __init__(self, *, by_product: bool = False) -> None:
        super().__init__("the call was ended")
        self.by_product = by_product


class _Redirected(Exception):
    def __init__(self, deed: Deed) -> None:
        super().__init__(deed.what)
        self.deed = deed


class _Document(Struct, frozen=True):
    """Verbs to carry out, and the address they came from."""

    verbs: tuple[Verb, ...]
    url: str


class Talk:
    """Carry out the TwiML of one call until there is no more, or one side hangs up."""

    def __init__(
        self,
        call: PhoneCall,
        deeds: "asyncio.Queue[Deed]",
        book: Book,
        agenda: Agenda,
        hooks: Hooks,
    ) -> None:
        self._call = call
        self._deeds = deeds
        self._book = book
        self._agenda = agenda
        self._hooks = hooks

    async def run(self) -> None:
        """Talk; raise HungUp when one side ends the call before the words are at an end."""
        call = self._call
        document = await self._open(call.url, call.method, call.twiml)
        for _ in range(_MOST_DOCUMENTS):
            if document is None:
                return
            try:
                document = await self._perform(document)
            except _Redirected as away:
                deed = away.deed
                document = await self._open(deed.what, deed.method, deed.twiml)
            self._show_keypad(up=False)

    # Documents ------------------------------------------------------------------------------

    async def _open(self, url: str | None, method: str, twiml: str | None) -> _Document | None:
        if twiml is None:
            return await self._fetch(url or "", method)
        try:
            return _Document(read_twiml("text/xml", twiml.encode()), "")
        except BadTwiml as failure:
            self._hooks.alert(self._call.sid, None, failure.code, "the TwiML cannot be read")
            await self._apologise()
            return None

    async def _fetch(
        self, url: str, method: str, extra: dict[str, str] | None = None
    ) -> _Document | None:
        call = self._call
        form = {**call_form(call, self._book.settings.account_sid), **(extra or {})}
        post = Post(
            0, "twiml", call.sid, call.to, url, form, method=method,
            fallback=call.fallback, fallback_method=call.fallback_method,
        )  # fmt: skip
        read = await self._hooks.read(post)
        if read is None:
            await self._apologise()
            return None
        return _Document(*read)

    async def _apologise(self) -> None:
        self._hear(_APOLOGY, "en-US")
        await self._listen(len(_APOLOGY) / _LETTERS_PER_SECOND)

    def _address(self, document: _Document, target: str) -> str:
        return urljoin(urldefrag(document.url).url, target)

    # Verbs ----------------------------------------------------------------------------------

    async def _perform(self, document: _Document) -> _Document | None:
        for verb in document.verbs:
            if verb.name == "Hangup":
                return None
            if verb.name == "Redirect":
                url = self._address(document, verb.text)
                return await self._fetch(url, verb.get("method", "POST"))
            if verb.name == "Gather":
                heard = await self._gather(verb)
                if heard is not None:
                    url = self._address(document, verb.get("action") or document.url)
                    return await self._fetch(url, verb.get("method", "POST"), heard)
                continue
            seconds = self._utter(verb)
            if seconds is None:
                reason = f"<{verb.name}> is not carried out"
                self._hooks.alert(self._call.sid, document.url or None, _UNKNOWN_VERB, reason)
            else:
                await self._listen(seconds)
        return None

    def _utter(self, verb: Verb) -> float | None:
        """Let the phone hear one thing; return how long that takes, None if it is no such verb."""
        if verb.name == "Pause":
            return float(verb.number("length", 1))
        if verb.name == "Play":
            self._hear("♪ " + (verb.text or verb.get("digits")), "")
            return _PLAY_SECONDS
        if verb.name != "Say":
            return None
        words = " ".join(verb.text.split())
        times = min(verb.number("loop", 1), _MOST_LOOPS) or _MOST_LOOPS
        for _ in range(times):
            self._hear(words, verb.get("language"))
        return times * len(words) / _LETTERS_PER_SECOND

    def _hear(self, words: str, language: str) -> None:
        self._call.said.append(Said("caller", words, language))
        self._book.change_call(self._call)

    async def _listen(self, seconds: float) -> None:
        """Let time pass; outside of a menu keys and words go by unheard."""
        await self._agenda.within(seconds, self._ignore())

    async def _ignore(self) -> None:
        while True:
            await self._next()

    async def _next(self) -> Deed:
        """Return the next key or words; raise if the call ends or goes elsewhere."""
        while True:
            deed = await self._deeds.get()
            if deed.kind in {"hang-up", "finish"}:
                raise HungUp(by_product=deed.kind == "finish")
            if deed.kind == "redirect":
                raise _Redirected(deed)
            if deed.kind in {"digit", "speech"}:
                self._call.said.append(Said("person", deed.what))
                self._book.change_call(self._call)
                return deed

    # Menus ----------------------------------------------------------------------------------

    async def _gather(self, verb: Verb) -> dict[str, str] | None:
        """Ask for keys or words; return what the action is told, None if nothing was heard."""
        self._show_keypad(up=True)
        first = await self._prompt(verb)
        wait = float(verb.number("timeout", 5))
        if first is None:
            first = await self._agenda.within(wait, self._next())
        heard = await self._collect(verb, first, wait)
        self._show_keypad(up=False)
        if heard is None and verb.get("actionOnEmptyResult").lower() == "true":
            heard = {"Digits": "", "FinishedOnKey": ""}
        return heard if heard is None else {"msg": "Gather End", **heard}

    async def _prompt(self, verb: Verb) -> Deed | None:
        """Say what is asked; a key that is pressed meanwhile cuts it short."""
        for inner in verb.inner:
            deed = await self._agenda.within(self._utter(inner) or 0.0, self._next())
            if deed is not None:
                return deed
        return None

    async def _collect(self, verb: Verb, deed: Deed | None, wait: float) -> dict[str, str] | None:
        most, finish = verb.number("numDigits", 0), verb.get("finishOnKey", "#")
        kinds, digits = verb.get("input", "dtmf").split(), ""
        while deed is not None:
            if deed.kind == "speech" and "speech" in kinds:
                return {"SpeechResult": deed.what, "Confidence": "0.95"}
            if deed.kind == "digit" and "dtmf" in kinds:
                if finish and deed.what in finish:
                    return {"Digits": digits, "FinishedOnKey": deed.what} if digits else None
                digits += deed.what
                if len(digits) == most:
                    break
            deed = await self._agenda.within(wait, self._next())
        return {"Digits": digits, "FinishedOnKey": ""} if digits else None

    def _show_keypad(self, *, up: bool) -> None:
        if self._call.keypad != up:
            self._call.keypad = up
            self._book.change_call(self._call)
