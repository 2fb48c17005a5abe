"""Only this machine, and only its own pages, may turn the knobs."""

from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from calamity.sandbox.settings import is_loopback

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def only_this_machine(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg] # any user, any state
    """Refuse callers from elsewhere, names of other machines, and pages of other sites."""
    settings = connection.app.state.sandbox.settings
    host = urlsplit("//" + connection.headers.get("host", "")).hostname
    caller = connection.client.host if connection.client else None
    if not settings.open_to_network and not (is_loopback(host) and is_loopback(caller)):
        raise PermissionDeniedException("The practice network is open on this machine only.")
    is_own = connection.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    # A link from the product to the phones is fine; a form or a script from elsewhere is not.
    follows_link = connection.headers.get("sec-fetch-mode") == "navigate"
    if not is_own and not (follows_link and connection.scope.get("method") == "GET"):
        raise PermissionDeniedException("Open the practice network itself to do this.")
