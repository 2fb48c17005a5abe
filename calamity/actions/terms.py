"""The terms on which actions work: what they need to know of the installation."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.domain.channels import Channel
from calamity.settings import ReplyCodes, Settings

_MAILS_PER_SECOND = 5.0


class Way(Struct, frozen=True):
    """Another way than SMS by which this installation reaches people."""

    channel: Channel
    sender: str
    """`tel:` and the number that calls, or `mailto:` and the address that writes."""
    rate: float
    """How many begin in a second."""


class Route(Struct, frozen=True):
    """One carrier that takes our texts, and the numbers of ours that are its own."""

    name: str
    senders: Mapping[str, float]
    """Our numbers, or the service that chooses one, with the parts per second of each."""

    @property
    def sender(self) -> str:
        """The number from which texts leave."""
        return next(iter(self.senders))

    @property
    def rate(self) -> float:
        """Parts per second."""
        return self.senders[self.sender]


class Terms(Struct, frozen=True):
    """Routes, address, zone, price, and whom an exercise may reach."""

    routes: tuple[Route, ...]
    """One at least, in the order in which texts take them."""
    public_url: str
    zone: ZoneInfo
    price_per_part: float
    """In euros."""
    is_sandbox: bool
    allowed_in_exercise: frozenset[str] | None
    """None when every number is a sandbox phone."""
    reply_codes: ReplyCodes = "when_ambiguous"
    ways: tuple[Way, ...] = ()
    """In the order in which they are tried."""

    @property
    def sender(self) -> str:
        """The number from which new texts leave."""
        return self.routes[0].sender

    @property
    def rate(self) -> float:
        """Its parts per second."""
        return self.routes[0].rate

    @property
    def senders(self) -> dict[str, float]:
        """Everything that sends, with its rate: texts first, then the other ways."""
        texts = {number: rate for route in self.routes for number, rate in route.senders.items()}
        return texts | {way.sender: way.rate for way in self.ways}

    def route_of(self, sender: str) -> Route:
        """Return the route of one of our numbers; of one that is ours no more, the first."""
        return next((each for each in self.routes if sender in each.senders), self.routes[0])


def terms_of(settings: Settings) -> Terms:
    """Return the terms that follow from the settings."""
    return Terms(
        routes=tuple(Route(name, numbers) for name, numbers in settings.routes.items()),
        public_url=settings.public_url.rstrip("/"),
        zone=settings.zone,
        price_per_part=settings.price_per_part,
        is_sandbox=settings.is_sandbox,
        allowed_in_exercise=settings.allowed_in_exercise,
        reply_codes=settings.reply_codes,
        ways=tuple(_ways(settings)),
    )


def _ways(settings: Settings) -> Iterator[Way]:
    for number, rate in settings.callers.items():
        yield Way(Channel.VOICE, f"tel:{number}", rate)
    if settings.smtp_host:
        yield Way(Channel.EMAIL, f"mailto:{settings.smtp_from}", _MAILS_PER_SECOND)
