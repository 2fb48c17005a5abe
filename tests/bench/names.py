"""Names of nobody, for processes that must start quickly."""

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"  # of nobody
PUBLIC = "https://crisis.example.nl"
SENDER = "+3197010250001"
TOLD = 2_500
"""Of so many messages the receipts tell, each of these in turn:"""
STATUSES = ("queued", "sending", "sent", "delivered")


def a_sid(number: int) -> str:
    """Return the carrier's id of a message that receipts tell of."""
    return f"SM{number:032x}"


def a_message(number: int) -> str:
    """Return our id of that message."""
    return f"told-{number:05d}"
