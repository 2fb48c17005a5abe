"""Who does not answer a text is phoned; an answer on one way calls the others off."""

import re
from datetime import timedelta

import pytest

from calamity.actions.receive import answer_call, take_in_refusals
from calamity.actions.terms import Way
from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.timeline import Acknowledged, OtherWayTried
from calamity.store import call_outs, outbox, people, stops
from calamity.store.outbox import Result
from calamity.store.rounds import token_hash
from calamity.store.tables import LadderRow, RecipientRow
from tests.actions.play import Play
from tests.make import SENDER, T0, later, make_activation, make_terms

CALLER = f"tel:{SENDER}"
CALL = later(minutes=5)
SID = "CA" + "1" * 32


@pytest.fixture
def terms():
    return make_terms(ways=(Way(Channel.VOICE, CALLER, 1.0),))


@pytest.fixture
def play(database, wakes, town, terms):
    return Play(database, wakes, town, terms)


@pytest.fixture
async def called(database, wakes, town, terms):
    return await make_activation(database, wakes, town, terms=terms)


async def claim_calls(play, at):
    async with play.database.transaction() as session:
        await outbox.release_lanes(session, [CALLER])
        epoch = await outbox.take_lane(session, CALLER, at)
        assert epoch is not None
        turn = await outbox.take_turn(session, CALLER, epoch, results=[], at=at, most=50)
        return turn.claimed


async def line_of(play, called, name):
    roster = await play.roster(called.calamity_id)
    return next(line for line in roster.lines if line.recipient_id == play.town[name].id)


async def ways_of(play, called, name):
    return [
        (way.channel, way.planned_at, way.state, way.status)
        for way in (await line_of(play, called, name)).ways
    ]


async def the_call(play, name):
    """Return the call to someone."""
    texts = await play.texts(to=play.town[name])
    return next(text for text in texts if "=" not in text.body)


async def press(play, message_id, keys, at, **rest):
    given = {"is_machine": False, "keys": keys, "asked": 1, **rest}
    async with play.database.transaction() as session:
        return await answer_call(session, play.wakes, play.terms, message_id, SID, at=at, **given)


async def test_the_next_way_is_planned_with_the_call(play, called):
    assert await ways_of(play, called, "lei1") == [(Channel.VOICE, CALL, "", "")]
    assert await ways_of(play, called, "lei2") == []


async def test_who_is_silent_is_phoned_with_the_words_that_can_be_said(play, called):
    await play.send(T0)
    await play.wake(called.id, later(minutes=4, seconds=59))
    assert await play.happened(called.calamity_id, OtherWayTried) == []
    await play.wake(called.id, CALL)
    call_out = (await play.roster(called.calamity_id)).id
    assert await play.happened(called.calamity_id, OtherWayTried) == [
        OtherWayTried(role=role, way=Channel.VOICE, call_out_id=call_out)
        for role in ("COM", "LEI", "NET")
    ]
    calls = await claim_calls(play, CALL)
    # One call in a second, and those of the next half second are made ready.
    assert [call.to for call in calls] == [play.town["com1"].phone]
    assert "http" not in calls[0].body
    assert "1 =" not in calls[0].body


async def test_an_answer_by_text_calls_the_phone_off_in_the_same_transaction(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    await play.reply(play.town["com1"], "1", CALL)
    assert [call.to for call in await claim_calls(play, CALL)] == [play.town["lei1"].phone]
    assert await ways_of(play, called, "com1") == [(Channel.VOICE, None, "cancelled", "")]


async def test_an_answer_before_the_call_leaves_nothing_to_phone(play, called):
    await play.send(T0)
    await play.reply(play.town["lei1"], "1", later(minutes=2))
    await play.wake(called.id, CALL)
    assert await ways_of(play, called, "lei1") == []


async def test_a_key_is_an_answer_like_any_other(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    turn = await press(play, call.id, "1", CALL)
    assert "je komt" in turn.said[0].words
    assert (await play.rungs(called.calamity_id))["com1"] == "coming"
    again = await press(play, call.id, "1", CALL)
    assert again == turn
    (said,) = await play.happened(called.calamity_id, Acknowledged)
    assert (said.role, said.answer, said.way) == ("COM", "coming", Channel.VOICE)
    await press(play, call.id, "2", CALL)
    assert (await play.rungs(called.calamity_id))["com1"] == "cannot"
    assert (await play.rungs(called.calamity_id))["com2"] == "called"


@pytest.mark.parametrize("keys", ["", "4", "9", "*", "0", "11"])
async def test_no_key_or_a_wrong_one_is_no_answer(play, called, keys):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    first = await press(play, call.id, "", CALL, asked=0)
    assert first.said[1].words == call.body
    assert first.question is not None
    second = await press(play, call.id, keys, CALL, asked=1)
    assert second.said[1].words == call.body
    assert second.question is not None
    third = await press(play, call.id, keys, CALL, asked=2)
    assert third.question is None
    assert await play.happened(called.calamity_id, Acknowledged) == []


async def test_a_machine_hears_nothing_of_what_happened(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    turn = await press(play, call.id, "1", CALL, is_machine=True, asked=0)
    heard = " ".join(each.words for each in turn.said)
    assert turn.question is None
    assert "aanslag" not in heard
    assert "Oeverlanden" in heard
    assert await play.happened(called.calamity_id, Acknowledged) == []


async def test_who_answered_elsewhere_is_thanked(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    await play.reply(play.town["com1"], "1", CALL)
    turn = await press(play, call.id, "", CALL, asked=0)
    assert turn.question is None
    assert "antwoord al" in turn.said[1].words
    await play.reply(play.town["lei1"], "1", CALL)
    net = await the_call(play, "net1")
    assert net.state == MessageState.CANCELLED


async def test_a_call_that_is_over_takes_no_key_any_more(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    await play.settle([Result(call.id, MessageState.ACCEPTED, SID)], CALL)
    text = await the_call(play, "com1")
    await play.receipt(text, "completed", CALL, sid=SID)
    assert await press(play, call.id, "1", CALL) is None
    assert await press(play, "01a20000-0000-7000-8000-000000000000", "1", CALL) is None


async def test_another_call_cannot_answer_for_this_one(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    await play.settle([Result(call.id, MessageState.ACCEPTED, "CA" + "2" * 32)], CALL)
    assert await press(play, call.id, "1", CALL) is None


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30017])
async def test_a_text_that_does_not_arrive_is_followed_by_a_call_at_once(play, called, code):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["lei1"])
    await play.receipt(text, "undelivered", later(minutes=1), code)
    await play.wake(called.id, later(minutes=1))
    assert (await play.rungs(called.calamity_id))["lei1"] == "called"
    (call,) = await claim_calls(play, later(minutes=1))
    assert call.to == play.town["lei1"].phone


async def test_the_deputy_is_called_once_every_way_has_failed(play, called):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["lei1"])
    at = later(minutes=1)
    await play.receipt(text, "undelivered", at, 30003)
    await play.wake(called.id, at)
    (call,) = await claim_calls(play, at)
    await play.settle([Result(call.id, MessageState.ACCEPTED, SID)], at)
    await play.receipt(await the_call(play, "lei1"), "failed", at, sid=SID)
    await play.wake(called.id, at)
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["lei2"]) == ("unreachable", "called")


async def test_a_phone_that_nobody_takes_up_leaves_the_text_its_time(play, called):
    await play.send(T0)
    await play.wake(called.id, CALL)
    (call,) = await claim_calls(play, CALL)
    await play.settle([Result(call.id, MessageState.ACCEPTED, SID)], CALL)
    await play.receipt(await the_call(play, "com1"), "no-answer", CALL, sid=SID)
    await play.wake(called.id, later(minutes=6))
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["com1"], rungs["com2"]) == ("called", "waiting")
    await play.wake(called.id, later(minutes=10))
    await play.wake(called.id, later(minutes=15))
    assert (await play.rungs(called.calamity_id))["com2"] == "called"


async def test_who_said_stop_to_the_carrier_is_phoned_and_gets_no_texts(play, called):
    claimed = await play.claim(T0)
    refused = next(each for each in claimed if each.to == play.town["lei1"].phone)
    await play.settle([Result(refused.id, MessageState.REJECTED, error_code=21610)], T0)
    async with play.database.transaction() as session:
        await take_in_refusals(session, play.wakes, [refused.id], at=T0)
    await play.wake(called.id, T0)
    (call,) = await claim_calls(play, T0)
    assert call.to == play.town["lei1"].phone
    async with play.database.reading() as session:
        assert play.town["lei1"].id in await stops.stopped_among(session, play.town.id)


async def test_a_deputy_is_phoned_with_the_words_for_deputies(play, called):
    await play.send(T0)
    for minutes in (5, 10, 15):
        await play.wake(called.id, later(minutes=minutes))
    before = {text.id for text in await play.texts()}
    await play.wake(called.id, later(minutes=20))
    fresh = [text for text in await play.texts() if text.id not in before]
    assert {text.purpose for text in fresh} == {"deputy"}
    assert {text.to for text in fresh} == {play.town["lei2"].id, play.town["com2"].id}
    assert all(text.body.startswith("Vervang je?") for text in fresh)


async def test_without_a_number_that_calls_nobody_is_phoned(database, wakes, town):
    play = Play(database, wakes, town)
    called = await make_activation(database, wakes, town)
    await play.send(T0)
    await play.wake(called.id, CALL + timedelta(minutes=1))
    assert len(await play.texts()) == 3


WRITER = "mailto:crisis@oeverlanden.example"
EVERY_WAY = make_terms(ways=(Way(Channel.VOICE, CALLER, 50.0), Way(Channel.EMAIL, WRITER, 50.0)))


@pytest.fixture
async def mailed(database, wakes, town):
    """The team was called by text, phone and e-mail; of them lei1 gave an e-mail address."""
    async with database.transaction() as session:
        row = await session.sql.get(RecipientRow, town["lei1"].id)
        row.email = session.vault.seal_text(people.EMAIL, "lea@oeverlanden.example")
    play = Play(database, wakes, town, EVERY_WAY)
    activation = await make_activation(database, wakes, town, terms=EVERY_WAY)
    await play.send(T0)
    for minutes in (5, 10):
        await play.wake(activation.id, later(minutes=minutes))
    return play, activation


async def claim_mails(play, at):
    async with play.database.transaction() as session:
        await outbox.release_lanes(session, [WRITER])
        epoch = await outbox.take_lane(session, WRITER, at)
        if epoch is None:
            return []
        turn = await outbox.take_turn(session, WRITER, epoch, results=[], at=at, most=50)
        return turn.claimed


def link_in(mail):
    return re.search(r"https://calamity.example/a/(\S+)", mail.body)[1]


async def test_an_email_follows_the_call_for_who_has_an_address(mailed):
    play, activation = mailed
    (mail,) = await claim_mails(play, later(minutes=10))
    assert mail.to == "lea@oeverlanden.example"
    assert mail.body.startswith("Oproep van de gemeente Oeverlanden\n")
    assert "1 =" not in mail.body
    assert [way[0] for way in await ways_of(play, activation, "lei1")] == ["voice", "email"]
    assert [way[0] for way in await ways_of(play, activation, "com1")] == ["voice"]


async def test_the_link_in_the_email_leads_to_the_ladder_and_is_not_kept(mailed):
    play, activation = mailed
    (mail,) = await claim_mails(play, later(minutes=10))
    token = link_in(mail)
    async with play.database.reading() as session:
        found = await call_outs.find_by_link(session, token_hash(token))
        kept = (await session.sql.get(LadderRow, found.ladder_id)).link_hash
        assert await call_outs.find_by_link(session, token) is None
    assert token not in kept
    assert found.ladder_id == (await line_of(play, activation, "lei1")).ladder_id
    assert found.is_open


async def test_who_said_stop_gets_no_email(mailed):
    play, _ = mailed
    async with play.database.transaction() as session:
        await stops.stop(session, play.town["lei1"].id, later(minutes=10))
    assert await claim_mails(play, later(minutes=10)) == []


async def test_the_email_comes_at_once_when_nobody_takes_up_the_phone(database, wakes, town):
    async with database.transaction() as session:
        row = await session.sql.get(RecipientRow, town["lei1"].id)
        row.email = session.vault.seal_text(people.EMAIL, "lea@oeverlanden.example")
    play = Play(database, wakes, town, EVERY_WAY)
    activation = await make_activation(database, wakes, town, terms=EVERY_WAY)
    await play.send(T0)
    await play.wake(activation.id, CALL)
    call = next(each for each in await claim_calls(play, CALL) if each.to == town["lei1"].phone)
    await play.settle([Result(call.id, MessageState.ACCEPTED, SID)], CALL)
    await play.receipt(await the_call(play, "lei1"), "no-answer", CALL, sid=SID)
    await play.wake(activation.id, CALL)
    assert len(await claim_mails(play, CALL)) == 1


async def test_a_way_that_was_switched_off_since_is_passed_over(database, wakes, town):
    planned = Play(database, wakes, town, EVERY_WAY)
    activation = await make_activation(database, wakes, town, terms=EVERY_WAY)
    await planned.send(T0)
    without = Play(database, wakes, town)
    await without.wake(activation.id, CALL)
    assert await ways_of(without, activation, "lei1") == []
    await without.wake(activation.id, later(minutes=10))
    assert len(await without.texts(purpose="reminder")) == 3
