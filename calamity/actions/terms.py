"""The terms on which actions work: what they need to know of the installation."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.settings import ReplyCodes, Settings


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
    )
