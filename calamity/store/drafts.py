"""Drafts: playbook documents under hand, saved one after the other."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, update
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import DraftRow, DraftWriterRow


class Draft(Struct, frozen=True):
    """A document under hand. *revision* rises with every save."""

    id: str
    slug: str
    revision: int
    source: str
    author: str
    created_at: datetime
    saved_by: str
    saved_at: datetime
    import_id: str | None
    version_id: str | None


def _said(row: DraftRow) -> Draft:
    return Draft(
        row.id,
        row.slug,
        row.revision,
        row.source,
        row.author,
        row.created_at,
        row.saved_by,
        row.saved_at,
        row.import_id,
        row.version_id,
    )


async def list_drafts(session: Session, municipality_id: str) -> list[Draft]:
    """Return the drafts that were not submitted, the last saved first."""
    rows = await session.sql.scalars(
        select(DraftRow)
        .where(DraftRow.municipality_id == municipality_id, col(DraftRow.version_id).is_(None))
        .order_by(col(DraftRow.saved_at).desc(), col(DraftRow.id).desc())
    )
    return [_said(row) for row in rows]


async def get_draft(
    session: Session, municipality_id: str, draft_id: str, *, lock: bool = False
) -> Draft:
    """Return a draft, submitted or not. Raises NotFound."""
    query = select(DraftRow).where(
        DraftRow.id == draft_id, DraftRow.municipality_id == municipality_id
    )
    row = await session.sql.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("This draft does not exist any more.", field="draft")
    return _said(row)


async def add_draft(
    session: Session,
    municipality_id: str,
    *,
    slug: str,
    source: str,
    import_id: str | None,
    by: str,
    at: datetime,
) -> Draft:
    """Store a new draft."""
    row = DraftRow(
        id=new_id(),
        municipality_id=municipality_id,
        slug=slug,
        source=source,
        author=by,
        created_at=at,
        saved_by=by,
        saved_at=at,
        import_id=import_id,
    )
    session.sql.add(row)
    await session.sql.flush()
    await _remember_writer(session, municipality_id, row.id, by)
    return _said(row)


async def _remember_writer(
    session: Session, municipality_id: str, draft_id: str, login: str
) -> None:
    if await session.sql.get(DraftWriterRow, (draft_id, login)) is None:
        row = DraftWriterRow(draft_id=draft_id, login=login, municipality_id=municipality_id)
        session.sql.add(row)
        await session.sql.flush()


async def save_draft(
    session: Session,
    municipality_id: str,
    draft: Draft,
    *,
    slug: str,
    source: str,
    by: str,
    at: datetime,
) -> bool:
    """Replace the words of exactly this revision; tell whether it was still the newest."""
    done = await session.sql.execute(
        update(DraftRow)
        .where(
            col(DraftRow.id) == draft.id,
            col(DraftRow.revision) == draft.revision,
            col(DraftRow.version_id).is_(None),
        )
        .values(slug=slug, source=source, saved_by=by, saved_at=at, revision=draft.revision + 1)
        .returning(col(DraftRow.id))
    )
    saved: Sequence[object] = done.all()
    if saved:  # the row is ours until the end of the transaction: nobody adds a writer beside us
        await _remember_writer(session, municipality_id, draft.id, by)
    return bool(saved)


async def close_draft(session: Session, draft_id: str, version_id: str) -> None:
    """Note as which version a draft was submitted."""
    await session.sql.execute(
        update(DraftRow).where(col(DraftRow.id) == draft_id).values(version_id=version_id)
    )


async def remove_draft(session: Session, draft_id: str) -> None:
    """Throw a draft away."""
    await session.sql.execute(
        delete(DraftWriterRow).where(col(DraftWriterRow.draft_id) == draft_id)
    )
    await session.sql.execute(delete(DraftRow).where(col(DraftRow.id) == draft_id))


async def writers_in(session: Session, draft_id: str) -> list[str]:
    """Return everybody who wrote in a draft, in the order of their logins."""
    rows = await session.sql.scalars(
        select(DraftWriterRow.login)
        .where(DraftWriterRow.draft_id == draft_id)
        .order_by(DraftWriterRow.login)
    )
    return list(rows)


async def writers_of(session: Session, version_id: str) -> set[str]:
    """Return everybody who wrote in the draft that became this version."""
    rows = await session.sql.scalars(
        select(DraftWriterRow.login)
        .join(DraftRow, col(DraftRow.id) == DraftWriterRow.draft_id)
        .where(DraftRow.version_id == version_id)
    )
    return set(rows)
