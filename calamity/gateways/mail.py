"""E-mail over SMTP: one attempt for each, and every outcome told apart.

Until the mail server has the words, nothing has left; once it has them and its answer is lost, the
e-mail may have left. Certificates are checked, and nothing is said before the line is encrypted.
"""

from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from calamity.domain.mailed import split_mail
from calamity.gateways.carrier import (
    Accepted,
    Found,
    InDoubt,
    NotSent,
    OutboundText,
    Outcome,
    Rejected,
)
from calamity.settings import Settings

if TYPE_CHECKING:
    from aiosmtplib import SMTP

WRITER = "mailto:"
"""Stands before the address in the sender of an e-mail."""

_PATIENCE_SECONDS = 20.0
_AFTER_NO_CONNECTION_SECONDS = 10.0
_AFTER_LATER_SECONDS = 60.0
_AFTER_MISCONFIGURATION_SECONDS = 300.0
_REFUSED = 500


class MailServer(Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach a mail server."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Show which server it is, and no secret."""
        return f"MailServer({self.host})"


def mail_server_of(settings: Settings) -> MailServer:
    """Return the mail server that the settings name."""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_password,
    )


class MailCarrier:
    """Writes e-mails through one mail server, over a line of its own for each."""

    def __init__(self, server: MailServer, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._server = server
        self._patience = patience_seconds

    async def ready(self) -> None:
        """Nothing to wait for: each e-mail opens its own line."""

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """Find nothing: a mail server does not say what it has taken."""
        return []

    async def try_line(self) -> NotSent | None:
        """Open a line as for an e-mail, and hang up; return what is wrong with it, if anything."""
        client = self._client()
        try:
            await client.connect()
        except Exception as error:
            return _not_connected(error)
        with suppress(Exception):
            await client.quit()
        return None

    def _client(self) -> "SMTP":
        from aiosmtplib import SMTP

        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            timeout=self._patience,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=server.user or None,
            password=server.password or None,
        )

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to write an e-mail. Never raises, except when it is itself cancelled."""
        client = self._client()
        try:
            await client.connect()
        except Exception as error:
            return _not_connected(error)
        try:
            return await _send(client, text)
        finally:
            with suppress(Exception):
                await client.quit()


async def _send(client: "SMTP", text: OutboundText) -> Outcome:
    from aiosmtplib import SMTPResponseException

    sender = text.sender.removeprefix(WRITER)
    id_ = f"<{text.message_id}@{sender.partition('@')[2]}>"
    try:
        words = _written(text, sender, id_)
        await client.mail(sender)
        await client.rcpt(text.to)
    except SMTPResponseException as error:
        return _refusal(error.code)
    except (ValueError, UnicodeError):
        return Rejected(0, "the e-mail cannot be written")
    except Exception:
        return NotSent("the mail server hung up", _AFTER_NO_CONNECTION_SECONDS)
    try:
        await client.data(words)
    except SMTPResponseException as error:
        return _refusal(error.code)
    except Exception as error:
        return InDoubt(f"the mail server's answer was lost ({type(error).__name__})")
    return Accepted(text.message_id, "accepted", 1)


def _written(text: OutboundText, sender: str, id_: str) -> bytes:
    subject, words = split_mail(text.body)
    mail = EmailMessage(policy=WIRE)
    mail["From"], mail["To"], mail["Subject"] = sender, text.to, subject
    mail["Date"], mail["Message-ID"] = formatdate(), id_
    # So that no holiday answer comes back.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(words)
    return mail.as_bytes()


def _refusal(code: int) -> Outcome:
    """Tell what a refusal means: a code from 500 is for good, one below is for now."""
    if code >= _REFUSED:
        return Rejected(code, "the mail server refuses the e-mail")
    return NotSent("the mail server asks to come back later", _AFTER_LATER_SECONDS, code)


def _not_connected(error: Exception) -> NotSent:
    from aiosmtplib import SMTPAuthenticationError, SMTPConnectError, SMTPTimeoutError

    if isinstance(error, SMTPAuthenticationError):
        return NotSent("the mail server does not let us in", _AFTER_MISCONFIGURATION_SECONDS)
    if isinstance(error, SMTPConnectError | SMTPTimeoutError | OSError):
        return NotSent("the mail server could not be reached", _AFTER_NO_CONNECTION_SECONDS)
    return NotSent(
        f"the line to the mail server is not safe or not usable ({type(error).__name__})",
        _AFTER_MISCONFIGURATION_SECONDS,
    )
