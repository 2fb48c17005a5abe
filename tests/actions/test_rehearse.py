"""Rehearsing on paper: who would be called, what would leave, and where the plan does not hold."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from calamity.actions.rehearse import rehearse, rehearse_source, rehearse_version
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor
from calamity.domain.playbook import Budget, Dispatch, Playbook, Repeat
from calamity.domain.playbook_check import PlaybookFaults, canonical
from calamity.domain.rehearsal import Rehearsal, RehearsalRequest, Snagged, What
from calamity.store.calamities import list_calamities
from calamity.store.database import Database
from calamity.store.people import contact_person_of
from calamity.store.stops import stop
from tests.actions.play import Play
from tests.make import (
    CALL_OUT,
    ROUND,
    STEPS,
    T0,
    Town,
    add_key_figure,
    add_person,
    add_responder,
    later,
    make_activation,
    make_playbook,
    make_step,
    make_terms,
)

NIGHT = datetime(2026, 11, 28, 2, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


async def _rehearsed(
    database: Database, town: Town, playbook: Playbook | None = None, *, by: Actor | None = None,
    rate: float = 10.0, **asked: object,
) -> Rehearsal:  # fmt: skip
    request = RehearsalRequest(**({"at": T0} | asked))  # type: ignore[arg-type]
    async with database.reading() as session:
        return await rehearse(
            session, make_terms(rate=rate), by or town.coordinator, playbook or make_playbook(),
            request=request, at=T0,
        )  # fmt: skip


def _kinds(done: Rehearsal) -> set[Snagged]:
    return {snag.kind for snag in done.snags}


async def test_everybody_comes_and_the_plan_holds(database: Database, town: Town) -> None:
    done = await _rehearsed(database, town)
    called = [event for event in done.events if event.what is What.CALLED]
    assert [event.names for event in called] == [["Lea Voorn"], ["Corrie Snoek"], ["Nele Karper"]]
    filled = next(event for event in done.events if event.what is What.FILLED)
    assert (filled.at - T0, filled.people) == (timedelta(minutes=3), 2)
    given = next(event for event in done.events if event.step == "give")
    assert (given.at, given.people, given.held) == (later(hours=1), 8, {})
    asked = [event for event in done.events if event.what is What.ROUND]
    assert [event.people for event in asked] == [8, 3]
    assert not any(snag.stalls for snag in done.snags)
    assert [load.role for load in done.roles] == ["LEI", "COM", "NET"]
    assert [load.deputies for load in done.roles] == [1, 2, 0]


async def test_nobody_answers_reminders_deputies_and_a_missed_quota(
    database: Database, town: Town
) -> None:
    done = await _rehearsed(database, town, answering="none")
    steps = [
        (event.what, event.role, event.at - T0) for event in done.events if event.step == "call"
    ]
    minutes = timedelta(minutes=1)
    assert (What.REMINDED, "COM", 10 * minutes) in steps
    assert (What.DEPUTY, "COM", 15 * minutes) in steps
    assert (What.DEPUTY, "COM", 30 * minutes) in steps
    assert (What.NOBODY, "NET", 15 * minutes) in steps
    snag = next(snag for snag in done.snags if snag.kind is Snagged.QUOTA)
    assert snag.stalls
    assert "0 van de 2 komen" in snag.said.nl
    assert "0 of 2 come" in snag.said.en


async def test_the_ladder_is_that_of_a_real_call_out(
    play: Play, database: Database, town: Town
) -> None:
    done = await _rehearsed(database, town, answering="none")
    activation = await make_activation(database, play.wakes, town, at=T0)
    for minute in range(0, 50, 5):
        await play.wake(activation.id, later(minutes=minute))
    purposes = [text.purpose for text in await play.texts()]
    counts = {
        What.CALLED: purposes.count("call-out"),
        What.REMINDED: purposes.count("reminder"),
        What.DEPUTY: purposes.count("deputy"),
    }
    rehearsed = [event.what for event in done.events]
    assert counts == {what: rehearsed.count(what) for what in counts}


async def test_names_are_for_who_may_see_people(database: Database, town: Town) -> None:
    done = await _rehearsed(database, town, by=town.official)
    assert all(not event.names for event in done.events)
    assert all(not each.names for each in done.busiest)
    assert "Lea" not in repr(done)


async def test_at_night_texts_wait_and_a_round_closes_before_it_is_asked(
    database: Database, town: Town
) -> None:
    steps = [
        *STEPS[:2],
        make_step("ask", start="T+1h", due="T+1h", automatic=True,
                  act=replace(ROUND, closes_after="2h")),
    ]  # fmt: skip
    done = await _rehearsed(database, town, make_playbook(steps=steps), at=NIGHT)
    given = next(event for event in done.events if event.step == "give")
    assert given.leaves_at == datetime(2026, 11, 28, 6, tzinfo=UTC)
    late = next(snag for snag in done.snags if snag.kind is Snagged.TOO_LATE)
    assert (late.step, late.people, late.stalls) == ("ask", 8, True)
    assert Snagged.STALE in _kinds(done)


async def test_an_ask_without_a_give_and_a_budget(database: Database, town: Town) -> None:
    asks_first = make_playbook(steps=[make_step("ask", due="T+30m", act=ROUND), *STEPS[:2]])
    done = await _rehearsed(database, town, asks_first)
    snag = next(snag for snag in done.snags if snag.kind is Snagged.NO_GIVE)
    assert (snag.step, snag.people) == ("ask", 8)
    again = make_step("again", due="T+3h", act=Dispatch(audience="friends", message="K1"))
    often = make_playbook(budget=Budget(messages_per_day=1), steps=[*STEPS, again])
    done = await _rehearsed(database, town, often)
    snag = next(snag for snag in done.snags if snag.kind is Snagged.BUDGET)
    assert (snag.step, snag.people) == ("again", 8)


async def test_stop_roles_and_exclusions_are_those_of_today(database: Database, town: Town) -> None:
    async with database.transaction() as session:
        await stop(session, town["net1"].id, T0)
        await add_responder(session, town.id, town["lei1"], "COM", 1)
    roles = [
        replace(role, not_with=["COM"], minimum=1) if role.code == "LEI" else role
        for role in make_playbook().roles
    ]
    done = await _rehearsed(database, town, make_playbook(roles=roles))
    empty = next(snag for snag in done.snags if snag.kind is Snagged.ROLE_EMPTY)
    assert (empty.role, empty.stalls) == ("NET", True)
    both = next(snag for snag in done.snags if snag.kind is Snagged.EXCLUDED)
    assert both.names == ["Lea Voorn"]


async def test_six_tasks_in_an_hour_and_a_slow_sender(database: Database, town: Town) -> None:
    steps = [make_step(f"w{n}", due=f"T+{n * 9 + 10}m") for n in range(1, 7)]
    done = await _rehearsed(database, town, make_playbook(steps=[*STEPS, *steps]), rate=0.01)
    busy = next(snag for snag in done.snags if snag.kind is Snagged.BUSY)
    assert busy.role == "LEI"
    assert {Snagged.LANE} <= _kinds(done)


async def test_conditions_repeats_and_what_never_comes(database: Database, town: Town) -> None:
    steps = [
        *STEPS[:2],
        make_step("high", due="T+2h", when="level >= 2"),
        make_step("after", start="high", due="high + 1h"),
        make_step("daily", due="T+1h", repeat=Repeat(until="after", every="12h")),
    ]
    playbook = make_playbook(steps=steps)
    low = await _rehearsed(database, town, playbook, level=1)
    never = {snag.step: snag.kind for snag in low.snags if snag.step in {"high", "after"}}
    assert never == {"high": Snagged.LEFT_OUT, "after": Snagged.NEVER}
    high = await _rehearsed(database, town, playbook, level=2)
    assert not {Snagged.LEFT_OUT, Snagged.NEVER} & _kinds(high)
    assert sum(duty.step == "daily" for load in high.roles for duty in load.duties) == 4


async def test_versions_drafts_and_faults(database: Database, town: Town) -> None:
    terms, request = make_terms(), RehearsalRequest()
    async with database.reading() as session:
        version = await rehearse_version(
            session, terms, town.coordinator, "small", 1, request=request, at=T0
        )
        draft = await rehearse_source(
            session, terms, town.coordinator, canonical(make_playbook()), request=request, at=T0
        )
        assert version == draft
        with pytest.raises(PlaybookFaults):
            await rehearse_source(
                session, terms, town.coordinator, b"slug: small", request=request, at=T0
            )
        with pytest.raises(NotFound):
            await rehearse_version(
                session, terms, town.coordinator, "small", 9, request=request, at=T0
            )
        with pytest.raises(Refused):
            await rehearse(
                session, terms, town.coordinator, make_playbook(),
                request=RehearsalRequest(affected=["WK9"]), at=T0,
            )  # fmt: skip
        assert await list_calamities(session, town.id) == []


async def test_many_people_are_rehearsed_within_two_seconds(database: Database, town: Town) -> None:
    async with database.transaction() as session:
        contact = await contact_person_of(session, town["contact1"].id) or ""
        for number in range(1_000):
            person = await add_person(session, town.id, f"+3197011{number:06}", f"Naam{number} A")
            place = list(town.neighbourhoods.values())[number % 4]
            await add_key_figure(session, town.id, person, contact, place)
    begun = time.perf_counter()
    done = await _rehearsed(database, town)
    assert time.perf_counter() - begun < 2
    assert next(event for event in done.events if event.step == "give").people == 1_008
    assert CALL_OUT.quota == 2
