"""What people decide and write down: levels, phase, statements, corrections, closing."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from calamity.actions.check_in import close_round
from calamity.actions.seal import seal_timeline
from calamity.actions.settle import begin_phase, settle_calamity
from calamity.actions.terms import Terms
from calamity.domain.activation import Levels, Reason, span
from calamity.domain.corrections import LOOP_BACK
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import StopCondition
from calamity.domain.timeline import (
    CalamityClosed,
    Corrected,
    EntryKind,
    Erased,
    LevelSet,
    NeedConfirmed,
    NextUpdateSet,
    PhaseSet,
    StopMark,
    SummaryWritten,
    Visibility,
)
from calamity.store import calamities, call_outs, outbox, rounds
from calamity.store.database import Session
from calamity.store.outbox_lists import last_sent_as
from calamity.store.playbooks import versions_at_work
from calamity.store.tables import CalamityRow
from calamity.store.timeline import append, destroy_key, get_header
from calamity.store.wakes import Wakes

LevelKind = Literal["social", "grip", "threat"]
_COLUMN: dict[str, str] = {"social": "social_level", "grip": "grip", "threat": "threat"}
_HIGHEST = {"social": 3, "grip": 5, "threat": 5}


class NewSummary(Struct, frozen=True, forbid_unknown_fields=True):
    """One to three sentences for officials, and when they hear more."""

    sentences: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=400)]], Meta(min_length=1, max_length=3)
    ]
    next_update_at: datetime | None = None


async def set_levels(
    session: Session,
    actor: Actor,
    calamity: CalamityRow,
    levels: Levels,
    *,
    proposed: int | None = None,
    reason_en: str | None = None,
    at: datetime,
) -> None:
    """Set the three levels of a new calamity; each that is not 0 needs its own reason.

    *proposed* is the social level that the playbook proposed, where it did; *reason_en* is its
    reason in English, where that was taken over.
    """
    given: tuple[tuple[LevelKind, int, str], ...] = (
        ("social", levels.social, levels.social_reason or ""),
        ("grip", levels.grip, levels.grip_reason),
        ("threat", levels.threat, levels.threat_reason),
    )
    for kind, value, reason in given:
        if value or kind == "social":
            await _set(
                session, actor, calamity, kind, value=value, reason=reason, at=at,
                proposed=proposed if kind == "social" else None,
                reason_en=reason_en if kind == "social" else None,
            )  # fmt: skip


async def set_level(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    *,
    kind: LevelKind,
    value: int,
    reason: str,
    at: datetime,
) -> None:
    """Set one of the three levels, by a person and with a reason; no level follows another.

    Tasks whose condition comes to hold open in its wake.
    """
    actor.must(Permission.STEER)
    # Before the timeline, whose entries lock the calamity: the worker locks in this order too.
    await calamities.lock_activations(session, calamity_id)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    await _set(session, actor, calamity, kind, value=value, reason=reason, at=at)
    await settle_calamity(session, wakes, terms, calamity, at)


async def _set(
    session: Session,
    actor: Actor,
    calamity: CalamityRow,
    kind: LevelKind,
    *,
    value: int,
    reason: str,
    at: datetime,
    proposed: int | None = None,
    reason_en: str | None = None,
) -> None:
    if not 0 <= value <= _HIGHEST[kind]:
        raise Refused(f"This level runs from 0 to {_HIGHEST[kind]}.", field=kind)
    if not reason.strip():
        raise Refused("Give the reason for this level.", field=f"{kind}_reason")
    previous = getattr(calamity, _COLUMN[kind])
    await append(
        session,
        calamity.id,
        LevelSet(
            kind=kind,
            value=value,
            previous=previous,
            reason=reason.strip(),
            proposed=proposed,
            reason_en=reason_en,
        ),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    setattr(calamity, _COLUMN[kind], value)
    if kind == "social":
        calamity.level_since = at
    await session.sql.flush()


async def set_phase(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    actor: Actor,
    calamity_id: str,
    *,
    phase: str,
    reason: Reason,
    at: datetime,
) -> None:
    """Move the response to another phase of a playbook at work; what waits for it begins."""
    actor.must(Permission.STEER)
    activations = await calamities.lock_activations(session, calamity_id)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    at_work = await versions_at_work(session, calamity_id)
    if all(each.code != phase for version in at_work.values() for each in version.playbook.phases):
        raise Refused("Choose one of the phases.", field="phase")
    if not reason.strip():
        raise Refused("Give the reason for this phase.", field="reason")
    previous = calamity.phase
    await append(
        session,
        calamity.id,
        PhaseSet(phase=phase, reason=reason.strip(), previous=previous),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    calamity.phase, calamity.phase_since = phase, at
    await session.sql.flush()
    for activation in activations:
        await begin_phase(session, activation, phase, at)
    await settle_calamity(session, wakes, terms, calamity, at)


async def confirm_need(
    session: Session, actor: Actor, calamity_id: str, *, reason: str, at: datetime
) -> datetime:
    """Decide that all this is still needed, and return when that is decided anew."""
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    if not reason.strip():
        raise Refused("Say why all this is still needed.", field="reason")
    at_work = await versions_at_work(session, calamity_id)
    days = min(version.playbook.review_days for version in at_work.values())
    review_at = at + span(f"{days}d", calamity.tempo)
    await append(
        session,
        calamity_id,
        NeedConfirmed(reason=reason.strip(), review_at=review_at),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    calamity.review_at = review_at
    await session.sql.flush()
    return review_at


async def summarise(
    session: Session, actor: Actor, calamity_id: str, summary: NewSummary, *, at: datetime
) -> int:
    """Write the sentences on the officials' page, and when the next ones come."""
    actor.must(Permission.STEER)
    calamity = await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    seq = await append(
        session,
        calamity_id,
        SummaryWritten(sentences=summary.sentences),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    if summary.next_update_at is not None:
        await append(
            session,
            calamity_id,
            NextUpdateSet(at=summary.next_update_at),
            by_role=actor.role,
            at=at,
            visibility=Visibility.OFFICIALS,
        )
        calamity.next_update_at = summary.next_update_at
    await session.sql.flush()
    return seq


async def correct(
    session: Session, actor: Actor, calamity_id: str, seq: int, *, text: str, at: datetime
) -> int:
    """Correct an entry by a new one under it; the wrong one stays.

    Raises NotFound also for an entry that this role may not see.
    """
    actor.must(Permission.WRITE_ENTRIES)
    calamity = await calamities.get_calamity(session, actor.municipality_id, calamity_id)
    header = await get_header(session, calamity.id, seq)
    if header.visibility not in actor.sees:
        raise NotFound("This entry does not exist.", field="seq")
    return await append(
        session,
        calamity_id,
        Corrected(refers_to=seq, text=text),
        by_role=actor.role,
        at=at,
        visibility=Visibility(header.visibility),
        refers_to=seq,
    )


async def erase(
    session: Session, actor: Actor, calamity_id: str, seq: int, *, ground: str, at: datetime
) -> int:
    """Destroy the words of an entry, on a ground that is written down; the chain still holds."""
    actor.must(Permission.ERASE)
    calamity = await calamities.get_calamity(session, actor.municipality_id, calamity_id)
    header = await get_header(session, calamity.id, seq)
    if not ground.strip():
        raise Refused("Name the ground for erasing these words.", field="ground")
    if header.kind in (EntryKind.SEAL, EntryKind.ERASURE):
        raise Refused("Seals and erasures hold no words of people; they stay.", field="seq")
    await destroy_key(session, calamity_id, seq)
    return await append(
        session,
        calamity_id,
        Erased(refers_to=seq, ground=ground.strip()),
        by_role=actor.role,
        at=at,
        visibility=Visibility(header.visibility),
        refers_to=seq,
    )


async def stop_conditions(session: Session, calamity_id: str) -> list[StopCondition]:
    """Return what must be so before a calamity is closed, by the playbooks at work in it."""
    at_work = await versions_at_work(session, calamity_id)
    return list(
        {each.code: each for version in at_work.values() for each in version.playbook.stop}.values()
    )


async def loop_back_waits(session: Session, calamity_id: str) -> bool:
    """Say whether people answered who were not told yet what was done with their answers."""
    answered = await rounds.last_answer_at(session, calamity_id)
    if answered is None:
        return False
    told = await last_sent_as(session, calamity_id, LOOP_BACK)
    return told is None or told < answered


async def _must_have_looped_back(session: Session, calamity_id: str) -> None:
    if await loop_back_waits(session, calamity_id):
        raise Conflict(
            "People answered our questions. Tell them first what was done with their answers.",
            field="loop_back",
        )


async def close_calamity(
    session: Session,
    wakes: Wakes,
    actor: Actor,
    calamity_id: str,
    *,
    reason: str,
    met: Collection[str] = (),
    deviation: str = "",
    at: datetime,
) -> None:
    """Close a calamity: nothing waits any more, open rounds are published, the head is signed.

    *met* names the stop conditions that are met. Raises Refused where one is not, without a
    *deviation*: why it is closed all the same; Conflict while those who answered were not told
    what was done with their answers, and for a watch, which stands down.
    """
    actor.must(Permission.STEER)
    calamity = await calamities.get_calamity(session, actor.municipality_id, calamity_id)
    if calamity.closed_at is not None:
        raise Conflict("This calamity was closed before.")
    if calamities.is_on_watch(calamity):
        raise Conflict(
            "This calamity is on watch. Let the team stand down, or end the watch first.",
            field="watch",
        )
    if not reason.strip():
        raise Refused("Give the reason for closing.", field="reason")
    marks = [
        StopMark(each.code, each.text.nl, each.text.en, each.code in met)
        for each in await stop_conditions(session, calamity_id)
    ]
    if not all(mark.is_met for mark in marks) and not deviation.strip():
        raise Refused(
            "Not every stop condition is met. Say why it is closed all the same.",
            field="deviation",
        )
    await _must_have_looped_back(session, calamity_id)
    closed = CalamityClosed(reason=reason.strip(), stop=marks, deviation=deviation.strip() or None)
    await end_calamity(session, wakes, actor, calamity, closed, at=at)


async def end_calamity(
    session: Session,
    wakes: Wakes,
    actor: Actor,
    calamity: CalamityRow,
    closed: CalamityClosed,
    *,
    at: datetime,
) -> None:
    """End all that is under way in a calamity, write down why, and sign the head.

    Raises Conflict where somebody else closed it meanwhile.
    """
    calamity_id = calamity.id
    # Rows are locked in the order in which the worker does: activations, call-outs, rounds, and
    # the calamity last.
    await calamities.end_activations(session, calamity_id, at)
    await call_outs.end_call_outs(session, calamity_id, at)
    for row in await rounds.list_rounds(session, calamity_id):
        if row.closed_at is None:
            await close_round(
                session, wakes, actor.municipality_id, row.id, at=at, by_role=actor.role, early=True
            )
    await outbox.cancel_calamity(session, calamity_id, at)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    await append(
        session,
        calamity_id,
        closed,
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    calamity.closed_at = at
    await session.sql.flush()
    await seal_timeline(session, calamity, at)
