"""The carrier over SMPP against an SMSC over TCP, in good days and bad."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import Cause, InboundText, Quarantined, StatusReceipt
from calamity.domain.texts import segments
from calamity.gateways.carrier import Accepted, Found, InDoubt, NotSent, Rejected, meaning_of
from calamity.gateways.smpp import SmppCarrier
from tests.smpp.stage import (
    PERSON,
    QUICK,
    SENDER,
    Door,
    account,
    bound,
    make_text,
    smsc_running,
)

LONG = "Wij zijn er voor u. " * 15
NUMBER, OURS = PERSON[1:], SENDER[1:]


@pytest.fixture
async def smsc():
    async with smsc_running() as running:
        yield running


@pytest.fixture
def door():
    return Door()


@pytest.fixture
async def carrier(smsc, door):
    made = SmppCarrier(account(smsc), door.keep, QUICK)
    await made.start()
    await bound(made)
    yield made
    await made.close()


async def test_a_text_leaves_once_with_all_that_the_smsc_needs(smsc, carrier):
    outcome = await carrier.send(make_text("Bent u er? {é} €5 [~]"))

    assert outcome == Accepted("smpp:1000", "accepted", 1)
    (taken,) = smsc.said("submit")
    assert (taken["from"], taken["fromKind"], taken["to"]) == (OURS, 1, NUMBER)
    assert taken["text"] == "Bent u er? {é} €5 [~]"
    assert (taken["coding"], taken["esm"], taken["receipt"]) == (0, 0, 1)
    assert abs(taken["validity"] - 900) < 5


async def test_a_line_that_is_opened_again_is_the_same_line(smsc, carrier):
    await carrier.start()

    assert isinstance(await carrier.send(make_text()), Accepted)
    # A second bind would have been there before an answer to a second text.
    assert isinstance(await carrier.send(make_text()), Accepted)
    assert len(smsc.said("bind")) == 1


async def test_words_outside_the_alphabet_travel_as_they_are(smsc, carrier):
    words = "Ideeën? نعم 👍"
    await carrier.send(make_text(words))
    (taken,) = smsc.said("submit")
    assert (taken["text"], taken["coding"]) == (words, 8)


@pytest.mark.parametrize(
    "words", [LONG, "a" * 152 + "€" + "a" * 152, "ë" * 66 + "👍" + "ë" * 66, "نعم " * 60]
)
async def test_a_long_text_travels_in_the_parts_that_were_counted(smsc, carrier, words):
    outcome = await carrier.send(make_text(words))

    taken = smsc.said("submit")
    count = segments(words).parts
    assert outcome == Accepted(f"smpp:{1000 + count - 1}", "accepted", count)
    assert "".join(each["text"] for each in taken) == words
    headers = [bytes.fromhex(each["udh"]) for each in taken]
    assert [head[-3:][1:] for head in headers] == [bytes([count, n + 1]) for n in range(count)]
    assert len({head[-3] for head in headers}) == 1
    assert [each["receipt"] for each in taken] == [2] * (count - 1) + [1]
    assert {each["esm"] for each in taken} == {0x40}


async def test_half_a_surrogate_pair_is_refused_before_it_leaves(smsc, carrier):
    outcome = await carrier.send(make_text("a\ud83d"))
    assert isinstance(outcome, Rejected)
    assert smsc.said("submit") == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0x58, NotSent),
        (0x14, NotSent),
        (0x08, NotSent),
        (0x64, NotSent),
        (0x0A, Rejected),
        (0x0B, Rejected),
        (0x01, Rejected),
        (0x45, Rejected),
        (0x66, Rejected),
        (0xFF, Rejected),
        (0x410, Rejected),
    ],
)
async def test_each_refusal_has_its_outcome_after_one_attempt(smsc, carrier, status, expected):
    await smsc.tell("fault", status=status)

    outcome = await carrier.send(make_text())

    assert type(outcome) is expected, outcome
    assert outcome.code == 3_400_000 + status
    assert len(smsc.said("refused")) == 1
    assert PERSON not in outcome.reason
    meaning = meaning_of(outcome.code)
    assert meaning.nl
    assert meaning.retry or expected is Rejected
    assert isinstance(await carrier.send(make_text()), Accepted)


async def test_throttling_passes_and_the_text_leaves_once(smsc, carrier):
    await smsc.tell("fault", status=0x58, many=2)
    outcomes = [await carrier.send(make_text()) for _ in range(3)]
    assert [type(each) for each in outcomes] == [NotSent, NotSent, Accepted]
    assert outcomes[0].retry_after_seconds == 1.0
    assert len(smsc.said("submit")) == 1


async def test_a_line_lost_in_the_middle_leaves_the_text_in_doubt_and_is_bound_anew(smsc, carrier):
    await smsc.tell("fault", drop="after")

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, InDoubt)
    await smsc.saw("bind", 2)
    await bound(carrier)
    assert await carrier.send(make_text()) == Accepted("smpp:1001", "accepted", 1)
    assert len(smsc.said("submit")) == 2


async def test_no_answer_in_time_is_a_doubt_that_a_late_answer_settles(smsc, carrier, door):
    await smsc.tell("fault", late=900)
    await smsc.tell("state", id="0000001000", state=2)
    since = datetime.now(UTC)

    assert isinstance(await carrier.send(make_text()), InDoubt)
    assert await carrier.find(make_text(), since) == []

    assert await door.has(1) == [StatusReceipt("smpp:1000", "0192f0c4-7d1e", "accepted", None)]
    await smsc.tell("state", id="0000001000", state=2)
    await asyncio.sleep(0.05)
    assert await carrier.find(make_text(), since) == [Found("smpp:1000", "delivered", None)]
    assert smsc.said("query") == [{"event": "query", "id": "0000001000"}]


async def test_a_receipt_of_a_text_whose_answer_was_lost_is_found(smsc, carrier, door):
    await smsc.tell("fault", drop="after")
    since = datetime.now(UTC)
    assert isinstance(await carrier.send(make_text()), InDoubt)
    await smsc.tell("receipt", id="0000001000", number=NUMBER, stat="UNDELIV")

    assert await door.has(1) == [StatusReceipt("smpp:1000", None, "undelivered", 3_450_005)]
    assert await carrier.find(make_text(), since) == [Found("smpp:1000", "undelivered", 3_450_005)]
    assert await carrier.find(make_text(to="+3197010240002"), since) == []


async def test_nobody_listens_is_not_sent_and_the_line_comes_back(smsc, carrier):
    await smsc.tell("stop")
    await smsc.saw("closed")

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, NotSent)
    with pytest.raises(Unavailable):
        await carrier.find(make_text(), datetime.now(UTC))
    await smsc.tell("start")
    await smsc.saw("listening", 2)
    await bound(carrier)
    assert isinstance(await carrier.send(make_text()), Accepted)
    assert len(smsc.said("submit")) == 1


async def test_a_part_that_is_refused_after_another_left_is_a_doubt(smsc, carrier):
    await smsc.tell("fault")
    await smsc.tell("fault", status=0x58)
    assert isinstance(await carrier.send(make_text(LONG)), InDoubt)
    await smsc.tell("fault", status=0x58)
    assert isinstance(await carrier.send(make_text(LONG)), NotSent)


async def test_an_answer_without_an_id_is_a_doubt(smsc, carrier):
    await smsc.tell("fault", nameless=True)
    assert isinstance(await carrier.send(make_text()), InDoubt)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"system_id": "stranger"}])
async def test_a_wrong_password_stops_everyone_and_says_so(smsc, door, wrong):
    carrier = SmppCarrier(account(smsc, **wrong), door.keep, QUICK)
    await carrier.start()
    await smsc.saw("bind")
    await smsc.saw("closed")

    outcome = await carrier.send(make_text())

    assert isinstance(outcome, Rejected)
    assert meaning_of(outcome.code).stops_everyone
    assert not carrier.is_bound
    await carrier.close()
    assert len(smsc.said("bind")) <= 4, "an SMSC locks out who tries too often"


async def test_a_closed_line_says_farewell_and_sends_nothing(smsc, carrier):
    await carrier.close()
    await smsc.saw("unbind")
    assert isinstance(await carrier.send(make_text()), NotSent)
    assert smsc.said("submit") == []


async def test_no_more_are_under_way_than_the_window_lets(smsc, door):
    carrier = SmppCarrier(account(smsc, window=3), door.keep, QUICK)
    await carrier.start()
    await smsc.tell("fault", late=300, many=6)
    sending = [asyncio.create_task(carrier.send(make_text())) for _ in range(6)]
    await smsc.saw("submit", 3)
    await asyncio.sleep(0.1)
    assert len(smsc.said("submit")) == 3
    assert {type(each) for each in await asyncio.gather(*sending)} == {Accepted}
    await carrier.close()


async def test_a_silent_line_is_asked_and_a_dead_one_is_bound_anew(smsc, door):
    patience = type(QUICK)(
        answer_seconds=0.3, enquire_seconds=0.2, again_seconds=0.1, bind_seconds=2.0
    )
    carrier = SmppCarrier(account(smsc), door.keep, patience)
    await carrier.start()
    await smsc.saw("enquire", 2)
    await smsc.tell("mute", on=True)
    await smsc.saw("closed")
    await smsc.tell("mute", on=False)
    await smsc.saw("bind", 2)
    await carrier.close()


async def test_the_smsc_may_ask_and_may_say_farewell(smsc, carrier):
    await smsc.tell("enquire")
    await smsc.saw("alive")
    await smsc.tell("unbind")
    await smsc.saw("bind", 2)
    await bound(carrier)


@pytest.mark.parametrize("form", [{"tlv": False}, {"tlv": True}, {"tlv": True, "text": False}])
async def test_receipts_in_any_form_order_and_number_are_all_kept(smsc, carrier, door, form):
    await carrier.send(make_text())
    for stat in ("DELIVRD", "ENROUTE", "DELIVRD", "EXPIRED", "REJECTD", "ACCEPTD"):
        await smsc.tell("receipt", id="0000001000", number=NUMBER, stat=stat, **form)
    kept = await door.has(6)
    assert sorted((each.status, each.error_code or 0) for each in kept) == [
        ("delivered", 0), ("delivered", 0), ("failed", 3_450_008), ("sent", 0), ("sent", 0),
        ("undelivered", 3_450_003),
    ]  # fmt: skip
    assert {each.sid for each in kept} == {"smpp:1000"}
    await smsc.saw("delivered", 6, status=0)


async def test_ids_that_differ_between_answer_and_receipt_meet(door):
    async with smsc_running(ids="hex-then-decimal", receipts="DELIVRD", first=703710) as smsc:
        carrier = SmppCarrier(account(smsc, ids="hex-then-decimal"), door.keep, QUICK)
        await carrier.start()
        outcome = await carrier.send(make_text())
        assert smsc.said("submit")[0]["id"] == "ABCDE"
        assert [each.sid for each in await door.has(1)] == [outcome.sid]
        await carrier.close()


async def test_a_part_that_fails_fails_the_text_and_one_that_arrives_says_nothing(
    smsc, carrier, door
):
    outcome = await carrier.send(make_text(LONG))
    assert outcome.sid == "smpp:1001"
    await smsc.tell("receipt", id="0000001000", number=NUMBER, stat="DELIVRD")
    await smsc.saw("delivered", 1, status=0)
    assert door.kept == []
    await smsc.tell("receipt", id="0000001000", number=NUMBER, stat="UNDELIV")
    assert await door.has(1) == [StatusReceipt("smpp:1001", None, "undelivered", 3_450_005)]


def reply(words: str, **changes):
    given = {"source_addr": NUMBER, "destination_addr": OURS, "data_coding": 0}
    return {**given, "short_message": words, **changes}


async def test_a_reply_is_kept_before_the_smsc_gets_its_answer(smsc, carrier, door):
    door.problem = Unavailable("The post could not be kept.")
    await smsc.tell("deliver", tag="a", **reply("JA 4821 {é} €"))
    await smsc.saw("delivered", 2, tag="a", status=0x64)
    assert door.kept == []
    door.problem = None
    await smsc.saw("delivered", 1, tag="a", status=0)
    (text,) = door.kept
    assert isinstance(text, InboundText)
    assert (text.sender, text.receiver, text.body) == (PERSON, SENDER, "JA 4821 {é} €")
    assert text.has_number
    assert text.sid.startswith("smpp:in-")
    assert len(text.sid) <= 40


async def test_the_same_words_at_the_same_moment_are_two_texts(smsc, carrier, door):
    for tag in ("a", "b"):
        await smsc.tell("deliver", tag=tag, **reply("JA"))
    first, second = await door.has(2)
    assert first.sid != second.sid


async def test_the_same_words_twice_are_two_texts_and_a_repeat_is_one(smsc, carrier, door):
    await smsc.tell("deliver", tag="a", **reply("JA"))
    await smsc.saw("delivered", 1, tag="a", status=0)
    await smsc.tell("deliver", tag="b", **reply("JA"))
    await smsc.saw("delivered", 1, tag="b", status=0)
    first, second = await door.has(2)
    assert first.sid != second.sid

    await smsc.tell("hangup")
    await smsc.saw("bind", 2)
    await bound(carrier)
    await smsc.tell("deliver", tag="c", **reply("JA"))
    assert (await door.has(3))[2].sid == first.sid, "our answer was lost with the line"


@pytest.mark.parametrize("words", ["Er is onrust bij de school. " * 8, "Er is onrust ë " * 10])
async def test_a_long_reply_is_one_text(smsc, carrier, door, words):
    await smsc.tell("deliver", tag="x", **reply("NEE", source_addr="31970102400" + "02"))
    coding, octets = (8, words.encode("utf-16-be")) if "ë" in words else (3, words.encode("latin1"))
    size = 134
    chunks = [octets[at : at + size] for at in range(0, len(octets), size)]
    order = [*range(1, len(chunks)), 0]
    for n in order:
        head = bytes([5, 0, 3, 77, len(chunks), n + 1])
        await smsc.tell(
            "deliver", tag=f"p{n}", hex=(head + chunks[n]).hex(), data_coding=coding,
            esm_class=0x40, source_addr=NUMBER, destination_addr=OURS,
        )  # fmt: skip
    kept = await door.has(2)
    assert [each.body for each in kept if each.sender == PERSON] == [words]
    for n in order:
        await smsc.saw("delivered", 1, tag=f"p{n}", status=0)


async def test_a_part_that_never_comes_holds_up_nobody(smsc, carrier, door):
    begun = time.monotonic()
    await smsc.tell(
        "deliver", tag="p", hex=(b"\x05\x00\x03\x07\x02\x01" + b"JA 4821").hex(), esm_class=0x40,
        source_addr=NUMBER, destination_addr=OURS,
    )  # fmt: skip
    assert [each.body for each in await door.has(1)] == ["JA 4821"]
    assert time.monotonic() - begun < 5
    await smsc.saw("delivered", 1, tag="p", status=0)


async def test_a_name_cannot_be_answered_and_another_number_stands_apart(smsc, carrier, door):
    await smsc.tell("deliver", tag="n", **reply("Win!", source_addr="Bank", source_addr_ton=5))
    await smsc.tell("deliver", tag="o", **reply("JA", destination_addr="3197010259999"))
    kept = await door.has(2)
    (text,) = [each for each in kept if isinstance(each, InboundText)]
    (apart,) = [each for each in kept if isinstance(each, Quarantined)]
    assert not text.has_number
    assert apart.cause is Cause.NOT_OUR_NUMBER


async def test_a_text_in_the_payload_with_a_strange_parameter_is_read(smsc, carrier, door):
    await smsc.tell(
        "deliver", tag="p", **reply("", message_payload="JA 4821", additional_status_info_text="x")
    )
    assert [each.body for each in await door.has(1)] == ["JA 4821"]


@pytest.mark.parametrize(
    "octets",
    [
        "00000010 00000103 00000000 00000009",  # data_sm without a body
        "00000012 00000005 00000000 00000009 0000",  # deliver_sm that is cut off
        "00000010 80000004 00000000 00000999",  # an answer to nothing
        "00000010 12345678 00000000 00000009",  # a command that nobody knows
    ],
)
async def test_nonsense_from_the_smsc_ends_nothing(smsc, carrier, octets):
    await smsc.tell("raw", hex=octets.replace(" ", ""))
    assert isinstance(await carrier.send(make_text()), Accepted)
    assert len(smsc.said("bind")) == 1


async def test_what_is_no_smpp_ends_the_session_alone(smsc, carrier):
    await smsc.tell("raw", hex=b"HTTP/1.1 400 Bad Request\r\n\r\n".hex())
    await smsc.saw("bind", 2)
    await bound(carrier)
    assert isinstance(await carrier.send(make_text()), Accepted)
