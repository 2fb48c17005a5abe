"""Publishing a playbook version or a block, and the second person's approval."""

from datetime import datetime

from calamity.domain.errors import Conflict, NotFound
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
from calamity.store.blocks import BlockVersion, add_block, blocks_of, list_blocks
from calamity.store.database import Session
from calamity.store.playbooks import (
    PlaybookVersion,
    add_approval,
    add_version,
    find_version,
    list_versions,
)


async def publish(
    session: Session,
    actor: Actor,
    source: str | bytes,
    filename: str,
    *,
    at: datetime,
    blocks: Blocks = NO_BLOCKS,
) -> PlaybookVersion:
    """Check a document and store it for good; publishing the same document twice is no error.

    It is built with the blocks that the municipality has published, and with *blocks* where it has
    not; what is stored is whole. Raises PlaybookFaults with every fault, or Conflict when this
    version exists with other words.
    """
    actor.must(Permission.PUBLISH)
    published = await blocks_of(session, actor.municipality_id)
    playbook = read(source, filename, {**blocks, **published})
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
        by=actor.login,
        at=at,
    )
    stored = await find_version(session, actor.municipality_id, playbook.slug, playbook.version)
    if stored is None:
        raise NotFound("The version was not stored. Try again.")
    return stored


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
    """Say, as a second person, that a version may be used. Raises Conflict for the author."""
    actor.must(Permission.APPROVE)
    version = await find_version(session, actor.municipality_id, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    if version.is_approved:
        return version
    if version.published_by == actor.login:
        raise Conflict(
            "Whoever published a version may not approve it. Ask a colleague.", field="by"
        )
    await add_approval(session, actor.municipality_id, version.id, by=actor.login, at=at)
    approved = await find_version(session, actor.municipality_id, slug, number)
    return approved or version
