"""A file beside a line of the timeline: which files may be kept, and what is taken out of them.

What a file is, its content says; its name and the type that a browser declares are not looked at,
and a name is not kept, for it often holds that of a person. Whatever could run, or could hold
something out of sight, is refused.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from calamity.domain.attachment.odt import cleaned_odt, is_odt
from calamity.domain.attachment.pdf import cleaned_pdf, is_pdf
from calamity.domain.attachment.png import cleaned_png, is_png
from calamity.domain.attachment.text import cleaned_text
from calamity.domain.errors import Refused
from calamity.domain.timeline import FileKind

REPORTER: Final = "LOG"
"""The role of the rapid team that keeps the timeline, as playbooks name it."""
MOST_MB: Final = 20
"""No setting allows a larger file."""
MEDIA_TYPES: Final[Mapping[FileKind, str]] = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "txt": "text/plain",
    "png": "image/png",
}
_READERS: Final[tuple[tuple[FileKind, Callable[[bytes], bool], Callable[[bytes], bytes]], ...]] = (
    ("pdf", is_pdf, cleaned_pdf),
    ("odt", is_odt, cleaned_odt),
    ("png", is_png, cleaned_png),
)


class Checked(Struct, frozen=True):
    """A file that may be kept, without what its maker may not know to be in it.

    *is_read*: all its words were looked through, and there is no personal data in them.
    """

    kind: FileKind
    content: bytes
    is_read: bool


def checked(data: bytes, *, most_mb: int) -> Checked:
    """Look what a file is and whether it may be kept. Raises Refused.

    It may take a second for a large file. The words of a PDF are not read here: see `pdf_words`.
    """
    if not data:
        raise Refused("This file is empty. Choose another.", field="file")
    if len(data) > most_mb * 1024 * 1024:
        raise Refused(f"This file is too large. Use at most {most_mb} MB.", field="file")
    for kind, is_one, cleaned in _READERS:
        if is_one(data):
            return Checked(kind, cleaned(data), is_read=kind == "odt")
    return Checked("txt", cleaned_text(data), is_read=True)


__all__ = ["MEDIA_TYPES", "MOST_MB", "REPORTER", "Checked", "checked"]
