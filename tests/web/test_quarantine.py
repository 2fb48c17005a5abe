"""What does not fit, and what rests in doubt: for the administrator and the coordinator."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from calamity.domain.dispatch import MessageState
from calamity.domain.receipts import Cause, Quarantined
from calamity.store.tables import MessageRow
from calamity.web.house import now
from tests.web.api_stage import Api, new_calamity


@pytest.fixture
async def held(api: Api) -> tuple[str, str]:
    """A calamity with one message that rests in doubt."""
    made = await api.post("/v1/calamities", new_calamity())
    place = made.headers["Location"]
    calamity_id = place.rsplit("/", 1)[1]
    at = now()
    async with api.house.database.transaction() as session:
        (message_id,) = (
            await session.sql.scalars(
                MessageRow.__table__.select()
                .with_only_columns(MessageRow.id)
                .where(MessageRow.calamity_id == calamity_id)
                .limit(1)
            )
        ).all()
        await session.sql.execute(
            update(MessageRow)
            .where(MessageRow.id == message_id)
            .values(
                state=MessageState.IN_DOUBT,
                attempts=1,
                claimed_at=at - timedelta(minutes=5),
                held_at=at,
            )
        )
    return place, message_id


async def _decided(api: Api, place: str) -> list[tuple[str, bool]]:
    """Return who decided about held messages, and what, as the timeline has it."""
    entries = (await api.get(f"{place}/timeline")).json()["entries"]
    return [
        (entry["actorRole"], entry["body"]["again"])
        for entry in entries
        if entry["body"]["type"] == "held-decided"
    ]


async def test_what_does_not_fit_is_told_to_the_administrator_and_handled_once(api: Api) -> None:
    sid = "SM" + "7" * 32
    told = Quarantined(Cause.FOREIGN_MESSAGE, sid, "sent")
    for _ in range(2):
        await api.house.inbox.keep(told, now())
    (line,) = (await api.get("/v1/quarantine", "administrator")).json()["quarantine"]
    assert (line["cause"], line["sid"], line["handledAt"]) == ("foreign-message", sid, None)

    said = await api.post(f"/v1/quarantine/{line['id']}/handle", as_="administrator")

    assert said.status_code == 204
    (line,) = (await api.get("/v1/quarantine", "administrator")).json()["quarantine"]
    assert line["handledAt"] is not None
    nothing = await api.post("/v1/quarantine/nothing/handle", as_="administrator")
    assert nothing.status_code == 404


async def test_a_held_message_is_sent_again_marked_as_repeated(api: Api, held) -> None:
    place, message_id = held
    (line,) = (await api.get(f"{place}/messages/held")).json()["held"]
    assert line["id"] == message_id
    assert line["name"]

    said = await api.post(f"{place}/messages/{message_id}/send-again")

    assert said.status_code == 204
    async with api.house.database.reading() as session:
        row = await session.sql.get(MessageRow, message_id)
    assert row is not None
    assert (row.state, row.is_repeat, row.held_at) == ("ready", True, None)
    assert (await api.get(f"{place}/messages/held")).json()["held"] == []
    again = await api.post(f"{place}/messages/{message_id}/send-again")
    assert again.status_code == 404, "one decision, once"
    assert await _decided(api, place) == [("coordinator", True)]


async def test_a_held_message_may_be_left(api: Api, held) -> None:
    place, message_id = held
    assert (await api.post(f"{place}/messages/{message_id}/leave")).status_code == 204
    assert await _decided(api, place) == [("coordinator", False)]
    async with api.house.database.reading() as session:
        row = await session.sql.get(MessageRow, message_id)
    assert row is not None
    assert row.state == "cancelled"


async def test_a_held_message_of_another_municipality_is_out_of_reach(api: Api, held) -> None:
    place, message_id = held
    for move in ("send-again", "leave"):
        said = await api.post(f"{place}/messages/{message_id}/{move}", as_="elsewhere")
        assert said.status_code in (403, 404)
    assert (await api.get(f"{place}/messages/held", as_="elsewhere")).status_code in (403, 404)
