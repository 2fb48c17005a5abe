"""The headers that keep a browser strict: on every response, pages and errors alike."""

import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from calamity.web.assets import PREFIX

YEAR = 365 * 24 * 3600


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
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


class SecurityHeaders(ASGIMiddleware):
    """Sets the security headers, and `state.csp_nonce` for the templates.

    What a handler set itself stays, so that a download can say how it may be kept.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, *, production: bool) -> None:
        self.production = production

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and add the headers when the answer starts."""
        nonce = secrets.token_urlsafe(18)
        scope["state"]["csp_nonce"] = nonce
        hashed = scope["path"].startswith(PREFIX)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                kept = hashed and message["status"] in (200, 206, 304)
                headers.setdefault("Content-Security-Policy", policy(nonce))
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("X-Frame-Options", "DENY")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                headers.setdefault(
                    "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
                )
                if kept:
                    headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
                else:
                    headers.setdefault("Cache-Control", "no-store")
                if self.production:
                    headers.setdefault(
                        "Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains"
                    )
            await send(message)

        await next_app(scope, receive, send_with_headers)
