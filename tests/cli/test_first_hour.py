"""From an empty database to a verified timeline, with the command alone."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import calamity.demo
from calamity.domain.districts import read_districts, short_name
from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]
DEMO = Path(next(iter(calamity.demo.__path__)))
AMERSFOORT = ROOT.parent / "shared" / "data" / "wijken-amersfoort-2014.geojson"


def make_municipality(cli: Cli) -> str:
    return cli(
        "municipality", "create", "--slug", "amersfoort", "--name", "Amersfoort",
        "--crisis-phone", "+3197010240999",
    )  # fmt: skip


def people_of_amersfoort(folder: Path) -> Path:
    """The people of the demo, living in the districts of Amersfoort."""
    here = read_districts((DEMO / "wijken.geojson").read_bytes()).districts
    there = read_districts(AMERSFOORT.read_bytes()).districts
    text = (DEMO / "people.csv").read_text(encoding="utf-8")
    for old, new in zip(here, there, strict=False):
        text = text.replace(f";{old.name};", f";{short_name(new.name)};")
    file = folder / "mensen.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.slow
def test_the_first_hour_of_a_municipality(typed: Cli, tmp_path: Path):
    cli = typed
    if not AMERSFOORT.exists():
        pytest.skip(f"the districts of Amersfoort are not at {AMERSFOORT}")
    assert "+31 970 102 40999" in make_municipality(cli)

    places = cli.json("neighbourhoods", "import", str(AMERSFOORT))
    assert (places["added"], places["changed"], places["same"]) == (31, 0, 0)
    assert cli.json("neighbourhoods", "import", str(AMERSFOORT))["same"] == 31

    file = people_of_amersfoort(tmp_path)
    report = cli.json("people", "import", str(file))
    assert (report["added"], report["skipped"], report["bad"]) == (66, 2, 0)
    again = cli("people", "import", str(file))
    assert "0 added, 0 changed, 66 the same, 2 skipped, 0 bad." in again
    assert f"{file}:2: same     responder       +31 970 102 40001" in again

    published = cli.json(
        "playbooks", "publish", str(ROOT / "playbooks" / "attack-elsewhere"), "--by", "anna"
    )
    assert [version["version"] for version in published] == [1, 2]
    assert "Ask a colleague" in cli.refused("playbooks", "approve", "--by", "anna")
    assert "bert" in cli("playbooks", "approve", "attack-elsewhere", "--by", "bert") + cli(
        "playbooks", "list"
    )

    planned = cli.json(*ACTIVATE, "--plan")
    assert planned["isExercise"] is True
    assert planned["parts"] > 100
    assert "There is no calamity yet" in cli.refused("timeline", "verify", "newest")

    made = cli.json(*ACTIVATE, "--yes", "--request-key", "just-this-once")
    assert cli.json(*ACTIVATE, "--yes", "--request-key", "just-this-once") == made

    assert "INTACT" in cli("timeline", "verify", made["calamityId"])
    assert cli.json("timeline", "verify", made["calamityId"][-12:])["intact"] is True
    parcel = tmp_path / "timeline.zip"
    cli("timeline", "export", "newest", "--out", str(parcel))
    _verify_alone(cli, parcel, tmp_path / "parcel")


ACTIVATE = (
    "activate", "attack-elsewhere", "--title", "Oefening Noord", "--incident", "de oefening Noord",
    "--level", "1", "--reason", "Wij oefenen", "--exercise", "--tempo", "60",
)  # fmt: skip


def _verify_alone(cli: Cli, parcel: Path, folder: Path) -> None:
    with zipfile.ZipFile(parcel) as opened:
        opened.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", "verify_timeline.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    file = folder / "timeline.jsonl"
    assert "INTACT" in cli("timeline", "verify", "--file", str(file))
    file.write_bytes(file.read_bytes().replace(b"Oefening Noord", b"Oefening Zuid!", 1))
    changed = cli.run("timeline", "verify", "--file", str(file))
    assert (changed.returncode, "line 1" in changed.stdout) == (1, True)


@pytest.mark.slow
def test_no_number_of_a_person_stands_in_the_database_in_the_clear(sqlite_cli: Cli, tmp_path: Path):
    sqlite_cli("demo")
    sqlite_cli(*ACTIVATE, "--yes")

    for path in tmp_path.glob("empty.sqlite*"):
        assert b"97010240" not in path.read_bytes()


@pytest.mark.slow
def test_the_demo_fills_an_empty_database_once(cli: Cli, tmp_path: Path):
    first = cli.json("demo")
    assert cli.json("demo") == first
    assert (tmp_path / "var" / "demo.json").stat().st_mode & 0o777 == 0o600
    assert set(first["logins"].values()) == {
        "coordinator", "official", "contact-person", "responder", "professional", "administrator",
        "network-manager", "privacy-officer",
    }  # fmt: skip
    users = cli.json("user", "list")
    assert {user["login"] for user in users} == set(first["logins"])
    approved = {
        version["slug"] for version in cli.json("playbooks", "list") if version["approvedBy"]
    }
    assert approved == {folder.parent.name for folder in ROOT.glob("playbooks/*/v1.yaml")}
    assert cli.json("doctor")[0] == {
        "what": "configuration", "state": "ok", "found": "development, carrier sandbox", "cure": "",
    }  # fmt: skip


def test_the_demo_stays_out_of_a_database_in_use(sqlite_cli: Cli):
    make_municipality(sqlite_cli)
    assert "empty database only" in sqlite_cli.refused("demo")
