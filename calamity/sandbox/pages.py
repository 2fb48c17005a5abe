"""The pages: a switchboard of phones side by side, and each phone alone."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Controller, get, post
from litestar.connection import Request
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Response, Template
from litestar.template import TemplateConfig
from msgspec import Struct

from calamity.domain.texts import clean_for_display, segments
from calamity.sandbox.book import Book
from calamity.sandbox.control import (
    CallForm,
    TextForm,
    desk_of,
    phone_number,
    send_text,
    take_call,
)
from calamity.sandbox.desk import Desk
from calamity.sandbox.records import Phone, Said, Text
from calamity.sandbox.states import PHONE_STATES, PhoneState
from calamity.sandbox.words import WORDS

_HERE = Path(__file__).parent
_MOST_LISTED = 300
_OPEN_AT_FIRST = 4
_MOST_OPEN = 24
_LONGEST_CONVERSATION = 200
_TAPBACK = 60
ZONE = ZoneInfo("Europe/Amsterdam")
_CODE = re.compile(r"\b(?:JA|YES)\s+(\d{3,6})\b")


class Bubble(Struct, frozen=True):
    """One text as a phone shows it."""

    sid: str
    mine: bool
    sender: str
    body: str
    at: str
    encoding: str
    units: int
    parts: int


class Heard(Struct, frozen=True):
    """The latest call of a phone, as the phone shows it."""

    sid: str
    sender: str
    status: str
    keypad: bool
    seconds: int
    said: list[Said]


class Line(Struct, frozen=True):
    """One phone in the list."""

    number: str
    title: str
    note: str
    state: PhoneState
    last: str
    last_mine: bool
    received: int
    waiting: int
    moment: float
    rings: bool


def template_engine() -> TemplateConfig[JinjaTemplateEngine]:
    """Return Jinja over our own templates; a word that is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def bubbles(book: Book, number: str) -> list[Bubble]:
    """Return the conversation of one phone."""
    return [_bubble(text) for text in book.conversation(number)[-_LONGEST_CONVERSATION:]]


def _bubble(text: Text) -> Bubble:
    counted = segments(text.body)
    moment = datetime.fromtimestamp(text.arrived_at or text.created_at, UTC)
    return Bubble(
        sid=text.sid,
        mine=text.direction == "inbound",
        sender=text.sender,
        body=clean_for_display(text.body),
        at=moment.astimezone(ZONE).strftime("%H:%M:%S"),
        encoding=counted.encoding,
        units=counted.units,
        parts=counted.parts,
    )


def line(book: Book, phone: Phone) -> Line:
    """Return how the list shows a phone."""
    texts = book.conversation(phone.number)
    last = texts[-1] if texts else None
    mine = (book.texts[sid] for sid in book.by_phone.get(phone.number, ()))
    calls = book.calls_of.get(phone.number, ())
    rung = (call.created_at for call in calls if call.status != "queued")
    return Line(
        number=phone.number,
        title=phone.name or phone.number,
        note=phone.note,
        state=phone.state,
        last=clean_for_display(last.body) if last else "",
        last_mine=last is not None and last.direction == "inbound",
        received=sum(text.direction != "inbound" for text in texts),
        waiting=sum(text.status == "sent" and text.arrived_at is None for text in mine),
        moment=max((*(text.arrived_at or 0 for text in texts), *rung), default=0),
        rings=any(call.status == "ringing" for call in calls),
    )


def latest_call(book: Book, number: str) -> Heard | None:
    """Return the call that a phone shows: one that goes on, or else the last one."""
    calls = [call for call in book.calls_of.get(number, ()) if call.status != "queued"]
    if not calls:
        return None
    call = next((one for one in calls if not one.is_over), calls[-1])
    said = [Said(one.by, clean_for_display(one.words), one.language) for one in call.said]
    return Heard(call.sid, call.sender, call.status, call.keypad, call.seconds, said)


def card(book: Book, phone: Phone) -> dict[str, Any]:
    """Return what the template of one phone needs."""
    conversation = bubbles(book, phone.number)
    heard = next((one.body for one in reversed(conversation) if not one.mine), "")
    code = _CODE.search(heard)
    senders = book.senders_of(phone.number)
    return {
        "phone": line(book, phone),
        "call": latest_call(book, phone.number),
        "heard": heard[:_TAPBACK],
        "opted_out": any(book.has_opted_out(sender, phone.number) for sender in senders),
        "bubbles": conversation,
        "senders": senders,
        "code": code[1] if code else "",
    }


def choose_language(asked: str | None, accepted: str) -> str:
    """Return the language of the page: the one asked for, else the browser's, else Dutch."""
    if asked in WORDS:
        return asked
    for part in accepted.lower().split(","):
        language = part.strip()[:2]
        if language in WORDS:
            return language
    return "nl"


def page_context(request: Request[Any, Any, Any], asked: str | None) -> dict[str, Any]:
    """Return what every page needs: its words and their language."""
    accepted = request.headers.get("accept-language", "")
    language = choose_language(asked, accepted)
    standing = len(desk_of(request).faults.standing)
    return {"t": WORDS[language], "lang": language, "states": PHONE_STATES, "standing": standing}


def _lines(desk: Desk, wanted: str) -> list[Line]:
    book, words = desk.book, wanted.casefold().split()
    known = sorted(book.phones.values(), key=lambda phone: (not phone.announced, -phone.version))
    fitting = [
        phone
        for phone in known
        if all(word in f"{phone.name} {phone.number} {phone.note}".casefold() for word in words)
    ]
    lines = [line(book, phone) for phone in fitting[:_MOST_LISTED]]
    return sorted(lines, key=lambda one: (-one.moment, one.title.casefold()))


def _change(
    request: Request[Any, Any, Any], phone: Phone, is_open: bool, context: dict[str, Any]
) -> dict[str, Any]:
    """Return what a page needs to show a phone as it is now; the same partials as at first."""
    book, engine = desk_of(request).book, request.app.template_engine
    assert engine is not None  # noqa: S101 - set by create_sandbox
    shown = line(book, phone)
    change: dict[str, Any] = {
        "number": phone.number,
        "moment": shown.moment,
        "received": shown.received,
        "line": engine.get_template("partials/line.html").render(**context, one=shown),
    }
    if is_open:
        whole = {**context, **card(book, phone)}
        for name in ("call", "conversation", "reply", "state"):
            change[name] = engine.get_template(f"partials/{name}.html").render(**whole)
    return change


class Pages(Controller):
    """What a team plays an exercise on."""

    path = "/"

    @get("/")
    async def switchboard(
        self,
        request: Request[Any, Any, Any],
        q: FromQuery[str] = "",
        lang: FromQuery[str | None] = None,
        numbers: Annotated[list[str] | None, QueryParameter(name="open")] = None,
    ) -> Template:
        """Show the list of phones and those that are open."""
        desk = desk_of(request)
        lines = _lines(desk, q)
        chosen = [number for number in numbers or [] if number in desk.book.phones]
        opened = chosen or [one.number for one in lines if one.moment][:_OPEN_AT_FIRST]
        opened = opened or [one.number for one in lines][:_OPEN_AT_FIRST]
        context = {
            **page_context(request, lang),
            "lines": lines,
            "q": q,
            "total": len(desk.book.phones),
            "version": desk.book.version,
            "opened": opened[:_MOST_OPEN],
            "chosen": bool(chosen),
            "cards": [card(desk.book, desk.book.phones[n]) for n in opened[:_MOST_OPEN]],
        }
        return Template("switchboard.html", context=context)

    @get("/phones/{number:str}")
    async def phone(
        self,
        request: Request[Any, Any, Any],
        number: FromPath[str],
        lang: FromQuery[str | None] = None,
    ) -> Template:
        """Show one phone alone."""
        desk = desk_of(request)
        phone = desk.book.phone(phone_number(number))
        context = {
            **page_context(request, lang),
            **card(desk.book, phone),
            "version": desk.book.version,
        }
        return Template("phone_alone.html", context=context)

    @get("/cards/{number:str}")
    async def one_card(
        self,
        request: Request[Any, Any, Any],
        number: FromPath[str],
        lang: FromQuery[str | None] = None,
    ) -> Template:
        """Show one phone, to be set beside the others."""
        desk = desk_of(request)
        phone = desk.book.phone(phone_number(number))
        context = {**page_context(request, lang), **card(desk.book, phone)}
        return Template("partials/phone.html", context=context)

    @get("/changes")
    async def changes(
        self,
        request: Request[Any, Any, Any],
        since: FromQuery[int],
        lang: FromQuery[str | None] = None,
        numbers: Annotated[list[str] | None, QueryParameter(name="open")] = None,
    ) -> Response[Any]:
        """Tell which phones changed after version *since*, with what to show of them."""
        book = desk_of(request).book
        # A ledger that was emptied starts counting again.
        since = since if since <= book.version else 0
        changed = [phone for phone in book.phones.values() if phone.version > since]
        newest = sorted(changed, key=lambda phone: phone.version)[-_MOST_LISTED:]
        context, wanted = page_context(request, lang), set(numbers or ())
        phones = [_change(request, phone, phone.number in wanted, context) for phone in newest]
        told = {"version": book.version, "total": len(book.phones), "phones": phones}
        return Response({**told, "standing": context["standing"]})

    @post("/phones/{number:str}/texts", status_code=303)
    async def send(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Redirect:
        """Send what was typed, for a browser without scripts."""
        form = await request.form()
        body, to = str(form.get("body", "")), form.get("to")
        if body:
            send_text(desk_of(request), phone_number(number), TextForm(body, to or None))
        return Redirect(f"/phones/{number}", status_code=303)

    @post("/phones/{number:str}/calls/{sid:str}", status_code=303)
    async def take(
        self, request: Request[Any, Any, Any], number: FromPath[str], sid: FromPath[str]
    ) -> Redirect:
        """Answer a call, hang up, or press a key, for a browser without scripts."""
        form = await request.form()
        asked = {"deed": form.get("deed"), "words": form.get("words", "")}
        take_call(desk_of(request), sid, msgspec.convert(asked, CallForm))
        return Redirect(f"/phones/{number}", status_code=303)

    @post("/phones/{number:str}/state", status_code=303)
    async def turn(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Redirect:
        """Change the state of a phone, for a browser without scripts."""
        form = await request.form()
        desk = desk_of(request)
        state = msgspec.convert(form.get("state"), PhoneState)
        desk.carrier.set_state(desk.book.phone(phone_number(number)), state)
        return Redirect(f"/phones/{number}", status_code=303)
