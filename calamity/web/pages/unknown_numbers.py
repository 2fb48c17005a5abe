"""Texts from numbers that nobody knows: kept apart, shown to few."""

from typing import Any

from litestar import Request, Response, get

from calamity.domain.permissions import Permission
from calamity.domain.phone import masked
from calamity.store.letters import unknown_letters
from calamity.web.auth import needs
from calamity.web.pages.frame import frame_of, house_of, page
from calamity.web.paths import PATHS
from calamity.web.views import people as views


@get(
    PATHS["unknown_numbers"],
    name="unknown_numbers",
    guards=[needs(Permission.SEE_UNKNOWN_NUMBERS)],
)
async def unknown_numbers(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the newest texts from unknown numbers, the numbers masked."""
    async with house_of(request).database.reading() as session:
        letters = await unknown_letters(session)
    view = views.UnknownNumbers(
        texts=tuple(
            views.UnknownText(
                id=letter.reply_id,
                at=letter.received_at,
                phone_masked=masked(letter.phone),
                text=letter.body,
            )
            for letter in letters
        )
    )
    return page(request, "unknown_numbers", await frame_of(request, here="unknown_numbers"), view)


UNKNOWN_NUMBERS = [unknown_numbers]
