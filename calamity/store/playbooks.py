"""Published playbook versions."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.playbook import Playbook
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ActivationRow, ApprovalRow, PlaybookVersionRow


class PlaybookVersion(Struct, frozen=True):
    """One published version with its document."""

    id: str
    slug: str
    number: int
    sha256: str
    playbook: Playbook
    published_by: str
    published_at: datetime
    approved_by: str | None
    approved_at: datetime | None

    @property
    def is_approved(self) -> bool:
        """Whether a second person said that it may be used."""
        return self.approved_at is not None


_JOINED = select(PlaybookVersionRow, ApprovalRow).outerjoin(
    ApprovalRow, col(ApprovalRow.version_id) == PlaybookVersionRow.id
)


def _said(row: PlaybookVersionRow, approval: ApprovalRow | None) -> PlaybookVersion:
    return PlaybookVersion(
        id=row.id,
        slug=row.slug,
        number=row.number,
        sha256=row.sha256,
        playbook=msgspec.json.decode(row.document, type=Playbook),
        published_by=row.published_by,
        published_at=row.published_at,
        approved_by=approval.approved_by if approval else None,
        approved_at=approval.approved_at if approval else None,
    )


async def list_versions(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[PlaybookVersion]:
    """Return all versions, or those of one playbook, by slug and with the newest first."""
    query = _JOINED.where(PlaybookVersionRow.municipality_id == municipality_id)
    if slug is not None:
        query = query.where(PlaybookVersionRow.slug == slug)
    query = query.order_by(PlaybookVersionRow.slug, col(PlaybookVersionRow.number).desc())
    return [_said(row, approval) for row, approval in await session.sql.execute(query)]


async def find_version(
    session: Session, municipality_id: str, slug: str, number: int
) -> PlaybookVersion | None:
    """Return one version of a playbook, or None."""
    found = (
        await session.sql.execute(
            _JOINED.where(
                PlaybookVersionRow.municipality_id == municipality_id,
                PlaybookVersionRow.slug == slug,
                PlaybookVersionRow.number == number,
            )
        )
    ).first()
    return _said(*found) if found else None


async def get_version(session: Session, version_id: str) -> PlaybookVersion:
    """Return the version to which something is pinned."""
    found = (await session.sql.execute(_JOINED.where(PlaybookVersionRow.id == version_id))).one()
    return _said(*found)


async def usable_version(
    session: Session, municipality_id: str, slug: str, number: int | None
) -> PlaybookVersion:
    """Return the named version, or the newest approved one. Raises NotFound or Conflict."""
    versions = await list_versions(session, municipality_id, slug)
    if number is not None:
        versions = [version for version in versions if version.number == number]
    if not versions:
        raise NotFound(
            "There is no such playbook. See which there are: calamity playbooks list.", field="slug"
        )
    approved = [version for version in versions if version.is_approved]
    if not approved:
        raise Conflict(
            "This playbook is published but nobody has approved it. A second person approves it "
            "on its page, or with: calamity playbooks approve.",
            field="version",
        )
    return approved[0]


async def add_version(
    session: Session,
    municipality_id: str,
    *,
    playbook: Playbook,
    document: bytes,
    sha256: str,
    by: str,
    at: datetime,
) -> str:
    """Store a published version and return its id."""
    version_id = new_id()
    session.sql.add(
        PlaybookVersionRow(
            id=version_id,
            municipality_id=municipality_id,
            slug=playbook.slug,
            number=playbook.version,
            sha256=sha256,
            document=document.decode(),
            published_by=by,
            published_at=at,
        )
    )
    await session.sql.flush()
    return version_id


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


async def versions_at_work(session: Session, calamity_id: str) -> dict[str, PlaybookVersion]:
    """Return the version to which each activation of a calamity is pinned, by activation id."""
    rows = await session.sql.execute(
        select(ActivationRow.id, PlaybookVersionRow, ApprovalRow)
        .join(PlaybookVersionRow, col(PlaybookVersionRow.id) == ActivationRow.version_id)
        .outerjoin(ApprovalRow, col(ApprovalRow.version_id) == PlaybookVersionRow.id)
        .where(ActivationRow.calamity_id == calamity_id)
    )
    return {activation_id: _said(row, approval) for activation_id, row, approval in rows}
