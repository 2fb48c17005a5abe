"""A provider of OpenID Connect: where people sign in, and who came back from there.

Only the code flow, with PKCE, state and nonce. What comes back is believed when the token was
signed by the provider, for us, a moment ago, in answer to this very sign-in.
"""

import base64
import hashlib
import secrets
import time
from datetime import datetime, timedelta
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
ALGORITHMS = ["RS256", "ES256", "PS256"]
_PATIENCE = aiohttp.ClientTimeout(total=8)
_LARGEST = 512 * 1024
_LEEWAY = 30
_KEPT_SECONDS = 3600.0
_OK = 200
_S = TypeVar("_S", bound=Struct)


class OpenIdAccount(Struct, frozen=True):
    """As what the provider knows us. *issuer* is exactly what the provider calls itself."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    redirect_uri: str


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
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False


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
        return f"{metadata.authorization_endpoint}{_joint(metadata)}{urlencode(query)}"

    async def claims(
        self,
        leaving: Leaving,
        *,
        code: str,
        issuer: str | None,
        wanted: tuple[str, ...] = (),
        since: datetime | None = None,
    ) -> dict[str, Any]:
        """Return what the provider says about who came back with this code.

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
        return claims

    async def look(self) -> Metadata:
        """Ask the provider about itself, for `calamity doctor`."""
        self._known = None
        return (await self._provider())[0]

    async def _provider(self) -> tuple[Metadata, KeySet]:
        if self._known is None or self._known[0] < time.monotonic():
            at = f"{self._account.issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = _as_struct(await _ask("GET", at), Metadata)
            self._check(metadata)
            keys = _keys(await _ask("GET", metadata.jwks_uri))
            self._known = time.monotonic() + _KEPT_SECONDS, metadata, keys
        return self._known[1], self._known[2]

    def _check(self, metadata: Metadata) -> None:
        if metadata.issuer != self._account.issuer:
            raise Unavailable(
                "The provider calls itself otherwise than CALAMITY_OIDC_ISSUER does. Copy `issuer` "
                "from its /.well-known/openid-configuration.",
                field="CALAMITY_OIDC_ISSUER",
            )
        endpoints = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
        scheme = urlsplit(self._account.issuer).scheme
        if any(urlsplit(each).scheme not in ("https", scheme) for each in endpoints):
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
            claims = await self._verified(token)
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

    async def _verified(self, token: str) -> dict[str, Any]:
        _, keys = await self._provider()
        try:
            return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError):
            # The provider may have taken new keys since we asked.
            self._known = None
            _, keys = await self._provider()
            return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)

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


def _joint(metadata: Metadata) -> str:
    return "&" if urlsplit(metadata.authorization_endpoint).query else "?"


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
