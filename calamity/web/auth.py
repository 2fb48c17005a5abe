"""Who asks: a session cookie for pages, a bearer token for programs. Deny by default.

A cookie may also read the API, for the live stream of a page, but never write through it: writes by
cookie go through pages, whose forms carry a token against forgery.
"""

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Message, Scope

from calamity.domain.errors import Forbidden
from calamity.domain.permissions import Actor, Permission
from calamity.store import accounts, sessions
from calamity.web.cookies import cookie_of, new_cookie, no_cookie
from calamity.web.house import House, now
from calamity.web.visitors import Sent, Visitor

COOKIE = "calamity_session"
_KNOWN = "calamity_visitor"
_READS = ("GET", "HEAD", "OPTIONS")


async def forget_after_writing(message: Message, scope: Scope) -> None:
    """Forget the visitors once a write was answered: it may have changed who may come in.

    A `before_send` hook.
    """
    if message["type"] == "http.response.start" and scope["method"] not in _READS:  # type: ignore[typeddict-item]  # such a message answers HTTP
        house: House = scope["litestar_app"].state.house
        house.visitors.forget()


def house_of(connection: ASGIConnection) -> House:  # type: ignore[type-arg]
    """Return the house that the composition root put on the application."""
    house: House = connection.app.state.house
    return house


async def visitor_of(connection: ASGIConnection) -> Visitor | None:  # type: ignore[type-arg]
    """Return who asks, or None; looked up once per request."""
    state = connection.scope["state"]
    if _KNOWN not in state:
        state[_KNOWN] = await _look_up(connection)
    visitor: Visitor | None = state[_KNOWN]
    return visitor


async def _look_up(connection: ASGIConnection) -> Visitor | None:  # type: ignore[type-arg]
    house = house_of(connection)
    sent = _sent(connection)
    if not sent.value:
        return None
    known, writes = house.visitors.find(sent), house.visitors.writes
    if known is None and (known := await _found(house, sent)):
        house.visitors.keep(sent, known, writes)
    return known


def _sent(connection: ASGIConnection) -> Sent:  # type: ignore[type-arg]
    if sent_token(connection):
        token = connection.headers["authorization"].partition(" ")[2]
        return Sent(token.strip(), is_token=True)
    return Sent(cookie_of(connection, COOKIE), is_token=False)


async def _found(house: House, sent: Sent) -> Visitor | None:
    if sent.is_token:
        actor = await accounts.whose_token(house.database, sent.value)
        return Visitor(actor, actor.login) if actor else None
    at = now()
    found = await sessions.who_is(house.database, sent.value, at)
    if found is None:
        return None
    if found.is_news:
        async with house.database.transaction() as session:
            await sessions.seen(session, sent.value, at)
    return Visitor(
        found.actor, found.name, found.proved_at, found.ends_at, found.glass_until, found.alarms,
        found.alarm,
    )  # fmt: skip


def sent_token(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    """Say whether this request stands on a bearer token, and not on a cookie."""
    return connection.headers.get("authorization", "").lower().startswith("bearer")


async def need_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """Provide the actor of a request. Raises NotAuthorizedException for a stranger."""
    visitor = await visitor_of(request)
    if visitor is None:
        raise NotAuthorizedException("Sign in, or send a bearer token.")
    return visitor.actor


async def guard_api(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Let only known actors in; a cookie may read, not write."""
    visitor = await visitor_of(connection)
    if visitor is None:
        raise NotAuthorizedException("Send a bearer token: calamity token create --help.")
    is_read = connection.scope["method"] in _READS  # type: ignore[typeddict-item]  # guards see HTTP only
    if not is_read and not sent_token(connection):
        raise Forbidden("Writing through the API needs a bearer token; a cookie may only read.")


def needs(permission: Permission):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a Litestar guard
    """Return a guard that lets in only who has this permission."""

    async def guard(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg]
        visitor = await visitor_of(connection)
        if visitor is None:
            raise NotAuthorizedException("Sign in first.")
        visitor.actor.must(permission)

    return guard


def session_cookie(connection: ASGIConnection, value: str) -> Cookie:  # type: ignore[type-arg]
    """Return the session cookie; without a value it is taken away."""
    if not value:
        return no_cookie(connection, COOKIE)
    return new_cookie(connection, COOKIE, value, seconds=int(sessions.ABSOLUTE.total_seconds()))
