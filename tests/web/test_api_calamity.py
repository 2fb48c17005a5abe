"""A calamity from activation to closing, through the API alone."""

import asyncio
import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from calamity.domain.timeline import Statement
from calamity.store.timeline import append
from calamity.web.house import now
from tests.web.api_stage import INCIDENT, Api, new_calamity


async def _task(api: Api, calamity: str, step: str) -> dict[str, Any]:
    tasks = (await api.get(f"/v1/calamities/{calamity}/tasks")).json()["tasks"]
    found: dict[str, Any] = next(task for task in tasks if task["step"] == step)
    return found


async def test_the_same_request_key_never_activates_twice(api: Api) -> None:
    first = await api.post("/v1/calamities", new_calamity())
    again = await api.post("/v1/calamities", new_calamity())
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["Location"] == f"/v1/calamities/{first.json()['calamityId']}"
    assert len((await api.get("/v1/calamities")).json()["calamities"]) == 1


async def test_a_plan_changes_nothing(api: Api) -> None:
    said = await api.post("/v1/calamities/plan", new_calamity())
    assert said.status_code == 200, said.text
    plan = said.json()
    called = next(act for act in plan["acts"] if act["kind"] == "call-out")
    assert called["recipients"] == 3
    assert called["texts"][0]["example"].startswith(INCIDENT["nl"])
    assert (await api.get("/v1/calamities")).json()["calamities"] == []


async def test_typed_words_that_deserve_a_second_look_are_told_and_block_nothing(api: Api) -> None:
    typed = {"incident": {"nl": "de brand bij Ahmed, bel 06 12345678"}, "place": "bit.ly/abc"}
    body = new_calamity(inputs=typed)
    plan = (await api.post("/v1/calamities/plan", body)).json()
    made = await api.post("/v1/calamities", body)
    assert made.status_code == 201
    assert plan["warnings"] == made.json()["warnings"]
    assert {(each["field"], each["kind"]) for each in plan["warnings"]} >= {
        ("inputs.incident.nl", "phone"),
        ("inputs.place", "short-link"),
    }
    assert all(each["words"] for each in plan["warnings"])
    clean = await api.post("/v1/calamities", new_calamity("request-2"))
    assert clean.json()["warnings"] == []


async def test_a_new_calamity_can_be_read_where_its_location_says(api: Api) -> None:
    made = await api.post("/v1/calamities", new_calamity())
    calamity = (await api.get(made.headers["Location"])).json()
    assert calamity["title"] == "Aanslag elders"
    assert calamity["socialLevel"] == 1
    assert calamity["openedAt"].endswith("Z")
    activations = (await api.get(f"{made.headers['Location']}/activations")).json()["activations"]
    assert activations[0]["slug"] == "small"
    assert activations[0]["inputs"]["affected"] == ["W1"]
    one = await api.get(f"{made.headers['Location']}/activations/{activations[0]['id']}")
    assert one.json() == activations[0]


async def test_a_second_playbook_joins_a_running_calamity(api: Api) -> None:
    calamity = await api.calamity()
    body = new_calamity("request-2", levels=None)
    made = await api.post(f"/v1/calamities/{calamity}/activations", body)
    assert made.status_code == 201, made.text
    assert made.json()["calamityId"] == calamity
    assert (await api.get(made.headers["Location"])).status_code == 200
    listed = await api.get(f"/v1/calamities/{calamity}/activations")
    assert len(listed.json()["activations"]) == 2


async def test_levels_and_phase_are_set_with_a_reason(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}"
    said = await api.post(
        f"{place}/levels", {"kind": "social", "value": 2, "reason": "Onrust in de stad."}
    )
    assert said.json()["socialLevel"] == 2
    too_high = await api.post(
        f"{place}/levels", {"kind": "social", "value": 5, "reason": "Onrust in de stad."}
    )
    assert too_high.status_code == 400
    assert too_high.json()["errors"][0]["pointer"] == "#/social"
    assert (await api.post(f"{place}/levels", {"kind": "grip", "value": 1})).status_code == 400
    title = (await api.get(f"{place}/report")).json()["phase"]["title"]
    assert title is not None


async def test_the_timeline_is_read_page_by_page(api: Api) -> None:
    calamity = await api.calamity()
    async with api.house.database.transaction() as session:
        for number in range(30):
            await append(
                session, calamity, Statement(kind="note", text=f"Regel {number}"),
                by_role="coordinator", at=now(),
            )  # fmt: skip
    place = f"/v1/calamities/{calamity}/timeline"
    everything = (await api.get(f"{place}?limit=500")).json()
    assert everything["before"] is None
    seen: list[int] = []
    page = (await api.get(f"{place}?limit=10")).json()
    while True:
        seen += [entry["seq"] for entry in page["entries"]]
        if page["before"] is None:
            break
        page = (await api.get(f"{place}?limit=10&before={page['before']}")).json()
    assert seen == [entry["seq"] for entry in everything["entries"]]
    assert seen == list(range(seen[0], 0, -1))
    notes = (await api.get(f"{place}?kind=note&limit=500")).json()["entries"]
    assert len(notes) == 30
    assert notes[0]["body"]["text"] == "Regel 29"
    one = await api.get(f"{place}/{notes[0]['seq']}")
    assert one.json() == notes[0]


async def test_a_role_reads_only_what_is_meant_for_it(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}/timeline"
    body = {"kind": "note", "text": "Alleen voor ons.", "visibility": "coordinators"}
    written = await api.post(place, body)
    assert written.status_code == 201, written.text
    there = written.headers["Location"]
    assert (await api.get(there)).json()["body"]["text"] == "Alleen voor ons."
    for role in ("responder", "contact1", "official"):
        assert (await api.get(there, role)).status_code == 404
        page = await api.get(f"{place}?limit=500", role)
        assert "Alleen voor ons." not in page.text
    as_team = await api.post(place, body, "responder")
    assert as_team.status_code == 400
    assert as_team.json()["errors"][0]["pointer"] == "#/visibility"


async def test_a_correction_stands_beside_and_an_erasure_takes_the_words(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}/timeline"
    statement = {"kind": "fact", "text": "Er is een winkel dicht.", "happenedAt": now().isoformat()}
    written = (await api.post(place, statement)).headers["Location"]
    correction = await api.post(f"{written}/corrections", {"text": "Er zijn twee winkels dicht."})
    assert correction.status_code == 201
    assert (await api.get(written)).json()["body"]["text"] == "Er is een winkel dicht."
    erasure = await api.post(f"{written}/erasures", {"ground": "Verzoek van de eigenaar."})
    assert erasure.status_code == 201
    assert (await api.get(written)).json()["body"] is None
    twice = await api.post(f"{written}/erasures", {"ground": "Verzoek van de eigenaar."})
    assert twice.status_code == 409
    verdict = (await api.get(f"{place}/verification")).json()
    assert verdict["intact"] is True
    assert verdict["erased"] == 1


async def test_an_export_verifies_outside_the_house(api: Api, tmp_path: Path) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}/timeline/export"
    parcel = await api.get(place)
    assert parcel.headers["Content-Type"] == "application/zip"
    assert parcel.headers["Content-Disposition"].startswith("attachment")
    zipfile.ZipFile(io.BytesIO(parcel.content)).extractall(tmp_path)
    checked = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "verify_timeline.py"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = (await api.get(f"{place}?format=jsonl")).content.splitlines()
    assert lines == (tmp_path / "timeline.jsonl").read_bytes().splitlines()
    assert json.loads(lines[0])["header"]["seq"] == 1
    table = (await api.get(f"{place}?format=csv")).content
    assert table == (tmp_path / "timeline.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == len(lines) + 1


async def test_answers_by_voice_fill_a_call_out(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}/call-outs"
    call_out = (await api.get(place)).json()["callOuts"][0]
    assert (call_out["quota"], call_out["coming"]) == (2, 0)
    called = [line for line in call_out["lines"] if line["state"] == "called"]
    for line in called[:2]:
        said = await api.post(
            f"{place}/{call_out['id']}/ladders/{line['ladderId']}/acknowledgement",
            {"answer": "coming", "reason": "Aan de telefoon gezegd."},
        )
        assert said.status_code == 200, said.text
    assert said.json()["state"] == "filled"
    assert said.json()["coming"] == 2
    wrong = await api.post(
        f"{place}/nothing/ladders/{called[0]['ladderId']}/acknowledgement", {"answer": "late"}
    )
    assert wrong.status_code == 404


async def test_tasks_are_started_done_decided_and_skipped(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}/tasks"
    give = await _task(api, calamity, "give")
    started = await api.post(f"{place}/{give['id']}/start")
    assert started.json()["state"] == "done"
    assert (await api.post(f"{place}/{give['id']}/start")).status_code == 409
    choose = await _task(api, calamity, "choose")
    assert [option["nl"] for option in choose["options"]] == ["Ja", "Nee"]
    no_choice = await api.post(f"{place}/{choose['id']}/done", {"note": "Uit respect."})
    assert no_choice.status_code == 400
    decided = await api.post(f"{place}/{choose['id']}/done", {"note": "Uit respect.", "choice": 0})
    assert decided.json()["state"] == "done"
    write = await _task(api, calamity, "write")
    kept = await api.post(f"{place}/{write['id']}/skip", {"reason": "Geen tijd."})
    assert kept.status_code == 400
    facts = await _task(api, calamity, "facts")
    handed = await api.post(f"{place}/{facts['id']}/hand", {"role": "COM", "reason": "Te druk."})
    assert (facts["role"], handed.json()["role"]) == ("LEI", "COM")
    assert (await _task(api, calamity, "facts"))["role"] == "COM"
    assert (await api.post(f"{place}/{give['id']}/hand", {"role": "COM"})).status_code == 409
    skipped = await api.post(f"{place}/{facts['id']}/skip", {"reason": "Niet nodig."})
    assert skipped.json()["state"] == "skipped"


async def test_dispatches_and_messages_tell_states_but_no_people(api: Api) -> None:
    calamity = await api.calamity()
    give = await _task(api, calamity, "give")
    await api.post(f"/v1/calamities/{calamity}/tasks/{give['id']}/start")
    dispatches = await api.get(f"/v1/calamities/{calamity}/dispatches")
    (dispatch,) = dispatches.json()["dispatches"]
    assert dispatch["states"] == {"ready": dispatch["recipients"]}
    assert dispatch["texts"]["nl"].startswith("{first_name}")
    place = f"/v1/calamities/{calamity}/messages"
    messages = await api.get(f"{place}?limit=2")
    assert len(messages.json()["messages"]) == 2
    rest = await api.get(f"{place}?limit=500&before={messages.json()['before']}")
    assert len(rest.json()["messages"]) == dispatch["recipients"] + 3 - 2
    told = dispatches.text + messages.text + rest.text
    for person in api.town.people.values():
        assert person.phone not in told
        assert person.name not in told
        assert person.id not in told


async def test_a_round_becomes_a_picture_for_each_audience(api: Api) -> None:
    calamity = await api.calamity()
    for step in ("give", "facts", "ask"):
        task = await _task(api, calamity, step)
        started = await api.post(f"/v1/calamities/{calamity}/tasks/{task['id']}/start")
        assert started.status_code == 200, started.text
    place = f"/v1/calamities/{calamity}/rounds"
    (opened,) = (await api.get(place)).json()["rounds"]
    forms = (await api.get("/v1/check-ins", "pro1")).json()["forms"]
    assert [form["roundId"] for form in forms] == [opened["id"]]
    body = {"mood": 2, "goesWell": "De buurt helpt elkaar.", "signals": ["helping"]}
    filled = await api.post(f"/v1/check-ins/{opened['id']}", body, "pro1")
    assert filled.status_code == 201, filled.text
    assert filled.json() == {"roundId": opened["id"], "replaced": False}
    again = await api.post(f"/v1/check-ins/{opened['id']}", body, "pro1")
    assert again.json()["replaced"] is True
    early = await api.get(f"{place}/{opened['id']}/picture")
    assert early.status_code == 404
    closed = await api.post(f"{place}/{opened['id']}/close")
    assert closed.json()["closedAt"] is not None
    assert (await api.post(f"{place}/{opened['id']}/close")).status_code == 409
    for role, audience in (
        ("coordinator", "team"),
        ("responder", "team"),
        ("official", "officials"),
    ):
        picture = (await api.get(f"{place}/{opened['id']}/picture", role)).json()
        assert picture["audience"] == audience
        assert picture["picture"]["asked"] == opened["asked"]
        assert all(cell["mood"] is None for cell in picture["picture"]["groups"])
    late = await api.post(f"/v1/check-ins/{opened['id']}", body, "pro1")
    assert late.status_code == 404


async def test_a_check_in_with_a_number_in_it_is_refused_and_not_repeated(api: Api) -> None:
    calamity = await api.calamity()
    for step in ("facts", "ask"):
        task = await _task(api, calamity, step)
        await api.post(f"/v1/calamities/{calamity}/tasks/{task['id']}/start")
    (form,) = (await api.get("/v1/check-ins", "pro1")).json()["forms"]
    body = {"mood": 2, "advice": "Bel hem op 06-12345678 vandaag."}
    said = await api.post(f"/v1/check-ins/{form['roundId']}", body, "pro1")
    assert said.status_code == 400
    assert said.json()["errors"][0]["pointer"] == "#/advice"
    assert "12345678" not in said.text


async def test_the_report_says_how_it_stands_in_both_languages(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}"
    give = await _task(api, calamity, "give")
    await api.post(f"{place}/tasks/{give['id']}/start")
    summary = {"sentences": ["Het is rustig in de stad."], "nextUpdateAt": now().isoformat()}
    assert (await api.post(f"{place}/summaries", summary)).status_code == 201
    report = (await api.get(f"{place}/report", "official")).json()
    assert report["summary"]["sentences"] == ["Het is rustig in de stad."]
    assert [level["kind"] for level in report["levels"]] == ["social"]
    assert report["told"][0]["recipients"] > 0
    plain = {"headers": {"Accept": "text/plain"}}
    dutch = await api.get(f"{place}/report", "official", **plain)
    assert dutch.headers["Content-Type"].startswith("text/plain")
    assert "Sociaal niveau: 1" in dutch.text
    assert "- Het is rustig in de stad." in dutch.text
    english = await api.get(f"{place}/report?language=en", "official", **plain)
    assert "Social level: 1" in english.text


async def test_a_closed_calamity_takes_no_more(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}"
    closed = await api.post(f"{place}/close", {"reason": "Het is voorbij."})
    assert closed.json()["closedAt"] is not None
    assert (await api.post(f"{place}/close", {"reason": "Nog eens."})).status_code == 409
    statement = await api.post(f"{place}/timeline", {"kind": "note", "text": "Te laat."})
    assert statement.status_code == 409
    joined = await api.post(f"{place}/activations", new_calamity("request-2", levels=None))
    assert joined.status_code == 409
    verdict = (await api.get(f"{place}/timeline/verification")).json()
    assert verdict["intact"] is True
    assert verdict["seals"] == 1


async def test_a_watch_keeps_words_inside_until_a_person_ends_it(api: Api) -> None:
    body = new_calamity(watchReason="Nog onzeker.")
    planned = (await api.post("/v1/calamities/plan", body)).json()
    assert planned["isWatch"]
    assert {each["waitsFor"] for each in planned["acts"][1:]} == {"watch"}
    calamity = (await api.post("/v1/calamities", body)).json()["calamityId"]
    place = f"/v1/calamities/{calamity}"
    said = (await api.get(place)).json()
    assert said["watchSince"] is not None
    assert said["watchEndedAt"] is None
    words = await _task(api, calamity, "give")
    assert words["waitsFor"] == "watch"
    telling = {"audience": "friends", "fact": 1, "texts": {"nl": "Blijf kalm. {sender}"}}
    for way, more in (
        (f"tasks/{words['id']}/start", {}),
        ("rounds", {"audiences": ["friends"]}),
        ("tellings", telling),
        ("tellings/plan", telling),
        ("close", {"reason": "Voorbij."}),
    ):
        refused = await api.post(f"{place}/{way}", more)
        assert refused.status_code == 409, (way, refused.text)
        assert "on watch" in refused.json()["detail"]
    seen = (await api.get(f"{place}/watch")).json()
    assert {each["step"] for each in seen["goOn"]} == {"give", "facts", "ask", "stop"}
    assert seen["standDown"][0]["recipients"] == 3
    ended = await api.post(f"{place}/watch/end", {"reason": "Het is zeker."})
    assert ended.json()["watchEndedAt"] is not None
    again = await api.post(f"{place}/watch/end", {"reason": "Nog eens."})
    assert again.json() == ended.json()
    assert (await api.get(f"{place}/watch")).status_code == 409
    assert (await api.post(f"{place}/watch/stand-down", {"reason": "Nee."})).status_code == 409
    assert (await api.post(f"{place}/tasks/{words['id']}/start")).status_code == 200
    body = new_calamity("request-2", watchReason="Nog onzeker.")
    calamity = (await api.post("/v1/calamities", body)).json()["calamityId"]
    down = await api.post(f"/v1/calamities/{calamity}/watch/stand-down", {"reason": "Loos."})
    assert down.json()["closedAt"] is not None


async def test_a_coordinator_stops_a_call_out_and_opens_a_round(api: Api) -> None:
    calamity = await api.calamity()
    place = f"/v1/calamities/{calamity}"
    (call_out,) = (await api.get(f"{place}/call-outs")).json()["callOuts"]
    stopped = await api.post(f"{place}/call-outs/{call_out['id']}/stop")
    assert stopped.status_code == 200, stopped.text
    assert {line["state"] for line in stopped.json()["lines"]} == {"spared"}
    assert (await api.post(f"{place}/call-outs/{call_out['id']}/stop")).status_code == 409
    words = await _task(api, calamity, "give")
    await api.post(f"{place}/tasks/{words['id']}/start")
    opened = await api.post(f"{place}/rounds", {"audiences": ["friends"], "closesAfter": "30m"})
    assert opened.status_code == 201, opened.text
    assert opened.json()["asked"] > 0
    unknown = await api.post(f"{place}/rounds", {"audiences": ["nobody"]})
    assert unknown.status_code == 400


async def test_a_contact_person_writes_to_their_own_key_figure_only(api: Api) -> None:
    own = f"/v1/key-figures/{api.town['kf1'].id}/messages"
    written = await api.post(own, {"text": "Hoe is het? Bel me gerust."}, "contact1")
    assert written.status_code == 201, written.text
    refused = await api.post(own, {"text": "Hallo."}, "contact2")
    assert refused.status_code in (403, 404)
    second = {"text": "De school is open.", "reason": "De contactpersoon is ziek."}
    nobody = await api.post(own, second, "network-manager")
    assert nobody.status_code == 403
    assert "writes in nobody's name" in nobody.text
    network = "network manager"
    assert (await api.post(own, {"text": "De school is open."}, network)).status_code == 400
    assert (await api.post(own, second, network)).status_code == 201
    elsewhere = f"/v1/key-figures/{api.town['lei1'].id}/messages"
    assert (await api.post(elsewhere, second, network)).status_code == 404
