"""Plain text: words that everybody may read, and no personal data."""

from calamity.domain.errors import Refused
from calamity.domain.privacy import scan

LONGEST = 500_000


def cleaned_text(data: bytes) -> bytes:
    """Return a text as it is. Raises Refused for anything else, and for personal data in it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(
            "This is no file that can be kept here. Choose a PDF, an ODT, a PNG, or a text in "
            "UTF-8.",
            field="file",
        ) from None
    if any(not (char.isprintable() or char in "\t\n\r\f\u00ad\u200b\u2028") for char in text):
        raise Refused(
            "There are signs in this text that cannot be read. Save it as plain text in UTF-8.",
            field="file",
        )
    must_name_nobody(text)
    return data


def must_be_short(length: int) -> None:
    """Raise Refused for more words than can be looked through."""
    if length > LONGEST:
        raise Refused("There is too much text in this file. Split it.", field="file")


def must_name_nobody(text: str) -> None:
    """Raise Refused, without repeating it, for personal data in the words of a file."""
    must_be_short(len(text))
    # Line by line: a long text at once takes far longer, and nothing that counts spans lines.
    for line in text.splitlines():
        if any(found.severity == "blocked" for found in scan(line)):
            raise Refused(
                "There is personal data in this file: a number, an address or an account of a "
                "person. Take it out, and choose the file again.",
                field="file",
            )
