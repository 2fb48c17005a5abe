"""Phone calls over real HTTP: the sandbox rings, hears our words, and posts the keys."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from calamity.actions.run import run_activation
from calamity.actions.terms import Way
from calamity.domain.channels import Channel
from calamity.gateways.twilio_calls import TwilioCalls
from calamity.store import call_outs
from calamity.store.tables import MessageRow, ReceiptRow
from calamity.web.house import now
from calamity.worker import Worker
from calamity.worker.calls import call_off_calls
from calamity.worker.lanes import Lane
from tests.carrier.stage import ACCOUNT, a_sid, causes, desk_at, rows
from tests.make import SENDER, make_activation, make_terms
from tests.sandbox.sandbox_stage import eventually

CALLER = f"tel:{SENDER}"
TERMS = make_terms(ways=(Way(Channel.VOICE, CALLER, 50.0),))


@pytest.fixture
async def desk(database, database_url, town, tmp_path):
    async with desk_at(database, database_url, town, tmp_path, speed=20.0) as made:
        house = made.product.house
        made.worker = Worker(
            house.database, house.wakes, made.carrier, TERMS, inbox=house.inbox,
            receivers=[SENDER], others={Channel.VOICE: TwilioCalls(made.carrier)},
        )  # fmt: skip
        yield made


class Phones:
    """The phones of the practice network, and the call-out that makes them ring."""

    def __init__(self, desk, activation):
        self.desk, self.activation = desk, activation

    async def climb(self):
        async with self.desk.database.transaction() as session:
            await run_activation(
                session, self.desk.product.house.wakes, TERMS, self.activation.id, at=now()
            )

    async def ring(self):
        """Phone whoever did not answer."""
        await self.climb()
        await asyncio.wait_for(Lane(self.desk.worker, CALLER).run(), 20)

    async def call(self, name):
        """Return the last call to someone, once there is one."""
        number = self.desk.town[name].phone
        return (await self.calls(number) or [None])[-1]

    async def calls(self, number):
        found = await self.desk.sandbox.control("GET", "/calls")
        return [one for one in found if one["to"] == number]

    async def until(self, name, **wanted):
        for _ in range(400):
            call = await self.call(name)
            if call and all(call[key] == value for key, value in wanted.items()):
                return call
            await asyncio.sleep(0.025)
        raise AssertionError(f"{name}: {wanted} does not come; {call}")

    async def do(self, name, deed, words=""):
        call = await self.call(name)
        await self.desk.sandbox.control(
            "POST", f"/calls/{call['sid']}", {"deed": deed, "words": words}
        )

    async def line(self, name):
        await self.desk.read_inbox()
        async with self.desk.database.reading() as session:
            (roster,) = await call_outs.rosters(session, self.activation.calamity_id)
        who = self.desk.town[name].id
        return next(line for line in roster.lines if line.recipient_id == who)


@pytest.fixture
async def phones(desk):
    """The team was called by text six minutes ago, and nobody has answered."""
    activation = await make_activation(
        desk.database, desk.product.house.wakes, desk.town, terms=TERMS,
        at=now() - timedelta(minutes=6),
    )  # fmt: skip
    await desk.run_lane()
    return Phones(desk, activation)


def heard(call):
    return [one["words"] for one in call["said"] if one["by"] == "caller"]


async def test_a_key_on_the_phone_is_an_acknowledgement(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    await phones.do("lei1", "answer")
    call = await phones.until("lei1", keypad=True)
    assert "gemeente Oeverlanden" in heard(call)[0]
    assert "aanslag elders" in heard(call)[1]
    assert "Toets 1" in heard(call)[2]
    await phones.do("lei1", "press", "1")
    call = await phones.until("lei1", status="completed")
    assert heard(call)[-1].startswith("Begrepen: je komt.")
    line = await phones.line("lei1")
    assert line.answer == "coming"
    assert [(way.state, way.status) for way in line.ways] == [("accepted", "completed")]
    assert await causes(phones.desk.database) == []


async def test_a_wrong_key_is_asked_again_once(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    await phones.do("lei1", "answer")
    await phones.until("lei1", keypad=True)
    await phones.do("lei1", "press", "7")
    call = await phones.until("lei1", status="completed")
    words = " ".join(heard(call))
    assert words.count("Toets 1") == 2
    assert words.count("aanslag elders") == 2
    assert "geen antwoord gehoord" in words
    assert (await phones.line("lei1")).answer is None


async def sweep(phones):
    await phones.desk.read_inbox()
    await call_off_calls(phones.desk.worker)


async def answer_by_text(phones, name):
    await phones.desk.product.text(From=phones.desk.town[name].phone, Body="1")
    await phones.desk.read_inbox()


async def stand_still(phones):
    """Let phones ring for as long as the test takes."""
    await phones.desk.sandbox.control("POST", "/clock", {"paused": True})


async def test_a_phone_stops_ringing_once_its_owner_has_answered_by_text(phones):
    await phones.ring()
    sid = (await phones.until("lei1", status="ringing"))["sid"]
    await stand_still(phones)
    others = [await phones.call(name) for name in ("com1", "net1")]
    await answer_by_text(phones, "lei1")
    await sweep(phones)
    assert phones.desk.worker.called_off == {sid}
    call = await phones.until("lei1", status="canceled")
    assert heard(call) == []
    assert [await phones.call(name) for name in ("com1", "net1")] == others

    async def is_told():
        return (await phones.line("lei1")).ways[0].status == "canceled"

    await eventually(is_told)
    assert (await phones.line("lei1")).answer == "coming"
    await sweep(phones)
    assert phones.desk.worker.called_off == set(), "it is known to be over, and not looked for"
    assert await causes(phones.desk.database) == []


async def test_whoever_has_picked_up_hears_that_the_answer_is_known(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    await phones.do("lei1", "answer")
    await phones.until("lei1", keypad=True)
    await answer_by_text(phones, "lei1")
    await sweep(phones)
    assert (await phones.call("lei1"))["status"] == "in-progress"
    call = await phones.until("lei1", status="completed")
    assert "antwoord al" in heard(call)[-1]


async def test_a_call_that_cannot_be_called_off_now_is_tried_again(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    await stand_still(phones)
    await answer_by_text(phones, "lei1")
    fault = await phones.desk.sandbox.control("POST", "/faults", {"kind": "api-down"})
    await sweep(phones)
    assert phones.desk.worker.called_off == set()
    assert (await phones.call("lei1"))["status"] == "ringing"
    await phones.desk.sandbox.control("DELETE", f"/faults/{fault['id']}")
    await sweep(phones)
    await phones.until("lei1", status="canceled")


async def test_voicemail_hears_neutral_words_alone(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    await phones.do("lei1", "voicemail")
    call = await phones.until("lei1", status="completed")
    words = " ".join(heard(call))
    assert "Er staat een bericht voor je klaar" in words
    assert "aanslag" not in words
    assert "Toets" not in words
    assert (await phones.line("lei1")).answer is None


async def test_a_call_in_doubt_is_found_at_the_carrier(phones):
    desk, number = phones.desk, phones.desk.town["lei1"].phone
    await desk.sandbox.fault("reset-after", count=1, to=number)
    await desk.sandbox.fault("callback-drop", to=number)
    await phones.ring()
    (row,) = [
        each
        for each in await rows(desk.database, MessageRow)
        if each.channel == "voice" and each.recipient_id == desk.town["lei1"].id
    ]
    assert row.state == "in_doubt"
    await desk.later(row.id, seconds=10)
    await desk.look()
    (call,) = await phones.calls(number)
    found = await desk.message(row.id)
    assert (found.state, found.sid) == ("accepted", call["sid"])


async def test_nothing_of_the_words_leaves_before_somebody_is_on_the_line(phones):
    await phones.ring()
    await phones.until("lei1", status="ringing")
    entries = await phones.desk.sandbox.control("GET", "/transcript?kind=request&limit=1000")
    created = [each for each in entries if each["path"].endswith("/Calls.json")]
    assert len(created) == 3
    assert not any("aanslag" in str(each) for each in created)


async def test_a_forged_key_is_not_taken(phones):
    await phones.ring()
    call = await phones.until("lei1", status="ringing")
    async with phones.desk.database.reading() as session:
        id_ = await session.sql.scalar(select(MessageRow.id).where(MessageRow.sid == call["sid"]))
    path = f"/hooks/twilio/voice?m={id_}&asked=1"
    form = {
        "AccountSid": ACCOUNT,
        "CallSid": call["sid"],
        "CallStatus": "in-progress",
        "Digits": "1",
    }
    post = phones.desk.product.post
    assert await post(path, form, token="0" * 32) == 403
    assert await post(path, form | {"CallSid": a_sid()}) == 403
    assert await post(path, [*form.items(), ("Digits", "2")]) == 400
    assert await post(path, form | {"CallSid": a_sid("CA")}) == 200
    assert (await phones.line("lei1")).answer is None
    assert await post(path, form) == 200
    assert (await phones.line("lei1")).answer == "coming"


async def test_an_announced_call_to_us_is_still_declined(desk):
    form = {"AccountSid": ACCOUNT, "CallSid": a_sid("CA"), "CallStatus": "ringing"}
    assert await desk.product.post("/hooks/twilio/voice", form) == 200
    assert await rows(desk.database, ReceiptRow) == []
