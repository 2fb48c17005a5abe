"""The words of a PDF: read as far as they can be, and refused when personal data is among them.

How long that takes and how much room it needs, the file decides. So whoever calls this does it
where time and memory have an end.
"""

from io import BytesIO
from itertools import pairwise

from pypdf import PageObject, PdfReader

from calamity.domain.attachment.text import must_be_short, must_name_nobody

_MOST_PAGES = 500
_STRANGE_SHARE = 10
"""One sign in so many may be unreadable: bullets often are, and a font without a key always is."""


def read_pdf(data: bytes) -> bool:
    """Return whether every page gave words. Raises Refused for personal data in those it gave."""
    length = 0
    try:
        pages = PdfReader(BytesIO(data)).pages
        count = len(pages)
    except Exception:  # a broken file raises whatever it comes upon
        return False
    is_whole = 0 < count <= _MOST_PAGES
    for number in range(min(count, _MOST_PAGES)):
        try:
            words = _words_on(pages[number])
        except Exception:  # the same for one page; the others are still read
            is_whole = False
            continue
        length += len(words)
        must_be_short(length)
        must_name_nobody(_unbroken(words))
        is_whole = is_whole and _is_readable(words)
    return is_whole


def _words_on(page: PageObject) -> str:
    remarks = (note.get_object().get("/Contents", "") for note in page.annotations or ())
    return "\n".join((page.extract_text(), *map(str, remarks)))


def _unbroken(words: str) -> str:
    """Add every line together with the next: where a line ends is only how wide the page is."""
    lines = words.splitlines()
    return "\n".join((*lines, *(f"{line} {following}" for line, following in pairwise(lines))))


def _is_readable(words: str) -> bool:
    signs = "".join(words.split())
    strange = sum(not sign.isprintable() or sign == "\ufffd" for sign in signs)
    return strange * _STRANGE_SHARE < len(signs)
