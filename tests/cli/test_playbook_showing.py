"""Rehearsing a playbook, printing it, and exchanging it with other programs, by command."""

import io
import json
from pathlib import Path

import pypdf

from tests.cli.conftest import Cli
from tests.cli.test_commands import PLAYBOOK, make_municipality


def test_a_rehearsal_of_a_version_and_of_a_file(cli: Cli) -> None:
    make_municipality(cli)
    cli("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    night = ("--at", "2026-11-28 02:30", "--answers", "none")
    said = cli("playbooks", "rehearse", "attack-elsewhere", *night)
    assert "It stalls:" in said
    assert "Nobody has the role team leader" in said
    assert "Sat 28-11 02:30" in said
    done = cli.json("playbooks", "rehearse", str(PLAYBOOK), *night, "--level", "2")
    assert (done["slug"], done["level"], done["answering"]) == ("attack-elsewhere", 2, "none")
    assert "no such version" in cli.refused("playbooks", "rehearse", "nothing")


def test_a_file_with_faults_is_not_rehearsed(sqlite_cli: Cli, tmp_path: Path) -> None:
    make_municipality(sqlite_cli)
    text = PLAYBOOK.read_text(encoding="utf-8").replace("role: LEI", "role: NOBODY", 1)
    folder = tmp_path / "attack-elsewhere"
    folder.mkdir()
    (folder / "v1.yaml").write_text(text, encoding="utf-8")
    said = sqlite_cli.refused("playbooks", "rehearse", str(folder / "v1.yaml"))
    assert "v1.yaml:" in said


def test_the_folder_is_written_as_a_pdf(sqlite_cli: Cli, tmp_path: Path) -> None:
    make_municipality(sqlite_cli)
    sqlite_cli("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    out = tmp_path / "folder.pdf"
    sqlite_cli("playbooks", "folder", "attack-elsewhere", "--out", str(out), "--language", "en")
    reader = pypdf.PdfReader(io.BytesIO(out.read_bytes()))
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert "The first hour" in "".join(page.extract_text() for page in reader.pages)


def test_cacao_goes_out_and_comes_in(sqlite_cli: Cli, tmp_path: Path) -> None:
    make_municipality(sqlite_cli)
    sqlite_cli("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    out = tmp_path / "ours.cacao.json"
    sqlite_cli("playbooks", "export", "attack-elsewhere", "-o", str(out))
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["spec_version"] == "cacao-2.0"
    assert '"cacao-2.0"' in sqlite_cli("playbooks", "export", "attack-elsewhere", "--cacao")
    look = sqlite_cli("playbooks", "import", str(out), "--look")
    assert "trusted as" in look
    assert "attack-elsewhere version 2: same, beside our version 2." in look
    assert "calamity people import FILE.csv" in look
    (done,) = sqlite_cli.json("playbooks", "import", str(out), "--although-untrusted")
    assert done["became"] == "nothing"
    document["name"] = "Anders"
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(document), encoding="utf-8")
    assert "does not hold" in sqlite_cli.refused("playbooks", "import", str(forged))
    forged.write_text('{"spec_version": "cacao-2.0"}', encoding="utf-8")
    assert "nothing was taken in." in sqlite_cli.refused("playbooks", "import", str(forged))
