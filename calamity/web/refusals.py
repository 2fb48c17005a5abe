"""What the house says when it refuses, in the language of the reader."""

from calamity.domain.errors import CalamityError
from calamity.web.language import Language


def said(error: CalamityError, language: Language) -> str:
    """Return the message of an error in the reader's language, in English if there is no other."""
    return in_words(error.message, language) or error.message


def in_words(message: str, language: Language) -> str | None:
    """Return a message in the reader's language, or None when we have no words for it."""
    return language.text(message)
