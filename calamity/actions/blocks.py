"""Building with blocks: those that are approved here, and others where there is none."""

from collections.abc import Mapping
from typing import TypeAlias

from calamity.actions.signatures import verify_version
from calamity.domain.permissions import Actor
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import NO_BLOCKS, Blocks, fingerprint, read
from calamity.domain.playbook_life import VersionState
from calamity.store.blocks import BlockVersion, list_blocks
from calamity.store.database import Session

OurBlocks: TypeAlias = Mapping[tuple[str, int], BlockVersion]


async def read_with_blocks(
    session: Session,
    actor: Actor,
    source: str | bytes,
    filename: str,
    blocks: Blocks = NO_BLOCKS,
) -> Playbook:
    """Read a playbook, built with our own approved blocks before others.

    Raises PlaybookFaults, and Refused for a block of ours that somebody tampered with.
    """
    ours = await our_blocks(session, actor)
    playbook = read(source, filename, usable(ours, blocks))
    await verify_used(session, actor, ours, playbook)
    return playbook


async def our_blocks(session: Session, actor: Actor) -> OurBlocks:
    """Return every version of a block here, by slug and number, whatever its state."""
    return {
        (version.slug, version.number): version
        for version in await list_blocks(session, actor.municipality_id)
    }


def usable(ours: OurBlocks, others: Blocks = NO_BLOCKS) -> Blocks:
    """Return what to build with: ours in use, and of others what we did not withdraw."""
    found = {key: block for key, block in others.items() if not _is_withdrawn(ours.get(key))}
    return found | {key: each.block for key, each in ours.items() if _is_in_use(each)}


async def verify_used(session: Session, actor: Actor, ours: OurBlocks, playbook: Playbook) -> None:
    """Verify the blocks of ours that a playbook holds; raise Refused for one tampered with."""
    for use in playbook.uses:
        version = ours.get((use.block, use.version))
        if version and _is_in_use(version) and fingerprint(version.block) == use.sha256:
            await verify_version(session, actor.municipality_id, version)


def _is_in_use(version: BlockVersion) -> bool:
    return version.state is VersionState.PUBLISHED


def _is_withdrawn(version: BlockVersion | None) -> bool:
    return version is not None and (version.retired or version.revoked) is not None
