"""The headers that keep a browser strict: on every answer, pages and errors alike."""

import secrets

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from calamity.web.assets import PREFIX

YEAR = 365 * 24 * 3600
_NONCE = "csp_nonce"
_POLICY = b"content-security-policy"
_CACHE = b"cache-control"
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=()",
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
            "worker-src 'self'",
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
    always = dict(_ALWAYS)
    if production:
        always[b"strict-transport-security"] = f"max-age={YEAR}; includeSubDomains".encode()

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = list(message["headers"])
        given = {name.lower() for name, _ in headers}
        if scope["path"].startswith(PREFIX) and message["status"] in (200, 206, 304):
            headers = [each for each in headers if each[0].lower() != _CACHE]
            headers.append((_CACHE, f"public, max-age={YEAR}, immutable".encode()))
        elif _CACHE not in given:
            headers.append((_CACHE, b"no-store"))
        if _POLICY not in given:
            headers.append((_POLICY, policy(csp_nonce(scope)).encode()))
        headers += [each for each in always.items() if each[0] not in given]
        message["headers"] = headers

    return add
