"""The cookie of a sign-in or a proof that was begun: of this browser, for ten minutes."""

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from calamity.store.ceremonies import LASTS
from calamity.web.auth import house_of

CEREMONY = "calamity_ceremony"


def ceremony_of(connection: ASGIConnection) -> str:  # type: ignore[type-arg]
    """Return the value of the cookie, or nothing."""
    return connection.cookies.get(CEREMONY, "")


def ceremony_cookie(connection: ASGIConnection, value: str) -> Cookie:  # type: ignore[type-arg]
    """Return the cookie; without a value it is taken away."""
    return Cookie(
        key=CEREMONY,
        value=value,
        path="/",
        httponly=True,
        # Lax: who comes back from the provider comes from another site.
        samesite="lax",
        secure=house_of(connection).settings.public_url.startswith("https://"),
        max_age=int(LASTS.total_seconds()) if value else 0,
    )
