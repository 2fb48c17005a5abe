"""Is it alive, and can it do its work? For the operator's tools; no data about people."""

import structlog
from litestar import MediaType, Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from calamity.store.migrate import is_current
from calamity.store.outbox import backlog
from calamity.store.quarantine import waiting_in_quarantine
from calamity.web.auth import house_of
from calamity.web.hooks import TAKEN

log = structlog.get_logger(__name__)


@get("/health/live", name="health.live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@get("/health/ready", name="health.ready")
async def ready(request: Request) -> Response[dict[str, str]]:  # type: ignore[type-arg]
    """Say whether the database answers and has the schema of this version."""
    try:
        is_ready = await is_current(house_of(request).database)
    except Exception:
        log.exception("health.not_ready")
        is_ready = False
    said = {"status": "ready"} if is_ready else {"status": "not ready: run calamity migrate"}
    return Response(said, status_code=200 if is_ready else 503)


@get("/metrics", name="health.metrics", media_type=MediaType.TEXT)
async def metrics(request: Request) -> Response[bytes]:  # type: ignore[type-arg]
    """Show counts in Prometheus' format: what waits or is in doubt, who watches, who posted."""
    house = house_of(request)
    async with house.database.reading() as session:
        waiting = await backlog(session)
        apart = await waiting_in_quarantine(session)
    registry = CollectorRegistry()
    messages = Gauge("calamity_messages", "Messages by state", ["state"], registry=registry)
    for state, number in waiting.items():
        messages.labels(state).set(number)
    viewers = Gauge("calamity_live_viewers", "Open live streams", registry=registry)
    viewers.set(request.app.state.live.viewers)
    waits = Gauge("calamity_quarantine", "What the carrier said and nobody saw", registry=registry)
    waits.set(apart)
    registry.register(TAKEN)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
