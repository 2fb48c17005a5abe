"""What the settings must be before anything starts: each refusal says what to do."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from calamity.domain.attachment import MOST_MB
from calamity.domain.errors import Refused

if TYPE_CHECKING:
    from calamity.settings import Settings

SANDBOX_PREFIX = "AC5a4d0000"
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{3,80}")
_SHORTEST_SECRET = 32
_SHORTEST_TOKEN = 16
_CARRIERS = {"sandbox", "twilio", "smpp"}


def checked(settings: "Settings", environ: Mapping[str, str]) -> "Settings":
    """Return the settings; raises Refused, naming the first that is not usable and the cure."""
    for name, unusable, cure in (
        (
            "CALAMITY_SECRET_KEY",
            len(settings.secret_key) < _SHORTEST_SECRET,
            "needs at least 32 characters; make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        ),
        (
            "CALAMITY_CARRIER",
            not set(settings.carriers) <= _CARRIERS,
            "must be sandbox, twilio or smpp, or several of them by commas in the order in which "
            "texts take them",
        ),
        (
            "CALAMITY_CARRIER",
            settings.env == "production" and (settings.has_sandbox or not settings.carriers),
            "must be twilio or smpp, or both, in production: the sandbox reaches nobody",
        ),
        (
            "CALAMITY_CARRIER",
            not settings.carriers or len(set(settings.carriers)) < len(settings.carriers),
            "must name each carrier once, and one at least",
        ),
        (
            "CALAMITY_CARRIER",
            {"sandbox", "twilio"} <= set(settings.carriers),
            "cannot name both sandbox and twilio: the sandbox takes the place of Twilio",
        ),
        (
            "CALAMITY_TWILIO_ACCOUNT_SID",
            settings.has_twilio and not settings.twilio_account_sid.startswith("AC"),
            "must be the account's SID, AC and 32 hexadecimal digits",
        ),
        (
            "CALAMITY_TWILIO_ACCOUNT_SID",
            _is_real_account_in_sandbox(settings),
            "is of a real account, and the carrier is the sandbox: set CALAMITY_CARRIER to twilio, "
            "or leave the account to the sandbox",
        ),
        (
            "CALAMITY_TWILIO_AUTH_TOKEN",
            settings.has_twilio and _is_token_unusable(settings),
            "is missing or too short; without it anyone could forge replies. Copy it from the "
            "console; while it is being replaced: the old and the new, separated by a comma",
        ),
        (
            "CALAMITY_TWILIO_SHARED_KEY",
            any(not key or len(secret) < _SHORTEST_TOKEN for key, secret in _keys(settings)),
            "must be the id and the secret of a SharedKey, as id=secret, with a secret of at least "
            "16 characters",
        ),
        (
            "CALAMITY_TWILIO_FROM",
            settings.has_twilio and not are_senders(settings.twilio_senders),
            "must name at least one number that can be answered, as +31..., each with a rate above "
            "zero where it has one (+31...=10), or set CALAMITY_TWILIO_MESSAGING_SERVICE_SID",
        ),
        (
            "CALAMITY_SMPP_FROM",
            _is_on_two_routes(settings),
            "names a number that CALAMITY_TWILIO_FROM names too: a number belongs to one provider, "
            "and a reply comes in there",
        ),
        (
            "CALAMITY_TWILIO_VOICE_FROM",
            not _is_caller(settings),
            "must be one number of the account that may call, as +31..., with a rate above zero "
            "where it has one (+31...=1); leave it empty to phone nobody",
        ),
        (
            "CALAMITY_TWILIO_VOICE_FROM",
            not settings.has_twilio and bool(settings.twilio_voice_from),
            "must be empty while CALAMITY_CARRIER is smpp alone: calls leave through Twilio",
        ),
        (
            "CALAMITY_SMTP_FROM",
            bool(settings.smtp_host) and not _ADDRESS.fullmatch(settings.smtp_from),
            "must be the address from which we write, as crisis@gemeente.nl",
        ),
        (
            "CALAMITY_SMTP_SECURITY",
            settings.smtp_security == "none" and not _is_here(settings.smtp_host),
            "must be starttls or tls: without it anyone on the way reads along",
        ),
        (
            "CALAMITY_SPOOL_MB",
            settings.spool_mb < 1,
            "must be at least 1: without room, replies are lost while the database is away",
        ),
        (
            "CALAMITY_ATTACHMENT_MB",
            not 1 <= settings.attachment_mb <= MOST_MB,
            f"must be from 1 to {MOST_MB}: a larger file belongs in your own file system",
        ),
        (
            "CALAMITY_PUBLIC_URL",
            _is_out_of_reach(settings),
            "is an address of this machine only, and the carrier has to call it: give the https "
            "address at which the world reaches us",
        ),
        (
            "CALAMITY_TWILIO_ORIGIN",
            settings.env == "production" and bool(settings.twilio_origin),
            "must not be set in production: it leads messages away from the carrier",
        ),
        (
            "CALAMITY_PUBLIC_URL",
            settings.env == "production" and _parts(settings.public_url).scheme != "https",
            "must be the https address that the carrier calls",
        ),
        (
            "CALAMITY_OIDC_ISSUER",
            bool(settings.oidc_issuer) and not _is_safe_origin(settings.oidc_issuer),
            "must be the https address of the provider, exactly as the provider itself writes it: "
            "copy `issuer` from its /.well-known/openid-configuration",
        ),
        (
            "CALAMITY_OIDC_CLIENT_ID and CALAMITY_OIDC_CLIENT_SECRET",
            bool(settings.oidc_issuer)
            and not (settings.oidc_client_id and settings.oidc_client_secret),
            "must both be set where CALAMITY_OIDC_ISSUER is: register Calamity at the provider, "
            "with the return address PUBLIC_URL/sign-in/provider/return",
        ),
        (
            "CALAMITY_OIDC_ISSUER",
            not settings.oidc_issuer and bool(settings.oidc_client_id or settings.oidc_roles),
            "is missing while other settings of the provider are there: set it, or take those away",
        ),
        (
            "CALAMITY_OIDC_SCOPE",
            "openid" not in settings.oidc_scope.split(),
            "must hold openid",
        ),
        (
            "CALAMITY_OIDC_ROLES",
            bool(settings.oidc_issuer) and not settings.grants,
            "must say which group has which role, as GROUP=role; without it nobody gets in",
        ),
        (
            "CALAMITY_TIMEZONE",
            not _is_zone(settings.timezone),
            "must be the name of a time zone, such as Europe/Amsterdam",
        ),
        (
            "TWILIO_EDGE or TWILIO_REGION",
            bool(environ.get("TWILIO_EDGE") or environ.get("TWILIO_REGION")),
            "must not be set: they change the address of every carrier call behind our back; "
            "use CALAMITY_TWILIO_REGION",
        ),
    ):
        if unusable:
            raise Refused(f"{name} {cure}.", field=name)
    return settings


def _is_real_account_in_sandbox(settings: "Settings") -> bool:
    is_ours = settings.twilio_account_sid.startswith(SANDBOX_PREFIX)
    origin = f"http://127.0.0.1:{settings.sandbox_port}"
    return settings.has_sandbox and not is_ours and settings.twilio_origin == origin


def _is_on_two_routes(settings: "Settings") -> bool:
    if not (settings.has_twilio and settings.has_smpp):
        return False
    return bool(_numbers(settings.twilio_from) & _numbers(settings.smpp_from))


def _numbers(listed: str) -> set[str]:
    return {part.partition("=")[0].strip() for part in listed.split(",")} - {""}


def _is_token_unusable(settings: "Settings") -> bool:
    tokens = settings.auth_tokens
    if not tokens:
        # A SharedKey checks what comes in and an API key signs in: then the token may stay away.
        return not (settings.shared_keys and settings.twilio_api_key)
    return any(len(token) < _SHORTEST_TOKEN for token in tokens)


def _keys(settings: "Settings") -> list[tuple[str, str]]:
    return list(settings.shared_keys.items())


def are_senders(read: Callable[[], Mapping[str, float]]) -> bool:
    """Tell whether a list of senders can be read, and names some that can be answered."""
    try:
        senders = read()
    except ValueError:
        return False
    return bool(senders) and all(
        SENDER.fullmatch(sender) and isfinite(rate) and rate > 0 for sender, rate in senders.items()
    )


def _is_caller(settings: "Settings") -> bool:
    try:
        callers = settings.callers
    except ValueError:
        return False
    return all(
        number.startswith("+") and SENDER.fullmatch(number) and isfinite(rate) and rate > 0
        for number, rate in callers.items()
    )


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_safe_origin(url: str) -> bool:
    """Tell whether what is fetched here cannot be changed on the way."""
    parts = _parts(url)
    if parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine, or none."""
    try:
        return not host or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_out_of_reach(settings: "Settings") -> bool:
    """Tell whether the real carrier would have to call this very machine."""
    if "twilio" not in settings.carriers or settings.twilio_origin:
        return False
    host = _parts(settings.public_url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
