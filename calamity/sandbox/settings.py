"""Every knob of the sandbox carrier."""

import ipaddress
import re
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

ACCOUNT_PREFIX = "AC5a4d0000"
_ACCOUNT = re.compile(r"AC5a4d0000[0-9a-f]{24}")
_TOKEN_LENGTH = 32


class Persona(Struct, frozen=True, forbid_unknown_fields=True):
    """Someone with a phone in the practice network."""

    name: str
    number: str
    language: str = "nl"
    note: str = ""


class SandboxSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one sandbox behaves. *senders* maps a number to its rate in segments per second.

    A service without a callback of the text itself uses that of *service_callbacks*. In *region*
    IE1 the carrier can do less, as Twilio's region in Ireland; a sender in *elsewhere* is a number
    of the account in the other region.

    With *sign_as* every webhook is signed for that public address while the connection goes to
    the origin of *webhook_url*, as behind a proxy. A webhook to any host that is neither loopback
    nor in *callback_hosts* is refused: nothing leaves the machine.
    """

    account_sid: str = ACCOUNT_PREFIX + "0" * 24
    auth_token: str = "5a4d0c0ffee05a4d0c0ffee05a4d0c0f"  # noqa: S105 - a development token, public
    second_token: str | None = None
    api_key: str | None = None
    api_secret: str | None = None
    signing_key: str | None = None
    signing_secret: str | None = None
    senders: dict[str, float] = field(default_factory=lambda: {"+3197010250000": 10.0})
    services: dict[str, list[str]] = field(default_factory=dict)
    service_callbacks: dict[str, str] = field(default_factory=dict)
    region: Literal["us1", "ie1"] = "us1"
    elsewhere: frozenset[str] = frozenset()
    calls_per_second: float = 1.0
    mail_port: int | None = None
    countries: tuple[str, ...] | None = None
    webhook_url: str | None = None
    fallback_url: str | None = None
    sign_as: str | None = None
    callback_hosts: frozenset[str] = frozenset()
    allow_loopback_callbacks: bool = True
    database: str = ":memory:"
    transcript: str | None = None
    phones: str | None = None
    personas: tuple[Persona, ...] = ()
    speed: float = 1.0
    delivery_seconds: float = 1.0
    carrier_validity_seconds: float = 120.0
    auto_replies: bool = True
    webhooks_at_once: int = 32
    open_to_network: bool = False
    seed: int = 20240
    script: str | None = None

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account_sid):
            raise ValueError(
                f"A sandbox account begins with {ACCOUNT_PREFIX}; never use a real one."
            )
        if len(self.auth_token) < _TOKEN_LENGTH:
            raise ValueError(f"The auth token needs at least {_TOKEN_LENGTH} characters.")
        rates = (self.speed, self.calls_per_second, *self.senders.values())
        if any(rate <= 0 for rate in rates):
            raise ValueError("Speed and rates must be above zero.")


def is_loopback(host: str | None) -> bool:
    """Tell whether *host* can only be this machine."""
    if host is None:
        return False
    if host.lower() in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url*."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
