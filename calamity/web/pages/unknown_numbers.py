"""Texts from numbers that nobody knows: kept apart, shown to few."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.unknown import KEPT, take_unknown
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import masked
from calamity.store.letters import unknown_letters
from calamity.store.municipalities import count_municipalities
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.views import people as views


@get(
    PATHS["unknown_numbers"],
    name="unknown_numbers",
    guards=[needs(Permission.SEE_UNKNOWN_NUMBERS)],
)
async def unknown_numbers(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the newest texts from unknown numbers, the numbers masked."""
    async with house_of(request).database.reading() as session:
        letters = await unknown_letters(session, actor.municipality_id)
        is_shared = await count_municipalities(session) > 1
    view = views.UnknownNumbers(
        texts=tuple(
            views.UnknownText(
                id=letter.reply_id,
                at=letter.received_at,
                phone_masked=masked(letter.phone),
                text=letter.body,
                handled=letter.handled_at is not None,
            )
            for letter in letters
        ),
        kept_days=KEPT.days,
        shared=is_shared,
    )
    return page(request, "unknown_numbers", await frame_of(request, here="unknown_numbers"), view)


@post(
    PATHS["take_unknown"],
    name="unknown_numbers.take",
    guards=[needs(Permission.SEE_UNKNOWN_NUMBERS)],
)
async def take(
    request: PageRequest, actor: NamedDependency[Actor], reply: FromPath[str]
) -> Response[Any]:
    """Take a text for one's own municipality."""
    language = language_of(request)
    try:
        async with house_of(request).database.transaction() as session:
            await take_unknown(session, actor, reply, at=now())
    except NotFound as error:
        return see_other(request, path("unknown_numbers"), said(error, language))
    return see_other(request, path("unknown_numbers"), language.text("The text is handled."))


UNKNOWN_NUMBERS = [unknown_numbers, take]
