"""One line of the timeline: a header in a chain of hashes, and a body that can be forgotten.

The chain runs over headers only, and a header holds a salted commitment to its body. So a body can
be erased, or hidden from who may not read it, and the chain still verifies.
"""

import hashlib
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

GENESIS = "0" * 64
SALT_BYTES = 16


class Visibility(StrEnum):
    """Up to where inside the house an entry is seen; each level sees those before it too."""

    COORDINATORS = "coordinators"
    TEAM = "team"
    OFFICIALS = "officials"

    def sees(self, entry: "Visibility") -> bool:
        """Tell whether a reader of this level sees an entry of the level *entry*."""
        return _REACH[entry] >= _REACH[self]


_REACH = {Visibility.COORDINATORS: 0, Visibility.TEAM: 1, Visibility.OFFICIALS: 2}


class EntryKind(StrEnum):
    """What kind of entry it is; a filter, readable also where the body is not."""

    ACTIVATION = "activation"
    LEVEL = "level"
    GRIP = "grip"
    THREAT = "threat"
    PHASE = "phase"
    CALL_OUT = "call-out"
    ACKNOWLEDGEMENT = "acknowledgement"
    DISPATCH = "dispatch"
    REPLY = "reply"
    ROUND = "round"
    PICTURE = "picture"
    TASK = "task"
    INTERPRETATION = "interpretation"
    FACT = "fact"
    DECISION = "decision"
    RUMOUR = "rumour"
    COMMITMENT = "commitment"
    MEASURE = "measure"
    ATTACHMENT = "attachment"
    SUMMARY = "summary"
    REPORT = "report"
    NEXT_UPDATE = "next-update"
    REQUEST = "request"
    HANDOVER = "handover"
    CORRECTION = "correction"
    ERASURE = "erasure"
    SEAL = "seal"
    CLOSING = "closing"
    NOTE = "note"


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of an entry for ever; *previous* is the hash of the header before it.

    The first entry has *seq* 1 and *previous* `GENESIS`. Times are aware.
    """

    calamity_id: str
    seq: int
    happened_at: datetime
    recorded_at: datetime
    kind: EntryKind
    actor_role: str
    visibility: Visibility
    commitment: str
    previous: str
    refers_to: int | None = None


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry as it is checked: without salt and body where it is erased, or hidden from us."""

    header: Header
    hash: str
    salt: bytes | None = None
    body: bytes | None = None
    erased: bool = False
    hidden: bool = False


class _Canonical(msgspec.Struct, frozen=True):
    """The header as it is hashed: its fields in the order of their names."""

    actor_role: str
    calamity_id: str
    commitment: str
    happened_at: str
    kind: str
    previous: str
    recorded_at: str
    refers_to: int | None
    seq: int
    visibility: str


_encode = msgspec.json.Encoder().encode


def canonical_time(at: datetime) -> str:
    """Write an aware time in UTC, always with microseconds: 2026-01-31T12:00:00.000000Z."""
    if at.tzinfo is None:
        raise ValueError("a time on the timeline needs a time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def commitment(salt: bytes, body: bytes) -> str:
    """Bind a header to its *body* without telling anything about it, as long as *salt* is kept."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return hashlib.sha256(salt + body).hexdigest()


def canonical_header(header: Header) -> bytes:
    """Write a header as it is hashed: JSON with sorted names, without spaces, in UTF-8."""
    return _encode(
        _Canonical(
            actor_role=header.actor_role,
            calamity_id=header.calamity_id,
            commitment=header.commitment,
            happened_at=canonical_time(header.happened_at),
            kind=header.kind,
            previous=header.previous,
            recorded_at=canonical_time(header.recorded_at),
            refers_to=header.refers_to,
            seq=header.seq,
            visibility=header.visibility,
        )
    )


def header_hash(header: Header) -> str:
    """Return the SHA-256 of the canonical header: the next header's *previous*."""
    return hashlib.sha256(canonical_header(header)).hexdigest()
