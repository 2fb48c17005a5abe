"""The page with e-mails, beside the phones."""

from typing import Any

from litestar import Controller, get
from litestar.connection import Request
from litestar.params import FromQuery
from litestar.response import Template
from msgspec import structs

from calamity.sandbox.control import desk_of
from calamity.sandbox.pages import ZONE, page_context


class MailPages(Controller):
    """E-mails for people to read, and for tests."""

    @get("/mails", sync_to_thread=False)
    def mails(
        self, request: Request[Any, Any, Any], lang: FromQuery[str | None] = None
    ) -> Template:
        """Show every e-mail, the newest first."""
        found = desk_of(request).mails.newest
        shown = [(mail, mail.at.astimezone(ZONE).strftime("%H:%M:%S")) for mail in found]
        return Template("mails.html", context={**page_context(request, lang), "mails": shown})

    @get("/sandbox/mails", sync_to_thread=False)
    def listed(self, request: Request[Any, Any, Any]) -> list[dict[str, Any]]:
        """Return every e-mail, the newest first."""
        return [structs.asdict(mail) for mail in desk_of(request).mails.newest]
