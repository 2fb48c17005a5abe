"""What the outbox holds of one calamity, to look at: counts and states, no people and no words."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from calamity.domain.dispatch import MessageState
from calamity.domain.playbook import MessageKind
from calamity.store.database import Session
from calamity.store.tables import DispatchRow, MessageRow


class Failure(Struct, frozen=True):
    """How many messages came to the same end, by the carrier's code."""

    error_code: int
    messages: int


class DispatchCard(Struct, frozen=True):
    """One sending act with its texts as written, and how many messages are in each state."""

    id: str
    kind: MessageKind
    audience: str
    message_code: str
    texts: dict[str, str]
    recipients: int
    created_at: datetime
    finished_at: datetime | None
    states: dict[MessageState, int]
    delivered: int
    failures: list[Failure]
    """Of messages that did not arrive, or not yet."""


async def people_of_dispatches(session: Session, dispatch_ids: Sequence[str]) -> set[str]:
    """Return whom these dispatches reached, or still may: all whose message is not over in vain."""
    found = await session.sql.scalars(
        select(MessageRow.recipient_id).where(
            col(MessageRow.dispatch_id).in_(dispatch_ids),
            col(MessageRow.state).not_in(
                [MessageState.REJECTED, MessageState.CANCELLED, MessageState.EXPIRED]
            ),
        )
    )
    return set(found)


async def queued_lately(
    session: Session, calamity_id: str, audience: str, texts: dict[str, str], since: datetime
) -> bool:
    """Say whether these very words went to this audience since then."""
    rows = await session.sql.scalars(
        select(DispatchRow.texts).where(
            DispatchRow.calamity_id == calamity_id,
            DispatchRow.audience == audience,
            col(DispatchRow.created_at) >= since,
        )
    )
    return any(msgspec.json.decode(each, type=dict[str, str]) == texts for each in rows)


async def last_sent_as(session: Session, calamity_id: str, message_code: str) -> datetime | None:
    """Return when words last left under this code."""
    found: datetime | None = await session.sql.scalar(
        select(DispatchRow.created_at)
        .where(DispatchRow.calamity_id == calamity_id, DispatchRow.message_code == message_code)
        .order_by(col(DispatchRow.created_at).desc())
        .limit(1)
    )
    return found


async def list_dispatches(session: Session, calamity_id: str) -> list[DispatchCard]:
    """Return the dispatches of a calamity, the newest first."""
    rows = await session.sql.scalars(
        select(DispatchRow)
        .where(DispatchRow.calamity_id == calamity_id)
        .order_by(col(DispatchRow.id).desc())
    )
    counted = await session.sql.execute(
        select_columns(
            col(MessageRow.dispatch_id),
            col(MessageRow.state),
            col(MessageRow.error_code),
            func.count(),
            func.count(col(MessageRow.delivered_at)),
        )
        .where(col(MessageRow.calamity_id) == calamity_id, col(MessageRow.dispatch_id).is_not(None))
        .group_by(col(MessageRow.dispatch_id), col(MessageRow.state), col(MessageRow.error_code))
    )
    states: dict[str, dict[MessageState, int]] = {}
    delivered: dict[str, int] = {}
    failures: dict[str, dict[int, int]] = {}
    for named, state, code, number, arrived in counted:
        dispatch_id = str(named)
        here = states.setdefault(dispatch_id, {})
        here[MessageState(state)] = here.get(MessageState(state), 0) + number
        if code is not None and number > arrived:
            failed = failures.setdefault(dispatch_id, {})
            failed[code] = failed.get(code, 0) + number - arrived
        delivered[dispatch_id] = delivered.get(dispatch_id, 0) + arrived
    return [
        DispatchCard(
            id=row.id,
            kind=MessageKind(row.kind),
            audience=row.audience,
            message_code=row.message_code,
            texts=msgspec.json.decode(row.texts, type=dict[str, str]),
            recipients=row.recipients,
            created_at=row.created_at,
            finished_at=row.finished_at,
            states=states.get(row.id, {}),
            delivered=delivered.get(row.id, 0),
            failures=[
                Failure(code, number) for code, number in sorted(failures.get(row.id, {}).items())
            ],
        )
        for row in rows
    ]


async def codes_of_waiting(session: Session, calamity_id: str) -> list[int]:
    """Return the codes with which the carrier sent back messages that still wait."""
    found = await session.sql.scalars(
        select(MessageRow.error_code)
        .where(
            MessageRow.calamity_id == calamity_id,
            MessageRow.state == MessageState.READY,
            col(MessageRow.error_code).is_not(None),
        )
        .distinct()
    )
    return sorted(code for code in found if code is not None)


class MessageLine(Struct, frozen=True):
    """One message: what it is for and where it stands."""

    id: str
    dispatch_id: str | None
    purpose: str
    parts: int
    state: MessageState
    carrier_status: str
    error_code: int | None
    due_at: datetime
    settled_at: datetime | None
    delivered_at: datetime | None


async def list_messages(
    session: Session, calamity_id: str, *, limit: int, before: str | None = None
) -> list[MessageLine]:
    """Return messages of a calamity, the newest first; *before* is the last id already seen."""
    query = select(MessageRow).where(MessageRow.calamity_id == calamity_id)
    if before is not None:
        query = query.where(col(MessageRow.id) < before)
    rows = await session.sql.scalars(query.order_by(col(MessageRow.id).desc()).limit(limit))
    return [
        MessageLine(
            row.id,
            row.dispatch_id,
            row.purpose,
            row.parts,
            MessageState(row.state),
            row.carrier_status,
            row.error_code,
            row.due_at,
            row.settled_at,
            row.delivered_at,
        )
        for row in rows
    ]
