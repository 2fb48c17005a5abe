"""Whatever the house refuses, a Dutch reader is told in Dutch."""

import ast
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import calamity
from calamity.web.file_words import FILE_WORDS
from calamity.web.language import Language
from calamity.web.playbook_refusals import PLAYBOOK_REFUSALS
from calamity.web.refusals import REFUSALS, in_words

HOUSE = Path(calamity.__file__).parent
DUTCH = Language("nl", ZoneInfo("Europe/Amsterdam"))
ENGLISH = Language("en", ZoneInfo("Europe/Amsterdam"))
ERRORS = {"NotFound", "Conflict", "Refused", "Forbidden", "_refused"}
FAULTS = {"CellFault", "_FeatureError", "_broken", "_unreadable", "fault", "_fault", "_choice"}
# These speak to whoever installs or scripts the product, never on a page.
NOT_ON_PAGES = (
    "calamity ", "CALAMITY_", "slug", "token", "program", "Name the municipality", "CSRF",
    "Another process", "bearer",
)  # fmt: skip
FILES = [
    *(HOUSE / "actions").glob("*.py"),
    *(HOUSE / "store").glob("*.py"),
    *(HOUSE / "web/pages").glob("*.py"),
    *(HOUSE / "domain/bundle").glob("*.py"),
    *(HOUSE / "domain/attachment").glob("*.py"),
    HOUSE / "web/downloads.py",
    HOUSE / "domain/playbook_life.py",
    HOUSE / "domain/password.py",
    HOUSE / "domain/permissions.py",
    HOUSE / "domain/phone.py",
    HOUSE / "domain/texts.py",
]
FILE_READERS = [
    HOUSE / "domain/people_columns.py",
    HOUSE / "domain/people_file.py",
    HOUSE / "domain/districts.py",
    HOUSE / "actions/people.py",
]


def _said(node: ast.expr) -> str | None:
    """Return the words of a literal, with 7 for whatever differs each time."""
    match node:
        case ast.Constant(value=str() as words):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts
            )
        case ast.BinOp(left=left, right=right):
            return (_said(left) or "") + (_said(right) or "")
    return None


def _messages(file: Path, names: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in names:
            for argument in node.args:
                words = _said(argument)
                if words and words.endswith(".") and words != "7.":
                    yield words


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_refusal_has_dutch_words(file: Path) -> None:
    said = [
        words
        for words in _messages(file, ERRORS)
        if not any(part in words for part in NOT_ON_PAGES)
    ]
    assert [words for words in said if in_words(words, DUTCH) in (None, words)] == []


@pytest.mark.parametrize("file", FILE_READERS, ids=lambda file: file.name)
def test_every_fault_of_a_file_has_dutch_words(file: Path) -> None:
    found = list(_messages(file, FAULTS))
    assert found
    assert [words for words in found if in_words(words, DUTCH) is None] == []


def test_what_differs_each_time_survives() -> None:
    said = "Version 3 was published already. Number this one 4."
    assert in_words(said, DUTCH) == "Versie 3 is al gepubliceerd. Geef deze nummer 4."
    assert in_words(said, ENGLISH) == said


def test_a_foreign_sentence_gets_no_words() -> None:
    assert in_words("Something else.", DUTCH) is None


def test_no_sentence_stands_twice() -> None:
    everything = [*REFUSALS, *PLAYBOOK_REFUSALS, *FILE_WORDS]
    assert len(everything) == len(set(everything))
