"""The terms on which actions work: what they need to know of the installation."""

from collections.abc import Iterator
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


class Terms(Struct, frozen=True):
    """Sender, rate, address, zone, price, and whom an exercise may reach."""

    sender: str
    rate: float
    """Parts per second."""
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
    def senders(self) -> list[str]:
        """Everything that sends: texts first, then the other ways."""
        return [self.sender, *(way.sender for way in self.ways)]


def terms_of(settings: Settings) -> Terms:
    """Return the terms that follow from the settings."""
    sender, rate = next(iter(settings.senders.items()))
    return Terms(
        sender=sender,
        rate=rate,
        public_url=settings.public_url.rstrip("/"),
        zone=settings.zone,
        price_per_part=settings.price_per_part,
        is_sandbox=settings.carrier == "sandbox",
        allowed_in_exercise=settings.allowed_in_exercise,
        reply_codes=settings.reply_codes,
        ways=tuple(_ways(settings)),
    )


def _ways(settings: Settings) -> Iterator[Way]:
    for number, rate in settings.callers.items():
        yield Way(Channel.VOICE, f"tel:{number}", rate)
    if settings.smtp_host:
        yield Way(Channel.EMAIL, f"mailto:{settings.smtp_from}", _MAILS_PER_SECOND)
