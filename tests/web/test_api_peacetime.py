"""Playbooks, neighbourhoods, people, replies and accounts through the API."""

import hashlib
from typing import Any

import msgspec
import yaml

from calamity.actions.receive import read_inbox
from calamity.domain.playbook import Use, Words
from calamity.domain.playbook_check import canonical
from calamity.domain.receipts import InboundText
from calamity.web.house import now
from tests.make import SENDER, make_block, make_playbook
from tests.web.api_stage import Api

YAML = {"headers": {"Content-Type": "application/yaml"}}
CSV = {"headers": {"Content-Type": "text/csv"}}
GEOJSON = {"headers": {"Content-Type": "application/geo+json"}}


def _second_version(**changes: Any) -> str:
    playbook = make_playbook(version=2, **changes)
    return yaml.safe_dump(msgspec.json.decode(canonical(playbook)), allow_unicode=True)


async def test_a_version_is_published_by_one_and_approved_by_another(api: Api) -> None:
    source = _second_version()
    made = await api.ask("POST", "/v1/playbooks", content=source.encode(), **YAML)
    assert made.status_code == 201, made.text
    there = made.headers["Location"]
    assert there == "/v1/playbooks/small/versions/2"
    assert (await api.post(f"{there}/approve")).status_code == 409
    approved = await api.post(f"{there}/approve", as_="official")
    assert approved.json()["approvedBy"] == "token:official"
    again = await api.ask("POST", "/v1/playbooks", content=source.encode(), **YAML)
    assert again.status_code == 201
    version = (await api.get(there)).json()
    assert version["document"]["slug"] == "small"
    document = await api.get(f"{there}/document")
    assert hashlib.sha256(document.content).hexdigest() == version["sha256"]
    listed = (await api.get("/v1/playbooks?slug=small")).json()["versions"]
    assert [each["number"] for each in listed] == [2, 1]


async def test_a_published_version_never_changes(api: Api) -> None:
    await api.ask("POST", "/v1/playbooks", content=_second_version().encode(), **YAML)
    other = _second_version(valid_months=3)
    said = await api.ask("POST", "/v1/playbooks", content=other.encode(), **YAML)
    assert said.status_code == 409
    assert said.json()["errors"][0]["pointer"] == "#/version"


async def test_every_fault_of_a_playbook_is_told_with_its_line(api: Api) -> None:
    source = _second_version().replace("role: LEI", "role: NOBODY").replace("ge: 1", "ge: x")
    said = await api.ask("POST", "/v1/playbooks", content=source.encode(), **YAML)
    assert said.status_code == 400
    errors = [each for each in said.json()["errors"] if each.get("severity") != "warning"]
    assert len(errors) > 1
    assert all(each["line"] > 0 and each["pointer"].startswith("#/") for each in errors)


async def test_a_playbook_is_built_with_a_block_that_another_approved(api: Api) -> None:
    source = _second_version(uses=[Use("records", 1)]).encode()
    refused = await api.ask("POST", "/v1/playbooks", content=source, **YAML)
    assert refused.status_code == 400
    assert "no block records" in refused.json()["errors"][0]["detail"]

    block = await api.ask("POST", "/v1/blocks", content=canonical(make_block()), **YAML)
    assert block.status_code == 201, block.text
    assert (block.json()["kind"], block.json()["state"]) == ("block", "submitted")
    place = "/v1/blocks/records/versions/1"
    assert (await api.post(f"{place}/approve")).status_code == 409
    assert (await api.ask("POST", "/v1/playbooks", content=source, **YAML)).status_code == 400
    approved = await api.post(f"{place}/approve", as_="official")
    assert approved.json()["state"] == "published", approved.text
    made = await api.ask("POST", "/v1/playbooks", content=source, **YAML)

    assert made.status_code == 201, made.text
    document = (await api.get("/v1/playbooks/small/versions/2")).json()["document"]
    assert "LOG" in {role["code"] for role in document["roles"]}
    assert document["uses"][0]["sha256"] == block.json()["sha256"]
    listed = (await api.get(block.headers["Location"])).json()["blocks"]
    assert [(each["slug"], each["number"]) for each in listed] == [("records", 1)]
    assert (await api.get("/v1/blocks", "elsewhere")).json()["blocks"] == []

    later = canonical(make_block(version=2, title=Words(nl="Notulen", en="Minutes")))
    assert (await api.ask("POST", "/v1/blocks", content=later, **YAML)).status_code == 201
    told = (await api.get("/v1/blocks/records/versions/2/changes?since=1")).json()
    assert [each["after"]["en"] for each in told["changes"]] == ["Minutes"]
    gone = await api.get("/v1/blocks/records/versions/3/changes?since=1")
    assert gone.status_code == 404


async def test_a_playbook_posted_as_a_block_is_refused_and_the_other_way_round(api: Api) -> None:
    block, playbook = canonical(make_block()), _second_version().encode()
    for path, source, said in (
        ("/v1/playbooks", block, "no playbook"), ("/v1/blocks", playbook, "no block"),
    ):  # fmt: skip
        refused = await api.ask("POST", path, content=source, **YAML)
        assert refused.status_code == 400
        assert said in refused.json()["errors"][0]["detail"]


async def test_a_playbook_of_another_municipality_is_not_there(api: Api) -> None:
    await api.ask("POST", "/v1/playbooks", content=_second_version().encode(), **YAML)
    assert (await api.get("/v1/playbooks/small/versions/2", "elsewhere")).status_code == 404
    said = await api.post("/v1/playbooks/small/versions/2/approve", as_="elsewhere")
    assert said.status_code == 404


def _district(code: str) -> dict[str, Any]:
    ring = [[5.1, 52.1], [5.2, 52.1], [5.2, 52.2], [5.1, 52.2], [5.1, 52.1]]
    return {
        "type": "Feature",
        "properties": {"statcode": code, "statnaam": "Wijk 09 Haven"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


async def test_districts_are_taken_in_and_listed(api: Api) -> None:
    body = msgspec.json.encode({"type": "FeatureCollection", "features": [_district("WK099909")]})
    said = await api.ask("POST", "/v1/neighbourhoods", content=body, **GEOJSON)
    assert said.status_code == 201, said.text
    assert said.json()["added"] == 1
    again = await api.ask("POST", "/v1/neighbourhoods", content=body, **GEOJSON)
    assert again.json()["same"] == 1
    places = (await api.get("/v1/neighbourhoods")).json()["neighbourhoods"]
    assert [place["code"] for place in places] == ["W1", "W2", "W3", "W4", "WK099909"]
    assert places[0]["geometry"]["type"] == "Polygon"


async def test_every_fault_of_a_district_file_is_told(api: Api) -> None:
    features = [_district("WK099909"), {"type": "Feature"}, {"type": "Feature"}]
    body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    said = await api.ask("POST", "/v1/neighbourhoods", content=body, **GEOJSON)
    assert said.status_code == 400
    pointers = {each["pointer"] for each in said.json()["errors"]}
    assert pointers >= {"#/features/1", "#/features/2"}


HEAD = "soort;naam;telefoon;rol;rang\n"


async def test_people_are_taken_in_with_a_report_per_line(api: Api) -> None:
    file = f"{HEAD}snelteam;Roos Zalm;+3197010249001;LEI;3\nsnelteam;Riet Tong;;LEI;4\n"
    refused = await api.ask("POST", "/v1/people", content=file.encode(), **CSV)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["line"] == 3
    names = [each["name"] for each in (await api.get("/v1/responders")).json()["responders"]]
    assert "Roos Zalm" not in names
    said = await api.ask("POST", "/v1/people?skipBad=true", content=file.encode(), **CSV)
    assert said.status_code == 201, said.text
    report = said.json()
    assert (report["added"], report["bad"]) == (1, 1)
    assert [line["result"] for line in report["lines"]] == ["added", "bad"]
    responders = await api.get("/v1/responders")
    assert "Roos Zalm" in responders.text
    assert "97010249001" not in responders.text


async def test_key_figures_are_listed_without_numbers(api: Api) -> None:
    everyone = await api.get("/v1/key-figures")
    own = await api.get("/v1/key-figures", "contact1")
    other = await api.get("/v1/key-figures", "contact2")
    assert len(everyone.json()["keyFigures"]) == 8
    assert len(own.json()["keyFigures"]) + len(other.json()["keyFigures"]) == 8
    names = {each["name"] for each in own.json()["keyFigures"]}
    assert names.isdisjoint(each["name"] for each in other.json()["keyFigures"])
    assert "+3197" not in everyone.text + own.text
    counts = (await api.get("/v1/people")).json()
    assert counts["keyFigures"] == 8


async def test_a_token_of_nobody_has_no_key_figures(api: Api) -> None:
    assert (await api.get("/v1/key-figures", "contact-person")).status_code == 403
    assert (await api.get("/v1/check-ins", "professional")).status_code == 403


async def _text(api: Api, phone: str, words: str, number: int) -> None:
    text = InboundText(
        sid=f"SM{number:032x}",
        sender=phone,
        receiver=SENDER,
        body=words,
    )
    await api.house.inbox.keep(text, now())
    async with api.house.database.transaction() as session:
        await read_inbox(session, api.house.wakes, api.house.terms, at=now())


async def test_a_key_figures_words_reach_their_contact_person_alone(api: Api) -> None:
    await _text(api, api.town["kf1"].phone, "Mijn winkel blijft dicht", 1)
    (letter,) = (await api.get("/v1/replies", "contact1")).json()["replies"]
    assert letter["body"] == "Mijn winkel blijft dicht"
    for role in ("contact2", "coordinator", "elsewhere"):
        assert (await api.get("/v1/replies", role)).json()["replies"] == []
        said = await api.post(f"/v1/replies/{letter['replyId']}/handle", as_=role)
        assert said.status_code == 404
    done = await api.post(f"/v1/replies/{letter['replyId']}/handle", as_="contact1")
    assert done.status_code == 204
    (letter,) = (await api.get("/v1/replies", "contact1")).json()["replies"]
    assert letter["handledAt"] is not None


async def test_words_of_an_unknown_number_are_kept_apart(api: Api) -> None:
    await _text(api, "+3197010249555", "Wie is dit?", 2)
    (letter,) = (await api.get("/v1/replies/unknown-numbers")).json()["replies"]
    assert letter["body"] == "Wie is dit?"
    said = await api.post(f"/v1/replies/{letter['replyId']}/handle", as_="contact1")
    assert said.status_code == 404
    said = await api.post(f"/v1/replies/{letter['replyId']}/handle", as_="administrator")
    assert said.status_code == 204


async def test_a_password_that_was_made_up_is_shown_once(api: Api) -> None:
    body = {"login": "piet@oeverlanden", "name": "Piet", "role": "official"}
    made = await api.post("/v1/users", body, "administrator")
    assert made.status_code == 201, made.text
    assert len(made.json()["password"]) > 15
    listed = await api.get("/v1/users", "administrator")
    assert made.json()["password"] not in listed.text
    assert (await api.post("/v1/users", body, "administrator")).status_code == 409
