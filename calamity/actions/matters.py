"""What people write down in their own words, and what becomes of it: said anew, and ended."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from calamity.domain.errors import Conflict, Refused
from calamity.domain.matters import ANSWERED_WITHIN, Matter, must_be_sound, must_end_so
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import (
    FactPart,
    Harm,
    MatterEnded,
    Outcome,
    RumourStatus,
    Spread,
    Statement,
    Visibility,
)
from calamity.store import calamities
from calamity.store.database import Session
from calamity.store.matters import get_matter
from calamity.store.timeline import append

StatementKind = Literal[
    "interpretation", "fact", "decision", "rumour", "commitment", "measure", "note"
]
_Words = Annotated[str, Meta(min_length=1, max_length=4000)]
_Short = Annotated[str, Meta(max_length=400)]


class Sayings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be said of a matter; which fields belong to which kind, `matters` knows."""

    text: _Words
    owner: Annotated[str, Meta(max_length=80)] = ""
    due_at: datetime | None = None
    part: FactPart | None = None
    spread: Spread | None = None
    harm: Harm | None = None
    status: RumourStatus | None = None
    answer: Annotated[str, Meta(max_length=4000)] = ""
    told: _Short = ""
    to: _Short = ""
    actual_risk: _Short = ""
    felt_risk: _Short = ""
    ends_at: datetime | None = None
    confirmed: bool = False
    """A person looked: what may be a name is none."""


class NewStatement(Sayings, frozen=True, kw_only=True):
    """An entry that a person writes; *happened_at* says when, if not now."""

    kind: StatementKind
    visibility: Visibility = Visibility.TEAM
    happened_at: datetime | None = None


class ChangedStatement(Sayings, frozen=True, kw_only=True):
    """Other words for a matter; *version* is the entry that the writer had before them."""

    version: int
    why: Annotated[str, Meta(max_length=500)] = ""


class MatterEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """How a matter ended; *version* is the entry that the writer had before them."""

    version: int
    outcome: Outcome
    reason: Annotated[str, Meta(max_length=500)]


async def state(
    session: Session, actor: Actor, calamity_id: str, statement: NewStatement, *, at: datetime
) -> int:
    """Write an entry in one's own words and return its sequence number.

    Raises Refused, naming the field, for what a matter of this kind lacks or may not hold.
    """
    actor.must(Permission.WRITE_ENTRIES)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    if statement.happened_at is not None and statement.happened_at > at:
        raise Refused("This moment is still to come.", field="happened_at")
    if statement.visibility not in actor.sees:
        raise Refused("Choose a visibility that you see yourself.", field="visibility")
    said = _said(statement, statement.kind)
    if said.harm in ("clear", "grave") and said.due_at is None:
        said = structs.replace(said, due_at=at + ANSWERED_WITHIN)
    must_be_sound(said, at, confirmed=statement.confirmed)
    return await append(
        session,
        calamity_id,
        said,
        by_role=actor.role,
        at=at,
        happened_at=statement.happened_at,
        visibility=statement.visibility,
    )


def _said(sayings: Sayings, kind: StatementKind) -> Statement:
    return Statement(
        kind=kind,
        text=sayings.text.strip(),
        owner=sayings.owner.strip() or None,
        due_at=sayings.due_at,
        part=sayings.part or ("we_know" if kind == "fact" else None),
        spread=sayings.spread or ("few" if kind == "rumour" else None),
        harm=sayings.harm or ("little" if kind == "rumour" else None),
        status=sayings.status or ("new" if kind == "rumour" else None),
        answer=sayings.answer.strip() or None,
        told=sayings.told.strip() or None,
        to=sayings.to.strip() or None,
        actual_risk=sayings.actual_risk.strip() or None,
        felt_risk=sayings.felt_risk.strip() or None,
        ends_at=sayings.ends_at,
    )


async def change_matter(
    session: Session,
    actor: Actor,
    calamity_id: str,
    first: int,
    changed: ChangedStatement,
    *,
    at: datetime,
) -> int:
    """Say a matter in other words; those before stay. Return the new entry's number.

    Raises Conflict when it ended or somebody else changed it meanwhile, and Refused where nothing
    changes, or a fact changes without a reason.
    """
    actor.must(Permission.WRITE_ENTRIES)
    matter = await _held(session, actor, calamity_id, first, changed.version)
    said = _said(changed, matter.kind)
    if said.text in (matter.now.text, matter.now.text_en):
        said = structs.replace(said, text=matter.now.text, text_en=matter.now.text_en)
    if said == structs.replace(matter.now, replaces=None, why=None):
        raise Refused("These words stand there already. Change what is wrong.", field="text")
    why = changed.why.strip()
    if matter.kind == "fact" and not why:
        raise Refused("Say why this changes: those who read it before will ask.", field="why")
    must_be_sound(structs.replace(said, why=why or None), at, confirmed=changed.confirmed)
    return await append(
        session,
        calamity_id,
        structs.replace(said, replaces=first, why=why or None),
        by_role=actor.role,
        at=at,
        visibility=matter.visibility,
        refers_to=first,
    )


async def end_matter(
    session: Session, actor: Actor, calamity_id: str, first: int, end: MatterEnd, *, at: datetime
) -> int:
    """End a matter, with a reason, and return the entry's number.

    Raises Conflict when it ended before, or somebody changed it meanwhile.
    """
    actor.must(Permission.WRITE_ENTRIES)
    matter = await _held(session, actor, calamity_id, first, end.version)
    must_end_so(matter, end.outcome, end.reason)
    return await append(
        session,
        calamity_id,
        MatterEnded(
            kind=matter.kind, refers_to=first, outcome=end.outcome, reason=end.reason.strip()
        ),
        by_role=actor.role,
        at=at,
        visibility=matter.visibility,
        refers_to=first,
    )


async def _held(
    session: Session, actor: Actor, calamity_id: str, first: int, version: int
) -> Matter:
    """Return a matter that nobody changes before this transaction is over."""
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    matter = await get_matter(session, calamity_id, first, actor.sees)
    if not matter.is_open:
        raise Conflict("This was ended before; its end is on the timeline.", field="version")
    if matter.version != version:
        raise Conflict(
            "Somebody else changed this meanwhile. Look at the new words first.", field="version"
        )
    return matter
