"""Playbook versions, and what was said of them."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import and_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_life import VersionState, Withdrawal, good_until
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import (
    ActivationRow,
    ApprovalRow,
    CalamityRow,
    PlaybookVersionRow,
    WithdrawalRow,
)


class PlaybookVersion(Struct, frozen=True):
    """One submitted version with its document, and how far it came."""

    id: str
    slug: str
    number: int
    sha256: str
    playbook: Playbook
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

    @property
    def good_until(self) -> datetime | None:
        """The moment from which it is past its date; None while nobody has approved it."""
        if self.approved_at is None:
            return None
        return good_until(self.approved_at, self.playbook.valid_months)

    def is_past_its_date(self, at: datetime) -> bool:
        """Tell whether its validity is over; it still works."""
        return self.good_until is not None and at >= self.good_until


class VersionUse(Struct, frozen=True):
    """One activation of a version: who started it when, and in which calamity."""

    activation_id: str
    calamity_id: str
    calamity_title: str
    is_exercise: bool
    t0: datetime
    activated_by: str
    ended_at: datetime | None


_Retired, _Revoked = aliased(WithdrawalRow), aliased(WithdrawalRow)
_COLUMNS = (PlaybookVersionRow, ApprovalRow, _Retired, _Revoked)


def _withdrawal(kind: VersionState, row: type[WithdrawalRow]) -> Any:
    return and_(col(row.version_id) == PlaybookVersionRow.id, col(row.kind) == kind.value)


def _with_words_said(query: Any) -> Any:
    return (
        query.outerjoin(ApprovalRow, col(ApprovalRow.version_id) == PlaybookVersionRow.id)
        .outerjoin(_Retired, _withdrawal(VersionState.RETIRED, _Retired))
        .outerjoin(_Revoked, _withdrawal(VersionState.REVOKED, _Revoked))
    )


_JOINED = _with_words_said(select(*_COLUMNS).select_from(PlaybookVersionRow))


def _ended(row: WithdrawalRow | None) -> Withdrawal | None:
    if row is None:
        return None
    return Withdrawal(VersionState(row.kind), row.reason, row.withdrawn_by, row.withdrawn_at)


def _said(
    row: PlaybookVersionRow,
    approval: ApprovalRow | None,
    retired: WithdrawalRow | None,
    revoked: WithdrawalRow | None,
) -> PlaybookVersion:
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
        retired=_ended(retired),
        revoked=_ended(revoked),
        import_id=row.import_id,
    )


async def list_versions(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[PlaybookVersion]:
    """Return all versions, or those of one playbook, by slug and with the newest first."""
    query = _JOINED.where(PlaybookVersionRow.municipality_id == municipality_id)
    if slug is not None:
        query = query.where(PlaybookVersionRow.slug == slug)
    query = query.order_by(PlaybookVersionRow.slug, col(PlaybookVersionRow.number).desc())
    return [_said(*found) for found in await session.sql.execute(query)]


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
    session: Session,
    municipality_id: str,
    slug: str,
    number: int | None,
    *,
    although_retired: bool = False,
) -> PlaybookVersion:
    """Return the named version, or the newest in use. Raises NotFound or Conflict.

    A retired one counts only *although_retired*, a revoked one never.
    """
    versions = await list_versions(session, municipality_id, slug)
    if number is not None:
        versions = [version for version in versions if version.number == number]
    if not versions:
        raise NotFound(
            "There is no such playbook. See which there are: calamity playbooks list.", field="slug"
        )
    allowed = {VersionState.PUBLISHED}
    if although_retired:
        allowed.add(VersionState.RETIRED)
    usable = [version for version in versions if version.is_approved and version.state in allowed]
    if not usable:
        raise _not_usable(versions[0])
    return usable[0]


def _not_usable(version: PlaybookVersion) -> Conflict:
    if version.revoked is not None:
        return Conflict(
            f"Version {version.number} was revoked and cannot be used: {version.revoked.reason}",
            field="version",
        )
    if version.retired is not None and version.is_approved:
        return Conflict(
            f"Version {version.number} was retired: {version.retired.reason} Use another version, "
            "or confirm that you want this one all the same.",
            field="although_retired",
        )
    return Conflict(
        "This playbook is published but nobody has approved it. A second person approves it "
        "on its page, or with: calamity playbooks approve.",
        field="version",
    )


async def add_version(
    session: Session,
    municipality_id: str,
    *,
    playbook: Playbook,
    document: bytes,
    sha256: str,
    import_id: str | None = None,
    by: str,
    at: datetime,
) -> str:
    """Store a submitted version and return its id."""
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
            import_id=import_id,
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


async def list_uses(session: Session, version_id: str) -> list[VersionUse]:
    """Return every activation of a version, the newest first."""
    rows = await session.sql.execute(
        select(ActivationRow, CalamityRow)
        .join(CalamityRow, col(CalamityRow.id) == ActivationRow.calamity_id)
        .where(ActivationRow.version_id == version_id)
        .order_by(col(ActivationRow.t0).desc(), col(ActivationRow.id).desc())
    )
    return [
        VersionUse(
            activation.id,
            calamity.id,
            calamity.title,
            calamity.is_exercise,
            activation.t0,
            activation.activated_by,
            activation.ended_at,
        )
        for activation, calamity in rows
    ]


async def versions_at_work(session: Session, calamity_id: str) -> dict[str, PlaybookVersion]:
    """Return the version to which each activation of a calamity is pinned, by activation id."""
    query = (
        select(ActivationRow.id)
        .add_columns(*_COLUMNS)
        .select_from(ActivationRow)
        .join(PlaybookVersionRow, col(PlaybookVersionRow.id) == ActivationRow.version_id)
    )
    rows = await session.sql.execute(
        _with_words_said(query).where(ActivationRow.calamity_id == calamity_id)
    )
    return {activation_id: _said(*found) for activation_id, *found in rows}
