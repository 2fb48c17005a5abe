"""Moments, conditions and repeats: rows say what waits for what, whatever wakes do."""

from datetime import UTC, datetime, timedelta

import pytest

from calamity.actions.decide import confirm_need
from calamity.domain.activation import Inputs, Levels
from calamity.domain.errors import Refused
from calamity.domain.forms import MadeDecision, MeasureForm, MeetingForm
from calamity.domain.playbook import (
    Decision,
    Dispatch,
    LevelRule,
    Measure,
    Meeting,
    Message,
    Question,
    Repeat,
    StopCondition,
    Words,
)
from calamity.domain.timeline import (
    CalamityClosed,
    LevelSet,
    NeedConfirmed,
    Statement,
    TaskMissed,
)
from calamity.store.calamities import get_calamity
from calamity.store.tasks import due_activations
from tests.make import (
    MESSAGES,
    STEPS,
    T0,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_step,
)

DOCUMENT = ("questions", "messages", "levels", "stop", "review_days")
"""What may differ in the playbook besides its steps."""
CHOICE = Decision(
    question=Words(nl="Vlag halfstok?", en="Flag at half-mast?"),
    options=[Words(nl="Ja", en="Yes"), Words(nl="Nee", en="No")],
)
QUESTION = Question(code="here", text=Words(nl="Is het hier gebeurd?", en="Was it here?"))


def local(day: int, hour: int) -> datetime:
    """Return a clock time in Amsterdam, in the winter week in which T0 falls."""
    return (T0 + timedelta(days=day)).replace(hour=hour - 1, minute=0, second=0, microsecond=0)


async def begun(database, wakes, town, *steps, **changes):
    """Activate a playbook with these steps besides those of the small one."""
    document = {key: changes.pop(key) for key in DOCUMENT if key in changes}
    changes |= changes.pop("request", {})
    playbook = make_playbook(version=2, steps=[*STEPS, *steps], **document)
    async with database.transaction() as session:
        await make_approved(session, town, playbook)
    return await make_activation(database, wakes, town, **changes)


async def one(play, made, step):
    (row,) = await play.tasks(made.calamity_id, step)
    return row


async def test_what_follows_a_phase_waits_until_it_begins(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("visit", phase="after", start="after + 2h", due="after + 1d"),
    )  # fmt: skip
    row = await one(play, made, "visit")
    assert (row.waits_for, row.start_at) == ("phase after", later(days=2, hours=2))
    await play.wake(made.id, later(days=3))
    assert (await one(play, made, "visit")).state == "waiting"
    await play.set_phase(made.calamity_id, "after", later(days=3))
    row = await one(play, made, "visit")
    assert row.waits_for is None
    assert (row.start_at, row.due_at) == (later(days=3, hours=2), later(days=4))
    await play.wake(made.id, later(days=3, hours=2))
    assert (await one(play, made, "visit")).state == "open"


async def test_a_phase_begins_once_and_brings_along_what_was_passed_over(
    database, wakes, town, play
):
    made = await begun(
        database, wakes, town, make_step("back", start="acute + 1h"),
        make_step("on", phase="after", start="after + 1h", due="after + 2h"),
    )  # fmt: skip
    assert (await one(play, made, "back")).start_at == later(hours=1)
    await play.set_phase(made.calamity_id, "after", later(minutes=10))
    await play.set_phase(made.calamity_id, "acute", later(minutes=20))
    await play.set_phase(made.calamity_id, "after", later(minutes=30))
    assert (await one(play, made, "on")).start_at == later(minutes=70)
    assert (await one(play, made, "back")).start_at == later(hours=1)


@pytest.mark.parametrize("way", ["finish", "skip"])
async def test_what_follows_a_step_waits_until_it_ends(database, wakes, town, play, way):
    made = await begun(
        database, wakes, town,
        make_step("first", due="T+4h"),
        make_step("second", start="first + 30m", due="first + 2h"),
    )  # fmt: skip
    row = await one(play, made, "second")
    assert (row.waits_for, row.start_at) == ("step first", later(hours=4, minutes=30))
    await getattr(play, way)(made.calamity_id, "first", later(hours=1))
    row = await one(play, made, "second")
    assert (row.waits_for, row.start_at) == (None, later(hours=1, minutes=30))
    assert row.due_at == later(hours=3)


async def test_what_follows_a_call_out_starts_from_the_rows_alone(database, wakes, town, play):
    """The reply that fills a call-out cannot settle; the row keeps the news for the sweep."""
    made = await begun(
        database, wakes, town, make_step("meet", start="call + 15m", due="call + 1h")
    )
    await play.reply(town["lei1"], "1", later(minutes=1))
    await play.reply(town["com1"], "1", later(minutes=2))
    row = await one(play, made, "meet")
    assert row.waits_for == "step call"
    async with database.reading() as session:
        assert await due_activations(session, later(minutes=2)) == [made.id]
    await play.wake(made.id, later(minutes=3))
    row = await one(play, made, "meet")
    assert (row.waits_for, row.start_at) == (None, later(minutes=17))
    async with database.reading() as session:
        assert await due_activations(session, later(minutes=3)) == []


async def test_an_automatic_step_may_be_what_the_next_one_waits_for(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("tell", automatic=True, start="T+1h",
                  act=Dispatch(audience="street", message="P1")),
        make_step("check", start="tell + 0m"),
    )  # fmt: skip
    await play.wake(made.id, later(hours=1))
    assert (await one(play, made, "tell")).state == "done"
    assert (await one(play, made, "check")).state == "open"


async def test_clock_times_are_those_of_the_installation(database, wakes, town, play):
    made = await begun(
        database, wakes, town, make_step("flag", start="T+0m @ 17:00", due="T+0m @ 18:00"),
        make_step("year", start="2027-03-18 @ 10:00", due="2027-03-18 @ 12:00"),
    )  # fmt: skip
    assert (await one(play, made, "flag")).start_at == local(0, 17)
    assert (await one(play, made, "year")).start_at == datetime(2027, 3, 18, 9, tzinfo=UTC)


async def test_an_exercise_counts_clock_times_in_its_own_time(database, wakes, town, play):
    made = await begun(
        database, wakes, town, make_step("flag", start="T+0m @ 17:00", due="T+0m @ 18:00"),
        is_exercise=True, tempo=60,
    )  # fmt: skip
    row = await one(play, made, "flag")
    assert row.start_at == T0 + (local(0, 17) - T0) / 60
    assert row.due_at - row.start_at == timedelta(minutes=1)


async def test_a_condition_opens_what_holds_and_never_shuts_it(database, wakes, town, play):
    made = await begun(database, wakes, town, make_step("broad", when="level >= 2", due="T+1h"))
    assert (await one(play, made, "broad")).waits_for == "condition"
    await play.wake(made.id, later(minutes=5))
    assert (await one(play, made, "broad")).state == "waiting"
    await play.set_level(made.calamity_id, 2, later(hours=3))
    row = await one(play, made, "broad")
    assert (row.waits_for, row.start_at, row.due_at) == (None, later(hours=3), later(hours=4))
    await play.set_level(made.calamity_id, 1, later(hours=3))
    await play.wake(made.id, later(hours=3))
    assert (await one(play, made, "broad")).state == "waiting"
    await play.set_level(made.calamity_id, 3, later(hours=4))
    await play.wake(made.id, later(hours=4))
    await play.set_level(made.calamity_id, 0, later(hours=5))
    assert (await one(play, made, "broad")).state == "open"


async def test_conditions_ask_answers_and_outcomes(database, wakes, town, play):
    steps = (
        make_step("flags", act=CHOICE),
        make_step("lowered", when="here and flags = 1"),
        make_step("raised", when="here and flags = 2"),
        make_step("unasked", when="not here"),
    )
    made = await begun(
        database, wakes, town, *steps, questions=[QUESTION],
        inputs=Inputs(
            incident={"nl": "een aanslag"}, answers={"here": "yes"}
        ),
    )  # fmt: skip
    assert (await one(play, made, "lowered")).waits_for == "condition"
    await play.finish(made.calamity_id, "flags", later(minutes=5), choice=0, note="Uit respect")
    assert (await one(play, made, "flags")).choice == 1
    (flags,) = await play.happened(made.calamity_id, Statement)
    assert (flags.text, flags.text_en) == (
        "Vlag halfstok? Ja. Uit respect", "Flag at half-mast? Yes. Uit respect",
    )  # fmt: skip
    assert (await one(play, made, "lowered")).waits_for is None
    await play.wake(made.id, later(minutes=5))
    states = {
        step: (await one(play, made, step)).state for step in ("lowered", "raised", "unasked")
    }
    assert states == {"lowered": "open", "raised": "waiting", "unasked": "waiting"}


async def test_what_nobody_knows_holds_nothing_open(database, wakes, town, play):
    made = await begun(
        database, wakes, town, make_step("near", when="here"), make_step("far", when="not here"),
        make_step("guess", when="here = unknown"), questions=[QUESTION],
    )  # fmt: skip
    for step, waits in (("near", "condition"), ("far", "condition"), ("guess", None)):
        assert (await one(play, made, step)).waits_for == waits


TWICE = Repeat(until="after", at=["10:00", "17:00"])


async def test_a_repeat_is_made_when_one_opens_until_its_phase(database, wakes, town, play):
    made = await begun(database, wakes, town, make_step("twice", due="T+2h", repeat=TWICE))
    slots = [local(day, hour) for day in range(3) for hour in (10, 17)]
    slots = [slot for slot in slots if slot >= T0]
    for count, slot in enumerate(slots[:3], 1):
        rows = await play.tasks(made.calamity_id, "twice")
        assert [row.occurrence for row in rows] == list(range(1, count + 1))
        assert (rows[-1].state, rows[-1].start_at) == ("waiting", slot)
        assert rows[-1].due_at == slot + timedelta(hours=2)
        await play.wake(made.id, slot)
        await play.wake(made.id, slot)
        await play.finish_row(rows[-1].id, slot)
    await play.set_phase(made.calamity_id, "after", slots[2] + timedelta(minutes=1))
    assert [row.state for row in await play.tasks(made.calamity_id, "twice")] == ["done"] * 3


async def test_after_an_outage_only_the_last_time_opens(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("hourly", start="T+1h", due="T+2h", repeat=Repeat(until="after", every="1h")),
    )  # fmt: skip
    await play.wake(made.id, later(hours=5, minutes=30))
    rows = await play.tasks(made.calamity_id, "hourly")
    assert [row.state for row in rows] == ["missed"] * 4 + ["open", "waiting"]
    assert [row.start_at for row in rows] == [later(hours=n) for n in range(1, 7)]
    (line,) = await play.happened(made.calamity_id, TaskMissed)
    assert (line.step, line.times) == ("hourly", 4)
    await play.wake(made.id, later(hours=5, minutes=31))
    assert len(await play.tasks(made.calamity_id, "hourly")) == 6


async def test_a_repeat_ends_at_its_moment(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("hourly", start="T+1h", due="T+2h", repeat=Repeat(until="T+3h", every="1h")),
    )  # fmt: skip
    for hour in (1, 2, 3, 4):
        await play.wake(made.id, later(hours=hour))
    assert [row.state for row in await play.tasks(made.calamity_id, "hourly")] == ["open", "open"]


async def test_an_automatic_repeat_sends_once_a_time(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("facts2", start="T+1h", due="T+2h", automatic=True,
                  act=Dispatch(audience="street", message="P1"),
                  repeat=Repeat(until="after", every="4h")),
    )  # fmt: skip
    for minute in (60, 60, 61, 300, 301):
        await play.wake(made.id, later(minutes=minute))
    assert len(await play.texts(purpose="give")) == 2 * 3


async def test_a_form_is_refused_until_it_is_whole_and_then_fills_the_timeline(
    database, wakes, town, play
):
    made = await begun(database, wakes, town, make_step("bob", act=Meeting()))
    due = later(hours=3)
    for form, field in (
        (None, "form"),
        (MeasureForm(), "form"),
        (MeetingForm(picture="Rustig"), "judgement"),
        (MeetingForm("Rustig", "Houden zo", [MadeDecision("Vlag", "", due)]), "decision_1_owner"),
        (MeetingForm("Rustig", "Houden zo", [MadeDecision("Vlag", "COM")]), "decision_1_due_at"),
    ):
        with pytest.raises(Refused) as refused:
            await play.finish(made.calamity_id, "bob", later(hours=1), form=form)
        assert refused.value.field == field
    whole = MeetingForm("Rustig", "Houden zo", [MadeDecision("Vlag halfstok", "COM", due)])
    await play.finish(made.calamity_id, "bob", later(hours=1), form=whole)
    said = await play.happened(made.calamity_id, Statement)
    assert [line.kind for line in said] == ["note", "interpretation", "decision"]
    assert (said[0].text, said[0].text_en) == ("Beeld: Rustig", "Picture: Rustig")
    assert (said[-1].text, said[-1].owner, said[-1].due_at) == ("Vlag halfstok", "COM", due)


async def test_a_measure_has_both_risks_and_an_end(database, wakes, town, play):
    made = await begun(
        database, wakes, town,
        make_step("police", act=Measure(what=Words(nl="Agenten te voet", en="Police on foot"))),
    )  # fmt: skip
    form = MeasureForm("Agenten te voet", "Gelijk", "Hoger", T0)
    with pytest.raises(Refused) as refused:
        await play.finish(made.calamity_id, "police", later(hours=1), form=form)
    assert refused.value.field == "ends_at"
    form = MeasureForm("Agenten te voet", "Gelijk", "Hoger", later(days=3))
    await play.finish(made.calamity_id, "police", later(hours=1), form=form)
    (said,) = await play.happened(made.calamity_id, Statement)
    assert (said.actual_risk, said.felt_risk, said.ends_at) == ("Gelijk", "Hoger", later(days=3))


async def test_an_audience_hears_its_own_words(database, wakes, town, play):
    own = Message(
        code="P1", kind="give", texts={"nl": "Feiten: {link}", "en": "Facts: {link}"},
        for_audience={"street": {"nl": "Voor de straat: {link}", "en": "For the street: {link}"}},
    )  # fmt: skip
    messages = [own if each.code == "P1" else each for each in MESSAGES]
    made = await begun(database, wakes, town, messages=messages)
    await play.start(made.calamity_id, "facts", T0)
    bodies = [text.body for text in await play.texts(purpose="give")]
    assert bodies
    assert all(body.startswith("Voor de straat: ") for body in bodies)


RULE = LevelRule(level=2, when="here")


async def test_the_proposed_level_needs_no_reason_and_another_one_does(database, wakes, town, play):
    answered = Inputs(incident={"nl": "een aanslag"}, answers={"here": "yes"})
    with pytest.raises(Refused) as refused:
        await begun(
            database, wakes, town, questions=[QUESTION], levels=[RULE], inputs=answered,
            request={"levels": Levels(social=1)},
        )  # fmt: skip
    assert refused.value.field == "social_reason"
    made = await make_activation(
        database, wakes, town, inputs=answered, levels=Levels(social=2), request_key="request-2"
    )
    (line,) = await play.happened(made.calamity_id, LevelSet)
    assert (line.value, line.proposed) == (2, 2)
    assert line.reason.endswith("Is het hier gebeurd? Ja.")
    assert (line.reason_en or "").endswith("Yes.")
    assert made.inputs.answers == {"here": "yes"}


async def test_closing_asks_for_the_stop_conditions(database, wakes, town, play):
    stop = [
        StopCondition(code="calm", text=Words(nl="Het is rustig", en="It is calm")),
        StopCondition(code="told", text=Words(nl="Men weet het", en="People know")),
    ]
    made = await begun(database, wakes, town, stop=stop)
    with pytest.raises(Refused) as refused:
        await play.close(made.calamity_id, later(days=3), met=["calm"])
    assert refused.value.field == "deviation"
    await play.close(made.calamity_id, later(days=3), met=["calm"], deviation="Dat volgt nog")
    (line,) = await play.happened(made.calamity_id, CalamityClosed)
    assert [(mark.code, mark.is_met) for mark in line.stop] == [("calm", True), ("told", False)]
    assert line.deviation == "Dat volgt nog"


async def test_whether_it_is_still_needed_is_decided_anew(database, wakes, town, play):
    made = await begun(database, wakes, town, review_days=7)
    async with database.transaction() as session:
        assert (await get_calamity(session, town.id, made.calamity_id)).review_at == later(days=7)
        await confirm_need(
            session, town.coordinator, made.calamity_id, reason="Nog onrust", at=later(days=6)
        )
        calamity = await get_calamity(session, town.id, made.calamity_id)
    assert calamity.review_at == later(days=13)
    (line,) = await play.happened(made.calamity_id, NeedConfirmed)
    assert line.review_at == later(days=13)
