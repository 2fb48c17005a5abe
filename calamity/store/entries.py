"""Entries as a transaction sees them, with its own writes: for who decides by them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from calamity.domain.timeline import EntryKind, Happening, Visibility, decode_happening
from calamity.store.database import Database, Session
from calamity.store.tables import EntryBodyRow, EntryKeyRow, EntryRow
from calamity.store.timeline import open_body


class Entry:
    """An entry as a transaction reads it."""

    def __init__(self, row: EntryRow, happening: Happening | None) -> None:
        self.seq, self.actor_role = row.seq, row.actor_role
        self.happened_at, self.recorded_at = row.happened_at, row.recorded_at
        self.kind, self.visibility = EntryKind(row.kind), Visibility(row.visibility)
        self.refers_to, self.happening = row.refers_to, happening


async def read_entries(session: Session, calamity_id: str, *which: Any) -> list[Entry]:
    """Return the entries that hold to these conditions, as this transaction sees them."""
    rows = await session.sql.execute(
        select(EntryRow, EntryBodyRow.body, EntryKeyRow.key)
        .outerjoin(
            EntryBodyRow,
            (col(EntryBodyRow.calamity_id) == EntryRow.calamity_id)
            & (col(EntryBodyRow.seq) == EntryRow.seq),
        )
        .outerjoin(
            EntryKeyRow,
            (col(EntryKeyRow.calamity_id) == EntryRow.calamity_id)
            & (col(EntryKeyRow.seq) == EntryRow.seq),
        )
        .where(EntryRow.calamity_id == calamity_id, *which)
    )
    return [
        Entry(row, decode_happening(open_body(session.vault, row, body, key)) if key else None)
        for row, body, key in rows
    ]


async def corrections_of(
    database: Database, calamity_id: str, sees: Sequence[Visibility], seqs: Sequence[int]
) -> dict[int, int]:
    """Return, of these entries, which were corrected, and by which entry last."""
    if not seqs or not sees:
        return {}
    places = ", ".join(f"${number}" for number in range(3, len(seqs) + 3))
    rows = await database.rows(
        "SELECT refers_to, seq, visibility FROM entry WHERE calamity_id = $1 AND kind = $2 "  # noqa: S608 - numbered places only
        f"AND refers_to IN ({places}) ORDER BY seq",
        [calamity_id, EntryKind.CORRECTION.value, *seqs],
    )
    return {row[0]: row[1] for row in rows if row[2] in sees}
