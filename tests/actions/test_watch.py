"""The watch: the rapid team alone, until a person ends it in one of two ways."""

import asyncio

import pytest

from calamity.actions.plan import plan
from calamity.actions.tasks import NewRound, open_extra_round
from calamity.actions.tell import NewTelling, draft_telling, tell
from calamity.actions.watch import end_watch, plan_end, stand_down
from calamity.actions.write import write_to_key_figure
from calamity.domain.errors import Conflict, Forbidden, Refused
from calamity.domain.playbook import Audience, Dispatch, Group, Repeat, Words
from calamity.domain.timeline import CalamityClosed, DispatchQueued, WatchBegun, WatchEnded
from calamity.store.calamities import get_calamity
from tests.make import (
    STEPS,
    T0,
    ids_of,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_request,
    make_step,
)

WHY = "We weten nog niet wat dit is"
WORDS = Dispatch(audience="friends", message="K1")
OUTSIDE = {"give", "facts", "ask", "stop", "soon", "again", "late", "help", "told"}
DAILY = Repeat(every="1d", until="T+3d")
MORE = (
    make_step("soon", start="T+0m", due="T+30m", automatic=True, act=WORDS),
    make_step("again", start="T+1h", due="T+2h", act=WORDS, repeat=DAILY),
    make_step("late", start="acute + 3h", due="acute + 4h", act=WORDS, when="level >= 2"),
    make_step("help", due="T+1h", who="residents"),
    make_step("told", start="write + 1h", due="write + 2h", act=WORDS),
    make_step("look", start="T+10m", due="T+30m"),
)  # fmt: skip


@pytest.fixture
async def watched(database, wakes, town):
    return await make_watch(database, wakes, town)


async def make_watch(database, wakes, town, **changes):
    playbook = make_playbook(version=2, steps=[*STEPS, *MORE], **changes)
    async with database.transaction() as session:
        await make_approved(session, town, playbook)
    return await make_activation(database, wakes, town, watch_reason=WHY)


async def waits(play, made) -> dict[str, str | None]:
    return {row.step: row.waits_for for row in await play.tasks(made.calamity_id)}


async def go_on(database, play, made, at, *, reason="Het is een aanslag", actor=None):
    async with database.transaction() as session:
        await end_watch(
            session, play.wakes, play.terms, actor or play.town.coordinator, made.calamity_id,
            reason=reason, at=at,
        )  # fmt: skip


async def leave(database, play, made, at, *, reason="Het was vuurwerk"):
    async with database.transaction() as session:
        await stand_down(
            session, play.wakes, play.terms, play.town.coordinator, made.calamity_id,
            reason=reason, at=at,
        )  # fmt: skip


async def test_on_watch_the_team_alone_hears_from_us(database, town, play, watched):
    assert {step for step, why in (await waits(play, watched)).items() if why == "watch"} == OUTSIDE
    team = ids_of([town["lei1"], town["com1"], town["net1"]])
    assert {text.to for text in await play.texts()} == team
    assert await play.happened(watched.calamity_id, WatchBegun) == [WatchBegun(reason=WHY)]
    # Time, a level and a phase change nothing of it; the tasks of the team run as ever.
    await play.set_level(watched.calamity_id, 2, later(hours=5))
    await play.set_phase(watched.calamity_id, "after", later(days=2))
    await play.wake(watched.id, later(days=2, hours=1))
    assert {step for step, why in (await waits(play, watched)).items() if why == "watch"} == OUTSIDE
    assert {text.purpose for text in await play.texts()} <= {"call-out", "reminder", "deputy"}
    (look,) = await play.tasks(watched.calamity_id, "look")
    assert look.state == "open"
    await play.finish(watched.calamity_id, "look", later(days=2, hours=1))
    assert (await play.verdict(watched.calamity_id)).intact


async def test_no_other_way_leads_outside(database, wakes, town, play, watched):
    for step in ("give", "ask", "help"):
        with pytest.raises(Conflict, match="End the watch first"):
            await (play.finish if step == "help" else play.start)(
                watched.calamity_id, step, later(minutes=5)
            )
    telling = NewTelling(fact=1, audience="friends", texts={"nl": "Blijf kalm. {sender}"})

    async def by_round(session):
        await open_extra_round(
            session, wakes, play.terms, town.coordinator, watched.calamity_id,
            NewRound(audiences=["friends"]), at=later(minutes=5),
        )  # fmt: skip

    async def by_telling(session):
        await tell(
            session, wakes, play.terms, town.coordinator, watched.calamity_id, new=telling,
            at=later(minutes=5),
        )  # fmt: skip

    async def by_draft(session):
        await draft_telling(session, town.coordinator, watched.calamity_id, telling)

    for way in (by_round, by_telling, by_draft):
        with pytest.raises(Conflict, match="End the watch first"):
            async with database.transaction() as session:
                await way(session)
    # A later time of a step that a person left out waits too.
    await play.skip(watched.calamity_id, "again", later(minutes=6))
    assert [row.waits_for for row in await play.tasks(watched.calamity_id, "again")] == [
        None, "watch",
    ]  # fmt: skip


async def test_a_contact_person_answers_but_does_not_begin(database, wakes, town, play, watched):
    async def write(at):
        async with database.transaction() as session:
            await write_to_key_figure(
                session, wakes, play.terms, town.contacts[0], town["kf1"].id, "Ik bel je.", at=at
            )

    with pytest.raises(Refused, match="we write to nobody first"):
        await write(later(minutes=5))
    await play.reply(town["kf1"], "Wat is er aan de hand?", later(minutes=6))
    await write(later(minutes=7))
    assert (await play.texts(to=town["kf1"], purpose="give"))[0].body.startswith("Ik bel je.")


async def test_going_on_counts_from_that_moment(database, wakes, town, play, watched):
    at = later(hours=5)
    await play.finish(watched.calamity_id, "write", later(hours=1))
    await play.set_level(watched.calamity_id, 2, later(hours=4))
    async with database.reading() as session:
        (planned,) = await plan_end(
            session, play.terms, town.coordinator, watched.calamity_id, at=at
        )
    assert {act.step for act in planned.go_on} == OUTSIDE - {"help"}
    (now,) = [act for act in planned.go_on if act.is_automatic]
    assert (now.step, now.start_at, now.waits_for) == ("soon", at, None)
    with pytest.raises(Refused, match="Say why"):
        await go_on(database, play, watched, at, reason=" ")
    with pytest.raises(Forbidden):
        await go_on(database, play, watched, at, actor=town.official)
    await asyncio.gather(*(go_on(database, play, watched, at) for _ in range(3)))
    texts = await play.texts(purpose="give")
    # What was seen is what leaves, once, and in the transaction that ended the watch.
    assert len(texts) == now.recipients == len({text.to for text in texts})
    assert {text.example for text in now.texts} <= {text.body for text in texts}
    found = {row.step: row for row in await play.tasks(watched.calamity_id)}
    assert "watch" not in {row.waits_for for row in found.values()}
    due = {step: (row.start_at - at, row.due_at - at) for step, row in found.items()}
    assert due["give"] == (later() - T0, later(hours=1) - T0)
    assert due["ask"][0] == later(days=1) - T0
    assert due["late"] == (later(hours=3) - T0, later(hours=4) - T0)
    assert due["told"] == (later(hours=1) - T0, later(hours=2) - T0)
    assert found["look"].start_at == later(minutes=10)
    assert found["again"].waits_for is None
    assert found["soon"].state == "done"
    (line,) = await play.happened(watched.calamity_id, WatchEnded)
    assert line == WatchEnded(reason="Het is een aanslag", since=T0, steps=len(OUTSIDE))
    # The later times, and the end of the repeat, count from there too.
    await play.start(watched.calamity_id, "again", later(hours=6))
    rows = await play.tasks(watched.calamity_id, "again")
    assert [row.start_at for row in rows] == [later(hours=6), later(days=1, hours=6)]
    await play.start(watched.calamity_id, "facts", later(hours=6))
    assert (await play.verdict(watched.calamity_id)).intact


async def test_what_stops_halfway_leaves_the_watch_as_it_was(database, town, play, watched):
    before = await play.texts()

    async def die_before_the_commit():
        async with database.transaction() as session:
            await end_watch(
                session, play.wakes, play.terms, town.coordinator, watched.calamity_id,
                reason="Ja", at=later(hours=1),
            )  # fmt: skip
            raise SystemError

    with pytest.raises(SystemError):
        await die_before_the_commit()
    assert await play.texts() == before
    assert {step for step, why in (await waits(play, watched)).items() if why == "watch"} == OUTSIDE
    assert not await play.happened(watched.calamity_id, WatchEnded)


@pytest.mark.parametrize("closes", [True, False])
async def test_standing_down_tells_the_team_alone(database, wakes, town, play, closes):
    team = Audience(code="team", title=Words(nl="Team", en="Team"), of=Group.RAPID_TEAM)
    extra = make_step("home", start="T+2d", due="T+3d", act=Dispatch(audience="team", message="T4"))
    changes = {}
    if closes:
        changes = {"audiences": [*make_playbook().audiences, team]}
    steps = [*STEPS, *([extra] if closes else [])]
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(version=2, steps=steps, **changes))
    made = await make_activation(database, wakes, town, watch_reason=WHY)
    await play.send(T0)
    await play.reply(town["lei1"], "1", later(minutes=1))
    await play.reply(town["com1"], "2", later(minutes=2))
    with pytest.raises(Conflict, match="stand down"):
        await play.close(made.calamity_id, later(minutes=3))
    with pytest.raises(Refused):
        await leave(database, play, made, later(minutes=3), reason="")
    async with database.reading() as session:
        (planned,) = await plan_end(
            session, play.terms, town.coordinator, made.calamity_id, at=later(minutes=3)
        )
    (act,) = planned.stand_down
    await leave(database, play, made, later(minutes=3))
    sent = [text for text in await play.texts() if text.purpose == "close"]
    # Who comes and who was called; not who cannot, and not who was never called.
    assert {text.to for text in sent} == ids_of([town["lei1"], town["net1"], town["com2"]])
    assert (act.recipients, act.message) == (3, "T4")
    assert {text.state for text in sent} == {"ready"}
    (line,) = await play.happened(made.calamity_id, DispatchQueued)
    assert line.audience == ("team" if closes else "rapid-team")
    assert await play.happened(made.calamity_id, CalamityClosed) == [
        CalamityClosed(reason="Het was vuurwerk", stood_down=True)
    ]
    assert (await play.roster(made.calamity_id)).state == "ended"
    with pytest.raises(Conflict):
        await leave(database, play, made, later(minutes=4))
    with pytest.raises(Conflict):
        await go_on(database, play, made, later(minutes=4))
    before = await play.texts()
    await play.wake(made.id, later(days=3))
    assert await play.texts() == before
    verdict = await play.verdict(made.calamity_id)
    assert verdict.intact
    assert verdict.sealed


async def test_going_on_and_standing_down_at_once_do_one_of_the_two(database, town, play, watched):
    done = await asyncio.gather(
        go_on(database, play, watched, later(hours=1)),
        leave(database, play, watched, later(hours=1)),
        return_exceptions=True,
    )
    (failed,) = [each for each in done if each is not None]
    assert isinstance(failed, Conflict)
    async with database.reading() as session:
        row = await get_calamity(session, town.id, watched.calamity_id)
    told = bool(await play.texts(purpose="give"))
    assert (row.closed_at is None) == (row.watch_ended_at is not None) == told


async def test_a_second_playbook_is_on_watch_too_until_it_ends(
    database, wakes, town, play, watched
):
    second = await make_activation(
        database, wakes, town, request_key="request-0002", calamity_id=watched.calamity_id,
        version=1, levels=None, at=later(hours=1),
    )  # fmt: skip
    rows = [row for row in await play.tasks(watched.calamity_id) if row.activation_id == second.id]
    held = {row.step for row in rows if row.waits_for == "watch"}
    assert held == {"give", "facts", "ask", "stop"}
    await go_on(database, play, watched, later(hours=2))
    rows = [row for row in await play.tasks(watched.calamity_id) if row.activation_id == second.id]
    assert {row.start_at for row in rows if row.step in ("give", "facts")} == {later(hours=2)}
    # After that nothing is kept inside any more, and a new playbook counts from its own beginning.
    given = {"calamity_id": watched.calamity_id, "version": 1, "levels": None}
    with pytest.raises(Refused, match="not on watch") as refused:
        await make_activation(
            database, wakes, town, request_key="request-0003", watch_reason=WHY, **given
        )
    assert refused.value.field == "watch_reason"
    third = await make_activation(
        database, wakes, town, request_key="request-0004", at=later(hours=3), **given
    )
    rows = [row for row in await play.tasks(watched.calamity_id) if row.activation_id == third.id]
    assert {row.start_at for row in rows if row.step == "give"} == {later(hours=3)}


async def test_the_plan_of_a_watch_says_what_waits(database, town, play):
    async with database.reading() as session:
        planned = await plan(
            session, play.terms, town.coordinator, make_request(watch_reason=WHY), at=T0
        )
    assert planned.is_watch
    waiting = {act.step: act.waits_for for act in planned.acts}
    assert waiting.pop("call") is None
    assert set(waiting.values()) == {"watch"}


async def test_who_never_watched_cannot_end_a_watch(database, wakes, town, play):
    with pytest.raises(Refused, match="what you wait for"):
        await make_activation(database, wakes, town, watch_reason="   ")
    made = await make_activation(database, wakes, town)
    for act in (go_on, leave):
        with pytest.raises(Conflict, match="not on watch"):
            await act(database, play, made, later(hours=1))
