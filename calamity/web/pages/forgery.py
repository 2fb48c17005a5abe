"""Against forged forms: every unsafe request to a page carries a token that only our pages know.

The token is an HMAC over the session cookie, or over a visit cookie while nobody is signed in, so
that it ends with the session. Litestar's own middleware is not used: it reads forms through a
cache that would keep what people typed, passwords included, in memory.
"""

import hashlib
import hmac
import secrets

from litestar import Request
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler

from calamity.domain.errors import Forbidden
from calamity.web.auth import COOKIE, house_of, visitor_of
from calamity.web.cookies import Connection, cookie_of, new_cookie
from calamity.web.pages.forms import TOKEN, PageRequest, form_of

HEADER = "x-csrftoken"
VISIT = "calamity_visit"
VISITOR = "calamity_page_visitor"
"""Where a request keeps who asks, for an error page that may not ask the database."""
_MADE = "calamity_visit_made"
_SAFE = ("GET", "HEAD", "OPTIONS")
KEY_IN_LINK = "key_in_link"
"""An option of handlers whose path holds a secret: who knows it needs no other token."""


def token_of(connection: Connection) -> str:
    """Return the token for the forms on a page of this visit, written differently each time.

    Pages are compressed: by the length of many of them a stranger could guess what never changes.
    """
    token = _token(connection, cookie_of(connection, COOKIE) or _visit(connection))
    pad = secrets.token_bytes(len(token) // 2)
    return pad.hex() + _laid_over(bytes.fromhex(token), pad).hex()


def _laid_over(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def _read(sent: str) -> str:
    """Return the token as it was before it was written differently; nothing for what is none."""
    try:
        raw = bytes.fromhex(sent)
        return _laid_over(raw[: len(raw) // 2], raw[len(raw) // 2 :]).hex()
    except ValueError:
        return ""


def _token(connection: Connection, anchor: str) -> str:
    secret = house_of(connection).database.vault.cookie_secret
    return hmac.new(secret.encode(), b"form|" + anchor.encode(), hashlib.sha256).hexdigest()


def _visit(connection: Connection) -> str:
    known = cookie_of(connection, VISIT)
    if known:
        return known
    made: str = connection.scope["state"].setdefault(_MADE, secrets.token_urlsafe(24))
    return made


def visit_cookie(connection: Connection) -> Cookie | None:
    """Return the cookie that the page of a new visit must set, or None."""
    made = connection.scope["state"].get(_MADE)
    return None if made is None else new_cookie(connection, VISIT, made)


async def guard_forms(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let an unsafe request through only with the token of its own visit."""
    visitor = connection.scope["state"][VISITOR] = await visitor_of(connection)
    if not isinstance(connection, Request) or connection.method in _SAFE:
        return
    if handler.opt.get(KEY_IN_LINK):
        return
    anchor = cookie_of(connection, COOKIE) or cookie_of(connection, VISIT)
    sent = connection.headers.get(HEADER)
    if sent is None:
        if visitor is None and _is_upload(connection):
            raise NotAuthorizedException("Sign in first.")  # a stranger's upload is not read
        sent = await _sent_field(connection)
    known = _token(connection, anchor) if anchor else None
    if known is None or sent is None or not hmac.compare_digest(_read(sent), known):
        raise Forbidden("This form is not of your present visit. Open the page again.")


def _is_upload(request: PageRequest) -> bool:
    return request.content_type[0] == "multipart/form-data"


async def _sent_field(request: PageRequest) -> str | None:
    values = (await form_of(request)).get(TOKEN)
    return values[-1] if values else None
