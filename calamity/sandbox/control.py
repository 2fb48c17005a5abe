"""The control API under /sandbox: phones, faults, the clock, and what has passed."""

from typing import Annotated, Any

from litestar import Controller, delete, get, post
from litestar.connection import Request
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta, Struct, structs

from calamity.sandbox.desk import Desk
from calamity.sandbox.faults import Fault
from calamity.sandbox.orders import LONGEST_BODY, line_of
from calamity.sandbox.records import Phone, PhoneState, resource
from calamity.sandbox.settings import Persona


class TextForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person types on a phone."""

    body: Annotated[str, Meta(max_length=LONGEST_BODY)]
    to: str | None = None


class StateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the network should do with a phone from now on."""

    state: PhoneState


class ClockForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast the carrier's time runs; *step* is a leap in seconds."""

    speed: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    paused: bool | None = None
    step: Annotated[float, Meta(ge=0)] | None = None


def desk_of(request: Request[Any, Any, Any]) -> Desk:
    """Return the sandbox that this application runs."""
    desk: Desk = request.app.state.sandbox
    return desk


def phone_number(value: str) -> str:
    """Return the number in a path, with its plus; NotFound if it cannot be one."""
    number = "+" + value.strip().removeprefix("+")
    if line_of(number) is None:
        raise NotFoundException("This is not a phone number: write it as +31 and digits.")
    return number


def send_text(desk: Desk, number: str, form: TextForm) -> dict[str, Any]:
    """Send what a person typed; to the sender of the latest text, if *form* names none."""
    senders = desk.book.senders_of(number)
    to = form.to or (senders[0] if senders else None)
    if to is None:
        raise ClientException("This phone heard from a name only, and a name takes no answers.")
    if to not in desk.settings.senders and not any(
        to in p for p in desk.settings.services.values()
    ):
        raise ClientException("Nobody listens on that number: choose a number of the service.")
    text = desk.carrier.receive(number, form.body, to)
    return resource(text, desk.settings.account_sid)


class Control(Controller):
    """Everything that tests, demos and the phone pages may ask of the sandbox."""

    path = "/sandbox"

    @get("/health")
    async def health(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        """Tell how the sandbox is doing."""
        desk = desk_of(request)
        return {
            "status": "ok",
            "sandbox": True,
            "texts": len(desk.book.texts),
            "phones": len(desk.book.phones),
            "webhooks_pending": desk.hooks.pending,
            "clock": _clock(desk),
        }

    @get("/phones")
    async def phones(self, request: Request[Any, Any, Any]) -> list[Phone]:
        """List every phone."""
        return list(desk_of(request).book.phones.values())

    @post("/phones", status_code=200)
    async def announce(
        self, request: Request[Any, Any, Any], data: JSONBody[list[Persona]]
    ) -> list[Phone]:
        """Give phones to people."""
        desk = desk_of(request)
        for persona in data:
            phone_number(persona.number)
        desk.book.announce(data)
        await desk.book.ledger.kept()
        return [desk.book.phone(persona.number) for persona in data]

    @get("/phones/{number:str}")
    async def phone(self, request: Request[Any, Any, Any], number: FromPath[str]) -> dict[str, Any]:
        """Show one phone and its conversation."""
        desk = desk_of(request)
        phone = desk.book.phones.get(phone_number(number))
        if phone is None:
            raise NotFoundException("Nobody has this number yet.")
        account = desk.settings.account_sid
        texts = [resource(text, account) for text in desk.book.conversation(phone.number)]
        return {**structs.asdict(phone), "texts": texts}

    @post("/phones/{number:str}/texts", status_code=201)
    async def text(
        self, request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[TextForm]
    ) -> dict[str, Any]:
        """Send a text from a phone."""
        desk = desk_of(request)
        sent = send_text(desk, phone_number(number), data)
        await desk.book.ledger.kept()
        return sent

    @post("/phones/{number:str}/state", status_code=200)
    async def turn(
        self, request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[StateForm]
    ) -> Phone:
        """Switch a phone off and on, or let the network play up."""
        desk = desk_of(request)
        phone = desk.book.phone(phone_number(number))
        desk.carrier.set_state(phone, data.state)
        await desk.book.ledger.kept()
        return phone

    @get("/messages")
    async def messages(
        self,
        request: Request[Any, Any, Any],
        to: FromQuery[str | None] = None,
        sender: Annotated[str | None, QueryParameter(name="from")] = None,
        since: FromQuery[float] = 0.0,
    ) -> list[dict[str, Any]]:
        """List texts in the order in which they came, created after *since* (epoch seconds)."""
        desk = desk_of(request)
        account = desk.settings.account_sid
        return [
            resource(text, account)
            for text in desk.book.texts.values()
            if to in {None, text.to} and sender in {None, text.sender} and text.created_at > since
        ]

    @get("/faults")
    async def faults(self, request: Request[Any, Any, Any]) -> list[Fault]:
        """List the faults that are on."""
        return desk_of(request).faults.active

    @post("/faults", status_code=201)
    async def add_fault(
        self, request: Request[Any, Any, Any], data: JSONBody[Fault]
    ) -> list[Fault]:
        """Switch a fault on."""
        desk = desk_of(request)
        desk.faults.add(data)
        return desk.faults.active

    @delete("/faults")
    async def clear_faults(self, request: Request[Any, Any, Any]) -> None:
        """Switch all faults off."""
        desk_of(request).faults.clear()

    @get("/transcript")
    async def transcript(
        self,
        request: Request[Any, Any, Any],
        since: FromQuery[int] = 0,
        limit: FromQuery[int] = 1000,
        kind: FromQuery[str | None] = None,
        sid: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Give what passed as JSON Lines, oldest first."""
        desk = desk_of(request)
        entries = desk.transcript.find(since=since, limit=limit, kind=kind, sid=sid)
        return Response(desk.transcript.lines(entries), media_type="application/jsonl")

    @get("/alerts")
    async def alerts(self, request: Request[Any, Any, Any]) -> list[dict[str, Any]]:
        """List the webhooks that failed for good."""
        return desk_of(request).transcript.find(kind="alert")

    @post("/clock", status_code=200)
    async def clock(
        self, request: Request[Any, Any, Any], data: JSONBody[ClockForm]
    ) -> dict[str, Any]:
        """Let the carrier's time run faster, stand still, or leap."""
        desk = desk_of(request)
        desk.clock.turn(speed=data.speed, paused=data.paused)
        if data.step is not None:
            desk.clock.jump(desk.clock.now() + data.step)
        desk.carrier.rouse()
        return _clock(desk)


def _clock(desk: Desk) -> dict[str, Any]:
    clock = desk.clock
    return {"speed": clock.speed, "paused": clock.paused, "now": round(clock.now(), 3)}
