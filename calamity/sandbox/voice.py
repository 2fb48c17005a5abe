"""Calls: placed one after the other, rung, answered by a person or a machine, and ended."""

import asyncio
import logging
import secrets
import time
from typing import Literal

from msgspec import Struct

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.book import Book
from calamity.sandbox.errors import Refusal
from calamity.sandbox.faults import FaultBox
from calamity.sandbox.forms import call_form
from calamity.sandbox.hooks import Hooks
from calamity.sandbox.records import PhoneCall, Post, Said
from calamity.sandbox.states import NATURES
from calamity.sandbox.talk import Deed, HungUp, Talk

_log = logging.getLogger(__name__)

_SETUP_SECONDS = 1.0
_PERSON_SECONDS, _GREETING_SECONDS = 2.0, 5.0
_VOICEMAIL_RINGS = 3.0
_EVENTS = {"ringing": "ringing", "in-progress": "answered"}

Answerer = Literal["person", "voicemail"]


class CallOrder(Struct, frozen=True):
    """A request to call that passed every check; the fields are those of PhoneCall."""

    sender: str
    to: str
    url: str | None
    twiml: str | None
    method: str
    fallback: str | None
    fallback_method: str
    callback: str | None
    callback_method: str
    events: list[str]
    ring_seconds: float
    time_limit: float
    detection: str
    amd_callback: str | None


class Voice:
    """Give each call its life: one task per call, which its phone and the API can interrupt."""

    def __init__(self, book: Book, agenda: Agenda, hooks: Hooks, faults: FaultBox) -> None:
        self._book = book
        self._agenda = agenda
        self._hooks = hooks
        self._faults = faults
        self._free_at = 0.0
        self._deeds: dict[str, asyncio.Queue[Deed]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """End the calls that an earlier run left, and place those that still had to be placed."""
        for call in list(self._book.calls.values()):
            if call.status == "queued":
                self._start(call)
            elif not call.is_over:
                self._end(call, "completed" if call.answered_at else "failed")

    async def stop(self) -> None:
        """Let go of every call; the next run ends them."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # What the API asks ----------------------------------------------------------------------

    def place(self, order: CallOrder) -> PhoneCall:
        """Take a call from the product; calls begin at the rate of the account."""
        now = time.time()
        call = PhoneCall(
            sid="CA" + secrets.token_hex(16),
            number=self._book.next_call,
            created_at=now,
            updated_at=now,
            **{name: getattr(order, name) for name in order.__struct_fields__},
        )
        self._book.add_call(call)
        self._start(call)
        return call

    def redirect(self, call: PhoneCall, *, url: str | None, method: str, twiml: str | None) -> None:
        """Let a call that is under way go on with another document."""
        if call.status != "in-progress":
            raise Refusal(21220)
        self._do(call, Deed("redirect", url or "", method, twiml))

    def finish(self, call: PhoneCall, status: str) -> None:
        """End a call because the product says so; a call not yet answered is called off."""
        if status == "canceled" and call.status not in {"queued", "ringing"}:
            raise Refusal(21220)
        self._do(call, Deed("finish"))

    # What the phone does --------------------------------------------------------------------

    def answer(self, call: PhoneCall, by: Answerer) -> None:
        """Pick up a phone that rings, or let its voicemail do that."""
        if call.status == "ringing":
            self._do(call, Deed("answer", by))

    def hang_up(self, call: PhoneCall) -> None:
        """Decline a call, or end it."""
        self._do(call, Deed("hang-up"))

    def press(self, call: PhoneCall, digits: str) -> None:
        """Press keys during a call."""
        for digit in digits:
            self._do(call, Deed("digit", digit))

    def speak(self, call: PhoneCall, words: str) -> None:
        """Say something during a call."""
        self._do(call, Deed("speech", words))

    def _do(self, call: PhoneCall, deed: Deed) -> None:
        deeds = self._deeds.get(call.sid)
        if deeds is None or call.is_over:
            raise Refusal(21220)
        deeds.put_nowait(deed)

    # The life of a call ---------------------------------------------------------------------

    def _start(self, call: PhoneCall) -> None:
        now = self._agenda.clock.now()
        turn = max(now, self._free_at)
        self._free_at = turn + 1 / self._book.settings.calls_per_second
        self._deeds[call.sid] = asyncio.Queue()
        task = asyncio.create_task(self._live(call, turn - now))
        self._tasks[call.sid] = task
        task.add_done_callback(lambda _: self._forget(call))

    def _forget(self, call: PhoneCall) -> None:
        self._tasks.pop(call.sid, None)
        self._deeds.pop(call.sid, None)

    async def _live(self, call: PhoneCall, wait: float) -> None:
        status = "completed"
        try:
            unanswered = await self._place(call, wait)
            if unanswered is None:
                await self._agenda.within(call.time_limit, self._converse(call))
            else:
                status = unanswered
        except HungUp as ended:
            if call.answered_at is None:
                status = "canceled" if ended.by_product else "busy"
        except Exception:
            _log.exception("A call broke off; the others go on.")
            status = "failed"
        self._end(call, status)

    async def _place(self, call: PhoneCall, wait: float) -> str | None:
        """Bring a call to its phone; return the status it ends in if nobody answers."""
        await self._until(call, wait)
        self._tell(call, "initiated")
        await self._until(call, _SETUP_SECONDS)
        manner = NATURES[self._book.phone(call.to).state].call
        if self._faults.in_force("calls-down", to=call.to):
            manner = "failed"
        elif self._book.is_talking(call.to):
            manner = "busy"
        if manner in {"busy", "failed"}:
            return manner
        self._turn(call, "ringing")
        rings = _VOICEMAIL_RINGS if manner == "voicemail" else call.ring_seconds
        deed = await self._wait_for(call, rings, "answer")
        if deed is None and manner != "voicemail":
            return "no-answer"
        is_person = deed is not None and deed.what == "person"
        call.answered_at, call.started_on = time.time(), self._agenda.clock.now()
        call.said.append(Said("person", "answered" if is_person else "voicemail"))
        self._turn(call, "in-progress")
        await self._detect(call, is_person)
        return None

    async def _detect(self, call: PhoneCall, is_person: bool) -> None:
        if not call.detection:
            return
        at_end = call.detection == "DetectMessageEnd"
        machine = "machine_end_beep" if at_end else "machine_start"
        found = "human" if is_person else machine
        wait = _GREETING_SECONDS if at_end and not is_person else _PERSON_SECONDS
        if call.amd_callback is None:
            await self._until(call, wait)
            call.answered_by = found
            self._book.change_call(call)
            return
        self._agenda.at(self._agenda.clock.now() + wait, self._tell_detected, (call, found))

    def _tell_detected(self, detected: tuple[PhoneCall, str], _: float) -> None:
        call, found = detected
        if call.is_over or call.amd_callback is None:
            return
        call.answered_by = found
        self._book.change_call(call)
        form = call_form(call, self._book.settings.account_sid)
        form["MachineDetectionDuration"] = str(round(_PERSON_SECONDS * 1000))
        self._hooks.tell(Post(0, "call", call.sid, call.to, call.amd_callback, form))

    async def _converse(self, call: PhoneCall) -> None:
        talk = Talk(call, self._deeds[call.sid], self._book, self._agenda, self._hooks)
        await talk.run()

    async def _until(self, call: PhoneCall, seconds: float) -> None:
        await self._wait_for(call, seconds, "")

    async def _wait_for(self, call: PhoneCall, seconds: float, wanted: str) -> Deed | None:
        """Wait for one kind of deed; raise HungUp when either side ends the call."""
        return await self._agenda.within(seconds, self._seek(self._deeds[call.sid], wanted))

    async def _seek(self, deeds: "asyncio.Queue[Deed]", wanted: str) -> Deed:
        while True:
            deed = await deeds.get()
            if deed.kind in {"hang-up", "finish"}:
                raise HungUp(by_product=deed.kind == "finish")
            if deed.kind == wanted:
                return deed

    # What is told ---------------------------------------------------------------------------

    def _turn(self, call: PhoneCall, status: str) -> None:
        call.status = status
        self._book.change_call(call)
        self._tell(call, _EVENTS[status])

    def _end(self, call: PhoneCall, status: str) -> None:
        call.status, call.keypad = status, False
        call.ended_at, call.ended_on = time.time(), self._agenda.clock.now()
        self._book.change_call(call)
        self._tell(call, "completed")

    def _tell(self, call: PhoneCall, event: str) -> None:
        if event in call.events:
            status = "initiated" if event == "initiated" else call.status
            self._hooks.tell_call(call, status)
