"""Taking in a CACAO document."""

from msgspec import Struct

from calamity.web.views.frame import Form


class SigneeLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Who signed: *is_good* when the signature holds, *trusted_as* when we know the key."""

    name: str
    fingerprint: str
    is_good: bool
    trusted_as: str


class CacaoSeen(Struct, frozen=True, forbid_unknown_fields=True):
    """What a document brings."""

    slug: str
    version: int
    is_ours: bool
    signees: tuple[SigneeLine, ...]
    crossings: tuple[tuple[str, str], ...]
    """Of each: where, and what a person must look at."""
    faults: tuple[str, ...]
    is_stored: bool


class CacaoPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page on which a document is taken in."""

    form: Form
    refused: tuple[tuple[str, str], ...] = ()
    """Where, and why the document cannot be taken in."""
    seen: CacaoSeen | None = None
    asks_trust: bool = False
