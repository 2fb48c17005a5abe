"""The routes of a node: the carrier of each, what their answers mean, and asking one that is away.

No transaction is open while a carrier is asked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from calamity.actions.routes import Said, leave_open_routes, room_on, take_in, tell_timelines
from calamity.actions.terms import Route
from calamity.domain.channels import Channel, channel_of
from calamity.domain.errors import Unavailable
from calamity.domain.routes import Breaker, Heard, answered, is_to_be_asked, put_off
from calamity.gateways.carrier import (
    Accepted,
    Carrier,
    InDoubt,
    NotSent,
    Outcome,
    Rejected,
    Trouble,
    meaning_of,
)
from calamity.store import routes
from calamity.store.database import Session
from calamity.web.house import now

if TYPE_CHECKING:
    from calamity.worker import Worker

log = structlog.get_logger(__name__)


def said_by(outcome: Outcome) -> Said | None:
    """Return what the outcome of a text says about its route; None for what is a matter of pace."""
    match outcome:
        case Accepted():
            return Said(Heard.TAKEN)
        case Rejected(code=code) if meaning_of(code).stops_everyone:
            return Said(Heard.OURS, code)
        case Rejected():
            return Said(Heard.ANSWERED)
        case NotSent(code=None) | InDoubt():
            return Said(Heard.FAULT)
        case NotSent(code=code):
            meaning = meaning_of(code)
            is_pace = meaning.kind is Trouble.CAPACITY or meaning.stops_everyone
            return None if is_pace else Said(Heard.FAULT, code)


class Watch:
    """Watches what one lane hears, and says how much room its route has."""

    def __init__(self, worker: "Worker", sender: str) -> None:
        self._worker = worker
        is_text = channel_of(sender) is Channel.SMS
        self._route: Route | None = worker.terms.route_of(sender) if is_text else None
        self._said: list[Said] = []
        self._is_calm = True

    def heard(self, outcome: Outcome) -> None:
        """Remember what the carrier answered, until the next turn writes it down."""
        said = said_by(outcome)
        # While nothing is amiss, that texts are taken is no news.
        if said is not None and not (self._is_calm and said.heard in (Heard.TAKEN, Heard.ANSWERED)):
            self._said.append(said)

    async def room(self, session: Session, room: int, flying: int, at: datetime) -> int:
        """Write down what was heard; return how many of *room* texts may be claimed now."""
        if self._route is None:
            return room
        terms, said = self._worker.terms, self._said
        self._said = []
        if said:
            before, after = await take_in(session, self._route, said, at)
            _log_change(self._route, before, after)
        there = await room_on(session, self._worker.wakes, terms, self._route, at)
        self._is_calm = there.is_calm
        return room if there.most is None else max(min(room, there.most - flying), 0)


def _log_change(route: Route, before: Breaker, after: Breaker) -> None:
    if after.state is before.state:
        return
    if after.is_open:
        log.warning("route.opened", route=route.name, error_code=after.code, until=after.due_at)
    else:
        log.info("route.closed", route=route.name)


async def mind_routes(worker: "Worker") -> None:
    """Let texts leave routes that are open, and tell the timelines what opened or closed."""
    async with worker.database.reading() as session:
        standings = await routes.standings(session)
    ours = [standings[each.name] for each in worker.terms.routes if each.name in standings]
    if not any(each.breaker.is_open or each.is_told for each in ours):
        return
    async with worker.database.transaction() as session:
        await leave_open_routes(session, worker.wakes, worker.terms, now())
    # Apart: a calamity may be held for a while by what somebody does in it.
    async with worker.database.transaction() as session:
        await tell_timelines(session, worker.terms, now())


async def ask_open_routes(worker: "Worker") -> None:
    """Ask the carrier of each open route, when its pause is over, whether it would take a text."""
    async with worker.database.reading() as session:
        standings = await routes.standings(session)
    for route in worker.terms.routes:
        standing = standings.get(route.name)
        if standing is not None and is_to_be_asked(standing.breaker, now()):
            await _ask(worker, route)


async def _ask(worker: "Worker", route: Route) -> None:
    at, mine = now(), False

    def take(breaker: Breaker) -> Breaker:
        nonlocal mine
        mine = is_to_be_asked(breaker, at)
        return put_off(breaker, at) if mine else breaker

    # Of several nodes one asks; the next pause begins here, whatever becomes of that one.
    async with worker.database.transaction() as session:
        await routes.change(session, route.name, take)
    if not mine:
        return
    try:
        await worker.carriers[route.name].probe()
    except Unavailable as error:
        log.warning("route.not_back", route=route.name, reason=error.message)
        return
    async with worker.database.transaction() as session:
        await routes.change(session, route.name, answered)
    log.info("route.tried", route=route.name)


def carriers_by_route(
    terms_routes: tuple[Route, ...], first: Carrier, others: Mapping[str, Carrier]
) -> dict[str, Carrier]:
    """Return the carrier of each route by its name; *first* is that of whichever is not named."""
    return {route.name: others.get(route.name, first) for route in terms_routes}
