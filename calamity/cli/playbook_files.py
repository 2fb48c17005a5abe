"""Playbook documents as files: the tree with all versions, and the blocks beside them."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from calamity.domain.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calamity.domain.playbook_check import Blocks

_VERSION = re.compile(r"v(\d+)\.yaml")
_MIB = 1024 * 1024
_LARGEST = 4 * _MIB
BLOCKS = "blocks"


def tree() -> Path:
    """Return the folder with all playbooks: here, beside the package, or inside it."""
    import calamity

    package = Path(calamity.__file__).parent
    for folder in (Path("playbooks"), package.parent / "playbooks", package / "playbooks"):
        if next(folder.glob("*/v*.yaml"), None):
            return folder
    raise NotFound("There is no folder with playbooks here. Name the file itself.", field="path")


def source_of(file: Path) -> bytes:
    """Return what a document holds.

    Raises Refused for a file that is far too large to be one, or that cannot be read.
    """
    try:
        size = file.stat().st_size
        if size <= _LARGEST:
            return file.read_bytes()
    except OSError as error:
        raise Refused(
            f"{file}: the file cannot be read. Make it a file that you may read.",
            field="path",
        ) from error
    raise Refused(
        f"{file}: the file has {size // _MIB} MiB, and a playbook is far smaller. Name the "
        "document itself.",
        field="path",
    )


def is_block(path: Path) -> bool:
    """Tell whether a document is a block: it stands in the folder of all blocks."""
    return _place(path).parent.parent.name == BLOCKS


def blocks_beside(files: "Iterable[Path]") -> "Blocks":
    """Return every sound block in the folders that these documents use; faults are told of each."""
    from calamity.domain.playbook_check import PlaybookFaults, read_block

    found = {}
    for folder in {_blocks_of(_place(file)) for file in files}:
        for file in files_in(folder):
            try:
                block = read_block(source_of(file), str(file))
            except PlaybookFaults:
                # Checking the block itself says what is wrong; here it is as if it were not there.
                continue
            found[block.block, block.version] = block
    return found


def _place(path: Path) -> Path:
    # Links are left as they are: one that leads round in a circle has no end.
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute() keeps its ".."


def _blocks_of(file: Path) -> Path:
    above = file.parent.parent
    return above if above.name == BLOCKS else above / BLOCKS


def files_in(folder: Path) -> list[Path]:
    """Return the documents under a folder: blocks first, and each by name and version."""
    found = [path for path in folder.rglob("v*.yaml") if _VERSION.fullmatch(path.name)]
    return sorted(found, key=lambda path: (not is_block(path), path.parent.name, _number(path)))


def _number(path: Path) -> int:
    found = _VERSION.fullmatch(path.name)
    return int(found[1]) if found else 0


def find_files(named: tuple[str, ...]) -> list[Path]:
    """Return the documents that are meant: files, folders, or playbooks by name; none means all."""
    if not named:
        return files_in(tree())
    found: list[Path] = []
    for name in named:
        path = Path(name)
        if path.is_file():
            found.append(path)
            continue
        folder = path if path.is_dir() else tree() / name
        if not folder.is_dir():
            folder = tree() / BLOCKS / name
        inside = files_in(folder) if folder.is_dir() else []
        if not inside:
            raise NotFound(f"{name}: no such file, and no such playbook.", field="path")
        found += inside
    return found
