"""A document's way through life: submitted, approved by a second person, retired or revoked."""

from datetime import datetime

from calamity.actions.signatures import countersign, sign_published
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import (
    NO_BLOCKS,
    Blocks,
    canonical,
    fingerprint,
    read,
    read_block,
)
from calamity.domain.playbook_life import VersionState, Withdrawal
from calamity.store.blocks import BlockVersion, add_block, blocks_of, list_blocks
from calamity.store.database import Session
from calamity.store.drafts import writers_of
from calamity.store.playbooks import (
    PlaybookVersion,
    add_approval,
    add_version,
    add_withdrawal,
    find_version,
    list_versions,
)

_REASON = (3, 500)


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
    """Check a document and submit it for good; submitting the same one twice is no error.

    It is built with the blocks that the municipality has published, and with *blocks* where it has
    not; what is stored is whole, and the municipality signs it. Raises PlaybookFaults with every
    fault, or Conflict when this version exists with other words.
    """
    actor.must(Permission.PUBLISH)
    playbook = await read_with_blocks(session, actor, source, filename, blocks)
    before = await find_version(session, actor.municipality_id, playbook.slug, playbook.version)
    if before is not None:
        return _same(before, playbook)
    await _refuse_gap(session, actor.municipality_id, playbook)
    await add_version(
        session,
        actor.municipality_id,
        playbook=playbook,
        document=canonical(playbook),
        sha256=fingerprint(playbook),
        import_id=import_id,
        by=actor.login,
        at=at,
    )
    stored = await _version(session, actor, playbook.slug, playbook.version)
    await sign_published(session, stored, actor.municipality_id, at=at)
    return stored


async def read_with_blocks(
    session: Session,
    actor: Actor,
    source: str | bytes,
    filename: str,
    blocks: Blocks = NO_BLOCKS,
) -> Playbook:
    """Read a document, built with our own published blocks before others. Raises PlaybookFaults."""
    published = await blocks_of(session, actor.municipality_id)
    return read(source, filename, {**blocks, **published})


async def publish_block(
    session: Session, actor: Actor, source: str | bytes, filename: str, *, at: datetime
) -> BlockVersion:
    """Check a block and store it for good; publishing the same block twice is no error.

    Nobody approves a block: whoever approves a playbook approves all that it is built with. Raises
    PlaybookFaults with every fault, or Conflict when this version exists with other words.
    """
    actor.must(Permission.PUBLISH)
    block = read_block(source, filename)
    versions = await list_blocks(session, actor.municipality_id, block.block)
    same = [version for version in versions if version.number == block.version]
    if same and same[0].sha256 == fingerprint(block):
        return same[0]
    newest = versions[0].number if versions else 0
    if block.version <= newest:
        raise Conflict(
            f"Version {newest} of this block was published already, and a published version never "
            f"changes. Number this one {newest + 1}.",
            field="version",
        )
    return await add_block(
        session,
        actor.municipality_id,
        block=block,
        document=canonical(block),
        sha256=fingerprint(block),
        by=actor.login,
        at=at,
    )


async def _version(session: Session, actor: Actor, slug: str, number: int) -> PlaybookVersion:
    version = await find_version(session, actor.municipality_id, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return version


def _same(before: PlaybookVersion, playbook: Playbook) -> PlaybookVersion:
    if before.sha256 != fingerprint(playbook):
        raise Conflict(
            "This version was published before with other words, and a published version never "
            f"changes. Save your changes as version {playbook.version + 1}.",
            field="version",
        )
    return before


async def _refuse_gap(session: Session, municipality_id: str, playbook: Playbook) -> None:
    versions = await list_versions(session, municipality_id, playbook.slug)
    newest = versions[0].number if versions else 0
    if playbook.version <= newest:
        raise Conflict(
            f"Version {newest} was published already. Number this one {newest + 1}.",
            field="version",
        )


async def approve(
    session: Session, actor: Actor, slug: str, number: int, *, at: datetime
) -> PlaybookVersion:
    """Say, as a second person, that a version may be used, and countersign it.

    Raises Conflict for who wrote it, and for a version that was withdrawn before.
    """
    actor.must(Permission.APPROVE)
    version = await _version(session, actor, slug, number)
    if version.is_approved:
        return version
    if actor.login in {version.published_by, *await writers_of(session, version.id)}:
        raise Conflict(
            "Whoever published a version may not approve it. Ask a colleague.", field="by"
        )
    if version.state is not VersionState.SUBMITTED:
        raise Conflict("This version was taken out of use. Submit a new one.", field="version")
    await add_approval(session, actor.municipality_id, version.id, by=actor.login, at=at)
    await countersign(session, actor, version, at=at)
    return await _version(session, actor, slug, number)


async def retire(
    session: Session, actor: Actor, slug: str, number: int, reason: str, *, at: datetime
) -> PlaybookVersion:
    """Take a version out of use: from now on only who says so on purpose activates it."""
    return await _withdraw(session, actor, (slug, number), VersionState.RETIRED, reason, at=at)


async def revoke(
    session: Session, actor: Actor, slug: str, number: int, reason: str, *, at: datetime
) -> PlaybookVersion:
    """Take a version back, because it is wrong: nobody activates it again. What runs goes on.

    One person is enough: what could do harm must be stopped at once.
    """
    return await _withdraw(session, actor, (slug, number), VersionState.REVOKED, reason, at=at)


async def _withdraw(
    session: Session,
    actor: Actor,
    named: tuple[str, int],
    kind: VersionState,
    reason: str,
    *,
    at: datetime,
) -> PlaybookVersion:
    actor.must(Permission.APPROVE)
    reason = " ".join(reason.split())
    shortest, longest = _REASON
    if not shortest <= len(reason) <= longest:
        raise Refused("Give the reason, in 3 to 500 characters.", field="reason")
    version = await _version(session, actor, *named)
    if version.revoked is not None or version.state is kind:
        return version
    said = Withdrawal(kind, reason, actor.login, at)
    await add_withdrawal(session, actor.municipality_id, version.id, said)
    return await _version(session, actor, *named)
