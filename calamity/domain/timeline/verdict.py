"""The verdict on a timeline: whole, or the first line where it is not, and in what way.

The stand-alone verifier that ships inside an export judges alike; a test holds the two together.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from calamity.domain.timeline.entry import (
    GENESIS,
    SALT_BYTES,
    EntryKind,
    Line,
    Visibility,
    commitment,
    header_hash,
)
from calamity.domain.timeline.happening import Sealed
from calamity.domain.timeline.seal import is_signed

_DIGEST_BYTES = 32


class Fault(StrEnum):
    """In what way a timeline is not what it was."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"


class Sign(StrEnum):
    """What gives a fault away."""

    CONTENT = "content"
    """The line does not answer to its own hashes."""
    LINK = "link"
    """The lines do not follow on each other."""
    BODY = "body"
    """A body is gone without an erasure on the timeline, or from who may read it."""
    SEAL = "seal"
    """The chain fits, but not the signature over it: it was rebuilt, somewhere after *sealed*."""
    END = "end"
    """The end is not the end that was noted."""


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What checking a timeline found.

    *lines* and *head* tell how far the lines follow on each other. *line* counts from 1 as they
    stand, *seq* is the number of the entry at fault (for a removed one: the missing number). Up to
    line *sealed* a signature by *public_key* vouches.
    """

    intact: bool
    lines: int
    head: str
    seals: int = 0
    erased: int = 0
    hidden: int = 0
    sealed: int = 0
    public_key: str | None = None
    fault: Fault | None = None
    line: int | None = None
    seq: int | None = None
    sign: Sign | None = None


class _Finding(msgspec.Struct, frozen=True):
    fault: Fault
    line: int
    seq: int
    sign: Sign


def verify(
    lines: Iterable[Line],
    *,
    key: str | None = None,
    count: int | None = None,
    head: str | None = None,
    reader: Visibility = Visibility.COORDINATORS,
) -> Verdict:
    """Check that *lines* are a whole timeline, and name the first line that is not as it was.

    Seals are checked with the public *key*, or else with the one that the first seal names, which
    is worth less. *count* and *head* are what was noted of its end: without them lines that are
    missing at the end are not missed. *reader* is the level for which bodies were left in.
    """
    walk = _Walk(key, reader)
    ahead = iter(lines)
    for line in ahead:
        if not walk.fits(line):
            return walk.verdict(walk.name(line, list(ahead)))
        if (finding := walk.take(line)) is not None:
            return walk.verdict(finding)
    return walk.verdict(walk.end(count, head))


class _Walk:
    """How far the chain was followed, and what is still owed."""

    def __init__(self, key: str | None, reader: Visibility) -> None:
        self.key = key
        self.reader = reader
        self.last: Line | None = None
        self.count = 0
        self.head = GENESIS
        self.digests = bytearray()
        self.owed: set[int] = set()
        self.erased = self.hidden = self.seals = self.sealed = 0

    def is_sound(self, line: Line) -> bool:
        """Tell whether a line answers to its own hashes and holds what its reader may see."""
        if header_hash(line.header) != line.hash:
            return False
        if line.body is None or line.salt is None:
            withheld = line.hidden and not self.reader.sees(line.header.visibility)
            return line.body is line.salt is None and (line.erased or withheld)
        if line.erased or line.hidden or len(line.salt) != SALT_BYTES:
            return False
        return commitment(line.salt, line.body) == line.header.commitment

    def fits(self, line: Line) -> bool:
        """Tell whether this sound line is the next one."""
        follows = line.header.seq == self.count + 1 and line.header.previous == self.head
        return follows and self.is_sound(line)

    def take(self, line: Line) -> _Finding | None:
        header = line.header
        self.last, self.head, self.count = line, line.hash, header.seq
        self.digests += bytes.fromhex(line.hash)
        self.erased += line.erased
        self.hidden += line.hidden
        if line.erased:
            self.owed.add(header.seq)
        if header.kind is EntryKind.ERASURE and header.refers_to is not None:
            self.owed.discard(header.refers_to)
        if header.kind is EntryKind.SEAL and line.body is not None:
            return self._check_seal(header.seq, line.body)
        return None

    def _check_seal(self, seq: int, body: bytes) -> _Finding | None:
        try:
            seal = msgspec.json.decode(body, type=Sealed)
        except msgspec.DecodeError:
            return _Finding(Fault.CHANGED, seq, seq, Sign.SEAL)
        key = self.key = self.key or seal.public_key
        at = seal.head_seq * _DIGEST_BYTES
        if not 0 < seal.head_seq < seq or seal.public_key != key:
            return _Finding(Fault.CHANGED, seq, seq, Sign.SEAL)
        if not is_signed(key, seal.head_hash, seal.signature):
            return _Finding(Fault.CHANGED, seq, seq, Sign.SEAL)
        if self.digests[at - _DIGEST_BYTES : at].hex() != seal.head_hash:
            return _Finding(Fault.CHANGED, seal.head_seq, seal.head_seq, Sign.SEAL)
        self.seals, self.sealed = self.seals + 1, max(self.sealed, seal.head_seq)
        return None

    def name(self, line: Line, rest: Sequence[Line]) -> _Finding:
        """Name what happened at a line that is not the next one, as far as can be known."""
        at = due = self.count + 1
        sound = self.is_sound(line)
        seq = line.header.seq if sound else due
        if any(self.fits(other) for other in rest):
            moved = sound and seq > due and all(other.header.seq != seq for other in rest)
            return _Finding(Fault.REORDERED if moved else Fault.INSERTED, at, seq, Sign.LINK)
        if not sound:
            return _Finding(Fault.CHANGED, at, seq, Sign.CONTENT)
        if seq > due:
            later = any(other.header.seq == due for other in rest)
            fault = Fault.REORDERED if later else Fault.REMOVED
            return _Finding(fault, at, seq if later else due, Sign.LINK)
        followed = not rest or rest[0].header.previous == line.hash
        if seq < due:
            # A forged line that links well stands before the real one, which has its number.
            forged = followed and bool(rest) and seq == self.count and line != self.last
            return _Finding(Fault.INSERTED, at - forged, seq, Sign.LINK)
        # It is the line before that changed, if those after this one still agree with it.
        before = followed and self.count > 0
        return _Finding(Fault.CHANGED, at - before, seq - before, Sign.LINK)

    def end(self, count: int | None, head: str | None) -> _Finding | None:
        if self.owed:
            seq = min(self.owed)
            return _Finding(Fault.CHANGED, seq, seq, Sign.BODY)
        if count is not None and self.count < count:
            return _Finding(Fault.REMOVED, self.count + 1, self.count + 1, Sign.END)
        if count is not None and self.count > count:
            return _Finding(Fault.INSERTED, count + 1, count + 1, Sign.END)
        if head is not None and self.head != head:
            return _Finding(Fault.CHANGED, self.count, self.count, Sign.END)
        return None

    def verdict(self, finding: _Finding | None) -> Verdict:
        found = Verdict(
            intact=finding is None,
            lines=self.count,
            head=self.head,
            seals=self.seals,
            erased=self.erased,
            hidden=self.hidden,
            sealed=self.sealed,
            public_key=self.key,
        )
        if finding is None:
            return found
        return msgspec.structs.replace(found, **msgspec.structs.asdict(finding))
