"""The routes at work: which one new texts take, what opens and closes one, and what moves."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from calamity.actions.terms import Route, Terms
from calamity.domain.routes import (
    Breaker,
    Heard,
    RouteState,
    after,
    best_first,
    may_be_tried,
    most_under_way,
    tried,
    way_round,
)
from calamity.domain.timeline import RouteClosed, RouteOpened
from calamity.store import routes
from calamity.store.calamities import open_calamities
from calamity.store.database import Session
from calamity.store.outbox import ensure_lane
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

_SYSTEM = "system"


class Said(Struct, frozen=True):
    """What a carrier's answer to one text says about its route."""

    heard: Heard
    code: int | None = None


class Room(Struct, frozen=True):
    """How many texts may be under way by a route; None: as many as its rate allows."""

    most: int | None
    is_calm: bool
    """Whether nothing is amiss, so that it is no news that texts are taken."""


async def routed(session: Session, terms: Terms) -> Terms:
    """Return the terms with the routes in the order in which a text takes them at this moment."""
    if len(terms.routes) == 1:
        return terms
    return replace(terms, routes=tuple(_in_order(terms, await _states(session))))


async def routes_that_work(session: Session, terms: Terms) -> list[Route]:
    """Return the routes by which texts leave at this moment, in the order of the terms."""
    states = await _states(session)
    closed = RouteState.CLOSED
    return [route for route in terms.routes if states.get(route.name, closed) is closed]


async def sender_to_answer(session: Session, terms: Terms, receiver: str) -> tuple[str, float]:
    """Return the number from which to answer, with its rate: the one that was written to.

    While its route is open it is that of the route which texts take now.
    """
    route = terms.route_of(receiver)
    states = await _states(session) if len(terms.routes) > 1 else {}
    route = _instead_of(route, terms, states) or route
    number = receiver if receiver in route.senders else route.sender
    return number, route.senders[number]


async def take_in(
    session: Session, route: Route, said: Sequence[Said], at: datetime
) -> tuple[Breaker, Breaker]:
    """Let what the carrier answered open or close a route; return how it stood and stands."""
    stood: list[Breaker] = []

    def rule(breaker: Breaker) -> Breaker:
        stood.append(breaker)
        return reduce(lambda now, each: after(now, each.heard, at, each.code), said, breaker)

    stands = await routes.change(session, route.name, rule)
    return stood[0], stands


async def room_on(session: Session, wakes: Wakes, terms: Terms, route: Route, at: datetime) -> Room:
    """Return how much room there is on a route.

    While it is open its texts move to the next route that works; and it lends one of its own to a
    route that is being tried.
    """
    standings = await routes.standings(session)
    states = {name: each.state for name, each in standings.items()}
    is_calm = states.get(route.name, RouteState.CLOSED) is RouteState.CLOSED
    if is_calm:
        for other in terms.routes:
            breaker = standings[other.name].breaker if other.name in standings else Breaker()
            if other is not route and may_be_tried(breaker, at):
                await _lend(session, wakes, route, other, at)
    elif (to := _instead_of(route, terms, states)) is not None:
        await _go_round(session, wakes, route, to, at)
    return Room(most_under_way(route.name, _names(terms), states), is_calm)


async def leave_open_routes(session: Session, wakes: Wakes, terms: Terms, at: datetime) -> None:
    """Let what waits on routes that are open leave by the next that works."""
    states = await _states(session)
    for route in terms.routes:
        to = _instead_of(route, terms, states)
        if to is not None:
            await _go_round(session, wakes, route, to, at)


def _instead_of(route: Route, terms: Terms, states: dict[str, RouteState]) -> Route | None:
    name = way_round(route.name, _names(terms), states)
    return next((each for each in terms.routes if each.name == name), None)


async def _go_round(session: Session, wakes: Wakes, route: Route, to: Route, at: datetime) -> None:
    await ensure_lane(session, to.sender, to.rate)
    if await routes.move_texts(session, list(route.senders), to.sender, at, name=route.name):
        await wakes.wake(session, "lane", to.sender)


async def _lend(session: Session, wakes: Wakes, route: Route, to: Route, at: datetime) -> None:
    # Of two nodes that would let one through, one does: it holds the route until the commit.
    free: list[bool] = []

    def look(breaker: Breaker) -> Breaker:
        free.append(may_be_tried(breaker, at))
        return breaker

    await routes.change(session, to.name, look)
    if not free[0]:
        return
    await ensure_lane(session, to.sender, to.rate)
    if await routes.lend_text(session, list(route.senders), to.sender, at):
        await routes.change(session, to.name, lambda breaker: tried(breaker, at))
        await wakes.wake(session, "lane", to.sender)


async def tell_timelines(session: Session, terms: Terms, at: datetime) -> None:
    """Write down in every open calamity that a route opened or closed."""
    standings = await routes.standings(session)
    for route in terms.routes:
        standing = standings.get(route.name, routes.Standing())
        is_open = standing.breaker.is_open
        if is_open == standing.is_told or not await routes.told(
            session, route.name, is_told=is_open
        ):
            continue
        best = _in_order(terms, {name: each.state for name, each in standings.items()})[0]
        works = not standings.get(best.name, routes.Standing()).breaker.is_open
        happening = (
            RouteOpened(
                route=route.name, code=standing.breaker.code, instead=best.name if works else None
            )
            if is_open
            else RouteClosed(route=route.name, moved=standing.moved)
        )
        for calamity_id in await open_calamities(session):
            await append(
                session, calamity_id, happening, by_role=_SYSTEM, at=at,
                happened_at=standing.breaker.since,
            )  # fmt: skip
            session.ring(calamity_id)


def _names(terms: Terms) -> list[str]:
    return [route.name for route in terms.routes]


def _in_order(terms: Terms, states: dict[str, RouteState]) -> list[Route]:
    by_name = {route.name: route for route in terms.routes}
    return [by_name[name] for name in best_first(by_name, states)]


async def _states(session: Session) -> dict[str, RouteState]:
    return {name: each.state for name, each in (await routes.standings(session)).items()}
