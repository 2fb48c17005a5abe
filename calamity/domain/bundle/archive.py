"""Opens a zip that a stranger may have made: nothing is written, and little is read."""

import re
import stat
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from calamity.domain.bundle.manifest import MOST_PLAYBOOKS
from calamity.domain.errors import Refused

LARGEST = 4 * 1024 * 1024
"""Bytes of a bundle as a file."""
LARGEST_ENTRY = 2 * 1024 * 1024
LARGEST_CONTENT = 24 * 1024 * 1024
MOST_ENTRIES = 3 * MOST_PLAYBOOKS + 3
_MOST_DIRECTORY = MOST_ENTRIES * 256
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _END_64_BYTES = 22, 20
_ENCRYPTED = 0x1
_SLUG = "[a-z][a-z0-9-]{1,59}"
_PATH = re.compile(
    rf"manifest\.(json|sig)|README\.md|playbooks/{_SLUG}/v[0-9]{{1,4}}\.json"
    rf"|texts/{_SLUG}/v[0-9]{{1,4}}\.(nl|en)\.md"
)


def entries_of(data: bytes) -> dict[str, bytes]:
    """Return what a zip holds, by path. Raises Refused for anything that no bundle of ours has."""
    if len(data) > LARGEST:
        raise _refused("This file is larger than 4 MB. A bundle is smaller: ask for it again.")
    _check_end(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            listed = archive.infolist()
            _check_list(listed)
            return _read(archive, listed)
    except (
        BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeError, ValueError,
        struct.error, zlib.error,
    ) as error:  # fmt: skip
        raise _refused("This file is damaged, or was cut off. Ask for it again.") from error


def _refused(words: str) -> Refused:
    return Refused(words, field="file")


def _check_end(data: bytes) -> None:
    """Look at the size of the list of entries before anything reads the list itself."""
    end = data[-_END_BYTES:]
    if len(end) < _END_BYTES or end[:4] != _END or end[-2:] != b"\0\0":
        raise _refused(
            "This is not a bundle of playbooks. Choose a file that ends in .calamity.zip."
        )
    count, size = struct.unpack("<HL", end[10:16])
    before = data[-_END_BYTES - _END_64_BYTES : -_END_BYTES]
    if count > MOST_ENTRIES or size > _MOST_DIRECTORY or before[:4] == _END_64:
        raise _refused("There are too many files in this bundle. Ask for it again.")


def _check_list(listed: list[ZipInfo]) -> None:
    if len(listed) > MOST_ENTRIES:
        raise _refused("There are too many files in this bundle. Ask for it again.")
    seen: set[str] = set()
    for entry in listed:
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _refused("There is a link or a folder in this bundle, where only files belong.")
        if entry.orig_filename != entry.filename or _PATH.fullmatch(entry.filename) is None:
            raise _refused("There is a file in this bundle that does not belong there.")
        if entry.filename in seen:
            raise _refused("There is a file in this bundle twice. Ask for it again.")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _refused("This bundle is locked or packed in an unknown way. Ask for it again.")
        seen.add(entry.filename)


def _read(archive: ZipFile, listed: list[ZipInfo]) -> dict[str, bytes]:
    """Unpack every entry, and stop where it becomes more than a bundle can be."""
    found: dict[str, bytes] = {}
    left = LARGEST_CONTENT
    for entry in listed:
        most = min(LARGEST_ENTRY, left)
        with archive.open(entry) as opened:
            data = opened.read(most + 1)
        if len(data) > most:
            raise _refused("What is in this bundle is too large. Ask for it again.")
        left -= len(data)
        found[entry.filename] = data
    return found
