import json
import re
from pathlib import Path

import pytest

from calamity.domain.playbook import LONGEST
from calamity.domain.playbook_check import (
    check,
    fingerprint,
    json_schema,
    read_block,
    read_document,
)
from calamity.domain.playbook_check.faults import Findings
from calamity.domain.playbook_check.source import compose
from calamity.domain.playbook_check.wording import RULES
from tests.shipped import BLOCKS, FOLDER

ROOT = FOLDER
BLOCK_FILES = sorted(ROOT.glob("blocks/*/*.yaml"))
FILES = sorted(ROOT.glob("*/*.yaml")) + BLOCK_FILES
# Published before these rules were there, and a published version never changes.
OLDER_THAN_THE_RULE = {
    "attack-elsewhere/v1.yaml": {"long-sentence"},
    "attack-here/v1.yaml": {"long-sentence", "asked-never-told"},
}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def published() -> dict[str, str]:
    lines = (ROOT / "published.sha256").read_text(encoding="utf-8").splitlines()
    return {name: sha256 for sha256, name in (line.split("  ") for line in lines)}


def test_there_is_a_playbook_for_here_and_for_elsewhere():
    assert {path.parent.name for path in FILES} >= {"attack-here", "attack-elsewhere"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_published_playbook_has_changed(path):
    playbook = read_document(path.read_bytes(), str(path), BLOCKS)

    line = f"{fingerprint(playbook)}  {name_of(path)}"

    assert name_of(path) in published(), f"add to playbooks/published.sha256:\n{line}"
    assert published()[name_of(path)] == fingerprint(playbook), (
        f"{name_of(path)} is published and has changed: copy it to a next version instead,"
        " and bring back what it was"
    )


def test_no_published_playbook_has_gone():
    assert set(published()) == {name_of(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_playbook_is_without_fault(path):
    faults = check(path.read_bytes(), str(path), BLOCKS)
    older = OLDER_THAN_THE_RULE.get(name_of(path), set())

    assert [str(fault) for fault in faults if fault.rule not in older] == []
    assert older <= {fault.rule for fault in faults if fault.severity == "warning"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_playbook_points_editors_at_the_schema(path):
    first, _, _ = path.read_text(encoding="utf-8").partition("\n")

    up = "../" * (len(path.relative_to(ROOT).parts) - 1)
    assert first == f"# yaml-language-server: $schema={up}playbook.schema.json"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_foreign_text_asks_for_a_native_speaker(path):
    document = read_document(path.read_bytes(), str(path), BLOCKS)
    unmarked = {
        (message.code, language)
        for message in document.messages
        for language in set(message.texts) - {"nl", "en"} - set(message.to_be_checked)
    }

    # The first versions said so in comments, before the language could.
    assert not unmarked or name_of(path) in OLDER_THAN_THE_RULE


def test_the_schema_file_is_made_from_the_structs():
    written = json.loads((ROOT / "playbook.schema.json").read_text(encoding="utf-8"))

    assert written == json_schema(), (
        "run: calamity playbooks schema > playbooks/playbook.schema.json"
    )


def test_the_readme_names_every_rule_and_marks_the_warnings():
    rules = README[README.index("## The rules of the checker") : README.index("## Writing well")]
    marked = dict(re.findall(r"`([a-z0-9-]+)`( \*\(w\)\*)?", rules))

    for name, rule in RULES.items():
        assert name in marked, name
        assert bool(marked[name]) == (rule.severity == "warning"), name


def test_the_readme_names_every_field():
    fields = {
        field for part in json_schema()["$defs"].values() for field in part.get("properties", {})
    }

    assert {field for field in fields if f"`{field}`" not in README} <= {"nl", "en"}


def test_the_readme_tells_the_room_of_every_placeholder():
    told = dict(re.findall(r"^\| `\{(\w+)\}` \|.*\| (\d+) \|$", README, flags=re.MULTILINE))

    assert told == {name: str(length) for name, length in LONGEST.items()}


def test_every_example_of_the_readme_is_plain_yaml():
    examples = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)

    assert len(examples) > 8
    for example in examples:
        # Some show the same field twice, in two ways.
        for part in re.split(r"\n(?=(?:when|repeat|act):)", example):
            findings = Findings("README.md")
            assert compose(part, findings) is not None
            assert findings.faults() == []


def test_the_block_of_the_readme_is_sound():
    (block,) = re.findall(r"```yaml\n(# yaml-language-server.*?)```", README, flags=re.DOTALL)

    assert check(block, "blocks/records/v1.yaml") == []
    assert read_block(block, "blocks/records/v1.yaml").block == "records"
