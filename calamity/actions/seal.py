"""Sealing: signing the head of a timeline, so that all before it is fixed."""

from datetime import datetime

from calamity.domain.timeline import Sealed, Visibility, public_key, sign
from calamity.store.database import Session
from calamity.store.municipalities import signing_key
from calamity.store.tables import CalamityRow
from calamity.store.timeline import append


async def seal_timeline(session: Session, calamity: CalamityRow, at: datetime) -> None:
    """Sign the head with the municipality's key and write the signature down."""
    secret = (await signing_key(session, calamity.municipality_id)).private_bytes_raw()
    head_seq, head_hash = calamity.head_seq, calamity.head_hash
    await append(
        session,
        calamity.id,
        Sealed(
            head_seq=head_seq,
            head_hash=head_hash,
            signature=sign(secret, head_hash),
            public_key=public_key(secret),
        ),
        by_role="system",
        at=at,
        visibility=Visibility.OFFICIALS,
    )
