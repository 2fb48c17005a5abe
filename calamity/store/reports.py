"""Situation reports: the draft of a calamity, and what was released."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.domain.report import Report, digest, encoded
from calamity.store.database import Session
from calamity.store.tables import CalamityRow, ReportDraftRow, ReportRow

_DRAFT, _RELEASED = b"report.draft", b"report.released"
_read = msgspec.json.Decoder(Report).decode


class ReportDraft(Struct, frozen=True):
    """The report under hand. *revision* rises with every save."""

    report: Report
    revision: int
    saved_by: str
    saved_at: datetime


class Released(Struct, frozen=True):
    """A released version; it never changes."""

    number: int
    report: Report
    sha256: str
    released_by: str
    released_at: datetime


async def find_draft(session: Session, calamity_id: str) -> ReportDraft | None:
    """Return the draft of a calamity's report, or None before anybody saved one."""
    row = await session.sql.get(ReportDraftRow, calamity_id)
    if row is None:
        return None
    report = _read(session.vault.open(_DRAFT, row.document))
    return ReportDraft(report, row.revision, row.saved_by, row.saved_at)


async def put_draft(
    session: Session, calamity: CalamityRow, report: Report, *, revision: int, by: str, at: datetime
) -> ReportDraft:
    """Keep *report* as this revision of the draft. The calamity's row is locked."""
    row = ReportDraftRow(
        calamity_id=calamity.id,
        municipality_id=calamity.municipality_id,
        revision=revision,
        document=session.vault.seal(_DRAFT, encoded(report)),
        saved_by=by,
        saved_at=at,
    )
    await session.sql.merge(row)
    await session.sql.flush()
    return ReportDraft(report, revision, by, at)


async def add_released(
    session: Session, calamity: CalamityRow, report: Report, *, number: int, by: str, at: datetime
) -> Released:
    """Keep *report* for good as this version."""
    document = encoded(report)
    row = ReportRow(
        calamity_id=calamity.id,
        number=number,
        municipality_id=calamity.municipality_id,
        document=session.vault.seal(_RELEASED, document),
        sha256=digest(document),
        released_by=by,
        released_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return _released(session, row)


def _released(session: Session, row: ReportRow) -> Released:
    report = _read(session.vault.open(_RELEASED, row.document))
    return Released(row.number, report, row.sha256, row.released_by, row.released_at)


async def list_released(session: Session, calamity_id: str) -> list[Released]:
    """Return the released versions of a calamity's report, the newest first."""
    rows = await session.sql.scalars(
        select(ReportRow)
        .where(ReportRow.calamity_id == calamity_id)
        .order_by(col(ReportRow.number).desc())
    )
    return [_released(session, row) for row in rows]


async def last_released(
    session: Session, calamity_id: str, *, until: datetime | None = None
) -> Released | None:
    """Return the last version that was released (before *until*), or None."""
    query = (
        select(ReportRow)
        .where(ReportRow.calamity_id == calamity_id)
        .order_by(col(ReportRow.number).desc())
        .limit(1)
    )
    if until is not None:
        query = query.where(col(ReportRow.released_at) < until)
    row = await session.sql.scalar(query)
    return _released(session, row) if row else None


async def get_released(session: Session, calamity_id: str, number: int) -> Released:
    """Return one released version. Raises NotFound."""
    row = await session.sql.get(ReportRow, (calamity_id, number))
    if row is None:
        raise NotFound("This version of the report does not exist.", field="number")
    return _released(session, row)
