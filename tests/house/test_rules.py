"""The rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from calamity.settings import Settings
from calamity.store import tables

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(
    path for path in (ROOT / "calamity").rglob("*.py") if "migrations" not in path.parts
)
LONGEST_MODULE = 420
BANNED_NAMES = re.compile(
    r"(^|_)(utils?|helpers?|common|base|core|misc|manager|service|handler|processor|data|info)$"
)
# The data model has no place for these, in whatever language (DM-05, KF-02).
FORBIDDEN_FIELDS = re.compile(
    r"religi|geloof|faith|belief|origin|herkomst|afkomst|ethnic|etni|nationalit|opinion|mening"
    r"|politic|politiek|health|gezondheid|sexual|seksue|reliab|betrouwbaar|influence|invloed|score"
)


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_small_enough_to_hold(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")

    assert lines <= LONGEST_MODULE, f"{lines} lines: make it a folder of the same name"


def test_no_attic() -> None:
    assert [path for path in PRODUCT if BANNED_NAMES.search(path.stem)] == []


def test_no_column_for_what_must_not_be_kept() -> None:
    columns = [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
    ]

    assert columns
    assert [name for name in columns if FORBIDDEN_FIELDS.search(name)] == []


def test_fields_of_a_key_figure_are_the_closed_list() -> None:
    assert set(tables.KeyFigureRow.model_fields) == {
        "id",
        "municipality_id",
        "recipient_id",
        "contact_person_id",
        "neighbourhood_id",
        "circle",
        "agreed_on",
        "asks",
        "quiet_from",
        "quiet_until",
    }


def test_fields_of_a_recipient_are_the_closed_list() -> None:
    """Besides name and number: what it takes to reach somebody, and to be known by them."""
    assert set(tables.RecipientRow.model_fields) == {
        "id",
        "municipality_id",
        "phone",
        "phone_index",
        "seat",
        "name",
        "language",
        "check_word",
        "email",
        "stopped_at",
        "stop_checked_at",
        "paused_until",
        "number_failed_at",
        "number_error",
        "created_at",
    }


def test_no_table_links_two_key_figures() -> None:
    linking = {
        table.name: [key.target_fullname for key in table.foreign_keys]
        for table in SQLModel.metadata.tables.values()
    }

    assert all(
        sum(target.startswith("key_figure.") for target in targets) < 2
        for targets in linking.values()
    )
    assert not any(
        target.startswith("key_figure.") for target in linking[tables.KeyFigureRow.__tablename__]
    )


def test_every_setting_is_explained_to_the_operator() -> None:
    manual = (ROOT / "infra" / "README.md").read_text(encoding="utf-8")

    missing = [
        f"CALAMITY_{name.upper()}"
        for name in Settings.__struct_fields__
        if f"CALAMITY_{name.upper()}" not in manual
    ]

    assert missing == []


def test_only_settings_read_the_environment() -> None:
    reads = re.compile(r"^[^#\n]*os\.(environ|getenv)", re.MULTILINE)
    readers = [
        str(path.relative_to(ROOT))
        for path in PRODUCT
        if reads.search(path.read_text(encoding="utf-8"))
    ]

    assert readers == ["calamity/settings/__init__.py"]


def _files_in_git() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_lock_file_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert "://" not in re.sub(r'"url": "https?://[^"]*"', "", lock)


def test_numbers_in_the_tree_cannot_be_dialled() -> None:
    """Demo people have numbers of a range that nobody is given; no other mobile number occurs."""
    mobile = re.compile(r"(?<![\d.])\+316[1-9]\d{7}(?!\d)")
    found = [
        str(path.relative_to(ROOT))
        for path in _files_in_git()
        if path.suffix in {".csv", ".json", ".yaml", ".geojson", ".html", ".po"}
        and mobile.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert found == []


def test_nothing_that_is_made_stands_in_the_tree() -> None:
    made = re.compile(r"-[0-9A-Za-z]{8}\.(js|css|woff2?)$|\.(mo|pyc|map|whl)$|\.min\.")
    asked = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    ignored = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ignored.stdout == ""
    assert [path.name for path in _files_in_git() if made.search(path.name)] == []
