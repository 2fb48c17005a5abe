"""What every page and every resource needs of the house, handed in by the composition root."""

from datetime import UTC, datetime

from msgspec import Struct, field

from calamity.actions.terms import Terms
from calamity.gateways.openid import OpenIdProvider
from calamity.gateways.twilio_webhooks import WebhookReader
from calamity.settings import Settings
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.matters import MatterReader
from calamity.store.timeline import TimelineReader
from calamity.store.wakes import Wakes
from calamity.web.brake import Brake
from calamity.web.themes import Themes
from calamity.web.visitors import Visitors


class House(Struct, frozen=True):
    """The parts that handlers use; made once per process."""

    settings: Settings
    terms: Terms
    database: Database
    wakes: Wakes
    inbox: Inbox
    timeline: TimelineReader
    matters: MatterReader
    webhooks: WebhookReader
    visitors: Visitors
    themes: Themes
    provider: OpenIdProvider | None = None
    """Where people of the municipality sign in, where that is set up."""
    brake: Brake = field(default_factory=Brake)
    """On guessing passwords and codes."""


def now() -> datetime:
    """Return the present moment: the edges know the clock, actions are told."""
    return datetime.now(UTC)
