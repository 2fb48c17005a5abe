"""Published versions of blocks, of which playbooks are built."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.playbook import Block
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import BlockVersionRow


class BlockVersion(Struct, frozen=True):
    """One published version of a block with its document."""

    id: str
    slug: str
    number: int
    sha256: str
    block: Block
    published_by: str
    published_at: datetime


def _said(row: BlockVersionRow) -> BlockVersion:
    return BlockVersion(
        id=row.id,
        slug=row.slug,
        number=row.number,
        sha256=row.sha256,
        block=msgspec.json.decode(row.document, type=Block),
        published_by=row.published_by,
        published_at=row.published_at,
    )


async def list_blocks(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[BlockVersion]:
    """Return all versions of blocks, or of one, by slug and with the newest first."""
    query = select(BlockVersionRow).where(BlockVersionRow.municipality_id == municipality_id)
    if slug is not None:
        query = query.where(BlockVersionRow.slug == slug)
    query = query.order_by(BlockVersionRow.slug, col(BlockVersionRow.number).desc())
    return [_said(row) for row in (await session.sql.execute(query)).scalars()]


async def blocks_of(session: Session, municipality_id: str) -> dict[tuple[str, int], Block]:
    """Return the blocks that a municipality has published, by slug and version."""
    versions = await list_blocks(session, municipality_id)
    return {(version.slug, version.number): version.block for version in versions}


async def add_block(
    session: Session,
    municipality_id: str,
    *,
    block: Block,
    document: bytes,
    sha256: str,
    by: str,
    at: datetime,
) -> BlockVersion:
    """Store a published version of a block."""
    row = BlockVersionRow(
        id=new_id(),
        municipality_id=municipality_id,
        slug=block.block,
        number=block.version,
        sha256=sha256,
        document=document.decode(),
        published_by=by,
        published_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return _said(row)
