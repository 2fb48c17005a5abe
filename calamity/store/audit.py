"""The audit: who looked at whose data, when and why. Lines are only added."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.audit import AuditLine, Deed
from calamity.domain.permissions import Actor
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import AuditRow

_MOST_IDS = 200


class Audited(Struct, frozen=True):
    """A line as the privacy officer sees it."""

    id: str
    at: datetime
    login: str
    role: str
    line: AuditLine


async def note(session: Session, actor: Actor, line: AuditLine, at: datetime) -> None:
    """Add a line; of a long list only the first ids are kept, and how many there were."""
    kept = msgspec.structs.replace(
        line, about=line.about[:_MOST_IDS], many=line.many or len(line.about)
    )
    session.sql.add(
        AuditRow(
            id=new_id(),
            municipality_id=actor.municipality_id,
            at=at,
            login=actor.login,
            role=actor.role,
            line=msgspec.json.encode(kept).decode(),
        )
    )
    await session.sql.flush()


class Wanted(Struct, frozen=True):
    """Which lines are wanted; what is blank does not narrow."""

    login: str = ""
    deed: Deed | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_audit(
    session: Session,
    municipality_id: str,
    wanted: Wanted,
    *,
    most: int,
    before: str | None = None,
) -> list[Audited]:
    """Return lines of a municipality, the newest first."""
    query = select(AuditRow).where(AuditRow.municipality_id == municipality_id)
    if wanted.login:
        query = query.where(AuditRow.login == wanted.login)
    if wanted.deed is not None:
        # The deed is the first thing in a line, so that no column repeats it.
        query = query.where(col(AuditRow.line).startswith(f'{{"deed":"{wanted.deed}"'))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    if before is not None:
        query = query.where(AuditRow.id < before)
    rows = await session.sql.scalars(query.order_by(col(AuditRow.id).desc()).limit(most))
    return [
        Audited(row.id, row.at, row.login, row.role, msgspec.json.decode(row.line, type=AuditLine))
        for row in rows
    ]
