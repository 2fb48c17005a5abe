"""The headers that keep a browser strict: on every answer, pages and errors alike."""

import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from calamity.web.assets import PREFIX

YEAR = 365 * 24 * 3600
_NONCE = "csp_nonce"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def csp_nonce(scope: Scope) -> str:
    """Return the nonce of this request: the same for its page and its policy."""
    state = scope.setdefault("state", {})
    return str(state.setdefault(_NONCE, secrets.token_urlsafe(18)))


def policy(nonce: str) -> str:
    """Return the content security policy: what we built and this page's own nonce, no more."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def security_headers(*, production: bool) -> BeforeMessageSendHookHandler:
    """Return the `before_send` hook that sets them, also on answers that no handler gave.

    A middleware would miss what Litestar answers before routing: 404 and 405. What a handler set
    itself stays, so that a download can say how it may be kept.
    """

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        headers.setdefault("Content-Security-Policy", policy(csp_nonce(scope)))
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if scope["path"].startswith(PREFIX) and message["status"] in (200, 206, 304):
            headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store")
        if production:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")

    return add
