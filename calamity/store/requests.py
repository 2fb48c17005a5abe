"""Requests for an update, as the timeline tells them: who asked, when, and what came of it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, structs
from sqlmodel import col

from calamity.domain.matters import Told
from calamity.domain.timeline import (
    EntryKind,
    SummaryWritten,
    UpdateAnswered,
    UpdateRequested,
    Visibility,
)
from calamity.store.database import Session
from calamity.store.entries import read_entries
from calamity.store.past import Reader
from calamity.store.tables import EntryRow

KINDS = (EntryKind.REQUEST, EntryKind.SUMMARY)
_MOST = 50


class UpdateRequest(Struct, frozen=True):
    """A request for an update; the account by id. *answer* is empty where new sentences came."""

    seq: int
    at: datetime
    by_role: str
    by: str | None
    words: str | None
    answered_at: datetime | None = None
    answer: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody answered it yet."""
        return self.answered_at is None


async def list_requests(session: Session, calamity_id: str) -> list[UpdateRequest]:
    """Return the requests of a calamity as this transaction sees them, the newest first."""
    kinds = [kind.value for kind in KINDS]
    return _collect(await read_entries(session, calamity_id, col(EntryRow.kind).in_(kinds)))


async def read_requests(reader: Reader, calamity_id: str) -> list[UpdateRequest]:
    """Return the last requests of a calamity as a reader of its timeline sees them."""
    sees = (Visibility.OFFICIALS,)
    entries = [
        line
        for kind in KINDS
        for line, _ in await reader.newest(calamity_id, sees, limit=_MOST, kind=kind)
    ]
    return _collect(entries)


def _collect(entries: Iterable[Told]) -> list[UpdateRequest]:
    found: dict[int, UpdateRequest] = {}
    for entry in sorted(entries, key=lambda each: each.seq):
        match entry.happening:
            case UpdateRequested(words=words, by=by):
                found[entry.seq] = UpdateRequest(
                    entry.seq, entry.recorded_at, entry.actor_role, by, words
                )
            case UpdateAnswered(refers_to=asked, text=text) if asked in found:
                found[asked] = structs.replace(
                    found[asked], answered_at=entry.recorded_at, answer=text
                )
            case SummaryWritten():
                for seq, each in found.items():
                    if each.is_open:
                        found[seq] = structs.replace(each, answered_at=entry.recorded_at)
    return sorted(found.values(), key=lambda each: each.seq, reverse=True)
