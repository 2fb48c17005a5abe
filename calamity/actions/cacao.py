"""CACAO documents over the border: a version for other programs, and theirs as a draft of ours."""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from calamity.actions.drafts import begin_with
from calamity.domain.cacao import (
    Crossing,
    FromCacao,
    Origin,
    Signed,
    read_cacao,
    sign_cacao,
    write_cacao,
)
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import Fault, check
from calamity.domain.playbook_life import VersionState, key_fingerprint
from calamity.domain.playbook_text import plain_yaml
from calamity.store.blocks import blocks_of
from calamity.store.database import Session
from calamity.store.drafts import Draft
from calamity.store.keys import find_trusted_key
from calamity.store.municipalities import get_municipality, signing_key
from calamity.store.playbooks import list_versions


class Signee(Struct, frozen=True, rename="camel"):
    """Who says to have signed, whether that holds, and under which name we trust the key."""

    name: str
    fingerprint: str
    is_good: bool
    trusted_as: str | None


class CacaoLook(Struct, frozen=True, rename="camel"):
    """What a document would bring: nothing is stored for looking."""

    id: str
    slug: str
    version: int
    is_ours: bool
    """Whether it was written by a Calamity; else it comes in as a draft to finish."""
    signatures: list[Signee]
    crossings: list[Crossing]
    faults: list[Fault]
    """What the checker says of the draft that it makes."""
    source: str
    """The draft itself, as YAML."""


async def export_cacao(
    session: Session, actor: Actor, slug: str, number: int | None, *, at: datetime
) -> tuple[bytes, int]:
    """Return a version as a signed CACAO 2.0 document, and its number. Raises NotFound."""
    actor.must(Permission.SEE_PLAYBOOKS)
    versions = await list_versions(session, actor.municipality_id, slug)
    found = next((each for each in versions if number in (None, each.number)), None)
    if found is None:
        raise NotFound("This playbook version does not exist.", field="version")
    municipality = await get_municipality(session, actor.municipality_id)
    origin = Origin(
        municipality.name,
        versions[-1].published_at,
        found.revoked.at if found.revoked else found.approved_at or found.published_at,
        is_revoked=found.state is VersionState.REVOKED,
        valid_until=found.good_until,
    )
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    document = sign_cacao(write_cacao(found.playbook, origin), secret, municipality.name, at)
    return msgspec.json.format(msgspec.json.encode(document)), found.number


async def look_at_cacao(
    session: Session, actor: Actor, source: bytes, *, at: datetime
) -> CacaoLook:
    """Say what a document would bring. Raises CacaoFaults with everything it is refused for."""
    actor.must(Permission.PUBLISH)
    read = read_cacao(source, at=at)
    slug = str(read.playbook.get("slug", ""))
    versions = await list_versions(session, actor.municipality_id, slug)
    version = _number(read, versions[0].number if versions else 0)
    text = plain_yaml(read.playbook | {"version": version})
    return CacaoLook(
        read.id,
        slug,
        version,
        read.is_ours,
        [await _signee(session, actor.municipality_id, each) for each in read.signatures],
        read.crossings,
        await _faults(session, actor.municipality_id, text, f"{slug}/v{version}.yaml", at.date()),
        text,
    )


def _number(read: FromCacao, newest: int) -> int:
    """Return the number of the draft: its own, unless we have as many versions already."""
    own = read.playbook.get("version")
    return max(own if isinstance(own, int) else 1, newest + 1)


async def _signee(session: Session, municipality_id: str, signed: Signed) -> Signee:
    if not signed.key:
        return Signee(signed.signee, "", is_good=False, trusted_as=None)
    fingerprint = key_fingerprint(signed.key)
    known = await find_trusted_key(session, municipality_id, fingerprint)
    own = (await signing_key(session, municipality_id)).public_key().public_bytes_raw().hex()
    name = known.name if known else None
    if signed.key == own:
        name = (await get_municipality(session, municipality_id)).name
    return Signee(signed.signee, fingerprint, is_good=signed.is_good, trusted_as=name)


async def _faults(
    session: Session, municipality_id: str, text: str, filename: str, today: date
) -> list[Fault]:
    return check(text, filename, await blocks_of(session, municipality_id), today)


async def bring_cacao(
    session: Session,
    actor: Actor,
    source: bytes,
    *,
    although_untrusted: bool = False,
    at: datetime,
) -> tuple[CacaoLook, Draft]:
    """Store a document as a draft, faults and all.

    Raises Refused for a signature that does not hold, and Conflict for a signed document whose keys
    nobody trusts here, unless somebody saw that and wants it all the same.
    """
    look = await look_at_cacao(session, actor, source, at=at)
    if not all(each.is_good for each in look.signatures):
        raise Refused(
            "A signature on this document does not hold: it was changed after it was signed, or "
            "forged. Ask for it again.",
            field="signatures",
        )
    is_trusted = any(each.trusted_as for each in look.signatures)
    if look.signatures and not is_trusted and not although_untrusted:
        raise Conflict(
            "Nobody here trusts the key that signed this document. Phone whose it is, compare the "
            "fingerprint, and have an administrator add it; or confirm that you want it all the "
            "same.",
            field="although_untrusted",
        )
    return look, await begin_with(session, actor, look.source, at=at)
