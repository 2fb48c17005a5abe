"""Signing out: here, and at the provider too where it has a way out."""

import hmac
import secrets
from typing import Any

import structlog
from litestar import Request, Response, get, post
from msgspec import Struct

from calamity.actions.accounts import sign_out as end
from calamity.domain.errors import Unavailable
from calamity.store.ceremonies import begin_ceremony, end_ceremony, look_at_ceremony
from calamity.web.auth import COOKIE, session_cookie, visitor_of
from calamity.web.ceremony import ceremony_cookie, ceremony_of
from calamity.web.cookies import cookie_of
from calamity.web.pages.frame import PageRequest, house_of, language_of, now, see_other
from calamity.web.pages.onward import onward
from calamity.web.paths import PATHS, path

log = structlog.get_logger(__name__)

_PURPOSE = "sign-out"


class _Leaving(Struct, frozen=True):
    """A browser that was signed out here and goes on to the provider."""

    address: str
    state: str


@post(PATHS["sign_out"], name="sign_out", status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End the session, on the server too, and at the provider where it came from there."""
    house, language = house_of(request), language_of(request)
    token = None
    if cookie := cookie_of(request, COOKIE):
        async with house.database.transaction() as session:
            token = await end(session, cookie)
    leaving = await _way_out(request, token) if token else None
    if leaving is not None:
        async with house.database.transaction() as session:
            value = await begin_ceremony(session, _PURPOSE, leaving, now())
        answer = see_other(request, path("sign_out_there"))
        answer.set_cookie(ceremony_cookie(request, value))
    elif token:
        words = language.text(
            "You are signed out here, but not at your work account. Sign out there too where "
            "others use this computer."
        )
        answer = see_other(request, path("sign_in"), words)
    else:
        answer = see_other(request, path("sign_in"), language.text("You are signed out."))
    answer.set_cookie(session_cookie(request, ""))
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


async def _way_out(request: PageRequest, token: str) -> _Leaving | None:
    provider, state = house_of(request).provider, secrets.token_urlsafe(32)
    if provider is None:
        return None
    try:
        address = await provider.way_out(token, state, language_of(request).code)
    except Unavailable as error:
        log.warning("provider.away", why=error.message)
        return None
    return None if address is None else _Leaving(address, state)


@get(PATHS["sign_out_there"], name="sign_out.there")
async def go_there(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send a browser that was signed out here on to the provider."""
    async with house_of(request).database.reading() as session:
        leaving = await look_at_ceremony(session, ceremony_of(request), _PURPOSE, _Leaving, now())
    if leaving is None:
        return see_other(request, path("sign_in"))
    language = language_of(request)
    return await onward(
        request, leaving.address, language.text("You are signed out here"),
        language.text("Now we sign you out at your work account too."),
    )  # fmt: skip


@get(PATHS["sign_out_return"], name="sign_out.return")
async def come_back(request: Request[Any, Any, Any]) -> Response[Any]:
    """Say to who comes back from the provider what happened."""
    async with house_of(request).database.transaction() as session:
        leaving = await end_ceremony(session, ceremony_of(request), _PURPOSE, _Leaving, now())
    sent = request.query_params.get("state", "")
    if leaving is None or not hmac.compare_digest(leaving.state.encode(), sent.encode()):
        there = "start" if await visitor_of(request) else "sign_in"
        return see_other(request, path(there))
    words = language_of(request).text(
        "You are signed out, here and at your work account, unless you chose there to stay in."
    )
    answer = see_other(request, path("sign_in"), words)
    answer.set_cookie(ceremony_cookie(request, ""))
    return answer


SIGN_OUT = [sign_out, go_there, come_back]
