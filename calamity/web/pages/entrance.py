"""Coming in: signing in, the language, and help."""

import asyncio
import re
import time
from typing import Any

import structlog
from litestar import Request, Response, get, post

from calamity.actions.accounts import Owed, admit, find_credentials, is_right
from calamity.actions.accounts import sign_out as end
from calamity.web.auth import COOKIE, session_cookie, visitor_of
from calamity.web.cookies import cookie_of, new_cookie, no_cookie
from calamity.web.device import device_of
from calamity.web.language import COOKIE as LANGUAGE_COOKIE
from calamity.web.language import LANGUAGES
from calamity.web.pages.forgery import VISIT
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.pages.proofs import address_of, too_many
from calamity.web.pages.second_step import owe_step
from calamity.web.paths import PATHS, path
from calamity.web.views.frame import Form, SignIn

log = structlog.get_logger(__name__)

# A path of our own: one slash, and nothing that a browser would read as another host.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]{0,500}")
_LONGEST = 200
_ALIKE_SECONDS = 0.15
"""So long at least takes every answer to a wrong password."""
_YEAR = 365 * 24 * 3600


def own_path(wanted: str) -> str:
    """Return a path of our own as it is, and the start page for anything else."""
    return wanted if _OURS.fullmatch(wanted) else path("start")


@get(PATHS["sign_in"], name="sign_in")
async def sign_in_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the way in; who is in already goes on."""
    there = own_path(request.query_params.get("next", "/"))
    if await visitor_of(request) is not None:
        return see_other(request, there)
    return await sign_in_form(request, there)


async def sign_in_form(
    request: PageRequest,
    there: str,
    errors: dict[str, str] | None = None,
    status: int = 200,
    login: str = "",
) -> Response[Any]:
    """Show the way in, with what is wrong."""
    form = Form(values={"login": login}, errors=errors or {})
    view = SignIn(form=form, next=there, provider=house_of(request).provider is not None)
    return page(request, "sign_in", await frame_of(request), view, status)


@post(PATHS["sign_in"], name="sign_in.post", status_code=200)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let somebody in, or say that name and password do not belong together."""
    sent = await form_of(request)
    login = sent.get("login", [""])[-1].strip()[:_LONGEST]
    password = sent.get("password", [""])[-1]
    there = own_path(sent.get("next", ["/"])[-1])
    brake, address, began = house_of(request).brake, address_of(request), time.monotonic()
    if not await brake.turn(address):
        return await sign_in_form(request, there, {"login": too_many(request)}, 429, login)
    cookie = await _session_for(request, login, password) if login and password else None
    if isinstance(cookie, Owed):
        return await owe_step(
            request, cookie.user_id, login.casefold(), there, has_factors=cookie.has_factors
        )
    if cookie is None:
        is_blank = not (login and password)
        if not is_blank:
            brake.was_wrong(address)
            # Counting against an account that exists takes longer, and would tell that it does.
            await asyncio.sleep(max(0.0, began + _ALIKE_SECONDS - time.monotonic()))
        return await _not_let_in(request, login, there, is_blank=is_blank)
    answer = see_other(request, there)
    answer.set_cookie(session_cookie(request, cookie))
    answer.set_cookie(no_cookie(request, VISIT))
    return answer


async def _session_for(request: PageRequest, login: str, password: str) -> str | Owed | None:
    """Start a session for whom the password fits; no transaction is open while it is hashed."""
    database, at = house_of(request).database, now()
    async with database.reading() as session:
        credentials = await find_credentials(session, login.casefold(), at)
    right = await is_right(credentials, password) if len(password) <= _LONGEST else False
    async with database.transaction() as session:
        # Looked up again: it may have been locked or disabled while the password was hashed.
        credentials = await find_credentials(session, login.casefold(), at)
        device = device_of(request.headers.get("user-agent", ""))
        rule = house_of(request).settings.second_factor or "offered"
        cookie = await admit(session, credentials, right=right, rule=rule, device=device, at=at)
        if (before := cookie_of(request, COOKIE)) and isinstance(cookie, str):
            await end(session, before)
    return cookie


async def _not_let_in(
    request: PageRequest, login: str, there: str, *, is_blank: bool
) -> Response[Any]:
    language = language_of(request)
    problem = (
        language.text("Fill in your name and your password.")
        if is_blank
        else language.text(
            "This name and password do not belong together. After ten wrong passwords an account "
            "is closed for a quarter of an hour."
        )
    )
    return await sign_in_form(request, there, {"login": problem}, 200 if is_blank else 401, login)


@post(PATHS["language"], name="language", status_code=303)
async def choose_language(request: Request[Any, Any, Any]) -> Response[Any]:
    """Remember in which language this browser reads, and show the same page again."""
    sent = await form_of(request)
    chosen = sent.get("language", [""])[-1]
    answer = see_other(request, own_path(sent.get("next", ["/"])[-1]))
    if chosen in LANGUAGES:
        answer.set_cookie(new_cookie(request, LANGUAGE_COOKIE, chosen, seconds=_YEAR))
    return answer


@get(PATHS["help"], name="help")
async def help_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what this is and how to begin."""
    return page(request, "help", await frame_of(request, here="help"), None)


ENTRANCE = [sign_in_page, sign_in, choose_language, help_page]
