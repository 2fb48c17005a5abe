"""The page on which somebody who was called out answers."""

from typing import Literal

from msgspec import Struct


class AnswerPage(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody who was called out sees behind the link in an e-mail."""

    action: str
    answer: Literal["coming", "cannot", "late"] | None = None
    is_open: bool = True
