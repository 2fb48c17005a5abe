"""Playbook documents as files: the tree with all versions, and the form in which they travel."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from calamity.domain.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from calamity.domain.bundle import Bundle
    from calamity.domain.playbook import Playbook
    from calamity.domain.playbook_check import Blocks

_VERSION = re.compile(r"v(\d+)\.yaml")
_MIB = 1024 * 1024
_LARGEST = 4 * _MIB
BLOCKS = "blocks"
FORM = "calamity-playbook/1"


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


def packed(playbook: "Playbook", form: str) -> str:
    """Write a playbook with its fingerprint, to send to another municipality."""
    from calamity.domain.playbook_check import canonical, fingerprint

    sha256 = fingerprint(playbook)
    if form == "json":
        document = msgspec.json.format(canonical(playbook)).decode()
        return f'{{\n"form": "{FORM}",\n"sha256": "{sha256}",\n"playbook": {document}\n}}\n'
    import yaml

    plain = msgspec.json.decode(canonical(playbook))
    body = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=100)
    return f"# {FORM} sha256: {sha256}\n{body}"


def opened_file(file: Path, *, at: "datetime") -> "Bundle":
    """Open a bundle, a CACAO document, or a document of ours with or without its fingerprint.

    Raises Refused, or PlaybookFaults for a document by itself.
    """
    from calamity.domain.bundle import LARGEST, opened

    if file.stat().st_size > LARGEST:
        raise Refused("This file is larger than 4 MB. A bundle is smaller.", field="file")
    data = file.read_bytes()
    document, name, sha256 = _unpacked(data, file)
    bundle = opened(document, name, at=at, blocks=blocks_beside([file]))
    if sha256 is not None and bundle.items[0].provenance.sha256 != sha256:
        raise Refused(
            "The document is not the one that was exported: its fingerprint differs. Ask for it "
            "again.",
            field="sha256",
        )
    return bundle


def _unpacked(data: bytes, file: Path) -> tuple[bytes, str, str | None]:
    """Return (document, the name it is checked under, the fingerprint that was sent with it)."""
    if data.lstrip()[:1] == b"{":
        return _unpacked_json(data)
    head, _, _ = data.partition(b"\n")
    sent = re.search(rb"sha256: ([0-9a-f]{64})", head)
    slug = re.search(rb"^slug: *([a-z0-9-]+)", data, re.MULTILINE)
    version = re.search(rb"^version: *(\d+)", data, re.MULTILINE)
    name = str(file)
    if slug and version:
        name = f"{slug[1].decode()}/v{version[1].decode()}.yaml"
    return data, name, sent[1].decode() if sent else None


def _unpacked_json(data: bytes) -> tuple[bytes, str, str | None]:
    try:
        parcel: Any = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise Refused("This file is not JSON, or it was cut off.", field="file") from error
    if not isinstance(parcel, dict):
        raise Refused("There is no playbook in this file.", field="file")
    if parcel.get("form") != FORM and "slug" not in parcel:
        # Of another program: it says itself what it is.
        return data, "playbook.yaml", None
    document = parcel.get("playbook", parcel)
    if not isinstance(document, dict):
        raise Refused("There is no playbook in this file.", field="file")
    import yaml

    name = f"{document.get('slug', 'playbook')}/v{document.get('version', 0)}.yaml"
    body = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return body.encode(), name, parcel.get("sha256")
