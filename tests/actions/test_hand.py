"""A task handed to another role: by whom, to whom, and where the new role counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from calamity.actions.tasks import hand_task
from calamity.domain.errors import CalamityError, Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Repeat
from calamity.domain.timeline import Statement, TaskHanded
from calamity.store.past import roles_then
from tests.actions.play import Play
from tests.make import STEPS, T0, later, make_activation, make_approved, make_playbook, make_step


@dataclass
class Hands:
    """Whoever hands tasks on."""

    play: Play

    async def on(self, task_id: str, role: str, by: Actor, at: datetime, reason: str = "") -> None:
        play = self.play
        async with play.database.transaction() as session:
            await hand_task(
                session, play.wakes, play.terms, by, task_id, role=role, reason=reason, at=at
            )


@pytest.fixture
def hands(play: Play) -> Hands:
    return Hands(play)


def team(town: Any) -> Actor:
    return Actor(town.id, "lei1", UserRole.RESPONDER, recipient_id=town["lei1"].id)


async def test_a_task_is_handed_on_and_its_next_time_is_of_the_step_again(
    database, wakes, town, play, hands
):
    repeat = Repeat(until="after", every="1h")
    steps = [*STEPS, make_step("hourly", start="T+1h", due="T+2h", repeat=repeat)]
    async with database.transaction() as session:
        await make_approved(session, town, make_playbook(version=2, steps=steps))
    made = await make_activation(database, wakes, town)
    (first,) = await play.tasks(made.calamity_id, "hourly")
    await hands.on(first.id, "COM", team(town), later(minutes=10), " Te druk ")
    await hands.on(first.id, "NET", town.coordinator, later(minutes=20))
    said = [
        (each.task_id, each.from_role, each.to_role, each.reason, each.occurrence)
        for each in await play.happened(made.calamity_id, TaskHanded)
    ]
    assert said == [(first.id, "LEI", "COM", "Te druk", 1), (first.id, "COM", "NET", None, 1)]
    async with database.reading() as session:
        for minutes, role in ((5, "LEI"), (15, "COM")):
            then = await roles_then(session, made.calamity_id, later(minutes=minutes))
            assert then == {first.id: role}
        assert await roles_then(session, made.calamity_id, later(minutes=25)) == {}
    await play.wake(made.id, later(hours=1))
    rows = await play.tasks(made.calamity_id, "hourly")
    assert [(row.role, row.state) for row in rows] == [("NET", "open"), ("LEI", "waiting")]


async def test_a_decision_is_of_who_has_the_task(database, wakes, town, play, hands):
    made = await make_activation(database, wakes, town)
    await hands.on(await play.task(made.calamity_id, "choose"), "COM", team(town), T0)
    await play.finish(made.calamity_id, "choose", T0, note="Uit respect", choice=0)
    (decided,) = await play.happened(made.calamity_id, Statement)
    assert decided.owner == "COM"


async def test_what_cannot_be_handed_stays(database, wakes, town, play, hands):
    made = await make_activation(database, wakes, town)
    task, done = [await play.task(made.calamity_id, step) for step in ("write", "choose")]
    await play.finish(made.calamity_id, "choose", T0, note="Uit respect", choice=0)
    lei = team(town)
    contact = replace(lei, role=UserRole.CONTACT_PERSON)
    refused: tuple[tuple[str, str, Actor, str, type[CalamityError], str | None], ...] = (
        (task, "LEI", lei, "", Refused, "role"),
        (task, "BRW", lei, "", Refused, "role"),
        (task, "COM", lei, "Bel 0612345678", Refused, "reason"),
        (task, "COM", contact, "", Forbidden, None),
        (task, "COM", replace(lei, municipality_id="elsewhere"), "", NotFound, "task"),
        (done, "COM", lei, "", Conflict, None),
    )
    for task_id, role, by, reason, error, field in refused:
        with pytest.raises(error) as caught:
            await hands.on(task_id, role, by, T0, reason)
        assert caught.value.field == field
    await play.close(made.calamity_id, T0)
    with pytest.raises(Conflict, match="closed"):
        await hands.on(task, "COM", town.coordinator, T0)
    assert await play.happened(made.calamity_id, TaskHanded) == []
    assert {row.role for row in await play.tasks(made.calamity_id, "write")} == {"LEI"}
