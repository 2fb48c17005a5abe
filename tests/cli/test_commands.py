"""What each command says of wrong input, and how it ends."""

import dataclasses
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from calamity.domain.playbook import LevelRule, Question, Words
from calamity.domain.playbook_check import canonical, fingerprint, read_block
from tests.cli.conftest import Cli
from tests.cli.test_first_hour import ROOT, make_municipality
from tests.make import make_block, make_playbook

HEADER = "soort;naam;telefoon;taal;rol;rang;wijk;kring;contactpersoon;afgesproken_op;wil_vragen"
PLAYBOOK = ROOT / "playbooks" / "attack-elsewhere" / "v1.yaml"


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_help_is_quick():
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "calamity", "--help"], check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"calamity --help: {min(times):.2f} s of processor")
    # 0.2 s on a quiet machine. The processor's time, for other tests may be running beside it.
    assert min(times) < 0.5


COMMANDS = (
    "run", "serve", "work", "sandbox", "migrate", "demo", "doctor", "municipality create",
    "neighbourhoods import", "people import", "user create", "user list", "user disable",
    "user reset", "token create", "playbooks check", "playbooks list", "playbooks publish",
    "playbooks approve", "playbooks diff", "playbooks export", "playbooks import",
    "playbooks schema", "activate", "playbooks drafts", "playbooks submit", "playbooks retire",
    "playbooks revoke", "playbooks uses", "playbooks merge", "playbooks keys", "playbooks trust",
    "playbooks distrust", "playbooks rehearse", "playbooks folder",
    "timeline export", "timeline verify", "theme check", "watch show", "watch end",
    "watch stand-down",
)  # fmt: skip


def test_every_command_is_known_and_explains_itself_with_an_example():
    from calamity.cli import calamity

    found = []
    for name, command in calamity.commands.items():
        for sub in getattr(command, "commands", {None: command}).items():
            found.append(f"{name} {sub[0]}" if sub[0] else name)
            assert "calamity" in (sub[1].epilog or "")
            assert (sub[1].help or "").strip()
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ("unknown",),
        ("activate",),
        ("people", "import", "no-such-file.csv"),
        ("activate", "x", "--title", "Iets", "--level", "9"),
        ("timeline", "verify"),
    ],
)
def test_wrong_usage_ends_with_two(sqlite_cli: Cli, words):
    assert sqlite_cli.run(*words).returncode == 2


def test_a_refusal_is_one_line_and_ends_with_one(sqlite_cli: Cli):
    said = sqlite_cli.refused("playbooks", "list")
    assert said.startswith("calamity: There is no municipality yet.")
    assert said.count("\n") == 1


def test_wrong_settings_are_one_line(sqlite_cli: Cli):
    sqlite_cli.environ["CALAMITY_TIMEZONE"] = "Mars/Olympus"
    assert sqlite_cli.refused("migrate").startswith("calamity: CALAMITY_TIMEZONE must be")
    assert "CALAMITY_TIMEZONE" in sqlite_cli.run("doctor").stdout


def test_a_database_that_does_not_answer_is_one_line(sqlite_cli: Cli):
    sqlite_cli.environ["CALAMITY_DATABASE_URL"] = "postgresql://calamity@127.0.0.1:9/none"
    assert "does not answer" in sqlite_cli.refused("playbooks", "list")
    assert sqlite_cli.run("doctor").returncode == 1


def test_migrating_twice_is_no_harm(cli: Cli):
    first, second = cli.json("migrate"), cli.json("migrate")
    assert first["before"] is None
    assert second == {"before": first["after"], "after": first["after"]}


def test_a_municipality_is_made_once(cli: Cli):
    make_municipality(cli)
    again = cli.refused(
        "municipality", "create", "--slug", "amersfoort", "--name", "A", "--crisis-phone",
        "033 469 5111",
    )  # fmt: skip
    assert "exists already" in again


def test_people_faults_are_told_per_line_and_nobody_is_taken_in(sqlite_cli: Cli, tmp_path: Path):
    make_municipality(sqlite_cli)
    file = write(
        tmp_path, "mensen.csv",
        f"{HEADER}\ncontactpersoon;Tessa;+3197010245001;nl;;;;;;;\nsnelteam;Jan;0612;nl;LEI;1;;;;;\n"
        "sleutelfiguur;Truus;+3197010245002;nl;;;Wijk 1;;Tessa;;nee\n",
    )  # fmt: skip

    said = sqlite_cli.refused("people", "import", file).splitlines()

    assert said[0].startswith(f"calamity: {file}:3: telefoon: ")
    assert said[1].startswith(f"calamity: {file}:4: wijk: There are no neighbourhoods yet.")
    assert said[2] == "calamity: 2 faults; nothing was taken in."
    taken = sqlite_cli.json("people", "import", file, "--skip-bad")
    assert (taken["added"], taken["bad"]) == (1, 2)


def test_broken_districts_are_told_per_feature(sqlite_cli: Cli, tmp_path: Path):
    make_municipality(sqlite_cli)
    file = write(tmp_path, "wijken.geojson", '{"type": "FeatureCollection", "features": [{}]}')
    assert "Feature 1" in sqlite_cli.refused("neighbourhoods", "import", file)


def test_playbook_faults_are_told_with_file_and_line(sqlite_cli: Cli, tmp_path: Path):
    folder = tmp_path / "attack-elsewhere"
    folder.mkdir()
    text = PLAYBOOK.read_text(encoding="utf-8").replace("scenario: attack", "scenario: atack", 1)
    file = write(folder, "v1.yaml", text)

    done = sqlite_cli.run("playbooks", "check", file)

    line = text.splitlines().index("scenario: atack-elsewhere") + 1
    assert done.returncode == 1
    assert f"{file}:{line}:" in done.stdout
    make_municipality(sqlite_cli)
    assert f"{file}:{line}:" in sqlite_cli.refused("playbooks", "publish", file)


def test_all_shipped_playbooks_pass_the_check(sqlite_cli: Cli):
    assert "0 errors" in sqlite_cli("playbooks", "check")


def test_a_playbook_is_checked_and_published_with_the_blocks_beside_it(
    sqlite_cli: Cli, tmp_path: Path
):
    for folder in ("attack-elsewhere", "blocks/records"):
        (tmp_path / folder).mkdir(parents=True)
    text = PLAYBOOK.read_text(encoding="utf-8")
    text = text.replace("\nphases:", "\nuses: [{ block: records, version: 1 }]\nphases:", 1)
    file = write(tmp_path / "attack-elsewhere", "v1.yaml", text)
    assert "no block records" in sqlite_cli.run("playbooks", "check", file).stdout
    block = canonical(make_block(roles=[replace(make_block().roles[0], code="REC")])).decode()
    write(tmp_path / "blocks/records", "v1.yaml", block)

    assert "2 documents: 0 errors" in sqlite_cli("playbooks", "check", str(tmp_path))
    make_municipality(sqlite_cli)
    said = sqlite_cli("playbooks", "publish", str(tmp_path))

    assert "block records version 1: published." in said
    exported = sqlite_cli("playbooks", "export", "attack-elsewhere")
    assert '"code": "REC"' in exported
    assert fingerprint(make_block(roles=[replace(make_block().roles[0], code="REC")])) in exported
    assert "blocks/records version 1: approved" in sqlite_cli(
        "playbooks", "approve", "blocks/records", "--by", "colleague"
    )
    newer = replace(make_block(), title=replace(make_block().title, en="Minutes"))
    write(tmp_path / "blocks/records", "v2.yaml", canonical(replace(newer, version=2)).decode())
    differs = sqlite_cli(
        "playbooks", "diff", "blocks/records@1", str(tmp_path / "blocks/records/v2.yaml")
    )
    assert "Minutes" in differs
    alone = tmp_path / "records.yaml"
    sqlite_cli("playbooks", "export", "blocks/records", "-o", str(alone))
    assert sqlite_cli("playbooks", "export", "blocks/records") == alone.read_text("utf-8")
    assert canonical(read_block(alone.read_bytes(), "v1.yaml")).decode() == block
    assert "no such playbook" in sqlite_cli.refused("playbooks", "export", "blocks/none")
    (listed,) = sqlite_cli.json("playbooks", "list", "--blocks", "--json")
    assert (listed["kind"], listed["state"]) == ("block", "published")
    reason = ("--version", "1", "--reason", "Er is een betere.", "--by", "colleague")
    assert "retired" in sqlite_cli("playbooks", "retire", "blocks/records", *reason)


def test_a_file_of_a_gigabyte_is_refused_unread(sqlite_cli: Cli, tmp_path: Path):
    huge = tmp_path / "v1.yaml"
    with huge.open("wb") as file:
        file.truncate(1024**3)

    assert "1024 MiB" in sqlite_cli.refused("playbooks", "check", str(huge))


@pytest.mark.parametrize("made", [Path.mkdir, lambda path: path.symlink_to(path.name)])
def test_what_is_no_file_among_playbooks_is_refused(sqlite_cli: Cli, tmp_path: Path, made):
    made(tmp_path / "v1.yaml")

    assert "cannot be read" in sqlite_cli.refused("playbooks", "check", str(tmp_path))


def test_a_playbook_travels_with_its_fingerprint(sqlite_cli: Cli, tmp_path: Path):
    make_municipality(sqlite_cli)
    *_, newest = sqlite_cli.json("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    for name in ("ours.json", "ours.yaml"):
        sqlite_cli("playbooks", "export", "attack-elsewhere", "--out", str(tmp_path / name))
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert newest["sha256"] in text
        assert [
            v["sha256"] for v in sqlite_cli.json("playbooks", "import", str(tmp_path / name))
        ] == [newest["sha256"]]
        forged = write(tmp_path, f"forged-{name}", text.replace("teamleider", "teamleidster"))
        assert "fingerprint differs" in sqlite_cli.refused("playbooks", "import", forged)


def test_a_bundle_goes_from_one_installation_to_another(cli: Cli, tmp_path: Path):
    other = {
        "CALAMITY_DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite",
        "CALAMITY_VAR": str(tmp_path / "other"),
    }
    theirs = dataclasses.replace(cli, environ=cli.environ | other)
    make_municipality(cli)
    cli("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    cli("playbooks", "approve", "attack-elsewhere", "--by", "bert")
    file = str(tmp_path / "ours.calamity.zip")
    assert "attack-elsewhere version 2" in cli("playbooks", "export", "-o", file)
    again = str(tmp_path / "again.calamity.zip")
    cli("playbooks", "export", "attack-elsewhere", "-o", again)
    assert Path(file).read_bytes() == Path(again).read_bytes()
    fingerprint = cli.json("playbooks", "keys")["own"]["fingerprint"]

    make_municipality(theirs)
    look = theirs("playbooks", "import", file, "--look")
    assert "NOT TRUSTED HERE" in look
    assert "Role without people: LEI team leader" in look
    assert "Approved there: " in look
    assert "Nobody here trusts the key" in theirs.refused("playbooks", "import", file)
    theirs("playbooks", "trust", "Amersfoort", fingerprint, "--by", "carla")
    (done,) = theirs.json("playbooks", "import", file, "--by", "anna")
    assert (done["became"], done["version"]) == ("submitted", 2)
    theirs("playbooks", "approve", "attack-elsewhere", "--by", "bert")
    (version,) = theirs.json("playbooks", "list")
    assert version["state"] == "published"
    theirs("playbooks", "distrust", fingerprint, "--by", "carla")
    assert "NOT TRUSTED" in theirs("playbooks", "import", file, "--look")


def test_a_version_is_retired_and_says_who_used_it(sqlite_cli: Cli):
    make_municipality(sqlite_cli)
    sqlite_cli("playbooks", "publish", "attack-elsewhere", "--by", "anna")
    sqlite_cli("playbooks", "approve", "attack-elsewhere", "--by", "bert")
    assert sqlite_cli.json("playbooks", "uses", "attack-elsewhere") == []
    sqlite_cli(
        "playbooks", "retire", "attack-elsewhere", "--version", "2", "--reason", "Te oud.",
        "--by", "bert",
    )  # fmt: skip
    start = ("activate", "attack-elsewhere", "--title", "Oefening", "--exercise", "--plan")
    assert "Te oud." in sqlite_cli.refused(*start)
    said = sqlite_cli(*start, "--version", "2", "--although-retired")
    assert "this version was retired" in said


def test_a_draft_is_submitted(sqlite_cli: Cli):
    make_municipality(sqlite_cli)
    (done,) = sqlite_cli.json("playbooks", "import", str(PLAYBOOK), "--draft", "--by", "anna")
    (draft,) = sqlite_cli.json("playbooks", "drafts")
    assert draft["id"] == done["draftId"]
    assert "version 1: submitted" in sqlite_cli("playbooks", "submit", draft["id"], "--by", "anna")
    assert sqlite_cli.json("playbooks", "drafts") == []


def test_two_versions_are_compared_in_words(sqlite_cli: Cli, tmp_path: Path):
    make_municipality(sqlite_cli)
    folder = tmp_path / "attack-elsewhere"
    folder.mkdir()
    text = PLAYBOOK.read_text(encoding="utf-8")
    write(folder, "v1.yaml", text)
    changed = text.replace("version: 1", "version: 2", 1).replace("quota: 3", "quota: 4", 1)
    write(folder, "v2.yaml", changed)
    sqlite_cli("playbooks", "publish", str(folder))

    said = sqlite_cli("playbooks", "diff", "attack-elsewhere", "1", "2")

    assert "Now 4 instead of 3 people must be coming." in said
    assert "Er moeten nu 4 in plaats van 3 mensen komen." in said
    assert sqlite_cli("playbooks", "diff", str(folder / "v1.yaml"), str(folder / "v2.yaml")) == said
    assert sqlite_cli("playbooks", "diff", "attack-elsewhere@1", "attack-elsewhere") == said
    assert "1 differences." in said


def test_the_schema_is_json(sqlite_cli: Cli):
    assert json.loads(sqlite_cli("playbooks", "schema"))["title"] == "Calamity playbook"


def test_a_user_and_a_token_are_made(cli: Cli):
    make_municipality(cli)
    made = cli.json(
        "user", "create", "--login", "anna@a.example", "--name", "Anna", "--role", "coordinator"
    )
    assert len(made["password"]) >= 12
    given = cli(
        "user", "create", "--login", "bert@a.example", "--name", "Bert", "--role", "official",
        "--password-stdin", given="paard fiets regenton\n",
    )  # fmt: skip
    assert "regenton" not in given
    assert cli("token", "create", "--role", "coordinator", "--name", "dashboard").startswith("cal_")
    work = cli.json(
        "user", "create", "--login", "chris@a.example", "--name", "Chris", "--role",
        "privacy-officer", "--work-account",
    )  # fmt: skip
    assert work["password"] is None
    assert "with the password alone" in cli("user", "reset", "bert@a.example")
    cli("user", "disable", "anna@a.example")
    assert {user["login"]: user["isDisabled"] for user in _users(cli)} == {
        "anna@a.example": True, "bert@a.example": False, "chris@a.example": False,
    }  # fmt: skip


def _users(cli: Cli) -> list[dict[str, object]]:
    return [
        {"login": user["login"], "isDisabled": user.get("isDisabled", user.get("is_disabled"))}
        for user in cli.json("user", "list")
    ]


def test_an_account_acts_in_its_own_role(sqlite_cli: Cli):
    make_municipality(sqlite_cli)
    sqlite_cli("user", "create", "--login", "bert@a.example", "--name", "B", "--role", "official")
    said = sqlite_cli.refused("playbooks", "publish", "attack-here", "--by", "bert@a.example")
    assert "official" in said


def test_two_municipalities_must_be_told_apart(sqlite_cli: Cli):
    make_municipality(sqlite_cli)
    sqlite_cli(
        "municipality", "create", "--slug", "leusden", "--name", "Leusden",
        "--crisis-phone", "033 496 1611",
    )  # fmt: skip
    assert "amersfoort, leusden" in sqlite_cli.refused("playbooks", "list")
    assert sqlite_cli.json("playbooks", "list", "--municipality", "leusden") == []


def test_activating_asks_first_and_no_is_no(sqlite_cli: Cli):
    sqlite_cli("demo")
    words = ("activate", "attack-elsewhere", "--title", "Oefening", "--exercise")

    said = sqlite_cli.run(*words, given="n\n")

    assert said.returncode == 1
    assert "OEFENING" in said.stdout
    assert "There is no calamity yet" in sqlite_cli.refused("timeline", "verify", "newest")
    assert "Geactiveerd" in sqlite_cli(*words, given="y\n")


def test_a_watch_begins_and_ends_from_the_command_line(sqlite_cli: Cli):
    sqlite_cli("demo")
    words = ("activate", "attack-elsewhere", "--title", "Oefening", "--exercise", "--yes")

    def begin() -> str:
        said = sqlite_cli(*words, "--watch", "Nog onzeker")
        assert "Only watching: the rapid team alone." in said
        assert "after the watch" in said
        return said.split()[-1]

    first = begin()
    assert sqlite_cli.json("watch", "show", first)["goOn"]
    assert sqlite_cli.run("watch", "end", first, "--reason", "Zeker", given="n\n").returncode == 1
    assert "has started" in sqlite_cli("watch", "end", first, "--reason", "Zeker", "--yes")
    assert "not on watch" in sqlite_cli.refused("watch", "show", first)
    second = begin()
    assert "Closed." in sqlite_cli("watch", "stand-down", second, "--reason", "Loos", "--yes")
    assert "closed" in sqlite_cli.refused("watch", "end", second, "--reason", "Toch", "--yes")


def test_the_real_thing_needs_a_level_with_a_reason(sqlite_cli: Cli):
    sqlite_cli("demo")
    words = ("activate", "attack-elsewhere", "--title", "Aanslag in Stad", "--yes")
    assert "proposes level 1" in sqlite_cli.refused(*words)
    # Nothing is known yet, so that level 1 is proposed; another one asks for a reason.
    assert "reason" in sqlite_cli.refused(*words, "--level", "2")


def test_answers_propose_a_level_and_a_person_sets_it(sqlite_cli: Cli, tmp_path: Path):
    sqlite_cli("demo")
    question = Question(code="here", text=Words(nl="Is het hier?", en="Is it here?"))
    playbook = make_playbook(questions=[question], levels=[LevelRule(level=2, when="here")])
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "v1.yaml").write_bytes(canonical(playbook))
    sqlite_cli("playbooks", "publish", str(folder), "--by", "anna")
    sqlite_cli("playbooks", "approve", "small", "--by", "bert")
    words = ("activate", "small", "--title", "Aanslag in Stad", "--yes", "--answer", "here=yes")

    why = "proposes level 2. Is it here? Yes."
    assert why in sqlite_cli.refused(*words)
    assert "another level" in sqlite_cli.refused(*words, "--level", "1")
    assert "CODE=yes" in sqlite_cli.refused(*words, "--answer", "here=maybe")
    assert "Answer only those" in sqlite_cli.refused(
        *words, "--level", "2", "--answer", "there=yes"
    )
    assert "Geactiveerd" in sqlite_cli(*words, "--level", "2")
