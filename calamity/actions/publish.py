"""A document's way through life: submitted, approved by a second person, retired or revoked."""

from datetime import datetime
from typing import TypeAlias

from calamity.actions.blocks import read_with_blocks
from calamity.actions.signatures import countersign, sign_published
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check import (
    NO_BLOCKS,
    Blocks,
    examine,
    fingerprint,
    read_block,
)
from calamity.domain.playbook_life import DocumentKind, VersionState, Withdrawal, document_name
from calamity.store.blocks import BlockVersion, find_block
from calamity.store.database import Session
from calamity.store.drafts import writers_of
from calamity.store.playbooks import PlaybookVersion, find_version
from calamity.store.versions import (
    Version,
    add_approval,
    add_version,
    add_withdrawal,
    newest_number,
)

_REASON = (3, 500)
AnyVersion: TypeAlias = PlaybookVersion | BlockVersion


async def publish(
    session: Session,
    actor: Actor,
    source: str | bytes,
    filename: str,
    *,
    import_id: str | None = None,
    at: datetime,
    blocks: Blocks = NO_BLOCKS,
) -> PlaybookVersion:
    """Check a playbook and submit it for good; submitting the same one twice is no error.

    It is built with the blocks that are approved here, and with *blocks* where there is none; what
    is stored is whole, and the municipality signs it. Raises PlaybookFaults with every fault, or
    Conflict when this version exists with other words.
    """
    actor.must(Permission.PUBLISH)
    playbook = await read_with_blocks(session, actor, source, filename, blocks)
    version = await _put_down(session, actor, playbook, import_id=import_id, at=at)
    assert isinstance(version, PlaybookVersion)  # noqa: S101 - a playbook becomes nothing else
    return version


async def publish_block(
    session: Session, actor: Actor, source: str | bytes, filename: str, *, at: datetime
) -> BlockVersion:
    """Check a block and submit it for good; playbooks are built with it once it is approved.

    Raises PlaybookFaults with every fault, or Conflict when this version exists with other words.
    """
    actor.must(Permission.PUBLISH)
    version = await _put_down(session, actor, read_block(source, filename), at=at)
    assert isinstance(version, BlockVersion)  # noqa: S101 - a block becomes nothing else
    return version


async def publish_either(
    session: Session,
    actor: Actor,
    source: str,
    filename: str,
    *,
    import_id: str | None = None,
    at: datetime,
) -> AnyVersion:
    """Check and submit a document that is a playbook or a block, as its words say."""
    if isinstance(examine(source, filename)[0], Block):
        return await publish_block(session, actor, source, filename, at=at)
    return await publish(session, actor, source, filename, import_id=import_id, at=at)


async def _put_down(
    session: Session,
    actor: Actor,
    document: Playbook | Block,
    *,
    import_id: str | None = None,
    at: datetime,
) -> AnyVersion:
    """Store and sign a sound document, or return the version that says the same."""
    kind, slug = document_name(document)
    before = await _find(session, actor, kind, slug, document.version)
    if before is not None:
        return _same(before, document)
    await _refuse_gap(session, actor, document)
    await add_version(
        session, actor.municipality_id, document, import_id=import_id, by=actor.login, at=at
    )
    stored = await get_submitted(session, actor, kind, slug, document.version)
    await sign_published(session, stored, actor.municipality_id, at=at)
    return stored


async def _find(
    session: Session, actor: Actor, kind: DocumentKind, slug: str, number: int
) -> AnyVersion | None:
    if kind is DocumentKind.BLOCK:
        return await find_block(session, actor.municipality_id, slug, number)
    return await find_version(session, actor.municipality_id, slug, number)


async def get_submitted(
    session: Session, actor: Actor, kind: DocumentKind, slug: str, number: int
) -> AnyVersion:
    """Return a version of a playbook or of a block. Raises NotFound."""
    version = await _find(session, actor, kind, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return version


def _same(before: AnyVersion, document: Playbook | Block) -> AnyVersion:
    if before.sha256 != fingerprint(document):
        raise Conflict(
            "This version was published before with other words, and a published version never "
            f"changes. Save your changes as version {document.version + 1}.",
            field="version",
        )
    return before


async def _refuse_gap(session: Session, actor: Actor, document: Playbook | Block) -> None:
    newest = await newest_number(session, actor.municipality_id, *document_name(document))
    if document.version <= newest:
        raise Conflict(
            f"Version {newest} was published already. Number this one {newest + 1}.",
            field="version",
        )


async def may_approve(session: Session, actor: Actor, version: Version) -> bool:
    """Tell whether this person can be the second person for a version."""
    return (
        version.state is VersionState.SUBMITTED
        and actor.may(Permission.APPROVE)
        and not await _wrote(session, actor, version)
    )


async def _wrote(session: Session, actor: Actor, version: Version) -> bool:
    return actor.login in {version.published_by, *await writers_of(session, version.id)}


async def approve(
    session: Session,
    actor: Actor,
    slug: str,
    number: int,
    *,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
    at: datetime,
) -> AnyVersion:
    """Say, as a second person, that a version may be used, and countersign it.

    Raises Conflict for everybody who wrote in it, and for a version that was withdrawn before.
    """
    actor.must(Permission.APPROVE)
    version = await get_submitted(session, actor, kind, slug, number)
    if version.is_approved:
        return version
    if await _wrote(session, actor, version):
        raise Conflict(
            "Whoever wrote or published a version may not approve it. Ask a colleague.", field="by"
        )
    if version.state is not VersionState.SUBMITTED:
        raise Conflict("This version was taken out of use. Submit a new one.", field="version")
    await add_approval(session, actor.municipality_id, version.id, by=actor.login, at=at)
    await countersign(session, actor, version, at=at)
    return await get_submitted(session, actor, kind, slug, number)


async def retire(
    session: Session,
    actor: Actor,
    slug: str,
    number: int,
    reason: str,
    *,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
    at: datetime,
) -> AnyVersion:
    """Take a version out of use: from now on only who says so on purpose activates it.

    No playbook is built any more with a block that was retired or revoked.
    """
    version = await get_submitted(session, actor, kind, slug, number)
    return await _withdraw(session, actor, version, VersionState.RETIRED, reason, at=at)


async def revoke(
    session: Session,
    actor: Actor,
    slug: str,
    number: int,
    reason: str,
    *,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
    at: datetime,
) -> AnyVersion:
    """Take a version back, because it is wrong: nobody activates it again. What runs goes on.

    One person is enough: what could do harm must be stopped at once.
    """
    version = await get_submitted(session, actor, kind, slug, number)
    return await _withdraw(session, actor, version, VersionState.REVOKED, reason, at=at)


async def _withdraw(
    session: Session,
    actor: Actor,
    version: AnyVersion,
    kind: VersionState,
    reason: str,
    *,
    at: datetime,
) -> AnyVersion:
    actor.must(Permission.APPROVE)
    reason = " ".join(reason.split())
    shortest, longest = _REASON
    if not shortest <= len(reason) <= longest:
        raise Refused("Give the reason, in 3 to 500 characters.", field="reason")
    if version.revoked is not None or version.state is kind:
        return version
    said = Withdrawal(kind, reason, actor.login, at)
    await add_withdrawal(session, actor.municipality_id, version.id, said)
    return await get_submitted(session, actor, version.kind, version.slug, version.number)
