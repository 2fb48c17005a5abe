"""Calamities and activations."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import func, text, update
from sqlalchemy.orm import defer
from sqlmodel import col, select

from calamity.domain.activation import Inputs, Snapshot
from calamity.domain.errors import Conflict, NotFound
from calamity.domain.timeline import GENESIS
from calamity.domain.watch import Watch
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import ActivationRow, CalamityRow

_LOCK = 4_217_002


async def add_calamity(
    session: Session,
    municipality_id: str,
    *,
    title: str,
    is_exercise: bool,
    tempo: int,
    phase: str,
    is_watch: bool = False,
    at: datetime,
) -> CalamityRow:
    """Open a calamity with an empty timeline, on watch or not."""
    row = CalamityRow(
        id=new_id(),
        municipality_id=municipality_id,
        title=title,
        is_exercise=is_exercise,
        tempo=tempo if is_exercise else 1,
        phase=phase,
        opened_at=at,
        phase_since=at,
        level_since=at,
        watch_since=at if is_watch else None,
        head_hash=GENESIS,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row


async def get_calamity(
    session: Session, municipality_id: str, calamity_id: str, *, lock: bool = False
) -> CalamityRow:
    """Return a calamity of this municipality. Raises NotFound."""
    query = select(CalamityRow).where(
        CalamityRow.id == calamity_id, CalamityRow.municipality_id == municipality_id
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = await session.sql.scalar(query)
    if row is None:
        raise NotFound("This calamity does not exist.", field="calamity")
    return row


async def any_is_open(session: Session) -> bool:
    """Say whether anything is going on, in any municipality."""
    found = await session.sql.scalar(
        select(CalamityRow.id).where(col(CalamityRow.closed_at).is_(None)).limit(1)
    )
    return found is not None


async def open_calamities(session: Session, municipality_id: str | None = None) -> list[str]:
    """Return the ids of everything that goes on, in one or all municipalities, in a fixed order."""
    found = select(CalamityRow.id).where(col(CalamityRow.closed_at).is_(None))
    if municipality_id is not None:
        found = found.where(CalamityRow.municipality_id == municipality_id)
    return list(await session.sql.scalars(found.order_by(col(CalamityRow.id))))


async def open_calamity(
    session: Session, municipality_id: str, calamity_id: str, *, lock: bool = False
) -> CalamityRow:
    """Return a calamity that is not closed. Raises NotFound or Conflict."""
    row = await get_calamity(session, municipality_id, calamity_id, lock=lock)
    if row.closed_at is not None:
        raise Conflict("This calamity is closed; its timeline can be read and exported.")
    return row


def watch_of(row: CalamityRow) -> Watch | None:
    """Return the watch with which a calamity began, if it did."""
    return Watch(row.watch_since, row.watch_ended_at) if row.watch_since is not None else None


def is_on_watch(row: CalamityRow) -> bool:
    """Say whether a calamity is open and nobody outside the rapid team may hear from us."""
    watch = watch_of(row)
    return watch is not None and watch.holds and row.closed_at is None


def must_reach_outside(row: CalamityRow) -> None:
    """Raise Conflict while a calamity is on watch: this would reach people outside the team."""
    if is_on_watch(row):
        raise Conflict(
            "This calamity is on watch: nobody outside the rapid team hears from us yet. End the "
            "watch first, in the head of the room.",
            field="watch",
        )


async def list_calamities(
    session: Session, municipality_id: str, *, limit: int = 50, before: str | None = None
) -> list[CalamityRow]:
    """Return calamities, the newest first; *before* is the id of the last one already seen."""
    query = select(CalamityRow).where(CalamityRow.municipality_id == municipality_id)
    if before is not None:
        query = query.where(col(CalamityRow.id) < before)
    return list(await session.sql.scalars(query.order_by(col(CalamityRow.id).desc()).limit(limit)))


class Activation(Struct, frozen=True):
    """An activation with its pinned inputs and snapshot."""

    id: str
    municipality_id: str
    calamity_id: str
    version_id: str
    t0: datetime
    inputs: Inputs
    snapshot: Snapshot
    activated_by: str
    ended_at: datetime | None
    begun: dict[str, datetime] = {}
    """When its phases began, by code."""


def _said(row: ActivationRow) -> Activation:
    return Activation(
        row.id,
        row.municipality_id,
        row.calamity_id,
        row.version_id,
        row.t0,
        msgspec.json.decode(row.inputs, type=Inputs),
        msgspec.json.decode(row.snapshot, type=Snapshot),
        row.activated_by,
        row.ended_at,
        msgspec.json.decode(row.begun, type=dict[str, datetime]),
    )


async def first_exercise_of(session: Session, municipality_id: str, login: str) -> str | None:
    """Return the first exercise that this account began, or None."""
    found: str | None = await session.sql.scalar(
        select(func.min(CalamityRow.id))
        .join(ActivationRow, col(ActivationRow.calamity_id) == CalamityRow.id)
        .where(
            CalamityRow.municipality_id == municipality_id,
            col(CalamityRow.is_exercise).is_(True),
            ActivationRow.activated_by == login,
        )
    )
    return found


async def find_activation_by_key(
    session: Session, municipality_id: str, request_key: str
) -> Activation | None:
    """Return what this request key activated before, or None; the same request waits its turn."""
    if session.is_postgres:
        await session.sql.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :lock))"),
            {"key": f"{municipality_id} {request_key}", "lock": _LOCK},
        )
    row = await session.sql.scalar(
        select(ActivationRow).where(
            ActivationRow.municipality_id == municipality_id,
            ActivationRow.request_key == request_key,
        )
    )
    return _said(row) if row else None


async def add_activation(
    session: Session,
    *,
    municipality_id: str,
    calamity_id: str,
    version_id: str,
    request_key: str,
    t0: datetime,
    inputs: Inputs,
    snapshot: Snapshot,
    begun: dict[str, datetime],
    by: str,
) -> Activation:
    """Pin a version, the inputs and who was there."""
    row = ActivationRow(
        id=new_id(),
        municipality_id=municipality_id,
        calamity_id=calamity_id,
        version_id=version_id,
        request_key=request_key,
        t0=t0,
        inputs=msgspec.json.encode(inputs).decode(),
        snapshot=msgspec.json.encode(snapshot).decode(),
        begun=msgspec.json.encode(begun).decode(),
        activated_by=by,
    )
    session.sql.add(row)
    await session.sql.flush()
    return Activation(
        row.id, municipality_id, calamity_id, version_id, t0, inputs, snapshot, by, None, begun
    )


async def get_activation(session: Session, activation_id: str) -> Activation:
    """Return an activation. Raises NotFound."""
    row = await session.sql.get(ActivationRow, activation_id)
    if row is None:
        raise NotFound("This activation does not exist.", field="activation")
    return _said(row)


async def list_activations(session: Session, calamity_id: str) -> list[Activation]:
    """Return the activations of a calamity, the first one first."""
    rows = await session.sql.scalars(
        select(ActivationRow)
        .where(ActivationRow.calamity_id == calamity_id)
        .order_by(col(ActivationRow.id))
    )
    return [_said(row) for row in rows]


async def last_meeting_place(session: Session, municipality_id: str) -> str:
    """Return where the team met when a playbook was last activated; empty if that never was."""
    row = await session.sql.scalar(
        select(ActivationRow)
        .where(ActivationRow.municipality_id == municipality_id)
        .order_by(col(ActivationRow.id).desc())
        .limit(1)
    )
    return _said(row).inputs.place if row else ""


async def lock_activation(session: Session, activation_id: str) -> Activation | None:
    """Lock an activation that is under way, so that one at a time moves its tasks; else None."""
    found = await _lock(session, ActivationRow.id == activation_id)
    return found[0] if found else None


async def lock_activations(session: Session, calamity_id: str) -> list[Activation]:
    """Lock the activations of a calamity that are under way, the first one first."""
    return await _lock(session, ActivationRow.calamity_id == calamity_id)


async def _lock(session: Session, which: Any) -> list[Activation]:
    rows = await session.sql.scalars(
        select(ActivationRow)
        .where(which, col(ActivationRow.ended_at).is_(None))
        .order_by(col(ActivationRow.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return [_said(row) for row in rows]


async def keep_begun(session: Session, activation_id: str, begun: dict[str, datetime]) -> None:
    """Store when the phases of an activation began."""
    await session.sql.execute(
        update(ActivationRow)
        .where(col(ActivationRow.id) == activation_id)
        .values(begun=msgspec.json.encode(begun).decode())
    )


async def end_activations(session: Session, calamity_id: str, at: datetime) -> None:
    """End all activations of a calamity; steps that still wait will not start."""
    await session.sql.execute(
        update(ActivationRow)
        .where(col(ActivationRow.calamity_id) == calamity_id)
        .values(ended_at=at)
    )


class Pinned(Struct, frozen=True):
    """An activation without its snapshot, which may hold thousands of people."""

    id: str
    version_id: str
    t0: datetime
    inputs: Inputs
    activated_by: str
    ended_at: datetime | None


async def list_pinned(session: Session, calamity_id: str) -> list[Pinned]:
    """Return the activations of a calamity without their snapshots, the first one first."""
    rows = await session.sql.scalars(
        select(ActivationRow)
        .options(defer(ActivationRow.snapshot))  # type: ignore[arg-type]  # a column
        .where(ActivationRow.calamity_id == calamity_id)
        .order_by(col(ActivationRow.id))
    )
    return [
        Pinned(
            row.id,
            row.version_id,
            row.t0,
            msgspec.json.decode(row.inputs, type=Inputs),
            row.activated_by,
            row.ended_at,
        )
        for row in rows
    ]


async def find_by_code(session: Session, code: str) -> CalamityRow | None:
    """Return the calamity whose id ends in this short code of 12 digits, in any municipality."""
    row: CalamityRow | None = await session.sql.scalar(
        select(CalamityRow).where(func.substr(col(CalamityRow.id), 25) == code)
    )
    return row
