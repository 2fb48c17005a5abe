"""What the house says when it refuses, in the language of the reader."""

from calamity.domain.errors import CalamityError
from calamity.web.language import Language


def said(error: CalamityError, language: Language) -> str:
    """Return the message of an error in the reader's language."""
    return language.text(error.message)
