"""What a text was taken to mean."""

from datetime import datetime

from msgspec import Struct

from calamity.domain.answers import AnswerText


class Read(Struct, frozen=True):
    """What a text was taken to mean, and the words that answer it, if any."""

    meaning: str
    answer: AnswerText | None
    needs_person: bool = False
    calamity_id: str | None = None
    recipient_id: str | None = None
    """Of the people who share the number, the one whose question it answers."""
    code: str | None = None
    """The code that the next answer must carry, where it is plain which one that is."""
    until: datetime | None = None
