"""Which SMSC we bind to, and as whom; refused at the start where it would reach nobody."""

import re
from typing import Literal

from msgspec import Struct

from calamity.domain.errors import Refused
from calamity.settings import Settings

Ids = Literal["same", "hex-then-decimal", "decimal-then-hex"]

_HOST = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,251}[0-9A-Za-z])?|[0-9A-Fa-f:]{2,39}")
_LONGEST_SYSTEM_ID, _LONGEST_PASSWORD, _LONGEST_TYPE = 15, 8, 12
_LAST_PORT = 65535
_WIDEST_WINDOW = 1000


class SmppAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach an SMSC, and the names by which it knows us."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    is_tls: bool = True
    senders: frozenset[str] = frozenset()
    """Our numbers: a text to any other number stands apart."""
    window: int = 10
    """Most texts under way that the SMSC has not answered yet."""
    ids: Ids = "same"
    """How the ids in answers and those in receipts are written, where they differ."""

    def __repr__(self) -> str:
        """Show which SMSC it is, and no secret."""
        return f"SmppAccount({self.host}:{self.port})"


class SmppPatience(Struct, frozen=True, forbid_unknown_fields=True):
    """How long we wait for an SMSC."""

    connect_seconds: float = 5.0
    bind_seconds: float = 3.0
    """How long a text waits for a bind or for room in the window before it is `NotSent`."""
    answer_seconds: float = 12.0
    enquire_seconds: float = 30.0
    """A line that is silent this long is asked whether it is still there."""
    again_seconds: float = 1.0
    """The first wait before binding anew; twice as long each time, half a minute at most."""
    parts_seconds: float = 2.0
    """How long the parts of a long reply wait for each other."""


def smpp_account_of(settings: Settings) -> SmppAccount:
    """Return the account at the SMSC that the settings name.

    Raises Refused, with the cure, for one to which nobody can bind.
    """
    for name, is_wrong, cure in (
        (
            "HOST",
            not _HOST.fullmatch(settings.smpp_host),
            "is missing or is not the name or the address of an SMSC: give what the provider gave",
        ),
        (
            "PORT",
            not 0 < settings.smpp_port <= _LAST_PORT,
            "is not a port: give what the provider gave; 2775 is usual, 3550 with TLS",
        ),
        (
            "SYSTEM_ID",
            not _is_word(settings.smpp_system_id, 1, _LONGEST_SYSTEM_ID),
            "must be 1 to 15 plain characters, as SMPP 3.4 has them: the provider gives it",
        ),
        (
            "PASSWORD",
            not _is_word(settings.smpp_password, 1, _LONGEST_PASSWORD),
            "must be 1 to 8 plain characters, as SMPP 3.4 has them: ask the provider for one",
        ),
        (
            "SYSTEM_TYPE",
            not _is_word(settings.smpp_system_type, 0, _LONGEST_TYPE),
            "can be 12 plain characters at most; leave it empty unless the provider names one",
        ),
        (
            "FROM",
            not settings.has_smpp_senders,
            "must name at least one number that can be answered, as +31..., each with a rate "
            "above zero where it has one (+31...=10)",
        ),
        (
            "WINDOW",
            not 0 < settings.smpp_window <= _WIDEST_WINDOW,
            "must be 1 to 1000: how many texts may be unanswered at once; the provider says it",
        ),
    ):
        if is_wrong:
            raise Refused(f"CALAMITY_SMPP_{name} {cure}.", field=f"CALAMITY_SMPP_{name}")
    return SmppAccount(
        host=settings.smpp_host,
        port=settings.smpp_port,
        system_id=settings.smpp_system_id,
        password=settings.smpp_password,
        system_type=settings.smpp_system_type,
        is_tls=settings.smpp_tls == "verified",
        senders=frozenset(settings.smpp_senders()),
        window=settings.smpp_window,
        ids=settings.smpp_ids,
    )


def _is_word(value: str, fewest: int, most: int) -> bool:
    return fewest <= len(value) <= most and value.isascii() and value.isprintable()
