"""An account, a text and a short patience for tests of the gateways."""

from calamity.gateways.carrier import OutboundText
from calamity.gateways.twilio import Patience, TwilioAccount

SHORT = Patience(connect_seconds=0.3, read_seconds=0.4, total_seconds=0.8)


def make_account(**changes: str) -> TwilioAccount:
    fields = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "0123456789abcdef0123456789abcdef",
        "public_url": "https://crisis.example.nl",
        **changes,
    }
    return TwilioAccount(**fields)


def make_text(**changes: object) -> OutboundText:
    fields: dict[str, object] = {
        "message_id": "0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11",
        "sender": "+3197010250001",
        "to": "+3197010240001",
        "body": "Bent u er? JA 4821",
        "valid_seconds": 900,
        **changes,
    }
    return OutboundText(**fields)
