"""A whole exercise over HTTP, as programs and phones see it, on both databases."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.stories.stage import Stage, staged, until

DEMO = Path(__file__).parents[2] / "calamity" / "demo"
PLAYBOOK = "attack-elsewhere"


def _people() -> list[dict[str, str]]:
    text = (DEMO / "people.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


class Api:
    """A program that acts with one role's token."""

    def __init__(self, client: aiohttp.ClientSession, url: str, token: str) -> None:
        self._client, self._url = client, url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        async with self._client.get(f"{self._url}/v1{path}", headers=self._headers) as answer:
            assert answer.status == 200, f"{path}: {await answer.text()}"
            if "json" in answer.headers["content-type"]:
                return await answer.json()
            return await answer.read()

    async def post(self, path: str, body: Any = None, *, status: int = 201) -> Any:
        async with self._client.post(
            f"{self._url}/v1{path}", headers=self._headers, json=body or {}
        ) as answer:
            text = await answer.text()
            assert answer.status == status, f"{path}: {answer.status} {text}"
            return json.loads(text) if text else None


def _token(stage: Stage, role: str) -> str:
    made = stage.cli("token", "create", "--role", role, "--name", f"story-{role}", "--json")
    return str(json.loads(made)["token"])


@pytest.mark.slow
async def test_an_exercise_from_activation_to_the_verified_timeline(
    database_url: str, tmp_path: Path
) -> None:
    people = _people()
    numbers = [person["telefoon"] for person in people]
    async with staged(
        database_url, tmp_path, numbers=numbers, rate=200, carrier="sandbox"
    ) as stage:
        stage.cli("demo")
        if database_url.startswith("sqlite"):
            stage.start("run", "run")
        else:
            stage.start("web", "serve")
            stage.start("work", "work")
        await stage.is_ready()
        async with aiohttp.ClientSession() as client:
            coordinator = Api(client, stage.url, _token(stage, "coordinator"))
            official = Api(client, stage.url, _token(stage, "official"))
            calamity = await _activate(coordinator)
            await _call_out(stage, client, coordinator, calamity)
            await _words_first(coordinator, calamity)
            await _round(stage, client, coordinator, official, calamity=calamity, people=people)
            await _officials_see_only_theirs(coordinator, official, calamity)
            await _timeline_verifies(coordinator, calamity, tmp_path, numbers)
        _no_number_anywhere(stage, numbers)


def _request(**changes: Any) -> dict[str, Any]:
    return {
        "slug": PLAYBOOK,
        "requestKey": "story-exercise-1",
        "title": "Najaarsoefening",
        "inputs": {"incident": {"nl": "een aanslag in Voorbeeldstad"}, "place": "stadhuis"},
        "levels": {"social": 1, "socialReason": "We oefenen."},
        "isExercise": True,
        "tempo": 60,
        **changes,
    }


async def _activate(coordinator: Api) -> str:
    plan = await coordinator.post("/calamities/plan", _request(), status=200)
    assert plan["parts"] > 0
    assert (await coordinator.get("/calamities"))["calamities"] == [], "a plan changes nothing"
    opened = await coordinator.post("/calamities", _request())
    again = await coordinator.post("/calamities", _request())
    assert opened == again, "the same key activates once"
    return str(opened["calamityId"])


async def _call_out(
    stage: Stage, client: aiohttp.ClientSession, coordinator: Api, calamity: str
) -> None:
    async def called() -> list[dict[str, Any]]:
        sent = await stage.texts(client)
        alarms = [text for text in sent if "ALARM" in text["body"]]
        return alarms if len(alarms) >= 4 else []

    alarms = await until(called, what="the call-out")
    assert all(text["body"].startswith("OEFENING. ") for text in alarms)
    await stage.reply(client, alarms[0]["to"], "2")
    for text in alarms[1:4]:
        await stage.reply(client, text["to"], "1")

    async def filled() -> bool:
        listed = await coordinator.get(f"/calamities/{calamity}/call-outs")
        return bool(listed["callOuts"][0]["state"] == "filled")

    await until(filled, what="the quota")


async def _task(coordinator: Api, calamity: str, act: str, message: str = "") -> dict[str, Any]:
    document = await coordinator.get(f"/playbooks/{PLAYBOOK}/versions/2/document")
    if isinstance(document, bytes):
        document = json.loads(document)
    codes = [
        step["code"]
        for step in document["steps"]
        if (step.get("act") or {}).get("kind") == act
        and (not message or step["act"].get("message") == message)
    ]
    tasks = (await coordinator.get(f"/calamities/{calamity}/tasks"))["tasks"]
    return next(task for task in tasks if task["step"] == codes[0])


async def _words_first(coordinator: Api, calamity: str) -> None:
    for message in ("K1", "P1"):
        task = await _task(coordinator, calamity, "dispatch", message)
        await coordinator.post(f"/calamities/{calamity}/tasks/{task['id']}/start", status=200)

    async def given() -> bool:
        listed = await coordinator.get(f"/calamities/{calamity}/dispatches")
        return len(listed["dispatches"]) == 2 and all(
            each["finishedAt"] for each in listed["dispatches"]
        )

    await until(given, what="words given")


async def _round(
    stage: Stage,
    client: aiohttp.ClientSession,
    coordinator: Api,
    official: Api,
    *,
    calamity: str,
    people: list[dict[str, str]],
) -> None:
    task = await _task(coordinator, calamity, "round")
    await coordinator.post(f"/calamities/{calamity}/tasks/{task['id']}/start", status=200)
    key_figures = {person["telefoon"] for person in people if person["soort"] == "sleutelfiguur"}
    asked_texts: list[dict[str, Any]] = []

    async def asked() -> bool:
        sent = await stage.texts(client)
        asked_texts[:] = [
            text
            for text in sent
            if text["to"] in key_figures
            and "1" in text["body"]
            and "5" in text["body"]
            and "0" in text["body"].partition("OEFENING. ")[2].partition("+31")[0]
        ]
        return len({text["to"] for text in asked_texts}) >= 30

    await until(asked, what="the question")
    for place, number in enumerate(sorted({text["to"] for text in asked_texts})):
        await stage.reply(client, number, str(1 + place % 4))
    round_ = (await coordinator.get(f"/calamities/{calamity}/rounds"))["rounds"][0]

    async def all_read() -> bool:
        async with client.get(f"{stage.url}/metrics") as answer:
            said = await answer.text()
        return all(f'state="{state}"}} 0.0' in said for state in ("unread", "ready", "sending"))

    await until(all_read, what="every answer read and answered")
    await coordinator.post(f"/calamities/{calamity}/rounds/{round_['id']}/close", status=200)
    picture = await coordinator.get(f"/calamities/{calamity}/rounds/{round_['id']}/picture")
    coarse = await official.get(f"/calamities/{calamity}/rounds/{round_['id']}/picture")
    cells, fewer = picture["picture"]["groups"], coarse["picture"]["groups"]
    assert any(cell["mood"] for cell in cells)
    assert len(fewer) <= len(cells)
    assert all(cell["asked"] >= (cell["answered"] or 0) for cell in cells)


async def _officials_see_only_theirs(coordinator: Api, official: Api, calamity: str) -> None:
    everything = (await coordinator.get(f"/calamities/{calamity}/timeline?limit=100"))["entries"]
    theirs = (await official.get(f"/calamities/{calamity}/timeline?limit=100"))["entries"]
    assert {line["visibility"] for line in theirs} == {"officials"}
    assert len(theirs) < len(everything)


async def _timeline_verifies(
    coordinator: Api, calamity: str, folder: Path, numbers: list[str]
) -> None:
    verdict = await coordinator.get(f"/calamities/{calamity}/timeline/verification")
    assert verdict["intact"], verdict
    bundle = await coordinator.get(f"/calamities/{calamity}/timeline/export?format=zip")
    with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
        packed.extractall(folder / "export")
    script = next((folder / "export").rglob("verify_timeline.py"))
    lines = next((folder / "export").rglob("timeline.jsonl"))
    assert not [number for number in numbers if number in lines.read_text(encoding="utf-8")]

    def check() -> int:
        return subprocess.run(
            [sys.executable, script.name], cwd=script.parent, capture_output=True, check=False
        ).returncode

    assert check() == 0
    changed = lines.read_text(encoding="utf-8").replace("Najaarsoefening", "Voorjaarsoefening", 1)
    lines.write_text(changed, encoding="utf-8")
    assert check() == 1


def _no_number_anywhere(stage: Stage, numbers: list[str]) -> None:
    """No file of the product holds a number; the sandbox, which plays the phones, must."""
    spoken = [number.encode() for number in numbers]
    for path in stage.folder.rglob("*"):
        if path.is_file() and "sandbox" not in path.name:
            held = path.read_bytes()
            assert not any(number in held for number in spoken), path.name
