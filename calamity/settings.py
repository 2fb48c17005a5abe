"""Every knob of the product: one frozen struct, read once from CALAMITY_* or a TOML file."""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, ValidationError, convert

from calamity.domain.errors import Refused

_SHORTEST_SECRET = 32
_SHORTEST_TOKEN = 16
_USUAL_RATE = 10.0
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}")
_SANDBOX_TOKEN = "5a4d0000c0ffee00c0ffee00c0ffee00"  # noqa: S105 - of the loopback sandbox only
SANDBOX_PREFIX = "AC5a4d0000"
_SANDBOX_ACCOUNT = SANDBOX_PREFIX + "0" * 24
_SANDBOX_SENDER = "+3197010250001"


ReplyCodes = Literal["always", "when_ambiguous", "never"]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the installation is told. Field *x_y* is read from ``CALAMITY_X_Y``."""

    env: Literal["development", "production"] = "development"
    """`production` refuses the sandbox and generated secrets."""

    var: str = "var"
    """Folder for the embedded database, the generated key and the web hook spool."""

    spool_mb: int = 64
    """Most megabytes of web hooks kept in *var* while the database is away."""

    database_url: str = ""
    """`sqlite:///path` (one node) or `postgresql://user@host/name`; default SQLite under *var*."""

    secret_key: str = ""
    """At least 32 characters; all keys that protect numbers, bodies and sessions come from it."""

    public_url: str = ""
    """The address at which people and the carrier reach the product, without a trailing slash."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: int = 8000
    """The port to listen on."""

    carrier: Literal["sandbox", "twilio"] | None = None
    """`sandbox` is the default in development; production needs `twilio`."""

    twilio_account_sid: str = ""
    """The account, AC followed by 32 hexadecimal digits."""

    twilio_auth_token: str = ""
    """Checks the signature of web hooks; during rotation: the old and the new, comma-separated."""

    twilio_shared_key: str = ""
    """A SharedKey that signs web hooks instead of the token: `id=secret`, several by commas."""

    twilio_api_key: str = ""
    """The key (SK...) with which messages are sent; without it the auth token is used."""

    twilio_api_secret: str = ""
    """The secret of the API key."""

    twilio_from: str = ""
    """Our two-way numbers, comma-separated; each may name its segments/second: `+3197...=10`."""

    twilio_messaging_service_sid: str = ""
    """A Messaging Service (MG...) instead of *twilio_from*."""

    twilio_origin: str = ""
    """Another origin that speaks the same API: the sandbox, or a test double."""

    twilio_region: str = ""
    """The region of the account, for example `ie1`."""

    sandbox_port: int = 8001
    """The loopback port of the sandbox carrier and its phones."""

    exercise_numbers: str = ""
    """Numbers that an exercise may text on a real carrier, comma-separated; none by default."""

    price_per_part: float = 0.09
    """Estimated price of one SMS part in euros, for the plan."""

    reply_codes: ReplyCodes = "when_ambiguous"
    """Which questions carry a code that an answer must repeat: `always`, `when_ambiguous` (people
    who share a phone, or a second question while one is open) or `never`."""

    log: Literal["pretty", "json"] | None = None
    """`pretty` in development, `json` in production."""

    locale: Literal["nl", "en"] = "nl"
    """The language of pages for people who chose none."""

    timezone: str = "Europe/Amsterdam"
    """The zone in which clock times are shown and quiet hours are counted."""

    def __repr__(self) -> str:
        """Show which installation it is, and no secret: tracebacks may hold this."""
        return f"Settings({self.env}, {self.carrier})"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)

    @property
    def is_postgres(self) -> bool:
        """Whether rows live in PostgreSQL, and several nodes may run."""
        return self.database_url.startswith("postgresql")

    @property
    def senders(self) -> dict[str, float]:
        """Our numbers with the segments per second that each may send."""
        found: dict[str, float] = {}
        for part in _listed(self.twilio_from):
            number, _, rate = part.partition("=")
            found[number.strip()] = float(rate or _USUAL_RATE)
        if self.twilio_messaging_service_sid:
            found.setdefault(self.twilio_messaging_service_sid, _USUAL_RATE)
        return found

    @property
    def auth_tokens(self) -> list[str]:
        """The tokens that may have signed a web hook, the current one first."""
        return _listed(self.twilio_auth_token)

    @property
    def shared_keys(self) -> dict[str, str]:
        """The secrets of the SharedKeys that may have signed a web hook, by their ids."""
        pairs = (part.partition("=") for part in _listed(self.twilio_shared_key))
        return {key.strip(): secret.strip() for key, _, secret in pairs}

    @property
    def allowed_in_exercise(self) -> frozenset[str] | None:
        """Numbers that an exercise may text; None when every number is a sandbox phone."""
        if self.carrier == "sandbox":
            return None
        return frozenset(_listed(self.exercise_numbers))


def _listed(value: str) -> list[str]:
    return [part for part in (each.strip() for each in value.split(",")) if part]


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment, and from the TOML file that it may name.

    The environment wins over the file. Raises Refused, naming the setting and the cure, when the
    configuration is unusable or dangerous.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    if path := environ.get("CALAMITY_CONFIG"):
        values.update(_from_file(Path(path)))
    for name in Settings.__struct_fields__:
        if (value := environ.get(f"CALAMITY_{name.upper()}")) not in (None, ""):
            values[name] = value
    try:
        settings = convert(values, Settings, strict=False)
    except ValidationError as error:
        raise Refused(f"A setting is not usable: {error}. See infra/README.md.") from error
    return _checked(_completed(settings), environ)


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refused(
            f"CALAMITY_CONFIG names a file that cannot be read as TOML: {error}.",
            field="CALAMITY_CONFIG",
        ) from error


def _completed(settings: Settings) -> Settings:
    """Fill in what follows from other settings; a development key is made once and kept."""
    changes: dict[str, object] = {}
    var = Path(settings.var)
    if not settings.database_url:
        changes["database_url"] = f"sqlite:///{var.resolve()}/calamity.sqlite"
    if not settings.public_url:
        changes["public_url"] = f"http://{settings.host}:{settings.port}"
    if settings.log is None:
        changes["log"] = "pretty" if settings.env == "development" else "json"
    if settings.env == "development":
        if not settings.secret_key:
            changes["secret_key"] = _development_key(var)
        if settings.carrier in (None, "sandbox"):
            changes |= _sandbox(settings)
    return _replaced(settings, changes)


def _sandbox(settings: Settings) -> dict[str, object]:
    return {
        "carrier": "sandbox",
        "twilio_account_sid": settings.twilio_account_sid or _SANDBOX_ACCOUNT,
        "twilio_auth_token": settings.twilio_auth_token or _SANDBOX_TOKEN,
        "twilio_from": settings.twilio_from or f"{_SANDBOX_SENDER}=10",
        "twilio_origin": settings.twilio_origin or f"http://127.0.0.1:{settings.sandbox_port}",
    }


def _development_key(var: Path) -> str:
    path = var / "secret_key"
    var.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = path.with_suffix(".new")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48), encoding="ascii")
        made.replace(path)
    return path.read_text(encoding="ascii").strip()


def _replaced(settings: Settings, changes: Mapping[str, object]) -> Settings:
    values = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return Settings(**{**values, **changes})


def _checked(settings: Settings, environ: Mapping[str, str]) -> Settings:
    for name, unusable, cure in (
        (
            "CALAMITY_SECRET_KEY",
            len(settings.secret_key) < _SHORTEST_SECRET,
            "needs at least 32 characters; make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        ),
        (
            "CALAMITY_CARRIER",
            settings.env == "production" and settings.carrier != "twilio",
            "must be twilio in production: the sandbox reaches nobody",
        ),
        (
            "CALAMITY_TWILIO_ACCOUNT_SID",
            not settings.twilio_account_sid.startswith("AC"),
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
            _is_token_unusable(settings),
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
            not _are_senders(settings),
            "must name at least one number that can be answered, as +31..., each with a rate above "
            "zero where it has one (+31...=10), or set CALAMITY_TWILIO_MESSAGING_SERVICE_SID",
        ),
        (
            "CALAMITY_SPOOL_MB",
            settings.spool_mb < 1,
            "must be at least 1: without room, replies are lost while the database is away",
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


def _is_real_account_in_sandbox(settings: Settings) -> bool:
    is_ours = settings.twilio_account_sid.startswith(SANDBOX_PREFIX)
    origin = f"http://127.0.0.1:{settings.sandbox_port}"
    return settings.carrier == "sandbox" and not is_ours and settings.twilio_origin == origin


def _is_token_unusable(settings: Settings) -> bool:
    tokens = settings.auth_tokens
    if not tokens:
        # A SharedKey checks what comes in and an API key signs in: then the token may stay away.
        return not (settings.shared_keys and settings.twilio_api_key)
    return any(len(token) < _SHORTEST_TOKEN for token in tokens)


def _keys(settings: Settings) -> list[tuple[str, str]]:
    return list(settings.shared_keys.items())


def _are_senders(settings: Settings) -> bool:
    try:
        senders = settings.senders
    except ValueError:
        return False
    return bool(senders) and all(
        _SENDER.fullmatch(sender) and isfinite(rate) and rate > 0
        for sender, rate in senders.items()
    )


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_out_of_reach(settings: Settings) -> bool:
    """Tell whether the real carrier would have to call this very machine."""
    if settings.carrier != "twilio" or settings.twilio_origin:
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
