"""Signing in at the provider of the municipality: on the way there, and back again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from litestar import Request, Response, get
from msgspec import Struct

from calamity.actions.provider import Newcomer, come_in, show_again
from calamity.domain.errors import CalamityError, Forbidden, NotFound, Refused, Unavailable
from calamity.domain.provider import granted
from calamity.gateways.openid import Leaving, OpenIdProvider, new_leaving
from calamity.settings import Settings
from calamity.store.ceremonies import begin_ceremony, end_ceremony
from calamity.store.sessions import There, end_session
from calamity.web.auth import COOKIE, session_cookie, visitor_of
from calamity.web.ceremony import ceremony_cookie, ceremony_of
from calamity.web.cookies import cookie_of, no_cookie
from calamity.web.device import device_of
from calamity.web.pages.entrance import own_path, sign_in_form
from calamity.web.pages.forgery import VISIT
from calamity.web.pages.frame import PageRequest, house_of, language_of, now, see_other
from calamity.web.paths import PATHS
from calamity.web.refusals import said

log = structlog.get_logger(__name__)

_PURPOSE = "provider"
_STATUS = {Unavailable: 503, Forbidden: 403}


class _Away(Struct, frozen=True):
    """A browser that left for the provider."""

    leaving: Leaving
    there: str
    since: datetime
    again_for: str | None = None
    """The account that shows once more who it is, when somebody is signed in."""


def _provider(request: PageRequest) -> OpenIdProvider:
    provider = house_of(request).provider
    if provider is None:
        raise NotFound("There is nothing at this address.")
    return provider


@get(PATHS["sign_in_provider"], name="sign_in.provider")
async def leave(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send the browser to the provider; who is signed in gives the password there again."""
    provider, at = _provider(request), now()
    visitor = await visitor_of(request)
    there = own_path(request.query_params.get("next", "/"))
    away = _Away(new_leaving(), there, at, visitor.actor.user_id if visitor else None)
    try:
        address = await provider.address(away.leaving, again=visitor is not None)
    except Unavailable as error:
        log.warning("provider.away", why=error.message)
        return await _refused(request, error, there)
    async with house_of(request).database.transaction() as session:
        value = await begin_ceremony(session, _PURPOSE, away, at)
    answer = see_other(request, address)
    answer.set_cookie(ceremony_cookie(request, value))
    return answer


@get(PATHS["sign_in_return"], name="sign_in.return")
async def come_back(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let in who comes back from the provider, or say why not."""
    provider, there = _provider(request), "/"
    try:
        async with house_of(request).database.transaction() as session:
            away = await end_ceremony(session, ceremony_of(request), _PURPOSE, _Away, now())
        if away is None or request.query_params.get("state") != away.leaving.state:
            raise Refused("This sign-in took too long, or began in another browser. Begin again.")
        there = away.there
        answer = see_other(request, there)
        answer.set_cookie(session_cookie(request, await _cookie_for(request, provider, away)))
    except CalamityError as error:
        log.warning("provider.refused", why=type(error).__name__)
        return await _refused(request, error, there)
    answer.set_cookie(ceremony_cookie(request, ""))
    answer.set_cookie(no_cookie(request, VISIT))
    return answer


async def _cookie_for(request: PageRequest, provider: OpenIdProvider, away: _Away) -> str:
    sent, house = request.query_params, house_of(request)
    if "code" not in sent:
        raise Refused("The sign-in with your work account was not completed.")
    claims, token = await provider.claims(
        away.leaving,
        code=sent["code"],
        issuer=sent.get("iss"),
        wanted=_wanted(house.settings),
        since=away.since if away.again_for else None,
    )
    newcomer = newcomer_of(house.settings, claims, token)
    before = cookie_of(request, COOKIE)
    device = device_of(request.headers.get("user-agent", ""))
    async with house.database.transaction() as session:
        if away.again_for:
            value = await show_again(
                session, newcomer, away.again_for, before, device=device, at=now()
            )
        else:
            makes = house.settings.oidc_new_accounts == "make"
            value = await come_in(session, newcomer, makes=makes, device=device, at=now())
            await end_session(session, before)
    house.visitors.forget()
    return value


def _wanted(settings: Settings) -> tuple[str, ...]:
    stated = settings.oidc_municipality_claim
    return ("name", settings.oidc_groups_claim, *([stated] if stated else ()))


def newcomer_of(settings: Settings, claims: dict[str, Any], token: str) -> Newcomer:
    """Return who these claims are about. Raises Refused for who may not come in."""
    municipality = None
    if settings.oidc_municipality_claim:
        municipality = str(claims.get(settings.oidc_municipality_claim) or "")
        if not municipality:
            raise Refused(
                "Your work account does not say for which municipality you work. Ask your "
                "administrator to look at your groups."
            )
    # An address that somebody only typed in at the provider must not open an account made for it.
    email = claims.get("email") if claims.get("email_verified") is not False else None
    login = claims.get("preferred_username") or email or claims["sub"]
    return Newcomer(
        subject=str(claims["sub"]),
        login=str(login),
        name=str(claims.get("name") or "")[:80],
        grant=granted(settings.grants, _groups(claims, settings), municipality),
        there=There(settings.oidc_issuer, token, str(claims.get("sid") or "")),
    )


def _groups(claims: dict[str, Any], settings: Settings) -> Collection[str]:
    found = claims.get(settings.oidc_groups_claim, [])
    if isinstance(found, str):
        return {found}
    return {str(each) for each in found} if isinstance(found, list) else set()


async def _refused(request: PageRequest, error: CalamityError, there: str) -> Response[Any]:
    words = said(error, language_of(request))
    return await sign_in_form(request, there, {"provider": words}, _STATUS.get(type(error), 401))


PROVIDER = [leave, come_back]
