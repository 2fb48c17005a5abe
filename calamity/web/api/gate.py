"""What handlers get handed in, and the guard for who may do one thing or another."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from calamity.domain.errors import Forbidden
from calamity.domain.permissions import Permission
from calamity.web.auth import house_of, visitor_of
from calamity.web.house import House


async def the_house(request: Request[Any, Any, Any]) -> House:
    """Provide the house."""
    return house_of(request)


def needs_one_of(*permissions: Permission) -> Guard:
    """Return a guard that lets in who has at least one of these permissions."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        visitor = await visitor_of(connection)
        if visitor is None:
            raise NotAuthorizedException("Sign in first.")
        if not any(visitor.actor.may(permission) for permission in permissions):
            raise Forbidden(
                f"The role {visitor.actor.role} may not do this. Ask an administrator for an "
                "account with another role."
            )

    return guard


async def writes_need_a_token(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Refuse to write for a cookie that comes with another kind of Authorization than a token."""
    scheme, _space, token = connection.headers.get("authorization", "").partition(" ")
    method = connection.scope["method"]  # type: ignore[typeddict-item]  # an HTTP scope has one
    is_read = method in ("GET", "HEAD", "OPTIONS")
    if not is_read and not (scheme.lower() == "bearer" and token):
        raise Forbidden("Writing through the API needs a bearer token; a cookie may only read.")
