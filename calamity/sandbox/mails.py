"""E-mails: a mail server that takes everything and passes nothing on, and a page that shows it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as MailSession
from msgspec import Struct

from calamity.domain.texts import clean_for_display

_LOOPBACK = "127.0.0.1"
_MOST_KEPT = 500
_LARGEST = 1 << 20


class Mail(Struct, frozen=True):
    """One e-mail as it came in."""

    id: str
    sender: str
    to: str
    subject: str
    body: str
    at: datetime


class MailBox:
    """Takes e-mails for everybody and keeps the newest."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_MOST_KEPT)

    @property
    def newest(self) -> list[Mail]:
        """The e-mails, the newest first."""
        return list(reversed(self._mails))

    async def handle_DATA(  # noqa: N802 - the name by which the server finds it
        self, server: SMTP, session: MailSession, envelope: Envelope
    ) -> str:
        """Keep an e-mail, once for each of its receivers."""
        content = envelope.content
        data = content.encode() if isinstance(content, str) else content or b""
        found = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
        part = found.get_body(("plain",))
        for to in envelope.rcpt_tos:
            self._mails.append(
                Mail(
                    id=str(found["Message-ID"] or "").strip(),
                    sender=envelope.mail_from or "",
                    to=to,
                    subject=clean_for_display(str(found["Subject"] or "")),
                    body=clean_for_display(str(part.get_content())) if part else "",
                    at=datetime.now(UTC),
                )
            )
        return "250 Taken; it goes nowhere"

    @asynccontextmanager
    async def door(self, port: int | None) -> AsyncIterator[None]:
        """Take e-mails on this loopback port, or none without a port."""
        if port is None:
            yield
            return

        def take_in() -> SMTP:
            return SMTP(self, data_size_limit=_LARGEST, enable_SMTPUTF8=True, ident="Calamity")

        server = await asyncio.get_running_loop().create_server(take_in, _LOOPBACK, port)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()
