"""Files beside entries: encrypted under the key of their entry, and only added.

So whoever destroys that key erases the words and the file at once, and nothing can be exchanged
for it: the entry holds its hash.
"""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import col, select

from calamity.store.database import Session
from calamity.store.tables import EntryFileRow, EntryKeyRow

KEY = b"entry.key"
"""For what the vault seals keys of entries."""
NONCE = 12
ADD_FILE = "INSERT INTO entry_file (calamity_id, seq, content) VALUES ($1, $2, $3)"


def sealed_file(key: bytes, calamity_id: str, seq: int, content: bytes) -> bytes:
    """Return a file as it is stored."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, _bound_to(calamity_id, seq))


async def read_file(session: Session, calamity_id: str, seq: int) -> bytes | None:
    """Return the file of an entry; None where it has none, or it was erased.

    Raises InvalidTag for one that was changed behind our back.
    """
    found = (
        await session.sql.execute(
            select(EntryFileRow.content, EntryKeyRow.key)
            .join(
                EntryKeyRow,
                (col(EntryKeyRow.calamity_id) == EntryFileRow.calamity_id)
                & (col(EntryKeyRow.seq) == EntryFileRow.seq),
            )
            .where(EntryFileRow.calamity_id == calamity_id, EntryFileRow.seq == seq)
        )
    ).first()
    if found is None:
        return None
    sealed, key = found
    return AESGCM(session.vault.open(KEY, key)).decrypt(
        bytes(sealed[:NONCE]), bytes(sealed[NONCE:]), _bound_to(calamity_id, seq)
    )


def _bound_to(calamity_id: str, seq: int) -> bytes:
    return f"{calamity_id}|{seq}|file".encode()
