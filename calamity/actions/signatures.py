"""Signatures over playbook versions: made when they are submitted and approved, and verified."""

import hashlib
from datetime import datetime

from calamity.domain.activation import ActivationRequest
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor
from calamity.domain.playbook_life import Act, Signed, is_genuine, sign_version
from calamity.domain.timeline import public_key
from calamity.store.database import Session
from calamity.store.keys import add_signature, ensure_person_key, list_signatures, person_key
from calamity.store.municipalities import get_municipality, signing_key
from calamity.store.playbooks import PlaybookVersion, usable_version
from calamity.store.versions import Version, stored_document


async def sign_published(
    session: Session, version: Version, municipality_id: str, *, at: datetime
) -> None:
    """Sign a submitted version in the name of the municipality."""
    secret = (await signing_key(session, municipality_id)).private_bytes_raw()
    await _sign(session, municipality_id, version, "published", secret, at=at)


async def countersign(session: Session, actor: Actor, version: Version, *, at: datetime) -> None:
    """Sign a version as the person who approves it."""
    secret = await ensure_person_key(session, actor.municipality_id, actor.login, at=at)
    await _sign(session, actor.municipality_id, version, "approved", secret, at=at)


async def _sign(
    session: Session, municipality_id: str, version: Version, act: Act, secret: bytes, *,
    at: datetime,
) -> None:  # fmt: skip
    signed = sign_version(
        secret,
        act,
        named=(await get_municipality(session, municipality_id)).name,
        kind=version.kind,
        slug=version.slug,
        number=version.number,
        sha256=version.sha256,
        at=at,
    )
    await add_signature(session, municipality_id, version.id, signed)


async def version_to_activate(
    session: Session, municipality_id: str, request: ActivationRequest
) -> PlaybookVersion:
    """Return the version that a request means, if it may be used and nobody tampered with it.

    Raises NotFound, Conflict or Refused.
    """
    version = await usable_version(
        session,
        municipality_id,
        request.slug,
        request.version,
        although_retired=request.although_retired,
    )
    await verify_version(session, municipality_id, version)
    return version


async def verify_version(
    session: Session, municipality_id: str, version: Version
) -> dict[str, Signed]:
    """Return both signatures over an approved version. Raises Refused for a broken one."""
    stored = (await stored_document(session, version.id)).encode()
    if hashlib.sha256(stored).hexdigest() != version.sha256:
        raise Refused(
            "The document of this version was changed after it was published. It cannot be used. "
            "Publish it again as a new version, and have the database looked at.",
            field="version",
        )
    signatures = await list_signatures(session, version.id)
    own = (await signing_key(session, municipality_id)).private_bytes_raw()
    if not _is_good(signatures.get("published"), version, public_key(own)):
        raise Refused(
            "The signature of the municipality on this version is missing or forged. It cannot be "
            "used. Publish it again as a new version, and have the database looked at.",
            field="version",
        )
    approver = await person_key(session, municipality_id, version.approved_by or "")
    key = public_key(approver) if approver else None
    if not _is_good(signatures.get("approved"), version, key):
        raise Refused(
            "The signature of who approved this version is missing or forged. It cannot be used. "
            "Publish it again as a new version, and have the database looked at.",
            field="version",
        )
    return signatures


def _is_good(signed: Signed | None, version: Version, key: str | None) -> bool:
    return (
        signed is not None
        and signed.key == key
        and is_genuine(
            signed,
            kind=version.kind,
            slug=version.slug,
            number=version.number,
            sha256=version.sha256,
        )
    )
