"""Keys and signatures: those of people here, those on versions, and those of others we trust."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.domain.playbook_life import Signed
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import PersonKeyRow, SignatureRow, TrustedKeyRow


class TrustedKey(Struct, frozen=True):
    """The key of another municipality, by its fingerprint."""

    id: str
    name: str
    fingerprint: str
    added_by: str
    added_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def _purpose(municipality_id: str, login: str) -> bytes:
    # Bound to the person: a key that is copied to another row does not open.
    return f"person.signing|{municipality_id}|{login}".encode()


async def person_key(session: Session, municipality_id: str, login: str) -> bytes | None:
    """Return the secret key with which somebody countersigns, or None if there is none yet."""
    row = await session.sql.get(PersonKeyRow, (municipality_id, login))
    if row is None:
        return None
    return session.vault.open(_purpose(municipality_id, login), row.signing_key)


async def ensure_person_key(
    session: Session, municipality_id: str, login: str, *, at: datetime
) -> bytes:
    """Return the secret key of somebody, made now if this is the first time."""
    known = await person_key(session, municipality_id, login)
    if known is not None:
        return known
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    session.sql.add(
        PersonKeyRow(
            municipality_id=municipality_id,
            login=login,
            signing_key=session.vault.seal(_purpose(municipality_id, login), secret),
            created_at=at,
        )
    )
    await session.sql.flush()
    return secret


async def add_signature(
    session: Session, municipality_id: str, version_id: str, signed: Signed
) -> None:
    """Store a signature for good."""
    session.sql.add(
        SignatureRow(
            version_id=version_id,
            act=signed.act,
            municipality_id=municipality_id,
            named=signed.named,
            public_key=signed.key,
            signature=signed.signature,
            signed_at=signed.at,
        )
    )
    await session.sql.flush()


async def list_signatures(session: Session, version_id: str) -> dict[str, Signed]:
    """Return the signatures over a version, by act."""
    rows = await session.sql.scalars(
        select(SignatureRow).where(SignatureRow.version_id == version_id)
    )
    return {
        row.act: Signed(
            "approved" if row.act == "approved" else "published",
            row.named,
            row.public_key,
            row.signature,
            row.signed_at,
        )
        for row in rows
    }


async def add_trusted_key(
    session: Session, municipality_id: str, *, name: str, fingerprint: str, by: str, at: datetime
) -> str:
    """Store whose key this is and return the row's id."""
    row = TrustedKeyRow(
        id=new_id(),
        municipality_id=municipality_id,
        name=name,
        fingerprint=fingerprint,
        added_by=by,
        added_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row.id


async def list_trusted_keys(session: Session, municipality_id: str) -> list[TrustedKey]:
    """Return every key that is or was trusted, the newest first."""
    rows = await session.sql.scalars(
        select(TrustedKeyRow)
        .where(TrustedKeyRow.municipality_id == municipality_id)
        .order_by(col(TrustedKeyRow.added_at).desc(), col(TrustedKeyRow.id).desc())
    )
    return [
        TrustedKey(
            row.id,
            row.name,
            row.fingerprint,
            row.added_by,
            row.added_at,
            row.withdrawn_by,
            row.withdrawn_at,
        )
        for row in rows
    ]


async def find_trusted_key(
    session: Session, municipality_id: str, fingerprint: str
) -> TrustedKey | None:
    """Return the key that is trusted under this fingerprint now, or None."""
    for key in await list_trusted_keys(session, municipality_id):
        if key.fingerprint == fingerprint and key.withdrawn_at is None:
            return key
    return None


async def withdraw_trusted_key(
    session: Session, municipality_id: str, key_id: str, *, by: str, at: datetime
) -> None:
    """Trust a key no longer; what came in before stays. Raises NotFound."""
    row = await session.sql.get(TrustedKeyRow, key_id, with_for_update=True)
    if row is None or row.municipality_id != municipality_id:
        raise NotFound("This key is not in the list.", field="key")
    if row.withdrawn_at is None:
        row.withdrawn_by, row.withdrawn_at = by, at
        await session.sql.flush()
