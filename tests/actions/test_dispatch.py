"""Who gets which words, and who is held back."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from calamity.actions.dispatch import finish_dispatches
from calamity.actions.tasks import start_task
from calamity.domain.activation import Inputs
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import Conflict, Forbidden, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Budget, Dispatch
from calamity.domain.timeline import DispatchFinished, DispatchQueued, Visibility
from calamity.store import stops
from calamity.store.outbox import Result
from calamity.store.tables import KeyFigureRow
from calamity.store.timeline import TimelineReader
from tests.actions.play import Play
from tests.make import (
    STEPS,
    T0,
    ids_of,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_step,
    make_terms,
)


@pytest.fixture
async def active(database, wakes, town):
    return await make_activation(database, wakes, town)


async def change_key_figure(database, person, **values):
    async with database.transaction() as session:
        await session.sql.execute(
            update(KeyFigureRow).where(col(KeyFigureRow.recipient_id) == person.id).values(**values)
        )


async def variant(database, town, **changes) -> str:
    """Approve a variant of the small playbook and return its slug."""
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(slug="variant", **changes))
    return "variant"


async def queued(play, made) -> DispatchQueued:
    return (await play.happened(made.calamity_id, DispatchQueued))[-1]


async def test_words_go_to_each_key_figure_in_their_language(play, active, town):
    await play.start(active.calamity_id, "give", T0)
    texts = {text.to: text.body for text in await play.texts(purpose="give")}
    assert set(texts) == ids_of(town.named("kf"))
    assert texts[town["kf1"].id].startswith(
        "Karin, we leven mee. Bel +31 97 010240101. Tessa Winde"
    ) or ("Tessa Winde" in texts[town["kf1"].id])
    assert texts[town["kf2"].id].startswith("Kees, we feel with you.")
    assert "Tom Kolblei" in texts[town["kf2"].id]
    assert "نحن معكم" in texts[town["kf3"].id]


async def test_a_dispatch_stands_on_the_timeline_as_written(play, active, town, database):
    await play.start(active.calamity_id, "give", T0)
    entry = await queued(play, active)
    assert (entry.kind, entry.recipients, entry.held_back) == ("give", 8, {})
    assert entry.texts["nl"] == "{first_name}, we leven mee. Bel {phone}. {sender}"
    reader = TimelineReader(database)
    (line, _) = (await reader.newest(active.calamity_id, (Visibility.OFFICIALS,), limit=1))[0]
    assert line.happening == entry


async def test_only_affected_neighbourhoods_hear_what_is_meant_for_them(
    database, wakes, town, play
):
    inputs = Inputs(incident={"nl": "een aanslag"}, affected=["W2"])
    made = await make_activation(database, wakes, town, inputs=inputs)
    await play.start(made.calamity_id, "give", T0)
    assert {text.to for text in await play.texts(purpose="give")} == ids_of(
        [town["kf2"], town["kf6"]]
    )


async def test_a_step_is_started_once(play, active):
    await play.start(active.calamity_id, "give", T0)
    with pytest.raises(Conflict):
        await play.start(active.calamity_id, "give", T0)
    assert len(await play.texts(purpose="give")) == 8


async def test_nobody_is_asked_before_words_were_given(play, active):
    await play.start(active.calamity_id, "ask", T0)
    assert not await play.texts(purpose="ask")
    questions = await play.happened(active.calamity_id, DispatchQueued)
    assert [entry.held_back for entry in questions] == [{"not-given-yet": 8}, {"not-given-yet": 3}]


async def test_a_question_waits_until_the_words_have_left(play, active):
    await play.start(active.calamity_id, "give", T0)
    await play.start(active.calamity_id, "ask", T0)
    assert len(await play.texts(purpose="ask")) == 8
    await play.claim(T0, most=100)
    assert {text.state for text in await play.texts(purpose="ask")} == {"ready"}
    first = next(text for text in await play.texts(purpose="give") if text.state == "sending")
    await play.settle([Result(first.id, MessageState.ACCEPTED, "SM1")], T0)
    for seconds in (10, 20, 30, 40):
        await play.claim(later(seconds=seconds), most=100)
    asks = {text.to: text.state for text in await play.texts(purpose="ask")}
    assert asks.pop(first.to) != "ready"
    # What was being sent when the runner changed is in doubt: it may have left, so they count.
    left = {t.to for t in await play.texts(purpose="give") if t.state in ("accepted", "in_doubt")}
    assert {to for to, state in asks.items() if state != "ready"} <= left


async def test_a_question_whose_words_never_left_expires(play, active):
    await play.start(active.calamity_id, "give", T0)
    await play.start(active.calamity_id, "ask", T0)
    await play.send(T0, state=MessageState.REJECTED)
    await play.send(later(hours=3))
    assert {text.state for text in await play.texts(purpose="ask")} == {"expired"}


async def test_the_budget_of_a_day_is_kept(database, wakes, town, play):
    steps = [*STEPS, *(make_step(f"again{n}", act=Dispatch("friends", "K1")) for n in (1, 2))]
    slug = await variant(database, town, steps=steps)
    made = await make_activation(database, wakes, town, slug=slug)
    for step in ("give", "again1"):
        await play.start(made.calamity_id, step, T0)
    assert (await queued(play, made)).recipients == 8
    await play.start(made.calamity_id, "again2", later(hours=23))
    assert (await queued(play, made)).held_back == {"budget": 8}
    await play.start(made.calamity_id, "ask", later(hours=23))
    assert not await play.texts(purpose="ask", to=town["kf1"])
    await play.start(made.calamity_id, "stop", later(hours=23))
    assert (await queued(play, made)).recipients == 8, "closing words always go out"


async def test_a_new_day_has_a_new_budget(database, wakes, town, play):
    steps = [*STEPS, make_step("again", act=Dispatch("friends", "K1"))]
    slug = await variant(database, town, steps=steps, budget=Budget(messages_per_day=1))
    made = await make_activation(database, wakes, town, slug=slug)
    await play.start(made.calamity_id, "give", T0)
    await play.start(made.calamity_id, "again", later(hours=24, minutes=1))
    assert (await queued(play, made)).recipients == 8


async def test_an_exercise_uses_up_nothing_of_the_real_budget(database, wakes, town, play):
    slug = await variant(database, town, budget=Budget(messages_per_day=1))
    for key, exercise in (("request-0001", True), ("request-0002", False)):
        made = await make_activation(
            database, wakes, town, slug=slug, request_key=key, is_exercise=exercise
        )
        await play.start(made.calamity_id, "give", T0)
        assert (await queued(play, made)).recipients == 8


NIGHT = later(hours=12.5)  # 23.00 in Amsterdam
MORNING = later(hours=20.5)  # 07.00


@pytest.mark.parametrize(
    ("is_exercise", "sandbox", "due"),
    [(False, True, MORNING), (False, False, MORNING), (True, False, MORNING), (True, True, NIGHT)],
)
async def test_key_figures_sleep_except_when_a_sandbox_plays(
    database, wakes, town, *, is_exercise, sandbox, due
):
    allowed = None if sandbox else frozenset(person.phone for person in town.people.values())
    terms = make_terms(is_sandbox=sandbox, allowed_in_exercise=allowed)
    play = Play(database, wakes, town, terms)
    made = await make_activation(
        database, wakes, town, terms=terms, at=NIGHT, is_exercise=is_exercise
    )
    await play.start(made.calamity_id, "give", NIGHT)
    await play.start(made.calamity_id, "facts", NIGHT)
    gives = {text.to: text.due_at for text in await play.texts(purpose="give")}
    assert gives[town["kf1"].id] == due
    assert gives[town["pro1"].id] == NIGHT
    assert all(text.due_at == NIGHT for text in await play.texts(purpose="call-out"))


async def test_quiet_hours_of_ones_own_hold(database, wakes, town, play):
    await change_key_figure(database, town["kf1"], quiet_from="10:00", quiet_until="12:00")
    made = await make_activation(database, wakes, town)
    await play.start(made.calamity_id, "give", T0)
    (text,) = await play.texts(to=town["kf1"])
    assert text.due_at == later(hours=1.5)


async def test_stop_takes_effect_before_queued_texts_leave(play, active, town):
    await play.start(active.calamity_id, "give", T0)
    answer = await play.reply(town["kf1"], "STOP", T0)
    assert "geen berichten meer" in answer
    (text,) = await play.texts(to=town["kf1"], purpose="give")
    assert text.state == "cancelled"
    sent = await play.send(later(minutes=1))
    assert text.id not in sent
    (reply,) = await play.texts(to=town["kf1"], purpose="answer")
    assert reply.id in sent, "the confirmation itself is sent"


async def test_stop_holds_back_what_comes_later_until_start(database, wakes, play, active, town):
    await play.reply(town["kf1"], "stop", T0)
    await play.start(active.calamity_id, "give", T0)
    assert (await queued(play, active)).held_back == {"stopped": 1}
    async with database.reading() as session:
        assert not await stops.may_be_added(session, town.id, town["kf1"].phone)
    await play.reply(town["kf1"], "START", later(minutes=1))
    async with database.reading() as session:
        assert await stops.may_be_added(session, town.id, town["kf1"].phone)
    second = await make_activation(database, wakes, town, request_key="request-0002")
    await play.start(second.calamity_id, "give", later(minutes=2))
    assert (await queued(play, second)).held_back == {}


async def test_a_text_that_was_queued_for_someone_who_stopped_is_never_claimed(
    play, active, town, database
):
    await play.start(active.calamity_id, "give", T0)
    async with database.transaction() as session:
        await stops.stop(session, town["kf1"].id, T0)
    await play.send(T0)
    (text,) = await play.texts(to=town["kf1"])
    assert text.state == "cancelled"


async def test_without_an_agreement_nobody_is_texted(database, wakes, town, play):
    await change_key_figure(database, town["kf1"], agreed_on="")
    made = await make_activation(database, wakes, town)
    await play.start(made.calamity_id, "give", T0)
    assert (await queued(play, made)).held_back == {"no-agreement": 1}
    assert not await play.texts(to=town["kf1"])


async def test_an_agreement_without_questions_brings_words_alone(database, wakes, town, play):
    await change_key_figure(database, town["kf1"], asks=False)
    made = await make_activation(database, wakes, town)
    for step in ("give", "ask"):
        await play.start(made.calamity_id, step, T0)
    assert [text.purpose for text in await play.texts(to=town["kf1"])] == ["give"]
    entries = await play.happened(made.calamity_id, DispatchQueued)
    assert {"no-asks": 1} in [entry.held_back for entry in entries]


async def test_an_exercise_on_a_real_carrier_reaches_listed_numbers_alone(database, wakes, town):
    listed = frozenset({town["lei1"].phone, town["kf1"].phone})
    terms = make_terms(is_sandbox=False, allowed_in_exercise=listed)
    play = Play(database, wakes, town, terms)
    made = await make_activation(database, wakes, town, terms=terms, is_exercise=True)
    await play.start(made.calamity_id, "give", T0)
    assert {text.to for text in await play.texts()} == ids_of([town["lei1"], town["kf1"]])
    assert (await queued(play, made)).held_back == {"not-in-exercise": 7}
    assert (await play.rungs(made.calamity_id))["com1"] == "unreachable"


async def test_the_real_thing_reaches_everyone_whatever_exercises_may(database, wakes, town):
    terms = make_terms(is_sandbox=False, allowed_in_exercise=frozenset())
    play = Play(database, wakes, town, terms)
    made = await make_activation(database, wakes, town, terms=terms)
    assert len(await play.texts()) == 3
    assert made.ended_at is None


async def test_a_dispatch_ends_with_counts_once_nothing_waits(play, active, database):
    await play.start(active.calamity_id, "give", T0)
    await play.send(T0)
    for _ in range(2):
        async with database.transaction() as session:
            await finish_dispatches(session, later(minutes=5))
    (entry,) = await play.happened(active.calamity_id, DispatchFinished)
    assert (entry.accepted, entry.failed, entry.in_doubt, entry.cancelled) == (8, 0, 0, 0)


async def test_calls_leave_before_words(play, active):
    await play.start(active.calamity_id, "give", T0)
    await play.reply(play.town["lei2"], "hoi", T0)
    order = [each.id for each in await play.claim(T0, most=4)]
    texts = {text.id: text.purpose for text in await play.texts()}
    assert [texts[id_] for id_ in order] == ["call-out"] * 3 + ["answer"]


async def test_a_decision_needs_an_option_and_a_reason(play, active):
    for choice, note, field in ((None, "x", "choice"), (2, "x", "choice"), (0, "", "note")):
        with pytest.raises(Refused) as refused:
            await play.finish(active.calamity_id, "choose", T0, note=note, choice=choice)
        assert refused.value.field == field
    await play.finish(active.calamity_id, "choose", T0, note="Uit respect", choice=0)
    with pytest.raises(Conflict):
        await play.finish(active.calamity_id, "choose", T0, note="Nog eens", choice=1)


async def test_a_step_is_left_out_only_where_the_playbook_allows_it(play, active):
    with pytest.raises(Refused):
        await play.skip(active.calamity_id, "write", T0)
    await play.skip(active.calamity_id, "facts", T0)
    (row,) = await play.tasks(active.calamity_id, "facts")
    assert row.state == "skipped"


async def test_only_who_steers_lets_words_go(play, active, database, town):
    task = await play.task(active.calamity_id, "give")
    responder = Actor(town.id, "someone", UserRole.RESPONDER)
    with pytest.raises(Forbidden):
        async with database.transaction() as session:
            await start_task(session, play.wakes, play.terms, responder, task, at=T0)
