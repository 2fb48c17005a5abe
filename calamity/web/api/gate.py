"""What handlers get handed in, and the guard for who may do one thing or another."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from calamity.domain.errors import Forbidden
from calamity.domain.permissions import Actor, Permission
from calamity.web.auth import house_of, need_actor, visitor_of
from calamity.web.house import House


async def the_house(request: Request[Any, Any, Any]) -> House:
    """Provide the house."""
    return house_of(request)


async def the_actor(request: Request[Any, Any, Any], house: NamedDependency[House]) -> Actor:
    """Provide the actor. Raises NotAuthorizedException for a stranger.

    It waits for the house, which it does not need: what Litestar may provide at the same time, it
    provides in a task group, and that costs more than both.
    """
    return await need_actor(request)


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
