"""Bundles out and in: what is packed, and what a bundle would bring before it does."""

from collections.abc import Sequence
from typing import Literal, TypeVar

from msgspec import Struct

from calamity.actions.bindings import Bindings, Gap, bindings_of
from calamity.actions.signatures import verify_version
from calamity.domain.bundle import (
    Bundle,
    Carried,
    Earlier,
    Packed,
    Provenance,
    Received,
    pack,
)
from calamity.domain.cacao import Crossing
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.playbook import Block, Playbook, Words
from calamity.domain.playbook_changes import Change, Line, compare, in_short
from calamity.domain.playbook_check import Blocks, Fault
from calamity.domain.playbook_life import VersionState, key_fingerprint
from calamity.domain.timeline import public_key
from calamity.store.accounts import find_user
from calamity.store.blocks import blocks_of, list_blocks
from calamity.store.database import Session
from calamity.store.imports import get_import
from calamity.store.keys import find_trusted_key, list_signatures
from calamity.store.municipalities import get_municipality, signing_key
from calamity.store.playbooks import PlaybookVersion, list_versions
from calamity.store.versions import Version

V = TypeVar("V", bound=Version)
Standing = Literal["new", "same", "update", "ours-ahead", "merge", "unfinished"]


class Signer(Struct, frozen=True):
    """Who signed what came in. Without *fingerprint*: nobody did."""

    municipality: str
    fingerprint: str
    trusted_as: str | None
    """The name under which this key is trusted here, if it is."""


class Incoming(Struct, frozen=True):
    """One playbook of a bundle, beside what there is here.

    *standing*: `new` here; the `same`; an `update` of what was never changed here; `ours-ahead`,
    where they changed nothing since; a `merge` of what both may have changed; or `unfinished`,
    a document with faults that becomes a draft to finish.
    """

    provenance: Provenance
    title: Words
    standing: Standing
    ours: int | None
    """Our newest version."""
    changes: list[Change]
    """What theirs has that our newest version has not."""
    short: list[Line]
    """The same in a few lines."""
    gaps: list[Gap]
    """What of it has nobody here yet."""
    crossings: tuple[Crossing, ...]
    """What of another program's document did not come across."""
    faults: tuple[Fault, ...]
    """What is still to be finished."""
    approved_with: str
    """Fingerprint of the key with which somebody there approved it; empty: nobody did, or said."""


class Look(Struct, frozen=True):
    """What a bundle would bring. Nothing is stored yet."""

    signer: Signer
    playbooks: list[Incoming]


async def export_bundle(
    session: Session, actor: Actor, named: Sequence[tuple[str, int | None]]
) -> bytes:
    """Return a signed bundle of these playbooks; without a number, the newest version in use.

    Nothing named means all that are in use. Raises NotFound, Conflict, or Refused for a forgery.
    """
    actor.must(Permission.SEE_PLAYBOOKS)
    versions = await list_versions(session, actor.municipality_id)
    wanted = list(named) or [
        (slug, None)
        for slug in sorted({v.slug for v in versions if v.state is VersionState.PUBLISHED})
    ]
    if not wanted:
        raise Conflict("No playbook is in use yet, so there is nothing to hand over.", field="slug")
    items = [await _packed(session, actor, versions, slug, number) for slug, number in wanted]
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    name = (await get_municipality(session, actor.municipality_id)).name
    return pack(secret, name, items)


async def _packed(
    session: Session,
    actor: Actor,
    versions: Sequence[PlaybookVersion],
    slug: str,
    number: int | None,
) -> Packed:
    version = _chosen(versions, slug, number)
    if version.is_approved:
        signatures = await verify_version(session, actor.municipality_id, version)
    else:
        signatures = await list_signatures(session, version.id)
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    earlier = [
        Earlier(each.number, each.sha256)
        for each in versions
        if each.slug == slug and each.number < version.number
    ]
    provenance = Provenance(
        slug=slug,
        version=version.number,
        sha256=version.sha256,
        municipality=(await get_municipality(session, actor.municipality_id)).name,
        key=public_key(secret),
        published=signatures.get("published"),
        approved=signatures.get("approved"),
        office=await _office(session, actor.municipality_id, version.approved_by),
        earlier=tuple(earlier),
        received=await _received(session, version, actor.municipality_id),
    )
    return Packed(provenance, version.playbook)


async def _office(session: Session, municipality_id: str, login: str | None) -> UserRole | None:
    """Return as what somebody with an account approves; who it is stays here."""
    user = await find_user(session, login) if login else None
    if user is None or user.municipality_id != municipality_id:
        return None
    return UserRole(user.role)


async def export_block(session: Session, actor: Actor, slug: str, number: int | None) -> Block:
    """Return a version of a block, to hand over by itself; without a number, the newest in use.

    Raises NotFound, Conflict, or Refused for a forgery.
    """
    actor.must(Permission.SEE_PLAYBOOKS)
    version = _chosen(await list_blocks(session, actor.municipality_id, slug), slug, number)
    if version.is_approved:
        await verify_version(session, actor.municipality_id, version)
    return version.block


def _chosen(versions: Sequence[V], slug: str, number: int | None) -> V:
    found = [each for each in versions if each.slug == slug and number in (None, each.number)]
    if not found:
        raise NotFound(f"{slug}: no such playbook. See: calamity playbooks list", field="slug")
    in_use = [each for each in found if each.state is VersionState.PUBLISHED]
    version = (in_use or found)[0]
    if version.state is VersionState.REVOKED:
        raise Conflict(f"{slug}: this version was revoked. It is not handed over.", field="slug")
    return version


async def _received(
    session: Session, version: PlaybookVersion, municipality_id: str
) -> Received | None:
    if version.import_id is None:
        return None
    came = (await get_import(session, municipality_id, version.import_id)).provenance
    return Received(came.municipality, came.key, came.version, came.sha256)


async def look_at(session: Session, actor: Actor, bundle: Bundle) -> Look:
    """Say who signed a bundle, what differs from what we have, and what has no people here yet."""
    actor.must(Permission.PUBLISH)
    bindings = await bindings_of(session, actor.municipality_id)
    blocks = await blocks_of(session, actor.municipality_id)
    return Look(
        await signer_of(session, actor.municipality_id, bundle),
        [await _incoming(session, actor, item, bindings, blocks) for item in bundle.items],
    )


async def signer_of(session: Session, municipality_id: str, bundle: Bundle) -> Signer:
    """Say whose key signed a bundle, and under which name it is trusted here.

    Of several who signed, the first who is trusted; else the first.
    """
    if not bundle.key:
        return Signer("", "", None)
    named = ((bundle.municipality, bundle.key), *bundle.others)
    signers = [await _signer(session, municipality_id, name, key) for name, key in named]
    return next((each for each in signers if each.trusted_as is not None), signers[0])


async def _signer(session: Session, municipality_id: str, name: str, key: str) -> Signer:
    fingerprint = key_fingerprint(key)
    own = (await signing_key(session, municipality_id)).private_bytes_raw()
    if public_key(own) == key:
        return Signer(name, fingerprint, (await get_municipality(session, municipality_id)).name)
    known = await find_trusted_key(session, municipality_id, fingerprint)
    return Signer(name, fingerprint, known.name if known else None)


async def _incoming(
    session: Session, actor: Actor, item: Carried, bindings: Bindings, blocks: Blocks
) -> Incoming:
    versions = await list_versions(session, actor.municipality_id, item.provenance.slug)
    ours = versions[0] if versions else None
    base = await base_of(session, actor.municipality_id, versions, item.provenance)
    approved, unfinished = item.provenance.approved, item.unfinished
    changes, short = [], []
    if ours and not unfinished:
        changes = compare(ours.playbook, item.playbook)
        short = in_short(changes, ours.playbook, item.playbook, blocks)
    return Incoming(
        provenance=item.provenance,
        title=item.playbook.title,
        standing=standing_of(base, item, ours),
        ours=ours.number if ours else None,
        changes=changes,
        short=short,
        gaps=[] if unfinished else bindings.gaps(item.playbook),
        crossings=item.crossings,
        faults=unfinished.faults if unfinished else (),
        approved_with=key_fingerprint(approved.key) if approved else "",
    )


async def base_of(
    session: Session,
    municipality_id: str,
    versions: Sequence[PlaybookVersion],
    theirs: Provenance,
) -> Playbook | None:
    """Return the last document that they and we had in common, if there was one.

    That is what our newest version was made from, or a version of ours that they know by its
    fingerprint: two municipalities may have begun with the same playbook.
    """
    if versions and versions[0].import_id:
        came = await get_import(session, municipality_id, versions[0].import_id)
        if came.provenance.key == theirs.key:
            return came.playbook
    known = {theirs.sha256, *(each.sha256 for each in theirs.earlier)}
    for version in versions:
        if version.sha256 in known:
            return version.playbook
    return None


def standing_of(base: Playbook | None, item: Carried, ours: PlaybookVersion | None) -> Standing:
    """Say how theirs stands beside our newest version."""
    theirs = item.playbook
    if item.unfinished:
        return "unfinished"
    if ours is None:
        return "new"
    if not compare(ours.playbook, theirs):
        return "same"
    if base is None:
        return "merge"
    if not compare(base, ours.playbook):
        return "update"
    return "merge" if compare(base, theirs) else "ours-ahead"
