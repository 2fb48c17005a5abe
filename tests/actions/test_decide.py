"""What people decide, correct, erase and close."""

import asyncio

import pytest

from calamity.actions.decide import (
    NewSummary,
    close_calamity,
    correct,
    erase,
    summarise,
)
from calamity.actions.matters import NewStatement, state
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.timeline import (
    CalamityClosed,
    Corrected,
    EntryKind,
    Erased,
    LevelSet,
    PhaseSet,
    PicturePublished,
    Sealed,
    Statement,
    SummaryWritten,
    Visibility,
)
from calamity.store import rounds
from calamity.store.calamities import get_calamity, list_activations
from calamity.store.timeline import TimelineReader
from tests.make import T0, later, make_activation, make_town


@pytest.fixture
async def active(database, wakes, town):
    return await make_activation(database, wakes, town)


async def calamity_of(database, town, made):
    async with database.reading() as session:
        return await get_calamity(session, town.id, made.calamity_id)


async def write(database, actor, made, **changes) -> int:
    given = {"kind": "note", "text": "Gezien op het plein"}
    async with database.transaction() as session:
        statement = NewStatement(**(given | changes))
        return await state(session, actor, made.calamity_id, statement, at=later(minutes=1))


async def shut(database, wakes, town, made, *, actor=None, at=None):
    async with database.transaction() as session:
        await close_calamity(
            session, wakes, actor or town.coordinator, made.calamity_id,
            reason="Rustig geworden", at=at or later(hours=1),
        )  # fmt: skip


async def test_each_level_is_set_apart_and_with_a_reason(database, town, play, active):
    await play.set_level(active.calamity_id, 2, later(minutes=1))
    row = await calamity_of(database, town, active)
    assert (row.social_level, row.grip, row.threat) == (2, 0, 0)
    assert row.level_since == later(minutes=1)
    entry = (await play.happened(active.calamity_id, LevelSet))[-1]
    assert (entry.value, entry.previous, entry.reason) == (2, 1, "Groepen op straat")


@pytest.mark.parametrize(("value", "reason"), [(4, "x"), (-1, "x"), (2, " ")])
async def test_a_level_outside_its_range_or_without_reason_is_refused(play, active, value, reason):
    with pytest.raises(Refused):
        await play.set_level(active.calamity_id, value, T0, reason=reason)


async def test_a_phase_is_a_decision_on_the_timeline(database, town, play, active):
    await play.set_phase(active.calamity_id, "after", later(hours=1))
    with pytest.raises(Refused) as refused:
        await play.set_phase(active.calamity_id, "nonsense", later(hours=1))
    assert refused.value.field == "phase"
    (entry,) = await play.happened(active.calamity_id, PhaseSet)
    assert (entry.phase, entry.previous) == ("after", "acute")
    assert (await calamity_of(database, town, active)).phase_since == later(hours=1)


async def test_a_statement_has_two_times(database, town, active):
    seq = await write(database, town.coordinator, active, happened_at=T0)
    (line, _) = (
        await TimelineReader(database).newest(active.calamity_id, tuple(Visibility), limit=1)
    )[0]
    assert (line.seq, line.happened_at, line.recorded_at) == (seq, T0, later(minutes=1))
    with pytest.raises(Refused):
        await write(database, town.coordinator, active, happened_at=later(days=1))


async def test_nobody_writes_where_they_cannot_read(database, town, active):
    responder = Actor(town.id, "someone", UserRole.RESPONDER)
    await write(database, responder, active, visibility=Visibility.TEAM)
    with pytest.raises(Refused):
        await write(database, responder, active, visibility=Visibility.COORDINATORS)
    with pytest.raises(Forbidden):
        await write(database, town.official, active)


async def test_a_correction_stands_under_the_entry_that_was_wrong(database, town, play, active):
    seq = await write(database, town.coordinator, active)
    async with database.transaction() as session:
        await correct(
            session, town.coordinator, active.calamity_id, seq, text="Op het andere plein",
            at=later(minutes=2),
        )  # fmt: skip
    assert Statement(kind="note", text="Gezien op het plein") in await play.happened(
        active.calamity_id
    )
    assert await play.happened(active.calamity_id, Corrected) == [
        Corrected(refers_to=seq, text="Op het andere plein")
    ]
    official = Actor(town.id, "someone", UserRole.CONTACT_PERSON)
    hidden = await write(database, town.coordinator, active, visibility=Visibility.COORDINATORS)
    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await correct(session, official, active.calamity_id, hidden, text="x", at=T0)


async def test_erasing_takes_the_words_and_leaves_the_chain(database, town, play, active):
    seq = await write(database, town.coordinator, active, text="Een naam te veel")
    async with database.transaction() as session:
        await erase(
            session,
            town.coordinator,
            active.calamity_id,
            seq,
            ground="art. 17 AVG",
            at=later(hours=1),
        )
    assert "Een naam te veel" not in str(await play.happened(active.calamity_id))
    (entry,) = await play.happened(active.calamity_id, Erased)
    assert (entry.refers_to, entry.ground) == (seq, "art. 17 AVG")
    verdict = await play.verdict(active.calamity_id)
    assert (verdict.intact, verdict.erased) == (True, 1)


async def test_erasing_needs_a_ground_and_something_to_erase(database, wakes, town, play, active):
    async def attempt(seq, ground="art. 17", actor=town.coordinator):
        async with database.transaction() as session:
            await erase(session, actor, active.calamity_id, seq, ground=ground, at=later(hours=2))

    seq = await write(database, town.coordinator, active)
    with pytest.raises(Refused):
        await attempt(seq, ground="  ")
    with pytest.raises(NotFound):
        await attempt(999)
    with pytest.raises(Forbidden):
        await attempt(seq, actor=town.official)
    await attempt(seq)
    with pytest.raises(Conflict):
        await attempt(seq)
    with pytest.raises(Refused):
        await attempt(seq + 1)
    await shut(database, wakes, town, active)
    seal = len(await play.happened(active.calamity_id)) + 1
    with pytest.raises(Refused):
        await attempt(seal)


async def test_a_summary_says_when_more_follows(database, town, play, active):
    async with database.transaction() as session:
        await summarise(
            session, town.coordinator, active.calamity_id,
            NewSummary(["Het is rustig."], next_update_at=later(hours=3)), at=later(hours=1),
        )  # fmt: skip
    assert await play.happened(active.calamity_id, SummaryWritten) == [
        SummaryWritten(sentences=["Het is rustig."])
    ]
    assert (await calamity_of(database, town, active)).next_update_at == later(hours=3)


async def test_closing_ends_all_that_waits_and_seals_the_head(database, wakes, town, play, active):
    for step in ("give", "facts"):
        await play.start(active.calamity_id, step, T0)
    await play.send(later(minutes=1))
    await play.start(active.calamity_id, "ask", later(minutes=2))
    await play.start(active.calamity_id, "stop", later(minutes=2))
    await shut(database, wakes, town, active)
    states = {text.purpose: text.state for text in await play.texts()}
    assert states == {
        "call-out": "accepted",
        "give": "accepted",
        "ask": "cancelled",
        "close": "ready",
    }
    assert (await play.roster(active.calamity_id)).state == "ended"
    async with database.reading() as session:
        assert (await rounds.list_rounds(session, active.calamity_id))[0].closed_at == later(
            hours=1
        )
        assert all(each.ended_at for each in await list_activations(session, active.calamity_id))
    assert len(await play.happened(active.calamity_id, PicturePublished)) == 2
    said = await play.happened(active.calamity_id)
    assert said[-2] == CalamityClosed(reason="Rustig geworden")
    assert isinstance(said[-1], Sealed)
    assert said[-1].head_seq == len(said) - 1
    verdict = await play.verdict(active.calamity_id)
    assert (verdict.intact, verdict.sealed) == (True, len(said) - 1)


async def test_after_closing_time_stands_still(database, wakes, town, play, active):
    await shut(database, wakes, town, active)
    before = await play.texts()
    for hours in (2, 30, 60):
        await play.wake(active.id, later(hours=hours))
    assert await play.texts() == before
    for attempt in (
        lambda: shut(database, wakes, town, active),
        lambda: write(database, town.coordinator, active),
        lambda: play.start(active.calamity_id, "give", later(hours=2)),
    ):
        with pytest.raises(Conflict):
            await attempt()


async def test_closings_at_once_close_once(database, wakes, town, play, active):
    await play.start(active.calamity_id, "give", T0)
    await play.send(T0)
    await play.start(active.calamity_id, "ask", T0)
    done = await asyncio.gather(
        *(shut(database, wakes, town, active) for _ in range(4)),
        *(play.wake(active.id, later(minutes=10)) for _ in range(4)),
        return_exceptions=True,
    )
    failed = [each for each in done if each is not None]
    assert len(failed) == 3
    assert all(isinstance(each, Conflict) for each in failed), failed
    assert len(await play.happened(active.calamity_id, CalamityClosed)) == 1
    assert (await play.verdict(active.calamity_id)).intact


async def test_a_calamity_of_another_town_does_not_exist(database, wakes, town, active):
    async with database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders", key_figures=0)
    with pytest.raises(NotFound):
        await write(database, other.coordinator, active)
    with pytest.raises(NotFound):
        await shut(database, wakes, town, active, actor=other.coordinator)


async def test_a_correction_of_a_closed_calamity_is_still_possible(
    database, wakes, town, play, active
):
    seq = await write(database, town.coordinator, active, kind="fact")
    await shut(database, wakes, town, active)
    async with database.transaction() as session:
        await correct(
            session, town.coordinator, active.calamity_id, seq, text="Anders", at=later(days=2)
        )
    reader = TimelineReader(database)
    lines = await reader.newest(active.calamity_id, tuple(Visibility), limit=1)
    assert lines[0][0].kind is EntryKind.CORRECTION
    assert (await play.verdict(active.calamity_id)).intact
