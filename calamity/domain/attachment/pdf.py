"""PDF: a document to read, that runs nothing, hides nothing, and does not say who wrote it.

It is not taken apart: what a reader could be made to do stands in it by a name that cannot be
avoided, in the open or in a packed list of objects, which is unpacked here.
"""

import re
import zlib

from calamity.domain.errors import Refused

_HEADER = re.compile(rb"%PDF-[12]\.\d")
_RUNS = re.compile(
    rb"/(?:JavaScript|Launch|SubmitForm|ImportData|RichMedia|Rendition|XFA)(?![A-Za-z])"
)
_HOLDS = re.compile(rb"/(?:EmbeddedFiles?|GoToE)(?![A-Za-z])")
_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z])")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_OTHER_FILTER = re.compile(rb"/(?:ASCII\w+|LZW\w+|RunLength\w+|Crypt|Predictor\s*[2-9])")
_AUTHOR = re.compile(rb"(/Author\s*)(\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>)", re.DOTALL)
_CREATOR = re.compile(
    rb"(<(dc:creator|pdf:Author|xmp:Author)>)((?:(?!</\2>).){0,4000})(?=</\2>)", re.DOTALL
)
_INSIDE = re.compile(rb">[^<>]+<")
_LONGEST_DICTIONARY = 4000
_MOST_UNPACKED = 40 * 1024 * 1024


def is_pdf(data: bytes) -> bool:
    """Tell whether this says to be a PDF."""
    return _HEADER.match(data) is not None


def cleaned_pdf(data: bytes) -> bytes:
    """Return a document with the name of its writer blanked. Raises Refused."""
    if b"startxref" not in data[-2048:] or b"%%EOF" not in data[-1024:]:
        raise _refused("This PDF is damaged, or was cut off. Save it again.")
    _must_be_quiet(data)
    for packed in _object_lists(data):
        _must_be_quiet(packed)
        if any(_says_something(found[2]) for found in _AUTHOR.finditer(packed)):
            raise _refused(
                "The properties of this PDF name its writer. Take that out, and save it again."
            )
    # As long as before: where everything stands in the file is written in the file.
    return _CREATOR.sub(_blank_elements, _AUTHOR.sub(_blank_text, data))


def _must_be_quiet(data: bytes) -> None:
    plain = _HEX.sub(lambda found: bytes((int(found[1], 16),)), data)
    for seen in (data, plain):
        if _LOCKED.search(seen):
            raise _refused("This PDF is locked. Save it without a password or restrictions.")
        if _RUNS.search(seen):
            raise _refused("There is a program or a form in this PDF. Print it to a new PDF first.")
        if _HOLDS.search(seen):
            raise _refused("There are other files in this PDF. Print it to a new PDF first.")


def _object_lists(data: bytes) -> list[bytes]:
    """Unpack the lists of objects. Raises Refused for those that cannot be."""
    found, left = [], _MOST_UNPACKED
    for start in _STREAM.finditer(data):
        before = data[max(0, start.start() - _LONGEST_DICTIONARY) : start.start()]
        dictionary = _HEX.sub(
            lambda it: bytes((int(it[1], 16),)), before[before.rfind(b" obj") + 1 :]
        )
        if b"/ObjStm" not in dictionary or b"/FlateDecode" not in dictionary:
            if b"/ObjStm" in dictionary and b"/Filter" in dictionary:
                raise _unreadable()
            continue
        if _OTHER_FILTER.search(dictionary):
            raise _unreadable()
        try:
            unpacked = zlib.decompressobj().decompress(data[start.end() :], left + 1)
        except zlib.error:
            raise _unreadable() from None
        left -= len(unpacked)
        if left < 0:
            raise _refused("What is in this PDF is too large. Print it to a new PDF first.")
        found.append(unpacked)
    return found


def _says_something(value: bytes) -> bool:
    return bool(value[1:-1].strip(b" \x00"))


def _blank_text(found: re.Match[bytes]) -> bytes:
    value = found[2]
    inside = b" " * (len(value) - 2) if value[:1] == b"(" else re.sub(rb"\S", b"0", value[1:-1])
    return found[1] + value[:1] + inside + value[-1:]


def _blank_elements(found: re.Match[bytes]) -> bytes:
    """Blank the words between the tags, which stay."""
    inside = _INSIDE.sub(lambda it: b">" + b" " * (len(it[0]) - 2) + b"<", b">" + found[3] + b"<")
    return found[1] + inside[1:-1]


def _unreadable() -> Refused:
    return _refused("This PDF is packed in a way that cannot be checked. Print it to a new PDF.")


def _refused(words: str) -> Refused:
    return Refused(words, field="file")
