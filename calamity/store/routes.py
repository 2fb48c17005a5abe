"""How the routes stand, and the texts that take another one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, json
from sqlalchemy import case, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.routes import Breaker, RouteState
from calamity.store.database import Session
from calamity.store.tables import LaneRow, MessageRow, Moment, RouteRow

_decode = json.Decoder(Breaker).decode
_READY = MessageState.READY
# Asked at every turn of every lane.
_STANDINGS = "SELECT name, breaker, moved, is_told FROM route"


class Standing(Struct, frozen=True):
    """How one route stands, and how many texts left it since it opened."""

    breaker: Breaker = Breaker()
    moved: int = 0
    is_told: bool = False

    @property
    def state(self) -> RouteState:
        """Whether texts take it."""
        return self.breaker.state


async def standings(session: Session) -> dict[str, Standing]:
    """Return how routes stand, by name; one that is not named never had a fault."""
    rows = await (await session.direct()).rows(_STANDINGS)
    return {row[0]: Standing(_decode(row[1]), row[2], bool(row[3])) for row in rows}


async def change(session: Session, name: str, rule: Callable[[Breaker], Breaker]) -> Breaker:
    """Let a rule say how a route stands from now on; holds the route until the commit."""
    dialect: Any = postgresql if session.is_postgres else sqlite
    made = dialect.insert(RouteRow).values(
        name=name, breaker=json.encode(Breaker()).decode(), moved=0, is_told=False
    )
    await session.sql.execute(made.on_conflict_do_nothing())
    stored = await session.sql.scalar(
        select(col(RouteRow.breaker)).where(col(RouteRow.name) == name).with_for_update()
    )
    before = _decode(stored or "")
    now = rule(before)
    if now != before:
        values: dict[str, Any] = {"breaker": json.encode(now).decode()}
        if not before.is_open:
            values["moved"] = 0
        await session.sql.execute(
            update(RouteRow).where(col(RouteRow.name) == name).values(**values)
        )
    return now


async def told(session: Session, name: str, *, is_told: bool) -> bool:
    """Remember whether the timelines say that a route is open; False when they did already."""
    done = await session.sql.execute(
        update(RouteRow)
        .where(col(RouteRow.name) == name, col(RouteRow.is_told).is_(not is_told))
        .values(is_told=is_told)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


async def move_texts(
    session: Session, senders: Sequence[str], to: str, at: datetime, *, name: str
) -> int:
    """Let what waits in the lanes of a route leave by another sender; return how many texts.

    What was tried before leaves at once; what was to leave later still does.
    """
    # The route before its lanes, as in every turn of a lane; and not while a runner of these
    # lanes claims: what it claims is its own.
    await session.sql.execute(
        select(col(RouteRow.name)).where(col(RouteRow.name) == name).with_for_update()
    )
    await session.sql.execute(
        select(col(LaneRow.sender))
        .where(col(LaneRow.sender).in_(senders))
        .order_by(col(LaneRow.sender))
        .with_for_update()
    )
    waiting = (
        select(col(MessageRow.id))
        .where(_waits_on(senders))
        .order_by(col(MessageRow.id))
        # Who is being cancelled at this moment is left to that; the next look finds the others.
        .with_for_update(skip_locked=True)
    )
    moved = await _move(session, waiting, to, at)
    if moved:
        await session.sql.execute(
            update(RouteRow).where(col(RouteRow.name) == name).values(moved=RouteRow.moved + moved)
        )
    return moved


async def lend_text(session: Session, senders: Sequence[str], to: str, at: datetime) -> bool:
    """Let one text that is due leave by another sender: the one that can best wait."""
    await session.sql.execute(
        select(col(LaneRow.sender)).where(col(LaneRow.sender).in_(senders)).with_for_update()
    )
    one = (
        select(col(MessageRow.id))
        .where(
            _waits_on(senders),
            col(MessageRow.due_at) <= at,
            # A question may have to wait until words have left.
            col(MessageRow.purpose) != "ask",
        )
        .order_by(col(MessageRow.urgency).desc(), col(MessageRow.due_at), col(MessageRow.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await _move(session, one, to, at) > 0


def _waits_on(senders: Sequence[str]) -> Any:
    return (
        col(MessageRow.sender).in_(senders)
        & (col(MessageRow.state) == _READY)
        & (col(MessageRow.channel) == Channel.SMS)
        # A copy has its sense on its own route alone.
        & col(MessageRow.copy_of).is_(None)
    )


async def _move(session: Session, which: Any, to: str, at: datetime) -> int:
    is_late = (col(MessageRow.attempts) > 0) & (col(MessageRow.due_at) > at)
    done = await session.sql.execute(
        update(MessageRow)
        .where(col(MessageRow.id).in_(which))
        .values(
            sender=to,
            due_at=case((is_late, literal(at, Moment())), else_=col(MessageRow.due_at)),
        )
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
