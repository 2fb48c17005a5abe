"""Submitted versions of documents, playbooks and blocks alike, and what was said of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct
from sqlalchemy import Row, and_, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check import canonical, fingerprint
from calamity.domain.playbook_life import DocumentKind, VersionState, Withdrawal, document_name
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ApprovalRow, PlaybookVersionRow, WithdrawalRow

_LAST = 9999
"""The language numbers no version higher."""


class Version(Struct, frozen=True, kw_only=True):
    """One submitted version, and how far it came; what it holds is for who inherits from this."""

    kind: ClassVar[DocumentKind]
    id: str
    slug: str
    number: int
    sha256: str
    published_by: str
    published_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    retired: Withdrawal | None = None
    revoked: Withdrawal | None = None
    import_id: str | None = None

    @property
    def is_approved(self) -> bool:
        """Whether a second person said that it may be used."""
        return self.approved_at is not None

    @property
    def state(self) -> VersionState:
        """Where it stands."""
        if self.revoked is not None:
            return VersionState.REVOKED
        if self.retired is not None:
            return VersionState.RETIRED
        return VersionState.PUBLISHED if self.is_approved else VersionState.SUBMITTED


_Retired, _Revoked = aliased(WithdrawalRow), aliased(WithdrawalRow)
COLUMNS = (PlaybookVersionRow, ApprovalRow, _Retired, _Revoked)


def _withdrawal(kind: VersionState, row: type[WithdrawalRow]) -> Any:
    return and_(col(row.version_id) == PlaybookVersionRow.id, col(row.kind) == kind.value)


def with_words_said(query: Any) -> Any:
    """Join what was said of a version to a query that asks for COLUMNS."""
    return (
        query.outerjoin(ApprovalRow, col(ApprovalRow.version_id) == PlaybookVersionRow.id)
        .outerjoin(_Retired, _withdrawal(VersionState.RETIRED, _Retired))
        .outerjoin(_Revoked, _withdrawal(VersionState.REVOKED, _Revoked))
    )


JOINED = with_words_said(select(*COLUMNS).select_from(PlaybookVersionRow))


async def version_rows(
    session: Session,
    municipality_id: str,
    kind: DocumentKind,
    slug: str | None = None,
    number: int | None = None,
) -> Sequence[Row[Any]]:
    """Return the rows of all versions of a kind, or of those named, with the newest first."""
    if number is not None and not 0 < number <= _LAST:
        return []  # no column holds whatever number an address may hold
    query = JOINED.where(
        PlaybookVersionRow.municipality_id == municipality_id,
        PlaybookVersionRow.kind == kind.value,
    )
    if slug is not None:
        query = query.where(PlaybookVersionRow.slug == slug)
    if number is not None:
        query = query.where(PlaybookVersionRow.number == number)
    query = query.order_by(PlaybookVersionRow.slug, col(PlaybookVersionRow.number).desc())
    return (await session.sql.execute(query)).all()


async def newest_number(
    session: Session, municipality_id: str, kind: DocumentKind, slug: str
) -> int:
    """Return the number of the newest version, whatever became of it; 0 where there is none."""
    query = select(func.max(PlaybookVersionRow.number)).where(
        PlaybookVersionRow.municipality_id == municipality_id,
        PlaybookVersionRow.kind == kind.value,
        PlaybookVersionRow.slug == slug,
    )
    return int((await session.sql.execute(query)).scalar_one() or 0)


def facts_of(
    row: PlaybookVersionRow,
    approval: ApprovalRow | None,
    retired: WithdrawalRow | None,
    revoked: WithdrawalRow | None,
) -> dict[str, Any]:
    """Return what is known of a version beside its document, by field of `Version`."""
    return {
        "id": row.id,
        "slug": row.slug,
        "number": row.number,
        "sha256": row.sha256,
        "published_by": row.published_by,
        "published_at": row.published_at,
        "approved_by": approval.approved_by if approval else None,
        "approved_at": approval.approved_at if approval else None,
        "retired": _ended(retired),
        "revoked": _ended(revoked),
        "import_id": row.import_id,
    }


def _ended(row: WithdrawalRow | None) -> Withdrawal | None:
    if row is None:
        return None
    return Withdrawal(VersionState(row.kind), row.reason, row.withdrawn_by, row.withdrawn_at)


async def add_version(
    session: Session,
    municipality_id: str,
    document: Playbook | Block,
    *,
    import_id: str | None = None,
    by: str,
    at: datetime,
) -> None:
    """Store a submitted version for good."""
    kind, slug = document_name(document)
    session.sql.add(
        PlaybookVersionRow(
            id=new_id(),
            municipality_id=municipality_id,
            kind=kind.value,
            slug=slug,
            number=document.version,
            sha256=fingerprint(document),
            document=canonical(document).decode(),
            published_by=by,
            published_at=at,
            import_id=import_id,
        )
    )
    await session.sql.flush()


async def add_approval(
    session: Session, municipality_id: str, version_id: str, *, by: str, at: datetime
) -> None:
    """Store the second person's approval."""
    session.sql.add(
        ApprovalRow(
            version_id=version_id, municipality_id=municipality_id, approved_by=by, approved_at=at
        )
    )
    await session.sql.flush()


async def add_withdrawal(
    session: Session, municipality_id: str, version_id: str, said: Withdrawal
) -> None:
    """Store that a version was retired or revoked."""
    session.sql.add(
        WithdrawalRow(
            version_id=version_id,
            kind=said.kind.value,
            municipality_id=municipality_id,
            reason=said.reason,
            withdrawn_by=said.by,
            withdrawn_at=said.at,
        )
    )
    await session.sql.flush()


async def stored_document(session: Session, version_id: str) -> str:
    """Return the document of a version, letter by letter as it was stored."""
    query = select(PlaybookVersionRow.document).where(PlaybookVersionRow.id == version_id)
    return str((await session.sql.execute(query)).scalar_one())
