"""Is it alive, and can it do its work? For the operator's tools; no data about people."""

import structlog
from litestar import MediaType, Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from calamity.domain.routes import RouteState
from calamity.store import routes
from calamity.store.migrate import is_current
from calamity.store.outbox import backlog
from calamity.store.quarantine import waiting_in_quarantine
from calamity.store.routes import Standing
from calamity.web.auth import house_of
from calamity.web.hooks import TAKEN
from calamity.web.house import House

_STATES = (RouteState.CLOSED, RouteState.TRYING, RouteState.OPEN)

log = structlog.get_logger(__name__)


@get("/health/live", name="health.live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@get("/health/ready", name="health.ready")
async def ready(request: Request) -> Response[dict[str, str]]:  # type: ignore[type-arg]
    """Say whether the database answers and has the schema of this version.

    Routes for texts that do not work are named, but a node is no less ready for that.
    """
    house = house_of(request)
    not_working = ""
    try:
        is_ready = await is_current(house.database)
        if is_ready:
            async with house.database.reading() as session:
                standings = await routes.standings(session)
            not_working = ", ".join(name for name in _open(house, standings))
    except Exception:
        log.exception("health.not_ready")
        is_ready = False
    said = {"status": "ready"} if is_ready else {"status": "not ready: run calamity migrate"}
    if not_working:
        said["routes_open"] = not_working
    return Response(said, status_code=200 if is_ready else 503)


def _open(house: House, standings: dict[str, Standing]) -> list[str]:
    """Return the names of the routes that do not work."""
    return [
        route.name
        for route in house.terms.routes
        if route.name in standings and standings[route.name].breaker.is_open
    ]


@get("/metrics", name="health.metrics", media_type=MediaType.TEXT)
async def metrics(request: Request) -> Response[bytes]:  # type: ignore[type-arg]
    """Show counts in Prometheus' format: what waits or is in doubt, who watches, who posted."""
    house = house_of(request)
    async with house.database.reading() as session:
        waiting = await backlog(session)
        apart = await waiting_in_quarantine(session)
        standings = await routes.standings(session)
    registry = CollectorRegistry()
    messages = Gauge("calamity_messages", "Messages by state", ["state"], registry=registry)
    for state, number in waiting.items():
        messages.labels(state).set(number)
    viewers = Gauge("calamity_live_viewers", "Open live streams", registry=registry)
    viewers.set(request.app.state.live.viewers)
    waits = Gauge("calamity_quarantine", "What the carrier said and nobody saw", registry=registry)
    waits.set(apart)
    breaker = Gauge(
        "calamity_route_state",
        "How a route for texts stands: 0 works, 1 is tried, 2 does not work",
        ["route"],
        registry=registry,
    )
    moved = Gauge(
        "calamity_route_moved_messages",
        "Texts that took another route since this one last stopped working",
        ["route"],
        registry=registry,
    )
    for route in house.terms.routes:
        standing = standings.get(route.name, Standing())
        breaker.labels(route.name).set(_STATES.index(standing.state))
        moved.labels(route.name).set(standing.moved)
    registry.register(TAKEN)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
