"""The cookie of a sign-in or a proof that was begun: of this browser, for ten minutes."""

from litestar.datastructures import Cookie

from calamity.store.ceremonies import LASTS
from calamity.web.cookies import Connection, cookie_of, new_cookie, no_cookie

CEREMONY = "calamity_ceremony"


def ceremony_of(connection: Connection) -> str:
    """Return the value of the cookie, or nothing."""
    return cookie_of(connection, CEREMONY)


def ceremony_cookie(connection: Connection, value: str) -> Cookie:
    """Return the cookie; without a value it is taken away."""
    if not value:
        return no_cookie(connection, CEREMONY)
    return new_cookie(connection, CEREMONY, value, seconds=int(LASTS.total_seconds()))
