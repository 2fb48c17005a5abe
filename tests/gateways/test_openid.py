"""A provider that lies, is unwell, or takes new keys: what is believed, and what is not."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from calamity.domain.errors import CalamityError, Refused, Unavailable
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
                return web.json_response({"keys": [self.shown.as_dict(private=False)]})
            case "/me":
                return web.json_response(self.userinfo)
        if self.answer is not None:
            return web.Response(status=self.answer[0], text=self.answer[1])
        claims = {
            "iss": self.origin, "aud": "calamity", "sub": "noor", "iat": int(time.time()),
            "exp": int(time.time()) + 60,
        } | self.token  # fmt: skip
        header = {"alg": self.algorithm, "kid": self.key.kid}
        key = self.key if self.algorithm == "RS256" else OctKey.import_key(self.client_secret)
        token = jwt.encode(
            header, {k: v for k, v in claims.items() if v is not None}, key,
            algorithms=["RS256", "HS256"],
        )  # fmt: skip
        return web.json_response({"id_token": token, "access_token": "x"})


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
            liar.origin, "calamity", liar.client_secret, "openid", "http://here.example/return"
        )
    )


async def ask(
    liar: Liar, provider: OpenIdProvider | None = None, *, issuer: str | None = None, **given: Any
) -> dict[str, Any]:
    """Come back with a code, to a token that holds our nonce unless the test says otherwise."""
    leaving = new_leaving()
    liar.token.setdefault("nonce", leaving.nonce)
    try:
        return await (provider or provider_of(liar)).claims(
            leaving, code="a", issuer=issuer, wanted=WANTED, **given
        )
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


async def test_new_keys_are_taken_and_foreign_ones_are_not(liar):
    provider = provider_of(liar)
    await ask(liar, provider)
    liar.key = liar.shown = KEYS[1]
    assert await ask(liar, provider), "the provider took a new key"
    liar.key = KEYS[0]
    with pytest.raises(Refused):
        await ask(liar, provider)


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
