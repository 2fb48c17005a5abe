"""What the documents say is true: their commands run, their targets and files exist."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "node_modules", "var"} & set(path.relative_to(ROOT).parts)
)
DEMO = ROOT / "calamity" / "demo"


def _commands(path: Path) -> list[str]:
    """Return the lines of code blocks that call `calamity`."""
    return [
        line.strip()
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"(    |\t)calamity [a-z]", line)
    ]


@pytest.mark.timeout(180)
def test_the_commands_of_the_readme_lead_from_nothing_to_an_exercise(tmp_path: Path) -> None:
    shutil.copy(DEMO / "wijken.geojson", tmp_path)
    shutil.copy(DEMO / "people.csv", tmp_path / "mensen.csv")
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CALAMITY_")},
        "CALAMITY_VAR": str(tmp_path / "var"),
    }
    commands = _commands(ROOT / "README.md")
    assert len(commands) >= 6

    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_in_a_document_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")))

    assert named <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_in_a_document_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_.-]+/)+[a-z_]+\.(?:py|md|yaml|sh))`", text))
    places = (ROOT, ROOT / "calamity", ROOT / "calamity" / "web", path.parent)

    assert [name for name in named if not any((place / name).exists() for place in places)] == []
