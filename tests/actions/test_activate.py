import asyncio

import pytest
from sqlalchemy import func
from sqlmodel import select

from calamity.actions.activate import activate
from calamity.actions.decide import close_calamity
from calamity.domain.activation import Inputs, Levels
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Group
from calamity.domain.timeline import CalamityOpened, LevelSet, PlaybookActivated
from calamity.store.calamities import get_calamity, list_activations, list_calamities
from calamity.store.tables import ActivationRow, CalamityRow, MessageRow
from calamity.store.tasks import list_tasks
from calamity.store.timeline import TimelineReader
from tests.make import (
    T0,
    ids_of,
    later,
    make_activation,
    make_approved,
    make_playbook,
    make_request,
    make_town,
)


async def count(database, table) -> int:
    async with database.reading() as session:
        return await session.sql.scalar(select(func.count()).select_from(table))


async def test_an_activation_starts_what_is_automatic_and_leaves_the_rest_to_people(
    database, wakes, town, play
):
    made = await make_activation(database, wakes, town)
    async with database.reading() as session:
        tasks = {task.step: task for task in await list_tasks(session, made.calamity_id)}
    assert {step: task.state for step, task in tasks.items()} == {
        "call": "running", "give": "open", "facts": "open", "choose": "open", "write": "open",
        "ask": "waiting", "stop": "waiting",
    }  # fmt: skip
    assert tasks["ask"].start_at == later(days=1)
    assert tasks["call"].due_at == later(minutes=5)
    texts = await play.texts()
    assert {text.purpose for text in texts} == {"call-out"}
    assert {text.to for text in texts} == ids_of(town[name] for name in ("lei1", "com1", "net1"))
    assert all(text.body.startswith("een aanslag elders. Kom je?") for text in texts)


async def test_the_snapshot_pins_who_was_there(database, wakes, town):
    made = await make_activation(database, wakes, town)
    snapshot = made.snapshot
    assert {m.recipient_id for m in snapshot.of(Group.RAPID_TEAM)} == ids_of(
        town[name] for name in ("lei1", "lei2", "com1", "com2", "com3", "net1")
    )
    assert len(snapshot.of(Group.KEY_FIGURES)) == 8
    assert len(snapshot.of(Group.PROFESSIONALS)) == 3
    figure = next(m for m in snapshot.members if m.recipient_id == town["kf3"].id)
    assert (figure.language, figure.neighbourhood, figure.contact) == (
        "ar", "W3", town["contact1"].id,
    )  # fmt: skip


async def test_the_timeline_begins_with_opening_level_and_activation(database, wakes, town, play):
    made = await make_activation(
        database, wakes, town, levels=Levels(2, "Onrust", 1, "Coördinatie")
    )
    opened, social, grip, activated = (await play.happened(made.calamity_id))[:4]
    assert opened == CalamityOpened(title="Aanslag elders")
    assert social == LevelSet(kind="social", value=2, previous=0, reason="Onrust")
    assert grip == LevelSet(kind="grip", value=1, previous=0, reason="Coördinatie")
    assert isinstance(activated, PlaybookActivated)
    assert (activated.slug, activated.version, activated.people_called) == ("small", 1, 3)
    assert (await play.verdict(made.calamity_id)).intact


async def test_the_same_request_never_activates_twice(database, wakes, town, play):
    first = await make_activation(database, wakes, town)
    again = await make_activation(database, wakes, town, at=later(minutes=1))
    assert again == first
    assert await count(database, CalamityRow) == 1
    assert len(await play.texts()) == 3


async def test_ten_clicks_at_once_activate_once(database, wakes, town):
    made = await asyncio.gather(*(make_activation(database, wakes, town) for _ in range(10)))
    assert len({each.id for each in made}) == 1
    assert await count(database, CalamityRow) == 1
    assert await count(database, ActivationRow) == 1
    assert await count(database, MessageRow) == 3


async def test_two_requests_are_two_calamities(database, wakes, town):
    for key in ("request-0001", "request-0002"):
        await make_activation(database, wakes, town, request_key=key)
    assert await count(database, CalamityRow) == 2


async def test_an_unknown_neighbourhood_is_refused_and_leaves_nothing(database, wakes, town):
    inputs = Inputs(incident={"nl": "een aanslag"}, affected=["W1", "W9"])
    with pytest.raises(Refused, match="W9") as refused:
        await make_activation(database, wakes, town, inputs=inputs)
    assert refused.value.field == "affected"
    assert await count(database, CalamityRow) == 0


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        (None, "levels"),
        (Levels(1), "social_reason"),
        (Levels(1, "   "), "social_reason"),
        (Levels(1, "Onrust", grip=2), "grip_reason"),
        (Levels(1, "Onrust", threat=4), "threat_reason"),
        (Levels(4, "Onrust"), "social"),
    ],
)
async def test_every_level_needs_a_value_that_exists_and_a_reason(
    database, wakes, town, levels, field
):
    with pytest.raises(Refused) as refused:
        await make_activation(database, wakes, town, levels=levels)
    assert refused.value.field == field
    assert await count(database, CalamityRow) == 0


async def test_a_playbook_that_nobody_approved_is_not_activated(database, wakes, town):
    with pytest.raises(NotFound):
        await make_activation(database, wakes, town, slug="unknown")
    with pytest.raises(NotFound):
        await make_activation(database, wakes, town, version=2)


async def test_a_second_playbook_joins_the_same_calamity(database, wakes, town):
    first = await make_activation(database, wakes, town)
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(slug="other"))
    second = await make_activation(
        database, wakes, town, slug="other", request_key="request-0002", levels=None,
        calamity_id=first.calamity_id, at=later(hours=1),
    )  # fmt: skip
    assert second.calamity_id == first.calamity_id
    async with database.reading() as session:
        assert len(await list_activations(session, first.calamity_id)) == 2
        assert len(await list_calamities(session, town.id)) == 1
        assert len(await list_tasks(session, first.calamity_id)) == 14


async def test_nothing_is_activated_in_a_closed_calamity_or_that_of_another_town(
    database, wakes, town
):
    first = await make_activation(database, wakes, town)
    async with database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders")
    with pytest.raises(NotFound):
        await make_activation(database, wakes, other, calamity_id=first.calamity_id)
    async with database.transaction() as session:
        await close_calamity(
            session, wakes, town.coordinator, first.calamity_id, reason="Klaar",
            at=later(hours=1),
        )  # fmt: skip
    with pytest.raises(Conflict):
        await make_activation(
            database, wakes, town, calamity_id=first.calamity_id, request_key="request-0002"
        )


async def test_an_activation_stays_with_its_version(database, wakes, town):
    made = await make_activation(database, wakes, town)
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(version=2))
    async with database.reading() as session:
        (still,) = await list_activations(session, made.calamity_id)
    assert still.version_id == made.version_id
    newer = await make_activation(database, wakes, town, request_key="request-0002")
    assert newer.version_id != made.version_id


async def test_every_text_of_an_exercise_says_so(database, wakes, town, play):
    made = await make_activation(database, wakes, town, is_exercise=True)
    await play.start(made.calamity_id, "give", T0)
    await play.reply(town["lei1"], "1", later(minutes=1))
    texts = await play.texts()
    assert len(texts) == 3 + 8 + 1
    assert all(text.body.startswith("OEFENING. ") for text in texts)


async def test_tempo_brings_everything_nearer_in_an_exercise_alone(database, wakes, town, play):
    exercise = await make_activation(database, wakes, town, is_exercise=True, tempo=60)
    real = await make_activation(database, wakes, town, tempo=60, request_key="request-0002")
    for made, factor in ((exercise, 60), (real, 1)):
        async with database.reading() as session:
            calamity = await get_calamity(session, town.id, made.calamity_id)
            tasks = {task.step: task for task in await list_tasks(session, made.calamity_id)}
        assert calamity.tempo == factor
        assert tasks["ask"].start_at == later(days=1 / factor)
        roster = await play.roster(made.calamity_id)
        assert roster.next_due_at == later(minutes=10 / factor)


@pytest.mark.parametrize("role", [role for role in UserRole if role is not UserRole.COORDINATOR])
async def test_only_a_coordinator_activates(database, wakes, town, terms, role):
    actor = Actor(town.id, "someone", role)
    with pytest.raises(Forbidden):
        async with database.transaction() as session:
            await activate(session, wakes, terms, actor, make_request(), at=T0)


async def test_no_line_of_the_timeline_names_a_person(database, wakes, town, play):
    made = await make_activation(database, wakes, town)
    await play.start(made.calamity_id, "give", T0)
    await play.reply(town["lei1"], "1", later(minutes=1))
    lines = await TimelineReader(database).newest(made.calamity_id, town.author.sees, limit=100)
    said = b"".join(line for _, line in lines).decode()
    for person in town.people.values():
        assert person.phone not in said
        assert all(part not in said for part in person.name.split())
