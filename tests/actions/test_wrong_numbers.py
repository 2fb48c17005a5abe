"""A number to which texts come to nothing is marked, until a text arrives."""

import pytest

from calamity.actions.receive import take_in_refusals
from calamity.domain.dispatch import MessageState
from calamity.domain.receipts import WRONG_NUMBER
from calamity.gateways.codes import CODES, Trouble
from calamity.store import numbers, outbox, people
from calamity.store.outbox import Result
from tests.actions.play import Play
from tests.make import T0, later, make_activation

MAIL, APP = {550, 551, 553}, {63003, 63016, 63024, 63032}


@pytest.fixture
async def called(database, wakes, town, terms):
    return await make_activation(database, wakes, town, terms=terms)


async def wrong(play: Play):
    async with play.database.reading() as session:
        return {
            each.recipient_id: (each.code, each.since)
            for each in await numbers.wrong_numbers(session, play.town.id)
        }


def test_the_codes_are_those_of_which_the_cause_is_the_number():
    assert {code for code, each in CODES.items() if each.kind is Trouble.CONTACT} == (
        WRONG_NUMBER | MAIL | APP
    )


@pytest.mark.parametrize("code", [21211, 21614])
async def test_a_refused_number_is_marked_with_the_person(play, called, code):
    (call,) = [each for each in await play.claim(T0) if each.to == play.town["lei1"].phone]
    at = later(minutes=1)
    async with play.database.transaction() as session:
        result = Result(call.id, MessageState.REJECTED, error_code=code)
        await outbox.settle(session, [result], at)
        await take_in_refusals(session, play.wakes, [call.id], at=at)
    assert await wrong(play) == {play.town["lei1"].id: (code, at)}
    async with play.database.reading() as session:
        team = await people.list_responders(session, play.town.id)
    assert [line.name for line in team if line.number_failed_at] == [play.town["lei1"].name]


@pytest.mark.parametrize(
    ("code", "is_marked"), [(30005, True), (30006, True), (30003, False), (None, False)]
)
async def test_a_receipt_marks_the_number_only_when_the_number_is_the_cause(
    play, called, code, is_marked
):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["lei1"])
    await play.receipt(text, "undelivered", later(minutes=1), code)
    expected = {play.town["lei1"].id: (code, T0)} if is_marked else {}
    assert await wrong(play) == expected


async def test_a_later_text_that_arrives_lifts_the_mark_an_earlier_one_does_not(play, called):
    lei, com = play.town["lei1"], play.town["com1"]
    await play.send(T0)
    (first,) = await play.texts(to=lei)
    (other,) = await play.texts(to=com)
    await play.reply(lei, "ANDER", later(minutes=1))
    await play.send(later(minutes=2))
    (answer,) = await play.texts(to=lei, purpose="answer")
    await play.receipt(answer, "undelivered", later(minutes=3), 30005)
    await play.receipt(other, "delivered", later(minutes=4))
    await play.receipt(first, "delivered", later(minutes=4))
    assert await wrong(play) == {lei.id: (30005, later(minutes=2))}
    await play.reply(lei, "BEL", later(minutes=5))
    await play.send(later(minutes=6))
    newest = (await play.texts(to=lei, purpose="answer"))[-1]
    await play.receipt(newest, "delivered", later(minutes=7))
    assert await wrong(play) == {}


async def test_the_same_text_that_arrives_after_all_lifts_the_mark(play, called):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["lei1"])
    await play.receipt(text, "undelivered", later(minutes=1), 30005)
    await play.receipt(text, "delivered", later(minutes=2))
    assert await wrong(play) == {}
