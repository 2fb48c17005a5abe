"""A provider that lies, is unwell, or takes new keys: what is believed, and what is not."""

import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from calamity.domain.errors import CalamityError, Refused, Unavailable
from calamity.gateways import openid
from calamity.gateways.openid import OpenIdAccount, OpenIdProvider, new_leaving

KEYS = [RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("old", "new")]
WANTED = ("groups",)


class Liar:
    """A provider that says what a test makes it say."""

    origin = ""
    client_secret = "a secret that is long enough for HMAC"
    key, shown = KEYS[0], KEYS[0]
    token: dict[str, Any]
    metadata: dict[str, Any]
    userinfo: dict[str, Any]
    algorithm = "RS256"
    asked_for_keys = 0

    def __init__(self) -> None:
        self.token, self.metadata, self.userinfo = {}, {}, {"sub": "noor", "groups": ["crisis"]}
        self.answer: tuple[int, str] | None = None

    async def say(self, request: web.Request) -> web.Response:
        match request.path:
            case "/.well-known/openid-configuration":
                given = {
                    "issuer": self.origin, "authorization_endpoint": f"{self.origin}/auth?x=1",
                    "token_endpoint": f"{self.origin}/token", "jwks_uri": f"{self.origin}/jwks",
                    "userinfo_endpoint": f"{self.origin}/me",
                }  # fmt: skip
                return web.json_response(given | self.metadata)
            case "/jwks":
                self.asked_for_keys += 1
                return web.json_response({"keys": [self.shown.as_dict(private=False)]})
            case "/me":
                return web.json_response(self.userinfo)
        if self.answer is not None:
            return web.Response(status=self.answer[0], text=self.answer[1])
        claims = {
            "iss": self.origin, "aud": "calamity", "sub": "noor", "iat": int(time.time()),
            "exp": int(time.time()) + 60,
        } | self.token  # fmt: skip
        return web.json_response({"id_token": self.signed(claims), "access_token": "x"})

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        """Return a token; what is None is left out."""
        key = self.key if self.algorithm == "RS256" else OctKey.import_key(self.client_secret)
        return jwt.encode(
            {"alg": self.algorithm, "kid": self.key.kid or ""} | header,
            {k: v for k, v in claims.items() if v is not None}, key,
            algorithms=["RS256", "HS256"],
        )  # fmt: skip


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    made = Liar()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.say)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.origin = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    yield made
    await runner.cleanup()


def provider_of(liar: Liar) -> OpenIdProvider:
    return OpenIdProvider(
        OpenIdAccount(
            liar.origin,
            "calamity",
            liar.client_secret,
            "openid",
            "http://here.example/return",
            "http://here.example/gone",
        )
    )


async def ask(
    liar: Liar, provider: OpenIdProvider | None = None, *, issuer: str | None = None, **given: Any
) -> dict[str, Any]:
    """Come back with a code, to a token that holds our nonce unless the test says otherwise."""
    leaving = new_leaving()
    liar.token.setdefault("nonce", leaving.nonce)
    try:
        claims, token = await (provider or provider_of(liar)).claims(
            leaving, code="a", issuer=issuer, wanted=WANTED, **given
        )
        assert token.count(".") == 2
        return claims
    finally:
        if liar.token["nonce"] == leaving.nonce:
            del liar.token["nonce"]


async def test_only_a_token_for_us_from_this_very_sign_in_is_believed(liar):
    provider = provider_of(liar)
    assert (await ask(liar, provider))["groups"] == ["crisis"], "what the token lacks is asked for"
    for lie in (
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another", "calamity"]},
        {"aud": ["calamity", "another"], "azp": "another"},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"sub": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
    ):
        liar.token = dict(lie)
        with pytest.raises(Refused, match="does not hold"):
            await ask(liar, provider)
    liar.token = {"aud": ["calamity", "another"], "azp": "calamity"}
    assert (await ask(liar, provider))["sub"] == "noor"

    liar.token = {}
    liar.userinfo = {"sub": "somebody else", "groups": ["crisis"]}
    with pytest.raises(Refused):
        await ask(liar, provider)
    liar.userinfo = {"sub": "noor", "groups": ["crisis"]}
    with pytest.raises(Refused):
        await ask(liar, provider, issuer="https://evil.example")
    liar.algorithm = "HS256"
    with pytest.raises(Refused):
        await ask(liar, provider)


async def test_where_the_provider_always_names_itself_an_answer_without_is_refused(liar):
    liar.metadata = {"authorization_response_iss_parameter_supported": True}
    assert await ask(liar, issuer=liar.origin)
    with pytest.raises(Refused):
        await ask(liar)


async def test_the_password_given_again_must_be_given_now(liar):
    since = datetime.now(UTC)
    for auth_time in (None, int(time.time()) - 3600, "now"):
        liar.token = {"auth_time": auth_time}
        with pytest.raises(Refused, match="did not ask for your password again"):
            await ask(liar, since=since)
    liar.token = {"auth_time": int(time.time())}
    assert await ask(liar, since=since)
    address = await provider_of(liar).address(new_leaving(), again=True)
    assert "prompt=login" in address
    assert "/auth?x=1&response_type=code" in address


async def test_new_keys_are_taken_and_foreign_ones_are_not(liar, monkeypatch):
    provider = provider_of(liar)
    await ask(liar, provider)
    liar.key = liar.shown = KEYS[1]
    with pytest.raises(Refused):
        await ask(liar, provider)
    assert liar.asked_for_keys == 1, "forged tokens do not make us ask the provider time and again"
    monkeypatch.setattr(openid, "_FRESH_SECONDS", 0.0)
    assert await ask(liar, provider), "the provider took a new key"
    liar.key = KEYS[0]
    with pytest.raises(Refused):
        await ask(liar, provider)
    liar.key, liar.metadata = KEYS[1], {"issuer": "https://evil.example"}
    assert await ask(liar, provider), "what is known is not forgotten while the provider is unwell"


async def test_only_a_logout_token_of_this_moment_is_believed(liar):
    provider, at = provider_of(liar), datetime.now(UTC)
    good: dict[str, Any] = {
        "iss": liar.origin, "aud": ["calamity"], "iat": int(at.timestamp()), "jti": "once",
        "sub": "noor", "sid": "s1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }  # fmt: skip
    said = await provider.signed_out(liar.signed(good, typ="logout+jwt"), at)
    assert (said.name, said.subject, said.sid) == ("once", "noor", "s1")
    assert said.until == at.replace(microsecond=0) + timedelta(minutes=5)
    assert (await provider.signed_out(liar.signed(good | {"sub": None}), at)).subject == ""
    for lie in (
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"iat": None},
        {"iat": int(at.timestamp()) - 400},
        {"iat": int(at.timestamp()) + 400},
        {"exp": int(at.timestamp()) - 60},
        {"jti": None},
        {"jti": 7},
        {"sub": None, "sid": None},
        {"sub": ["noor"]},
        {"events": None},
        {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        {"events": {"http://schemas.openid.net/event/another": {}}},
        {"nonce": "of an ID token"},
    ):
        with pytest.raises(Refused, match="does not hold"):
            await provider.signed_out(liar.signed(good | lie), at)
    bare = liar.signed(good).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for token in (
        liar.signed(good, typ="at+jwt"), f"{none}.{bare[1]}.", f"{bare[0]}.{bare[1]}.AAAA", "x.y",
        "",
    ):  # fmt: skip
        with pytest.raises(Refused):
            await provider.signed_out(token, at)
    liar.key = KEYS[1]
    with pytest.raises(Refused):
        await provider.signed_out(liar.signed(good), at)
    liar.key, liar.algorithm = KEYS[0], "HS256"
    with pytest.raises(Refused):
        await provider.signed_out(liar.signed(good), at)


async def test_the_way_out_is_taken_where_the_provider_has_one(liar):
    assert await provider_of(liar).way_out("t", "s", "nl") is None
    liar.metadata = {"end_session_endpoint": f"{liar.origin}/out?x=1"}
    address = await provider_of(liar).way_out("t", "s", "nl")
    assert address is not None
    assert address.startswith(f"{liar.origin}/out?x=1&client_id=calamity&")
    assert "&id_token_hint=t" in address
    assert "post_logout_redirect_uri=http%3A%2F%2Fhere.example%2Fgone" in address
    long = await provider_of(liar).way_out("t" * 9000, "s", "nl")
    assert long is not None
    assert "id_token_hint" not in long
    for unsafe in ("end_session_endpoint", "userinfo_endpoint"):
        liar.metadata = {unsafe: "ftp://evil.example/out"}
        with pytest.raises(Unavailable):
            await provider_of(liar).way_out("t", "s", "nl")


async def test_what_is_unwell_is_told_apart_from_what_is_wrong(liar):
    for answer, kind in (
        ((401, '{"error":"invalid_client"}'), Unavailable),
        ((400, '{"error":"invalid_grant"}'), Refused),
        ((500, "down"), Unavailable),
        ((200, "<html>"), Unavailable),
        ((200, " " * 600_000), Unavailable),
    ):
        liar.answer = answer
        with pytest.raises(CalamityError) as caught:
            await ask(liar)
        assert type(caught.value) is kind, answer
    liar.answer = None
    for metadata in ({"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}):
        liar.metadata = metadata
        with pytest.raises(Unavailable):
            await ask(liar)
