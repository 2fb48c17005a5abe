"""The command as a person types it: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from calamity.cli import calamity


@dataclass(frozen=True)
class Cli:
    """Runs `calamity` against one database; `cli(...)` expects it to succeed."""

    folder: Path
    environ: dict[str, str]

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "calamity", *words],
            cwd=self.folder,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def __call__(self, *words: str, given: str = "") -> str:
        done = self.run(*words, given=given)
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that succeeds, and return what it printed as JSON."""
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str, given: str = "") -> str:
        """Run a command that is refused, and return what it says of that."""
        done = self.run(*words, given=given)
        assert done.returncode == 1, f"{words}: {done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr


@dataclass(frozen=True)
class QuickCli(Cli):
    """The same in this process, which spares each command the second that imports take."""

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        gone = {name: None for name in os.environ if name.startswith("CALAMITY_")}
        ended = CliRunner().invoke(
            calamity, words, input=given, env={**gone, **self.environ}, prog_name="calamity"
        )
        told = ended.stderr
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            told += "".join(traceback.format_exception(ended.exception))
        return subprocess.CompletedProcess(words, ended.exit_code, ended.stdout, told)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite"
        return
    cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


def _environ(url: str, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALAMITY_")}
    root = Path(__file__).parents[2]
    return {
        **kept,
        "PYTHONPATH": str(root),
        "CALAMITY_DATABASE_URL": url,
        "CALAMITY_VAR": str(folder / "var"),
        # A port on which nothing answers, so that no test talks to a sandbox of somebody's own.
        "CALAMITY_SANDBOX_PORT": "9",
        "COLUMNS": "100",
    }


@pytest.fixture
def typed(empty_url: str, tmp_path: Path) -> Cli:
    """The command beside an empty database of each kind; once, in processes of its own."""
    kind = Cli if empty_url.startswith("sqlite") else QuickCli
    return kind(tmp_path, _environ(empty_url, tmp_path))


@pytest.fixture
def cli(empty_url: str, tmp_path: Path) -> Cli:
    """The command beside an empty database of each kind."""
    return QuickCli(tmp_path, _environ(empty_url, tmp_path))


@pytest.fixture
def sqlite_cli(tmp_path: Path) -> Cli:
    """The command beside an empty SQLite database, for what no database makes different."""
    return QuickCli(tmp_path, _environ(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path))
