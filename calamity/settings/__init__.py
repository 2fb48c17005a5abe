"""Every knob of the product: one frozen struct, read once from CALAMITY_* or a TOML file."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, ValidationError, convert

from calamity.domain.errors import Refused
from calamity.domain.provider import Grant, read_grants
from calamity.settings.checks import SANDBOX_PREFIX, are_senders, checked

__all__ = ["SANDBOX_PREFIX", "ReplyCodes", "Settings", "read_settings"]

_USUAL_RATE = 10.0
_USUAL_CALLS = 1.0
_SANDBOX_TOKEN = "5a4d0000c0ffee00c0ffee00c0ffee00"  # noqa: S105 - of the loopback sandbox only
_SANDBOX_ACCOUNT = SANDBOX_PREFIX + "0" * 24
_SANDBOX_SENDER = "+3197010250001"
_MAIL_ABOVE = 24
_SANDBOX_ADDRESS = "calamity@oeverlanden.example"


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

    carrier: str | None = None
    """`sandbox` is the default in development; production needs `twilio` or `smpp`, or both by a
    comma: texts take the first, and the next while it does not work."""

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

    twilio_voice_from: str = ""
    """The number from which people are phoned when they do not answer a call-out; it may name how
    many calls begin in a second: `+3197...=1`. Without it nobody is phoned."""

    twilio_origin: str = ""
    """Another origin that speaks the same API: the sandbox, or a test double."""

    twilio_region: str = ""
    """The region of the account, for example `ie1`."""

    smpp_host: str = ""
    """The SMSC of another provider, to which we bind over SMPP 3.4: its name or address."""

    smpp_port: int = 2775
    """The port of the SMSC."""

    smpp_tls: Literal["verified", "off"] = "verified"
    """`off` only where a private line protects the password and the texts."""

    smpp_system_id: str = ""
    """Our name at the SMSC."""

    smpp_password: str = ""
    """The password that belongs to it, 8 characters at most."""

    smpp_system_type: str = ""
    """Only where the provider names one."""

    smpp_from: str = ""
    """Our two-way numbers on this route, as *twilio_from* has them."""

    smpp_window: int = 10
    """Most texts under way that the SMSC has not answered yet."""

    smpp_ids: Literal["same", "hex-then-decimal", "decimal-then-hex"] = "same"
    """How the SMSC writes ids in its answers and in its receipts, where that differs."""

    smtp_host: str = ""
    """The mail server for e-mails to who answers no text and no call; none: nobody is mailed."""

    smtp_port: int = 587
    """Its port; 465 is usual for `tls`."""

    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the line to it is encrypted; `none` for a mail server on this machine only."""

    smtp_user: str = ""
    """The name with which we sign in to it; none: we do not."""

    smtp_password: str = ""
    """The password that goes with it."""

    smtp_from: str = ""
    """The address from which we write."""

    sandbox_mail_port: int = 0
    """The loopback port on which the sandbox takes e-mails; 24 above its own unless given."""

    sandbox_port: int = 8001
    """The loopback port of the sandbox carrier and its phones."""

    exercise_numbers: str = ""
    """Numbers that an exercise may text on a real carrier, comma-separated; none by default."""

    attachment_mb: int = 5
    """Most megabytes of one file on the timeline; 20 at most."""

    price_per_part: float = 0.09
    """Estimated price of one SMS part in euros, for the plan."""

    reply_codes: ReplyCodes = "when_ambiguous"
    """Which questions carry a code that an answer must repeat: `always`, `when_ambiguous` (people
    who share a phone, or a second question while one is open) or `never`."""

    oidc_issuer: str = ""
    """The provider at which people of the municipality sign in (OpenID Connect); none: only
    accounts with a password."""

    oidc_client_id: str = ""
    """As what the provider knows us."""

    oidc_client_secret: str = ""
    """The secret that belongs to it."""

    oidc_scope: str = "openid profile email"
    """What is asked of the provider; `openid` is always in it."""

    oidc_groups_claim: str = "groups"
    """The claim that names the groups of a person."""

    oidc_municipality_claim: str = ""
    """The claim that names the municipality of a person by its short name; none: the groups say."""

    oidc_roles: str = ""
    """Which group has which role: `GROUP=role`, several by semicolons, the first that fits counts;
    `GROUP=role@municipality` where there are several municipalities."""

    oidc_new_accounts: Literal["make", "refuse"] = "make"
    """Who comes from the provider for the first time gets an account, or is `refuse`d unless an
    administrator made one."""

    second_factor: Literal["offered", "activate", "all"] | None = None
    """Of whom with a password a second step is asked: of nobody who has not chosen it (`offered`,
    in development), of roles that can `activate` (in production), or of `all`."""

    log: Literal["pretty", "json"] | None = None
    """`pretty` in development, `json` in production."""

    themes: str = ""
    """Folder with the looks of municipalities: `default.json`, and `SLUG.json` for each."""

    accessibility_contact: str = ""
    """Whom a reader tells of a page that they cannot use: an e-mail address or a phone number."""

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
    def carriers(self) -> list[str]:
        """The carriers of our texts, in the order in which texts take them."""
        return _listed(self.carrier or "")

    @property
    def is_sandbox(self) -> bool:
        """Whether no text at all leaves for a real phone."""
        return self.carriers == ["sandbox"]

    @property
    def has_sandbox(self) -> bool:
        """Whether the practice network is one of the carriers."""
        return "sandbox" in self.carriers

    @property
    def has_twilio(self) -> bool:
        """Whether texts take the route of Twilio, or of the sandbox that speaks as Twilio does."""
        return self.has_sandbox or "twilio" in self.carriers

    @property
    def has_smpp(self) -> bool:
        """Whether texts take the route to an SMSC."""
        return "smpp" in self.carriers

    @property
    def routes(self) -> dict[str, dict[str, float]]:
        """Our numbers on each route, with the segments per second that each may send."""
        return {
            name: self.smpp_senders() if name == "smpp" else self.twilio_senders()
            for name in self.carriers
        }

    @property
    def senders(self) -> dict[str, float]:
        """Our numbers on all routes, with the segments per second that each may send."""
        return {number: rate for one in self.routes.values() for number, rate in one.items()}

    def twilio_senders(self) -> dict[str, float]:
        """Our numbers at Twilio; raises ValueError for a rate that is no number."""
        found = _rates(self.twilio_from)
        if self.twilio_messaging_service_sid:
            found.setdefault(self.twilio_messaging_service_sid, _USUAL_RATE)
        return found

    def smpp_senders(self) -> dict[str, float]:
        """Our numbers at the SMSC; raises ValueError for a rate that is no number."""
        return _rates(self.smpp_from)

    @property
    def has_smpp_senders(self) -> bool:
        """Whether the SMSC has a number of ours from which to text."""
        numbers = self.smpp_from.replace(" ", "").split(",")
        return are_senders(self.smpp_senders) and all(n[:1] in ("+", "") for n in numbers)

    @property
    def callers(self) -> dict[str, float]:
        """Our number for calls, if any, with how many calls may begin in a second."""
        number, _, rate = self.twilio_voice_from.strip().partition("=")
        return {number.strip(): float(rate or _USUAL_CALLS)} if number.strip() else {}

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Which group at the provider has which role; raises Refused for what cannot be read."""
        return read_grants(self.oidc_roles)

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
        if self.is_sandbox:
            return None
        return frozenset(_listed(self.exercise_numbers))


def _rates(listed: str) -> dict[str, float]:
    pairs = (part.partition("=") for part in _listed(listed))
    return {number.strip(): float(rate or _USUAL_RATE) for number, _, rate in pairs}


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
    return checked(_completed(settings), environ)


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
    if settings.second_factor is None:
        changes["second_factor"] = "offered" if settings.env == "development" else "activate"
    if settings.env == "development":
        if not settings.secret_key:
            changes["secret_key"] = _development_key(var)
        if settings.carrier is None or settings.has_sandbox:
            changes |= _sandbox(settings) | _sandbox_mail(settings)
    return _replaced(settings, changes)


def _sandbox(settings: Settings) -> dict[str, object]:
    return {
        "carrier": settings.carrier or "sandbox",
        "twilio_account_sid": settings.twilio_account_sid or _SANDBOX_ACCOUNT,
        "twilio_auth_token": settings.twilio_auth_token or _SANDBOX_TOKEN,
        "twilio_from": settings.twilio_from or f"{_SANDBOX_SENDER}=10",
        "twilio_voice_from": settings.twilio_voice_from or _first_number(settings.twilio_from),
        "twilio_origin": settings.twilio_origin or f"http://127.0.0.1:{settings.sandbox_port}",
    }


def _sandbox_mail(settings: Settings) -> dict[str, object]:
    port = settings.sandbox_mail_port or settings.sandbox_port + _MAIL_ABOVE
    if settings.smtp_host:
        return {"sandbox_mail_port": port}
    return {
        "sandbox_mail_port": port,
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "smtp_from": settings.smtp_from or _SANDBOX_ADDRESS,
    }


def _first_number(senders: str) -> str:
    """Return the number that calls in the sandbox: the first that texts."""
    first = next(iter(_listed(senders)), _SANDBOX_SENDER).partition("=")[0].strip()
    return first if first.startswith("+") else ""


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
