"""Versions of blocks, of which playbooks are built."""

from typing import Any, ClassVar

import msgspec

from calamity.domain.playbook import Block
from calamity.domain.playbook_life import DocumentKind, VersionState
from calamity.store.database import Session
from calamity.store.tables import PlaybookVersionRow
from calamity.store.versions import Version, facts_of, version_rows


class BlockVersion(Version, frozen=True, kw_only=True):
    """One submitted version of a block with its document."""

    kind: ClassVar = DocumentKind.BLOCK
    block: Block

    @property
    def document(self) -> Block:
        """What it holds, whatever its kind."""
        return self.block


def _said(row: PlaybookVersionRow, *words: Any) -> BlockVersion:
    block = msgspec.json.decode(row.document, type=Block)
    return BlockVersion(**facts_of(row, *words), block=block)


async def list_blocks(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[BlockVersion]:
    """Return all versions of blocks, or of one, by slug and with the newest first."""
    rows = await version_rows(session, municipality_id, DocumentKind.BLOCK, slug)
    return [_said(*row) for row in rows]


async def find_block(
    session: Session, municipality_id: str, slug: str, number: int
) -> BlockVersion | None:
    """Return one version of a block, or None."""
    rows = await version_rows(session, municipality_id, DocumentKind.BLOCK, slug, number)
    return _said(*rows[0]) if rows else None


async def blocks_of(session: Session, municipality_id: str) -> dict[tuple[str, int], Block]:
    """Return the blocks that a playbook can be built with now, by slug and version."""
    return {
        (version.slug, version.number): version.block
        for version in await list_blocks(session, municipality_id)
        if version.state is VersionState.PUBLISHED
    }
