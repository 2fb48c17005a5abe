"""What an inbound text means."""

import asyncio

import pytest

from calamity.actions.receive import read_inbox
from calamity.actions.unknown import erase_unknown, take_unknown
from calamity.domain.errors import NotFound, Unavailable
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.receipts import StatusReceipt
from calamity.store import inbox, letters, rounds, stops
from calamity.store.inbox import Inbox
from calamity.store.wakes import Wakes
from tests.actions.play import inbound
from tests.make import T0, add_person, later, make_activation, make_town


@pytest.fixture
async def active(database, wakes, town):
    """A calamity in which the team was called."""
    return await make_activation(database, wakes, town)


@pytest.fixture
async def asked(play, active):
    """The same, with a round that is open: everyone was given words and asked."""
    for step in ("give", "facts"):
        await play.start(active.calamity_id, step, T0)
    await play.send(later(minutes=1))
    await play.start(active.calamity_id, "ask", later(minutes=2))
    await play.send(later(minutes=3))
    return active


async def answered(play, made) -> int:
    async with play.database.reading() as session:
        (row,) = await rounds.list_rounds(session, made.calamity_id)
        return await rounds.count_answered(session, row.id)


async def letters_of(play, contact="contact1"):
    async with play.database.reading() as session:
        return await letters.letters_for_contact(session, play.town.id, play.town[contact].id)


async def test_a_control_word_comes_before_an_open_question(play, asked, town):
    assert "geen berichten meer" in await play.reply(town["kf1"], "Stop", later(minutes=5))
    assert await answered(play, asked) == 0
    assert "weer berichten" in await play.reply(town["kf1"], "start", later(minutes=6))


async def test_a_cry_for_help_is_answered_and_waits_for_a_person(play, asked, town):
    assert "112" in await play.reply(town["kf1"], "HELP", later(minutes=5))
    (letter,) = await letters_of(play)
    assert (letter.meaning, letter.body) == ("help", "HELP")


async def test_call_me_waits_for_the_contact_person(play, asked, town):
    assert "Tessa Winde" in await play.reply(town["kf1"], "bel me", later(minutes=5))
    assert [letter.meaning for letter in await letters_of(play)] == ["call-me"]


@pytest.mark.parametrize("words", ["1", " ja ", "ik kom", "١"])
async def test_an_answer_to_a_call_out_has_many_forms(play, active, town, words):
    assert "Genoteerd: je komt" in await play.reply(town["lei1"], words, later(minutes=1))
    assert (await play.rungs(active.calamity_id))["lei1"] == "coming"


async def test_an_unclear_answer_to_a_call_out_is_asked_again_and_shown(play, active, town):
    answer = await play.reply(town["lei1"], "misschien", later(minutes=1))
    assert "1 = ik kom" in answer
    async with play.database.reading() as session:
        (letter,) = await letters.letters_for_coordinators(session, town.id)
    assert (letter.name, letter.phone, letter.body) == (
        "Lea Voorn", town["lei1"].phone, "misschien",
    )  # fmt: skip
    assert (await play.rungs(active.calamity_id))["lei1"] == "called"


async def test_a_digit_counts_in_an_open_round(play, asked, town):
    assert "telt mee" in await play.reply(town["kf1"], "3", later(minutes=5))
    assert await answered(play, asked) == 1
    assert await letters_of(play) == []


async def test_a_second_digit_replaces_the_first(play, asked, town):
    await play.reply(town["kf1"], "3", later(minutes=5))
    assert "nieuwe antwoord" in await play.reply(town["kf1"], "5", later(minutes=6))
    assert await answered(play, asked) == 1
    async with play.database.reading() as session:
        (row,) = await rounds.list_rounds(session, asked.calamity_id)
        assert [each.mood for each in await rounds.answers_of(session, row.id)] == [5]


@pytest.mark.parametrize("words", ["6", "9", "3 of 4", "wel ok"])
async def test_no_other_digit_and_no_words_count_as_a_mood(play, asked, town, words):
    assert "Alleen Tessa Winde leest dit" in await play.reply(town["kf1"], words, later(minutes=5))
    assert await answered(play, asked) == 0
    assert [letter.body for letter in await letters_of(play)] == [words]


async def test_a_digit_after_the_closing_time_is_kept_for_a_person(play, asked, town):
    await play.reply(town["kf1"], "3", later(hours=4, minutes=3))
    assert await answered(play, asked) == 0
    assert [letter.meaning for letter in await letters_of(play)] == ["late"]


async def test_free_text_goes_to_the_contact_person_alone(play, asked, town):
    await play.reply(town["kf1"], "Er wordt veel gepraat op het plein", later(minutes=5))
    (mine,) = await letters_of(play, "contact1")
    assert mine.body == "Er wordt veel gepraat op het plein"
    assert await letters_of(play, "contact2") == []
    async with play.database.reading() as session:
        assert await letters.letters_for_coordinators(session, town.id) == []
    said = str(await play.happened(asked.calamity_id))
    assert "plein" not in said


async def test_a_letter_is_handled_once(play, asked, town, database):
    await play.reply(town["kf1"], "Bedankt voor je bericht", later(minutes=5))
    (letter,) = await letters_of(play)
    for minute in (6, 9):
        async with database.transaction() as session:
            await letters.handle_letter(session, letter.reply_id, later(minutes=minute))
    (letter,) = await letters_of(play)
    assert letter.handled_at == later(minutes=6)


async def test_an_unknown_number_is_kept_apart_and_gets_no_answer(play, asked):
    assert await play.reply("+3197010248888", "1", later(minutes=5)) == ""
    async with play.database.reading() as session:
        (letter,) = await letters.unknown_letters(session, play.town.id)
    assert (letter.phone, letter.body, letter.name) == ("+3197010248888", "1", "")
    assert await letters_of(play) == []
    assert await answered(play, asked) == 0


@pytest.mark.parametrize("words", ["Vond “Hoe gaat het” leuk", "Dit is een automatisch antwoord"])
async def test_what_a_device_writes_is_no_answer(play, asked, town, words):
    assert await play.reply(town["kf1"], words, later(minutes=5)) == ""
    assert await letters_of(play) == []


async def test_two_machines_do_not_talk_for_ever(play, asked, town):
    said = [
        await play.reply(town["kf1"], f"tekst {n}", later(minutes=5, seconds=n)) for n in range(15)
    ]
    assert [bool(words) for words in said] == [True] * 5 + [False] * 10
    assert len(await letters_of(play)) == 15
    assert "geen berichten" in await play.reply(town["kf1"], "STOP", later(minutes=6))
    assert await play.reply(town["kf1"], "START", later(minutes=20)) != ""


async def test_a_person_is_answered_in_their_language(play, asked, town):
    assert "Your answer counts" in await play.reply(town["kf2"], "2", later(minutes=5))
    assert "شكراً" in await play.reply(town["kf3"], "٢", later(minutes=5))
    assert await answered(play, asked) == 2


async def test_texts_are_read_in_the_order_in_which_they_came(play, asked, town):
    for second, digit in enumerate("1234"):
        await play.keep(inbound(town["kf1"], digit), at=later(minutes=5, seconds=second))
    await play.read(later(minutes=6))
    async with play.database.reading() as session:
        (row,) = await rounds.list_rounds(session, asked.calamity_id)
        assert [each.mood for each in await rounds.answers_of(session, row.id)] == [4]


async def test_the_same_text_posted_twice_is_one_text(play, asked, town):
    text = inbound(town["kf1"], "3")
    await play.keep(text, text, at=later(minutes=5))
    await play.read(later(minutes=5))
    await play.keep(text, at=later(minutes=6))
    await play.read(later(minutes=6))
    assert len(await play.texts(to=town["kf1"], purpose="answer")) == 1


async def test_readers_at_once_read_each_text_once(play, asked, town, database):
    for name in ("kf1", "kf2", "kf3", "kf4"):
        await play.keep(inbound(town[name], "3"), at=later(minutes=5))

    async def one() -> None:
        async with database.transaction() as session:
            await read_inbox(session, play.wakes, play.terms, at=later(minutes=5))

    await asyncio.gather(*(one() for _ in range(5)))
    assert await answered(play, asked) == 4
    assert len(await play.texts(purpose="answer")) == 4


async def test_a_number_known_in_two_towns_answers_the_one_that_asked(play, asked, town, database):
    async with database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders", key_figures=0)
        twin = await add_person(session, other.id, town["kf1"].phone, "Karin Rietvoorn")
    assert "telt mee" in await play.reply(town["kf1"], "3", later(minutes=5))
    assert await answered(play, asked) == 1
    assert await play.texts(to=twin) == []


async def test_where_towns_share_a_number_an_unknown_text_is_of_the_one_that_takes_it(
    play, town, database
):
    async with database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders", key_figures=0)
    ours, theirs = (Actor(each.id, "c", UserRole.COORDINATOR) for each in (town, other))

    async def seen(actor) -> list[tuple[str, str]]:
        async with database.reading() as session:
            found = await letters.unknown_letters(session, actor.municipality_id)
        return [(letter.phone, letter.body) for letter in found]

    async def takes(actor) -> None:
        async with database.transaction() as session:
            await take_unknown(session, actor, letter.reply_id, at=later(minutes=6))

    await play.reply("+3197010248888", "Er ligt iemand op straat", later(minutes=5))
    async with database.reading() as session:
        (letter,) = await letters.unknown_letters(session, town.id)
    assert await seen(ours) == await seen(theirs) == [(letter.phone, "Er ligt iemand op straat")]
    assert "248888" not in letter.phone, "nobody's number is told to towns that it does not concern"
    await takes(theirs)
    assert await seen(ours) == []
    assert await seen(theirs) == [("+3197010248888", "Er ligt iemand op straat")]
    with pytest.raises(NotFound):
        await takes(ours)
    # Two weeks later the words and the number are gone, and the same text does not come in anew.
    async with database.transaction() as session:
        assert await erase_unknown(session, later(days=13)) == 0
        assert await erase_unknown(session, later(days=15)) == 1
        assert await erase_unknown(session, later(days=15)) == 0
    assert await seen(theirs) == []


async def test_stop_holds_in_every_town_that_knows_the_number(play, asked, town, database):
    async with database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders", key_figures=0)
        await add_person(session, other.id, town["kf1"].phone, "Karin Rietvoorn")

    async def may_be_added() -> list[bool]:
        async with database.reading() as session:
            return [
                await stops.may_be_added(session, each.id, town["kf1"].phone)
                for each in (town, other)
            ]

    await play.reply(town["kf1"], "STOP", later(minutes=5))
    assert await may_be_added() == [False, False]
    await play.reply(town["kf1"], "START", later(minutes=6))
    assert await may_be_added() == [True, True]


async def test_a_post_that_cannot_be_written_is_refused_so_that_the_carrier_tries_again(database):
    box = Inbox(database, Wakes(database))
    at = later(minutes=5)
    too_long = StatusReceipt("SM" * 400, None, "sent", None)
    if database.is_postgres:
        with pytest.raises(Unavailable):
            await box.keep(too_long, at)
    await asyncio.gather(*(box.keep(inbound("+3197010248888", f"{n}"), at) for n in range(20)))
    async with database.reading() as session:
        assert len(await inbox.unread_replies(session, limit=100)) == 20


async def test_an_answer_in_an_exercise_says_so_until_it_is_closed(database, wakes, town, play):
    await make_activation(database, wakes, town, is_exercise=True)
    assert (await play.reply(town["lei1"], "1", later(minutes=1))).startswith("OEFENING. ")
