"""The call list: whom to phone by hand, on paper."""

from datetime import datetime

from msgspec import Struct


class CallListLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to phone by hand."""

    name: str
    role: str
    rank: int
    phone: str = ""
    email: str = ""
    called_at: datetime | None = None


class CallList(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to phone for one call-out, in order, and what to say."""

    title: str
    quota: int
    coming: int
    words: str
    words_language: str
    lines: tuple[CallListLine, ...] = ()


class CallListPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page to print when no message gets through any more."""

    calamity: str
    title: str
    made_at: datetime
    lists: tuple[CallList, ...] = ()
    shows_numbers: bool = False
