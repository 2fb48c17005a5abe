"""Cookies, all made alike: for every page of this host, sent back by it alone, closed to scripts.

Over https a name begins with `__Host-`: a browser takes such a cookie only from this very host,
over https, for all its paths. So no neighbouring host, and no answer over plain http, can plant
one, and what stands under the bare name is not believed. Over plain http (development, the demo) a
browser refuses that prefix, and the bare name is used.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from calamity.web.house import House

_PREFIX = "__Host-"

Connection = ASGIConnection[Any, Any, Any, Any]


def cookie_of(connection: Connection, name: str) -> str:
    """Return what the browser sent back under this name, or nothing."""
    return connection.cookies.get(_named(connection, name), "")


def new_cookie(
    connection: Connection, name: str, value: str, *, seconds: int | None = None
) -> Cookie:
    """Return a cookie that lasts so many *seconds*, or as long as the browser is open."""
    return Cookie(
        key=_named(connection, name),
        value=value,
        path="/",
        httponly=True,
        # Lax: who comes back from the provider comes from another site.
        samesite="lax",
        secure=_is_https(connection),
        max_age=seconds,
    )


def no_cookie(connection: Connection, name: str) -> Cookie:
    """Return what takes a cookie away; a browser wants it to look like the cookie itself."""
    return new_cookie(connection, name, "", seconds=0)


def _named(connection: Connection, name: str) -> str:
    return _PREFIX + name if _is_https(connection) else name


def _is_https(connection: Connection) -> bool:
    house: House = connection.app.state.house
    return house.settings.public_url.startswith("https://")
