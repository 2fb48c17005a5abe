"""The cases of replies, R-01 to R-15: codes, locks, pauses, late and changed answers."""

import re
from datetime import timedelta

import msgspec
import pytest

from calamity.actions.plan import plan
from calamity.actions.receive import take_in_refusals
from calamity.actions.write import write_to_key_figure
from calamity.domain.call_out import Answer
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import Refused
from calamity.domain.timeline import Acknowledged, CodesLocked
from calamity.store import conversations, letters, people, questions, rounds
from calamity.store.outbox import Result
from calamity.store.tables import RecipientRow
from calamity.web.language import Language
from calamity.web.pages.why import why
from tests.actions.play import Play, inbound
from tests.make import (
    MESSAGES,
    PLACES,
    T0,
    Person,
    add_key_figure,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_request,
    make_terms,
)

_CODE = re.compile(r"(?:Zet|Put) (\d{4}) ")


@pytest.fixture
def coded(database, wakes, town) -> Play:
    """The town at work where every question carries a code."""
    return Play(database, wakes, town, make_terms(reply_codes="always"))


@pytest.fixture
async def called(coded, database, wakes, town):
    """A calamity in which the team was called, with codes."""
    return await make_activation(database, wakes, town, terms=coded.terms)


@pytest.fixture
async def asked_at(database, wakes, town):
    """The team was called, a minute ago."""
    await make_activation(database, wakes, town)
    return later(minutes=1)


@pytest.fixture
async def couple(play, town, database):
    """Two key figures who share the phone of the first."""
    async with database.transaction() as session:
        id_, _ = await people.put_recipient(
            session, town.id, phone=town["kf1"].phone, name="Kobus Rietvoorn", language="nl",
            seat=2, at=T0,
        )  # fmt: skip
        contact = await people.contact_person_of(session, town["contact1"].id)
        partner = Person(id_, town["kf1"].phone, "Kobus Rietvoorn")
        await add_key_figure(
            session, town.id, partner, contact or "", town.neighbourhoods[PLACES[0]]
        )
    return town["kf1"], partner


async def ask_round(play, database, wakes, town):
    """Give words, then ask everyone how it is."""
    active = await make_activation(database, wakes, town, terms=play.terms)
    for step in ("give", "facts"):
        await play.start(active.calamity_id, step, T0)
    await play.send(later(minutes=1))
    await play.start(active.calamity_id, "ask", later(minutes=2))
    await play.send(later(minutes=3))
    return active


async def code_of(play, who, purpose="call-out"):
    """Return the code in the last text to someone."""
    text = (await play.texts(to=who, purpose=purpose))[-1]
    found = _CODE.search(text.body)
    return found[1] if found else None


async def moods(play, active):
    async with play.database.reading() as session:
        (row,) = await rounds.list_rounds(session, active.calamity_id)
        return sorted(each.mood for each in await rounds.answers_of(session, row.id))


async def waiting(play, contact=None):
    """Return what waits for the coordinator, or for a contact person: (meaning, words)."""
    async with play.database.reading() as session:
        found = (
            await letters.letters_for_contact(session, play.town.id, play.town[contact].id)
            if contact
            else await letters.letters_for_coordinators(session, play.town.id)
        )
    return [(letter.meaning, letter.body) for letter in found]


@pytest.mark.parametrize("words", ["1 {0}", "JA {0}", "ja{0}", "Ja, {0}!", "{0} JA", "ik kom {0}"])
async def test_r01_an_answer_with_its_code_counts(coded, called, town, words):
    code = await code_of(coded, town["lei1"])
    assert code is not None
    answer = await coded.reply(town["lei1"], words.format(code), later(minutes=1))
    assert "Genoteerd: je komt" in answer
    assert (await coded.rungs(called.calamity_id))["lei1"] == "coming"


async def test_r02_no_with_its_code_calls_the_deputy(coded, called, town):
    code = await code_of(coded, town["lei1"])
    await coded.reply(town["lei1"], f"NEE {code}", later(minutes=1))
    assert (await coded.rungs(called.calamity_id))["lei2"] == "called"
    assert re.search(_CODE, (await coded.texts(to=town["lei2"], purpose="deputy"))[0].body)


async def test_r03_a_bare_answer_is_asked_for_its_code(coded, called, town):
    assert "We missen de code" in await coded.reply(town["lei1"], "JA", later(minutes=1))
    assert (await coded.rungs(called.calamity_id))["lei1"] == "called"
    assert await waiting(coded) == [("no-code", "JA")]


async def test_r03_a_bare_answer_counts_for_the_only_question(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    assert await code_of(play, town["lei1"]) is None
    await play.reply(town["lei1"], "JA", later(minutes=1))
    assert (await play.rungs(active.calamity_id))["lei1"] == "coming"


async def test_r03_four_digits_are_no_code_where_none_was_given(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    assert "1 = ik kom" in await play.reply(town["lei1"], "Ja, 1930", later(minutes=1))
    assert (await play.rungs(active.calamity_id))["lei1"] == "called"
    assert await waiting(play) == [("unclear", "Ja, 1930")]


async def test_r04_two_answers_with_codes_are_for_a_person(coded, called, town):
    code = await code_of(coded, town["lei1"])
    words = f"JA {code} NEE {code}"
    assert "1 = ik kom" in await coded.reply(town["lei1"], words, later(minutes=1))
    assert (await coded.rungs(called.calamity_id))["lei1"] == "called"
    assert await waiting(coded) == [("unclear", words)]


async def test_r04_who_is_asked_again_is_told_the_code_again(coded, called, town):
    code = await code_of(coded, town["lei1"])
    words = await coded.reply(town["lei1"], "misschien", later(minutes=1))
    assert words.startswith("We begrijpen je antwoord niet.")
    assert words.endswith(f"Zet {code} achter je antwoord.")


async def test_r05_the_code_of_somebody_else_is_not_acted_on(coded, called, town):
    others = await code_of(coded, town["com1"])
    mine = await code_of(coded, town["lei1"])
    assert others != mine or pytest.fail("drawn the same by chance: one in ten thousand")
    words = await coded.reply(town["lei1"], f"JA {others}", later(minutes=1))
    assert "Deze code geldt niet" in words
    rungs = await coded.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["com1"]) == ("called", "called")


async def test_r05_five_wrong_codes_lock_the_number_and_a_person_sees_it(coded, called, town):
    code = await code_of(coded, town["lei1"])
    wrong = f"JA {(int(code) + 1) % 10_000:04}"
    said = [
        await coded.reply(town["lei1"], wrong, later(minutes=1 + 3 * number)) for number in range(5)
    ]
    assert [("geldt niet" in words) for words in said] == [True] * 4 + [False]
    assert "Een mens kijkt ernaar" in said[-1]
    assert await coded.reply(town["lei1"], f"JA {code}", later(minutes=30)) == ""
    assert (await coded.rungs(called.calamity_id))["lei1"] != "coming"
    (entry,) = await coded.happened(called.calamity_id, CodesLocked)
    assert entry.wrong == 5
    assert ("locked", f"JA {code}") in await waiting(coded)
    assert "Genoteerd" in await coded.reply(town["lei1"], f"JA {code}", later(hours=1, minutes=20))


async def test_r05_a_person_who_looks_lifts_the_lock(coded, called, town, database):
    code = await code_of(coded, town["lei1"])
    wrong = f"JA {(int(code) + 1) % 10_000:04}"
    for number in range(5):
        await coded.reply(town["lei1"], wrong, later(minutes=1, seconds=number))
    async with database.transaction() as session:
        (letter,) = [
            each
            for each in await letters.letters_for_coordinators(session, town.id)
            if each.meaning == "locked"
        ]
        await letters.handle_letter(session, letter.reply_id, later(minutes=2))
    assert "Genoteerd" in await coded.reply(town["lei1"], f"JA {code}", later(minutes=20))


async def test_r05_a_used_code_is_not_given_to_a_number_again_soon(coded, town, database):
    seen = set()
    async with database.transaction() as session:
        for number in range(400):
            drawn = await questions.draw_codes(
                session, [town["kf1"].id], round_id=str(number), at=T0
            )
            seen |= set(drawn.values())
    assert len(seen) == 400
    assert all(re.fullmatch(r"\d{4}", code) for code in seen)


async def test_r05_an_expired_code_is_not_acted_on_and_counted(coded, database, wakes, town):
    active = await ask_round(coded, database, wakes, town)
    code = await code_of(coded, town["kf1"], "ask")
    async with database.transaction() as session:
        (row,) = await rounds.list_rounds(session, active.calamity_id)
        await rounds.close_questions(session, row.id, later(hours=1))
    for number in range(4):
        words = await coded.reply(town["kf1"], f"3 {code}", later(hours=2, minutes=3 * number))
        assert "Deze vraag is gesloten" in words
    assert "Een mens kijkt" in await coded.reply(town["kf1"], f"3 {code}", later(hours=2.5))
    assert await moods(coded, active) == []


async def test_a_second_question_while_one_is_open_carries_a_code(play, database, wakes, town):
    await make_activation(database, wakes, town)
    assert await code_of(play, town["lei1"]) is None
    other = await make_activation(database, wakes, town, request_key="request-0002")
    code = await code_of(play, town["lei1"])
    assert code is not None
    assert "We missen de code" in await play.reply(town["lei1"], "1", later(minutes=1))
    await play.reply(town["lei1"], f"1 {code}", later(minutes=2))
    assert (await play.rungs(other.calamity_id))["lei1"] == "coming"


async def test_r05_a_reminder_carries_the_code_of_the_first_text(coded, called, town):
    first = await code_of(coded, town["lei1"])
    await coded.wake(called.id, later(minutes=10))
    assert await code_of(coded, town["lei1"], "reminder") == first


async def test_r06_our_own_text_sent_back_is_no_answer(coded, called, town):
    (text,) = await coded.texts(to=town["lei1"])
    for body in (text.body, f"> {text.body}", f"Vond “{text.body}” leuk", f"{text.body} 👍"):
        assert await coded.reply(town["lei1"], body, later(minutes=1)) == ""
    assert await waiting(coded) == []


async def test_r07_an_automatic_answer_is_no_answer_and_gets_none(coded, called, town):
    words = "Ik ben momenteel niet op kantoor. Maandag ben ik terug."
    assert await coded.reply(town["lei1"], words, later(minutes=1)) == ""
    assert (await coded.rungs(called.calamity_id))["lei1"] == "called"


async def test_r08_stop_then_start_with_a_refusal_in_between(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    assert "geen berichten meer" in await play.reply(town["kf1"], "STOP", later(minutes=1))
    async with database.reading() as session:
        assert await conversations.is_stopped(session, town["kf1"].id)
    # The carrier blocks by itself after STOP: it refuses even our confirmation.
    (confirmation,) = await play.texts(to=town["kf1"], purpose="answer")
    await play.claim(later(minutes=2))
    refused = Result(confirmation.id, MessageState.REJECTED, None, 21610)
    await play.settle([refused], later(minutes=2))
    async with database.transaction() as session:
        await take_in_refusals(session, wakes, [confirmation.id], at=later(minutes=2))
    async with database.reading() as session:
        assert await conversations.is_stopped(session, town["kf1"].id)
    assert "weer berichten" in await play.reply(town["kf1"], "START", later(minutes=3))
    async with database.reading() as session:
        assert not await conversations.is_stopped(session, town["kf1"].id)
    await play.start(active.calamity_id, "give", later(minutes=4))
    assert len(await play.texts(to=town["kf1"], purpose="give")) == 1


async def test_r08_what_the_carrier_took_for_a_word_of_its_own_holds_here_too(play, town, asked_at):
    stopped = await play.reply(town["kf1"], "Basta!", asked_at, opt_out="STOP")
    assert "geen berichten meer" in stopped
    async with play.database.reading() as session:
        assert await conversations.is_stopped(session, town["kf1"].id)
    # YES is the carrier's word for START, and an answer of ours.
    again = await play.reply(town["kf1"], "YES", asked_at, opt_out="START")
    assert "weer berichten" in again
    assert "je komt" in await play.reply(town["lei1"], "YES", asked_at, opt_out="START")
    assert "112" in await play.reply(town["kf1"], "AYUDA", asked_at, opt_out="HELP")
    assert [meaning for meaning, _ in await waiting(play, "contact1")] == ["help"]


async def test_r11_a_name_that_reads_like_a_number_is_not_its_owner(play, town, asked_at):
    assert await play.reply(town["lei1"], "1", asked_at, has_number=False) == ""
    async with play.database.reading() as session:
        (letter,) = await letters.unknown_letters(session, town.id)
    assert (letter.body, letter.recipient_id) == ("1", None)


async def test_a_picture_without_words_is_shown_as_one(play, town, asked_at):
    await play.reply(town["com1"], "", asked_at, media=2)
    async with play.database.reading() as session:
        (letter,) = await letters.letters_for_coordinators(session, town.id)
    assert letter.media == 2
    assert "foto" in why(letter, Language("nl", play.terms.zone))


@pytest.mark.parametrize("words", ["HELP", "hulp!", "مساعدة"])
async def test_r09_help_waits_for_a_person(play, database, wakes, town, words):
    await make_activation(database, wakes, town)
    assert "112" in await play.reply(town["lei1"], words, later(minutes=1))
    assert await waiting(play) == [("help", words)]


async def test_r10_free_text_is_kept_to_the_last_character(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    words = "we zitten vast op 3e\u200b – é👍\n ja"
    await play.reply(town["lei1"], words, later(minutes=1))
    assert await waiting(play) == [("unclear", words)]
    assert (await play.rungs(active.calamity_id))["lei1"] == "called"


async def test_r11_an_unknown_sender_gets_no_answer(coded, called):
    assert await coded.reply("+3197010248888", "JA 4821", later(minutes=1)) == ""
    assert await coded.texts(purpose="answer") == []


async def test_r12_thirty_texts_in_a_minute_get_five_answers(play, database, wakes, town):
    await make_activation(database, wakes, town)
    said = [
        await play.reply(town["lei1"], f"blub {number}", later(minutes=1, seconds=2 * number))
        for number in range(30)
    ]
    assert sum(1 for words in said if words) == 5
    assert len(await waiting(play)) == 30


async def test_r13_a_changed_answer_counts_and_both_stay(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    await play.reply(town["lei1"], "JA", later(minutes=1))
    await play.reply(town["lei1"], "NEE", later(minutes=2))
    assert (await play.rungs(active.calamity_id))["lei1"] == Answer.CANNOT
    entries = await play.happened(active.calamity_id, Acknowledged)
    assert [(each.answer, each.previous) for each in entries] == [
        ("coming", None), ("cannot", "coming"),
    ]  # fmt: skip


async def test_r13_an_answer_that_was_lost_on_its_way_does_not_undo_a_later_one(
    play, database, wakes, town
):
    active = await make_activation(database, wakes, town)
    await play.reply(town["lei1"], "NEE", later(minutes=2))
    # Its web hook never came; the carrier's list tells of it, and of when it was sent.
    await play.keep(inbound(town["lei1"], "JA"), at=later(minutes=1))
    await play.read(later(minutes=3))
    assert (await play.rungs(active.calamity_id))["lei1"] == Answer.CANNOT
    entries = await play.happened(active.calamity_id, Acknowledged)
    assert [each.answer for each in entries] == ["cannot"]
    assert [body for _, body in await waiting(play)] == ["JA"]


async def test_r13_a_changed_mood_counts_once(play, database, wakes, town):
    active = await ask_round(play, database, wakes, town)
    await play.reply(town["kf1"], "3", later(minutes=5))
    assert "nieuwe antwoord" in await play.reply(town["kf1"], "5", later(minutes=6))
    assert await moods(play, active) == [5]


@pytest.mark.parametrize("words", ["3", "1"])
async def test_r14_an_answer_after_the_closing_is_thanked_and_kept(
    play, database, wakes, town, words
):
    active = await ask_round(play, database, wakes, town)
    async with database.transaction() as session:
        from_store = await rounds.list_rounds(session, active.calamity_id)
        await rounds.close_questions(session, from_store[0].id, later(hours=1))
    answer = await play.reply(town["kf1"], words, later(hours=7))
    assert "Deze vraag is gesloten" in answer
    assert await waiting(play, "contact1") == [("late", words)]
    assert await moods(play, active) == []


async def test_r14_a_word_after_other_words_of_ours_is_no_late_answer(play, database, wakes, town):
    active = await ask_round(play, database, wakes, town)
    async with database.transaction() as session:
        (row,) = await rounds.list_rounds(session, active.calamity_id)
        await rounds.close_questions(session, row.id, later(hours=1))
    await play.reply(town["kf1"], "Is er een bijeenkomst?", later(minutes=90))
    async with database.transaction() as session:
        await write_to_key_figure(
            session, wakes, play.terms, town.contacts[0], town["kf1"].id, "Kom je om 20.00 uur?",
            at=later(hours=2),
        )  # fmt: skip
    await play.reply(town["kf1"], "ja", later(hours=3))
    assert (await waiting(play, "contact1"))[0] == ("for-person", "ja")


async def test_r15_two_people_with_one_phone_are_told_apart_by_code(play, couple, town):
    active = await ask_round(play, play.database, play.wakes, town)
    first, second = [await code_of(play, who, "ask") for who in couple]
    assert first is not None
    assert second not in (None, first)
    assert await code_of(play, town["kf4"], "ask") is None
    assert "We missen de code" in await play.reply(couple[0], "3", later(minutes=5))
    assert "telt mee" in await play.reply(couple[0], f"2 {first}", later(minutes=6))
    assert "telt mee" in await play.reply(couple[0], f"{second} 4", later(minutes=7))
    assert await moods(play, active) == [2, 4]
    assert "nieuwe antwoord" in await play.reply(couple[0], f"5 {second}", later(minutes=8))
    assert await moods(play, active) == [2, 5]


async def test_r15_without_codes_two_people_with_one_phone_go_to_a_person(
    couple, database, wakes, town
):
    play = Play(database, wakes, town, make_terms(reply_codes="never"))
    active = await ask_round(play, database, wakes, town)
    assert await code_of(play, couple[0], "ask") is None
    await play.reply(couple[0], "3", later(minutes=5))
    assert await moods(play, active) == []


async def test_a_pause_holds_texts_back_until_its_end(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    assert "tot 30-11" in await play.reply(town["kf1"], "PAUZE 7", later(minutes=1))
    await play.start(active.calamity_id, "give", later(minutes=2))
    assert await play.texts(to=town["kf1"], purpose="give") == []
    assert len(await play.texts(to=town["kf4"], purpose="give")) == 1
    await play.reply(town["kf1"], "START", later(minutes=3))
    await play.start(active.calamity_id, "stop", later(minutes=4))
    assert len(await play.texts(to=town["kf1"], purpose="close")) == 1


async def test_a_pause_holds_back_a_reminder_and_what_waits(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    await play.send(later(minutes=1))
    await play.reply(town["lei1"], "pauze", later(minutes=2))
    assert await waiting(play) == [("pause", "pauze")]
    await play.wake(active.id, later(minutes=10))
    await play.send(later(minutes=11))
    (reminder,) = await play.texts(to=town["lei1"], purpose="reminder")
    assert reminder.state == MessageState.CANCELLED
    (confirmed,) = await play.texts(to=town["lei1"], purpose="answer")
    assert confirmed.state == MessageState.ACCEPTED


async def test_a_contact_person_does_not_write_during_a_pause(play, database, wakes, town):
    await make_activation(database, wakes, town)
    await play.reply(town["kf1"], "PAUZE 3", later(minutes=1))
    async with database.transaction() as session:
        with pytest.raises(Refused, match="pause"):
            await write_to_key_figure(
                session, wakes, play.terms, town.contacts[0], town["kf1"].id, "Hoi",
                at=later(minutes=2),
            )  # fmt: skip


async def test_a_pause_ends_by_itself(play, database, wakes, town):
    active = await make_activation(database, wakes, town)
    await play.reply(town["kf1"], "pauze 1 dag", later(minutes=1))
    at = later(minutes=2) + timedelta(days=1)
    await play.start(active.calamity_id, "give", at)
    assert len(await play.texts(to=town["kf1"], purpose="give")) == 1


@pytest.mark.parametrize(
    ("words", "meaning", "said"),
    [("ANDER", "someone-else", "van wie dit nummer is"),
     ("INZAGE", "access", "Binnen een maand"),
     ("BEL", "call-me", "Tessa Winde leest")],
)  # fmt: skip
async def test_a_wish_waits_for_the_contact_person(play, town, words, meaning, said):
    await make_activation(play.database, play.wakes, town)
    assert said in await play.reply(town["kf1"], words, later(minutes=1))
    assert await waiting(play, "contact1") == [(meaning, words)]


@pytest.mark.parametrize(("mode", "coded"), [("always", True), ("when_ambiguous", False)])
async def test_the_plan_counts_the_code_in_the_texts(database, wakes, town, mode, coded):
    async with database.reading() as session:
        planned = await plan(
            session, make_terms(reply_codes=mode), town.coordinator, make_request(), at=T0
        )
    answered = [act for act in planned.acts if act.step == "call" or act.message == "K4"]
    assert len(answered) == 2
    assert all(("0000" in text.example) is coded for act in answered for text in act.texts)
    others = [act for act in planned.acts if act not in answered]
    assert not any("0000" in text.example for act in others for text in act.texts)


async def test_a_text_carries_the_check_word_of_each_person(database, wakes, town, play):
    words = {
        "nl": "{first_name}, we leven mee. Ons woord: {check_word}. Bel {phone}. {sender}",
        "en": "{first_name}, we feel with you. Our word: {check_word}. Call {phone}. {sender}",
    }
    messages = [
        msgspec.structs.replace(each, texts=words) if each.code == "K1" else each
        for each in MESSAGES
    ]
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(slug="words", messages=messages))
        sealed = session.vault.seal_text(people.CHECK_WORD, "anker")
        row = await session.sql.get(RecipientRow, town["kf1"].id)
        row.check_word = sealed
    active = await make_activation(database, wakes, town, slug="words")
    await play.start(active.calamity_id, "give", later(minutes=1))
    (agreed,) = await play.texts(to=town["kf1"], purpose="give")
    (without,) = await play.texts(to=town["kf7"], purpose="give")
    assert "we leven mee. Ons woord: anker. Bel" in agreed.body
    assert "we leven mee. Bel" in without.body
