"""ODT: a document without macros, remarks, locks and surprises, packed anew without its writer."""

import html
import re
import stat
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from calamity.domain.attachment.jpeg import cleaned_jpeg
from calamity.domain.attachment.png import cleaned_png, is_png
from calamity.domain.attachment.text import must_name_nobody
from calamity.domain.errors import Refused

_TYPE = b"application/vnd.oasis.opendocument.text"
_FIRST = b"PK\x03\x04"
_MOST_ENTRIES = 500
_MOST_DIRECTORY = _MOST_ENTRIES * 200
_MOST_UNPACKED = 60 * 1024 * 1024
_END, _END_BYTES = b"PK\x05\x06", 22
_ENCRYPTED = 0x1
_KEPT = re.compile(
    r"mimetype|META-INF/manifest\.xml|(?:Object \d{1,4}/)?(?:content|styles|settings)\.xml"
    r"|Pictures/[\w. -]{1,120}\.(?:png|jpe?g|gif)|ObjectReplacements/[\w. -]{1,120}"
)
_LEFT_OUT = re.compile(
    r"meta\.xml|Object \d{1,4}/meta\.xml|manifest\.rdf|layout-cache|Thumbnails/.*"
    r"|Configurations2/.*|META-INF/documentsignatures\.xml|Fonts/.*|.*/"
)
_MACROS = re.compile(r"(?:Basic|Scripts|Dialogs)(?:/.*)?", re.IGNORECASE)
_NOT_UTF_8 = re.compile(r"\ufeff?<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_RUNS = re.compile(
    r"vnd\.sun\.star\.script|macro://|<(?:[\w.-]+:)?(?:event-listener\b|script[\s>]|dde-)"
)
_REMARKS = re.compile(r"<office:annotation|<text:changed-region|<text:tracked-changes")
_LOCKED = "encryption-data"
_LISTED = re.compile(rb"<manifest:file-entry\b[^>]*?full-path=\"([^\"]*)\"[^>]*?/>\s*")
_BREAK = re.compile(r"</text:(?:p|h)>|<text:line-break\b[^>]*>")
_SPACE = re.compile(r"<text:(?:tab|s)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def is_odt(data: bytes) -> bool:
    """Tell whether this says to be a zip, which of all that may be kept only an ODT is."""
    return data.startswith(_FIRST)


def cleaned_odt(data: bytes) -> bytes:
    """Return the document, packed anew without who wrote it and when. Raises Refused."""
    _check_end(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            listed = archive.infolist()
            _check_list(listed)
            entries = _read(archive, listed)
    except (
        BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeError, ValueError,
        struct.error, zlib.error,
    ):  # fmt: skip
        raise _damaged() from None
    for name, body in entries.items():
        if name.endswith(".xml"):
            _check_words(body)
    must_name_nobody(_text_of(entries["content.xml"].decode()))
    return _packed(entries)


def _check_end(data: bytes) -> None:
    """Look at the size of the list of entries before anything reads the list itself."""
    end = data[-_END_BYTES:]
    if len(end) < _END_BYTES or end[:4] != _END:
        raise _damaged()
    count, size = struct.unpack("<HL", end[10:16])
    if count > _MOST_ENTRIES or size > _MOST_DIRECTORY:
        raise _refused("There are too many files in this document. Save it as PDF.")


def _check_list(listed: list[ZipInfo]) -> None:
    names = [entry.filename for entry in listed]
    if not names or names[0] != "mimetype" or listed[0].compress_type != ZIP_STORED:
        raise _refused("This is not an ODT. Save the document as ODT or PDF.")
    if len(set(names)) != len(names) or "content.xml" not in names:
        raise _damaged()
    for entry in listed:
        mode = entry.external_attr >> 16
        if entry.flag_bits & _ENCRYPTED:
            raise _refused("This document is locked. Save it without a password.")
        if _MACROS.fullmatch(entry.filename):
            raise _refused("There is a program in this document (a macro). Save it without.")
        strange = entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
        strange |= entry.orig_filename != entry.filename or ".." in entry.filename
        strange |= stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)
        if strange or not (_KEPT.fullmatch(entry.filename) or _LEFT_OUT.fullmatch(entry.filename)):
            raise _refused("There is something in this document that cannot be kept. Save as PDF.")


def _read(archive: ZipFile, listed: list[ZipInfo]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = _MOST_UNPACKED
    for entry in listed:
        if _LEFT_OUT.fullmatch(entry.filename):
            continue
        with archive.open(entry) as opened:
            data = opened.read(left + 1)
        left -= len(data)
        if left < 0:
            raise _refused("What is in this document is too large. Make the pictures smaller.")
        found[entry.filename] = _without_traces(entry.filename, data)
    if found["mimetype"].strip() != _TYPE:
        raise _refused("This is not an ODT. Save the document as ODT or PDF.")
    return found


def _without_traces(name: str, data: bytes) -> bytes:
    if is_png(data):
        return cleaned_png(data)
    if name.lower().endswith((".jpg", ".jpeg")):
        return cleaned_jpeg(data)
    return data


def _check_words(body: bytes) -> None:
    try:
        written = body.decode()
    except UnicodeDecodeError:
        raise _damaged() from None
    # What stands there may be written with numbers for signs.
    words = html.unescape(written)
    if "<!DOCTYPE" in written or "<!ENTITY" in written or _NOT_UTF_8.match(written):
        raise _damaged()
    if _LOCKED in words:
        raise _refused("This document is locked. Save it without a password.")
    if _RUNS.search(words):
        raise _refused("There is a program in this document (a macro). Save it without.")
    if _REMARKS.search(words):
        raise _refused(
            "There are comments or tracked changes in this document, and they name people. Accept "
            "or delete them first."
        )


def _text_of(content: str) -> str:
    return html.unescape(_TAG.sub("", _SPACE.sub(" ", _BREAK.sub("\n", content))))


def _packed(entries: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            info = ZipInfo(name)
            info.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            is_list = name == "META-INF/manifest.xml"
            archive.writestr(info, _only_these(body, entries) if is_list else body)
    return made.getvalue()


def _only_these(listing: bytes, entries: dict[str, bytes]) -> bytes:
    return _LISTED.sub(lambda it: it[0] if _stays(it[1], entries) else b"", listing)


def _stays(listed: bytes, entries: dict[str, bytes]) -> bool:
    name = html.unescape(listed.decode())
    return name == "/" or name in entries or any(each.startswith(name) for each in entries)


def _refused(words: str) -> Refused:
    return Refused(words, field="file")


def _damaged() -> Refused:
    return _refused("This document is damaged, or was cut off. Save it as ODT again.")
