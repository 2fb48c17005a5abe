"""The ladder of a call-out, with a clock that a test moves by hand."""

import asyncio

import pytest
from msgspec.structs import replace
from sqlalchemy import text as sql_text

from calamity.actions.receive import acknowledge
from calamity.actions.run import run_activation
from calamity.actions.tasks import stop_call_out
from calamity.domain.answers import AnswerText
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Role, Words
from calamity.domain.timeline import (
    Acknowledged,
    CallOutEnded,
    CallOutFilled,
    CallOutReminded,
    DeputyCalled,
)
from calamity.store import call_outs, tasks
from tests.actions.play import inbound
from tests.make import (
    CALL_OUT,
    STEPS,
    T0,
    add_responder,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_step,
)

REMINDER, DEPUTY = later(minutes=10), later(minutes=15)


@pytest.fixture
async def called(database, wakes, town):
    """The team was called at T0: lei1, com1 and net1; two of them are enough."""
    return await make_activation(database, wakes, town)


async def by_hand(play, called, name, digit, *, at, reason=""):
    roster = await play.roster(called.calamity_id)
    who = play.town[name].id
    ladder = next(line.ladder_id for line in roster.lines if line.recipient_id == who)
    async with play.database.transaction() as session:
        return await acknowledge(
            session, play.wakes, play.terms, play.town.id, ladder, digit=digit, reason=reason,
            at=at, by_hand=True,
        )  # fmt: skip


async def test_the_primary_of_each_role_is_called_first(play, called):
    assert await play.rungs(called.calamity_id) == {
        "lei1": "called", "lei2": "waiting", "com1": "called", "com2": "waiting",
        "com3": "waiting", "net1": "called",
    }  # fmt: skip
    assert (await play.roster(called.calamity_id)).next_due_at == REMINDER


async def test_nothing_happens_before_its_time(play, called):
    await play.wake(called.id, later(minutes=9, seconds=59))
    assert len(await play.texts()) == 3


async def test_who_is_silent_gets_one_reminder_and_then_the_deputy_is_called(play, called):
    await play.wake(called.id, REMINDER)
    assert {text.purpose for text in await play.texts(to=play.town["lei1"])} == {
        "call-out",
        "reminder",
    }
    assert len(await play.happened(called.calamity_id, CallOutReminded)) == 3
    await play.wake(called.id, later(minutes=14))
    assert len(await play.texts()) == 6
    await play.wake(called.id, DEPUTY)
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["lei2"], rungs["com2"], rungs["com3"]) == (
        "silent", "called", "called", "waiting",
    )  # fmt: skip
    (text,) = await play.texts(to=play.town["lei2"])
    assert text.purpose == "deputy"
    assert text.body.startswith("Vervang je?")
    deputies = await play.happened(called.calamity_id, DeputyCalled)
    assert sorted((each.role, each.reason) for each in deputies) == [
        ("COM", "silent"), ("LEI", "silent"), ("NET", "nobody-left"),
    ]  # fmt: skip


async def test_a_worker_that_was_away_takes_one_rung_at_a_time(play, called):
    await play.wake(called.id, later(minutes=40))
    assert (await play.rungs(called.calamity_id))["lei1"] == "reminded"
    await play.wake(called.id, later(minutes=44))
    assert (await play.rungs(called.calamity_id))["lei2"] == "waiting"
    await play.wake(called.id, later(minutes=45))
    assert (await play.rungs(called.calamity_id))["lei2"] == "called"


async def test_every_deputy_has_a_reminder_too(play, called):
    for minute in (10, 15, 25, 30):
        await play.wake(called.id, later(minutes=minute))
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["com2"], rungs["com3"]) == ("silent", "called")
    purposes = [text.purpose for text in await play.texts(to=play.town["com2"])]
    assert purposes == ["deputy", "reminder"]


async def test_who_cannot_is_replaced_at_once(play, called):
    answer = await play.reply(play.town["lei1"], "2", later(minutes=2))
    assert "vervanger" in answer
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["lei2"], rungs["com1"]) == ("cannot", "called", "called")
    (deputy,) = await play.happened(called.calamity_id, DeputyCalled)
    assert (deputy.role, deputy.reason) == ("LEI", "cannot")
    await play.wake(called.id, later(minutes=12))
    assert len(await play.texts(to=play.town["lei2"], purpose="reminder")) == 1
    assert not await play.texts(to=play.town["lei1"], purpose="reminder")


async def test_who_comes_later_counts(play, called):
    assert "later" in await play.reply(play.town["lei1"], "3", later(minutes=1))
    await play.reply(play.town["com1"], "1", later(minutes=2))
    roster = await play.roster(called.calamity_id)
    assert (roster.state, roster.coming) == ("filled", 2)


async def test_enough_people_stops_the_rest_in_the_same_transaction(play, called):
    await play.send(T0)
    await play.wake(called.id, REMINDER)  # three reminders wait in the outbox
    await play.reply(play.town["lei1"], "1", later(minutes=11))
    await play.reply(play.town["com1"], "ja", later(minutes=12))
    rungs = await play.rungs(called.calamity_id)
    assert rungs == {
        "lei1": "coming", "lei2": "spared", "com1": "coming", "com2": "spared", "com3": "spared",
        "net1": "spared",
    }  # fmt: skip
    (reminder,) = await play.texts(to=play.town["net1"], purpose="reminder")
    assert reminder.state == "cancelled"
    thanked = await play.texts(purpose="enough")
    assert [text.to for text in thanked] == [play.town["net1"].id]
    (filled,) = await play.happened(called.calamity_id, CallOutFilled)
    # The reminders of who came, as they came, and of who need not.
    assert (filled.coming, filled.quota, filled.cancelled) == (2, 2, 2)
    await play.wake(called.id, later(hours=1))
    assert len(await play.texts(purpose="reminder")) == 3
    assert not await play.texts(purpose="deputy")


async def test_who_answers_after_enough_is_told_so(play, called):
    for name in ("lei1", "com1"):
        await play.reply(play.town[name], "1", later(minutes=1))
    assert "genoeg" in await play.reply(play.town["net1"], "1", later(minutes=5))
    assert (await play.roster(called.calamity_id)).coming == 2
    assert len(await play.happened(called.calamity_id, Acknowledged)) == 2


async def test_a_late_answer_of_someone_silent_still_counts(play, called):
    await play.wake(called.id, REMINDER)
    await play.wake(called.id, DEPUTY)
    await play.reply(play.town["lei1"], "1", later(minutes=20))
    assert (await play.rungs(called.calamity_id))["lei1"] == "coming"
    assert (await play.roster(called.calamity_id)).coming == 1


async def test_an_answer_may_be_changed(play, called):
    await play.reply(play.town["lei1"], "1", later(minutes=1))
    await play.reply(play.town["lei1"], "2", later(minutes=2))
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["lei2"]) == ("cannot", "called")
    assert (await play.roster(called.calamity_id)).coming == 0


@pytest.mark.parametrize("status", ["failed", "undelivered"])
async def test_a_text_that_fails_brings_the_deputy_at_once(play, called, status):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["lei1"])
    await play.receipt(text, status, later(seconds=20), 30005)
    await play.wake(called.id, later(seconds=20))
    rungs = await play.rungs(called.calamity_id)
    assert (rungs["lei1"], rungs["lei2"]) == ("unreachable", "called")
    (deputy,) = await play.happened(called.calamity_id, DeputyCalled)
    assert deputy.reason == "unreachable"
    await play.receipt(text, "canceled", later(seconds=30))
    await play.wake(called.id, later(seconds=30))
    assert len(await play.texts(purpose="deputy")) == 1


async def test_a_failed_text_keeps_nobody_awake_once_enough_people_come(play, called):
    await play.send(T0)
    (text,) = await play.texts(to=play.town["net1"])
    await play.receipt(text, "failed", later(minutes=1), 30005)
    for name in ("lei1", "com1"):
        await play.reply(play.town[name], "1", later(minutes=1))
    async with play.database.reading() as session:
        assert await call_outs.due_ladders(session, later(hours=1)) == []
        assert await call_outs.next_rung(session, called.id) is None


async def test_when_nobody_is_left_the_call_out_ends(play, called):
    for name in ("lei1", "lei2", "com1", "com2", "com3", "net1"):
        await play.reply(play.town[name], "2", later(minutes=1))
    assert (await play.roster(called.calamity_id)).state == "ended"
    (ended,) = await play.happened(called.calamity_id, CallOutEnded)
    assert (ended.coming, ended.quota) == (0, 2)


async def climbed(play, called):
    """Let everybody stay silent until nobody is left to call."""
    for minute in (10, 15, 25, 30, 40, 45):
        await play.wake(called.id, later(minutes=minute))


async def test_when_everybody_stays_silent_the_call_out_ends_and_says_who_is_missing(play, called):
    await play.reply(play.town["com1"], "1", later(minutes=1))
    await climbed(play, called)
    roster = await play.roster(called.calamity_id)
    assert (roster.state, roster.coming, roster.quota) == ("ended", 1, 2)
    (ended,) = await play.happened(called.calamity_id, CallOutEnded)
    assert (ended.coming, ended.roles) == (1, ["LEI", "NET"])
    async with play.database.reading() as session:
        assert await call_outs.next_rung(session, called.id) is None
        row = next(r for r in await tasks.tasks_of(session, called.id) if r.step == "call")
    assert row.state == "done"


async def test_an_answer_after_the_end_counts_and_may_make_it_enough(play, called):
    await climbed(play, called)
    assert "je komt" in await play.reply(play.town["lei1"], "1", later(minutes=50))
    assert (await play.roster(called.calamity_id)).state == "ended"
    await play.reply(play.town["net1"], "1", later(minutes=52))
    roster = await play.roster(called.calamity_id)
    assert (roster.state, roster.coming) == ("filled", 2)
    assert len(await play.happened(called.calamity_id, CallOutFilled)) == 1


async def test_who_cannot_after_all_once_it_ended_is_replaced(play, called):
    await play.reply(play.town["com1"], "1", later(minutes=1))
    await climbed(play, called)
    await play.reply(play.town["com1"], "2", later(minutes=50))
    roster = await play.roster(called.calamity_id)
    assert roster.state == "running"
    assert (await play.rungs(called.calamity_id))["com2"] == "called"


async def test_once_a_person_said_enough_a_no_calls_nobody(play, called, town):
    actor = Actor(town.id, "coordinator", UserRole.COORDINATOR)
    row = await play.roster(called.calamity_id)
    async with play.database.transaction() as session:
        await stop_call_out(session, play.wakes, play.terms, actor, row.id, at=later(minutes=1))
    await play.reply(play.town["lei1"], "2", later(minutes=2))
    assert (await play.roster(called.calamity_id)).state == "filled"
    assert await play.texts(to=play.town["lei2"]) == []


async def test_someone_in_two_roles_is_called_once(database, wakes, town, play):
    async with database.transaction() as session:
        extra = town["lei1"]
        await add_responder(session, town.id, extra, "XTR", 1)
        await add_responder(session, town.id, town["net1"], "XTR", 2)
        roles = [*make_playbook().roles, make_role("XTR")]
        act = replace(CALL_OUT, roles=["LEI", "XTR"])
        steps = [make_step("call", automatic=True, due="T+5m", act=act), *STEPS[1:],
                 make_step("net", role="NET"), make_step("com", role="COM")]  # fmt: skip
        await make_approved(session, town, make_playbook(slug="twice", roles=roles, steps=steps))
    made = await make_activation(database, wakes, town, slug="twice")
    assert len(await play.texts(to=town["lei1"])) == 1
    assert await play.rungs(made.calamity_id) == {
        "lei1": "called", "lei2": "waiting", "xtr1": "spared", "xtr2": "waiting",
    }  # fmt: skip
    await play.reply(town["lei1"], "2", later(minutes=1))
    assert await play.rungs(made.calamity_id) == {
        "lei1": "cannot", "lei2": "called", "xtr1": "spared", "xtr2": "called",
    }  # fmt: skip


def make_role(code):
    return Role(code=code, title=Words(nl=code, en=code), task=Words(nl=code, en=code))


async def test_an_answer_by_phone_is_written_down_with_its_reason(play, called):
    words = await by_hand(play, called, "net1", 2, at=later(minutes=3), reason="Ziek")
    assert words is AnswerText.CANNOT
    (entry,) = await play.happened(called.calamity_id, Acknowledged)
    assert (entry.role, entry.answer, entry.reason) == ("NET", "cannot", "Ziek")
    assert entry.by_hand
    (waiting,) = await play.texts(to=play.town["net1"])
    assert waiting.state == "cancelled"


async def test_an_answer_says_on_the_timeline_whether_a_deputy_gave_it(play, called):
    await play.reply(play.town["lei1"], "2", later(minutes=1))
    await play.reply(play.town["lei2"], "1", later(minutes=2))
    first, second = await play.happened(called.calamity_id, Acknowledged)
    assert (first.role, first.answer, first.by_deputy, first.coming) == ("LEI", "cannot", False, 0)
    assert (second.role, second.answer, second.by_deputy, second.coming) == (
        "LEI",
        "coming",
        True,
        1,
    )


async def wakes_at_once(play, activation_id, at, many=10):
    async def one() -> None:
        async with play.database.transaction() as session:
            await run_activation(session, play.wakes, play.terms, activation_id, at=at)

    await asyncio.gather(*(one() for _ in range(many)))


async def test_the_same_wake_ten_times_reminds_once(play, called):
    for at in (REMINDER, DEPUTY):
        for _ in range(5):
            await play.wake(called.id, at)
        await wakes_at_once(play, called.id, at, 5)
    texts = await play.texts()
    assert len({(text.to, text.purpose) for text in texts}) == len(texts)
    assert sorted(text.purpose for text in texts) == (
        ["call-out"] * 3 + ["deputy"] * 2 + ["reminder"] * 3
    )
    assert (await play.verdict(called.calamity_id)).intact


async def test_answers_and_wakes_at_the_same_moment_agree(play, called):
    await play.send(T0)
    for name in ("lei1", "com1", "net1"):
        await play.keep(inbound(play.town[name], "1"), at=REMINDER)
    await asyncio.gather(play.read(REMINDER), wakes_at_once(play, called.id, REMINDER, 6))
    await play.read(REMINDER)
    roster = await play.roster(called.calamity_id)
    assert roster.state == "filled"
    assert roster.coming == 2
    texts = await play.texts()
    assert len({(text.to, text.purpose) for text in texts}) == len(texts)
    assert len(await play.happened(called.calamity_id, CallOutFilled)) == 1
    assert (await play.verdict(called.calamity_id)).intact


# Wakes are rows on PostgreSQL alone.
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_wakes_do_not_multiply(play, called, database):
    async def waiting():
        async with database.reading() as session:
            return await session.sql.scalar(
                sql_text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'activation'")
            )

    before = await waiting()
    for minute in (10, 15, 25, 30, 40, 45):
        for _ in range(4):
            await play.wake(called.id, later(minutes=minute))
    assert await waiting() - before <= 6
