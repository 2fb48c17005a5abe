"""Start: how soon `calamity serve` is ready and what it weighs, against the bare libraries."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.bench.bench_client import ACCOUNT, PUBLIC, TOKEN
from tests.bench.figures import Aim, Figure
from tests.bench.stage import DATABASES, ROOT, Stage, end, free_port, say
from tests.make import SECRET, SENDER

_PATIENCE_SECONDS = 60
_IDLE_SECONDS = 1.5
_LIST = """
import json, sys
import calamity.cli.processes
not_theirs = {"calamity", "tests", "__main__"} | sys.stdlib_module_names
names = [name for name in sys.modules if name.partition(".")[0] not in not_theirs]
print(json.dumps([name for name in names if not name.startswith("_")]))
"""


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    listed = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    figures = []
    for kind in DATABASES:
        say(f"start on {kind}: {len(json.loads(listed)):,} modules of libraries")
        ready = Figure("start until ready", kind, "s", Aim(1.25, is_least=False))
        weight = Figure("memory when idle (PSS)", kind, "MB", Aim(1.15, is_least=False))
        url = stage.url(kind)
        rounds = 1 if stage.quick else stage.rounds
        for number in range(rounds + 1):
            port = free_port()
            environment = {
                **os.environ, "CALAMITY_VAR": str(stage.folder), "CALAMITY_DATABASE_URL": url,
                "CALAMITY_SECRET_KEY": SECRET, "CALAMITY_PORT": str(port),
                "CALAMITY_CARRIER": "twilio", "CALAMITY_TWILIO_ACCOUNT_SID": ACCOUNT,
                "CALAMITY_TWILIO_AUTH_TOKEN": TOKEN, "CALAMITY_TWILIO_FROM": SENDER,
                "CALAMITY_PUBLIC_URL": PUBLIC,
                "CALAMITY_LOG": "json",
            }  # fmt: skip
            ours = _started([sys.executable, "-m", "calamity", "serve"], environment, port)
            given = {"what": "bare", "modules": json.loads(listed)}
            bare = _started(
                [sys.executable, "-m", "tests.bench.server", json.dumps(given)],
                dict(os.environ), None,
            )  # fmt: skip
            if number:  # the first start fills the caches of the machine
                ready.add(ours[0], bare[0])
                weight.add(ours[1], bare[1])
        figures += [ready, weight]
    return figures


def _started(
    command: list[str], environment: dict[str, str], port: int | None
) -> tuple[float, float]:
    """Start a server; return seconds until it was ready, and its idle megabytes."""
    begun = time.monotonic()
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if port is None:
            assert running.stdout is not None
            port = json.loads(running.stdout.readline())["port"]
        while not _is_ready(port):
            if running.poll() is not None or time.monotonic() - begun > _PATIENCE_SECONDS:
                raise RuntimeError(f"{command[2:4]} does not get ready")
            time.sleep(0.01)
        took = time.monotonic() - begun
        time.sleep(_IDLE_SECONDS)
        return took, _weight(running.pid)
    finally:
        end(running)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _weight(pid: int) -> float:
    """Return the proportional share of memory, in megabytes; 0 where /proc does not say."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
