"""What happens to the routes by which texts leave."""

from calamity.domain.timeline.body import Body, Count


class RouteOpened(Body, frozen=True, tag="route-opened"):
    """Texts no longer leave by one of our routes; *instead* is the one that they take now."""

    route: str
    code: int | None = None
    """The carrier's, where it gave one; else it does not answer."""
    instead: str | None = None


class RouteClosed(Body, frozen=True, tag="route-closed"):
    """A route works again; *moved* texts took another one meanwhile."""

    route: str
    moved: Count = 0


class AlarmsCopied(Body, frozen=True, tag="alarms-copied"):
    """Nothing was heard of alarms that left by one route; a copy of each leaves by another."""

    route: str
    instead: str
    texts: Count
    seconds: Count
    """For how long nothing was heard."""
