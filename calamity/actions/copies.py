"""An alarm of which nothing is heard on one route gets a copy on another, once, and says so."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from calamity.actions.compose import message_row
from calamity.actions.routes import routes_that_work
from calamity.actions.terms import Route, Terms
from calamity.domain.dispatch import COPY_AFTER, COPY_UNTIL
from calamity.domain.timeline import AlarmsCopied
from calamity.store import outbox
from calamity.store.database import Session
from calamity.store.outbox import Unheard
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_SYSTEM = "system"


async def copy_unheard_alarms(session: Session, wakes: Wakes, terms: Terms, at: datetime) -> None:
    """Queue a copy of each alarm that is due for one, by a route that works and is not its own."""
    working = await routes_that_work(session, terms)
    for route in terms.routes:
        to = next((each for each in working if each is not route), None)
        if to is None:
            continue
        unheard = await outbox.unheard_alarms(
            session, list(route.senders), at, after=at - COPY_UNTIL, before=at - COPY_AFTER
        )
        if unheard:
            await _copy(session, wakes, unheard, route=route, to=to, at=at)


async def _copy(
    session: Session,
    wakes: Wakes,
    unheard: Sequence[Unheard],
    *,
    route: Route,
    to: Route,
    at: datetime,
) -> None:
    await outbox.ensure_lane(session, to.sender, to.rate)
    rows = [
        message_row(
            session,
            at=at,
            municipality_id=each.municipality_id,
            calamity_id=each.calamity_id,
            recipient_id=each.recipient_id,
            copy_of=each.id,
            sender=to.sender,
            body=each.body,
            parts=each.parts,
            purpose="copy",
            urgency=each.urgency,
            # The copy itself is not repeated again, unless it surely never left.
            is_alarm=False,
            is_repeat=True,
            due_at=at,
            valid_until=each.valid_until,
        )
        for each in unheard
    ]
    await outbox.add_messages(session, rows)
    await wakes.wake(session, "lane", to.sender)
    of = Counter(each.calamity_id for each in unheard if each.calamity_id)
    for calamity_id, texts in sorted(of.items()):
        happening = AlarmsCopied(
            route=route.name, instead=to.name, texts=texts, seconds=int(COPY_AFTER.total_seconds())
        )
        await append(session, calamity_id, happening, by_role=_SYSTEM, at=at)
        session.ring(calamity_id)
