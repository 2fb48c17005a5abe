"""What came in from other municipalities, as it was then."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.bundle import Provenance
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.playbook import Playbook
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ImportRow


class Imported(Struct, frozen=True):
    """A document that came in, and where it came from."""

    id: str
    slug: str
    number: int
    sha256: str
    playbook: Playbook | None
    """None for what came in with faults: that became a draft to finish."""
    provenance: Provenance
    imported_by: str
    imported_at: datetime

    @property
    def whole(self) -> Playbook:
        """The document, to compare with. Raises Conflict for one that came in with faults."""
        if self.playbook is None:
            raise Conflict(
                "This came in with faults, as a draft to finish. Finish the draft.", field="import"
            )
        return self.playbook


def _said(row: ImportRow) -> Imported:
    provenance = msgspec.json.decode(row.provenance, type=Provenance)
    return Imported(
        row.id,
        row.slug,
        row.number,
        row.sha256,
        None if provenance.is_unfinished else msgspec.json.decode(row.document, type=Playbook),
        provenance,
        row.imported_by,
        row.imported_at,
    )


async def add_import(
    session: Session,
    municipality_id: str,
    *,
    document: str,
    provenance: Provenance,
    by: str,
    at: datetime,
) -> str:
    """Store a document with its origin for good; the same from the same origin is stored once."""
    for known in await list_imports(session, municipality_id, provenance.slug):
        if (known.sha256, known.provenance.key) == (provenance.sha256, provenance.key):
            return known.id
    row = ImportRow(
        id=new_id(),
        municipality_id=municipality_id,
        slug=provenance.slug,
        number=provenance.version,
        sha256=provenance.sha256,
        provenance=msgspec.json.encode(provenance).decode(),
        document=document,
        imported_by=by,
        imported_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row.id


async def list_imports(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[Imported]:
    """Return all that came in, or of one playbook, the newest first."""
    query = select(ImportRow).where(ImportRow.municipality_id == municipality_id)
    if slug is not None:
        query = query.where(ImportRow.slug == slug)
    rows = await session.sql.scalars(
        query.order_by(col(ImportRow.imported_at).desc(), col(ImportRow.id).desc())
    )
    return [_said(row) for row in rows]


async def get_import(session: Session, municipality_id: str, import_id: str) -> Imported:
    """Return what came in. Raises NotFound."""
    row = await session.sql.get(ImportRow, import_id)
    if row is None or row.municipality_id != municipality_id:
        raise NotFound("Nothing came in under this name.", field="import")
    return _said(row)
