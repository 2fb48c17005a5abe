"""The life of a playbook version: its states, how long it is good, and the signatures over it."""

import hashlib
from calendar import monthrange
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from calamity.domain.errors import Refused
from calamity.domain.playbook import Block, Playbook
from calamity.domain.timeline import canonical_time, is_signed, public_key, sign

FORM = "calamity-playbook/1"
Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Signature = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]
MunicipalityName = Annotated[str, Meta(min_length=1, max_length=120)]
Act = Literal["published", "approved"]


class DocumentKind(StrEnum):
    """What a version holds; both kinds go the same way through life."""

    PLAYBOOK = "playbook"
    BLOCK = "block"


def document_name(document: Playbook | Block) -> tuple[DocumentKind, str]:
    """Return the kind of a document, and its short name among those of its kind."""
    if isinstance(document, Block):
        return DocumentKind.BLOCK, document.block
    return DocumentKind.PLAYBOOK, document.slug


class VersionState(StrEnum):
    """Where a version stands; before it, there is a draft."""

    SUBMITTED = "submitted"
    PUBLISHED = "published"
    """Approved by a second person: it can be activated."""
    RETIRED = "retired"
    """Followed by something better: it is activated only by who says so on purpose."""
    REVOKED = "revoked"
    """Wrong: it cannot be activated any more. What runs goes on."""


class Withdrawal(Struct, frozen=True, rename="camel"):
    """Who took a version out of use, when and why."""

    kind: VersionState
    reason: str
    by: str
    at: datetime


class Signed(Struct, frozen=True, forbid_unknown_fields=True):
    """A signature over a version: *named* is the municipality in whose name it was made.

    It holds no person: who approved stands in the municipality's own records, under this key.
    """

    act: Act
    named: MunicipalityName
    key: Key
    signature: Signature
    at: Annotated[datetime, Meta(tz=True)]


def good_until(approved_at: datetime, months: int) -> datetime:
    """Return the moment, this many calendar months later, from which a version is past its date."""
    count = approved_at.year * 12 + approved_at.month - 1 + months
    year, month = divmod(count, 12)
    day = min(approved_at.day, monthrange(year, month + 1)[1])
    return approved_at.replace(year=year, month=month + 1, day=day)


def sign_version(
    secret: bytes,
    act: Act,
    *,
    named: str,
    slug: str,
    number: int,
    sha256: str,
    at: datetime,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
) -> Signed:
    """Sign a version with a *secret* Ed25519 key of 32 bytes."""
    digest = _digest(act, named, kind, slug=slug, number=number, sha256=sha256, at=at)
    return Signed(act, named, public_key(secret), sign(secret, digest), at)


def is_genuine(
    signed: Signed,
    *,
    slug: str,
    number: int,
    sha256: str,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
) -> bool:
    """Tell whether a signature was made over exactly this, by the owner of its key."""
    digest = _digest(
        signed.act, signed.named, kind, slug=slug, number=number, sha256=sha256, at=signed.at
    )
    return is_signed(signed.key, digest, signed.signature)


def _digest(
    act: Act,
    named: str,
    kind: DocumentKind,
    *,
    slug: str,
    number: int,
    sha256: str,
    at: datetime,
) -> str:
    """Return the hash of what is signed; the form in it keeps it apart from a timeline's head."""
    said = {
        "act": act, "at": canonical_time(at), "form": FORM, "municipality": named,
        kind.value: slug, "sha256": sha256, "version": number,
    }  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def key_fingerprint(key: str) -> str:
    """Return the fingerprint by which people compare a public key: its SHA-256, in hex."""
    return hashlib.sha256(bytes.fromhex(key)).hexdigest()


def grouped(fingerprint: str) -> str:
    """Write a fingerprint in groups of four, to read it aloud."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def read_fingerprint(text: str) -> str:
    """Read a fingerprint as people write it, in groups or not. Raises Refused."""
    plain = "".join(text.replace(":", " ").replace("-", " ").split()).lower()
    if len(plain) != hashlib.sha256().digest_size * 2 or set(plain) - set("0123456789abcdef"):
        raise Refused(
            "A fingerprint has 64 digits and letters a to f, in groups of four or not.",
            field="fingerprint",
        )
    return plain
