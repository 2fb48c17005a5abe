"""Versions of playbooks, and where they were used."""

from datetime import datetime
from typing import Any, ClassVar

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_life import DocumentKind, VersionState, good_until
from calamity.store.database import Session
from calamity.store.tables import ActivationRow, CalamityRow, PlaybookVersionRow
from calamity.store.versions import (
    COLUMNS,
    JOINED,
    Version,
    facts_of,
    version_rows,
    with_words_said,
)


class PlaybookVersion(Version, frozen=True, kw_only=True):
    """One submitted version of a playbook with its document."""

    kind: ClassVar = DocumentKind.PLAYBOOK
    playbook: Playbook

    @property
    def document(self) -> Playbook:
        """What it holds, whatever its kind."""
        return self.playbook

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


def _said(row: PlaybookVersionRow, *words: Any) -> PlaybookVersion:
    playbook = msgspec.json.decode(row.document, type=Playbook)
    return PlaybookVersion(**facts_of(row, *words), playbook=playbook)


async def list_versions(
    session: Session, municipality_id: str, slug: str | None = None
) -> list[PlaybookVersion]:
    """Return all versions, or those of one playbook, by slug and with the newest first."""
    rows = await version_rows(session, municipality_id, DocumentKind.PLAYBOOK, slug)
    return [_said(*row) for row in rows]


async def find_version(
    session: Session, municipality_id: str, slug: str, number: int
) -> PlaybookVersion | None:
    """Return one version of a playbook, or None."""
    rows = await version_rows(session, municipality_id, DocumentKind.PLAYBOOK, slug, number)
    return _said(*rows[0]) if rows else None


async def get_version(session: Session, version_id: str) -> PlaybookVersion:
    """Return the version to which something is pinned."""
    found = (await session.sql.execute(JOINED.where(PlaybookVersionRow.id == version_id))).one()
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
        .add_columns(*COLUMNS)
        .select_from(ActivationRow)
        .join(PlaybookVersionRow, col(PlaybookVersionRow.id) == ActivationRow.version_id)
    )
    rows = await session.sql.execute(
        with_words_said(query).where(ActivationRow.calamity_id == calamity_id)
    )
    return {activation_id: _said(*found) for activation_id, *found in rows}


async def roles_at_work(session: Session, calamity_id: str) -> set[str]:
    """Return the codes of the roles of all playbooks at work in a calamity."""
    versions = (await versions_at_work(session, calamity_id)).values()
    return {role.code for version in versions for role in version.playbook.roles}
