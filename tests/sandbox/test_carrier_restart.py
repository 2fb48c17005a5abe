"""What was answered outlives the process, even one that is killed."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import msgspec
import pytest
from sandbox_stage import PERSON, SENDER, Sandbox, eventually, free_port, running

from calamity.sandbox.ledger import Ledger
from calamity.sandbox.server import serve
from calamity.sandbox.settings import Persona, SandboxSettings
from calamity.sandbox.transcript import Transcript

OTHER = "+3197010240001"
SERVE = """
import asyncio, sys, msgspec
from calamity.sandbox.server import serve
from calamity.sandbox.settings import SandboxSettings
settings = msgspec.json.decode(sys.argv[1], type=SandboxSettings)
asyncio.run(serve(settings, "127.0.0.1", int(sys.argv[2])))
"""


async def test_queue_opt_outs_phones_and_states_survive_a_restart(tmp_path, product):
    settings = {"database": str(tmp_path / "sandbox.db"), "senders": {SENDER: 2.0}}
    async with running(**settings) as sandbox:
        people = [{"name": "Noor Bakker", "number": PERSON, "language": "nl", "note": "snelteam"}]
        await sandbox.control("POST", "/phones", people)
        await sandbox.control("POST", f"/phones/{OTHER}/state", {"state": "silent"})
        await sandbox.control("POST", f"/phones/{PERSON}/texts", {"body": "STOP", "to": SENDER})
        sids = [
            (await sandbox.send(f"{n}", To=OTHER, StatusCallback=product.origin + "/s"))["sid"]
            for n in range(4)
        ]
    async with running(**settings) as sandbox:
        phones = {one["number"]: one for one in await sandbox.control("GET", "/phones")}
        assert phones[PERSON]["name"] == "Noor Bakker"
        assert phones[OTHER]["state"] == "silent"
        assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[1]["code"] == 21610
        for sid in sids:
            await sandbox.until(sid, "sent")

        async def look() -> bool:
            return all(set(product.statuses(sid)) == {"sending", "sent"} for sid in sids)

        await eventually(look)


async def test_webhooks_that_were_not_posted_are_posted_after_a_restart(tmp_path, product):
    settings = {
        "database": str(tmp_path / "sandbox.db"),
        "webhook_url": product.origin + "/inbound",
        "webhooks_at_once": 1,
    }
    path = f"/phones/{PERSON}/texts"
    product.delay = 30
    async with running(**settings) as sandbox:
        for body in ("een", "twee"):
            await sandbox.control("POST", path, {"body": body, "to": SENDER})
        assert (await sandbox.control("GET", "/health"))["webhooks_pending"] == 2
    product.delay = 0
    product.hooks.clear()
    async with running(**settings) as sandbox:
        hooks = await product.got(2)
        assert {hook.form["Body"] for hook in hooks} == {"een", "twee"}

        async def look() -> bool:
            return (await sandbox.control("GET", "/health"))["webhooks_pending"] == 0

        await eventually(look)


async def test_faults_stand_again_after_a_restart_with_the_same_chance(tmp_path):
    settings = {"database": str(tmp_path / "sandbox.db"), "seed": 7}
    uncertain = {"kind": "error-before", "probability": 0.5, "to": OTHER}

    async def outcomes(sandbox: Sandbox, times: int) -> list[int]:
        return [(await sandbox.create(To=OTHER, From=SENDER, Body="x"))[0] for _ in range(times)]

    async with running(seed=7) as undisturbed:
        await undisturbed.control("POST", "/faults", uncertain)
        expected = await outcomes(undisturbed, 24)
    assert {*expected} == {201, 500}
    async with running(**settings) as sandbox:
        await sandbox.control("POST", "/faults", uncertain)
        await sandbox.fault("too-many", count=2, to=PERSON)
        assert (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[0] == 429
        first = await outcomes(sandbox, 12)
        before = await sandbox.control("GET", "/faults")
    async with running(**settings) as sandbox:
        after = await sandbox.control("GET", "/faults")
        assert [one["id"] for one in after] == [one["id"] for one in before]
        assert after[1]["left"] == 1
        assert first + await outcomes(sandbox, 12) == expected
        await sandbox.control("DELETE", f"/faults/{after[0]['id']}")
        await sandbox.control("DELETE", f"/faults/{after[1]['id']}")
    async with running(**settings) as sandbox:
        assert await sandbox.control("GET", "/faults") == []


async def test_a_fault_that_ends_by_itself_ends_after_a_restart_too(tmp_path):
    settings = {"database": str(tmp_path / "sandbox.db")}
    async with running(**settings) as sandbox:
        await sandbox.fault("api-down", lasts=60)
        assert (await sandbox.create(To=OTHER, From=SENDER, Body="x"))[0] == 503
    async with running(**settings) as sandbox:
        (fault,) = await sandbox.control("GET", "/faults")
        assert 0 < fault["ends_in"] <= 60
        assert (await sandbox.create(To=OTHER, From=SENDER, Body="x"))[0] == 503
        await sandbox.clock(step=61)
        assert (await sandbox.create(To=OTHER, From=SENDER, Body="x"))[0] == 201
        assert await sandbox.control("GET", "/faults") == []


async def test_a_door_that_was_shut_is_shut_after_a_restart_too_and_opens_by_itself(tmp_path):
    settings = {"database": str(tmp_path / "sandbox.db")}
    async with running(**settings) as sandbox:
        await sandbox.fault("refused", seconds=1.0)
    async with running(**settings) as sandbox:

        async def look() -> bool:
            try:
                return (await sandbox.create(To=PERSON, From=SENDER, Body="x"))[0] == 201
            except aiohttp.ClientError:
                return False

        await eventually(look)


async def test_a_script_goes_on_after_a_restart_and_does_not_begin_anew(tmp_path):
    script = {
        "steps": [
            {"at": 0, "numbers": OTHER, "state": "silent"},
            {"at": 100, "fault": {"kind": "suspended"}},
            {"at": 200, "numbers": PERSON, "state": "off"},
        ]
    }
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script))
    settings = {"database": str(tmp_path / "sandbox.db"), "script": str(path)}
    async with running(**settings) as sandbox:
        await sandbox.clock(step=101)
        await sandbox.control("POST", f"/phones/{OTHER}/state", {"state": "on"})

        async def is_suspended() -> bool:
            return [one["kind"] for one in await sandbox.control("GET", "/faults")] == ["suspended"]

        await eventually(is_suspended)
    async with running(**settings) as sandbox:
        assert (await sandbox.control("GET", f"/phones/{OTHER}"))["state"] == "on"
        assert len(await sandbox.control("GET", "/faults")) == 1
        await sandbox.clock(step=100)

        async def is_off() -> bool:
            return (await sandbox.control("GET", f"/phones/{PERSON}"))["state"] == "off"

        await eventually(is_off)
        steps = [
            one for one in await sandbox.control("GET", "/transcript") if one["kind"] == "step"
        ]
        assert len(steps) == 1, "each step once"


async def test_a_killed_sandbox_loses_nothing_that_it_answered(tmp_path):
    settings = SandboxSettings(database=str(tmp_path / "sandbox.db"), senders={SENDER: 1000.0})
    port = free_port()
    arguments = [sys.executable, "-c", SERVE, msgspec.json.encode(settings).decode(), str(port)]
    process = subprocess.Popen(arguments, cwd=Path(__file__).parents[2])  # noqa: ASYNC220 - short
    answered: list[str] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        sandbox = Sandbox(settings, port, session)

        async def is_up() -> bool:
            try:
                await sandbox.control("GET", "/health")
            except aiohttp.ClientError:
                return False
            return True

        async def keep_sending() -> None:
            while True:
                answered.append((await sandbox.send())["sid"])

        await eventually(is_up, seconds=20)
        senders = [asyncio.create_task(keep_sending()) for _ in range(8)]
        await asyncio.sleep(1)
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(*senders, return_exceptions=True)
        process.wait()
    assert len(answered) > 50
    async with running(database=settings.database) as again:
        kept = {text["sid"] for text in await again.control("GET", "/messages")}
    assert set(answered) <= kept


async def test_people_come_from_the_file_that_the_product_writes(tmp_path):
    listed = [Persona("Amal Haddad", PERSON, "ar", "sleutelfiguur")]
    path = tmp_path / "phones.json"
    path.write_bytes(msgspec.json.encode(listed))
    async with running(phones=str(path)) as sandbox:
        phones = await sandbox.control("GET", "/phones")
        assert [(one["name"], one["language"]) for one in phones] == [("Amal Haddad", "ar")]


async def test_a_ledger_that_cannot_write_says_so_and_not_201(tmp_path):
    ledger = Ledger(str(tmp_path / "x.db"), lambda: 0.0)
    ledger.put("texts", "a", {"a": 1})
    ledger._database.execute("DROP TABLE texts")
    with pytest.raises(Exception, match="texts"):
        await ledger.kept()
    ledger.close()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"account_sid": "AC" + "1" * 32}, "never use a real one"),
        ({"auth_token": ""}, "at least 32"),
        ({"speed": 0}, "above zero"),
        ({"senders": {SENDER: 0}}, "above zero"),
    ],
)
def test_dangerous_settings_are_refused(wrong, reason):
    """S-98: never a real account, never an empty token."""
    with pytest.raises(ValueError, match=reason):
        SandboxSettings(**wrong)


async def test_the_sandbox_listens_on_this_machine_only():
    """S-01."""
    with pytest.raises(ValueError, match="this machine only"):
        await serve(SandboxSettings(), "0.0.0.0", 1)  # noqa: S104 - it must be refused


async def test_a_link_from_the_product_opens_the_phones(sandbox):
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    answer = await sandbox.session.get(sandbox.origin + "/", headers=headers)
    assert answer.status == 200
    form = {"body": "1", "to": SENDER}
    url = f"{sandbox.origin}/phones/{PERSON}/texts"
    assert (await sandbox.session.post(url, data=form, headers=headers)).status == 403


async def test_a_port_in_use_is_an_error_to_read(sandbox):
    with pytest.raises(OSError, match="in use"):
        await serve(SandboxSettings(), "127.0.0.1", sandbox.port, install_signals=False)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_other_sites_cannot_turn_the_knobs(sandbox, headers):
    for path in ("/", "/sandbox/health", f"/phones/{PERSON}"):
        answer = await sandbox.session.get(sandbox.origin + path, headers=headers)
        assert answer.status == 403
    body = json.dumps({"kind": "html"})
    url = sandbox.origin + "/sandbox/faults"
    assert (await sandbox.session.post(url, data=body, headers=headers)).status == 403


def test_what_passed_is_in_the_file_at_once(tmp_path):
    transcript = Transcript(str(tmp_path / "transcript.jsonl"))
    transcript.add("alert", words="nobody listens")
    # A process that is killed from here on closes nothing.
    assert '"kind":"alert"' in (tmp_path / "transcript.jsonl").read_text(encoding="utf-8")
    transcript.close()
