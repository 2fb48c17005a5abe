"""Handovers of a shift, as the timeline tells them: who gave a role, and who took it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs
from sqlmodel import col

from calamity.domain.timeline import EntryKind, HandedOver, TakenOver, Visibility
from calamity.store.database import Session
from calamity.store.entries import read_entries
from calamity.store.tables import EntryRow


class Handover(Struct, frozen=True):
    """A role that passed to the next shift; accounts by id."""

    seq: int
    at: datetime
    role: str
    text: str
    given_by: str | None
    taken_by: str | None = None
    taken_at: datetime | None = None
    is_latest: bool = True
    """Nobody handed this role over after it."""

    @property
    def waits(self) -> bool:
        """Whether somebody still has to take it."""
        return self.is_latest and self.taken_by is None


async def list_handovers(
    session: Session, calamity_id: str, sees: Sequence[Visibility]
) -> list[Handover]:
    """Return the handovers of a calamity, the newest first; erased ones are left out."""
    kind = col(EntryRow.kind) == EntryKind.HANDOVER.value
    found: dict[int, Handover] = {}
    latest: dict[str, int] = {}
    entries = await read_entries(session, calamity_id, kind)
    for entry in sorted(entries, key=lambda each: each.seq):
        match entry.happening:
            case HandedOver(role=role, text=text, by=by) if entry.visibility in sees:
                if role in latest:
                    before = latest[role]
                    found[before] = structs.replace(found[before], is_latest=False)
                latest[role] = entry.seq
                found[entry.seq] = Handover(entry.seq, entry.recorded_at, role, text, by)
            case TakenOver(refers_to=given, by=taker) if given in found:
                found[given] = structs.replace(
                    found[given], taken_by=taker, taken_at=entry.recorded_at
                )
    return sorted(found.values(), key=lambda each: each.seq, reverse=True)
