"""A provider of OpenID Connect: where people sign in, and who came back from there.

Only the code flow, with PKCE, state and nonce. What comes back is believed when the token was
signed by the provider, for us, a moment ago, in answer to this very sign-in.
"""

import base64
import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from calamity.domain.errors import Refused, Unavailable
from calamity.settings import Settings

RETURN = "/sign-in/provider/return"
"""The path to which the provider sends a browser back."""
GONE = "/sign-out/return"
"""The path to which it sends a browser that signed out there."""
BACK_CHANNEL = "/sign-in/provider/back-channel"
"""The path to which the provider itself posts that somebody signed out."""
ALGORITHMS = ["RS256", "ES256", "PS256"]
_PATIENCE = aiohttp.ClientTimeout(total=8)
_LARGEST = 512 * 1024
_LEEWAY = 30
_KEPT_SECONDS = 3600.0
_FRESH_SECONDS = 30.0
"""So long after we asked the provider, a token that does not hold is no reason to ask again."""
_NEWS = timedelta(minutes=5)
"""So old a logout token may be."""
_LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_HINT = 6000
"""A longer token would make an address that servers refuse."""
_OK = 200
_S = TypeVar("_S", bound=Struct)


class OpenIdAccount(Struct, frozen=True):
    """As what the provider knows us. *issuer* is exactly what the provider calls itself."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    redirect_uri: str
    gone_uri: str


def openid_account_of(settings: Settings) -> OpenIdAccount | None:
    """Return as what the provider knows us, or None where none is set up."""
    if not settings.oidc_issuer:
        return None
    return OpenIdAccount(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_scope,
        settings.public_url.rstrip("/") + RETURN,
        settings.public_url.rstrip("/") + GONE,
    )


class Leaving(Struct, frozen=True):
    """What a browser takes along to the provider, and what we keep to know it again."""

    state: str
    nonce: str
    verifier: str


class Metadata(Struct, frozen=True):
    """What the provider says about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False


class SignedOut(Struct, frozen=True):
    """What a logout token says: who signed out at the provider, or which session ended there."""

    name: str
    """The token's own name (jti)."""
    until: datetime
    """After this moment it is too old."""
    subject: str
    sid: str


class _Answer(Struct, frozen=True):
    id_token: str
    access_token: str = ""


def new_leaving() -> Leaving:
    """Return secrets for one sign-in."""
    return Leaving(*(secrets.token_urlsafe(32) for _ in range(3)))


class OpenIdProvider:
    """The provider as it is at the moment; it may take new keys at any time."""

    def __init__(self, account: OpenIdAccount) -> None:
        self._account = account
        self._known: tuple[float, Metadata, KeySet] | None = None
        """When we asked, and what it said."""

    async def address(self, leaving: Leaving, *, again: bool = False) -> str:
        """Return where to send a browser; *again* asks for the password anew.

        Raises Unavailable while the provider does not answer.
        """
        metadata, _ = await self._provider()
        query = {
            "response_type": "code",
            "client_id": self._account.client_id,
            "redirect_uri": self._account.redirect_uri,
            "scope": self._account.scope,
            "state": leaving.state,
            "nonce": leaving.nonce,
            "code_challenge": _challenge(leaving.verifier),
            "code_challenge_method": "S256",
        }
        if again:
            query |= {"prompt": "login", "max_age": "0"}
        return _with(metadata.authorization_endpoint, query)

    async def way_out(self, token: str, state: str, language: str) -> str | None:
        """Return where a browser signs out at the provider too; None where it has no such thing.

        *token* is what the sign-in gave. Raises Unavailable while the provider does not answer.
        """
        metadata, _ = await self._provider()
        if metadata.end_session_endpoint is None:
            return None
        query = {
            "client_id": self._account.client_id,
            "post_logout_redirect_uri": self._account.gone_uri,
            "state": state,
            "ui_locales": language,
        }
        if len(token) <= _LONGEST_HINT:
            query["id_token_hint"] = token
        return _with(metadata.end_session_endpoint, query)

    async def claims(
        self,
        leaving: Leaving,
        *,
        code: str,
        issuer: str | None,
        wanted: tuple[str, ...] = (),
        since: datetime | None = None,
    ) -> tuple[dict[str, Any], str]:
        """Return what the provider says about who came back with this code, and its token.

        *wanted* claims that the token lacks are asked for apart. With *since*, the password must
        have been given after that moment. Raises Refused for what cannot be believed, and
        Unavailable while the provider does not answer.
        """
        metadata, _ = await self._provider()
        needs_issuer = metadata.authorization_response_iss_parameter_supported
        if issuer != metadata.issuer and (issuer is not None or needs_issuer):
            raise _not_believed()
        answer = await self._redeem(metadata, code, leaving.verifier)
        claims = await self._read(answer.id_token, leaving.nonce)
        if since is not None and not _is_after(claims.get("auth_time"), since):
            raise Refused("Your work account did not ask for your password again. Try once more.")
        if answer.access_token and any(name not in claims for name in wanted):
            claims = await self._more(metadata, answer.access_token, claims)
        return claims, answer.id_token

    async def signed_out(self, token: str, at: datetime) -> SignedOut:
        """Return what a logout token says (OpenID Connect Back-Channel Logout).

        Raises Refused for one that cannot be believed, and Unavailable while the provider does not
        answer.
        """
        try:
            read = await self._verified(token)
            claims = dict(read.claims)
            jwt.JWTClaimsRegistry(
                now=lambda: int(at.timestamp()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": self._account.issuer},
                aud={"essential": True, "value": self._account.client_id},
                iat={"essential": True},
                jti={"essential": True},
                events={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise _not_believed() from error
        until = datetime.fromtimestamp(claims["iat"], UTC) + _NEWS
        named = {key: claims.get(key, "") for key in ("jti", "sub", "sid")}
        if (
            str(read.header.get("typ", "JWT")).lower() not in ("jwt", "logout+jwt")
            or until < at
            or not all(isinstance(each, str) for each in named.values())
            or not (named["sub"] or named["sid"])
            or not _says_signed_out(claims["events"])
            or "nonce" in claims
        ):
            raise _not_believed()
        return SignedOut(named["jti"], until, named["sub"], named["sid"])

    async def look(self) -> Metadata:
        """Ask the provider about itself, for `calamity doctor`."""
        return (await self._asked())[0]

    async def _provider(self) -> tuple[Metadata, KeySet]:
        if self._known is None or self._known[0] < time.monotonic() - _KEPT_SECONDS:
            return await self._asked()
        return self._known[1], self._known[2]

    async def _asked(self) -> tuple[Metadata, KeySet]:
        at = f"{self._account.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = _as_struct(await _ask("GET", at), Metadata)
        self._check(metadata)
        keys = _keys(await _ask("GET", metadata.jwks_uri))
        self._known = time.monotonic(), metadata, keys
        return metadata, keys

    def _check(self, metadata: Metadata) -> None:
        if metadata.issuer != self._account.issuer:
            raise Unavailable(
                "The provider calls itself otherwise than CALAMITY_OIDC_ISSUER does. Copy `issuer` "
                "from its /.well-known/openid-configuration.",
                field="CALAMITY_OIDC_ISSUER",
            )
        endpoints = (
            metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri,
            metadata.userinfo_endpoint, metadata.end_session_endpoint,
        )  # fmt: skip
        scheme = urlsplit(self._account.issuer).scheme
        if any(each and urlsplit(each).scheme not in ("https", scheme) for each in endpoints):
            raise Unavailable("The provider names an address without https.")

    async def _redeem(self, metadata: Metadata, code: str, verifier: str) -> _Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._account.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(self._account.client_id, '')}:{quote(self._account.client_secret, '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {
                "client_id": self._account.client_id, "client_secret": self._account.client_secret,
            }  # fmt: skip
        said = await _ask("POST", metadata.token_endpoint, data=form, headers=headers)
        return _as_struct(said, _Answer)

    async def _read(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            claims = dict((await self._verified(token)).claims)
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": self._account.issuer},
                aud={"essential": True, "value": self._account.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise _not_believed() from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._account.client_id) != (
            self._account.client_id
        ):
            raise _not_believed()
        return claims

    async def _verified(self, token: str) -> jwt.Token:
        _, keys = await self._provider()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if self._known and time.monotonic() - self._known[0] < _FRESH_SECONDS:
                raise
        # The provider may have taken new keys since we asked.
        _, keys = await self._asked()
        return jwt.decode(token, keys, algorithms=ALGORITHMS)

    async def _more(self, metadata: Metadata, token: str, claims: dict[str, Any]) -> dict[str, Any]:
        if metadata.userinfo_endpoint is None:
            return claims
        headers = {"Authorization": f"Bearer {token}"}
        said = await _ask("GET", metadata.userinfo_endpoint, headers=headers)
        try:
            more = msgspec.json.decode(said, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise _not_understood() from error
        if more.get("sub") != claims["sub"]:
            raise _not_believed()
        return more | claims


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"


def _says_signed_out(events: object) -> bool:
    return isinstance(events, dict) and isinstance(events.get(_LOGGED_OUT), dict)


def _is_after(auth_time: object, since: datetime) -> bool:
    early = (since - timedelta(seconds=_LEEWAY)).timestamp()
    return isinstance(auth_time, int | float) and auth_time >= early


def _keys(said: bytes) -> KeySet:
    try:
        return KeySet.import_key_set(msgspec.json.decode(said))
    except (JoseError, ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise _not_understood() from error


def _as_struct(said: bytes, kind: type[_S]) -> _S:
    try:
        return msgspec.json.decode(said, type=kind)
    except msgspec.MsgspecError as error:
        raise _not_understood() from error


async def _ask(method: str, url: str, **given: Any) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=False) as client,
            client.request(method, url, allow_redirects=False, **given) as answer,
        ):
            said = b""
            async for part in answer.content.iter_any():
                said += part
                if len(said) > _LARGEST:
                    raise _away()
            if answer.status == _OK:
                return said
            # A code that was used before, or was never given out, is no fault of the provider.
            if method == "POST" and answer.status in (400, 401):
                raise _refusal(said)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise _away() from error
    raise _away()


def _refusal(said: bytes) -> Exception:
    try:
        error = msgspec.json.decode(said, type=dict[str, Any]).get("error")
    except msgspec.MsgspecError:
        error = None
    if error == "invalid_client":
        return Unavailable(
            "The provider does not know us. Check CALAMITY_OIDC_CLIENT_ID and "
            "CALAMITY_OIDC_CLIENT_SECRET.",
            field="CALAMITY_OIDC_CLIENT_SECRET",
        )
    return _not_believed()


def _not_believed() -> Refused:
    return Refused("What came back from your work account does not hold. Sign in once more.")


def _not_understood() -> Unavailable:
    return Unavailable("The provider says something that we do not understand.")


def _away() -> Unavailable:
    return Unavailable(
        "The sign-in of the municipality does not answer. Try again, or use an account with a "
        "password."
    )
