"""The control API under /sandbox: phones, faults, the clock, and what has passed."""

from typing import Annotated, Any, Literal

from litestar import Controller, delete, get, post
from litestar.connection import Request
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta, Struct, structs

from calamity.sandbox.calling import call_resource
from calamity.sandbox.desk import Desk
from calamity.sandbox.faults import Fault
from calamity.sandbox.orders import LONGEST_BODY, line_of
from calamity.sandbox.records import Phone, PhoneCall, resource
from calamity.sandbox.script import Script
from calamity.sandbox.settings import Persona
from calamity.sandbox.states import PhoneState

CallDeed = Literal["answer", "voicemail", "hang-up", "press", "say"]
_KEYS = frozenset("0123456789*#")


class TextForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person types on a phone."""

    body: Annotated[str, Meta(max_length=LONGEST_BODY)]
    to: str | None = None


class StateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the network should do with a phone from now on."""

    state: PhoneState


class CallForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the person does with a call; *words* are the keys of a press, or what is said."""

    deed: CallDeed
    words: Annotated[str, Meta(max_length=500)] = ""


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


def take_call(desk: Desk, sid: str, form: CallForm) -> dict[str, Any]:
    """Let the person of a phone do something with a call."""
    call = desk.book.calls.get(sid)
    if call is None:
        raise NotFoundException("There is no such call.")
    voice = desk.voice
    if form.deed == "answer":
        voice.answer(call, "person")
    elif form.deed == "voicemail":
        voice.answer(call, "voicemail")
    elif form.deed == "hang-up":
        voice.hang_up(call)
    elif form.deed == "say":
        voice.speak(call, form.words)
    elif _KEYS.issuperset(form.words):
        voice.press(call, form.words)
    else:
        raise ClientException("A phone has the keys 0 to 9, * and #.")
    return heard_call(desk, call)


def heard_call(desk: Desk, call: PhoneCall) -> dict[str, Any]:
    """Describe a call as its phone knows it."""
    described = call_resource(call, desk.settings.account_sid)
    said = [structs.asdict(one) for one in call.said]
    return {**described, "keypad": call.keypad, "said": said}


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
        calls = [heard_call(desk, call) for call in desk.book.calls_of.get(phone.number, ())]
        return {**structs.asdict(phone), "texts": texts, "calls": calls}

    @get("/calls")
    async def calls(self, request: Request[Any, Any, Any]) -> list[dict[str, Any]]:
        """List every call, with what was said in it."""
        desk = desk_of(request)
        return [heard_call(desk, call) for call in desk.book.calls.values()]

    @post("/calls/{sid:str}", status_code=200)
    async def take_call(
        self, request: Request[Any, Any, Any], sid: FromPath[str], data: JSONBody[CallForm]
    ) -> dict[str, Any]:
        """Answer a call, hang up, press keys, or say something."""
        return take_call(desk_of(request), sid, data)

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
    async def faults(self, request: Request[Any, Any, Any]) -> list[dict[str, Any]]:
        """List the faults that are ordered, with how they stand."""
        return desk_of(request).faults.describe()

    @post("/faults", status_code=201)
    async def add_fault(
        self, request: Request[Any, Any, Any], data: JSONBody[Fault]
    ) -> dict[str, Any]:
        """Order a fault; its id is what removes it."""
        desk = desk_of(request)
        return desk.faults.add(data).describe(desk.clock.now())

    @post("/script", status_code=200)
    async def script(
        self, request: Request[Any, Any, Any], data: JSONBody[Script]
    ) -> list[dict[str, Any]]:
        """Start a script of faults; it takes the place of everything that was ordered before."""
        desk = desk_of(request)
        desk.prompter.start(data)
        return desk.faults.describe()

    @delete("/faults/{number:int}")
    async def remove_fault(self, request: Request[Any, Any, Any], number: FromPath[int]) -> None:
        """End one fault."""
        if not desk_of(request).faults.remove(number):
            raise NotFoundException("There is no such fault any more.")

    @delete("/faults")
    async def clear_faults(self, request: Request[Any, Any, Any]) -> None:
        """End all faults, and the script that orders them."""
        desk_of(request).prompter.stop()
        desk_of(request).faults.clear()

    @get("/queues")
    async def queues(self, request: Request[Any, Any, Any]) -> dict[str, float]:
        """Tell for how many seconds each sender has texts to send."""
        return desk_of(request).carrier.queues()

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
        set_clock(desk, data)
        return _clock(desk)


def set_clock(desk: Desk, form: ClockForm) -> None:
    """Change how the carrier's time runs."""
    desk.clock.turn(speed=form.speed, paused=form.paused)
    if form.step is not None:
        desk.clock.jump(desk.clock.now() + form.step)
    desk.agenda.rouse()


def _clock(desk: Desk) -> dict[str, Any]:
    clock = desk.clock
    return {"speed": clock.speed, "paused": clock.paused, "now": round(clock.now(), 3)}
