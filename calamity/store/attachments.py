"""Files on the timeline: what the timeline says of them, and the files themselves."""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from msgspec import Struct
from sqlmodel import col

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.timeline import Attached, Visibility
from calamity.store.database import Session
from calamity.store.entries import read_entries
from calamity.store.entry_files import read_file
from calamity.store.tables import EntryRow


class Attachment(Struct, frozen=True):
    """A file with what the timeline says of it."""

    said: Attached
    content: bytes


async def get_attachment(
    session: Session, calamity_id: str, seq: int, sees: Sequence[Visibility]
) -> Attachment:
    """Return the file of an entry that this reader sees.

    Raises NotFound, also for an entry that was erased, and Conflict for a file that was changed
    behind our back.
    """
    entries = await read_entries(session, calamity_id, col(EntryRow.seq) == seq)
    said = next((each.happening for each in entries if each.visibility in sees), None)
    if not isinstance(said, Attached):
        raise NotFound("This entry has no file, or it was erased.", field="seq")
    content = await read_whole(session, calamity_id, seq, said)
    if content is None:
        raise Conflict(
            "This file is not what was put here. Make an export now and tell the administrator.",
            field="seq",
        )
    return Attachment(said, content)


async def read_whole(session: Session, calamity_id: str, seq: int, said: Attached) -> bytes | None:
    """Return the file of an entry, or None when it is not the one that the entry names."""
    try:
        content = await read_file(session, calamity_id, seq)
    except InvalidTag:
        return None
    is_it = content is not None and hashlib.sha256(content).hexdigest() == said.sha256
    return content if is_it else None


async def is_lost(session: Session, calamity_id: str, seq: int, said: Attached) -> bool:
    """Say whether a file is not what its entry names, and the entry was not erased meanwhile."""
    if await read_whole(session, calamity_id, seq, said) is not None:
        return False
    entries = await read_entries(session, calamity_id, col(EntryRow.seq) == seq)
    return any(each.happening is not None for each in entries)
