"""The fact card, rumours, promises, measures, corrections and the handover over the real app."""

import re
from pathlib import Path

import pytest

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from tests.make import Town
from tests.web.api_stage import Api
from tests.web.pages_stage import second_visit
from tests.web.room_stage import Stage, set_stage

SOON, LATE = "2099-01-02T18:00", "2020-01-02T18:00"


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    return await set_stage(database, wakes, town, database_url, tmp_path)


def _first(text: str, kind: str) -> str:
    return re.findall(rf"/matters/{kind}/(\d+)", text)[-1]


async def test_a_fact_is_told_changed_and_corrected_to_who_read_it(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    page = f"{room}/matters/fact"
    async with stage.visit() as visit:
        await visit.open(page)
        assert "The fact card is still empty." in visit.visible()
        await visit.send(page, {"text": "De school is dicht", "part": "we_know",
                                "visibility": "officials"})  # fmt: skip
        await visit.follow()
        fact = f"{page}/{_first(visit.text, 'fact')}"
        await visit.open(fact)
        assert "read this in a text" not in visit.visible()
        telling = f"{room}/tellings"
        await visit.open(f"{telling}?fact={fact.rsplit('/', 1)[1]}")
        assert "{phone}" in visit.text
        looked = await visit.send(
            telling, {"audience": "street", "nl": "De school is dicht.", "en": ""}
        )
        assert looked.status_code == 200
        assert "3 people get this" in visit.visible()
        await visit.send(f"{telling}/send")
        await visit.follow()
        assert "The words are on their way." in visit.visible()
        await visit.open(fact)
        assert "3 people read this in a text" in visit.visible()
        refused = await visit.send(f"{fact}/versions", {"text": "De school is open", "why": ""})
        assert refused.status_code == 422
        assert "Why does it change? Say why this changes" in visit.visible()
        await visit.send(f"{fact}/versions", {"text": "De school is open", "why": "Gebeld"})
        await visit.follow()
        assert "Look at the correction" in visit.visible()
        assert "<del>De school is dicht</del>" in visit.text
        await visit.open(f"{telling}?corrects={fact.rsplit('/', 1)[1]}")
        assert "Eerder schreven we: De school is dicht." in visit.text
        draft = re.search(r'name="nl"[^>]*>([^<]*)</textarea>', visit.text)
        assert draft is not None
        await visit.send(telling, {"nl": draft[1], "en": ""})
        assert "3 people get this" in visit.visible()
        assert "Nu weten we: De school is open." in visit.visible()
        await visit.send(f"{telling}/send")
        await visit.open(fact)
        assert "They were told that it is no longer so." in visit.visible()
        stale = visit.fields(f"{fact}/ending") | {"version": "1", "reason": "Weg"}
        again = await visit.send(f"{fact}/ending", stale)
        assert again.status_code == 422
        assert "Somebody else changed this meanwhile." in visit.visible()


async def test_what_was_promised_stands_under_what_must_happen(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    async with stage.visit(UserRole.RESPONDER) as visit:
        promises = f"{room}/matters/commitment"
        await visit.open(promises)
        typed = {"text": "We komen langs", "to": "de sportclubs", "owner": "COM", "due_at": LATE}
        named = await visit.send(promises, typed | {"to": "Karin Rietvoorn"})
        assert named.status_code == 422
        assert "I looked: no person is named." in visit.visible()
        await visit.send(promises, typed | {"to": "de sportclubs"})
        first = _first((await visit.follow()).text, "commitment")
        for kind, given in (
            ("measure", {"text": "Agenten te voet", "actual_risk": "gelijk", "felt_risk": "hoger",
                         "ends_at": SOON}),
            ("decision", {"text": "De vlag hangt", "owner": "LEI", "due_at": LATE}),
            ("rumour", {"text": "Er rijdt een busje", "spread": "everywhere", "harm": "grave",
                        "owner": "COM"}),
            ("rumour", {"text": "De markt stopt", "spread": "few", "harm": "little"}),
        ):  # fmt: skip
            await visit.open(f"{room}/matters/{kind}")
            answer = await visit.send(f"{room}/matters/{kind}", given)
            assert answer.status_code == 303, visit.visible()
        rumours = (await visit.open(f"{room}/matters/rumour")).text
        assert rumours.index("Er rijdt een busje") < rumours.index("De markt stopt")
        assert "heard: everywhere (3) × hurts: badly (3)" in visit.visible()
        tasks = (await visit.open(f"{room}/parts/tasks")).text
        for words in ("We komen langs", "De vlag hangt", "Er rijdt een busje"):
            assert words in tasks
        assert "Agenten te voet" not in tasks, "it ends in years"
        assert "De markt stopt" not in tasks
        assert re.search(r'task--late[^>]*id="duty-' + first, tasks)
        await visit.open(f"{promises}/{first}")
        end = f"{promises}/{first}/ending"
        await visit.send(end, {"outcome": "not-kept", "reason": "Er was niemand vrij"})
        await visit.follow()
        assert "not kept" in visit.visible()
        assert "We komen langs" not in (await visit.open(f"{room}/parts/tasks")).text
        assert (await visit.open(f"{room}/matters/nothing")).status_code == 404
        assert (await visit.open(f"{room}/matters/rumour/{first}")).status_code == 404
        assert (await visit.open(f"{room}/tellings?fact=1")).status_code == 403


async def test_a_shift_is_handed_over_with_a_draft_and_taken_by_name(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    page = f"{room}/handovers"
    async with stage.visit() as visit:
        await visit.open(f"{room}/matters/fact")
        await visit.send(f"{room}/matters/fact", {"text": "De brug is open", "part": "we_know",
                                                  "visibility": "team"})  # fmt: skip
        await visit.open(page)
        assert "De brug is open" in visit.text
        assert "Social level" in visit.text
        await visit.send(page, {"role": "LEI", "text": "Lees dit eerst. De brug is open."})
        await visit.follow()
        assert "Nobody took this over yet." in visit.visible()
        assert "Read and take over" in (await visit.open(f"{room}/parts/tasks")).text
        assert stage.app is not None
        async with second_visit(stage.app) as other:
            await other.sign_in(UserRole.RESPONDER)
            await other.open(page)
            take = re.search(rf'action="({page}/\d+/taken)"', other.text)
            assert take is not None
            await other.send(take[1])
            await other.follow()
            assert "taken over by responder@oeverlanden" in other.visible()
        await visit.open(page)
        draft = visit.text.split('name="text"', 1)[1].split("</textarea>", 1)[0]
        assert "De brug is open" not in draft, "it was handed over"
        assert "Read and take over" not in (await visit.open(f"{room}/parts/tasks")).text


async def test_closing_waits_until_who_answered_was_told(stage: Stage) -> None:
    room = f"/calamities/{stage.id}"
    for step in ("give", "facts", "ask"):
        await stage.start(step)
    await stage.text(stage.town["kf1"], "3")
    async with stage.visit() as visit:
        await visit.open(room)
        assert "Not yet. Only after that can the calamity be closed." in visit.visible()
        refused = await visit.send(f"{room}/close", {"reason": "Rust"})
        assert refused.status_code == 422
        assert "Tell them first what was done with their answers." in visit.visible()
        telling = f"{room}/tellings"
        await visit.open(f"{telling}?loop_back=yes")
        undone = await visit.send(telling, {"nl": "Dank. Dit hoorden we: ...", "en": ""})
        assert undone.status_code == 422
        await visit.send(telling, {"nl": "Dank. De school blijft open.", "en": ""})
        assert "1 person gets this" in visit.visible()
        await visit.send(f"{telling}/send")
        await visit.open(room)
        assert "Yes, everybody who answered." in visit.visible()
        await visit.send(f"{room}/close", {"reason": "Rust"})
        await visit.follow()
        assert "The calamity is closed." in visit.visible()


async def test_the_api_does_the_same(api: Api) -> None:
    place = f"/v1/calamities/{await api.calamity()}"
    fact = {"kind": "fact", "text": "De school is dicht", "part": "we_know"}
    first = (await api.post(f"{place}/timeline", fact)).json()["seq"]
    told = {"fact": first, "audience": "street", "texts": {"nl": "De school is dicht."}}
    plan = (await api.post(f"{place}/tellings/plan", told)).json()
    assert (plan["people"], plan["mustLook"], plan["words"][0]["parts"]) == (3, False, 1)
    sent = await api.post(f"{place}/tellings", told)
    assert (sent.status_code, sent.json()["recipients"]) == (201, 3)
    changed = {"version": first, "text": "De school is open", "why": "Gebeld"}
    second = (await api.post(f"{place}/matters/{first}/versions", changed)).json()["seq"]
    assert (await api.post(f"{place}/matters/{first}/versions", changed)).status_code == 409
    end = {"version": second, "outcome": "withdrawn", "reason": "Toch niet"}
    assert (await api.post(f"{place}/matters/{first}/ending", end)).status_code == 201
    words = {"corrects": first, "texts": {"nl": "Dat klopt niet meer."}}
    assert (await api.post(f"{place}/tellings", words)).json()["recipients"] == 3
    (matter,) = (await api.get(f"{place}/matters?kind=fact")).json()["matters"]
    assert [each["said"]["text"] for each in matter["versions"]] == [
        "De school is dicht", "De school is open",
    ]  # fmt: skip
    assert (matter["ending"]["outcome"], matter["weight"]) == ("withdrawn", None)
    assert (await api.get(f"{place}/matters?kind=rumour")).json() == {"matters": []}
    given = {"role": "LEI", "text": "Alles loopt."}
    token = await api.post(f"{place}/handovers", given)
    assert token.status_code == 403, "a token is no person"
    assert (await api.get(f"{place}/handovers")).json() == {"handovers": []}
