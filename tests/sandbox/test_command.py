"""The command that starts the sandbox alone, as a team does before an exercise."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import msgspec
import pytest
from sandbox_stage import PERSON, Sandbox, eventually, free_port

from calamity.sandbox.settings import SandboxSettings

ACCOUNT = "AC5a4d0000" + "1" * 24
TOKEN = "5a4d0000c0ffee00c0ffee00c0ffee99"
SENDER = "+3197010250000"
COMMAND = (sys.executable, "-m", "calamity")


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "CALAMITY_VAR": str(folder),
        "CALAMITY_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/calamity.db",
        "CALAMITY_SANDBOX_PORT": str(port),
        "CALAMITY_CARRIER": "sandbox",
        "CALAMITY_TWILIO_ACCOUNT_SID": ACCOUNT,
        "CALAMITY_TWILIO_AUTH_TOKEN": TOKEN,
        "CALAMITY_TWILIO_FROM": f"{SENDER}=100",
    }


async def test_a_script_and_a_region_are_given_on_the_command_line(tmp_path):
    port = free_port()
    script, transcript = tmp_path / "storm.json", tmp_path / "storm.jsonl"
    script.write_text('{"seed": 3, "steps": [{"fault": {"kind": "too-many", "count": 1}}]}')
    settings = environment(tmp_path, port)
    subprocess.run([*COMMAND, "migrate"], env=settings, check=True, capture_output=True)  # noqa: ASYNC221 - short
    words = ["--script", str(script), "--transcript", str(transcript), "--ireland", "--speed", "60"]
    process = subprocess.Popen([*COMMAND, "sandbox", *words], env=settings)  # noqa: ASYNC220 - short
    known = SandboxSettings(account_sid=ACCOUNT, auth_token=TOKEN)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            sandbox = Sandbox(known, port, session)

            async def is_up() -> bool:
                try:
                    return (await sandbox.control("GET", "/health"))["clock"]["speed"] == 60
                except aiohttp.ClientError:
                    return False

            await eventually(is_up, seconds=30)
            form = {"To": PERSON, "From": SENDER, "Body": "x"}
            assert (await sandbox.create(**form))[0] == 429
            assert (await sandbox.create(**form))[0] == 201
            assert (await sandbox.create(**form, ShortenUrls="true"))[1]["code"] == 30700
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    written = [msgspec.json.decode(line) for line in transcript.read_text().splitlines()]
    answers = [one["status"] for one in written if one["kind"] == "request"]
    assert answers == [429, 201, 400]
    assert all(one["sandbox"] for one in written)


@pytest.mark.parametrize(
    "script", ['{"steps": [{"fault": {"kind": "gremlin"}}]}', "not a document", '{"step": []}']
)
def test_a_wrong_script_is_told_before_anything_starts(tmp_path, script):
    path = tmp_path / "wrong.json"
    path.write_text(script)
    done = subprocess.run(
        [*COMMAND, "sandbox", "--script", str(path)],
        env=environment(tmp_path, free_port()), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "This is not a script of faults" in done.stderr


def test_s01_other_machines_are_let_in_only_by_who_says_so(tmp_path):
    done = subprocess.run(
        [*COMMAND, "sandbox", "--host", "0.0.0.0"],  # noqa: S104 - it must be refused
        env=environment(tmp_path, free_port()), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "--i-know" in done.stderr
